"""How far a denial reaches: "no tumour in the liver" denies the tumour and not the liver.

Every text here is in small letters.
"""

import re
from typing import Final

from met.anchor.scope import (
    ACTING,
    ADVERB,
    BEARER,
    FINITE,
    GRANTING,
    IS_THERE,
    TAKES_FOR_GRANTED,
    is_claimed,
    opens_clause,
    reaches,
)

_SUBJECTS: Final = re.compile(rf"^(?:,? (?!and |but )[\w-]+){{0,4}}? {FINITE}\b")
_ARE_THERE: Final = re.compile(rf"^(?:,? [\w-]+){{0,4}}?{IS_THERE.pattern.removeprefix('^')}")
# "Cannot live without a liver".
_DENIED_ITSELF: Final = re.compile(
    r"\b(?:can ?not|not|never|n['’]t|impossible|nothing|rarely|seldom|hardly)(?: [\w-]+){0,3} $"
)
_CONDITION: Final = re.compile(
    r"\b(?:where|when|whenever|wherever|if|because|although|though|since|while|once|unless)\b[^,;]*$"
)
# "Did not move the eyes": what the listener knows of is not denied.
_KNOWN_OBJECT: Final = re.compile(
    r"^ (?:\w+ (?:or|and) )?(?!(?:show|see|reveal|demonstrat|identif|visuali|find|found|confirm)\w* )\w+ (?:the|its"
    r"|their|his|her|this|these|those|your|our) "
)
# Of what one does not do the object is there ("do not ignore pain"), unless the act is to have, cause, find or show it.
_AUXILIARY: Final = re.compile(r"\b(?:do|does|did|may|might|should|must|will|would|wo|can|ca|could) $")
_HAVING: Final = re.compile(
    rf"^(?: (?:{ADVERB}|to|able))*+ (?:be |been |has|have|had|get|show|see|reveal|demonstrat|find|found|develop|caus"
    rf"|contain|feel|experienc"
    r"|suffer|exhibit|includ|produc|detect|identif|recei?v|underg|perform|express|indicat|suggest|represent|bec|lead"
    r"|result|form|mak|giv|present|complain|report|possess|carr|display|seem|appear|look|visuali|disclos|confirm"
    r"|observ|acquir|contract|elicit|trigger|induc|creat|note|notic|recogni|suspect|support|meet|harbou?r|bear|grow"
    r"|inherit|catch|mention|involv|constitut|mean|imply|return|mimic|resembl|respond|reflect|turn|prove|come|die"
    r"|dying|progress|go |test |transform|evolv|requir|fit|secret|synthesi|generat)"
)
# "Rather than risk an infection".
_ANOTHER_ACT: Final = re.compile(r"^ (?:\w+ing|risk|start|begin|use|take|treat|wait|try|go|rely|focus) ")
# "Women who are not pregnant may have a rash".
_FINITE_BEHIND: Final = re.compile(
    r"\w(?<!there) (?:is|are|was|were|can|cannot|may|might|could|will|would|should|must) "
)
_FEATURE_OF: Final = re.compile(r" an? (?:[\w-]+ )?(?:feature|characteristic|complication|cause) of ")
# "Does not cause symptoms or harm the kidneys", "no problems are caused by these warts".
_AND_ACTS: Final = re.compile(
    r" or (?!have|has|show|see|cause)\w+ (?:the|its|their|his|her|this|these|those|your|our) $| (?:caused|produced"
    r"|triggered) by (?:the|these|this|those) $"
)
# "Does not produce tears properly".
_MANNER: Final = re.compile(r"^ (?:properly|well(?!-)|normally|correctly|adequately)\b")
# "The block but not placebo reduced pain".
_BUT_NOT_THIS: Final = re.compile(
    r"^ (?:[\w-]+ ){1,3}?(?:\w+ly )?(?:reduced|increased|improved|decreased|showed|had|was|were|caused|affected) "
)
_BEARERS: Final = re.compile(rf"^ (?:[\w-]+ )?{BEARER}\b")
_BUT_WITH: Final = re.compile(r" (?:or|and|but) with ")
_GOING_ON: Final = re.compile(r"^ \w+ing (?:the|its|their|his|her|this|these|those|your|our) ")
# "Does not drain, causing pain".
_CONSEQUENCE: Final = re.compile(r", (?:thus |thereby )?\w+ing\b")
# "Without fever, a rash developed" denies one thing, "without fever, cough or rash" three.
_SINGLE: Final = frozenset(
    {"lack of", "absence of", "disappearance of", "resolution of", "lacking", "absent", "missing"}
)
# "But not in the liver": another thing is not there. Of a patient who is "not in pain" the pain is denied.
_ELSEWHERE: Final = re.compile(
    r"^ (?:(?:within|on|at|from|with|during|through|into) |in (?=\w))(?!$)|^ to (?=$|(?:the|an?|any|other|its|their) )"
)
# Behind the absence stands what it does: "lack of oxygen may damage the brain".
_PREDICATE: Final = re.compile(
    rf" (?:{FINITE}|leads?|causes?|results?|produces?|prevents?|interferes|affects|impairs|increases|reduces|means"
    rf"|makes?|allows?|develop(?:s|ed)?|suffer(?:s|ed)?|show(?:s|ed)?|die[sd]?|exhibit(?:s|ed)?|experienced?|get"
    rf"|become|need|require)(?= )"
)
_ALTERNATIVES: Final = re.compile(r"^[^;:(]*\b(?<!/)(?:or|nor)\b")
# Letters behind an entity in which a list must come to its last member.
REACH: Final = 80
_VERBAL: Final = frozenset({"not", "cannot", "never", "no longer", "n't"})
_ANOTHER: Final = re.compile(r" and (?:an?|the|its|his|her|their) ")
# "Without oxygen, you could have a stroke", "cannot bind oxygen and causes cyanosis", "not inherited is called".
_NEXT_CLAUSE: Final = re.compile(
    rf", (?:(?!that |which |who |and |or |nor )[\w-]+ ){{0,5}}?{FINITE} | and (?:\w+ly |also |then "
    rf"|often )?(?:{FINITE}|causes|leads|results|produces|forms|becomes|makes) |, (?:you|he|she|it|they|we|i|there"
    rf"|many|some"
    r"|others|most|several)(?=[ '’])|, (?:also )?(?:known as|called|termed|referred to as) | [\w-]+ .*\b(?:due to"
    r"|because of|owing to) "
)
_IS_CALLED: Final = re.compile(
    r" [\w-]+ (?:is|are|was|were) (?:called|known as|termed) |^ (?:\w+ )?(?:diagnos|predict|guarantee"
    r"|mean)(?!\w*ed\b)\w* |, and |^ (?:reali[sz]|notic|recogni[sz])\w* (?:that )?(?:they|he|she|you|it|we|there) "
)
_NOT_ABSENT: Final = re.compile(r"\b(?:not|never|n['’]t)(?: [\w-]+){0,6} $")
# "No drug can cure asthma", "no one is sure what causes asthma".
_OTHER_VERB: Final = re.compile(
    rf" (?:can|could|will|would|may|might|should) (?:\w+ly )?(?:{GRANTING}|{ACTING})\w*(?= )"
)
# "No patient in the control group developed a fever".
_OF_BEARERS: Final = frozenset({"no", "zero", "neither", "none", "nobody"})
_BEARER_HAD: Final = re.compile(
    rf"^ (?:(?!and |or )[\w-]+ ){{0,4}}?(?:{BEARER}|person|child|infant|adult|man|woman|subject|participant|animal"
    rf"|mouse|mice|rats?"
    r"|dogs?|cases?|group|arm|other|one)\b(?: [\w-]+){0,10}? (?:had|has|have|developed?|develops|experienced?|showed"
    r"|shows?|suffered(?: from)?|presented with|complained of|reported|exhibited|received|underwent)(?= )"
)
_ASKED: Final = re.compile(r" (?:what|why|how|which|whether) ")
# "No treatment for asthma": asthma is there.
_NO_REMEDY: Final = re.compile(
    r" (?:[\w-]+ ){0,3}(?:treatment|cure|therap(?:y|ie)|vaccine|drug|medication|medicine|test|difference|association"
    r"|link|relationship|correlation|interaction|impact|influence|benefit|reduction|increase|decrease|improvement"
    r"|effect|change)s? (?:for|in|of|between|against|with|on) "
)
# "Does not make enough blood": some is there.
_QUANTITY: Final = re.compile(
    r"\b(?:enough(?! to)|sufficient|adequate|too (?:much|many)|as (?:much|many)) (?!evidence|data|proof)"
)

