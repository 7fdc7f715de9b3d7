"""Names of patients and ages over 89 in running text."""

import re
from collections.abc import Iterator
from typing import Final

from met.harvest.privacy.context import NAME_WORD, PERSON, WIDE, about_one, sentence_around
from met.harvest.privacy.names import FAMILY_NAMES, GIVEN_NAMES, NO_NAMES, PLACEHOLDERS
from met.types import Span

# Whoever is thanked or credited made the image, and is not in it.
_THANKED: Final = re.compile(
    r"\b(?:thank\w*|acknowledg\w*|courtesy|credits?|photo\w* by|image by|drawn by|supplied by|provided by|author\w*)\b",
    re.IGNORECASE,
)

# ---------------------------------------------------------------- names

_LABELLED_NAME: Final = re.compile(
    r"\b(?:patient|pt|patient[’']?s?\s+name|(?:full|first|last|given|family)\s+name|(?<!file )(?<!gene )name|surname)"
    r"\s*[:=]\s*"
    r"(?P<x>(?:(?i:mr|mrs|ms|dr)\.?\s+)?(?-i:[A-Z][\w’'-]+)(?:[ ,^]+(?-i:[A-Z](?:\.|[\w’'-]*))){0,3})",
    re.IGNORECASE,
)
_TITLED: Final = re.compile(
    rf"\b(?:Mrs?|Ms|Miss|Herr|Frau|Mme|Mlle|Sra?|Señora?)\.?\s+(?P<x>(?:[A-Z]\.\s*)?{NAME_WORD}(?:\s+{NAME_WORD})?)"
)
_CALLED: Final = re.compile(
    rf"\b{PERSON}(?:’s|'s)?,?\s+(?:was\s+|is\s+)?(?:named|called|name\s+(?:is|was))\s+"
    rf"(?P<x>(?-i:{NAME_WORD})(?:\s+(?-i:{NAME_WORD}))?)",
    re.IGNORECASE,
)
_PATIENT_NAME: Final = re.compile(
    r"\b(?:[Pp]atient|[Pp]t\.?|[Tt]he\s+(?:boy|girl|man|woman)|-old\s+(?:boy|girl|man|woman|male|female)),?\s+\(?"
    rf"(?P<x>{NAME_WORD}(?:\s+[A-Z]\.?)?\s+{NAME_WORD})"
)
_NAME_FIRST: Final = re.compile(
    rf"(?P<x>\b{NAME_WORD}(?:\s+[A-Z]\.)?\s+{NAME_WORD}),?\s+(?:is\s+|was\s+)?(?:an?\s+|aged\s+)?"
    r"(?:\d{1,3}[- ]?(?:year|yr|yo\b|y/o|month)|\(\d{1,3}\s*(?:y|M\b|F\b)|\d{2}\s?[MF]\b)"
)
_DOES: Final = re.compile(r",?\s+(?:was|is|had|has|presented|underwent|died|developed|complained|lives|lived)\b")
_INITIALS: Final = re.compile(rf"\b{PERSON},?\s+\(?(?P<x>(?-i:[A-Z]\.\s?[A-Z]\.(?:\s?[A-Z]\.)?))", re.IGNORECASE)
_CARET: Final = re.compile(r"\b(?P<x>[A-Z][A-Za-z'’-]+\^[A-Z][A-Za-z]*)")


def names_in(text: str) -> Iterator[Span]:
    """Yield the spans of what reads as the name of a patient: by label, title, form, or beside words for a patient."""
    for pattern in (_LABELLED_NAME, _TITLED, _CALLED, _INITIALS, _CARET):
        for match in pattern.finditer(text):
            words = [word.lower() for word in re.findall(r"[^\W\d_]+", match["x"])]
            thanked = _THANKED.search(text, *sentence_around(text, match.start("x")))
            if words and words[0] not in PLACEHOLDERS | NO_NAMES and not thanked:
                yield match.span("x")
    for pattern in (_PATIENT_NAME, _NAME_FIRST):
        for match in pattern.finditer(text):
            inside = {word.lower() for word in re.findall(r"[^\W\d_]+", match["x"])}
            known = pattern is _NAME_FIRST or inside & (GIVEN_NAMES | FAMILY_NAMES) or _DOES.match(text, match.end("x"))
            if known and not inside & (NO_NAMES | PLACEHOLDERS | WIDE):
                yield match.span("x")


# ---------------------------------------------------------------- ages

_TENS: Final = r"ninety(?:[- ](?:one|two|three|four|five|six|seven|eight|nine))?|one hundred(?: and \w+)?"
_OLD: Final = rf"(?:9\d|1[0-2]\d|{_TENS})"
_AGE: Final = re.compile(
    rf"(?<![\d.,–-])\b(?P<x>{_OLD}[- ]?(?:years?|yrs?)[- ]?old\b|{_OLD}[- ]?(?:y/o|yo|y\.o\.)(?!\w))"
    rf"|\b(?:aged|age(?:d)?\s*(?:of|was|is|[:=])?|died\s+at(?:\s+the\s+age\s+of)?|at\s+age)\s*(?P<y>{_OLD})"
    r"(?!\s*(?:[-–%\d]|\.\d|to\b|(?:and|or)\s+(?:over|older|above)))",
    re.IGNORECASE,
)
_MANY: Final = re.compile(
    r"(?:older|over|above|greater|under|below|younger|than|between|range\w*|mean|median|average|up to"
    r"|≥|>|<|≤|to|from|and|aged?\s+\d+\s*(?:to|[-–]))\W*$",
    re.IGNORECASE,
)
_AFTER_ONE: Final = re.compile(
    rf"[\s,]*(?:\w+[\s-]+){{0,4}}?(?:{PERSON}|presented|admitted|was|with|who|died|underwent|diagnosed|caucasian)\b|\W*$",
    re.IGNORECASE,
)
_PLURAL: Final = re.compile(
    r"s\b|\s*(?:and|or)\s+(?:over|older|above)|(?:\s+\w+){0,2}\s+"
    r"(?:patients|men|women|individuals|persons|people|adults|participants|subjects|males|females)\b",
    re.IGNORECASE,
)


def ages_in(text: str) -> Iterator[Span]:
    """Yield the spans of ages of 90 and more of one person; those of groups, ranges and means are no identifiers."""
    for match in _AGE.finditer(text):
        name = "x" if match["x"] else "y"
        start, end = match.span(name)
        if _MANY.search(text[max(0, start - 24) : match.start()]) or _PLURAL.match(text, end):
            continue
        if name == "x" and not _AFTER_ONE.match(text, end):
            continue
        if name == "y" and not about_one(text, start):
            continue
        yield start, end
