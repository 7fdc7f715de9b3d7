"""What a document tells of its short forms, and its names as it means them."""

import re
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from met.tree.extract.short import short_forms
from met.tree.extract.words import CARRIERS, DISEASES, SYMBOL
from met.tree.lexicon import Match
from met.tree.names import fold
from met.types import Facet, Span

_FOLLOWING: Final = re.compile(r"\s+(\w+)")
_IN_BRACKETS: Final = re.compile(r"\(\s*([A-Z][A-Za-z0-9]*[A-Z][A-Za-z0-9]*)\s*\)")
_ACRONYM: Final = re.compile(r"v?[A-Z]{4,}s?|[A-Z]{2,}-[A-Z]{2,}s?")
# As many letters of a short form at least are looked for where the dictionary does not know it.
_LEAST: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a document tells: the nodes that each short form stands for (none where its long form is no name), which of
    them stand for diseases or symptoms, known or not, and the nodes that it names in full.
    """

    meant: Mapping[str, tuple[str, ...]]
    diseases: frozenset[str]
    full: frozenset[str]

    def of(self, surface: str) -> tuple[str, ...] | None:
        """Return the nodes that a short form, or its plural, stands for; None where the document defines none."""
        return self.meant.get(surface, self.meant.get(surface.removesuffix("s")))

    def is_disease(self, surface: str) -> bool:
        """Say whether a short form, or its plural, stands for a disease or symptom, known or not."""
        return surface in self.diseases or surface.removesuffix("s") in self.diseases


def told_in(
    text: str, spans: Iterable[Span], names: Sequence[Match], ends: Collection[int], full: Iterable[str]
) -> Told:
    """Return what a document tells of its short forms (Schwartz and Hearst, 2003); of two definitions the first counts.

    `names` are those that the dictionary finds; `ends` are where names of diseases and symptoms end, known or not;
    `full` are the nodes that are named in full.
    """
    by_end = {match.end: match for match in names}
    symbols = {match.start: match for match in names if SYMBOL.fullmatch(match.surface)}
    meant: dict[str, tuple[str, ...]] = {}
    diseases: set[str] = set()
    for span in spans:
        if text.find("(", *span) < 0:
            continue
        for form in short_forms(text, span):
            long = by_end.get(form.long[1])
            # "severe asthma (SA)" is no asthma in general, "familial hypercholesterolemia (FH)" is all of the name.
            nodes = long.nodes if long and long.start <= form.long[0] else ()
            short = text[slice(*form.short)]
            meant.setdefault(short, nodes)
            if form.long[1] in ends:
                diseases.add(short)
        for bracket in _IN_BRACKETS.finditer(text, *span):
            symbol = symbols.get(bracket.start(1))
            if symbol and symbol.end == bracket.end(1) and len(text[: bracket.start()].rstrip()) in ends:
                diseases.add(bracket[1])
    return Told(meant=meant, diseases=frozenset(diseases), full=frozenset(full))


def names_meant(text: str, names: Iterable[Match], told: Told, facets: Mapping[str, Facet]) -> tuple[Match, ...]:
    """Return the names of a document with its short forms as it means them, left to right, without overlap.

    A short form that the document defines stands for what its long form names, and for nothing where that is no name.
    One that it does not define names a disease or symptom only where the document names that in full, or calls
    somebody affected by it, or where it has four letters at least, means nothing else to the dictionary, and is no word
    that the document writes in small letters as well: fewer letters, and those with numbers, are genes and measures as
    often.
    """
    read = [
        match if not SYMBOL.fullmatch(match.surface) else match._replace(nodes=_nodes(text, match, told, facets))
        for match in names
    ]
    kept = [match for match in read if match.nodes]
    return tuple(sorted([*kept, *_unknown(text, told, kept)]))


def _nodes(text: str, match: Match, told: Told, facets: Mapping[str, Facet]) -> tuple[str, ...]:
    defined = told.of(match.surface)
    if defined is not None:
        # What the document writes out in other words than the dictionary is the same disease, where it is one.
        same = not defined and told.is_disease(match.surface) and _is_plain(text, match, facets)
        return match.nodes if same else defined
    if is_carried(text, match.end) or _is_plain(text, match, facets):
        return match.nodes
    return tuple(node for node in match.nodes if facets[node] not in DISEASES or node in told.full)


def _is_plain(text: str, match: Match, facets: Mapping[str, Facet]) -> bool:
    if not _ACRONYM.fullmatch(match.surface):
        return False
    borne = [facets[node] for node in match.nodes]
    alone = len(set(borne)) == len(borne) and set(borne) <= set(DISEASES)
    return alone and re.search(rf"\b{match.surface.lower()}\b", text) is None


def is_carried(text: str, end: int) -> bool:
    """Say whether what ends at `end` stands before a word that calls somebody affected by it."""
    following = _FOLLOWING.match(text, end)
    return following is not None and fold(following[1]) in CARRIERS


def _unknown(text: str, told: Told, names: Sequence[Match]) -> Iterator[Match]:
    """Yield the short forms that the document gives to a name, at all places where no name stands."""
    shorts = {short for short, nodes in told.meant.items() if nodes and len(short) >= _LEAST}
    starts = [match.start for match in names]
    for place in places_of(text, shorts):
        at = bisect_right(starts, place.start()) - 1
        free = at < 0 or names[at].end <= place.start()
        if free and (at + 1 == len(names) or place.end() <= names[at + 1].start):
            yield Match(*place.span(), place.group(), told.meant[place["short"]])


def places_of(text: str, shorts: Iterable[str]) -> Iterator[re.Match[str]]:
    """Yield where any of `shorts`, or its plural, stands as a word of its own; the group `short` says which."""
    longest_first = sorted(shorts, key=lambda short: (-len(short), short))
    if longest_first:
        spelled = "|".join(map(re.escape, longest_first))
        yield from re.finditer(rf"(?<![^\W_])(?P<short>{spelled})s?(?![^\W_])", text)
