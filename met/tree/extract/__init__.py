"""Reads a document: the names of known nodes as the document means them, and the diseases and symptoms that it names.

The dictionary gives known names; the head noun and its modifiers give names that no ontology holds; the text's own
definitions give short forms. The span of a disease then takes in what stands before it and belongs to the name. The
build of the tree and the score `entities` read with the same function, and nothing here was trained on marked texts.
"""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from met.tree.assertion import assertions_of
from met.tree.extract.document import is_carried, names_meant, places_of, told_in
from met.tree.extract.heads import Heads
from met.tree.extract.tokens import Found, Method, Token, joined_names, tokens_of
from met.tree.extract.words import DISEASES, SYMBOL, is_generic
from met.tree.lexicon import Lexicon, Match
from met.tree.texts.sentences import sentences
from met.types import Assertion, Facet, Span

# "VLCAD deficiency" does not say that VLCAD is a disease.
_HOLDS_SYMBOL: Final = re.compile(r"\b[A-Z][A-Za-z0-9]*[A-Z0-9]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """`text[start:end]` is `surface`, the whole name of a disease or symptom; `nodes` (sorted) bear it or the known
    name in it, none where no ontology holds it.
    """

    start: int
    end: int
    surface: str
    facet: Facet
    method: Method
    assertion: Assertion
    nodes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a document names, left to right and without overlap: `names` are the known names of every facet with the
    nodes that it means by them, `mentions` the diseases and symptoms, known or not.
    """

    names: tuple[Match, ...]
    mentions: tuple[Mention, ...]


@dataclass(slots=True)
class _Sentence:
    """The tokens of a sentence, the names that its words alone give, and the symbols whose meaning is open."""

    span: Span
    tokens: list[Token]
    found: list[Found]
    symbols: list[Match]


class Extractor:
    """What is known before a text is read: the dictionary, the facets of its nodes, and words that modify names."""

    def __init__(self, lexicon: Lexicon, facets: Mapping[str, Facet], names: Iterable[str]) -> None:
        """`names` are those of diseases and symptoms."""
        self.lexicon = lexicon
        self.facets = facets
        self._heads = Heads(names, lexicon)

    def read(self, text: str, names: Sequence[Match] | None = None) -> Reading:
        """Return what a document names; short forms count in all of it.

        `names` are those that the dictionary finds in it, where that is known already.
        """
        names = self.lexicon.find(text) if names is None else names
        spans = list(sentences(text))
        parts = self._sentences(text, spans, names)
        ends: set[int] = set()
        full: set[str] = set()
        for part in parts.values():
            for each in self._joined(part, part.found, text):
                first, last = part.tokens[each.first], part.tokens[each.last - 1]
                ends.add(last.end)
                if not _HOLDS_SYMBOL.search(text, first.start, last.end):
                    full.update(each.nodes)
        told = told_in(text, spans, names, ends, full)
        meant = names_meant(text, names, told, self.facets)
        shorts: dict[int, list[Match]] = defaultdict(list)
        starts = [start for start, _ in spans]
        for place in places_of(text, told.diseases):
            at = bisect_right(starts, place.start()) - 1
            nodes = told.meant.get(place["short"], ())
            shorts[at].append(Match(*place.span(), place.group(), nodes))
        symbols = {(match.start, match.end): match.nodes for match in meant if SYMBOL.fullmatch(match.surface)}
        mentions: list[Mention] = []
        for at in sorted({*parts, *shorts}):
            part = parts.get(at) or _Sentence(spans[at], tokens_of(text, spans[at]), [], [])
            open_names = [match._replace(nodes=symbols.get((match.start, match.end), ())) for match in part.symbols]
            mentions += self._mentions(text, part, shorts.get(at, ()), [match for match in open_names if match.nodes])
        return Reading(names=meant, mentions=tuple(mentions))

    def _sentences(self, text: str, spans: Sequence[Span], names: Sequence[Match]) -> dict[int, _Sentence]:
        """Return the sentences that may name a disease or symptom, by their place."""
        starts = [start for start, _ in spans]
        matches: dict[int, list[Match]] = defaultdict(list)
        for match in names:
            at = bisect_right(starts, match.start) - 1
            if at >= 0 and match.end <= spans[at][1] and all(self.facets[node] in DISEASES for node in match.nodes):
                matches[at].append(match)
        parts = {}
        for at, span in enumerate(spans):
            if at in matches or self._heads.may_name(text, *span):
                tokens = tokens_of(text, span)
                parts[at] = self._part(
                    text, _Sentence(span, tokens, list(self._heads.find(tokens, text)), []), matches[at]
                )
        return parts

    def _part(self, text: str, part: _Sentence, matches: Iterable[Match]) -> _Sentence:
        """Take in the names of the dictionary that begin and end with tokens."""
        starts = {token.start: at for at, token in enumerate(part.tokens)}
        ends = {token.end: at for at, token in enumerate(part.tokens, start=1)}
        for match in matches:
            surface = match.surface
            if "(" in surface and ")" not in surface:
                surface = surface[: surface.index("(")].rstrip()
            end = match.start + len(surface)
            if match.start not in starts or end not in ends or is_generic(surface):
                continue
            if SYMBOL.fullmatch(surface) and not is_carried(text, end):
                part.symbols.append(match)
            else:
                part.found.append(Found(starts[match.start], ends[end], "dictionary", match.nodes))
        return part

    def _joined(self, part: _Sentence, found: Iterable[Found], text: str) -> list[Found]:
        return joined_names([self._heads.widened(part.tokens, text, each) for each in joined_names(found)])

    def _mentions(
        self, text: str, part: _Sentence, shorts: Iterable[Match], symbols: Iterable[Match]
    ) -> Iterator[Mention]:
        starts = {token.start: at for at, token in enumerate(part.tokens)}
        ends = {token.end: at for at, token in enumerate(part.tokens, start=1)}
        found = list(part.found)
        given: tuple[tuple[Method, Iterable[Match]], ...] = (("abbreviation", shorts), ("dictionary", symbols))
        for method, matches in given:
            for match in matches:
                if match.start in starts and match.end in ends:
                    nodes = tuple(node for node in match.nodes if self.facets[node] in DISEASES)
                    found.append(Found(starts[match.start], ends[match.end], method, nodes))
        if not found:
            return
        start = part.span[0]
        said = assertions_of(text[slice(*part.span)])
        for each in self._joined(part, found, text):
            span = part.tokens[each.first].start, part.tokens[each.last - 1].end
            yield Mention(
                start=span[0],
                end=span[1],
                surface=text[slice(*span)],
                facet=self._facet(each.nodes),
                method=each.method,
                assertion=said.of((span[0] - start, span[1] - start)),
                nodes=each.nodes,
            )

    def _facet(self, nodes: Sequence[str]) -> Facet:
        facets = {self.facets[node] for node in nodes}
        return "symptom" if facets == {"symptom"} else "disease"
