"""Where the scope of a word ends: what stands between it and the entity, and before the entity.

What denials and doubts have in common. Every text here is in small letters.
"""

import re
from typing import Final

_PLACE: Final = (
    r"in|within|into|inside|on|onto|at|from|for|to|towards?|by|of|between|among|through|throughout|during|after|before"
    r"|until|since|despite|than|as|using|against|about|over|under|across|around|when|where|that|who|whose|if|unless"
    r"|upon|reaching|entering|leaving|surrounding|covering|lining|supplying|connecting|along(?! with)|alongside|above"
    r"|below|beneath|behind|beside|beyond|near|outside|opposite|past|via|affecting|involving|following"
)
# An end of the scope has a word of its own before it: in "free of" and "possibility of" it belongs to the cue.
ENDS: Final = re.compile(rf"[\w%)\]],? (?:{_PLACE})(?= )|\w(?:ed|elp|ope|eal) with(?= )")
_COMMA: Final = re.compile(r"[,;] (?:or |nor |and )?")
# What only says how much of the entity there is, or leads to it.
_SIGN: Final = (
    r"evidence|signs?|symptoms?|indications?|suggestions?|features?|findings?|traces?|presence|history|diagnos[ie]s"
    r"|cases?|areas?|foc(?:us|i)|regions?|patch|patches|episodes?|onset|development|comeback|return|resurgence"
    r"|outbreaks?|attacks?|bouts?|occurrence|recurrence|emergence|formation|forms?|types?|kinds?|sorts?|degrees?"
    r"|amounts?|manifestations?|complaints?|reports?|range|variety"
)
BEARER: Final = (
    r"(?:people|patients?|those|individuals?|persons?|children|adults|infants|newborns|babies|women|men|anyone|someone"
    r"|subjects|participants|survivors|relatives|famil(?:y|ies))"
)
_BEARS: Final = r"(?:with|having|suffering from|living with|affected by|who (?:have|has|had|suffer(?:s|ed)? from))"
# Behind a bearer stands what it has: "there may be other reasons people with asthma".
_BORNE: Final = re.compile(
    rf"[\w,] {BEARER} {_BEARS}(?= )|\b(?:problems?|troubles?|difficult(?:y|ies)) with(?= )"
    r"|\w with (?:similar|the same|identical)(?= )"
)
_ITS_BEARER: Final = re.compile(rf"\b{BEARER} {_BEARS} (?:[\w,-]+ ){{0,3}}?$")
FINITE: Final = r"(?:is|are|was|were|has|have|had|can|cannot|may|might|could|will|would|should|must|does|do|did)"
# A clause between commas is over where its sentence goes on: "fever, which may come suddenly, is usually high".
_GOES_ON: Final = re.compile(
    r", (?:(?:often|usually|generally|typically|sometimes|commonly|frequently|also|then) )?"
    rf"(?:{FINITE}|includes?)(?= )"
)
IS_SUBJECT: Final = re.compile(rf"^(?: (?!that |which |who )[\w-]+){{0,2}} {FINITE}\b")
_CONJUNCTION: Final = re.compile(r"^(?:and|or|nor|but|as well as|including|such as|especially|particularly|even)\b")
LEADS: Final = re.compile(
    rf"\b(?:(?:{_SIGN})(?: (?:or|and) (?:{_SIGN}))? (?:of|for|that)|suffer(?:s|ed|ing)? from|(?:lead|leads|led|leading|"
    r"progress(?:es|ed|ing)?|due|secondary|related|attributable|amount(?:s|ed)?|correspond(?:s|ed|ing)?) to|result(?:s"
    r"|ed|ing)? (?:in|from)|consist(?:s|ed|ing)? of|die[sd]? (?:of|from)|develop(?:s|ed)? into|complain(?:s|ed"
    r"|ing)? (?:of|about)|(?:caus|lead)(?:es|ed|e|s)? (?:\w+ ){1,3}to|such [\w-]+ as|(?:known|found|shown|thought"
    r"|believed|reported|said|proven|suspected|confirmed|presumed) to (?:have|be|cause|carry)|(?:complications?"
    r"|irritation|injury|damage) from|such as|go(?:es)? on to|turn(?:s|ed|ing)? into|progress(?:es|ed|ing)? into"
    r"|start(?:s|ed)? out as|present(?:s|ed|ing)? (?:with|as)|(?:infected|affected|caused|characteri[sz]ed|explained"
    r"|complicated|accompanied|followed|preceded|triggered|stimulated|precipitated|provoked|worsened|produced"
    r"|brought on) by|(?:diagnosed|infected|afflicted|affected|contaminated|infested|colonized|tinged|covered|filled"
    r"|lined) with|enough to be|suggestive of|positive for|prone to|(?:go|goes|fall|falls|slip|lapse) into|ends? in"
    r"|turn(?:s|ed)? out to be|(?:mild|minor|moderate|small|low|slight) to (?:moderate(?:ly)?|severe|major|large|high"
    r"|profound)|(?:appear|seem)(?:s|ed)? (?:as|to (?:be|have|show|develop))|interpreted as|regarded as|known as)(?= )"
)
# Verbs whose object is there, whether they apply or not; "impaired drainage" is no such verb.
GRANTING: Final = (
    r"(?:reduc|reliev|improv|prevent|treat|affect|alter|chang|decreas|increas|influenc|cur(?:e|ing)|controll?|clear"
    r"|eliminat|distinguish|discriminat|differ|respond|penetrat|manag|modif|worsen|slow|delay|protect|inhibit|interfer"
    r"|stimulat|activat|innervat|invad|irritat|compress|infect(?!i)|tell|separat|differentiat|depend|benefit|overcom"
    r"|resist|modulat|impair|damag|enter|reach|pump|toler|remov|take|transmit|spread|pass|replac|support)"
)
IS_THERE: Final = re.compile(
    r"^ (?:(?:is|are|was|were|has been|have been|had been) (?:\w+ly )?(?:present|seen|found|visible|detected|observed"
    r"|formed|there|identified|noted|evident|shown|demonstrated|reported)|occur(?:s|red)?|exist(?:s|ed)?|develop(?:s"
    r"|ed)?|appear(?:s|ed)?)\b"
)
# What one does to a thing that is there.
ACTING: Final = (
    r"(?:minimi[sz]|lessen|alleviat|ameliorat|mitigat|attenuat|suppress|combat|fight|kill|destroy|stop|avoid|halt|eas"
    r"|spar|revers|dissolv|shrink|break(?:s|ing)? up|heal|disrupt|interrupt|block|help|correct|repair|restor|sooth"
    r"|counteract|hold|keep|recommend|prescrib|order|perform|request|suggest\w* \w+ing\b)"
)
ADVERB: Final = (
    r"(?:\w+ly|also|even|then|thus|therefore|hence|thereby|instead|rather|later|soon|well|still|already|yet|again"
    r"|first|once|sometimes|often|always|never|now|too|perhaps|therein|additionally|otherwise|further)"
)
BEFORE_VERB: Final = (
    r"^(?: (?:\w+ly|also|more|less|even|then|later|further|not|able|useful|effective|used|help|serve|to|be))*"
)
TAKES_FOR_GRANTED: Final = re.compile(
    rf"{BEFORE_VERB} (?:(?<= be ){GRANTING}\w*(?! by)|(?:{GRANTING}|{ACTING})(?!\w*ed\b)\w*"
    rf"|help\w* (?:[\w-]+ ){{1,5}}?(?:{GRANTING}|{ACTING})(?!\w*(?:ed|ing|ion)\b)\w*)(?: |$)"
)
_HOLDER: Final = re.compile(
    r"(?<!\w)(?P<word>[\w-]+) (?:of|in|for|on|at|from|within|between|through|along|around|behind|with|to|by"
    r"|against)(?: (?:the|an?|its|his|her|their|both|each|this|these|all|any))*(?: (?!(?:and|or|is|was|after|before"
    r"|when|once|until|while|if|because|which|that|whom) )[\w-]+){0,2}? $"
)
_OF_IT: Final = re.compile(
    rf"(?:{_SIGN}|absence|lack|number|incidence|prevalence|rates?|levels?|tests?|testing|smears?|cultures?|swabs?"
    rf"|assays?|pcr|serolog(?:y|ies)|screening|search|examinations?|work-?up|{_PLACE})$"
)
# "The gene that causes asthma was not found".
_RELATIVE: Final = re.compile(
    r"\b(?:that|which|who) (?:\w+ly )?(?:caus|lead|produc|trigger|result|affect|involv|surround|suppl|cover|control"
    r"|contain|have|has|had|develop|show)\w* (?:(?:to|in) )?(?:[\w-]+ ){0,2}$|\bwho (?:[\w-]+ ){0,9}(?:has|have"
    r"|had) (?:[\w-]+ ){0,2}$"
)
# "One of these teeth is missing".
_PARTITIVE: Final = re.compile(
    r"(?:^|[,;:(—] ?|\b(?:and|but|that) )(?:one|any|some|none|all|both|each|most|many|either|neither) of (?:the|these"
    r"|those|his|her|its|their) $"
)
# "Whether obesity causes asthma is unclear".
_WHETHER: Final = re.compile(r"\bwhether (?:or not )?(?:[\w-]+ ){0,2}$")
# "The cause of asthma is unclear".
_ABOUT_IT: Final = re.compile(
    r"\b(?:relationship|link|association|connection|correlation|causes?|roles?|mechanism|reason|significance|origin"
    r"|pathogenesis|prevalence|incidence|frequency|effect|outcome|prognosis|treatment|nature)s? (?:of|between|for|in"
    r"|to)\b[^,;]*$"
)

