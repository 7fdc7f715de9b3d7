"""What a model read in the texts, joined with what discovery found in them.

A model's word is a vote: it can say which facet a term is of and that it is a term at all, but how many documents and
places a term needs before it is a node stays what it is for every other candidate.
"""

from bisect import bisect_left, insort
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import log
from typing import Any, Final

from met.tree.discover import Candidate, Place
from met.tree.discover.phrases import PLACES, phrase_key
from met.tree.lexicon import Lexicon
from met.tree.reading import FACETS, Line, Reader, ReadMention, ask, read
from met.tree.reading.choice import packs_to_read
from met.tree.texts import Text
from met.types import Drop, Facet, Span

# Added to the votes of each facet: four votes of four are odds of nine to one.
_SMOOTH: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """All candidates, the best first; a Drop for each part of a reply that cannot be used; counts for the report."""

    candidates: tuple[Candidate, ...]
    drops: tuple[Drop, ...]
    facts: Mapping[str, Any]


def read_with(reader: Reader, texts: Sequence[Text], candidates: Sequence[Candidate]) -> Reading:
    """Return the candidates of discovery joined with the mentions that the reader finds in sentences of the texts."""
    packs = packs_to_read(texts, candidates, most=reader.lines)
    replies = {reply.item: reply for reply in reader.answer(ask(pack) for pack in packs)}
    mentions: list[ReadMention] = []
    drops: list[Drop] = []
    lines: list[Line] = []
    for pack in packs:
        found, lost = read(pack, replies[pack.key])
        mentions += found
        drops += lost
        if not any(drop.item == pack.key for drop in lost):
            lines += pack.lines
    facts = {
        "sentences": sum(len(pack.lines) for pack in packs),
        "sentences_read": len(lines),
        "requests": len(packs),
        "mentions": len(mentions),
        "facets": _counted(mention.facet for mention in mentions),
        "assertions": _counted(mention.assertion for mention in mentions),
        "drops": _counted(drop.reason for drop in drops),
        "tokens_in": sum(reply.tokens_in for reply in replies.values()),
        "tokens_out": sum(reply.tokens_out for reply in replies.values()),
    }
    return Reading(candidates=joined(candidates, mentions, lines), drops=tuple(drops), facts=facts)


def joined(
    candidates: Iterable[Candidate], mentions: Iterable[ReadMention], lines: Iterable[Line]
) -> tuple[Candidate, ...]:
    """Return the candidates with what the mentions, read in `lines`, say of them, and those that mentions alone give.

    The odds of the facet are those of discovery times those of the votes. The score is the larger one of termhood and
    of the share of a term's places in `lines` at which it was named. A term that discovery does not have is counted
    where it was named and affirmed, and nowhere else.
    """
    by_key: dict[str, list[ReadMention]] = defaultdict(list)
    for mention in sorted(mentions):
        by_key[phrase_key(mention.surface.split())].append(mention)
    shares = _shares(by_key, lines)
    every = {candidate.key: candidate for candidate in candidates}
    for key, found in by_key.items():
        known = every.get(key)
        facet, margin = _facet(found, known)
        named = _counted(mention.assertion for mention in found)
        # A sentence that denies a term or only thinks of it names it, and supports nothing.
        support = [mention for mention in found if mention.assertion == "affirmed"]
        documents = len({mention.document for mention in support})
        if known is None:
            every[key] = Candidate(
                key=key,
                surface=_surface(found),
                facet=facet,
                margin=margin,
                score=shares[key],
                support=len(support),
                documents=documents,
                places=_places(support or found),
                definition=None,
                defined_at=None,
                named=named,
            )
            continue
        every[key] = replace(
            known,
            facet=facet,
            margin=margin,
            score=max(known.score, shares[key]),
            support=max(known.support, len(support)),
            documents=max(known.documents, documents),
            named=named,
        )
    return tuple(sorted(every.values(), key=lambda candidate: (-candidate.score, candidate.key)))


def _facet(found: Iterable[ReadMention], known: Candidate | None) -> tuple[Facet, float]:
    """Return the likeliest facet and the natural log of its odds against the next, ties by the order of the facets."""
    votes = Counter(mention.facet for mention in found)
    scores = {facet: log(votes[facet] + _SMOOTH) for facet in FACETS}
    if known is not None and known.facet is not None:
        scores[known.facet] = scores.get(known.facet, log(_SMOOTH)) + known.margin
    first, second = sorted(scores, key=lambda facet: -scores[facet])[:2]
    return first, round(scores[first] - scores[second], 4)


def _shares(by_key: Mapping[str, Sequence[ReadMention]], lines: Iterable[Line]) -> dict[str, float]:
    """Return the share of a term's places in the lines, 4 decimals, at which it or a longer name was named."""
    taken: dict[str, list[Span]] = defaultdict(list)
    for found in by_key.values():
        for mention in found:
            insort(taken[mention.document], mention.span)
    lexicon = Lexicon((mention.surface, key) for key, found in by_key.items() for mention in found)
    passed: Counter[str] = Counter()
    for line in lines:
        for match in lexicon.find(line.text):
            start, end = line.span[0] + match.start, line.span[0] + match.end
            # Mentions do not overlap: of those that begin before the end, the last one reaches furthest.
            before = bisect_left(taken[line.document], (end, end))
            if not before or taken[line.document][before - 1][1] <= start:
                passed.update(match.nodes)
    return {key: round(len(found) / (len(found) + passed[key]), 4) for key, found in by_key.items()}


def _surface(found: Iterable[ReadMention]) -> str:
    """Return the spelling that is most frequent, ties by its letters."""
    counts = Counter(mention.surface for mention in found)
    return min(counts, key=lambda surface: (-counts[surface], surface))


def _places(found: Sequence[ReadMention]) -> tuple[Place, ...]:
    """Return the best five places: as many documents as there are, then the order of the texts."""
    in_document: Counter[str] = Counter()
    ranked = []
    for mention in found:
        ranked.append((in_document[mention.document], mention.document, mention.span))
        in_document[mention.document] += 1
    return tuple(Place(document=document, span=span) for _, document, span in sorted(ranked)[:PLACES])


def _counted(values: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(values).items()))
