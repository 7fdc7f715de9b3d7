"""How far a doubt reaches: "may improve vomiting" doubts the help and not the vomiting.

Every text here is in small letters.
"""

import re
from typing import Final

from met.anchor.scope import (
    ACTING,
    BEFORE_VERB,
    ENDS,
    GRANTING,
    IS_SUBJECT,
    LEADS,
    TAKES_FOR_GRANTED,
    opens_clause,
    reaches,
)

# "Muscles that seem to be plump have a large mass".
_HAS_VERB: Final = re.compile(r" be (?:(?!(?:that|there|what|who|or|and)\b)\w+ ){1,3}(?:have|has|had|is|are|was|were) ")
# "May reach the brain and cause an abscess", "may spread, causing pain", "may clump to form a clot": what follows is in
# doubt as well.
_FOLLOWS: Final = re.compile(
    r"(?: and (?:\w+ly |then |also |thus |even )?(?:may |might |could )?(?:cause|produce|form|develop|become"
    r"|trigger|induce|create"
    r"|(?:lead|give rise) to|(?:result|end) in)"
    r"|, (?:\w+ly |often |thus |thereby |and |or |even )*(?:causing|producing|forming|triggering|inducing|creating"
    r"|(?:leading|giving rise) to|resulting in)"
    r"|^(?: [\w-]+){0,4} to (?:form|cause|produce|become|develop|include|trigger|induce|have|get|experience|suffer"
    r"|result in"
    r"|lead to))(?= )"
)
# "May be associated with asthma": the link is in doubt.
_LINKS: Final = re.compile(
    r"\b(?:(?:associat|link|connect|correlat)ed (?:with|to)|contribut\w+ to|(?:involved|implicated) in)(?= )"
)
# "May cause the rash": what has the article is known.
_CAUSES_IT: Final = re.compile(
    r"\b(?:caus\w*|feel|result\w* in|lead\w* to|responsible for|explain\w*|account\w* for|underl\w+)"
    r" (?:the|these|those|this|his|her|their|its|your) (?:(?!of\b)[\w-]+ ){0,2}$"
)
_AND_TAKES: Final = re.compile(rf" and (?:{GRANTING}|{ACTING})(?!\w*(?:ed|ing|ion)\b)\w* (?:[\w-]+ ){{0,2}}$")
# "May include a cough, a runny nose, and a fever".
_MAY_LIST: Final = re.compile(
    r"\b(?:may|might|could) (?:\w+ly |also |even |then )?(?:includ|caus|have|experienc|develop|suffer|result in"
    r"|lead to)"
    r"(?!.*(?::| (?:but|which|while|because|although) ))"
)
_LISTS: Final = re.compile(
    r" (?:\w+ly |also |even |then )?(?:includ|caus|have|experienc|develop|suffer from|result in|lead to"
    r"|be(?! \w+(?:ed|en) ))\w*"
    r" (?!in |on |at |from |with |by )"
)
# "It may be a mole, so it is removed".
_NEXT_CLAUSE: Final = re.compile(r", (?:and )?(?:so|thus|therefore|hence|you|he|she|it|they|we|there) ")
_RESULT_OF: Final = re.compile(r"\b(?:results?|consequences?) of ")
_EXPLAINS: Final = re.compile(r"\b(?:explain|account for)s?(?= )")
_LOOKS_FOR: Final = re.compile(rf"{BEFORE_VERB} (?:diagnos|detect|exclud|monitor)\w*(?: |$)")
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
_IS: Final = re.compile(r"\b(?:is|are|was|were|be|been|has|have|had|represents?|there)\b")
_MODAL: Final = frozenset({"may", "might", "could"})
_OF_ACTS: Final = _MODAL | {"possibly", "probably", "likely"}
# "Suggests how severe the asthma is".
_INDIRECT: Final = re.compile(r"^ (?:how|why|what|when|where|which|who)\b")
# "Possible causes of asthma".
_OF_A_KNOWN: Final = re.compile(
    r"^ (?:symptoms|causes|complications|treatments|effects|manifestations|features|consequences|mechanisms|reasons"
    r"|explanations) (?:of|for) (?:[\w-]+ ){0,2}$"
)


def doubts(cue: str, gap: str, behind: str) -> bool:
    """Return whether a cue of doubt reaches over `gap` to the entity, which `behind` follows."""
    if cue in _OF_ACTS or cue.endswith(" to"):
        gap = _FOLLOWS.split(gap)[-1]
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
    if behind.startswith(" being "):
        return False
    if (cue in _OF_ACTS or cue.endswith(" to")) and (
        TAKES_FOR_GRANTED.search(gap) or _LOOKS_FOR.search(gap) or _AND_TAKES.search(gap)
    ):
        return False
    if cue in _OF_ACTS and _OBJECT_OF_ACT.search(gap):
        return False
    if opens_clause(gap, behind, joined=False) or _HAS_VERB.search(gap):
        return False
    if gap.endswith("(") and behind.startswith(")") and "," not in gap and _LISTS.match(gap):
        # "May have thinning of the bones (osteoporosis)".
        return True
    told, that, claim = gap.partition(" that ")
    if that and not ENDS.search(LEADS.sub(" ", told)):
        # Of "suggests that the lesion is a metastasis" the lesion is certain.
        return _IS.search(claim) is not None and reaches(_IS.split(claim)[-1], is_list=False)
    return reaches(gap, is_list=cue not in _MODAL or _LISTS.match(gap) is not None)


def lists_on(before: str, comma: str, behind: str) -> bool:
    """Return whether the sign `comma` between `before` and an entity parts two members of a list that is in doubt."""
    if comma.endswith(" the") or "with" in comma or IS_SUBJECT.match(behind):
        return False
    found = _MAY_LIST.search(before)
    return found is not None and ("includ" in found[0] or ";" not in before[found.end() :] + comma)
