"""What the names that the dictionary finds in a sentence may mean there: words of everyday language, parts of other
words and of other names, and what is measured are no names of nodes.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from met.anchor.context import Context
from met.anchor.known import Known
from met.anchor.surfaces import EVERYDAY, FLUIDS, MACHINES, NO_NAMES, QUALIFIERS
from met.tree.attach.names import spelt
from met.tree.lexicon import Match
from met.types import Facet, Span

# A prefix that makes another word of the name behind it: "re-tear", "non-tuberculous", "anti-malaria".
_PREFIX_BEFORE: Final = re.compile(r"(?<!\w)(?:re|non|anti|pre|pseudo|un|mis|de|counter)[-‐‑–]$", re.IGNORECASE)
# What only looks like the named thing: "finger-like", "crescent shaped".
_ONLY_ALIKE: Final = re.compile(r"[-‐‑–]like\b|[-‐‑– ](?:shaped|sized)\b")
# Cells whose name begins with that of something else: hair cells have no hair, plasma cells no plasma.
_OTHER_CELL: Final = re.compile(r"(?:hairs?|plasma|nerves?) (?:cells?|membranes?)\b", re.IGNORECASE)
# A quantity of the laboratory or of a trial and not the fluid: "white blood cells (6 x 10^9/L)", "blood pressure".
_QUANTITY: Final = re.compile(
    r" (?:cells?(?: counts?)?|counts?|tests?|gas(?:es)?|sugar|glucose|pressures?|loss|levels?|enzymes?)\b"
)
# A genus before its epithet: "Mycoplasma pneumoniae", "H. influenzae", "Streptococcus agalactiae".
_GENUS_BEFORE: Final = re.compile(
    r"(?:\b[A-Z]\. ?|\b[A-Z][a-z]+(?:bacterium|bacter|coccus|bacillus|philus|monas|ella|myces|plasma|sporum|idium"
    r"|eria|ia|ema|nema|irus) )$"
)
_LATIN: Final = re.compile(r"[a-z]+(?:i|ae|is|um|us)")
# Turns of speech: "on the other hand" has no hand.
_IDIOM: Final = re.compile(
    r"\b(?:on the (?:other|one) hand|(?:at|first|second)[- ]hand\b|hand[- ]in[- ]hand|at the heart of|by heart"
    r"|in the face of|face[- ]to[- ]face|face value|face masks?|head[- ]to[- ]head|head start|rules? of thumb"
    r"|on the heels? of|shoulder to shoulder|bod(?:y|ies) of (?:evidence|literature|work|knowledge|research)"
    r"|back and forth|word of mouth|neck and neck)"
)
_HAS_IDIOMS: Final = re.compile(r"hand|heart|head|face|thumb|heels?|shoulder|body|bodies|back|mouth|neck")
_ILL: Final[frozenset[Facet]] = frozenset({"disease", "symptom"})
_SPEAKS_OF_ILLNESS: Final = re.compile(
    r"\b(?:patients?|symptoms?|signs?|suffer\w*|syndromes?|diseases?|disorders?|illness(?:es)?|clinical\w*|infect\w*"
    r"|acute|chronic|mental|psych\w+|treat\w*|therap\w+|diagnos\w+|complain\w*|years?[- ]old|pain\w*)\b"
)


# A machine is no image, unless the sentence says that it made one: "acquired on a 3T MRI scanner".
_MACHINE_BEHIND: Final = re.compile(rf"[ -](?:{'|'.join(sorted(MACHINES))})\b")
_MADE_BY: Final = re.compile(r"\b(?:by|from|on|through|using|via|with) (?:(?!and\b)[\w.-]+ ){0,4}$")
# What has no lumen becomes smaller, and no stenosis.
_WITHOUT_LUMEN: Final = re.compile(
    r"(?:narrowing|dilat(?:at)?ion) of (?:(?:the|all|most|some|these|those) )?(?:\w+ )?"
    r"(?:lesions?|opacit(?:y|ies)|nodules?|mass(?:es)?|shadows?|infiltrat(?:es?|ions?)|consolidations?|tumou?rs?)\b"
)
_BEGINNING: Final = 5
_SAYS_NOTHING: Final = frozenset({"disease", "disorder", "infectious", "syndrome"})


class Meaning(NamedTuple):
    """A name found in a sentence, with the nodes that it may mean there and their facets."""

    match: Match
    nodes: Mapping[str, Facet]


def meanings_in(
    context: Context, matches: Sequence[Match], facets: Mapping[str, Facet], known: Known
) -> tuple[Meaning, ...]:
    """Return those of the names found in the sentence that mean a node there.

    None is left of a name behind a prefix that makes another word of it, of what something merely looks like, of the
    epithet of a germ, of an organ whose name begins that of a cell or a quantity, and of a machine. A word that
    everyday language uses, too, counts where the sentence tells of an illness or the body beside it. An illness whose
    own name says more than the text does gives way to one whose own name it is, and is not meant where a word of its
    course is missing.
    """
    named = [
        Meaning(match, _without_machines(context, match, _nodes(match, facets, known)))
        for match in matches
        if not _is_other(context, (match.start, match.end))
    ]
    return tuple(one for one in named if _is_meant(one, named, context) and one.nodes)


def _nodes(match: Match, facets: Mapping[str, Facet], known: Known) -> dict[str, Facet]:
    """Return the nodes that a match may mean, with their facets.

    Ontologies list an organ among the loose synonyms of its inflammation ("epididymis"), so what names anatomy names
    no disease.
    """
    nodes = {node: facets[node] for node in match.nodes}
    if "anatomy" in nodes.values():
        nodes = {node: facet for node, facet in nodes.items() if facet != "disease"}
    if _ILL.isdisjoint(nodes.values()) or _is_named(match.surface, nodes, known):
        return nodes
    said = spelt(match.surface)
    own = {node: spelt(known.names[node][0]) for node, facet in nodes.items() if facet in _ILL and node in known.names}
    telling = {node: frozenset(words) - _SAYS_NOTHING for node, words in own.items()}
    is_own = frozenset(said) in telling.values()
    narrower = {
        node
        for node, words in own.items()
        if (is_own and _is_another(frozenset(said), telling[node])) or _drops_qualifier(said, words)
    }
    return {node: facet for node, facet in nodes.items() if node not in narrower}


def _without_machines(context: Context, match: Match, nodes: dict[str, Facet]) -> dict[str, Facet]:
    """Return the nodes without the modalities where a machine is named that made no image: "an MRI machine"."""
    if "modality" not in nodes.values() or not _MACHINE_BEHIND.match(context.small, match.end):
        return nodes
    if _MADE_BY.search(context.small, 0, match.start):
        return nodes
    return {node: facet for node, facet in nodes.items() if facet != "modality"}


def _is_named(surface: str, nodes: Mapping[str, Facet], known: Known) -> bool:
    """Return whether one node alone bears the surface, as its own name: most often it is so."""
    names = known.names.get(next(iter(nodes)))
    return len(nodes) == 1 and (names is None or names[0].lower() == surface.lower())


def _is_another(said: frozenset[str], own: frozenset[str]) -> bool:
    """Return whether a name that adds to what is said, or shares no beginning of a word with it, is another illness.

    "Recurrent urinary tract infections" bears "urinary tract infections" as well, and cellulitis "skin infection".
    """
    return said < own or not {word[:_BEGINNING] for word in said} & {word[:_BEGINNING] for word in own}


def _drops_qualifier(said: tuple[str, ...], own: tuple[str, ...]) -> bool:
    """Return whether what is said is a node's own name without a word of its course, extent or abnormality.

    Ontologies list "Q wave" for "pathological Q wave" and "hypersensitivity" for "emotional hypersensitivity".
    """
    dropped = own[: len(own) - len(said)]
    return bool(dropped) and own[len(dropped) :] == said and not QUALIFIERS.isdisjoint(dropped)


def _is_other(context: Context, span: Span) -> bool:
    """Return whether what stands at `span` is no name, or part of another word or name."""
    sentence = context.sentence
    start, end = span
    surface = sentence[start:end]
    small = surface.lower()
    if small in NO_NAMES or (_HAS_IDIOMS.fullmatch(small) and _is_in_idiom(context.small, start)):
        return True
    behind, before = sentence[end : end + 1], sentence[start - 1 : start] if start else ""
    if before in _HYPHENS and before and _PREFIX_BEFORE.search(sentence[max(0, start - 9) : start]):
        return True
    if behind in _JOINTS and behind and _ONLY_ALIKE.match(sentence, end):
        return True
    if behind == " " and _WITHOUT_LUMEN.match(context.small, start):
        return True
    if behind == " " and (_OTHER_CELL.match(sentence, start) or _is_quantity(context, span)):
        return True
    return before == " " and _LATIN.fullmatch(surface) is not None and follows_genus(sentence, start)


_HYPHENS: Final = "-‐‑–"
_JOINTS: Final = f"{_HYPHENS} "


def _is_in_idiom(small: str, start: int) -> bool:
    return any(found.start() <= start < found.end() for found in _IDIOM.finditer(small))


def _is_quantity(context: Context, span: Span) -> bool:
    if context.small[slice(*span)] not in FLUIDS or not _QUANTITY.match(context.small, span[1]):
        return False
    # Beside no measured value "blood cells" are cells.
    return context.is_laboratory or not context.small.startswith(" cell", span[1])


def follows_genus(sentence: str, start: int) -> bool:
    """Return whether the name of a genus of germs, or its initial, stands before `start`."""
    return _GENUS_BEFORE.search(sentence[max(0, start - 40) : start]) is not None


def _is_meant(one: Meaning, named: Sequence[Meaning], context: Context) -> bool:
    if one.match.surface.lower() not in EVERYDAY:
        return True
    ill = not _ILL.isdisjoint(one.nodes.values())
    if ill and _SPEAKS_OF_ILLNESS.search(context.small):
        return True
    wanted = _ILL if ill else _BODY
    return any(
        not wanted.isdisjoint(other.nodes.values()) for other in named if other.match.surface.lower() not in EVERYDAY
    )


_BODY: Final[frozenset[Facet]] = frozenset({"anatomy", "disease", "symptom"})
