"""What a sentence says of an entity that it names: denied, doubted, past, compared with, or shown.

Cues with a scope, after NegEx (Chapman et al., 2001) and ConText (Harkema et al., 2009). A cue before an entity
reaches to the end of its clause, a cue after it at most `REACH` words back. Words that only look like a cue ("not
only", "prior to") are read first. How far a denial or a doubt reaches within its clause is met.anchor.scope's.
"""

import re
from dataclasses import dataclass
from functools import cached_property

from met.anchor.scope import denies, doubts, is_head
from met.types import Certainty, Polarity, Span

REACH = 6
# Letters before an entity that tell whether another thing bears it.
NEAR = 100

# In this order: the first alternative that matches at a place wins.
_CUES = {
    "none": (
        r"not (?:only|just|simply|merely|always|all|every|necessarily|often|usually|uniformly|until|clear|known)"
        r"|(?:not|cannot) (?:\w+ly )?(?:be )?(?:\w+ly )?(?:associated|related|correlated|linked|different|dependent"
        r"|compatible|compared|considered|excluded from)"
        r"|no (?:significant )?(?:change|increase|decrease|difference|interval change|effect|doubt)"
        r"|without (?:change|difficulty|(?:any |an )?(?:obvious|apparent|known|clear)"
        r" (?:cause|inducement|reason|trigger))"
        r"|gram[- ]negative|prior to|no longer than|normally distributed"
        r"|as (?:the|its|their) names? (?:suggests?|implies)"
        r"|excluded (?:from|because|due|since|as|if|for|by)|(?:more|less|equally|as|times) likely"
        r"|could(?= not (?!(?:be )?(?:\w+ly )?(?:exclud|rule|seen|identif|visuali|detect|discern|found|observ)))"
        r"|(?:results?|effects?) (?:is|are|was|were) (?:also )?consistent with"
        r"|consistent with(?= (?:the |our |an? |these |those |this )?(?:\w+ )?(?:results?|findings?|data|stud(?:y|ies)"
        r"|those|reports?|observations?|previous|prior|earlier|model|hypothes[ie]s|idea|notion|view)\b)"
    ),
    "maybe_after": (
        r"can ?not (?:be )?(?:\w+ )?(?:excluded|ruled out)|could not (?:be )?(?:\w+ )?(?:excluded|ruled out)"
        r"|(?:not|never) (?:been )?(?:excluded|ruled out|confirmed)"
        r"|(?:may|might|could) (?:\w+ly |also |then |even )?(?:be (?:\w+ly )?(?:present|seen|found|observed|detected"
        r"|suspected|visible|noted)|occur(?! (?:\w+ly )?(?:annually|yearly|each|every|per|at any|in any))|develop"
        r"|arise|appear|recur|happen|exist|ensue)(?! to be)"
        r"|(?:is|are|was|were|be|remains?) (?:\w+ly |also |most |more )?(?:possible|probable|likely(?! to)|suspected"
        r"|presumed|questionable|uncertain|unclear|equivocal|indeterminate|unconfirmed)(?! (?:that|for|of))"
    ),
    "absent_after": (
        r"(?:is|are|was|were|been|being|otherwise|completely|remains?|remained) (?:absent|ruled out"
        r"|excluded(?! (?:from|because|due|since|as|if|for|by))"
        r"|not (?:\w+ )?(?:seen|identified|visible|present"
        r"|detected|observed|noted|evident|demonstrated|shown|visuali[sz]ed|discernible|found|apparent))"
        r"|no longer (?:\w+ly )?(?:seen|identified|visible|present|detected|observed|evident)"
        r"|(?:can ?not|could not) be (?:\w+ly )?(?:seen|identified|visuali[sz]ed|detected|discerned|found|observed)"
        r"|(?:has|have|had) (?:not|never) been (?:\w+ly )?(?:seen|identified|detected|observed|found|reported"
        r"|demonstrated)"
        r"|(?:is|are|was|were) neither (?:seen|identified|visible|present|detected|observed|found)"
        r"|(?:is|are|was|were) (?:\w+ly |very |highly )?unlikely(?! to)"
        r"|(?:do|does|did) not (?:occur|exist|recur|develop)(?! until)"
        r"|not (?:seen|identified|visible|detected|observed|evident)|absent (?:in|from|on|at)"
        r"|(?:has|have|had) (?:completely )?(?:resolved|disappeared)"
    ),
    "maybe": (
        r"with or without|(?:little|minimal|few|scant|rare) (?:or|to) no"
        r"|(?:can ?not|could not|not) (?:\w+ly )?(?:exclude|rule out|confirm(?:ed)?)|to exclude"
        r"|possib(?:le|ly|ility of|ility)|probabl[ey]|likely|suspected|suspect"
        r"|suspicio(?:us for|n (?:of|for))|suggest(?:s|ed|ing|ive of)?|may|might|could|compatible with|consistent with"
        r"|presum(?:ed|ably|ptive)|question(?:able| of)|concern(?:ing)? for|rule out|r/o|worrisome for"
        r"|differential diagnos[ie]s|uncertain|indeterminate|equivocal|apparent(?:ly)?|perhaps|seem(?:s|ed|ingly)?"
        r"|appear(?:s|ed)? to|putative"
        r"|potential(?:ly)?(?= (?:to )?(?:caus|lead|result|develop|represent|indicat|produc|trigger|induc))"
        r"|hypothesi[sz]ed?|hypothesis|speculat(?:e|es|ed|ion)|(?:thought|believed|considered) to"
        r"|whether(?= (?:or not )?there)"
    ),
    "absent": (
        r"no (?:\w+ )?(?:evidence|signs?|indication|suggestion|history) (?:of|for)|negative for|free (?:of|from)"
        r"|(?:absence|disappearance|resolution|exclusion) of"
        r"|lack(?:s|ing|ed)?(?: of)?|ruled out|exclud(?:es|ed|ing)|den(?:y|ie[sd])|without|neither|nor|never|not"
        r"|no longer|no|absent|devoid of|cannot|rather than|instead of|uninfected (?:by|with)|unlikely(?: to be)?"
    ),
    "past": (
        r"history of|status post|s/p|previous(?:ly)?|prior|past|former(?:ly)?|years? (?:ago|earlier|before)"
        r"|underwent"
    ),
    "compared": (
        r"(?:as )?compared (?:with|to)|in contrast (?:to|with)|as opposed to|versus|vs\.?|unlike|relative to"
        r"|mimic(?:s|king)?"
    ),
    "control": (
        r"healthy (?:controls?|subjects?|volunteers?|individuals?|donors?|persons?)"
        r"|controls? (?:group|subject|sample|animal)s?|(?:as|the|in|from|of) controls?"
    ),
    "laboratory": r"laborator(?:y|ies)|blood tests?|serum",
    "patient": (
        r"\d+[- ](?:years?|months?|weeks?|days?)[- ]old"
        r"|(?:patients?|individuals?|people|persons?|man|woman|men|women|boy|girl|male|female|child"
        r"|children|infant|case)s? (?:with|who|having|suffering|diagnosed|presenting|affected)"
        r"|present(?:ed|ing|s) with|diagnosed (?:with|as|to)|diagnosis of|infected (?:with|by|patients?)"
        r"|suffer(?:s|ed|ing) from|complain\w*|admitted (?:for|with)|cases? of|caused by|due to|affected by"
    ),
    "seen": (
        r"(?:is|are|was|were|be) (?:\w+ly )?(?:seen|visible|shown|noted|evident|observed|present|visuali[sz]ed"
        r"|demonstrated|identified|indicated|marked|label+ed)"
        r"|arrow(?:s|heads?)?|asterisks?"
    ),
    "image_of": (
        r"(?:images?|imaging|(?:micro|photo|photomicro|radio)graphs?|views?|sections?|scans?|slides?|x-?rays?)"
        r" (?:\w+ )?(?:of|through|from)"
    ),
    "shows": (
        r"show(?:s|n|ed|ing)?|demonstrat(?:es|ed|ing)|reveal(?:s|ed|ing)?|depict(?:s|ed|ing)?|display(?:s|ed|ing)?"
        r"|illustrat(?:es|ed|ing)|exhibit(?:s|ed|ing)?|indicat(?:es|ed|ing)|note the|points? to|with visible"
    ),
    "imaging": (
        r"ct|mri|mr|pet|x-?rays?|radiograph\w*|ultraso\w+|sonogra\w+|micrographs?|photomicrographs?|scans?"
        r"|tomogra\w+|histolog\w+|stain(?:ed|ing)|h ?& ?e|photographs?|endoscop\w+|angiogra\w+|mammogra\w+"
        r"|echocardiogra\w+|[ls]m ?[×x]|[ts]?em ?[×x]|imaging|microscop\w+|fundus|otoscop\w+|smears?"
        r"|biops(?:y|ies)"
    ),
    "stop": r"but|however|although|though|except|whereas|while|which|apart from|because|then|subsequently",
}
# What only matters for a disease: that the text speaks of it without saying that it is there, that something is a sign
# of it.
_ASIDES = {
    "spoken_of": (
        r"(?:vaccin|immuni[sz]|protect|prevent|precaution|screen)\w*|against|tests? (?:used )?(?:for|to)|susceptible to"
        r"|(?:risks?|vectors?|carriers?|reservoirs?) (?:of|for)"
        r"|(?:can|may|might|could) (?:\w+ly |also |then |even )?(?:result in|provoke|trigger|lead to|develop|become)"
        r"|range from"
    ),
    "sign_of": (
        r"(?:rash|rashes|lesions?|sores?|spots?|signs?|eruptions?|ulcers?|evidence|symptoms?|manifestations?"
        r"|complications?|result|consequence|characteristic|typical|indicative) of|associated with|secondary to"
        r"|because of|resulting from|occurs? in"
    ),
}
_ASIDE = {kind: re.compile(rf"\b(?:{words})(?!\w)") for kind, words in _ASIDES.items()}
# What is in doubt is then this and not what it is for or of: "may require a blood transfusion".
_ITS_THING = re.compile(
    r"[ -](?:transfusions?|transplant\w*|tests?|testing|sampl\w+|surgery|biops\w+|scans?|vaccin\w+|treatments?"
    r"|therap(?:y|ies)|medications?|drugs?|risks?|rates?|incidence|prevalence|cases?|research|stud(?:y|ies))\b"
)
# Signs that end a clause, and units of measurement, are no words of their own.
_SIGNS = {
    "stop": r"[;:)]|, (?:and |with )?(?:an?|the|there)(?= )|, with\b",
    "laboratory": r"[munµ]?(?:g|mol|iu|u)/(?:m|d)?l\b|× ?10",
}