_OF_ACTS: Final = (
    TAKES_FOR_GRANTED,
    _KNOWN_OBJECT,
    _FINITE_BEHIND,
    _FEATURE_OF,
    _AND_ACTS,
    _CONSEQUENCE,
    _IS_CALLED,
    _ASKED,
    _QUANTITY,
)
_CONTRASTS: Final = frozenset({"not", "rather than", "instead of"})


def denies(before: str, cue: str, gap: str, behind: str) -> bool:
    """Return whether a cue of denial behind `before` reaches over `gap` to the entity, which `behind` follows."""
    if cue.startswith(("none of", "neither", "nor")) and _SUBJECTS.match(behind) and not _ARE_THERE.match(behind):
        return False
    if cue.endswith(("n't", "n’t")):
        before, cue = f"{before}{cue[:-3]} ", "not"
    if cue.startswith("exclud") and _BEARERS.match(gap):
        return False
    if cue == "without" and _DENIED_ITSELF.search(before):
        return False
    if cue in _VERBAL and _is_of_act(before, cue, gap):
        return False
    if cue == "without" and (_GOING_ON.search(gap) or _BUT_WITH.search(gap)):
        return False
    if cue in _CONTRASTS and (_ELSEWHERE.search(gap) or (cue != "not" and _ANOTHER_ACT.match(gap))):
        return False
    if _MANNER.match(behind) or (before.endswith("but ") and _BUT_NOT_THIS.match(gap)):
        return False
    names_it = gap.endswith("(") and behind.startswith(")")
    if names_it and (cue in _SINGLE or cue.startswith(("fail", "lack")) or before.endswith("born ")):
        # "Absence of reflexes (areflexia)".
        return False
    if _NEXT_CLAUSE.search(gap):
        return False
    if cue.endswith("absence of") and _NOT_ABSENT.search(before):
        return False
    if (cue in _SINGLE or cue == "without" or cue.endswith((" of", " for"))) and _PREDICATE.search(gap):
        return False
    if cue == "no" and (_ANOTHER.search(gap) or _OTHER_VERB.search(gap) or _ASKED.search(gap) or _NO_REMEDY.match(gap)):
        return False
    if gap.startswith(" that "):
        return is_claimed(gap.removeprefix(" that "), behind)
    if cue in _OF_BEARERS:
        gap = _BEARER_HAD.sub("", gap)
    if opens_clause(gap, behind, joined=cue in _VERBAL):
        return False
    is_single = cue in _SINGLE or (cue == "without" and before in ("", "even ", "and ", "but "))
    if cue in _SINGLE and "," in gap and before.endswith(", "):
        return False
    if is_single and "," in gap and not _ALTERNATIVES.search(f"{gap} {behind[:REACH]}"):
        return False
    return reaches(gap, is_list=cue not in _VERBAL)


def _is_of_act(before: str, cue: str, gap: str) -> bool:
    """Return whether a verb is denied, or something else behind it, whose object may well be there."""
    if ", " in gap and (_CONDITION.search(before) or before.endswith(("that ", "which ", "who "))):
        return True
    if (cue == "cannot" or (cue == "never" and not before) or _AUXILIARY.search(before)) and not _HAVING.match(gap):
        return True
    return "(" in gap or any(pattern.search(gap) for pattern in _OF_ACTS)
