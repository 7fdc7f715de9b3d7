"""Finds the diseases and symptoms that a text names, without having been trained on marked texts.

The dictionary gives known names; the head noun and its modifiers give names that no ontology holds; the text's own
definitions give short forms. A span then takes in what stands before it and belongs to the name.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from met.anchor.context import Context
from met.tree.extract_short import short_forms
from met.tree.extract_tokens import TOKEN, Found, Method, Token, joined_names, lacking, tokens_of
from met.tree.extract_words import (
    CARRIERS,
    DISEASES,
    GENERIC_HEADS,
    JOINERS,
    LACKS,
    LINKS,
    OUTER,
    PREFIXES,
    SYMBOL,
    adjectives_of,
    is_generic,
    is_head,
)
from met.tree.lexicon import Lexicon
from met.tree.names import fold
from met.tree.sentences import sentences
from met.types import Certainty, Facet, Polarity, Span

# "VLCAD deficiency" does not say that VLCAD is a disease.
_HOLDS_SYMBOL: Final = re.compile(r"\b[A-Z][A-Za-z0-9]*[A-Z0-9]")
_IN_BRACKETS: Final = re.compile(r"\(\s*([A-Z][A-Za-z0-9]*[A-Z][A-Za-z0-9]*)\s*\)")
_NUMBER: Final = re.compile(r"[ivx]+|\d+[a-z]?|[a-d]")
_MODIFIER_NAMES: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """`text[start:end]` is `surface`, a name of an entity; `nodes` (sorted) bear it, none where it is discovered."""

    start: int
    end: int
    surface: str
    facet: Facet
    method: Method
    polarity: Polarity
    certainty: Certainty
    nodes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a document tells about its short forms: those that it defines for diseases, and nodes it names in full."""

    short: frozenset[str] = frozenset()
    nodes: frozenset[str] = frozenset()

    @staticmethod
    def joined(parts: Iterable["Known"]) -> "Known":
        """Return what all parts tell."""
        every = list(parts)
        return Known(
            short=frozenset().union(*(part.short for part in every)),
            nodes=frozenset().union(*(part.nodes for part in every)),
        )


