"""The words around a passage: whether they speak of a patient."""

import re
from typing import Final, Literal, TypeAlias

from met.types import Span

Kind: TypeAlias = Literal["name", "age", "date", "place", "number", "phone", "email"]

PERSON: Final = (
    r"(?:patients?|man|woman|male|female|boy|girl|infant|child|newborn|neonate|lady|gentleman|person|individual|farmer"
    r"|nurse|worker|smoker|resident|mother|father|grandmother|grandfather|widow|widower|veteran)"
)
_NEAR: Final = re.compile(
    rf"\b(?:{PERSON}|he|she|his|her|year-old|case|pt|mr|mrs|ms|dob|born|admitted|admission|discharged)\b",
    re.IGNORECASE,
)
_GROUP: Final = re.compile(
    r"\b(?:patients|participants|subjects|individuals|adults|mean|median|cohort|population|range)\b", re.IGNORECASE
)
NAME_WORD: Final = r"(?:[A-Z]['’])?[A-Z][a-zà-öø-ÿ]+(?:[-'’][A-Z]?[a-zà-öø-ÿ]+)?"
_SENTENCE: Final = re.compile(r"(?<!\bDr)(?<!\bMr)(?<!\bMrs)(?<!\bMs)(?<!\bSt)(?<=[a-z0-9)\]])[.!?;]\s+(?=[A-Z(])|\n")
# Wider than a state or province: no identifier by the Safe Harbor rule.
_COUNTRIES: Final = """
africa america american asia asian australia austria bangladesh belgium brazil cameroon canada caribbean chile china
colombia congo croatia cuba denmark east eastern ecuador egypt england ethiopia europe european finland france
germany ghana greece guatemala haiti honduras hungary iceland india indian indonesia iran iraq ireland israel italy
jamaica japan jordan kenya korea kuwait latin lebanon libya malawi malaysia mali mexico middle mongolia morocco
mozambique myanmar nepal netherlands nigeria north northern norway oman pakistan panama papua paraguay peru
philippines poland portugal puerto qatar romania russia rwanda saudi scotland senegal serbia sierra singapore
slovakia somalia south southern spain sri sudan sweden switzerland syria taiwan tanzania thailand the tunisia turkey
uganda ukraine united uruguay usa venezuela vietnam wales west western yemen zambia zimbabwe
"""
WIDE: Final = frozenset(_COUNTRIES.split())


def of_a_patient(text: str, position: int) -> bool:
    """Return whether the sentence around a position speaks of a patient."""
    start, end = sentence_around(text, position)
    return bool(_NEAR.search(text, start, end))


def about_one(text: str, position: int) -> bool:
    """Return whether the sentence around a position speaks of a patient, and of no group."""
    start, end = sentence_around(text, position)
    return bool(_NEAR.search(text, start, end)) and not _GROUP.search(text, start, end)


def sentence_around(text: str, position: int) -> Span:
    """Return the span of the sentence that a position lies in; titles before names end none."""
    start = 0
    for end in _SENTENCE.finditer(text):
        if end.end() > position:
            return start, end.start()
        start = end.end()
    return start, len(text)
