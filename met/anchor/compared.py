"""Whether a caption sets the panel's subject against an entity, or says that its subject is the control.

"Versus" and "control group" stand near what is measured. Only what stands right behind words of comparison, as their
object, is what the subject is compared with; and only where the sentence calls the one who is shown a control, nothing
else is compared in it, is an entity the control's.
"""

import re
from typing import Final

from met.types import Facet, Span

_AGAINST: Final = re.compile(
    r"\b(?:(?P<opens>compared (?:with|to)|in (?:contrast|comparison) (?:to|with)|as opposed to|unlike)"
    r"|(?P<than>(?:(?:less|more) [\w-]+|(?!rather|other|further|older|younger)\w+er) than)|mimic(?:s|ked|king)?"
    r"|\w*(?:intense|dense|attenuating|echoic|intensity|density) relative to)"
    r" (?P<gap>(?:[\w'’-]+(?:, | )){0,6})$"
)
# Cheaper than what it spares.
_MAY_COMPARE: Final = re.compile(r"compar|contrast|opposed|unlike|mimic|relative| than ")
# What is compared is then not the entity but something in it, at it or between its like.
_ELSEWHERE: Final = re.compile(
    r"\b(?:in|on|at|by|after|before|during|per|between|among|within|over|under|from|for|than|is|are|was|were|had|has"
    r"|have|shows?|showed|terms|regard|respect|and (?:the|an?)|(?:scores?|rates?|levels?|values?|groups?|risks?) of)\b"
)
# Behind an entity: it only says what is measured.
_MEASURED: Final = re.compile(
    r"[ -](?:\w+ )?(?:scores?|rates?|levels?|values?|counts?|groups?|index|indices|risks?|ratios?|loss|volumes?"
    r"|pressures?|function|strength|incidence|prevalence|duration|times?|lengths?|widths?|thickness|surgery|treatments?"
    r"|therapy|arms?)\b"
)
_SUBJECT: Final = r"(?:subject|volunteer|individual|donor|person|control|participant|animal|mouse|mice|rat|patient)s?"
_CONTROL: Final = (
    rf"(?:healthy {_SUBJECT}|(?:(?:age|sex|gender)-matched |untreated |uninfected |negative |normal |healthy )*"
    rf"controls?(?: {_SUBJECT})?)(?! groups?\b)"
)
_LEADS: Final = r"(?:^|[.;:(] ?|\b(?:an?|the|of|in|from|as) )"
# "Control liver", "Liver of a control mouse", "CT of healthy controls with lung".
_OF_CONTROL: Final = re.compile(
    rf"{_LEADS}{_CONTROL}(?:['’]s?)? (?:\((?:left|right|top|bottom|upper|lower|[a-h])\):? )?"
    r"(?:(?!with|had|has|and|or|were|was|is|are)\w+ )?$"
)
_IN_CONTROL: Final = re.compile(
    rf"(?: (?:tissues?|sections?|samples?|biops(?:y|ies)|slices?|images?|scans?|specimens?|smears?))?"
    rf" (?:of|from|in) (?:an? |the )?(?:\d+[- ]years?[- ]old )?{_CONTROL}(?![\w-])"
)
_IMAGE_OF_CONTROL: Final = re.compile(
    rf"(?:images?|graphs?|scans?|views?|slides?|ct|mri|mr|pet|x-?rays?|sonograms?) (?:of|from|in) (?:an? |the )?"
    rf"(?:\d+[- ]years?[- ]old )?{_CONTROL}(?:,? (?:showing|shows?|with|at|through|of) (?:the )?(?:\w+ )?)$"
)
_COMPARING: Final = re.compile(
    r"\b(?:between|versus|vs|compared|comparisons?|comparing|than|differences?|higher|lower|rates?|risks?|ratios?"
    r"|groups?|unlike|contrast|scores?|levels?|mean|significant(?:ly)?)\b"
)


def is_comparator(small: str, entity: Span, facet: Facet) -> bool:
    """Return whether the sentence `small`, in small letters, sets what it tells of against the entity.

    >>> is_comparator("unlike measles, the rash of rubella is faint.", (7, 14), "disease")
    True
    >>> is_comparator("compared with the control in terms of hip score.", (38, 41), "anatomy")
    False
    """
    found = _AGAINST.search(small, 0, entity[0]) if _MAY_COMPARE.search(small, 0, entity[0]) else None
    if found is None or (facet == "modality" and not found["opens"]) or (facet != "disease" and found["than"]):
        # "Larger than the spleen": both may be seen.
        return False
    gap = found["gap"]
    # What opens a sentence is over at the first comma: "unlike typhus, the rash begins at the hands".
    over = "," in gap if found.start() == 0 else re.search(r", (?:the|an?|it|this|these|there)\b", gap)
    return not over and _ELSEWHERE.search(gap) is None and _MEASURED.match(small, entity[1]) is None


def is_control(small: str, entity: Span, facet: Facet) -> bool:
    """Return whether the sentence `small`, in small letters, says that who is shown is a control, and the entity his.

    >>> is_control("liver of a control mouse.", (0, 5), "anatomy")
    True
    >>> is_control("comparison of nausea between the treated and the control group", (14, 20), "symptom")
    False
    """
    if facet == "modality" or ("control" not in small and "healthy" not in small):
        return False
    said = (
        _OF_CONTROL.search(small, 0, entity[0])
        or _IN_CONTROL.match(small, entity[1])
        or _IMAGE_OF_CONTROL.search(small, 0, entity[0])
    )
    return said is not None and _COMPARING.search(small) is None and _MEASURED.match(small, entity[1]) is None
