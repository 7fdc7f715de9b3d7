"""Whether a sentence means by a name what the node of that name is: what a question or a definition may rest on."""

import re
from itertools import accumulate
from typing import Final

from met.anchor.sentences import sentences_of
from met.anchor.surfaces import MACHINES
from met.harvest.subcaptions import parse_caption
from met.synth.facts import texts_of
from met.synth.fields import Sort, fields_of
from met.synth.options import scene_of
from met.tree.names import normal_form, tokens
from met.types import Anchor, Dossier, Node, Span

_ORGANS: Final[frozenset[Sort]] = frozenset(("organ",))
# Behind the name of a structure: what goes on with the sentence, and what is still a part of that structure.
_GOES_ON: Final = (
    "a absorbs an and appears are arises as at became become becomes before behind below beneath beside between by "
    "can carries cells connects consist consists contain contained containing contains covers demonstrate "
    "demonstrates demonstrating does during encloses exhibits extends fills for forms from had has have illustrates "
    "in include includes including indicate indicates into is lies lines made makes may obtained of on or over "
    "parenchyma presents produces protects provide provides range receives reveal revealed reveals sample samples "
    "secretes section sections seen separates shown show showed showing shows slice slices specimen specimens stained "
    "stores supports surrounded surrounding surrounds taken than that the through tissue tissues to under using "
    "versus viewed was were when where which while who whose with within without"
)
_ITSELF: Final = frozenset(_GOES_ON.split())
_GRAMMAR: Final = "a an and are as at by for from in is of on or shows the this to was were with"
_EMPTY: Final = frozenset(_GRAMMAR.split())
_LINKS: Final = frozenset(("of", "the", "tissue"))
_NEXT: Final = re.compile(r"[\s\u201d\u2019\"')\]]*(?P<stop>[-\u2010-\u2015/]?)\s*(?P<word>[^\W_]*)")
# A noun that goes on with the name has no article behind it: "the liver holds a lesion".
_VERB: Final = re.compile(r"\s+[a-z]+s\s+(?:an?|the|no|its|their|any|both|several|many|multiple|some)\b")
_LIST_ON: Final = re.compile(r"(?:\s*,\s*(?:[\w-]+\s){0,2}[\w-]+)*\s*,?\s+or\s+(?!both\b)", re.IGNORECASE)
_LIST_BACK: Final = re.compile(r"\bor\s+$", re.IGNORECASE)
_BEFORE: Final = re.compile(r"(?P<words>(?:[^\W\d_]+[\s-]+){1,2})$")


def is_settled(dossier: Dossier, anchor: Anchor) -> bool:
    """Say whether the sentence in which the anchor stands speaks of its node itself, and of this panel alone.

    It does not where the name only says of what kind another thing is ("nerve impulse", "skin test", "MRI machine"),
    where it is one of several that may hold ("redness, swelling or hardness"), where the word before it names another
    part of the body ("dental calculus" for a stone of the urinary tract), nor where it stands in the part of a caption
    that names its panels by letter, of which this image holds several.
    """
    if anchor.start_char is None or anchor.end_char is None:
        return False
    at = (anchor.start_char, anchor.end_char)
    for text in texts_of(dossier, anchor):
        if text[slice(*at)] != anchor.surface:
            continue
        if anchor.field == "subcaption" and _is_of_a_part(dossier, text, at[0]):
            return False
        first, last = _around(dossier, anchor, text)
        said, span = text[first:last], (at[0] - first, at[1] - first)
        return means(dossier.nodes[anchor.node].node, said, span) and not _is_open(said, span)
    return False


def means(node: Node, text: str, span: Span) -> bool:
    """Say whether the name at `span` of `text` stands for the node itself, and not for a kind of another thing."""
    behind = _NEXT.match(text, span[1])
    word, joined = (behind["word"].lower(), bool(behind["stop"])) if behind else ("", False)
    if node.facet == "modality":
        return word not in MACHINES
    if node.facet in ("anatomy", "cell") and (joined or (word and not _goes_on(text, span[1], word))):
        return False
    before = _BEFORE.search(text, 0, span[0])
    return before is None or not _is_elsewhere(node, before["words"])