def _cues() -> re.Pattern[str]:
    # Where no word begins, none of the words is tried: most places of a text.
    words = "|".join(rf"(?P<{kind}>(?:{words})(?!\w))" for kind, words in _CUES.items())
    signs = "|".join(rf"(?P<{kind}{_SIGN}>{signs})" for kind, signs in _SIGNS.items())
    return re.compile(rf"\b(?=\w)(?:{words})|{signs}")


_SIGN = "_sign"
# For small letters: to ignore the case takes four times as long.
_CUE = _cues()
_CALLED_NORMAL = re.compile(r"\b(?:normal|healthy|unremarkable)(?:[ -]\w+){0,2}[ -]$", re.IGNORECASE)
# The kinds of cue that part a cue from an entity behind it: a new sight ends what was said before it.
_PARTED_BY = {"shows": ("patient",), "image_of": ("patient", "stop"), "patient": ("shows",)}


@dataclass(frozen=True, slots=True)
class Cue:
    kind: str
    start: int
    end: int


class Context:
    """The cues of one sentence, read once; questions about an entity take its span within the sentence."""

    def __init__(self, sentence: str) -> None:
        self.sentence = sentence
        small = sentence.lower()
        # A letter or two (İ) are longer when small, and would move what stands behind them.
        read = small if len(small) == len(sentence) else "".join(map(_small, sentence))
        self.small = read
        self.cues = tuple(
            Cue((found.lastgroup or "").removesuffix(_SIGN), *found.span()) for found in _CUE.finditer(read)
        )

    @cached_property
    def is_laboratory(self) -> bool:
        """Whether the sentence reports measured values, which no image shows."""
        return any(cue.kind == "laboratory" for cue in self.cues)

    def polarity(self, entity: Span) -> tuple[Polarity, Certainty]:
        """Return whether the sentence denies the entity, and whether it doubts it."""
        denied = self._denied_before(entity) or self._holds_after("absent_after", entity) or self._is_without(entity)
        doubted = self._doubted_before(entity) or self._holds_after("maybe_after", entity)
        doubted |= denied and "unlikely" in self.small
        if denied and self._is_doubly_denied(entity):
            return "affirmed", "hedged"
        return "negated" if denied else "affirmed", "hedged" if doubted else "certain"

    def _denied_before(self, entity: Span) -> bool:
        cue = self._nearest("absent", entity)
        if cue is None:
            return False
        said, gap = self.small[cue.start : cue.end], self.small[cue.end : entity[0]]
        return denies(said, gap, self.small[entity[1] :], opens=cue.start == 0)

    def _doubted_before(self, entity: Span) -> bool:
        if _ITS_THING.match(self.small, entity[1]):
            return False
        cue = self._nearest("maybe", entity)
        return cue is not None and doubts(self.small[cue.start : cue.end], self.small[cue.end : entity[0]])

    def _holds_after(self, kind: str, entity: Span) -> bool:
        return self.after(kind, entity) and is_head(self.small[max(0, entity[0] - NEAR) : entity[0]])

    def _is_doubly_denied(self, entity: Span) -> bool:
        """Return whether it is the absence that is left open: "absence of oedema cannot be excluded"."""
        cue = self._nearest("absent", entity)
        absence = cue is not None and self.small[cue.start : cue.end].endswith((" of", " for"))
        return absence and self._holds_after("maybe_after", entity)

    def _is_without(self, entity: Span) -> bool:
        return self.small.startswith(("-negative", "-free"), entity[1])

    def shows(self, entity: Span) -> bool:
        """Return whether the sentence says that the entity is seen."""
        return self.before("shows", entity) or self.before("image_of", entity) or self.after("seen", entity)

    def is_called_normal(self, entity: Span) -> bool:
        """Return whether `normal` or `healthy` stands before the entity in its noun phrase."""
        return _CALLED_NORMAL.search(self.sentence[: entity[0]]) is not None

    def before(self, kind: str, entity: Span) -> bool:
        """Return whether a cue of that kind reaches the entity from the left: nothing between them ends the clause."""
        return self._nearest(kind, entity) is not None

    def leads_to(self, kind: str, entity: Span) -> bool:
        """Return whether words of a kind that matters for a disease alone stand before it in its clause."""
        begin = max((cue.end for cue in self.cues if cue.kind == "stop" and cue.end <= entity[0]), default=0)
        return _ASIDE[kind].search(self.small, begin, entity[0]) is not None

    def is_case_of(self, entity: Span) -> bool:
        """Return whether the sentence calls what is seen a case of the entity: "an example of a mild case of"."""
        cue = self._nearest("patient", entity)
        return cue is not None and self.small.startswith("case", cue.start)

    def _nearest(self, kind: str, entity: Span) -> Cue | None:
        parted_by = _PARTED_BY.get(kind, ("stop", "shows"))
        for at in range(len(self.cues) - 1, -1, -1):
            cue = self.cues[at]
            if cue.end > entity[0]:
                continue
            if cue.kind == kind:
                return cue
            if cue.kind in parted_by:
                return self._governing(kind, at) if kind in ("absent", "maybe") else None
        return None

    def _governing(self, kind: str, at: int) -> Cue | None:
        """Return the cue that stands right before a word of showing, which takes its scope on: "did not show"."""
        cue, verb = self.cues[at - 1], self.cues[at]
        near = at > 0 and cue.kind == kind and len(self.small[cue.end : verb.start].split()) <= 1
        return Cue(kind=kind, start=verb.start, end=verb.end) if near and verb.kind == "shows" else None

    def after(self, kind: str, entity: Span) -> bool:
        """Return whether a cue of that kind reaches the entity from the right, over at most `REACH` words."""
        for cue in self.cues:
            if cue.start < entity[1]:
                continue
            if cue.kind == kind:
                return len(self.sentence[entity[1] : cue.start].split()) <= REACH
            if cue.kind in ("stop", "shows", "absent"):
                return False
        return False


def _small(letter: str) -> str:
    small = letter.lower()
    return small if len(small) == 1 else letter
