"""Which sentences a model reads for the tree, and how they are packed into requests.

Both are functions of the set of texts. A text that comes or goes changes the requests of few sentences besides its own.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from met.keys import digest
from met.tree.discover import Candidate, running_end
from met.tree.lexicon import Lexicon
from met.tree.novel import DEFINED_SUPPORT, MIN_DOCUMENTS, MIN_MARGIN, MIN_SCORE, MIN_SUPPORT
from met.tree.reading import PACK_CHARS, PACK_LINES, Line, Pack, pack_of
from met.tree.texts import Text
from met.tree.texts.sentences import sentences
from met.types import Facet

# Shorter ones are headings and scraps; a longer one would fill a request.
LINE_CHARS: Final = range(20, 601)
# After so many sentences a candidate is decided, whatever further ones say.
SENTENCES_A_CANDIDATE: Final = 8
# A request ends after a sentence whose digest this divides, so that packs meet again behind a sentence that is new.
_CUT: Final = 12
_UNDECIDED, _SCARCE, _OTHER = range(3)

_Urgency = tuple[int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """A sentence, and the candidates that stand in it with the words of the text: (key, words)."""

    line: Line
    found: tuple[tuple[str, str], ...]


def packs_to_read(texts: Sequence[Text], candidates: Sequence[Candidate], *, most: int) -> tuple[Pack, ...]:
    """Return requests over at most `most` sentences of the running texts, equal sentences once.

    First come sentences with candidates that stand in enough places and whose termhood or facet is unclear, then those
    with candidates that stand in too few, each candidate in turn and from as many documents as there are; then others.
    """
    ranks = _ranks(candidates)
    by_key = {candidate.key: candidate for candidate in candidates}
    lexicon = Lexicon((by_key[key].surface, key) for key in ranks)
    seen = [one for text in sorted(texts, key=lambda text: text.document.key) for one in _seen(text, lexicon)]
    facets = {key: candidate.facet for key, candidate in by_key.items()}
    return tuple(_packed(_chosen(seen, ranks, most), facets))


def _ranks(candidates: Iterable[Candidate]) -> dict[str, tuple[int, int]]:
    """Return (tier, rank) of each candidate that reading can help, by its key."""
    undecided, scarce = [], []
    for one in candidates:
        places = one.documents >= MIN_DOCUMENTS and one.support >= MIN_SUPPORT
        if not places and not (one.definition is not None and one.support >= DEFINED_SUPPORT):
            scarce.append(one)
        elif one.facet is None or one.score < MIN_SCORE or one.margin < MIN_MARGIN:
            undecided.append(one)
    undecided.sort(key=lambda one: (-one.score, one.key))
    scarce.sort(key=lambda one: (-one.documents, -one.support, -one.score, one.key))
    ranks = {one.key: (_UNDECIDED, rank) for rank, one in enumerate(undecided)}
    return ranks | {one.key: (_SCARCE, rank) for rank, one in enumerate(scarce)}


def _seen(text: Text, lexicon: Lexicon) -> Iterator[_Seen]:
    running = text.document.text[: running_end(text)]
    matches = list(reversed(lexicon.find(running)))
    for start, end in sentences(running):
        found = []
        while matches and matches[-1].start < end:
            match = matches.pop()
            if start <= match.start and match.end <= end:
                found += [(key, match.surface) for key in match.nodes]
        if end - start in LINE_CHARS:
            line = Line(document=text.document.key, span=(start, end), text=running[start:end])
            yield _Seen(line=line, found=tuple(found))


def _chosen(seen: Sequence[_Seen], ranks: Mapping[str, tuple[int, int]], most: int) -> list[_Seen]:
    """Return the `most` most urgent sentences in the order of their places."""
    urgent = _urgencies(seen, ranks)
    order = sorted(urgent, key=lambda at: (urgent[at], at))
    if len(order) < most:
        order += sorted(set(range(len(seen))) - urgent.keys(), key=lambda at: (digest(seen[at].line.text), at))
    chosen: dict[str, int] = {}
    for at in order:
        if len(chosen) == most:
            break
        chosen.setdefault(seen[at].line.text, at)
    return [seen[at] for at in sorted(chosen.values())]


def _urgencies(seen: Sequence[_Seen], ranks: Mapping[str, tuple[int, int]]) -> dict[int, _Urgency]:
    """Return (tier, turn of the candidate, its rank) of the sentences that hold candidates, the smallest of each."""
    in_document: dict[tuple[str, str], int] = defaultdict(int)
    places: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for at, one in enumerate(seen):
        for key in sorted({key for key, _ in one.found}):
            turn = in_document[key, one.line.document]
            in_document[key, one.line.document] = turn + 1
            if turn < SENTENCES_A_CANDIDATE:
                places[key].append((turn, at))
    urgent: dict[int, _Urgency] = {}
    for key, found in places.items():
        tier, rank = ranks[key]
        for turn, (_, at) in enumerate(sorted(found)[:SENTENCES_A_CANDIDATE]):
            urgent[at] = min(urgent.get(at, (_OTHER, 0, 0)), (tier, turn, rank))
    return urgent


def _packed(chosen: Sequence[_Seen], facets: Mapping[str, Facet | None]) -> Iterator[Pack]:
    pack: list[_Seen] = []
    for one in chosen:
        if pack and (len(pack) == PACK_LINES or _characters(pack) + len(one.line.text) > PACK_CHARS):
            yield _pack(pack, facets)
            pack = []
        pack.append(one)
        if int(digest(one.line.text), 16) % _CUT == 0:
            yield _pack(pack, facets)
            pack = []
    if pack:
        yield _pack(pack, facets)


def _characters(pack: Iterable[_Seen]) -> int:
    return sum(len(one.line.text) for one in pack)


def _pack(seen: Sequence[_Seen], facets: Mapping[str, Facet | None]) -> Pack:
    terms = [
        (at, words, facet)
        for at, one in enumerate(seen)
        for key, words in one.found
        if (facet := facets[key]) is not None
    ]
    return pack_of([one.line for one in seen], terms)
