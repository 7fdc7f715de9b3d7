"""Whether a sentence that is taken out of its text still says something, and something of this image."""

import re
from typing import Final

from met.anchor.sentences import ABBREVIATIONS, LAST_WORD
from met.tree.names import tokens
from met.types import Node

# Words that begin a sentence which goes on with the one before it.
_BACK: Final = re.compile(
    r"(?:it|its|they|their|them|he|she|his|her|such|both|also|finally|however|moreover|furthermore|therefore|thus|"
    r"similarly|likewise|instead|in addition|for example|in contrast|the (?:latter|former))\b",
    re.IGNORECASE,
)
_POINTING: Final = re.compile(r"(?:this|these|that|those)\b(?P<behind>(?:\W+[\w-]+){0,6})", re.IGNORECASE)
# "This radiograph" and "this child" point to the image and not to a sentence.
_SIGHT: Final = re.compile(
    r"(?:\w*(?:graph|gram)|scan|slide|image|figure|photo|picture|view|section|smear|mount|specimen|sample|preparation|film|"
    r"tracing|x-ray|ct|f?mri|pet|ultrasound|patient|child|infant|baby|newborn|man|woman|boy|girl|person|individual)s?",
    re.IGNORECASE,
)
_MODAL: Final = re.compile(
    r"\b(?:can|may|might|could|should|must)\b"
    r"(?! (?:\w+ly |also )?(?:be (?:\w+ly |also )?)?"
    r"(?:see|seen|observed|visible|visuali[sz]ed|distinguish\w*|noted|identified|recogni[sz]ed)\b)",
    re.IGNORECASE,
)
_FEW: Final = 6
# "From top, LM x 40, LM x 100": one value for each part of a figure.
_PLACES: Final = re.compile(
    r"(?:(?:clockwise )?from (?:(?:upper|lower) )?(?:left|right|top|bottom)"
    r"|(?:from (?:the )?)?(?:left|right|top|bottom) to (?:the )?(?:left|right|top|bottom))[,:] [^,;]+[,;]",
    re.IGNORECASE,
)
# Ranks below the species: the name goes on behind them.
_RANKS: Final = frozenset(("cv", "f", "pv", "ssp", "subsp", "subvar", "var"))
_TAIL: Final = re.compile(r"(?<=[.!?])\s+(?P<tail>[a-z][^.!?]*[.!?]?)$")
# "These lesions show": what shows something is in the image, unless it is a matter of words.
_SHOWS: Final = frozenset(("demonstrates", "displays", "exhibits", "reveals", "show", "shows"))
_SAYS: Final = frozenset(("analyses", "analysis", "data", "findings", "result", "results", "studies", "study"))
_IS_A: Final = re.compile(r"(?:(?:an?|the)\s+)?(?P<subject>[^,;:.]+?)\s+(?:is|are)\s+(?:an?|the)\s", re.IGNORECASE)
# Definitions for all vertebrates say of the human body what nobody calls it.
_ANIMALS: Final = (
    "animal animals anlage arthropod arthropods autopod fin fins fish forelimb hindlimb insect insects invertebrate "
    "invertebrates manus mesopodium metapodium metazoan pes species stylopod teleost teleosts tetrapod tetrapods "
    "vertebrate vertebrates zeugopod"
)
_OF_ANIMALS: Final = frozenset(_ANIMALS.split())
_GRAMMAR: Final = "a an and any are as by from in is it of on one or that the to which with"
_EMPTY: Final = frozenset(_GRAMMAR.split())


def points_back(sentence: str) -> bool:
    """Say whether the sentence begins with a word that only the sentence before it explains.

    >>> [points_back(text) for text in ("Its size is 5 cm.", "These hormones rise.", "This axial CT shows a mass.")]
    [True, True, False]
    """
    if _BACK.match(sentence):
        return True
    pointing = _POINTING.match(sentence)
    words = pointing["behind"].lower().split() if pointing else []
    shows = not _SHOWS.isdisjoint(words) and _SAYS.isdisjoint(words)
    return pointing is not None and not shows and not any(_SIGHT.fullmatch(word) for word in words)


def lists_places(sentence: str) -> bool:
    """Say whether the sentence goes through the parts of a figure by their places, as no single part does.

    >>> lists_places("From top, LM × 300, LM × 1200."), lists_places("Left to right: liver, spleen.")
    (True, True)
    >>> lists_places("From the left, ribs, lung and heart."), lists_places("Left, the liver, a lobe of it.")
    (False, False)
    """
    return _PLACES.match(sentence) is not None


def is_fragment(sentence: str) -> bool:
    """Say whether the sentence is what is left of a legend: a few words, the first of them small.

    >>> is_fragment("high-resolution computed tomography (HRCT)."), is_fragment("Dark field view of Leptospira sp.")
    (True, False)
    """
    return sentence[:1].islower() and len(tokens(sentence)) < _FEW


def without_tail(sentence: str) -> str:
    """Return the sentence without a fragment that was joined to its end.

    >>> without_tail("Both lungs are grey. high-resolution CT."), without_tail("A smear of Borrelia sp. in blood.")
    ('Both lungs are grey.', 'A smear of Borrelia sp. in blood.')
    >>> without_tail("Spores of Talaromyces flavus var. flavus.")
    'Spores of Talaromyces flavus var. flavus.'
    """
    found = _TAIL.search(sentence)
    if found is None or not is_fragment(found["tail"]):
        return sentence
    head = sentence[: found.start()]
    last = LAST_WORD.search(head)
    is_short = last is not None and (last[0].lower() in ABBREVIATIONS | _RANKS or len(last[0]) == 1)
    return sentence if is_short else head


def is_general(sentence: str) -> bool:
    """Say whether the sentence tells what may be so elsewhere, and not what the image shows.

    >>> is_general("The membrane can cover the larynx."), is_general("A membrane can be seen on the larynx.")
    (True, False)
    """
    return _MODAL.search(sentence) is not None


def tells(node: Node, definition: str) -> bool:
    """Say whether the definition tells a reader of medicine something of the node that its name does not.

    It does not where it is about a wider thing ("Connective tissue is a ..." for loose connective tissue), says of a
    part of the body what it is in animals, or only announces a list that does not follow.
    """
    words, name = frozenset(tokens(definition)), frozenset(tokens(node.name))
    if len(words - name - _EMPTY) < 2 or definition.rstrip().endswith(":"):
        return False
    if node.facet in ("anatomy", "cell") and not words.isdisjoint(_OF_ANIMALS):
        return False
    defined = _IS_A.match(definition)
    return defined is None or not frozenset(tokens(defined["subject"])) < name
