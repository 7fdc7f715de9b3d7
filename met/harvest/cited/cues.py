"""Words by which a sentence about a figure tells what it rests on: what is seen, or tests, treatment, course, counts.

Each pattern ignores case. They are read by met/harvest/cited/__init__.py, which says in which order they decide.
"""

import re
from typing import Final

_CONFIRMED: Final = (
    r"\bconfirm\w*|\bproven\b|\bdiagnosis (?:was|of)\b|(?<!be )\bdiagnosed (?:as|with|by)\b"
    r"|\bpathological(?:ly)? (?:diagnos|examin)\w*|\bp\.?c\.?r\b|\brt-?q?pcr\b|\bqrt-pcr\b|\bserolog\w*"
    r"|\bserum\b|\blaborator\w+|\bblood (?:test|count|culture)s?|\bcultures? (?:grew|was|were)\b|\b(?:swab"
    r"|test|assay)s? (?:was|were|is|came back)? ?(?:positive|negative)|\btested (?:positive|negative)"
    r"|\bgenetic test\w*|\bsequencing\b|\bblotting\b|\bblood pressure\b"
)
_TREATED: Final = (
    r"\btreat(?:ed|ment|ments)\b|\b\w*therap(?:y|ies)\b|\bprescri\w+|\badminist\w+|\bantibiotics?\b|\b(?:in"
    r"|pre|post)?surg(?:ery|ical|ically)\b|\bunderwent\b|\bresect(?:ed|ion)\b|\boperat(?:ed|ion)\b"
    r"|\btransplant\w*|\bmedications?\b|\b(?:may|can|could) be used if\b|\bdoses?\b|\bdrugs? of choice\b"
)
_COURSE: Final = (
    r"\bdischarged\b|\brecover(?:ed|y)\b|\bdied\b|\bdeaths?\b|\bfatal\b|\bmortalit\w+|\bsurviv\w+"
    r"|\bfollow(?:ed)?[- ]?up\b|\brelaps\w+|\brecurren\w+|\bremission\b|\bprognos\w+"
    r"|\bwithout (?:any )?complications?\b|\bsymptom[- ]free\b|\b(?:months?|weeks?|days?|years?) (?:later"
    r"|after)\b|\bfurther (?:reduced|improved|progressed)\b|\bimproved\b|\bresolved\b|\bhealed\b|\buneventful\b"
)
_COUNTED: Final = (
    r"\bi2\s?=|\b(?:or|hr|rr|smd|wmd|md)\b\s?[=:,]|\b95\s?%|\bpooled\b|\bheterogeneit\w+"
    r"|\b\d+(?:\.\d+)?-fold\b|\bp\s?[<>=]\s?0|\bup to \d+\s?%|\bbetween \d+(?:\.\d+)? and \d+(?:\.\d+)?\s?%"
    r"|\bexcess risk\b|\bresistan(?:ce|t) to\b"
)
_TISSUE: Final = r"\bbiops(?:y|ies)\b|\bhistolog\w+|\bhistopatholog\w+|\bcytolog\w+|\bautops\w+|\bspecimens?\b"
_PREPARED: Final = (
    r"\bwe (?:used|assayed|labell?ed|investigated|tested|generated|determined|hypothesi[sz]ed|examined"
    r"|analy[sz]ed|then)\b|\b(?:previous|earlier|recent|other) (?:stud|work|report)\w*|\b(?:stud(?:y|ies)|work"
    r"|authors?) (?:have|has|had)\b|\bwe (?:recently|previously)\b|\bin order to\b|^to (?:identify|test"
    r"|investigate|determine|examine|assess|estimate|model|further)\b|\bcan(?:not)? be (?:used|decided"
    r"|diagnosed)\b|\b(?:is|are) (?:often |commonly |best )?used\b|\brefers? to\b|\bthis stage\b|\bstage\.?$"
    r"|\bpathological (?:process|features?)\b|\bmost(?:ly)? (?:common|seen) in\b|\bmore common in\b"
    r"|\bresolution of\b|\bscan layers?\b|\bartifact\b|\bin (?:agreement|accordance) with\b|\bthese results\b"
    r"|\bresults? (?:suggest|indicate)\b|\bsuggest(?:s|ed|ing)? that\b|\bto (?:diagnose|detect|visuali[sz]e)\b"
)
# What things do and are for; a picture shows neither.
_DOES: Final = (
    r"\bresponsible for\b|\bused (?:to|for|in)\b|\ballow(?:s|ing)?\b|\bhelp(?:s|ing)?\b|\bproduc(?:e|es|ing)\b"
    r"|\b(?:can|may|might|could) (?:cause|lead|be|also|result|occur)\b|\bcaus(?:e|es|ed|ing)\b|\blead(?:s"
    r"|ing)? to\b|\blinked to\b|\bbenefits?\b|\btransport(?:s|ed)?\b|\bdefend\w*|\benabl(?:e|es|ing)\b"
    r"|\bfacilitat\w+|\bprotect\w*|\bfunctions?\b|\broles?\b|\bimportant\b|\bknown as\b|\bspread(?:s|ing)?\b"
    r"|\bdissolv\w+|\bderived from\b|\bcirculat\w+|\bsymptoms?\b|\btransmitted\b|\binhabit\w*"
    r"|\bcells? collect\w*|\bsample material\b|\bmutualistic\b|\bcoloni[sz]\w+|\bfeeding\b|\bsurvive\w*"
    r"|\bis initially\b|\bincubation\b|\b(?:bites?|fleas?)\b|\bgenes?\b|\brequire\w*"
)
_SHOWS: Final = (
    r"\bshow(?:s|n|ed|ing)?\b|\breveal\w*|\bdemonstrat\w+|\bdisplay\w*|\bdepict\w*|\billustrat\w+|\bexhibit\w*"
    r"|\bmanifest(?:s|ed|ation|ations)?\b|\bpresented (?:by|as)\b|\bobserved\b|\b(?:be|is|are|was|were"
    r"|as) seen\b|\bvisible\b|\bevident\b|\bdetect(?:ed|ion)\b|\bappear(?:s|ed|ance|ing)?\b|\bresembl\w+"
    r"|\bcharacteri[sz]ed by\b|\bshow up\b|\bincludes both\b|\bexpress(?:ion|es|ed|ing)?\b|\blook(?:s"
    r"|ing)? like\b|\bthere is an?\b"
)
_LOOKS: Final = (
    r"\bopacit\w+|\bopaque\b|\bdensit(?:y|ies)\b|\bdense\b|\bshadows?\b|\bconsolidat\w+|\bthicken\w+"
    r"|\bnodul\w+|\bmass(?:es)?\b|\blesions?\b|\bpatch(?:y|es)?\b|\bfuzzy\b|\bhoneycomb\w*|\bgrid\w*"
    r"|\bstrip\w*|\bstriat\w+|\bstripes?\b|\bspin(?:y|ed)\b|\bshaped?\b|\bround(?:ed)?\b|\boval\b"
    r"|\bcrescent\w*|\bspherical\b|\brod-?(?:shaped|like)?\b|\blayers?\b|\bpairs? of\b|\b(?:white|red|purple"
    r"|pink|blue|green|yellow|black|gr[ae]y|brown|dark|bright|light-toned)\b|\bswell\w*|\bswollen\b"
    r"|\benlarge\w+|\berosion\w*|\bulcer\w*|\brash\w*|\braised\b|\bflatten\w+|\bdamaged\b|\bsmall\b|\blarge\b"
    r"|\bsteep\b|\bcurv(?:ed|ing)\b|\bsurrounded by\b|\bcomposed of\b|\bconsists? of\b|\bmultinucleated\b"
    r"|\bnucle(?:us|i)\b|\bcilia\b|\bflagell\w+|\bfollicles?\b|\bspots?\b|\bfractur\w+|\beffusions?\b"
    r"|\bcavit(?:y|ies)\b|\bcysts?\b|\bdilat\w+|\bstenos\w+|\bocclu\w+|\bhyper(?:intens|dens|echo)\w+"
    r"|\bhypo(?:intens|dens|echo)\w+|\benhanc\w+|\bcalcif\w+|\blucen\w+|\bdistribution\b|\bborders?\b"
    r"|\bmargins?\b|\bopening\b|\bforamen\b|\blarger?\b|\bsmaller\b|\binfiltrat\w+|\bh(?:a)?emorrhag\w+"
    r"|\barrows?\b|\bstain(?:ing|ed)? (?:positive|for)\b|\bpositive signal\b|\bpeaks?\b|\bdome\b"
    r"|\bcontains? (?:the|an?|two|one)\b"
)
# Where things lie and how many there are.
_PLACED: Final = (
    r"|\barrang\w+|\bpatterns?\b|\bcovered\b|\blin(?:ed|ing)\b|\battached\b|\badjacent\b|\bbeneath\b"
    r"|\bsurfaces?\b|\bedges?\b|\bcent(?:er|re|ral)\b|\bscattered\b|\bmultiple\b|\bbilateral\w*"
    r"|\bunilateral\w*|\bdiffuse\w*|\bfocal\w*|\bblisters?\b|\bpus\w*|\bcrust\w*|\bplaques?\b|\bpapules?\b"
    r"|\bmacul\w+|\bvesic\w+|\blumps?\b|\bsclero\w+|\bthin\b|\bthick\b|\blong\b|\bshort\b|\bwide\b|\bnarrow\w*"
    r"|\bdistend\w+|\bdisplac\w+|\bdeform\w+|\binflam\w+|\bcoated\b|\bfibers?\b|\bfibres?\b|\bmembran\w+"
    r"|\bbranch\w+|\bclusters?\b|\bchains?\b|\bcontrast\b|\bsignal\b"
)
_FLAGS: Final = re.IGNORECASE
CONFIRMED, TREATED, COURSE, COUNTED, TISSUE, PREPARED, DOES, SHOWS, LOOKS = (
    re.compile(words, _FLAGS)
    for words in (_CONFIRMED, _TREATED, _COURSE, _COUNTED, _TISSUE, _PREPARED, _DOES, _SHOWS, _LOOKS + _PLACED)
)
