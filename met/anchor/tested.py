"""What the outcome of a test, or a question, says of an entity: "tests for influenza were negative".

Every text here is in small letters.
"""

import re
from typing import Final

from met.anchor.scope import reaches

# "Tests for influenza were negative", "the malaria smear was negative".
_TEST: Final = (
    r"(?:tests?|testing|smears?|pcr|cultures?|swabs?|serolog(?:y|ies)|screen(?:ing)?|antibod(?:y|ies)|antigens?|assays?"
    r"|stains?|work-?up)"
)
_NEGATIVE: Final = (
    r"(?: (?!but\b|positive)[\w-]+,?){0,5}? (?:is|are|was|were|been|be|remain(?:s|ed)?|came back|returned|prove[dn]?)"
    r"(?: all| both| also| \w+ly)? negative(?! for)\b"
)
_ITS_TEST: Final = re.compile(rf"^[ -](?:[\w-]+ ){{0,2}}?{_TEST}{_NEGATIVE}")
_TESTED_FOR: Final = re.compile(rf"\b{_TEST} (?:for|against) (?:[\w-]+,? ){{0,4}}?$")
_IS_NEGATIVE: Final = re.compile(rf"^{_NEGATIVE}")
# What a test is made on, or with.
_SPECIMEN: Final = re.compile(
    r"(?:blood|urine|sputum|stool|f(?:a)?eces|serum|plasma|saliva|csf|cerebrospinal fluid|throat|nose|nasal\b.*"
    r"|naso\w+|skin"
    r"|bone marrow|lymph nodes?|lungs?|tissue|gram|.*(?:ray|graph|gram|graphy|scopy|scan|biopsy|microscopy)s?|ct"
    r"|mri|pet)"
)
_ASKS: Final = re.compile(
    r"(?:is|are|was|were) (?:there|this|it|that)(?= )"
    r"|(?:does|do|did|has|have|had) (?:(?:the|your|this|his|her) )?\w+ (?:have|had|has)(?= )"
)


def is_tested_negative(before: str, surface: str, behind: str) -> bool:
    """Return whether a test for the entity was negative: "tests for influenza were negative"."""
    if _TESTED_FOR.search(before):
        return _IS_NEGATIVE.match(behind) is not None
    return _ITS_TEST.match(behind) is not None and _SPECIMEN.fullmatch(surface) is None


def is_asked(before: str, behind: str) -> bool:
    """Return whether a question asks for the entity: "is there a fracture?"."""
    asks = _ASKS.match(before) if behind.endswith("?") else None
    return asks is not None and reaches(before[asks.end() :], is_list=True)
