"""How far a denial or a doubt reaches: what stands between the cue and the entity, and before the entity.

"No tumour in the liver" denies the tumour and not the liver; "may improve vomiting" doubts the help and not the
vomiting. Every text here is in small letters.
"""

import re
from typing import Final

_PLACE: Final = (
    r"in|within|into|inside|on|onto|at|from|for|to|towards?|by|of|between|among|through|throughout|during|after|before"
    r"|until|since|despite|than|as|using|against|about|over|under|across|around|when|where|that|who|whose|if"
)
# An end of the scope has a word of its own before it: in "free of" and "possibility of" it belongs to the cue.
_ENDS: Final = re.compile(rf"[\w%)\]],? (?:{_PLACE})(?= )")
_COMMA: Final = re.compile(r", (?:or |nor |and )?")
# What only says how much of the entity there is, or leads to it.
_SIGN: Final = (
    r"evidence|signs?|symptoms?|indications?|suggestions?|features?|findings?|traces?|presence|history|diagnos[ie]s"
    r"|cases?|areas?|foc(?:us|i)|regions?|patch|patches|episodes?|onset|development|occurrence|recurrence|emergence"
    r"|formation|forms?|types?|kinds?|degrees?|amounts?|risk|manifestations?|complaints?|reports?|range|variety"
)
_BEARER: Final = (
    r"(?:people|patients?|those|individuals?|persons?|children|adults|infants|newborns|babies|women|men|anyone|someone"
    r"|subjects|participants|survivors|relatives|famil(?:y|ies))"
)
_BEARS: Final = r"(?:with|having|suffering from|living with|affected by|who (?:have|has|had|suffer(?:s|ed)? from))"
# Behind a bearer stands what it has: "there may be other reasons people with asthma".
_BORNE: Final = re.compile(
    rf"\w {_BEARER} {_BEARS}(?= )|\b(?:problems?|troubles?|difficult(?:y|ies)) with(?= )"
    r"|\w with (?:similar|the same|identical)(?= )"
)
_ITS_BEARER: Final = re.compile(rf"\b{_BEARER} {_BEARS} (?:[\w,-]+ ){{0,3}}?$")
_FINITE: Final = r"(?:is|are|was|were|has|have|had|can|cannot|may|might|could|will|would|should|must|does|do|did)"
# A clause between commas is over where its sentence goes on: "fever, which may come suddenly, is usually high".
_GOES_ON: Final = re.compile(
    r", (?:(?:often|usually|generally|typically|sometimes|commonly|frequently|also|then) )?"
    rf"(?:{_FINITE}|includes?)(?= )"
)
# "Muscles that seem to be plump have a large mass".
_HAS_VERB: Final = re.compile(r" be (?:(?!(?:that|there|what|who|or|and)\b)\w+ ){1,3}(?:have|has|had|is|are|was|were) ")
_IS_SUBJECT: Final = re.compile(rf"^(?: (?!that |which |who )[\w-]+){{0,2}} {_FINITE}\b")
_CONJUNCTION: Final = re.compile(r"^(?:and|or|nor|but|as well as|including|such as|especially|particularly|even)\b")
_ANOTHER: Final = re.compile(r" and (?:an?|the|its|his|her|their) ")
_LEADS: Final = re.compile(
    rf"\b(?:(?:{_SIGN})(?: (?:or|and) (?:{_SIGN}))? (?:of|for|that)|suffer(?:s|ed|ing)? from|(?:lead|leads|led|leading|"
    r"progress(?:es|ed|ing)?|due|secondary|related|attributable|amount(?:s|ed)?|correspond(?:s|ed|ing)?) to"
    r"|result(?:s|ed|ing)? (?:in|from)|consist(?:s|ed|ing)? of|die[sd]? (?:of|from)|develop(?:s|ed)? into"
    r"|complain(?:s|ed|ing)? (?:of|about)|known to (?:have|be|cause|carry)|such as"
    r"|start(?:s|ed)? out as|present(?:s|ed|ing)? (?:with|as)|(?:infected|caused|characteri[sz]ed|explained) by"
    r"|suggestive of|turn(?:s|ed)? out to be|appear(?:s|ed)? (?:as|to be)|interpreted as|regarded as|known as)(?= )"
)
# Verbs whose object is there, whether they apply or not; "impaired drainage" is no such verb.
_GRANTING: Final = (
    r"(?:reduc|reliev|improv|prevent|treat|affect|alter|chang|decreas|increas|influenc|cur(?:e|ing)|controll?|clear"
    r"|eliminat|distinguish|discriminat|differ|respond|penetrat|manag|modif|worsen|slow|delay|protect|inhibit|interfer"
    r"|depend|benefit|overcom|resist|modulat|impair|damag|enter|reach|pump|toler|remov|replac|support)"
)
# What one does to a thing that is there.
_ACTING: Final = (
    r"(?:minimi[sz]|lessen|alleviat|ameliorat|mitigat|attenuat|suppress|combat|fight|kill|destroy|stop|avoid|halt|eas"
    r"|spar|sooth|counteract|hold|keep|recommend|prescrib|order|perform|request|suggest\w* \w+ing\b)"
)
_BEFORE_VERB: Final = (
    r"^(?: (?:\w+ly|also|more|less|even|then|later|further|able|useful|effective|used|help|serve|to|be))*"
)
_TAKES_FOR_GRANTED: Final = re.compile(
    rf"{_BEFORE_VERB} (?:(?<= be ){_GRANTING}\w*|(?:{_GRANTING}|{_ACTING})(?!\w*ed\b)\w*)(?: |$)"
)
_LOOKS_FOR: Final = re.compile(rf"{_BEFORE_VERB} (?:diagnos|detect|exclud|monitor)\w*(?: |$)")
# "Did not move the eyes": what the listener knows of is not denied.
_KNOWN_OBJECT: Final = re.compile(
    r"^ (?!(?:show|see|reveal|demonstrat|identif|visuali|find|found|confirm)\w* )\w+ "
    r"(?:the|its|their|his|her|this|these|those|your|our) "
)
# "May block the ureter" doubts the block. What a thing may be, have, cause or show is in doubt itself.
_DOUBTFUL_VERB: Final = (
    r"(?:be|been|have|has|had|be?come|represent|caus|includ|indicat|reflect|show|mean|develop|signal|contain|get|catch"
    r"|contract|lead|suffer|experienc|produc|trigger|induc|suggest|constitut|form|see|find|found|point|provok|creat"
    r"|explain|appear|occur|acquire|carr|giv|mak|bring|result|aris|resembl|mimic|correspond|ris|exist|involve[sd]? $"
    r"|support|confirm|reveal|demonstrat|identif|detect|account|underl|play|serv|act|function|look|feel|seem)"
)
_OBJECT_OF_ACT: Final = re.compile(
    rf"^(?:(?: \w+){{0,3}} and)?(?: \w+ly| also| even| then| have)* (?!{_DOUBTFUL_VERB})\w+(?: \w+ly)?"
    r" (?:the|its|their|his|her|your|our|these|those)(?: [\w-]+){0,2} $"
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
# "But not in the liver": another thing is not there. Of a patient who is "not in pain" the pain is denied.
_ELSEWHERE: Final = re.compile(r"^ (?:(?:within|on|at|from|during|through|into) |in (?=\w))(?!$)")
# Behind the absence stands what it does: "lack of oxygen may damage the brain".
_PREDICATE: Final = re.compile(rf" (?:{_FINITE}|leads?|causes?|results?|produces?|prevents?|means|makes?|allows?)(?= )")
_ALTERNATIVES: Final = re.compile(r"^[^;:(]*\b(?:or|nor)\b")
# Letters behind an entity in which a list must come to its last member.
REACH: Final = 80
_VERBAL: Final = frozenset({"not", "cannot", "never", "no longer", "n't"})
_MODAL: Final = frozenset({"may", "might", "could"})
_OF_ACTS: Final = _MODAL | {"possibly", "probably", "likely"}


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
    if cue == "not" and _ELSEWHERE.search(gap):
        return False
    if cue in _SINGLE and _PREDICATE.search(gap):
        return False
    if cue == "no" and _ANOTHER.search(gap):
        return False
    if _opens_clause(gap, behind, joined=cue in _VERBAL):
        return False
    is_single = cue in _SINGLE or (opens and cue == "without")
    if is_single and "," in gap and not _ALTERNATIVES.search(f"{gap} {behind[:REACH]}"):
        return False
    return _reaches(gap, is_list=cue not in _VERBAL)


def doubts(cue: str, gap: str, behind: str) -> bool:
    """Return whether a cue of doubt reaches over `gap` to the entity, which `behind` follows."""
    if (cue in _MODAL or cue.endswith(" to")) and (_TAKES_FOR_GRANTED.search(gap) or _LOOKS_FOR.search(gap)):
        return False
    if cue in _OF_ACTS and _OBJECT_OF_ACT.search(gap):
        return False
    if _opens_clause(gap, behind, joined=False) or _HAS_VERB.search(gap):
        return False
    told, that, claim = gap.partition(" that ")
    if that and not _ENDS.search(_LEADS.sub(" ", told)):
        # Of "suggests that the lesion is a metastasis" the lesion is certain.
        return _IS.search(claim) is not None and _reaches(_IS.split(claim)[-1], is_list=False)
    return _reaches(gap, is_list=cue not in _MODAL)


def is_head(before: str) -> bool:
    """Return whether the entity that `before` precedes may be what the sentence is about.

    It is not where it only tells the place or the bearer of another thing ("the groove of the fibula was not seen"),
    nor where it is what somebody has ("patients with asthma were excluded").
    """
    if _ITS_BEARER.search(before):
        return False
    holder = _HOLDER.search(before)
    return holder is None or _OF_IT.match(holder["word"]) is not None


def _opens_clause(gap: str, behind: str, *, joined: bool) -> bool:
    """Return whether the entity is the subject of a clause of its own behind a comma; if `joined`, behind "and" too."""
    if not _IS_SUBJECT.match(behind):
        return False
    _, comma, own = gap.rpartition(", ")
    if comma:
        return not _CONJUNCTION.match(own) and " or " not in own
    _, conjunction, own = gap.rpartition(" and ")
    return joined and bool(conjunction) and " or " not in own


def _reaches(gap: str, *, is_list: bool) -> bool:
    if _GOES_ON.search(gap) or _BORNE.search(gap):
        return False
    led = _LEADS.sub(" ", gap)
    if is_list:
        # "No tumour in the liver, effusion or mass": the list goes on behind the place.
        led = _COMMA.split(led)[-1]
    return _ENDS.search(led) is None
