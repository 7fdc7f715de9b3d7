"""The dictionary of the tree: finds every name of every node in running text (Aho and Corasick, 1975)."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property, partial
from itertools import groupby, pairwise
from typing import Any, Final, NamedTuple

import ahocorasick
import numpy as np
from numpy.typing import NDArray

from met.keys import digest
from met.tree.lexicon.forms import Codes, as_written, forms_of, squeeze
from met.tree.lexicon.scan import Scan
from met.tree.lexicon.trie import Ints, Trie
from met.tree.lexicon.words import WordNumbers
from met.tree.names import is_abbreviation
from met.tree.spelling import APOSTROPHES
from met.tree.stops import is_stop_name
from met.types import Node, Span

# No name goes over a blank line.
_BLANK_LINE: Final = re.compile(r"\n\s*\n")
_SPACE: Final = 0x20
_LAST: Final = 1 << 62
# Letters that are read at once: the arrays of so many stay in the cache of a core.
_BATCH: Final = 1 << 18
_PARTING: Final = "\n\n"
_REMEMBERED: Final = 1 << 18


class Match(NamedTuple):
    """A name found in a text: `text[start:end]` is `surface`, and `nodes` (sorted) are all that bear it.

    A tuple, because texts hold millions, and no other value is made so fast.
    """

    start: int
    end: int
    surface: str
    nodes: tuple[str, ...]


class Lexicon:
    """Names of nodes, compiled. Equal pairs in any order give the same lexicon.

    A name matches whole words alone, whatever the case, with spaces for hyphens and the reverse, with alpha for α, in
    the singular and the plural, with or without accents and a possessive, in American and British spelling, "acute X"
    for "X, acute". Abbreviations (up to four letters, two of them capitals) match in their own case alone. Names that
    mean nothing by themselves ("disease", "left side") never match.
    """

    def __init__(self, names: Iterable[tuple[str, str]]) -> None:
        self._automaton: Any = ahocorasick.Automaton(ahocorasick.STORE_INTS)
        self._bearers: list[tuple[str, ...]] = []
        # Forms of abbreviations, and those with a sign between words: what they mean depends on how they are written.
        self._checked: dict[int, dict[str, tuple[str, ...]]] = {}
        self._lengths: list[int] = []
        self._spelt: dict[str, int] = {}
        rows = [
            (form, name if is_abbreviation(name) else "", node)
            for name, node in names
            if not is_stop_name(name)
            for form in forms_of(name)
        ]
        self._codes = Codes({word for form in {row[0] for row in rows} for word in form.split(" ")})
        forms = sorted((self._codes.encode(form.split(" ")), name, node) for form, name, node in rows)
        del rows
        for form, same in groupby(forms, key=lambda row: row[0]):
            self._add(form, [(name, node) for _, name, node in same])
        self._automaton.make_automaton()

    def _add(self, form: str, bearers: Sequence[tuple[str, str]]) -> None:
        at = len(self._bearers)
        self._automaton.add_word(form, at)
        self._lengths.append(len(form) // self._codes.width)
        self._bearers.append(tuple(sorted({node for name, node in bearers if not name})))
        spelled = [(name, node) for name, node in bearers if name]
        if spelled or self._codes.gap in form:
            self._checked[at] = {
                name: tuple(sorted({node for _, node in same}))
                for name, same in groupby(spelled, key=lambda row: row[0])
            }

    def find(self, text: str) -> tuple[Match, ...]:
        """Return the names in `text`, leftmost first and the longest of those that start together, without overlap."""
        if not self._bearers:
            return ()
        words = _Words(text)
        found = []
        for first, last, form in self._longest(words):
            start, end = words.span(first, last)
            surface = text[start:end]
            nodes = self._nodes(form, surface) if form in self._checked else self._bearers[form]
            found.append(Match(start=start, end=end, surface=surface, nodes=nodes))
        return tuple(found)

    def find_all(self, texts: Sequence[str]) -> list[tuple[Match, ...]]:
        """Return what `find` returns of each text; many texts or long ones are read faster by far.

        All words of a batch of texts are hashed and looked up at once (met.tree.lexicon.scan). What a hash proposes is
        compared with the name itself: two words of one hash never make a match.
        """
        if not self._bearers:
            return [()] * len(texts)
        return [found for batch in _batches(texts) for found in self._found_in(batch)]

    def _found_in(self, texts: Sequence[str]) -> Iterator[tuple[Match, ...]]:
        joined = _PARTING.join(("", *texts, ""))
        lengths = np.array([len(text) + len(_PARTING) for text in texts])
        begins = np.cumsum(lengths) - lengths + len(_PARTING)
        places = self._scan.longest(joined, partial(self._is_written, joined))
        for at in np.flatnonzero(places.quoted).tolist():
            places.start[at], places.end[at] = _unquoted(joined, int(places.start[at]), int(places.end[at]))
        surfaces = [joined[start:end] for start, end in zip(places.start.tolist(), places.end.tolist(), strict=True)]
        nodes = self._meanings(places.form, surfaces)
        less = begins[np.searchsorted(begins, places.start, side="right") - 1]
        # All at once: a call of `Match` each takes longer than finding it.
        rows = zip((places.start - less).tolist(), (places.end - less).tolist(), surfaces, nodes, strict=True)
        matches = list(map(partial(tuple.__new__, Match), rows))
        for first, last in pairwise(np.searchsorted(places.start, np.append(begins, len(joined))).tolist()):
            found = matches[first:last]
            yield tuple(found if all(nodes[first:last]) else [match for match in found if match.nodes])

    def _meanings(self, forms: Ints, surfaces: Sequence[str]) -> list[tuple[str, ...]]:
        """Return the nodes of each name; none where its form is not what its letters spell."""
        given = forms.tolist()
        nodes = [self._bearers[form] for form in given]
        for at in np.flatnonzero(self._is_checked[forms]).tolist():
            nodes[at] = self._nodes(given[at], surfaces[at])
        if list(map(self._spelt.get, surfaces)) != given:
            for at, (form, surface) in enumerate(zip(given, surfaces, strict=True)):
                if self._spelt.get(surface) != form and self._form(surface) != form:
                    nodes[at] = ()
        return nodes

    def _is_written(self, text: str, start: int, end: int, form: int) -> bool:
        return bool(self._nodes(form, text[slice(*_unquoted(text, start, end))]))

    def _form(self, surface: str) -> int:
        """Return the form that `surface` is spelled in; -1 for none."""
        if len(self._spelt) > _REMEMBERED:
            self._spelt.clear()
        words = squeeze(surface)[0].split(" ")
        form = self._spelt[surface] = self._automaton.get(self._codes.encode(words), -1)
        return int(form)

    @cached_property
    def _is_checked(self) -> NDArray[np.bool_]:
        made = np.zeros(len(self._bearers), np.bool_)
        made[list(self._checked)] = True
        return made

    @cached_property
    def _scan(self) -> Scan:
        spelt = sorted((form, code) for code, form in self._automaton.items())
        return Scan(
            words=WordNumbers(self._codes.number_of),
            trie=Trie(self._codes.numbers(code for _, code in spelt), np.array(self._lengths)),
            doubtful=np.array([not nodes for nodes in self._bearers]),
        )

    def _longest(self, words: "_Words") -> list[tuple[int, int, int]]:
        """Return (first word, last word, form) of the names that `find` returns."""
        width, lengths, checked = self._codes.width, self._lengths, self._checked
        chosen: list[tuple[int, int, int]] = []
        top = -1
        # A hit never ends before those found so far. It covers those that begin with or after it, and is none where
        # one that begins before it reaches into it; so the chosen ones are a stack.
        for stop, form in self._automaton.iter(self._codes.encode(words.words)):
            last = stop // width
            first = last + 1 - lengths[form]
            if form in checked and not self._is_meant(form, words, first, last):
                continue
            if first <= top:
                kept = len(chosen)
                while kept and chosen[kept - 1][0] >= first:
                    kept -= 1
                if kept and chosen[kept - 1][1] >= first:
                    continue
                del chosen[kept:]
            chosen.append((first, last, form))
            top = last
        return chosen

    def _is_meant(self, form: int, words: "_Words", first: int, last: int) -> bool:
        start, end = words.span(first, last)
        surface = words.text[start:end]
        # Most words that look like an abbreviation are in small letters.
        if surface.islower() and not self._bearers[form]:
            return False
        return bool(self._nodes(form, surface))

    def _nodes(self, form: int, surface: str) -> tuple[str, ...]:
        if "\n" in surface and _BLANK_LINE.search(surface):
            return ()
        exactly = self._checked[form]
        written = exactly.get(surface) or exactly.get(surface.removesuffix("s")) or ()
        return tuple(sorted({*self._bearers[form], *written}))


def names_of(node: Node) -> tuple[str, ...]:
    """Return every name that the dictionary knows the node by, its own first; acronyms in capitals."""
    return as_known(node.name, node.synonyms)


def as_known(name: str, synonyms: Sequence[str]) -> tuple[str, ...]:
    """Return a name and its synonyms, acronyms in capitals."""
    given = (name, *synonyms)
    return (name, *(as_written(synonym, given) for synonym in synonyms))


def lexicon_digest(nodes: Iterable[Node]) -> str:
    """Return the digest of all (name, key) pairs: equal where every text gives equal matches."""
    return digest(sorted([name, node.key] for node in nodes for name in names_of(node)))


# ---------------------------------------------------------------- offsets


class _Words:
    """The folded words of a text, and where each stands in it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._folded, self._shifts = squeeze(text)
        self.words = self._folded.split(" ")

    @cached_property
    def _edges(self) -> list[int]:
        letters = np.frombuffer(self._folded.encode("utf-32-le", "surrogatepass"), dtype="<u4")
        return [-1, *np.flatnonzero(letters == _SPACE).tolist(), len(letters)]

    def span(self, first: int, last: int) -> Span:
        """Return where the text from word `first` to word `last` stands, without quotes at its ends."""
        start, end = self._edges[first] + 1, self._edges[last + 1]
        if self._shifts:
            start, end = _original(start, self._shifts), _original(end - 1, self._shifts) + 1
        return _unquoted(self.text, start, end)


def _unquoted(text: str, start: int, end: int) -> Span:
    """Return the span without the quotes at its ends."""
    if text[start] in APOSTROPHES or text[end - 1] in APOSTROPHES:
        surface = text[start:end]
        return end - len(surface.lstrip(APOSTROPHES)), start + len(surface.rstrip(APOSTROPHES))
    return start, end


def _batches(texts: Iterable[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    size = 0
    for text in texts:
        batch.append(text)
        size += len(text)
        if size >= _BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _original(offset: int, shifts: list[tuple[int, int]]) -> int:
    return offset + shifts[bisect_right(shifts, (offset, _LAST)) - 1][1]