def _goes_on(text: str, at: int, word: str) -> bool:
    """Say whether `word`, the next behind a name that ends at `at`, goes on with the sentence and not with the name."""
    return not text[at].isspace() or word in _ITSELF or _VERB.match(text, at) is not None


def names_itself(node: Node, sentence: str, surface: str) -> bool:
    """Say whether the sentence bears a name of the node's own words and means the node by it.

    Of synonyms, and of the `surface` by which the text was understood, those count that are two words of the name or
    more, in whatever order ("thickening of the bronchial wall"), or all of it but "tissue". A word alone may be a name
    of wider things ("skin" of "zone of skin").
    """
    own = frozenset(tokens(node.name)) | _LINKS
    return any(
        means(node, sentence, found.span())
        for name in (node.name, *(other for other in (*node.synonyms, surface) if _is_short(other, own)))
        if tokens(name)
        for found in re.finditer(_words(name), sentence, re.IGNORECASE)
    )


def _is_short(name: str, own: frozenset[str]) -> bool:
    words = frozenset(tokens(name))
    return words <= own and (len(words - _LINKS) > 1 or own <= words | _LINKS)


def _words(name: str) -> str:
    words = r"[\W_]+".join(map(re.escape, tokens(name)))
    return rf"(?<![^\W_]){words}(?![^\W_])"


def _is_elsewhere(node: Node, words: str) -> bool:
    """Say whether the words right before a finding's name put it into a part of the body that it has not."""
    if node.facet not in ("disease", "symptom"):
        return False
    near = [word for word in tokens(words) if word not in _EMPTY]
    there, own = fields_of(near, _ORGANS), fields_of((node.name, node.definition or ""), _ORGANS)
    return bool(there and own) and there.isdisjoint(own)


def _is_open(sentence: str, span: Span) -> bool:
    return bool(_LIST_ON.match(sentence, span[1]) or _LIST_BACK.search(sentence, 0, span[0]))


def _around(dossier: Dossier, anchor: Anchor, text: str) -> Span:
    """Return the sentence or heading that the anchor stands in, cut where parts of the caption were joined."""
    start, end = anchor.start_char or 0, anchor.end_char or 0
    title = dossier.figure.title or ""
    cuts = {0, len(text), *({len(title)} if text.startswith(title) else ())}
    if anchor.field == "subcaption":
        cuts.update(accumulate(last - first + 1 for first, last in dossier.panel.spans))
    first, last = max(cut for cut in cuts if cut <= start), min(cut for cut in cuts if cut >= end)
    for low, high in sentences_of(text[first:last]):
        if first + low <= start < first + high:
            return first + low, max(first + high, end)
    return first, last


def _is_of_a_part(dossier: Dossier, text: str, at: int) -> bool:
    """Say whether the image is a whole figure of several panels, and `at` stands in what is said of one of them."""
    if dossier.panel.letter is not None:
        return False
    parts = parse_caption(text, title_end=len(dossier.figure.title or ""))
    return any(start <= at < end for part in parts.values() for start, end in part.spans)


def is_other_sight(dossier: Dossier, node: str) -> bool:
    """Say whether the node is a finding of slides and the image is none, or a finding of other images on a slide, or a
    change from one image to another.
    """
    path = dossier.nodes[node].path
    scene = scene_of(dossier.modality.label) if dossier.modality else None
    heading = "imaging finding" if scene == "micro" else "microscopic finding"
    return "interval change" in path or (scene is not None and heading in path)


def is_own_name(node: Node, surface: str) -> bool:
    """Say whether the words of the text are a name of the node, letter by letter but for case and hyphens."""
    return normal_form(surface) in {normal_form(name) for name in (node.name, *node.synonyms)}
