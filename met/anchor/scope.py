"""How far a denial or a doubt reaches: what stands between the cue and the entity, and before the entity.

"No tumour in the liver" denies the tumour and not the liver; "may improve vomiting" doubts the help and not the
vomiting. Every text here is in small letters.
"""

import re
from typing import Final

_PLACE: Final = (
    r"in|within|into|inside|on|onto|at|from|for|to|towards?|by|of|between|among|through|throughout|during|after|before"
    r"|until|since|despite|than|as|against|about|over|under|across|around|when|where|that|who|whose|if"
)
# An end of the scope has a word of its own before it: in "free of" and "possibility of" it belongs to the cue.
_ENDS: Final = re.compile(rf"[\w%)\]],? (?:{_PLACE})(?= )")
_COMMA: Final = re.compile(r", (?:or |nor |and )?")
# What only says how much of the entity there is, or leads to it.
_SIGN: Final = (
    r"evidence|signs?|symptoms?|indications?|suggestions?|features?|findings?|traces?|presence|history|diagnos[ie]s"
    r"|cases?|areas?|foc(?:us|i)|regions?|patch(?:es)?|episodes?|onset|development|occurrence|recurrence|emergence"
    r"|formation|forms?|types?|kinds?|degrees?|amounts?|risk|manifestations?|complaints?|reports?"
)
_LEADS: Final = re.compile(
    rf"\b(?:(?:{_SIGN})(?: (?:or|and) (?:{_SIGN}))? (?:of|for|that)|suffer(?:s|ed|ing)? from|(?:lead|leads|led|leading|"
    r"progress(?:es|ed|ing)?|due|secondary|related|attributable|amount(?:s|ed)?|correspond(?:s|ed|ing)?) to"
    r"|result(?:s|ed|ing)? (?:in|from)|consist(?:s|ed|ing)? of|die[sd]? (?:of|from)|develop(?:s|ed)? into"
    r"|start(?:s|ed)? out as|present(?:s|ed|ing)? (?:with|as)|(?:infected|caused|characteri[sz]ed|explained) by"
    r"|suggestive of|turn(?:s|ed)? out to be|appear(?:s|ed)? (?:as|to be)|interpreted as|regarded as|known as)(?= )"
)
# Verbs whose object is there, whether they apply or not; "impaired drainage" is no such verb.
_GRANTING: Final = (
    r"(?:reduc|reliev|improv|prevent|treat|affect|alter|chang|decreas|increas|influenc|cur(?:e|ing)|controll?|clear"
    r"|eliminat|distinguish|discriminat|differ|respond|penetrat|manag|modif|worsen|slow|delay|protect|inhibit|interfer"
    r"|depend|benefit|overcom|resist|modulat|impair|damag|enter|reach|pump|toler|remov|replac|support)"
)
_BEFORE_VERB: Final = (
    r"^(?: (?:\w+ly|also|more|less|even|then|later|further|able|useful|effective|used|help|serve|to|be))*"
)
_TAKES_FOR_GRANTED: Final = re.compile(rf"{_BEFORE_VERB} (?:(?<= be ){_GRANTING}\w*|{_GRANTING}(?!\w*ed\b)\w*)(?: |$)")
_LOOKS_FOR: Final = re.compile(rf"{_BEFORE_VERB} (?:diagnos|detect|exclud|monitor)\w*(?: |$)")
# "Did not move the eyes": what the listener knows of is not denied.
_KNOWN_OBJECT: Final = re.compile(
    r"^ (?!(?:show|see|reveal|demonstrat|identif|visuali|find|found|confirm)\w* )\w+ "
    r"(?:the|its|their|his|her|this|these|those|your|our) "
)
_GOING_ON: Final = re.compile(r"^ \w+ing (?:the|its|their|his|her|this|these|those|your|our) ")
_IS: Final = re.compile(r"\b(?:is|are|was|were|be|been|has|have|had|represents?|there)\b")
_HOLDER: Final = re.compile(
    r"(?<!\w)(?P<word>[\w-]+) (?:of|in|for|on|at|from|within|between|through|along|around|behind)"
    r"(?: (?:the|an?|its|his|her|their|both|each|this|these|all|any))*(?: (?!and |or |is |was )[\w-]+){0,2}? $"
)
_OF_IT: Final = re.compile(rf"(?:{_SIGN}|absence|lack|number|incidence|prevalence|rates?|levels?|{_PLACE})$")
# "Does not drain, causing pain".
_CONSEQUENCE: Final = re.compile(r", (?:thus |thereby )?\w+ing\b")
# "Without fever, a rash developed" denies one thing, "without fever, cough or rash" three.
_SINGLE: Final = frozenset({"lack of", "absence of", "disappearance of", "resolution of", "lacking"})
_ALTERNATIVES: Final = re.compile(r"^[^;:(]*\b(?:or|nor)\b")
# Letters behind an entity in which a list must come to its last member.
REACH: Final = 80
_VERBAL: Final = frozenset({"not", "cannot", "never", "no longer", "n't"})
_MODAL: Final = frozenset({"may", "might", "could"})


def denies(cue: str, gap: str, behind: str, *, opens: bool) -> bool:
    """Return whether a cue of denial reaches over `gap` to the entity, which `behind` follows.

    `opens` says that the sentence begins with the cue.
    """
    if cue in _VERBAL and (_TAKES_FOR_GRANTED.search(gap) or _KNOWN_OBJECT.search(gap)):
        return False
    if cue == "without" and _GOING_ON.search(gap):
        return False
    if cue in _VERBAL and _CONSEQUENCE.search(gap):
        return False
    is_single = cue in _SINGLE or (opens and cue == "without")
    if is_single and "," in gap and not _ALTERNATIVES.search(f"{gap} {behind[:REACH]}"):
        return False
    return _reaches(gap, is_list=cue not in _VERBAL)


def doubts(cue: str, gap: str) -> bool:
    """Return whether a cue of doubt reaches over `gap` to the entity."""
    if cue in _MODAL and (_TAKES_FOR_GRANTED.search(gap) or _LOOKS_FOR.search(gap)):
        return False
    told, that, claim = gap.partition(" that ")
    if that and not _ENDS.search(_LEADS.sub(" ", told)):
        # Of "suggests that the lesion is a metastasis" the lesion is certain.
        return _IS.search(claim) is not None and _reaches(_IS.split(claim)[-1], is_list=False)
    return _reaches(gap, is_list=cue not in _MODAL)


def is_head(before: str) -> bool:
    """Return whether the entity that `before` precedes may be what the sentence is about.

    It is not where it only tells the place or the bearer of another thing ("the groove of the fibula was not seen").
    """
    holder = _HOLDER.search(before)
    return holder is None or _OF_IT.match(holder["word"]) is not None


def _reaches(gap: str, *, is_list: bool) -> bool:
    led = _LEADS.sub(" ", gap)
    if is_list:
        # "No tumour in the liver, effusion or mass": the list goes on behind the place.
        led = _COMMA.split(led)[-1]
    return _ENDS.search(led) is None
