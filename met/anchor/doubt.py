"""How far a doubt reaches: "may improve vomiting" doubts the help and not the vomiting.

Every text here is in small letters.
"""

import re
from typing import Final

from met.anchor.scope import (
    ACTING,
    ADVERB,
    BEFORE_VERB,
    ENDS,
    FINITE,
    GRANTING,
    IS_SUBJECT,
    LEADS,
    TAKES_FOR_GRANTED,
    is_claimed,
    opens_clause,
    reaches,
)

# "Muscles that seem to be plump have a large mass".
_HAS_VERB: Final = re.compile(r" be (?:(?!(?:that|there|what|who|or|and)\b)\w+ ){1,3}(?:have|has|had|is|are|was|were) ")
# "May reach the brain and cause an abscess", "may spread, causing pain", "may clump to form a clot": what follows is in
# doubt as well.
_FOLLOWS: Final = re.compile(
    r"(?: and (?:\w+ly |then |also |thus |even )?(?:may |might |could )?(?:cause|produce|form|develop|become|trigger"
    r"|induce|create|(?:lead|give rise) to|(?:result|end) in)|, (?:\w+ly |often |thus |thereby |and |or "
    r"|even )*(?:causing|producing|forming|triggering|inducing|creating|(?:leading|giving rise) to|resulting in)"
    r"|^(?: [\w-]+){0,4} to (?:form|cause|produce|become|develop|include|trigger|induce|have|get|experience|suffer"
    r"|result in|lead to))(?= )"
)
# "May be associated with asthma": the link is in doubt.
_LINKS: Final = re.compile(
    r"\b(?:(?:associat|link|connect|correlat)ed (?:with|to)|(?:links?|relation\w*|associations?|connections?) (?:to"
    r"|with|between)|contribut\w+ to|(?:involved|implicated) in)(?= )"
)
# "May cause the rash": what has the article is known.
_CAUSES_IT: Final = re.compile(
    r"\b(?:caus\w*|feel|result\w* in|lead\w* to|responsible for|explain\w*|account\w* for|underl\w+) (?:the|these"
    r"|those|this|his|her|their|its|your|(?:an?|the) [\w-]+['’]s) (?:(?!of\b)[\w-]+ ){0,2}$"
)
# "May cause urine to pool", "may make pain worse": it is there.
_CAUSES_TO: Final = re.compile(r"\b(?:caus|allow|enabl|forc|lead|induc|help)\w* (?:(?!of\b)[\w-]+ ){0,2}$")
# "May collapse producing kyphosis".
_ENDS_IN: Final = re.compile(r" (?:producing|causing|leading to|resulting in) (?:an? )?(?:[\w-]+ )?$")
_IS_CALLED: Final = re.compile(r" be (?:\w+ly |also |then )?(?:called|termed|named|known as|referred to as) ")
_FEATURE_OF: Final = re.compile(
    r" be an? (?:[\w-]+ )?(?:feature|characteristic|complication) of |\b(?:risks?|problems?|benefits?) related to "
)
_MAKES: Final = re.compile(r" mak(?:e|es|ing) (?:(?:the|your|his|her|their|its) )?$")
_OTHERWISE: Final = re.compile(r"^ (?:worse|better|last|more|less|harder|easier|weak|come|go)\b")
_TO_ACT: Final = re.compile(r"^ to (?!(?:form|develop|appear|occur|arise|grow)\b)")
_AND_TAKES: Final = re.compile(rf" and (?:{GRANTING}|{ACTING})(?!\w*(?:ed|ing|ion)\b)\w* (?:[\w-]+ ){{0,2}}$")
# "May include a cough, a runny nose, and a fever".
_MAY_LIST: Final = re.compile(
    r"\b(?:may|might|could) (?:\w+ly |also |even |then )?(?:includ|caus|have|experienc|develop|suffer|result in"
    r"|lead to)(?!.*(?::| (?:but|which|while|because|although) ))"
)
_LISTS: Final = re.compile(
    r" (?:\w+ly |also |even |then )?(?:includ|caus|have|experienc|develop|suffer from|result in|lead to|be(?! \w+(?:ed"
    r"|en) ))\w* (?!in |on |at |from |with |by )"
)
# "It may be a mole, so it is removed".
_NEXT_CLAUSE: Final = re.compile(r", (?:and )?(?:so|thus|therefore|hence|you|he|she|it|they|we|there) ")
_RESULT_OF: Final = re.compile(r"\b(?:results?|consequences?) of ")
_EXPLAINS: Final = re.compile(r"\b(?:explain|account for)s?(?= )")
_LOOKS_FOR: Final = re.compile(rf"{BEFORE_VERB} (?!diagnosed (?:with|as) )(?:diagnos|detect|exclud|monitor)\w*(?: |$)")
# "May block the ureter" doubts the block. What a thing may be, have, cause or show is in doubt itself.
_DOUBTFUL_VERB: Final = (
    r"(?:be|been|have|has|had|be?come|represent|caus|includ|indicat|reflect|show|mean|develop|signal|contain|get|catch"
    r"|contract|lead|suffer|experienc|produc|trigger|manifest|prompt|exhibit|display|express|harbou?r|bear|herald"
    r"|imply|implies|denot|elicit|pick|struggl|fall|slip|lapse|end|evok|poss|incur|sustain|cough|vomit|los|set"
    r"|precipitat|initiat|generat|yield|promot|report|encourag|permit|allow|run|notic|wake|induc|suggest|constitut"
    r"|form|see|find|found|point|provok|creat|explain|appear|occur|acquire|carr|giv|mak|bring|result|aris|resembl"
    r"|mimic|correspond|ris|exist|involve[sd]? $|support|confirm|reveal|demonstrat|identif|detect|account|underl|play"
    r"|serv|act|function|look|feel|seem)"
)
_OBJECT_OF_ACT: Final = re.compile(
    rf"^(?:(?: \w+){{0,3}} and)?(?: \w+ly| also| even| then| have)* (?!{_DOUBTFUL_VERB}|that |whether )\w+(?: \w+ly)?"
    r" (?:the|its|their|his|her|your|our|these|those)(?: [\w-]+){0,2} $"
)
_ANY_ACT: Final = re.compile(
    rf"^(?: (?:{ADVERB}|or|not))*+ (?!{_DOUBTFUL_VERB}|(?:it|he|she|they|you|we|this|that|there|i|in|at|on|over|for"
    rf"|during|after|with|by|as|from|to|of) |hear|lack|fail|complain|present|progress|result|follow|die |turn|go "
    rf"|start|appear)\w+(?: [\w-]+){{0,3}} $"
)
_THAT: Final = re.compile(r" (?:that|whether) |^ if ")
# "Apparently, he had asthma".
_OF_SENTENCES: Final = frozenset(
    {"apparently", "presumably", "possibly", "probably", "perhaps", "maybe", "reportedly", "supposedly", "conceivably"}
)
# "Suspected malaria had anaemia", but "possible complications are stroke and infection".
_ADJECTIVES: Final = frozenset(
    {"possible", "probable", "suspected", "presumed", "potential", "questionable", "equivocal", "indeterminate"}
)
_LABELS: Final = ("cause", "complication", "explanation", "diagnos", "side effect", "symptom", "sign", "reason")
_BE: Final = re.compile(r" (?:is|are|was|were)(?= )")
_FINITE_BEHIND: Final = re.compile(
    rf"^ (?!(?:that|causes?|complications?|explanations?|diagnos[ie]s|side effects?|symptoms?|signs?|findings?"
    rf"|reasons?|outcomes?|adverse effects?)\b)[\w-]+.*(?<! to) {FINITE} "
)
_MODAL: Final = frozenset({"may", "might", "could"})
_OF_ACTS: Final = _MODAL | {"possibly", "probably", "likely", "apparently", "presumably"}
# "Suggests how severe the asthma is".
_INDIRECT: Final = re.compile(r"^ (?:how|why|what|when|where|which|who)\b")
# "Possible causes of asthma".
_OF_A_KNOWN: Final = re.compile(
    r"^(?: have| has| had| show| include)?(?: other (?:symptoms|signs|features|manifestations|complications)"
    r"| (?:symptoms|causes|complications|treatments|effects|manifestations|features|consequences|mechanisms|reasons"
    r"|explanations)) (?:of|for) (?:[\w-]+ ){0,2}$"
)