class Extractor:
    """What is known before a text is read: the dictionary, the facets of its nodes, and words that modify names."""

    def __init__(self, lexicon: Lexicon, facets: Mapping[str, Facet], names: Iterable[str]) -> None:
        self.lexicon = lexicon
        self.facets = facets
        known = tuple(names)
        self._modifiers = _modifiers(known)
        self._adjectives = _adjectives(known)

    def mentions(self, text: str) -> tuple[Mention, ...]:
        """Return the mentions of a document, left to right, without overlap; short forms count in all of it."""
        spans = list(sentences(text))
        known = Known.joined(self.known(text, span) for span in spans)
        return tuple(mention for span in spans for mention in self.in_sentence(text, span, known))

    def known(self, text: str, sentence: Span) -> "Known":
        """Return what a sentence tells about the short forms of its document."""
        tokens = tokens_of(text, sentence)
        found = self._found(tokens, text, sentence, Known())
        ends = {tokens[each.last - 1].end for each in found}
        short = {text[slice(*form.short)] for form in short_forms(text, sentence) if form.long[1] in ends}
        for bracket in _IN_BRACKETS.finditer(text, *sentence):
            before = len(text[: bracket.start()].rstrip())
            if before in ends and self._diseases(bracket[1]):
                short.add(bracket[1])
        full = (
            each
            for each in found
            if not _HOLDS_SYMBOL.search(text, tokens[each.first].start, tokens[each.last - 1].end)
        )
        return Known(short=frozenset(short), nodes=frozenset(node for each in full for node in each.nodes))

    def _diseases(self, symbol: str) -> tuple[str, ...]:
        """Return the diseases and symptoms that a short form stands for in the dictionary."""
        whole = (match for match in self.lexicon.find(symbol) if match.surface == symbol)
        return tuple(node for match in whole for node in match.nodes if self.facets[node] in DISEASES)

    def in_sentence(self, text: str, sentence: Span, known: Known) -> Iterator[Mention]:
        """Yield the mentions of one sentence, `known` being what its document tells."""
        tokens = tokens_of(text, sentence)
        found = self._found(tokens, text, sentence, known)
        context = Context(text[slice(*sentence)] if found else "")
        for each in found:
            start, end = tokens[each.first].start, tokens[each.last - 1].end
            polarity, certainty = context.polarity((start - sentence[0], end - sentence[0]))
            yield Mention(
                start=start,
                end=end,
                surface=text[start:end],
                facet=self._facet(each.nodes),
                method=each.method,
                polarity=polarity,
                certainty=certainty,
                nodes=each.nodes,
            )

    def _facet(self, nodes: Sequence[str]) -> Facet:
        facets = {self.facets[node] for node in nodes}
        return "symptom" if facets == {"symptom"} else "disease"

    # ------------------------------------------------------------ one sentence

    def _found(self, tokens: Sequence[Token], text: str, sentence: Span, known: Known) -> list[Found]:
        names = [
            *_short(tokens, text, known),
            *self._dictionary(tokens, text, sentence, known),
            *self._heads(tokens, text),
        ]
        return joined_names([self._widened(tokens, text, each) for each in joined_names(names)])

    def _dictionary(self, tokens: Sequence[Token], text: str, sentence: Span, known: Known) -> Iterator[Found]:
        starts = {token.start: at for at, token in enumerate(tokens)}
        ends = {token.end: at for at, token in enumerate(tokens, start=1)}
        for match in self.lexicon.find(text[slice(*sentence)]):
            surface, nodes = match.surface, match.nodes
            if "(" in surface and ")" not in surface:
                surface = surface[: surface.index("(")].rstrip()
            start = match.start + sentence[0]
            end = start + len(surface)
            if start not in starts or end not in ends or any(self.facets[node] not in DISEASES for node in nodes):
                continue
            following = tokens[ends[end]].word if ends[end] < len(tokens) else ""
            meant = not SYMBOL.fullmatch(surface) or following in CARRIERS or not known.nodes.isdisjoint(nodes)
            if meant and not is_generic(surface):
                yield Found(starts[start], ends[end], "dictionary", nodes)

    def _heads(self, tokens: Sequence[Token], text: str) -> Iterator[Found]:
        for at, token in enumerate(tokens):
            if is_head(token.word) or token.word in self._adjectives:
                yield Found(at, at + 1, "head")
            elif token.word in GENERIC_HEADS:
                first = self._modified_from(tokens, text, at)
                if first < at:
                    yield Found(first, at + 1, "head")

    def _modified_from(self, tokens: Sequence[Token], text: str, at: int) -> int:
        """Return the first token of the modifiers that stand before token `at` and belong to its name."""
        first = at
        if tokens[at].word in LACKS:
            first -= lacking(tokens, text, at)
        while first > 0:
            step = self._modifier_before(tokens, text, first)
            if step == 0:
                break
            first -= step
        return first

    def _modifier_before(self, tokens: Sequence[Token], text: str, at: int) -> int:
        """Return of how many tokens the modifier before token `at` is; 0 where none stands there."""
        before = tokens[at - 1]
        if at > 2 and tokens[at - 2].word == "-" and text[tokens[at - 3].start : before.end].count(" ") == 0:
            parts = tokens[at - 3].word, before.word
            if parts in LINKS:
                return 3
            return 3 if before.word not in OUTER and self._modifiers.issuperset(parts) else 0
        if before.word in self._modifiers and before.word not in OUTER:
            return 1
        if before.word == "-" and at > 1 and text[tokens[at - 2].end : tokens[at].start] == "-":
            return 2 if tokens[at - 2].word in self._modifiers or tokens[at - 2].word in PREFIXES else 0
        if before.word == "s" and at > 2 and tokens[at - 2].word in "'’":
            return 3 if text[tokens[at - 3].start].isupper() else 0
        return 0

    def _widened(self, tokens: Sequence[Token], text: str, found: Found) -> Found:
        first, last = found.first, found.last
        if not SYMBOL.fullmatch(text[tokens[first].start : tokens[last - 1].end]):
            first = self._modified_from(tokens, text, first)
            first = self._coordinated_from(tokens, text, first, last)
        if (
            last + 1 < len(tokens)
            and tokens[last].word in ("type", "types")
            and _NUMBER.fullmatch(tokens[last + 1].word)
        ):
            last += 2
        return found if (first, last) == (found.first, found.last) else Found(first, last, found.method, found.nodes)

    def _coordinated_from(self, tokens: Sequence[Token], text: str, first: int, last: int) -> int:
        """Return where "breast and ovarian cancer" begins, `first` being "ovarian"."""
        at = first
        while at > 1 and last - first > 1 and tokens[at - 1].word in JOINERS:
            left = at - 1
            while left > 0 and tokens[left - 1].word in JOINERS:
                left -= 1
            start = self._shared_head(tokens, text, left, range(first + 1, last)) if left else left
            if start == left:
                break
            at = start
        return at

    def _shared_head(self, tokens: Sequence[Token], text: str, left: int, heads: range) -> int:
        """Return where the words before token `left` begin that name a disease with one of `heads`; else `left`."""
        for start in range(max(0, left - 2), left):
            words = text[tokens[start].start : tokens[left - 1].end]
            if tokens[start].word in OUTER or any(tokens[at].word in JOINERS for at in range(start, left)):
                continue
            for head in heads:
                name = f"{words} {text[tokens[head].start : tokens[heads.stop - 1].end]}"
                if any(match.surface == name for match in self.lexicon.find(name)):
                    return start
        return left


def _short(tokens: Sequence[Token], text: str, known: Known) -> Iterator[Found]:
    ends = {token.end: at for at, token in enumerate(tokens, start=1)}
    for at, token in enumerate(tokens):
        for short in known.short:
            end = token.start + len(short)
            if text.startswith(short, token.start):
                last = ends.get(end) or (ends.get(end + 1) if text[end : end + 1] == "s" else None)
                if last:
                    yield Found(at, last, "abbreviation")


def _modifiers(names: Iterable[str]) -> frozenset[str]:
    """Return the words that stand before the last one in several names."""
    counts: Counter[str] = Counter()
    for name in names:
        counts.update({match.group() for match in TOKEN.finditer(fold(name).rpartition(" ")[0])})
    return frozenset(
        word for word, count in counts.items() if count >= _MODIFIER_NAMES and len(word) > 2 and word.isalpha()
    )


def _adjectives(names: Iterable[str]) -> frozenset[str]:
    return frozenset(adjective for name in names if " " not in name for adjective in adjectives_of(fold(name)))
