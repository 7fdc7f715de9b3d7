"""What a name only tells the kind, the bearer or the place in a list of: "heart problems", "no blood supply".

Every text here is in small letters.
"""

import re
from typing import Final

# What is in doubt is then this and not what it is for or of: "may require a blood transfusion".
ITS_THING: Final = re.compile(
    r"-(?:specific|derived|based|positive|induced|related|associated)\b|[ -](?:(?!(?:and|or|in|with|of|for|as"
    r"|following|after|before|during|from|by|on|at|without|since|than|is|are|was|were|to|may|can|if|when|that|which"
    r"|despite|because|although|but|not|no|could|needing|requiring|causing|involving|affecting|producing|including"
    r"|like|such|under|any|all|their|his|her|the|an?|this|these|those|other) )\w[\w-]* )?(?:transfusions?"
    r"|transplant\w*|tests?|testing|sampl\w+|surgery|biops\w+|scans?|scanning|blocks?|resections?|blockage"
    r"|evaluations?|vaccin\w+|treatments?|irritation|damage|abnormalit\w+|problems?|defects?|injur\w+|failure"
    r"|involvement|cells?|dysfunction|disorders?|softeners?|conditions?|diseases?|rhythm|triggers?|positioning"
    r"|movements?|growth|exams?|examinations?|hormones?|levels?|concentrations?|malformations?|deformit\w+|weakness"
    r"|enlargement|therap(?:y|ies)|medications?|drugs?|risks?|rates?|incidence|prevalence|cases?|research|stud(?:y"
    r"|ies)|signal\w*|functions?|parameters?|acquisitions?|factors?|markers?|genes?|mutations?|receptors?|antibod\w+"
    r"|sounds?|screening|results?)\b|[ -](?:loss|flow|supply|upset)\b"
)
# Organs, which a list brings together before what is said of them: "heart and muscle problems".
ORGANS: Final = re.compile(
    r"(?:heart|liver|kidneys?|lungs?|brain|skin|nose|eyes?|muscles?|nerves?|bones?|joints?|bladder|bowels?|spleen"
    r"|stomach|blood|thyroid|throat|mouth|ears?|chest|neck|back|head|face|hands?|feet|foot|legs?|arms?|teeth|hair"
    r"|urine|stool)"
)
OF_ORGANS: Final = re.compile(
    r"(?:,? [\w-]+){0,2},? (?:and|or) (?:[\w-]+ )?(?:problems?|diseases?|disorders?|damage|failure|enlargement|dryness"
    r"|pain|infections?|tests?|scans?|injur\w+|cancers?|tumou?rs?|swelling|abnormalit\w+|defects?|weakness|irritation"
    r"|transplant\w*)\b"
)
# What is denied is then this: "has no blood supply".
ITS_SERVICE: Final = re.compile(
    r"-(?:positive|specific|derived|based|induced|related|associated)\b| (?:supply|supplies|flow|drainage|circulation"
    r"|functions?|involvement|transfusions?|transplant\w*|surgery|tests?|data|cells?|counts?|hormones?|rhythm"
    r"|medicines?|medications?|genes?|mutations?|vaccin\w+)\b"
)
# Behind these words stands a list, and what is said of its head is said of each member: "may include: fever, cough".
LIST: Final = re.compile(
    r"\b(?:includ(?:e|es|ed|ing)|following|as follows|have|has|complaints|symptoms|signs|causes|findings|diagnos[ie]s"
    r"|complications|problems|effects|conditions|such as)(?= ?: | - )"
)
GIVES: Final = re.compile(r",? (?:including|such as|like|for example|e\.g\.)")