_IS: Final = re.compile(r"\b(?:is|are|was|were|be|been|has|have|had|represents?|there)\b")
_OF_SUBJECT: Final = re.compile(r"(?:the |an? |any )?(?:[\w-]+ )?")


def is_member(gap: str) -> bool:
    """Return whether a list reaches over `gap` to its member: nothing in that member stands before it."""
    return reaches(re.split(r"[:,;]| - ", gap)[-1], is_list=True)


def is_head(before: str) -> bool:
    """Return whether the entity that `before` precedes may be what the sentence is about.

    It is not where it only tells the place or the bearer of another thing ("the groove of the fibula was not seen"),
    nor where it is what somebody has ("patients with asthma were excluded").
    """
    if _ITS_BEARER.search(before) or _WHETHER.search(before):
        return False
    if _ABOUT_IT.search(before):
        return False
    if _RELATIVE.search(before):
        return False
    if _PARTITIVE.search(before):
        return True
    holder = _HOLDER.search(before)
    return holder is None or _OF_IT.match(holder["word"]) is not None


def is_claimed(claim: str, behind: str) -> bool:
    """Return whether a claim is that the entity is there: "that he had asthma", "that asthma was present"."""
    if _IS.search(claim):
        return reaches(_IS.split(claim)[-1], is_list=False)
    return _OF_SUBJECT.fullmatch(claim) is not None and IS_THERE.match(behind) is not None


def opens_clause(gap: str, behind: str, *, joined: bool) -> bool:
    """Return whether the entity is the subject of a clause of its own behind a comma; if `joined`, behind "and" too."""
    if not IS_SUBJECT.match(behind):
        return False
    _, comma, own = gap.rpartition(", ")
    if comma:
        return not _CONJUNCTION.match(own) and " or " not in own
    _, conjunction, own = gap.rpartition(" and ")
    return joined and bool(conjunction) and " or " not in own


def reaches(gap: str, *, is_list: bool) -> bool:
    """Return whether a scope goes on over `gap`; that of a list also behind the place of one of its members."""
    if _GOES_ON.search(gap) or _BORNE.search(gap):
        return False
    led = LEADS.sub(" ", gap)
    if is_list:
        # "No tumour in the liver, effusion or mass": the list goes on behind the place.
        *earlier, led = _COMMA.split(led)
        # A member may begin with its place, "in the liver, in the lung"; "forms, of asthma" goes on.
        led = f"x {led}" if earlier and not led.startswith("of ") else led
    return ENDS.search(led) is None
