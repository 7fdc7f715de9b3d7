"""Patterns by which a sentence, or the heading above it, states a relation of two entities."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from met.tree.associate_subjects import Heading, Mention, Subject, of_another, opening_disease, subject_of
from met.types import Facet, RelationKind, Span

PATTERNS: Final = (
    "symptoms_include", "symptom_section", "causes", "patients_have", "characterized_by", "symptom_of", "affects",
    "disease_of", "name_holds", "shows", "seen_by", "part_of", "consists_of",
)  # fmt: skip
# The subject is named in the sentence, it states a possibility, it names another disease, the object is named like a
# disease too, the object is one of several listed.
SIGNALS: Final = ("named", "hedged", "other", "also", "listed")
_LISTED: Final = 3
_INCLUDE: Final = re.compile(
    r"\b(?:signs?|symptoms?|manifestations?|features|complaints)\b[^.;]{0,90}?"
    r"\b(?:includes?|including|are|is|may be|can be|such as|consists? of|vary)\b",
    re.IGNORECASE,
)
_PATIENTS: Final = re.compile(
    r"\b(?:people|persons?|patients?|individuals|children|infants|babies|adults|those|someone|men|women)\s+"
    r"(?:\w+\s+){0,2}?(?:with|who have|affected by)\b",
    re.IGNORECASE,
)
_HAVE: Final = re.compile(
    r"\b(?:have|has|develop|develops|experience|experiences|suffer from|complain of|feel|notice|get)\b"
)
_CAUSES: Final = re.compile(r"\b(?:causes?|can cause|may cause|produces?|presents? with|causing)\b")
_CHARACTERIZED: Final = re.compile(r"\b(?:characteri[sz]ed by|marked by|manifested by|defined by|features include)\b")
_SYMPTOM_OF: Final = re.compile(r"\b(?:a|an|the|common|frequent|first|main)\s+(?:\w+\s+)?(?:symptom|sign)s?\s+of\b")
_NO: Final = re.compile(r"\b(?:no|not|without|never|rarely|cannot|free of|absence of|lack of|instead of)\b[^,;]{0,40}$")
_TURNS: Final = re.compile(
    r"\b(?:treat\w*|medicines?|drugs?|therap\w+|surgery|side effects?|vaccin\w+|prevent\w*|risk|"
    r"unlike|normal\w*|healthy|caused by|due to|because of|asks?|relatives?|"
    r"complications?|health problems|leading cause|similar to|rule out|mistaken|confused)\b",
    re.IGNORECASE,
)
_AFFECTS: Final = re.compile(
    r"\b(?:(?:mainly|primarily|usually|often|most often|typically|commonly)\s+)?"
    r"(?:affects?|attacks?|damages?|involves?|affecting|involving|inflames?|forms? in|starts? in|begins? in|"
    r"develops? in|occurs? in|grows? in|found in|located in|arises? (?:in|from)|inflammation of|infection of|"
    r"swelling of|cancer of|tumou?rs? of|tumou?rs? in)\s+"
    r"(?:(?:mainly|primarily|usually|often|the|a|an|one|both|your|lining of|tissues? of|cells? of|walls? of|"
    r"inside of|part of|parts of|layers? of|thin|outer|inner|small|large)\s+)*$"
)
_HEDGE: Final = re.compile(
    r"\b(?:may|might|can|could|sometimes|occasionally|rarely|less (?:often|commonly)|possibl[ey]|"
    r"some (?:people|patients))\b",
    re.IGNORECASE,
)
_COMPOUND: Final = re.compile(  # "blood flow" is no place
    r"[ -](?:flow|pressure|rate|beat|rhythm|sugar|glucose|tests?|counts?|levels?|clots?|transfusions?|supply|donors?|"
    r"transplants?|transplantation|surgery|diseases?|attacks?|failure|function|biopsy|scans?|x-rays?)\b",
    re.IGNORECASE,
)
_NO_SIGN: Final = re.compile(
    r"\b(?:caused by|due to|because of|triggered by|brought on by|worsened by|relieved by|mistaken for|confused with|"
    r"similar to|seen in|result(?:s|ing)? from|leads? to|unlike|after|such as those of|treat\w*|rule out|history of|"
    r"risk of|(?:medicines?|drugs?) for)\b[^,;.]{0,40}$",
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
_AS_OF: Final = re.compile(r"\b(?:signs?|symptoms?)\s+(?:as|like)\b", re.IGNORECASE)
_NEAR_OF: Final = 20
_NEAR_SEEN: Final = 25
_NOT_TOLD: Final = re.compile(
    r"\b(?:if|when|unless|whether|asks?|questions?|call|emergency|overdose|side effects?)\b", re.IGNORECASE
)
_THIS: Final = re.compile(
    r"\s*(?:(?:the|this|these|a|an|it)\b\s*)+(?:[\w-]+\s+){0,2}?(?:diseases?|disorders?|conditions?|syndromes?|infections?|"
    r"illness|cancers?|tumou?rs?|it)?\b[\w\s]{0,20}$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A relation that a sentence states; `at` are the offsets of the object's name."""

    kind: RelationKind
    subject: str
    object: str
    at: Span
    pattern: str
    signals: tuple[str, ...] = ()


