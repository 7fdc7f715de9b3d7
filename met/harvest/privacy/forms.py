"""How names, dates and numbers of patients are written into images, as patterns over a line of drawn text.

Readers lose spaces, take a colon for a full stop, and a capital I for a one; so spaces are optional and marks lenient.
The named group `x` of a name is what stands behind its label.
"""

import re
from typing import Final

from met.harvest.privacy.context import Kind

Forms = tuple[tuple[Kind, re.Pattern[str]], ...]

_MARK: Final = r"\s*[:;：=.]\s*"
_DAY: Final = r"(?:0?[1-9]|[12]\d|3[01])"
_MONTH_NUMBER: Final = r"(?:0[1-9]|1[0-2])"
_YEAR: Final = r"(?:19|20)\d\d"
_MONTH: Final = (
    r"(?:jan|f[eé][bv]|mar|m[aä]r|a[pbv]r|mai|may|ma[gi]|jun|juin|giu|jul|juil|lug|au?g|ago|ao[uû]|se[pt]t?|o[ck]t|out|ott"
    r"|nov|de[czs]|d[eé]c|dic|ene|gen)[a-zéûä]{0,6}\.?"
)
DATE: Final = (
    rf"(?:{_DAY}\s?(?P<s>[./-])\s?{_DAY}\s?(?P=s)\s?{_YEAR}"
    rf"|{_DAY}(?P<v>[/-]){_DAY}(?P=v)\d\d"
    rf"|{_YEAR}\s?(?P<t>[./-])\s?{_DAY}\s?(?P=t)\s?{_DAY}"
    rf"|{_YEAR}{_MONTH_NUMBER}(?:0[1-9]|[12]\d|3[01])"
    rf"|{_DAY}[ .,-]{{0,2}}{_MONTH}[ ,.'-]{{0,2}}(?:{_YEAR}|\d\d(?!\d))"
    rf"|{_MONTH}[ .-]{{0,2}}{_DAY}[ ,.]{{0,2}}{_YEAR})"
)
_PATIENT: Final = r"(?:patient|pat|pt)[ .'’]{0,2}(?:s\s?)?"
_NUMBER_SIGN: Final = r"(?:no|nr|num(?:ber)?|#)"
_OLDER: Final = r"(?:9\d|1[01]\d)"


def _form(kind: Kind, pattern: str) -> tuple[Kind, re.Pattern[str]]:
    return kind, re.compile(pattern, re.IGNORECASE)


def _exact(kind: Kind, pattern: str) -> tuple[Kind, re.Pattern[str]]:
    return kind, re.compile(pattern)


# With a label they count in any image.
LABELLED: Final[Forms] = (
    _form(
        "name",
        rf"(?:{_PATIENT}(?:full\s?)?name|\b(?:patient|pat|pt|paciente|patientin|vorname|nachname|nom|nombre|apellidos?)"
        rf"|\b(?:(?:first|last|given|family)\s?|sur)?name){_MARK}(?P<x>[^\W\d_][\w’'.^, -]*)",
    ),
    _exact("name", r"\b(?P<x>[A-Z][A-Za-z'’-]+\s?\^\s?[A-Z][A-Za-z]*)"),
    _exact(
        "name",
        r"\b(?:Mrs?|Ms|MRS?|MS|Herr|Frau|Mme|Sra?)[. ]\s*"
        r"(?P<x>(?:[A-Z]\.?\s+)?[A-Z][A-Za-z'’-]{2,}(?:\s+[A-Z][A-Za-z'’-]+)?)",
    ),
    _form(
        "date",
        r"(?:\bd\.?\s?[o0]\.?\s?b\.?|birth\s*(?:date|day)?|date\s*[o0]f\s*birth|\bborn|\bgeb(?:oren)?\.?|\bn[ée]e?\b"
        rf"|nacimiento|naissance)[\s:;：=.(]*{DATE}",
    ),
    _form(
        "number",
        rf"(?:\bM\.?R\.?N\.?|\bM\.?R\.?\s?{_NUMBER_SIGN}|medical\s*rec(?:ord)?|\bUHID|\bSSN|\bNHS|\bPID"
        rf"|(?:{_PATIENT}|hosp(?:ital)?\.?\s?)(?:[i1l]d|{_NUMBER_SIGN})|\bacc(?:ession)?(?:\s?{_NUMBER_SIGN})?)"
        rf"\.?(?:\s?{_NUMBER_SIGN}\.?)?\s*[:;：#=.]?\s*[A-Z]{{0,4}}[- ]?\d[\d -]{{2,}}\d",
    ),
    _form("age", rf"\bage\s*[:;：=]?\s*0?{_OLDER}(?:\s?y(?:rs?|ears?|/?o)?)?(?![\d.%-])"),
    _form("email", r"[\w.+-]+@[\w-]+\.[A-Za-z][\w.]+"),
    _form(
        "phone",
        rf"\b(?:tel(?:ephone)?|phone|ph|fax|mobile)\s*{_NUMBER_SIGN}?\s*[.:;：#]?\s*\+?\(?\d[\d ()./-]{{6,16}}\d",
    ),
)
_CAPITALS: Final = r"(?:[A-Z]{3,}|[A-Z][a-zà-ÿ]{2,})"
# Without one they count only where the image shows a patient.
BARE: Final[Forms] = (
    # The time of the day may be glued to it.
    _form("date", rf"(?<![\d.,/-]){DATE}(?=\d\d:|(?![\d/-]))"),
    _form("number", rf"\b[i1l]d\s*{_NUMBER_SIGN}?\s*[:;：#=.]\s*[A-Z]{{0,4}}-?\d[\d-]{{2,}}\d"),
    _exact("number", r"(?<![\d.,A-Za-z-])\d{7,14}(?![\d.,])"),
    _exact("number", r"\b[A-Z]{1,3}\d{2}-\d{3,7}\b"),
    _exact("age", rf"(?<![\d.])\b0?{_OLDER}\s?(?:Y(?:RS?|EARS?|/?O)?|y(?:rs|ears|/?o))(?:\b|(?=[MF]\b))(?!\s*\d)"),
    _form(
        "place",
        r"hospital|infirmary|klinik|krankenhaus|h[oô]pital|ospedale|(?:medical|health|imaging)\s*cent|\bclinic\b"
        r"|radiology\s*(?:assoc|dep)",
    ),
    # Surname, comma, given name: hardly anything else is written so into an image.
    _exact(
        "name",
        rf"^\W*(?P<x>{_CAPITALS}(?:-[A-Z][A-Za-z]+)?\s*,\s*{_CAPITALS}(?:\s+[A-Z]\.?)?)(?=\s*$|\s+[\dMF(])",
    ),
)
