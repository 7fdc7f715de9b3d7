"""The names of a document as it means them: a short form is read by what the document itself says it stands for."""

import re
from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

from met.tree.extract_short import short_forms
from met.tree.extract_words import CARRIERS, DISEASES, SYMBOL
from met.tree.lexicon import Match
from met.tree.names import fold
from met.types import Facet, Span

_FOLLOWING: Final = re.compile(r"\s+(\w+)")
# As many letters of a short form at least are looked for where the dictionary does not know it.
_LEAST: Final = 3


def as_meant(
    text: str, sentences: Iterable[Span], names: Sequence[Match], facets: Mapping[str, Facet]
) -> tuple[Match, ...]:
    """Return the names of a document with its short forms as it means them, left to right, without overlap.

    A short form that the document defines (Schwartz and Hearst, 2003) stands for what its long form names, and for
    nothing where that is no name. One that it does not define names a disease or symptom only where the document
    names that in full, or calls somebody affected by it.
    """
    meant = _defined(text, sentences, names)
    full = frozenset(node for match in names if not SYMBOL.fullmatch(match.surface) for node in match.nodes)
    read = [Match(match.start, match.end, match.surface, _nodes(text, match, meant, full, facets)) for match in names]
    kept = [match for match in read if match.nodes]
    return tuple(sorted([*kept, *_unknown(text, meant, kept)]))


def _defined(text: str, sentences: Iterable[Span], names: Sequence[Match]) -> dict[str, tuple[str, ...]]:
    """Return the nodes that each short form of the document stands for; of two definitions the first counts."""
    ends = {match.end: match for match in names}
    meant: dict[str, tuple[str, ...]] = {}
    for sentence in sentences:
        if text.find("(", *sentence) < 0:
            continue
        for form in short_forms(text, sentence):
            long = ends.get(form.long[1])
            # "severe asthma (SA)" is no asthma in general, "familial hypercholesterolemia (FH)" is all of the name.
            nodes = long.nodes if long and long.start <= form.long[0] else ()
            meant.setdefault(text[slice(*form.short)], nodes)
    return meant


def _nodes(
    text: str,
    match: Match,
    meant: Mapping[str, tuple[str, ...]],
    full: Collection[str],
    facets: Mapping[str, Facet],
) -> tuple[str, ...]:
    surface = match.surface
    for short in (surface, surface.removesuffix("s")):
        if short in meant:
            return meant[short]
    if not SYMBOL.fullmatch(surface):
        return match.nodes
    following = _FOLLOWING.match(text, match.end)
    if following and fold(following[1]) in CARRIERS:
        return match.nodes
    return tuple(node for node in match.nodes if facets[node] not in DISEASES or node in full)


def _unknown(text: str, meant: Mapping[str, tuple[str, ...]], names: Sequence[Match]) -> list[Match]:
    """Return the short forms that the document gives to a name, at all places where no name stands."""
    shorts = sorted(short for short, nodes in meant.items() if nodes and len(short) >= _LEAST)
    if not shorts:
        return []
    starts = [match.start for match in names]
    found = []
    for place in re.finditer(rf"\b(?P<short>{'|'.join(map(re.escape, shorts))})s?\b", text):
        at = bisect_right(starts, place.start()) - 1
        free = at < 0 or names[at].end <= place.start()
        if free and (at + 1 == len(names) or place.end() <= names[at + 1].start):
            found.append(Match(*place.span(), place.group(), meant[place["short"]]))
    return found
