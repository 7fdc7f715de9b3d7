"""Identifiers of patients in running text: names, ages over 89, dates, places, numbers, phone and e-mail.

The kinds are those of the Safe Harbor rule (45 CFR 164.514(b)(2)) that words can hold. Publications are full of names,
years and numbers that say nothing of a patient: authors, makers, citations, accession numbers of sequences, periods of
a study. So nearly every pattern needs words about a patient beside it.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

from met.harvest.privacy.context import NAME_WORD, PERSON, WIDE, Kind, of_a_patient, sentence_around
from met.harvest.privacy.names import NO_NAMES
from met.harvest.privacy.people import ages_in, names_in
from met.types import Span

_MONTH: Final = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DAY: Final = r"(?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?"
_YEAR: Final = r"(?:19|20)\d\d"
DATE: Final = (
    rf"(?:{_DAY}[ ./-]{{0,2}}(?:of )?{_MONTH}[ ,./-]{{0,2}}{_YEAR}|{_MONTH}[ .]{{0,2}}{_DAY},? {{0,2}}{_YEAR}"
    rf"|(?:0?[1-9]|[12]\d|3[01])(?P<s{{n}}>[./-])(?:0?[1-9]|[12]\d|3[01])(?P=s{{n}}){_YEAR}"
    rf"|{_YEAR}(?P<t{{n}}>[./-])(?:0?[1-9]|1[0-2])(?P=t{{n}})(?:0?[1-9]|[12]\d|3[01]))"
)
_FULL_DATE: Final = DATE.replace("{n}", "1")
_MONTH_YEAR: Final = rf"{_MONTH},? {_YEAR}"
_EVENT: Final = (
    r"(?:admitted|admission|re-?admitted|discharged?|hospitali[sz]ed|born|birth|dob|died|death|expired|deceased|presented"
    r"|diagnosed|operated|operation|surgery|underwent|examined|seen|visited|visit|transferred|referred|delivered"
    r"|(?:scan|image|radiograph|biopsy|ct|mri|x-ray|film|photograph|ultrasound|examination|mammogram)\s+"
    r"(?:was\s+)?(?:taken|obtained|acquired|performed|done|dated|of|from|on))"
)
# What dates of publications, of studies and of data stand beside.
_PUBLISHED: Final = re.compile(
    r"\b(?:accessed|retrieved|published|received|accepted|available|updated?|version|downloaded|search(?:ed)?|literature"
    r"|database|pubmed|medline|between|enrol\w+|recruit\w+|cohort|period|protocol|registered|trial|approved|licen[cs]e"
    r"|release|copyright|patients|participants|cases|subjects|census|reports?|outbreak|epidemic)\b|©",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identifier:
    """Something that may say who a patient is: `text[start:end]`."""

    kind: Kind
    start: int
    end: int


def text_identifiers(text: str) -> tuple[Identifier, ...]:
    """Return what may say who a patient is, in the order of the text; what one finding holds is no second one.

    >>> [(found.kind, found.start, found.end) for found in text_identifiers("A 93-year-old man, MRN 4456712.")]
    [('age', 2, 13), ('number', 23, 30)]
    >>> text_identifiers("Smith et al. (2014) studied patients aged 18 to 95 years. Accessed 12 March 2019.")
    ()
    """
    small = text.lower()
    found = {
        span: kind
        for kind, words, find in reversed(_FINDERS)
        if any(word in small for word in words)
        for span in find(text)
    }
    kept: list[Identifier] = []
    for (start, end), kind in sorted(found.items(), key=lambda one: (one[0][0], -one[0][1])):
        if not kept or end > kept[-1].end:
            kept.append(Identifier(kind=kind, start=start, end=end))
    return tuple(kept)


# ---------------------------------------------------------------- dates

_DATES: Final = re.compile(rf"(?<![\d./-])\b{_FULL_DATE}(?![\d./-]*\d)", re.IGNORECASE)
_EVENT_DATE: Final = re.compile(
    rf"\b{_EVENT}\b[^.;()]{{0,30}}?\b(?:on|in|of|since|dated|:)?\s*(?P<x>{_FULL_DATE}|{_MONTH_YEAR})", re.IGNORECASE
)
_BORN: Final = re.compile(
    rf"\b(?:d\.?o\.?b\.?|date\s+of\s+birth|born)\W{{0,3}}(?:on|in)?\s*(?P<x>{_FULL_DATE}|{_MONTH_YEAR})", re.IGNORECASE
)
_DATED_LABEL: Final = re.compile(
    rf"\b(?:date\s+of\s+(?:exam\w*|admission|discharge|death|surgery|service|visit|scan|study)"
    rf"|(?:exam|study|admission|scan|visit|discharge)\s+date)\W{{0,3}}(?P<x>{_FULL_DATE})",
    re.IGNORECASE,
)


def _dates(text: str) -> Iterator[Span]:
    for pattern in (_BORN, _DATED_LABEL):
        for match in pattern.finditer(text):
            yield match.span("x")
    for match in _EVENT_DATE.finditer(text):
        if not _of_a_publication(text, match.start("x")) and of_a_patient(text, match.start("x")):
            yield match.span("x")
    for match in _DATES.finditer(text):
        if not _of_a_publication(text, match.start()) and of_a_patient(text, match.start()):
            yield match.span()


def _of_a_publication(text: str, position: int) -> bool:
    start, end = sentence_around(text, position)
    return bool(_PUBLISHED.search(text, start, end))


# ---------------------------------------------------------------- places, numbers, addresses

_LIVES: Final = re.compile(
    rf"\b(?:lives?|lived|living|resid(?:es|ed|ing)|resident|native|inhabitant)\s+(?:in|of|at|near)\s+(?:the\s+(?:city|town|village)\s+of\s+)?"
    rf"(?P<x>{NAME_WORD}(?:\s+{NAME_WORD})?)"
)
_FROM: Final = re.compile(
    rf"-old\s+(?:\w+\s+){{0,2}}?{PERSON}\s+(?:was\s+)?(?:from|of)\s+(?:the\s+(?:city|town|village)\s+of\s+)?"
    rf"(?P<x>{NAME_WORD}(?:\s+{NAME_WORD})?)"
)
_STREET: Final = re.compile(
    rf"\b(?P<x>\d{{1,5}}[a-z]?,?\s+(?:{NAME_WORD}\s+){{1,3}}"
    r"(?:Street|St\.|Avenue|Ave\.?|Road|Rd\.?|Lane|Boulevard|Blvd\.?|Drive|Court|Terrace|Place)(?!\w))"
    r"|\b(?P<y>[A-Z]\w+(?:straße|strasse|gasse|weg)\s+\d{1,4})\b"
)
_NUMBER: Final = re.compile(
    r"\b(?:MRN|M\.R\.N\.|UHID|SSN|NHS\s+(?:number|no\.?)|(?:medical|hospital|patient|clinic|chart"
    r"|social\s+security|health\s+insurance|insurance|passport)"
    r"\s+(?:record\s+|security\s+|identification\s+|insurance\s+)?(?:number|no\.?|nr\.?|id|#)"
    r"|patient[’']?s?\s+id(?:entifier)?)"
    r"\s*(?:was|is)?\s*[:#=]?\s*(?P<x>[A-Z]{0,4}[- ]?\d[\d /-]{3,}\d)",
    re.IGNORECASE,
)
_SSN: Final = re.compile(r"(?<![\d-])(?P<x>\d{3}-\d{2}-\d{4})(?![\d-])")
_PHONE: Final = re.compile(
    r"\b(?:tel(?:ephone)?|phone|mobile|fax|call(?:ed)?|contact(?:ed)?)(?:\s+(?:number|no\.?|at|on))?\s*[.:#]?\s*"
    r"(?P<x>\+?\(?\d[\d ()./-]{6,16}\d)"
    r"|(?P<y>(?<![\d.])\+\d{1,3}[ -]\(?\d{1,4}\)?(?:[ -]\d{2,5}){1,4}(?!\d)"
    r"|(?<![\d.-])\(\d{3}\) ?\d{3}-\d{4}(?!\d)|(?<![\d.-])\d{3}-\d{3}-\d{4}(?![\d-]))",
    re.IGNORECASE,
)
_EMAIL: Final = re.compile(r"\b(?P<x>[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,})\b")


def _places(text: str) -> Iterator[Span]:
    for pattern in (_LIVES, _FROM):
        for match in pattern.finditer(text):
            first = match["x"].split()[0].lower()
            if first not in WIDE and first not in NO_NAMES and of_a_patient(text, match.start("x")):
                yield match.span("x")


def _spans(pattern: re.Pattern[str], text: str) -> Iterator[Span]:
    for match in pattern.finditer(text):
        yield match.span(match.lastgroup or 0)


# What one of must stand in a text, in small letters, before anybody looks for a name in it.
_NAMED: Final = (
    "name", "called", "mr", "ms", "miss", "herr", "frau", "mme", "mlle", "sr", "señor", "patient", "pt", "^",
    "boy", "girl", "man", "male", "infant", "child", "nate", "lady", "person", "individual", "er", "year", "yr", "yo",
    "y/o", "month", "(", "-old",
)  # fmt: skip
# Kind, such words for it, and who finds it. Where two find the same span, the first says what it is.
_FINDERS: Final[tuple[tuple[Kind, tuple[str, ...], Callable[[str], Iterator[Span]]], ...]] = (
    ("email", ("@",), partial(_spans, _EMAIL)),
    (
        "number",
        ("mrn", "m.r.n", "uhid", "ssn", "nhs", "record", "number", "no.", "patient id", "patient’s id", "patient's id"),
        partial(_spans, _NUMBER),
    ),
    ("number", ("-",), partial(_spans, _SSN)),
    ("phone", ("tel", "phone", "mobile", "fax", "call", "contact", "+", "-"), partial(_spans, _PHONE)),
    ("date", ("19", "20"), _dates),
    ("age", ("9", "1", "ninety", "hundred"), ages_in),
    ("place", ("liv", "resid", "native", "inhabitant", "-old"), _places),
    ("place", tuple("0123456789"), partial(_spans, _STREET)),
    ("name", _NAMED, names_in),
)
