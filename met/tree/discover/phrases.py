"""Phrases that could be terms, with all that the texts show of each: counts, neighbours, definitions, places."""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final, NamedTuple, TypeAlias

from met.tree.assertion import assertions_of
from met.tree.discover.words import DETERMINERS, WordCounts, count_words, runs, singular, words_of
from met.tree.extract import Reading
from met.tree.lexicon import Match
from met.tree.texts.sentences import sentences
from met.types import Document, Span

# The rank of a place that says nothing of a phrase, and of one that does not affirm it.
_PLAIN, _DENIED = 2, 3
MAX_WORDS: Final = 5
MAX_RUN: Final = 12
PLACES: Final = 5
NEIGHBOURS: Final = 400
# More phrases than these are not held at once: the rarest that nothing speaks for are let go.
MOST_PHRASES: Final = 600_000
_IS: Final = re.compile(
    r"(?:\s*\([^()]{1,60}\))?,?\s+(?:(?:is|are)\s+(?:also\s+)?(?:an?|the|one|any|called|known|composed|located|found|"
    r"formed|responsible|defined|made|\w+)\b|(?:refers?|extends?|consists?|forms?|runs?|lies|arises|begins|occurs|"
    r"contains?|connects|secretes?|supplies|drains|provides|means|describes)\b)"
)
_NAMED: Final = re.compile(
    r"(?:\b(?:called|termed|named|known as|referred to as|term|as)|[,(;]\s*(?:or|also|i\.e\.,?|plural|singular)|\()"
    r"\s+?(?:either\s+)?(?:an?\s+|the\s+)?[\"“‘]?$|\([\"“]?$"
)
_SUCH_AS: Final = re.compile(r"\b(?:such as|including|like|e\.g\.,)\s+(?:an?\s+|the\s+)?$")
_LISTED: Final = re.compile(r"(?:,|\b(?:and|or))\s+(?:an?\s+|the\s+)?$")
_OF: Final = re.compile(r"\s+of\s+(?:the\s+)?")


# A known name around a phrase: start, end, its facet where it has one alone.
_Near: TypeAlias = tuple[int, int, str | None]


@dataclass(slots=True)
class Phrase:
    """What the texts show of one phrase; `whole` counts where nothing of the same run stands around it, `within` where
    it is part of a longer known name, `affirmed` where the sentence neither denies it nor only thinks of it, `marked`
    where it is all of a name of a disease or symptom. `documents` says which of them affirm it somewhere.
    """

    surface: str
    count: int = 0
    affirmed: int = 0
    marked: int = 0
    whole: int = 0
    left: int = 0
    right: int = 0
    determined: int = 0
    defined: int = 0
    named: int = 0
    listed: int = 0
    headings: int = 0
    longer: int = 0
    within: int = 0
    hosts: set[str] = field(default_factory=set)
    documents: dict[str, bool] = field(default_factory=dict)
    places: list[tuple[int, str, int, int]] = field(default_factory=list)
    definitions: list[tuple[str, Span]] = field(default_factory=list)
    near: dict[str, int] = field(default_factory=dict)
    neighbours: int = 0

    @property
    def told(self) -> bool:
        """Whether an author defines it, names it or heads a section with it."""
        return bool(self.defined or self.named or self.headings)


@dataclass(slots=True)
class Phrases:
    """All phrases by their key, and the counts of words that they were cut with."""

    words: WordCounts
    found: dict[str, Phrase] = field(default_factory=dict)


def phrase_key(words: Sequence[str]) -> str:
    """Return what the singular and plural, hyphenated and open spellings of a phrase share.

    >>> phrase_key(("T-cell", "receptors"))
    't cell receptor'
    """
    parts = " ".join(words).lower().replace("-", " ").replace("–", " ").replace("'s ", " ").split()
    return " ".join((*parts[:-1], singular(parts[-1]))) if parts else ""


def read_phrases(
    documents: Sequence[tuple[Document, int]],
    read: Callable[[Document], Reading],
    facets: Mapping[str, str],
    *,
    most: int = MOST_PHRASES,
) -> Phrases:
    """Return the phrases of documents given as (document, where its running text ends).

    `read` gives the names in a document; `facets` maps their nodes to their facets, which are counted around each
    phrase. The documents are read twice, so that what they hold is never held at once; of phrases no more than
    about `most` are: those seen least are forgotten first (lossy counting; Manku and Motwani, 2002).
    """
    counts = count_words(
        words_of(document.text, *span) for document, stop in documents for span in _cut(document, stop)
    )
    phrases = Phrases(words=counts)
    least = 1
    for document, stop in documents:
        spans = _cut(document, stop)
        reading = read(document)
        around = _facets_around(spans, (name for name in reading.names if name.end <= stop), facets)
        marked = frozenset((mention.start, mention.end) for mention in reading.mentions)
        for span, near in zip(spans, around, strict=True):
            sentence = _Sentence(document, span, words_of(document.text, *span), near, marked)
            for place in _phrases_in(document.text, sentence.words, counts):
                _record(phrases.found, sentence, place)
        if len(phrases.found) > most:
            _forget(phrases.found, least)
            least += len(phrases.found) > most / 2
    return phrases


def _cut(document: Document, stop: int) -> list[Span]:
    return list(sentences(document.text[:stop]))