def doubts(cue: str, gap: str, behind: str) -> bool:
    """Return whether a cue of doubt reaches over `gap` to the entity, which `behind` follows."""
    if _TO_ACT.match(behind) and _CAUSES_TO.search(gap):
        return False
    is_act = cue in _MODAL and _ANY_ACT.search(gap) is not None
    if cue in _OF_ACTS or cue.endswith(" to"):
        is_act, gap = is_act and _FOLLOWS.search(gap) is None and _ENDS_IN.search(gap) is None, _FOLLOWS.split(gap)[-1]
    if gap.startswith(", ") and cue in _OF_SENTENCES:
        gap = gap[1:]
    gap = _RESULT_OF.sub("", gap)
    if (
        _LINKS.search(gap)
        or _NEXT_CLAUSE.search(gap)
        or _CAUSES_IT.search(gap)
        or _EXPLAINS.search(gap)
        or _INDIRECT.search(gap)
        or _OF_A_KNOWN.search(gap)
    ):
        return False
    if _IS_CALLED.search(gap) or _FEATURE_OF.search(gap):
        return False
    if behind.startswith(" being ") or (_MAKES.search(gap) and _OTHERWISE.match(behind)):
        return False
    if (cue in _OF_ACTS or cue.endswith(" to")) and (
        TAKES_FOR_GRANTED.search(gap) or _LOOKS_FOR.search(gap) or _AND_TAKES.search(gap)
    ):
        return False
    if is_act:
        return False
    if (cue in _OF_ACTS or cue.startswith(("whether ", "if "))) and _OBJECT_OF_ACT.search(gap):
        return False
    if opens_clause(gap, behind, joined=False) or _HAS_VERB.search(gap):
        return False
    if gap.endswith("(") and behind.startswith(")") and "," not in gap and _LISTS.match(gap):
        # "May have thinning of the bones (osteoporosis)".
        return True
    if cue in _ADJECTIVES and _FINITE_BEHIND.search(gap):
        return False
    if cue in _ADJECTIVES and gap[1:].startswith(_LABELS):
        # "A possible cause of this is diabetes".
        gap = _BE.split(gap)[-1]
    told, *claim = _THAT.split(gap, maxsplit=1)
    if claim and not ENDS.search(LEADS.sub(" ", told)):
        # Of "suggests that the lesion is a metastasis" the lesion is certain.
        return is_claimed(claim[0], behind)
    return reaches(gap, is_list=cue not in _MODAL or _LISTS.match(gap) is not None)


def lists_on(before: str, comma: str, behind: str) -> bool:
    """Return whether the sign `comma` between `before` and an entity parts two members of a list that is in doubt."""
    if comma.endswith(" the") or "with" in comma or IS_SUBJECT.match(behind):
        return False
    found = _MAY_LIST.search(before)
    return found is not None and ("includ" in found[0] or ";" not in before[found.end() :] + comma)
