"""The words of a sentence that deny, doubt, date, compare or show, and the signs that end a clause.

What they reach is met.anchor.context's.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

# "Not" and what it grows into.
_NOT: Final = r"(?:not|(?:do|does|did|is|are|was|were|has|have|had|ca|could|wo|would|should|must|need)n['’]t)"
_CANNOT: Final = r"(?:can ?not|can['’]t|could not|couldn['’]t)"
_GONE: Final = r"(?<!be )(?<!was )(?<!were )(?:resolved|disappeared|cleared|subsided|vanished|abated|faded)"
# What stands behind a verb that has no object.
_NO_OBJECT: Final = (
    r"(?=[.,;:)]|$| (?:in|on|at|by|from|with|within|without|when|if|as|after|before|during|over|because|and|but|or|due"
    r"|around|near|along|under|later|again|anywhere|following|spontaneously|suddenly|gradually|slowly|rapidly|quickly"
    r"|completely|entirely|fully)\b)"
)

# What shows that nothing is there: "excluded by CT".
_BY_TEST: Final = (
    r"(?:\w+ )?(?:ct|mri|mr|pet|ultraso\w+|sonogra\w+|imaging|tests?|testing|biops\w+|histolog\w+|endoscop\w+"
    r"|angiogra\w+|radiogra\w+|x-?rays?|examinations?|cultures?|pcr|serolog\w+|laborator\w+|laparo\w+)\b"
)
# What points to a thing: with "no" before it, the thing is not there.
_POINTING: Final = (
    r"(?:(?:to )?(?:suggest|indicate)|suggesting|suggestive of|indicating|indicative of|suspicious for|concerning for"
    r"|diagnostic of|(?:consistent|compatible) with|characteristic of|typical of)"
)

# In this order: the first alternative that matches at a place wins.
_CUES = {
    "none": (
        _NOT + r" (?:only|just|simply|merely|always|all|every(?:one|body|thing)?|necessarily|often|usually"
        r"|uniformly|until|possible|(?:clear|sure|certain)(?! (?:that|whether|if) )|know(?! (?:whether|if) )"
        r"|known(?! (?:to|that|whether|if) )|fully|completely|entirely|totally|wholly|exclusively|solely|strictly|very"
        r"|particularly|especially|the (?:only|same|first))"
        r"|(?:" + _NOT + r"|cannot) (?:\w+ly )?(?:be )?(?:\w+ly )?(?:associated|related|correlated|linked|different"
        r"|dependent|compatible with life|compared|considered|excluded from)|(?:as|if|where|when|whenever"
        r"|wherever) possible|(?:is|are|was|were|be|becomes?|became|more|most|readily"
        r"|clearly) (?:also )?apparent(?= (?:in|on|at|for|from|by|that|when|until|as|after|during|with|to)\b|[.,;)]|$)"
        r"|(?:may|might|could) have (?:you|him|her|them)|(?:prevent|avoid|reduc|eliminat|minimi[sz]|limit)\w* (?:the "
        r"|any )?(?:possibility|likelihood|probability) of|possible (?:to|for)|(?:how"
        r"|why) (?:(?!whether )[\w-]+ ){0,3}?(?:may|might|could)|(?:doctors?|providers?|physicians?|specialists?"
        r"|dentists?|surgeons?|he or she)(?: may| might| will| also)* suggests?|no one knows|if not|(?:breaks?"
        r"|breaking|broke|broken|sets?) free|(?:perhaps|possibly|probably|likely|arguably|presumably) (?:now "
        r"|also )?(?:the|one of the) (?:\w+est\b|most|only|first|main|major|leading)|not (?:long|far|surprising(?:ly)?"
        r"|infrequent(?:ly)?|uncommon(?:ly)?|unusual(?:ly)?|rare(?:ly)?)|(?<=whether )or not|who (?:is|are) (?:most "
        r"|more )?likely|with and without|not-\w+|no single|not an? (?:\w+ )?(?:sure|definite|certain|reliable"
        r"|absolute|specific) (?:sign|indication|proof)|as suggested by|(?:may|might|could) (?:occur|happen"
        r"|develop)(?= without)|suggested (?:for|as)|consistent with this(?= |,)|differential diagnos[ie]s (?:of"
        r"|between|from|with)|no (?:significant )?(?:change|increase|decrease|difference|interval change|effect|doubt)"
        r"|without (?:change|difficulty|(?:any |an )?(?:obvious|apparent|known|clear) (?:cause|inducement|reason"
        r"|trigger))|not (?:yet )?(?:resolved|improved|cured|healed|responded)"
        # The month.
        r"|may(?=,? \d)|(?:in|of|since|until|last) may|(?:early|mid|late) may(?= ?(?:\d|[.,;)]|$|of|to|and|through))"
        r"|gram[- ]negative|prior to|no longer than|normally distributed|as (?:the|its|their) names? (?:suggests?"
        r"|implies)|excluded (?:from|because|due|since|as|if|for"
        rf"|by(?! {_BY_TEST}))|(?:more|equally|as|times) likely|less likely(?! to (?:be|represent)\b)(?![.,;]|$)"
        r"|most likely(?= to (?!be |represent|reflect))|could(?= not (?!(?:be )?(?:\w+ly )?(?:exclud|rule|seen|identif"
        r"|visuali|detect|discern|found|observ)))|(?:results?|effects?) (?:is|are|was|were) (?:also )?consistent with"
        r"|consistent with(?= (?:the |our |an? |these |those |this )?(?:\w+ )?(?:results?|findings?|data|stud(?:y|ies)"
        r"|those|reports?|observations?|previous|prior|earlier|model|hypothes[ie]s|idea|notion|view)\b)"
    ),
    "maybe_after": (
        _CANNOT + r" (?:be )?(?:\w+ )?(?:excluded|ruled out)"
        r"|(?:" + _NOT + r"|never) (?:yet )?(?:been )?(?:excluded|ruled out|confirmed)"
        r"|(?:must|should|may|might|to) (?:\w+ )?be (?:\w+ly )?(?:ruled out|excluded(?! from))|if (?:present|(?:it"
        r"|they|this|these) (?:occurs?|appears?|develops?|arises?|(?:is|are) (?:present|found))|any\b(?=[,)]))|(?:may"
        r"|might|could) (?:or may not |\w+ly |also |then |even )?(?:be (?:\w+ly )?(?:present|seen|found|observed"
        r"|detected|suspected|visible|noted)|occur(?! (?:\w+ly )?(?:annually|yearly|each|every|per|at any|in any|less"
        r"|more|most|alone))|develop"
        + _NO_OBJECT
        + r"|arise|result(?=[.,;)]|$| (?:if|when|after)\b)|(?:follow|emerge|re-?emerge|return|reappear"
        r"|come back)" + _NO_OBJECT + r"|appear(?! as)" + _NO_OBJECT + r"|recur|happen|exist|ensue"
        r"|form" + _NO_OBJECT + r")(?! to be)"
        r"|can (?:possibly|potentially) (?:occur|appear|develop" + _NO_OBJECT + r")"
        r"|(?:is|are|was|were|be|remains?|seems?|seemed|appears?|appeared|looks?) (?:\w+ly |also |most |more |still "
        r"|often |sometimes |first |then |thought |considered |deemed |felt |judged |to be )*(?:(?:possible|probable"
        r"|likely|suspected|presumed)(?: present)?(?=[.,;:)]|$| (?:in|on|at|by|from|with|when|if|after|during|because"
        r"|and|but|as|given|based|\w+ly)\b)|(?:the|an?|one|another) (?:\w+ )?(?:likely|probable|possible|potential"
        r"|presumed|presumptive|suspected|provisional|working|leading|differential|tentative"
        r"|preliminary) (?:\w+ )?(?:diagnos[ie]s|(?:side effects?|complications?)(?: of \w+)?|symptoms?|signs?"
        r"|findings?|outcomes?|manifestations?|consequences?|(?:cause|explanation)(?=[.,;)]|$))|(?:possible|potential"
        r"|likely|probable) (?:(?:side effects?|complications?)(?: of \w+)?|symptoms?|signs?|findings?|outcomes?)"
        r"|questionable|uncertain|unclear|equivocal|indeterminate|unconfirmed|doubtful|favou?red|considered(?=[.,;)]"
        r"|$)|suggested by|suspected (?:on|by|at|clinically)|a (?:\w+ )?(?:possibility|consideration|concern(?=[.,;)]"
        r"|$))|in the differential)(?! (?:that|for|of))"
    ),
    "absent_after": (
        r"(?:is|are|was|were|been|being|otherwise|completely|remains?|remained) (?:absent(?! (?:any|evidence"
        r"|diagnos\w+|signs?|symptoms?)\b)|ruled out|denied|gone|missing(?! (?:from|data))"
        rf"|excluded(?! (?:from|because|due|since|as|if|for|by(?! {_BY_TEST})))"
        r"|not (?:\w+ )?(?:seen|identified|visible|present|detected|detectable|observed|noted|noticed|evident"
        r"|demonstrated|demonstrable|shown|visuali[sz]ed|discernible|found|apparent|appreciated|palpable|audible|heard"
        r"|recogni[sz]ed|encountered|diagnosed(?! with| as)|performed|done|undertaken|obtained|available|carried out"
        r"|an? (?:\w+ )?(?:feature|finding))(?! (?:well|clearly|easily|for|until))|(?:seen|noted|observed|found"
        r"|detected|present|identified) in (?:neither|none|no (?:patients?|cases?))(?= |[.,;]|$))|(?:may"
        r"|might) not (?:be (?:present|seen|visible|found|detected|apparent|evident)|occur|develop(?=[.,;]|$)|exist)"
        r"|(?:may|might|could) be (?:absent|missing|lacking)|no longer (?:\w+ly )?(?:seen|identified|visible|present"
        r"|detected|observed|evident)|(?:is|are|was|were)n['’]t (?:\w+ )?(?:seen|identified|visible|present|there"
        r"|detected|observed|noted|found)|(?:can|could) (?:\w+ly )?be (?:\w+ly )?(?:excluded|ruled out)|"
        + _CANNOT
        + r" be (?:\w+ly )?(?:seen|identified|visuali[sz]ed|detected|discerned|found|observed)(?! (?:well"
        r"|clearly|easily))|(?:has|have|had) (?:not|never) been (?:\w+ly )?(?:seen|identified|detected|observed|found"
        r"|reported|demonstrated|diagnosed|documented)|never (?:occurred|developed|appeared|recurred)(?=[.,;)]|$"
        r"| (?:in|at|on) )|(?:is|are|was|were) neither (?:seen|identified|visible|present|detected|observed|found)"
        r"|(?:is|are|was|were|seems?|seemed|appears?|appeared) (?:\w+ly |very |highly |considered |thought |deemed "
        r"|felt )*(?:unlikely(?! to| that)|less likely(?=[.,;]|$))|(?:(?:do|does|did) not|(?:do|does"
        r"|did)n['’]t) (?:(?:occur|exist|recur)(?! until)|develop(?=[.,;)]|$| in | at | on | after | within ))"
        r"|not (?:seen|identified|visible|detected|observed|evident)(?! (?:well|clearly|easily))(?!.{0,40} (?:until"
        r"|before)\b)|absent(?: (?:in|from|on|at)|(?=[.;)]|$))"
        r"|(?:has|have|had) (?:\w+ly |already |since |now )?(?:" + _GONE + r"|gone(?: away)?(?=[.,;)]|$))"
        r"|" + _GONE + _NO_OBJECT
    ),
    "maybe": (
        r"(?:thinks?|believes?|feels?) (?:that )?(?:you|he|she|they|it|we|i|there|(?:the|your) \w+)(?= (?:have|has|had"
        r"|is|are)\b)|with or without|may or may not|pres(?:ence|ent)(?: or |/| and/or | versus )abs(?:ence of|ent)"
        r"|absence or presence of|(?:little|minimal|few|scant|rare) (?:or|to) no|(?:few|little),? if any"
        r"|(?:" + _CANNOT + "|" + _NOT + r") (?:\w+ly |to )?(?:exclude|rule out|confirm(?:ed)?)|to exclude"
        r"|" + _NOT + r" (?:yet )?(?:(?:clear|sure|certain|known)(?= (?:that|whether|if) )|know(?= (?:whether|if) ))"
        r"|(?:doubts?|uncertainty) (?:about|as to)|doubtful|maybe|reportedly|supposedly|conceivabl[ey]|plausibl[ey]"
        r"|(?:we|i|authors) favou?r(?:ed)?|possib(?:le|ly|ility of|ility)|probabl[ey]|likely|suspected|suspects?"
        r"|suspicio(?:us (?:for|of)|n (?:of|for))|suggest(?:s|ed|ing|ive of|ion of)?|may|might|could|compatible with"
        r"|consistent with|presum(?:ed|ably|ptive)|provisional|tentative|(?:preliminary|working) diagnos[ie]s"
        r"|in keeping with|(?:low|intermediate|moderate|high) (?:probability|likelihood) (?:of|for)|(?:appearances?"
        r"|features?|findings?|imaging|this|these|which) favou?rs?|favou?red to (?:be|represent)|(?:look|watch)(?:es|s"
        r"|ed|ing)? for|(?:assess|evaluat|investigat|monitor|examin|check)(?:e?s|ed|ing|e)? (?:him |her |them "
        r"|you )?for|(?:screened|tested|evaluation) for|to (?:test|screen|search) for|question(?:able| of)"
        r"|(?<!particular )(?<!special )(?<!major )(?<!serious )(?<!health )concern(?:ing)? for|rule out|r/o"
        r"|worrisome for|differential(?: diagnos[ie]s| considerations?| includes?)|uncertain|indeterminate|equivocal"
        r"|apparent(?:ly)?|perhaps|seem(?:s|ed|ingly)?|appear(?:s|ed)? to|putative"
        r"|potential(?:ly)?(?= (?:(?:to )?(?:caus|lead|result|develop|represent|indicat|produc|trigger|induc|progress"
        r"|becom|creat|evolv)|(?:\w+ ){1,2}includ))"
        r"|potential(?<!action potential)(?<!membrane potential)(?<!evoked potential)(?<!resting potential)"
        r"(?<!malignant potential)(?= (?!(?:for|to|at|of|in|between|across|and|or|is|was|that|confounding|risk) )\w)"
        r"|hypothesi[sz]ed?|hypothesis that|speculat(?:e|es|ed|ion)|(?:thought|believed|considered) to"
        r"|whether(?= (?:or not )?(?:there|(?:the |an? |any )?(?:[\w-]+ ){1,3}(?:(?:is|are|was|were) (?:present"
        r"|found(?! in only)|visible)|exist\w*|occurs?|occurred)(?!\w)))|(?:(?<=clear )|(?<=show )|(?<=shows )"
        r"|(?<=decide )|(?<=say )|(?<=certain )|(?<=known )|(?<=sure )|(?<=see )|(?<=check )|(?<=determine )"
        r"|(?<=know )|(?<=tell )|(?<=out )|(?<=ask )|(?<=asks )|(?<=asked ))if (?:there|(?:(?:the|this|an?|your|his"
        r"|her) )?\w+ (?:has|have|had))|whether (?:or not )?(?:(?:the|this|an?|your|his|her) )?\w+ (?:(?:also|really"
        r"|actually) )?(?:has|have|had|feels?|experiences?|suffers?|(?:is|are|was|were) (?:suffering|having|infected))"
        r"|whether (?:it|this|that|these|they) (?:is|are|was|were)(?= (?:an?|due|caused|really|actually|truly) )"
    ),
    "absent": (
        r"no (?:\w+ ){0,2}?(?:evidence|signs?|indication|suggestion|history|suspicion|concern) (?:of|for)"
        rf"|no (?:\w+ ){{1,3}}?{_POINTING}|negative for|free (?:of|from)"
        r"|(?:is|are|was|were|remain|remains|remained|lungs?|fields?) clear of|nobody"
        rf"|nothing (?:that )?(?:{_POINTING}|(?:suggest|indicat)\w*)|fail(?:s|ed|ing)? to (?:show|reveal|demonstrate"
        rf"|identify"
        r"|detect|find|disclose|confirm|visuali[sz]e|develop)|not (?:\w+ly )?(?:suggestive of|consistent with"
        r"|compatible with|indicative of|diagnostic of|suspicious for|typical (?:of|for)|characteristic of"
        r"|in keeping with|concerning for)|inconsistent with(?! (?:the |our |an? |these |those "
        r"|this )?(?:\w+ )?(?:results?|findings?|data|stud(?:y|ies)|reports?|observations?|model|hypothes[ie]s|idea"
        r"|notion|view)\b)|(?:none|not one)(?: of(?: \w+){1,4}?)? (?:had|has|have|showed|shows|developed|exhibited"
        r"|presented with|experienced|suffered from|contained|complained of)|none of (?:the|these|those|this|his|her"
        r"|their|its|your|our)|missing(?! (?:from|in|at|on|and|or|data|values?|information|cop(?:y|ies)|cases?"
        r"|diagnos\w+))|unremarkable for|(?:argu(?:es?|ed|ing)|speaks?|spoke) (?:\w+ly )?against(?! the possibility"
        r"| this| that)|(?:absence|disappearance|resolution|exclusion|agenesis|aplasia|non-?visuali[sz]ation) of"
        r"|lack(?:s|ing|ed)?(?: of)?|ruled out|exclud(?:es|ed|ing)|den(?:y|ie[sd])|without|neither|nor|never|"
        + _NOT
        + r"|no longer|no(?![-–]\w)|(?<!-)absent|devoid of|cannot|rather than|instead of|uninfected (?:by|with)"
        r"|(?:unlikely|improbable|less likely)(?: to be)?|zero(?= (?:patients?|cases?|subjects?|participants?) )"
    ),
    "past": (
        r"history of|status post|s/p|previous(?:ly)?|prior|past|former(?:ly)?|years? (?:ago|earlier|before)|underwent"
    ),
    "compared": (
        r"(?:as )?compared (?:with|to)|in contrast (?:to|with)|as opposed to|versus|vs\.?|unlike|relative to|mimic(?:s"
        r"|king)?"
    ),
    "control": (
        r"healthy (?:controls?|subjects?|volunteers?|individuals?|donors?|persons?)|controls? (?:group|subject|sample"
        r"|animal)s?|(?:as|the|in|from|of) controls?"
    ),
    "laboratory": r"laborator(?:y|ies)|blood tests?|serum",
    "patient": (
        r"\d+[- ](?:years?|months?|weeks?|days?)[- ]old|(?:patients?|individuals?|people|persons?|man|woman|men|women"
        r"|boy|girl|male|female|child|children|infant|case)s? (?:with(?! (?:and|or) without)|who|having|suffering"
        r"|diagnosed|presenting|affected)|present(?:ed|ing|s) with|diagnosed (?:with|as|to)|diagnosis of"
        r"|infected (?:with|by|patients?)|suffer(?:s|ed|ing) from|complain\w*|admitted (?:for|with)|cases? of"
        r"|caused by|due to|affected by"
    ),
    "seen": (
        r"(?:is|are|was|were|be) (?:\w+ly )?(?:seen|visible|shown|noted|evident|observed|present|visuali[sz]ed"
        r"|demonstrated|identified|indicated|marked|label+ed)|arrow(?:s|heads?)?|asterisks?"
    ),
    "image_of": (
        r"(?:images?|imaging|(?:micro|photo|photomicro|radio)graphs?|views?|sections?|scans?|slides?"
        r"|x-?rays?) (?:\w+ )?(?:of|through|from)"
    ),
    "shows": (
        r"show(?:s|n|ed|ing)?|demonstrat(?:es|ed|ing)|reveal(?:s|ed|ing)?|depict(?:s|ed|ing)?|display(?:s|ed|ing)?"
        r"|illustrat(?:es|ed|ing)|exhibit(?:s|ed|ing)?|indicat(?:es|ed|ing)|note the|points? to|with visible"
    ),
    "imaging": (
        r"ct|mri|mr|pet|x-?rays?|radiograph\w*|ultraso\w+|sonogra\w+|micrographs?|photomicrographs?|scans?|tomogra\w+"
        r"|histolog\w+|stain(?:ed|ing)|h ?& ?e|photographs?|endoscop\w+|angiogra\w+|mammogra\w+|echocardiogra\w+"
        r"|[ls]m ?[×x]|[ts]?em ?[×x]|imaging|microscop\w+|fundus|otoscop\w+|smears?|biops(?:y|ies)"
    ),
    "stop": r"but|however|although|though|except|whereas|while|which|apart from|because|then|subsequently",
}
# What only matters for a disease: that the text speaks of it without saying that it is there, that something is a sign
# of it.
_ASIDES = {
    "spoken_of": (
        r"(?:vaccin|immuni[sz]|protect|prevent|precaution|screen)\w*|against|tests? (?:used )?(?:for|to)"
        r"|susceptible to|(?:risks?|vectors?|carriers?|reservoirs?) (?:of|for)|(?:can|may|might|could) (?:\w+ly |also "
        r"|then |even )?(?:result in|provoke|trigger|lead to|develop|become)|range from"
    ),
    "sign_of": (
        r"(?:rash|rashes|lesions?|sores?|spots?|signs?|eruptions?|ulcers?|evidence|symptoms?|manifestations?"
        r"|complications?|result|consequence|characteristic|typical|indicative) of|associated with|secondary to"
        r"|because of|resulting from|occurs? in"
    ),
}
ASIDE: Final[Mapping[str, re.Pattern[str]]] = {
    kind: re.compile(rf"\b(?:{words})(?!\w)") for kind, words in _ASIDES.items()
}
# Signs that end a clause, and units of measurement, are no words of their own.
_SIGNS = {
    "absent_after": r": (?:none|no|absent|negative)(?=[.,;]|$)",
    "stop": (
        r"[;:)]|, (?:and |with )?(?:an?|the|there)(?= )|, with\b(?! (?:or|and) without)| and (?:there|it|they|he|she"
        r"|you|we)(?= )|[.?] ?(?=[-*] ?)| - "
    ),
    "maybe": r"\?(?=\w)|(?<!\S)\? ?(?=[a-z])",
    "laboratory": r"[munµ]?(?:g|mol|iu|u)/(?:m|d)?l\b|× ?10",
}


def _cues() -> re.Pattern[str]:
    # Where no word begins, none of the words is tried: most places of a text.
    words = "|".join(rf"(?P<{kind}>(?:{words})(?!\w))" for kind, words in _CUES.items())
    signs = "|".join(rf"(?P<{kind}{_SIGN}>{signs})" for kind, signs in _SIGNS.items())
    return re.compile(rf"\b(?=\w)(?:{words})|{signs}")


_SIGN: Final = "_sign"
# For small letters: to ignore the case takes four times as long.
_CUE: Final = _cues()


@dataclass(frozen=True, slots=True)
class Cue:
    """Words of a kind, by their place in the sentence."""

    kind: str
    start: int
    end: int


def cues_of(small: str) -> tuple[Cue, ...]:
    """Return the cues of a sentence in small letters, from left to right; no two share a letter.

    >>> [cue.kind for cue in cues_of("no mass, but possible effusion")]
    ['absent', 'stop', 'maybe']
    """
    return tuple(Cue((found.lastgroup or "").removesuffix(_SIGN), *found.span()) for found in _CUE.finditer(small))