def _forget(found: dict[str, Phrase], least: int) -> None:
    """Let go of the phrases that are seen no more than `least` times and that nobody defines, names or heads."""
    for key in [key for key, one in found.items() if one.count <= least and not one.told]:
        del found[key]


def _facets_around(spans: Sequence[Span], matches: Iterable[Match], facets: Mapping[str, str]) -> list[list[_Near]]:
    starts = [start for start, _ in spans]
    around: list[list[_Near]] = [[] for _ in spans]
    for match in matches:
        at = bisect_right(starts, match.start) - 1
        kinds = {facets[node] for node in match.nodes if node in facets}
        if at >= 0:
            around[at].append((match.start, match.end, kinds.pop() if len(kinds) == 1 else None))
    return around


class _Place(NamedTuple):
    first: int
    stop: int
    run: Span


class _Sentence:
    """A sentence, its words, the known names in it, where names of diseases stand, and what it says of its phrases."""

    def __init__(
        self,
        document: Document,
        span: Span,
        words: Sequence[tuple[str, int, int]],
        near: Sequence[_Near],
        marked: frozenset[Span],
    ) -> None:
        self.document, self.span, self.words, self.near, self.marked = document, span, words, near, marked
        self._said = assertions_of(document.text[slice(*span)])

    def affirms(self, start: int, end: int) -> bool:
        """Say whether it neither denies what stands there nor only thinks of it."""
        return self._said.is_plain or self._said.of((start - self.span[0], end - self.span[0])) == "affirmed"


def _phrases_in(text: str, words: Sequence[tuple[str, int, int]], counts: WordCounts) -> Iterator[_Place]:
    found = [run for run in runs(words, text, counts) if run[1] - run[0] <= MAX_RUN]
    for run in found:
        # What stands at neither end of its run is hardly ever a term, and most of what could be counted.
        for stop in range(run[0] + 1, min(run[1], run[0] + MAX_WORDS) + 1):
            yield _Place(run[0], stop, run)
        for first in range(max(run[0] + 1, run[1] - MAX_WORDS), run[1]):
            yield _Place(first, run[1], run)
    for one, two in pairwise(found):
        between = text[words[one[1] - 1][2] : words[two[0]][1]]
        if _OF.fullmatch(between):
            for first in range(max(one[0], one[1] - 2), one[1]):
                for stop in range(two[0] + 1, min(two[1], two[0] + 2) + 1):
                    yield _Place(first, stop, (one[0], two[1]))


def _record(found: dict[str, Phrase], sentence: _Sentence, place: _Place) -> None:
    document, words = sentence.document, sentence.words
    text = document.text
    start, end = words[place.first][1], words[place.stop - 1][2]
    key = phrase_key([word for word, _, _ in words[place.first : place.stop]])
    phrase = found.get(key)
    if phrase is None:
        phrase = found[key] = Phrase(surface=text[start:end])
    before, after = words[place.first - 1][0] if place.first else "", place.stop == place.run[1]
    opens = place.first == place.run[0]
    affirmed = sentence.affirms(start, end)
    phrase.count += 1
    phrase.affirmed += affirmed
    phrase.marked += (start, end) in sentence.marked
    phrase.left += opens
    phrase.right += after
    phrase.whole += opens and after
    phrase.longer += not (opens and after)
    if not (opens and after) and len(phrase.hosts) < 50:
        phrase.hosts.add(words[place.run[0]][0] + words[place.run[1] - 1][0])
    phrase.determined += opens and before in DETERMINERS
    phrase.documents[document.key] = affirmed or phrase.documents.get(document.key, False)
    rank = _PLAIN
    if opens and after:
        rank = _cues(phrase, document, sentence.span, (start, end))
    phrase.within += any(at <= start and end <= stop and end - start < stop - at for at, stop, _ in sentence.near)
    if phrase.neighbours < NEIGHBOURS:
        for at, _, facet in sentence.near:
            if facet and not start <= at < end:
                phrase.near[facet] = phrase.near.get(facet, 0) + 1
                phrase.neighbours += 1
    phrase.places.append((rank if affirmed else _DENIED, document.key, start, end))
    if len(phrase.places) >= 4 * PLACES:
        phrase.places.sort()
        del phrase.places[PLACES:]


def _cues(phrase: Phrase, document: Document, span: Span, here: Span) -> int:
    """Count what the words around a whole phrase say of it; return 0 where they define it, 1 where they name it."""
    text, (start, end) = document.text, here
    before = text[max(span[0], start - 40) : start]
    opening = text[span[0] : start].strip().lower()
    if start - span[0] < 8 and (not opening or opening in DETERMINERS) and text[end : span[1]].startswith(":"):
        phrase.defined += 1
        return 0
    if start - span[0] < 8 and (not opening or opening in DETERMINERS) and _IS.match(text, end, span[1]):
        phrase.defined += 1
        phrase.definitions.append((document.key, span))
        return 0
    if _NAMED.search(before):
        phrase.named += 1
        return 1
    if not opening and end == span[1] and not text[span[0] : end].endswith((".", "?", "!")):
        phrase.headings += 1
        return 1
    phrase.listed += bool(_SUCH_AS.search(before) or _LISTED.search(before))
    return _PLAIN
