"""How far a denial reaches: "no tumour in the liver" denies the tumour and not the liver.

Every text here is in small letters.
"""

import re
from typing import Final

from met.anchor.scope import ACTING, FINITE, GRANTING, TAKES_FOR_GRANTED, opens_clause, reaches

_SUBJECTS: Final = re.compile(rf"^(?:,? (?!and |but )[\w-]+){{0,4}}? {FINITE}\b")
_IS_THERE: Final = re.compile(
    r"^ (?:(?:is|are|was|were|has been|have been|had been) (?:\w+ly )?(?:present|seen|found|visible|detected"
    r"|observed|formed"
    r"|there|identified|noted|evident|shown|demonstrated|reported)|occur(?:s|red)?|exist(?:s|ed)?|develop(?:s|ed)?"
    r"|appear(?:s|ed)?)\b"
)
_ARE_THERE: Final = re.compile(rf"^(?:,? [\w-]+){{0,4}}?{_IS_THERE.pattern.removeprefix('^')}")
# "Cannot live without a liver".
_DENIED_ITSELF: Final = re.compile(r"\b(?:can ?not|not|never|n['’]t|impossible|nothing)(?: [\w-]+){0,3} $")
_CONDITION: Final = re.compile(
    r"\b(?:where|when|whenever|wherever|if|because|although|though|since|while|once|unless)\b[^,;]*$"
)
# "Did not move the eyes": what the listener knows of is not denied.
_KNOWN_OBJECT: Final = re.compile(
    r"^ (?:\w+ (?:or|and) )?(?!(?:show|see|reveal|demonstrat|identif|visuali|find|found|confirm)\w* )\w+ "
    r"(?:the|its|their|his|her|this|these|those|your|our) "
)
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
    rf" (?:{FINITE}|leads?|causes?|results?|produces?|prevents?|interferes|affects"
    rf"|impairs|increases|reduces|means|makes?|allows?)(?= )"
)
_ALTERNATIVES: Final = re.compile(r"^[^;:(]*\b(?<!/)(?:or|nor)\b")
# Letters behind an entity in which a list must come to its last member.
REACH: Final = 80
_VERBAL: Final = frozenset({"not", "cannot", "never", "no longer", "n't"})
_ANOTHER: Final = re.compile(r" and (?:an?|the|its|his|her|their) ")
# "Without oxygen, you could have a stroke", "cannot bind oxygen and causes cyanosis", "not inherited is called".
_NEXT_CLAUSE: Final = re.compile(
    rf", (?:(?!that |which |who |and |or |nor )[\w-]+ ){{0,5}}?{FINITE} | and (?:\w+ly |also |then |often )?"
    rf"(?:{FINITE}|causes|leads|results|produces|forms|becomes|makes) |, (?:you|he|she|it|they|we|i|there|many|some"
    r"|others|most|several)(?=[ '’])|, (?:also )?(?:known as|called|termed|referred to as) "
    r"| [\w-]+ .*\b(?:due to|because of|owing to) "
)
_IS_CALLED: Final = re.compile(
    r" [\w-]+ (?:is|are|was|were) (?:called|known as|termed) |^ (?:\w+ )?(?:diagnos|predict|guarantee"
    r"|mean)(?!\w*ed\b)\w* "
    r"|, and |^ (?:reali[sz]|notic|recogni[sz])\w* (?:that )?(?:they|he|she|you|it|we|there) "
)
_NOT_ABSENT: Final = re.compile(r"\b(?:not|never|n['’]t)(?: [\w-]+){0,6} $")
# "No drug can cure asthma", "no one is sure what causes asthma".
_OTHER_VERB: Final = re.compile(
    rf" (?:can|could|will|would|may|might|should) (?:\w+ly )?(?:{GRANTING}|{ACTING})\w*(?= )"
)
_ASKED: Final = re.compile(r" (?:what|why|how|which|whether) ")
# "No treatment for asthma": asthma is there.
_NO_REMEDY: Final = re.compile(
    r" (?:[\w-]+ ){0,3}(?:treatment|cure|therap(?:y|ie)|vaccine|drug|medication|medicine|test|difference"
    r"|association|link"
    r"|relationship|effect|change)s? (?:for|in|of|between|against|with|on) "
)
# "Does not make enough blood": some is there.
_QUANTITY: Final = re.compile(
    r"\b(?:enough(?! to)|sufficient|adequate|too (?:much|many)|as (?:much|many)) (?!evidence"
    r"|data|proof)"
)


def denies(before: str, cue: str, gap: str, behind: str) -> bool:
    """Return whether a cue of denial behind `before` reaches over `gap` to the entity, which `behind` follows."""
    if cue.startswith(("none of", "neither", "nor")) and _SUBJECTS.match(behind) and not _ARE_THERE.match(behind):
        return False
    if cue.endswith(("n't", "n’t")):
        cue = "not"
    if cue == "without" and _DENIED_ITSELF.search(before):
        return False
    if cue in _VERBAL and ", " in gap and (_CONDITION.search(before) or before.endswith(("that ", "which ", "who "))):
        return False
    if cue in _VERBAL and (TAKES_FOR_GRANTED.search(gap) or _KNOWN_OBJECT.search(gap)):
        return False
    if cue == "without" and _GOING_ON.search(gap):
        return False
    if cue in _VERBAL and _CONSEQUENCE.search(gap):
        return False
    if cue == "not" and _ELSEWHERE.search(gap):
        return False
    names_it = gap.endswith("(") and behind.startswith(")")
    if names_it and (cue in _SINGLE or cue.startswith(("fail", "lack")) or before.endswith("born ")):
        # "Absence of reflexes (areflexia)".
        return False
    if _NEXT_CLAUSE.search(gap) or (cue in _VERBAL and (_IS_CALLED.search(gap) or _ASKED.search(gap))):
        return False
    if cue.endswith("absence of") and _NOT_ABSENT.search(before):
        return False
    if cue in _VERBAL and ("(" in gap or _QUANTITY.search(gap)):
        return False
    if (cue in _SINGLE or cue == "without" or cue.endswith((" of", " for"))) and _PREDICATE.search(gap):
        return False
    if cue == "no" and (_ANOTHER.search(gap) or _OTHER_VERB.search(gap) or _ASKED.search(gap) or _NO_REMEDY.match(gap)):
        return False
    if opens_clause(gap, behind, joined=cue in _VERBAL):
        return False
    is_single = cue in _SINGLE or (cue == "without" and not before)
    if cue in _SINGLE and "," in gap and before.endswith(", "):
        return False
    if is_single and "," in gap and not _ALTERNATIVES.search(f"{gap} {behind[:REACH]}"):
        return False
    return reaches(gap, is_list=cue not in _VERBAL)
