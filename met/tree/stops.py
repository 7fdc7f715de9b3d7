"""Names that a dictionary must not match: they are words of general language, or of every entity of a facet."""

from typing import Final

from met.tree.names import is_abbreviation, tokens

# A name is a stop name where every one of its words stands here, or is a number or a single letter.
_FUNCTION: Final = (
    "a an the and or of in on at by to for from with without as is are was were be been being it its this that these "
    "those all any each "
    "both no not none other others another some such same than then so if but can may will do does did has have had "
    "he she we they you i "
    "who what when where which how very more most less few many much own here there up out over under off only "
    "also too"
)
_PLACE: Final = (
    "left right upper lower middle medial lateral anterior posterior superior inferior proximal distal dorsal "
    "ventral deep superficial "
    "central peripheral internal external bilateral unilateral front back side sides top bottom first second third"
)
_CLASS: Final = (
    "disease diseases disorder disorders syndrome syndromes condition conditions injury injuries illness abnormality "
    "abnormalities finding "
    "findings symptom symptoms sign signs modality image images imaging structure structures organ organs tissue "
    "tissues part parts region "
    "regions area areas system systems body entity anatomy anatomical element elements process processes surface "
    "space spaces layer layers "
    "segment segments zone field group groups set type types stage stages form forms feature features level levels "
    "change changes complex "
    "unit units material substance object section sections cavity line lines "
)
_GENERAL: Final = (
    "acute chronic mild moderate severe normal abnormal common rare general primary secondary congenital acquired "
    "hereditary familial "
    "recurrent progressive transient persistent adult child children male female man woman men women patient "
    "patients human animal life "
    "birth death growth development onset course cause causes effect result results case cases study time day days "
    "year years age number "
    "small large big short long high low new old early late increased decreased large good bad reduced absent "
    "present positive negative "
    "history test tests treatment care health medical clinical isolated multiple single simple complete partial "
    "total susceptibility trait "
    "view views plane contrast point end ends base tip root process ring band cord belt floor roof wall bridge "
    "crest fold net web core shell scale spot mark patch arch bed cap cup plate tree crown role"
)
STOP_WORDS: Final = frozenset(f"{_FUNCTION} {_PLACE} {_CLASS} {_GENERAL}".split())


def is_stop_name(name: str) -> bool:
    """Say whether `name` must not be looked for in texts.

    >>> [is_stop_name(name) for name in ("disease", "left side", "all", "type 2", "lung", "CT", "head", "B")]
    [True, True, True, True, False, False, False, True]
    """
    words = tokens(name)
    if sum(len(word) for word in words) < 3 and not is_abbreviation(name):
        return True
    return not is_abbreviation(name) and all(word in STOP_WORDS or word.isdecimal() or len(word) == 1 for word in words)
