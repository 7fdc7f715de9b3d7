"""Patterns by which a sentence, or the heading above it, states a relation of two entities."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

from met.tree.associate.found import SIGNALS, Found
from met.tree.associate.subjects import Heading, Mention, Subject, subject_of
from met.tree.associate.symptoms import HEDGE, TURNS, is_word, symptoms
from met.types import Facet, Span

_AFFECTS: Final = re.compile(
    r"\b(?:(?:mainly|primarily|usually|often|most often|typically|commonly)\s+)?"
    r"(?:affects?|attacks?|damages?|involves?|affecting|involving|inflames?|forms? in|starts? in|begins? in|"
    r"develops? in|occurs? in|grows? in|found in|located in|arises? (?:in|from)|inflammation of|infection of|"
    r"swelling of|cancer of|tumou?rs? of|tumou?rs? in)\s+"
    r"(?:(?:mainly|primarily|usually|often|the|a|an|one|both|your|lining of|tissues? of|cells? of|walls? of|"
    r"inside of|part of|parts of|layers? of|thin|outer|inner|small|large)\s+)*$"
)
_COMPOUND: Final = re.compile(  # "blood flow" is no place
    r"[ -](?:flow|pressure|rate|beat|rhythm|sugar|glucose|tests?|counts?|levels?|clots?|transfusions?|supply|donors?|"
    r"transplants?|transplantation|surgery|diseases?|attacks?|failure|function|biopsy|scans?|x-rays?)\b",
    re.IGNORECASE,
)
_AND: Final = re.compile(r"\s*(?:\([^()]{1,80}\))?\s*(?:,|and|or|,\s*and|,\s*or|and/or)\s+(?:(?:the|other|a|an)\s+)?")
_BULLET: Final = re.compile(r"\s-\s+(?=[A-Z])")
_KIND_OF: Final = re.compile(
    r"(?:\s*\([^()]{1,60}\))?(?:,?\s+(?:is|are)\s+(?:an?|the|any)|:)\s+(?:[\w-]+,?\s+){0,5}?(?:cancers?|tumou?rs?|inflammations?|"
    r"infections?|diseases?|disorders?|conditions?|irritations?|swellings?|narrowing|birth defects?|injur(?:y|ies)|"
    r"malformations?|abnormalit(?:y|ies)|curvatures?|problems?|bleeding|clots?|growths?)\s+"
    r"(?:that\s+(?:affects?|forms? in|starts? in|begins? in|occurs? in)|which\s+affects?|of|in|affecting|involving)\s+"
    r"(?:(?:the|a|an|one|both|your|lining of|tissues? of|cells? of|walls? of|layers? of|inner|outer)\s+)*$"
)
_SHOWS: Final = re.compile(
    r"\b(?:shows?|showed|shown|reveals?|revealed|demonstrates?|demonstrated|detects?|confirms?|confirmed|"
    r"diagnoses?|can (?:show|detect|reveal|confirm|diagnose))\b"
)
_SEEN: Final = re.compile(
    r"\b(?:(?:is|are|was|were|be|been)\s+(?:\w+\s+)?)(?:seen|detected|diagnosed|visible|identified|visuali[sz]ed|confirmed|shown|found|evaluated)\s+"
    r"(?:\w+\s+)?(?:on|by|with|using|in|via|through)\b"
)
_NOT_SHOWN: Final = re.compile(
    r"\b(?:not|cannot|never|rarely|no|if|whether|rule|shape|size|used)\b|n['’]t\b", re.IGNORECASE
)
_DENIED: Final = re.compile(r"\b(?:not|cannot|never|rarely|no)\b")
_PART_OF: Final = re.compile(
    r"(?:,\s+(?:an?|the)|\s+(?:is|are|forms?|make up|makes up)(?:\s+an?|\s+the)?)\s+(?:[\w-]+\s+)?(?:part|portion|"
    r"division|region|subdivision|component|segment|layer|lobe)s?\s+of\s+(?:the\s+|an?\s+|each\s+)?$"
)
_CONSISTS: Final = re.compile(
    r"\s+(?:consists? of|(?:is|are) (?:composed of|made up of|divided into|subdivided into)|comprises?)\b"
)
_NEAR_SEEN: Final = 25


def claims_in_sentence(text: str, span: Span, mentions: Sequence[Mention], heading: Heading | None) -> Iterator[Found]:
    """Yield what one sentence states."""
    diseases = _of("disease", mentions)
    for found in (*symptoms(text, span, mentions, heading), *_locations(text, span, mentions, heading)):
        here = next(one for one in mentions if (one.start, one.end) == found.at)
        # What is named after the object, or with it, is no rival of the subject.
        rivals = (one for one in diseases if one.end <= found.at[0] and one.nodes["disease"] != found.subject)
        also = {"other": any(rivals), "also": "disease" in here.nodes}
        yield replace(found, signals=tuple(one for one in SIGNALS if one in found.signals or also.get(one)))
    yield from _images(text, span, mentions)
    yield from _parts(text, mentions)


def _of(facet: Facet, mentions: Sequence[Mention]) -> list[Mention]:
    return [mention for mention in mentions if facet in mention.nodes]


def _locations(text: str, span: Span, mentions: Sequence[Mention], heading: Heading | None) -> Iterator[Found]:
    last: tuple[int, Subject, str] | None = None
    for place in _of("anatomy", mentions):
        if "disease" in place.nodes or "symptom" in place.nodes or _COMPOUND.match(text, place.end):
            continue
        if last and _AND.fullmatch(text, last[0], place.start):
            found: tuple[Subject, str] | None = last[1:]
        else:
            found = _located(text, _clause(text, span, place.start), mentions, heading, place.start)
        last = (place.end, *found) if found else None
        if found:
            subject, pattern = found
            yield Found(
                kind="located_in",
                subject=subject.node,
                object=place.nodes["anatomy"],
                at=(place.start, place.end),
                pattern=pattern,
                signals=("named",) if subject.named else (),
            )


def _clause(text: str, span: Span, stop: int) -> int:
    """Return where the clause that holds `stop` begins: after the last bullet of the sentence, else at its start."""
    bullets = [match.end() for match in _BULLET.finditer(text, span[0], stop)]
    return bullets[-1] if bullets else span[0]


def _located(
    text: str, start: int, mentions: Sequence[Mention], heading: Heading | None, stop: int
) -> tuple[Subject, str] | None:
    """Return the disease that the words between `start` and `stop` place there, and the pattern."""
    before = [one for one in _of("disease", mentions) if start <= one.start and one.end <= stop and is_word(text, one)]
    first = before[0] if before else None
    if first and first.start - start < 8 and _KIND_OF.fullmatch(text, first.end, stop):
        return Subject(node=first.nodes["disease"], named=True), "disease_of"
    verb = _AFFECTS.search(text, max(start, stop - 70), stop)
    # Where a disease can spread to is no place of it.
    if not verb or TURNS.search(text, start, stop) or HEDGE.search(text, start, stop):
        return None
    topic = heading.topic if heading and heading.about == "definition" else None
    subject = subject_of(text, start, verb.start(), before, topic)
    return (subject, "affects") if subject else None


def _images(text: str, span: Span, mentions: Sequence[Mention]) -> Iterator[Found]:
    diseases = _of("disease", mentions)
    for image in _of("modality", mentions):
        verb = _SHOWS.search(text, image.end, min(span[1], image.end + 60))
        after = next((one for one in diseases if verb and 0 <= one.start - verb.end() < _NEAR_SEEN), None)
        if verb and after and not _NOT_SHOWN.search(text, image.end, after.start):
            yield _seen(after, image, "shows")
        seen = _SEEN.search(text, max(span[0], image.start - 60), image.start)
        near = [one for one in diseases if seen and 0 <= seen.start() - one.end <= _NEAR_SEEN]
        if seen and near and "evaluated" not in seen.group() and not _DENIED.search(text, near[-1].end, image.start):
            yield _seen(near[-1], image, "seen_by")


def _seen(disease: Mention, image: Mention, pattern: str) -> Found:
    return Found(
        kind="seen_on",
        subject=disease.nodes["disease"],
        object=image.nodes["modality"],
        at=(image.start, image.end),
        pattern=pattern,
        signals=("named",),
    )


def _parts(text: str, mentions: Sequence[Mention]) -> Iterator[Found]:
    for one, two in pairwise(_of("anatomy", mentions)):
        first, second, at = one.nodes["anatomy"], two.nodes["anatomy"], (two.start, two.end)
        if _PART_OF.fullmatch(text, one.end, two.start):
            yield Found(kind="part_of", subject=first, object=second, at=at, pattern="part_of")
        verb = _CONSISTS.match(text, one.end, two.start)
        if verb and two.start - verb.end() < 40:
            yield Found(kind="part_of", subject=second, object=first, at=at, pattern="consists_of")
