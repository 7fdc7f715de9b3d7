"""Whether a panel is of a patient: what its caption tells of one, and what its article calls itself."""

import re
from typing import Final

from met.types import Article

_CASE: Final = re.compile(
    r"\b(?:\d+[- ]?(?:years?|months?|weeks?|days?|yo?)[- ](?:old|of age)\b|case (?:no\.? ?)?\d)", re.IGNORECASE
)
_PATIENT: Final = re.compile(r"\b(?:male|female|man|woman|boy|girl|child|infant|neonate|patient)\b", re.IGNORECASE)
_CASES: Final = re.compile(
    r"\bcase (?:report|series|study|presentation)|\breport of (?:a|\w+) cases?\b|\ba case of\b", re.I
)


def tells_of_patient(caption: str) -> bool:
    """Return whether a caption tells of one person.

    >>> tells_of_patient("A patient with fatigue."), tells_of_patient("Patients are vaccinated.")
    (True, False)
    """
    return _PATIENT.search(caption) is not None or tells_of_case(caption)


def tells_of_case(caption: str) -> bool:
    """Return whether a caption tells one patient's story: an age, a number of a case.

    >>> tells_of_case("Case 2. CT of the chest."), tells_of_case("CT of a patient.")
    (True, False)
    """
    return _CASE.search(caption) is not None


def is_case_report(article: Article) -> bool:
    """Return whether the article calls itself a report of cases."""
    return article.article_type == "case-report" or _CASES.search(article.title) is not None