def claims_in_sentence(text: str, span: Span, mentions: Sequence[Mention], heading: Heading | None) -> Iterator[Found]:
    """Yield what one sentence states."""
    diseases = _of("disease", mentions)
    for found in (*_symptoms(text, span, mentions, heading), *_locations(text, span, mentions, heading)):
        here = next(one for one in mentions if (one.start, one.end) == found.at)
        # What is named after the object, or with it, is no rival of the subject.
        rivals = (one for one in diseases if one.end <= found.at[0] and one.nodes["disease"] != found.subject)
        also = {"other": any(rivals), "also": "disease" in here.nodes}
        yield replace(found, signals=tuple(one for one in SIGNALS if one in found.signals or also.get(one)))
    yield from _images(text, span, mentions)
    yield from _parts(text, mentions)


def _of(facet: Facet, mentions: Sequence[Mention]) -> list[Mention]:
    return [mention for mention in mentions if facet in mention.nodes]


def _has(subject: Subject, sign: Mention, pattern: str, signals: Sequence[str] = ()) -> Found:
    return Found(
        kind="has_symptom",
        subject=subject.node,
        object=sign.nodes["symptom"],
        at=(sign.start, sign.end),
        pattern=pattern,
        signals=(*signals, *(("named",) if subject.named else ())),
    )


def _symptoms(text: str, span: Span, mentions: Sequence[Mention], heading: Heading | None) -> Iterator[Found]:
    signs = [one for one in _of("symptom", mentions) if not _denied(text, span, one)]
    if not signs:
        return
    diseases = _of("disease", mentions)
    topic = heading.topic if heading else None
    cue = _INCLUDE.search(text, *span)
    if cue:
        if not _AS_OF.search(cue.group()):
            yield from _included(text, span, cue, diseases, signs, topic)
        return
    if not _TURNS.search(text, *span):
        yield from _verbs(text, span, diseases, signs, topic)
        yield from _patients(text, span, diseases, signs, topic)
        opening = opening_disease(span[0], diseases)
        if heading and heading.about == "symptoms" and topic and opening in (None, topic):
            several = ("listed",) if len(signs) >= _LISTED else ()
            yield from (
                _has(Subject(node=topic, named=opening == topic), sign, "symptom_section", several) for sign in signs
            )
    of = _SYMPTOM_OF.search(text, *span)
    after = next((one for one in diseases if of and 0 <= one.start - of.end() < _NEAR_OF), None)
    if of and after:
        subject = Subject(node=after.nodes["disease"], named=True)
        yield from (_has(subject, sign, "symptom_of") for sign in signs if sign.end <= of.start())


def _denied(text: str, span: Span, sign: Mention) -> bool:
    start = max(span[0], sign.start - 60)
    return bool(_NO.search(text, start, sign.start) or _NO_SIGN.search(text, start, sign.start))


def _included(
    text: str, span: Span, cue: re.Match[str], diseases: Sequence[Mention], signs: Sequence[Mention], topic: str | None
) -> Iterator[Found]:
    within = next((one for one in diseases if cue.start() <= one.start and one.end <= cue.end()), None)
    before = next((one for one in diseases if span[0] <= one.start and one.end <= cue.start()), None)
    if within or before:
        subject: Subject | None = Subject(node=(within or before).nodes["disease"], named=True)  # type: ignore[union-attr]
    elif topic and not of_another(cue.group()) and not _NOT_TOLD.search(text, span[0], cue.end()):
        subject = Subject(node=topic, named=False)
    else:
        subject = None
    named = [sign for sign in signs if sign.start >= cue.end()]
    several = ("listed",) if len(named) >= _LISTED else ()
    yield from (_has(subject, sign, "symptoms_include", several) for sign in named if subject)


def _verbs(
    text: str, span: Span, diseases: Sequence[Mention], signs: Sequence[Mention], topic: str | None
) -> Iterator[Found]:
    for pattern, name in ((_CHARACTERIZED, "characterized_by"), (_CAUSES, "causes")):
        verb = pattern.search(text, *span)
        subject = subject_of(text, span[0], verb.start(), diseases, topic) if verb else None
        if verb and subject:
            hedged = ("hedged",) if _HEDGE.search(text, span[0], verb.end()) else ()
            yield from (_has(subject, sign, name, hedged) for sign in signs if sign.start >= verb.end())


def _patients(
    text: str, span: Span, diseases: Sequence[Mention], signs: Sequence[Mention], topic: str | None
) -> Iterator[Found]:
    patients = _PATIENTS.search(text, *span)
    have = _HAVE.search(text, patients.end(), span[1]) if patients else None
    if not patients or not have:
        return
    after = next(
        (one for one in diseases if 0 <= one.start - patients.end() < _NEAR_OF and one.end <= have.start()), None
    )
    subject = Subject(node=after.nodes["disease"], named=True) if after else None
    if subject is None and topic and _THIS.match(text, patients.end(), have.start()):
        subject = Subject(node=topic, named=False)
    hedged = ("hedged",) if _HEDGE.search(text, patients.end(), have.end()) else ()
    yield from (_has(subject, sign, "patients_have", hedged) for sign in signs if subject and sign.start >= have.end())


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
    before = [one for one in _of("disease", mentions) if start <= one.start and one.end <= stop]
    first = before[0] if before else None
    if first and first.start - start < 8 and _KIND_OF.fullmatch(text, first.end, stop):
        return Subject(node=first.nodes["disease"], named=True), "disease_of"
    verb = _AFFECTS.search(text, max(start, stop - 70), stop)
    # Where a disease can spread to is no place of it.
    if not verb or _TURNS.search(text, start, stop) or _HEDGE.search(text, start, stop):
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
