"""Patterns by which a sentence, or the heading above it, states that a disease has a symptom."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from met.tree.associate.found import Found
from met.tree.associate.subjects import NEAR_START, Heading, Mention, Subject, of_another, opening_disease, subject_of
from met.types import Span

HEDGE: Final = re.compile(
    r"\b(?:may|might|can|could|sometimes|occasionally|rarely|less (?:often|commonly)|possibl[ey]|"
    r"some (?:people|patients))\b",
    re.IGNORECASE,
)
# What such a sentence tells is no symptom, or of nobody who has the disease.
TURNS: Final = re.compile(
    r"\b(?:treat\w*|medicines?|drugs?|therap\w+|surgery|side effects?|vaccin\w+|prevent\w*|risk|"
    r"unlike|normal\w*|healthy|controls|assum\w+|anecdotal|caused by|due to|because of|asks?|relatives?|"
    r"complications?|health problems|leading cause|similar to|rule out|mistaken|confused)\b",
    re.IGNORECASE,
)
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
_NO_SIGN: Final = re.compile(
    r"\b(?:caused by|due to|because of|triggered by|brought on by|worsened by|relieved by|mistaken for|confused with|"
    r"similar to|seen in|result(?:s|ing)? from|leads? to|unlike|after|such as those of|treat\w*|rule out|history of|"
    r"risk of|relief (?:from|of)|(?:medicines?|drugs?) for)\b[^,;.]{0,40}$",
    re.IGNORECASE,
)
_AS_OF: Final = re.compile(r"\b(?:signs?|symptoms?)\s+(?:as|like)\b", re.IGNORECASE)
_NEAR_OF: Final = 20
_NOT_TOLD: Final = re.compile(
    r"\b(?:if|when|unless|whether|asks?|questions?|call|emergency|overdose|side effects?)\b", re.IGNORECASE
)
_THIS: Final = re.compile(
    r"\s*(?:(?:the|this|these|a|an|it)\b\s*)+(?:[\w-]+\s+){0,2}?(?:diseases?|disorders?|conditions?|syndromes?|infections?|"
    r"illness|cancers?|tumou?rs?|it)?\b[\w\s]{0,20}$",
    re.IGNORECASE,
)
_NOT_AFTER: Final = re.compile(
    r"(?:\s*\([^()]{1,60}\))?\s+(?:is|are|was|were|do|does|did|has|have)\s+(?:\w+ly\s+)?(?:not|never|absent|unlikely)\b"
)
# "Symptoms of adult AML": the long form stands before.
_SHORT_NAME: Final = re.compile(r"\b(?:of|for|with)\s+(?:\w+\s+)?[A-Z]{2,6}s?\b")
# "Blood clots in the brain" are not all blood clots.
_IN_THE: Final = re.compile(r"\s+(?:in|of|on)\s+(?:the|your|a|an|one|both)\s+")


def _has(subject: Subject, sign: Mention, pattern: str, signals: Sequence[str] = ()) -> Found:
    return Found(
        kind="has_symptom",
        subject=subject.node,
        object=sign.nodes["symptom"],
        at=(sign.start, sign.end),
        pattern=pattern,
        signals=(*signals, *(("named",) if subject.named else ())),
    )


def symptoms(text: str, span: Span, mentions: Sequence[Mention], heading: Heading | None) -> Iterator[Found]:
    """Yield what a sentence states of symptoms: by a list of them, a verb, or the heading it stands under."""
    signs = [one for one in mentions if "symptom" in one.nodes and not _denied(text, span, one)]
    if not signs:
        return
    known_as = {(one.start, one.end): one.nodes["disease"] for one in signs if "disease" in one.nodes}
    for found in _stated(text, span, mentions, signs, heading):
        # A disease that is a symptom too is none of itself.
        if known_as.get(found.at) != found.subject:
            yield found


def _stated(
    text: str, span: Span, mentions: Sequence[Mention], signs: Sequence[Mention], heading: Heading | None
) -> Iterator[Found]:
    places = [one.start for one in mentions if "anatomy" in one.nodes]
    diseases = [one for one in mentions if "disease" in one.nodes]
    parts = [one for one in diseases if not _whole(text, one, places)]
    topic = heading.topic if heading else None
    cue = _INCLUDE.search(text, *span)
    if cue:
        if not _AS_OF.search(cue.group()):
            yield from _included(text, span, cue, diseases, parts, signs, topic)
        return
    opens = next((one for one in diseases if one.start - span[0] <= NEAR_START), None)
    if opens not in parts and not TURNS.search(text, *span):
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
    before = _NO.search(text, start, sign.start) or _NO_SIGN.search(text, start, sign.start)
    return bool(before or _NOT_AFTER.match(text, sign.end, span[1]))


def _whole(text: str, disease: Mention, places: Sequence[int]) -> bool:
    """Say whether a name stands for the disease itself: it is no part of a compound, and no place narrows it."""
    narrower = _IN_THE.match(text, disease.end)
    return is_word(text, disease) and not (narrower and narrower.end() in places)


def is_word(text: str, mention: Mention) -> bool:
    """Say whether no hyphen ties a name to the words around it: "deafness-dystonia syndrome" is no dystonia."""
    before, after = text[max(0, mention.start - 2) : mention.start], text[mention.end : mention.end + 2]
    return not (before[1:] == "-" and before[:1].isalnum()) and not (after[:1] == "-" and after[1:].isalnum())


def _included(
    text: str, span: Span, cue: re.Match[str], diseases: Sequence[Mention], parts: Sequence[Mention],
    signs: Sequence[Mention], topic: str | None,
) -> Iterator[Found]:  # fmt: skip
    before = next((one for one in diseases if span[0] <= one.start and one.end <= cue.start()), None)
    within = next((one for one in diseases if cue.start() <= one.start and one.end <= cue.end()), None)
    told = of_another(cue.group())
    named = within or (None if told and not _SHORT_NAME.search(cue.group()) else before)
    if named:
        subject = None if named in parts else Subject(node=named.nodes["disease"], named=True)
    elif topic and not told and not _NOT_TOLD.search(text, span[0], cue.end()):
        subject = Subject(node=topic, named=False)
    else:
        subject = None
    after = [sign for sign in signs if sign.start >= cue.end()]
    several = ("listed",) if len(after) >= _LISTED else ()
    yield from (_has(subject, sign, "symptoms_include", several) for sign in after if subject)


def _verbs(
    text: str, span: Span, diseases: Sequence[Mention], signs: Sequence[Mention], topic: str | None
) -> Iterator[Found]:
    for pattern, name in ((_CHARACTERIZED, "characterized_by"), (_CAUSES, "causes")):
        verb = pattern.search(text, *span)
        subject = subject_of(text, span[0], verb.start(), diseases, topic) if verb else None
        if verb and subject:
            hedged = ("hedged",) if HEDGE.search(text, span[0], verb.end()) else ()
            stop = _next_clause(text, verb.end(), span[1], pattern)
            yield from (_has(subject, sign, name, hedged) for sign in signs if verb.end() <= sign.start < stop)


def _next_clause(text: str, start: int, end: int, verb: re.Pattern[str]) -> int:
    """Return where a later clause with such a verb of its own begins: after a semicolon; `end` where there is none."""
    semicolon = text.find(";", start, end)
    return semicolon if semicolon >= 0 and verb.search(text, semicolon, end) else end


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
    hedged = ("hedged",) if HEDGE.search(text, patients.end(), have.end()) else ()
    yield from (_has(subject, sign, "patients_have", hedged) for sign in signs if subject and sign.start >= have.end())
