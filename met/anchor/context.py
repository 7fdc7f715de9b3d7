"""What a sentence says of an entity that it names: denied, doubted, past, compared with, or shown.

Cues with a scope, after NegEx (Chapman et al., 2001) and ConText (Harkema et al., 2009). A cue before an entity reaches to the end
of its clause, a cue after it at most `REACH` words back. Words that only look like a cue ("no longer", "prior to") are read first.
"""

import re
from dataclasses import dataclass
from functools import cached_property

from met.types import Certainty, Polarity, Span

REACH = 6

# In this order: the first alternative that matches at a place wins.
_CUES = {
    "none": r"not only|no (?:significant )?(?:change|increase|interval change)|without (?:change|difficulty)|gram[- ]negative"
    r"|prior to|no longer than|not necessarily|normal(?:ly)? distributed",
    "maybe": r"with or without|can ?not (?:be )?(?:entirely )?(?:excluded?|ruled? out)|(?:not|never) (?:been )?(?:excluded|ruled out)"
    r"|possib(?:le|ly|ility of)|probabl[ey]|likely|suspected|suspicio(?:us for|n (?:of|for))|suggest(?:s|ed|ing|ive of)?"
    r"|may|might|could|compatible with|presum(?:ed|ably)|questionable|concern(?:ing)? for|rule out|r/o|worrisome for"
    r"|differential diagnos[ie]s|uncertain|indeterminate|equivocal|apparent(?:ly)?",
    "absent_after": r"(?:is|are|was|were|been) (?:absent|excluded|ruled out|not (?:\w+ )?(?:seen|identified|visible|present|detected"
    r"|observed|noted|evident|demonstrated|shown|visuali[sz]ed))|not (?:seen|identified|visible|detected|observed|evident)"
    r"|(?:has|have|had) (?:completely )?(?:resolved|disappeared)",
    "absent": r"no (?:evidence|sign|signs|indication|suggestion) of|negative for|free (?:of|from)|absence of|lack(?:s|ing)?(?: of)?"
    r"|ruled out|exclud(?:es|ed|ing)|denie[sd]|without|neither|nor|never|not|no|absent|devoid of|cannot",
    "past": r"history of|status post|s/p|previous(?:ly)?|prior|past|former(?:ly)?|years? (?:ago|earlier|before)|underwent",
    "compared": r"(?:as )?compared (?:with|to)|in contrast (?:to|with)|as opposed to|versus|vs\.?|unlike|relative to|mimic(?:s|king)?",
    "control": r"healthy (?:controls?|subjects?|volunteers?|individuals?|donors?|persons?)|controls?(?= (?:group|subject|sample|animal)s?)"
    r"|(?:as|the|in|from|of) controls?",
    "laboratory": r"laborator(?:y|ies)|blood tests?|serum|[munµ]?(?:g|mol|mmol|iu|u)/(?:m|d)?l|× ?10",
    "patient": r"\d+[- ](?:years?|months?|weeks?|days?)[- ]old|(?:patients?|individuals?|people|persons?|man|woman|men|women|boy|girl"
    r"|male|female|child|children|infant|case)s? (?:with|who|having|suffering|diagnosed|presenting|affected)|present(?:ed|ing|s) with"
    r"|diagnosed (?:with|as|to)|diagnosis of|infected (?:with|by|patients?)|suffer(?:s|ed|ing) from|complain\w*|admitted (?:for|with)"
    r"|cases? of|caused by|due to|affected by",
    "seen": r"(?:is|are|was|were|be) (?:\w+ly )?(?:seen|visible|shown|noted|evident|observed|present|visuali[sz]ed|demonstrated"
    r"|identified|indicated|marked|label+ed)|arrow(?:s|heads?)?|asterisks?",
    "shows": r"show(?:s|n|ed|ing)?|demonstrat(?:es|ed|ing)|reveal(?:s|ed|ing)?|depict(?:s|ed|ing)?|display(?:s|ed|ing)?"
    r"|illustrat(?:es|ed|ing)|exhibit(?:s|ed|ing)?|indicat(?:es|ed|ing)|note the|points? to|(?:image|imaging|(?:micro|photo|radio)graph"
    r"|view|section|scan|photo|slide|appearance|x-?ray)s? (?:\w+ )?(?:of|through|from)",
    "imaging": r"ct|mri|mr|pet|x-?rays?|radiograph\w*|ultraso\w+|sonogra\w+|micrographs?|photomicrographs?|scans?|tomogra\w+|histolog\w+"
    r"|stain(?:ed|ing)|h ?& ?e|photographs?|endoscop\w+|angiogra\w+|mammogra\w+|echocardiogra\w+|[ls]m ?[×x]|[ts]?em ?[×x]|imaging"
    r"|microscop\w+|fundus|otoscop\w+|smears?|biops(?:y|ies)",
    "stop": r"but|however|although|though|except|whereas|while|which|apart from|because|then|subsequently"
    r"|;|:|, (?:and |with )?(?:an?|the|there)(?= )|, with",
}
_CUE = re.compile(
    "|".join(
        rf"(?P<{kind}>{words})" if kind in ("stop", "laboratory") else rf"(?P<{kind}>\b(?:{words})(?!\w))"
        for kind, words in ((kind, words if kind != "stop" else rf"(?:\b(?:{words})|[;:])(?!\w)") for kind, words in _CUES.items())
    ),
    re.IGNORECASE,
)
STATISTICS = re.compile(
    r"\b(?:forest|funnel|box|scatter|bar|violin|volcano|bland[- ]altman|egger\w*) ?(?:plots?|charts?|graphs?)|flow ?(?:charts?|diagrams?)"
    r"|\bprisma\b|kaplan|survival curve|\broc\b|receiver operating|risk[- ]of[- ]bias|histogram|\bpercentage of\b|odds ratio|95% ?ci\b"
    r"|meta-?analys[ie]s|publication bias|incidence|prevalence|study selection|sensitivity analysis",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Cue:
    kind: str
    start: int
    end: int


class Context:
    """The cues of one sentence, read once; the questions take the span of an entity within the sentence."""

    def __init__(self, sentence: str) -> None:
        self.sentence = sentence
        self.cues = tuple(Cue(found.lastgroup or "", *found.span()) for found in _CUE.finditer(sentence))

    @cached_property
    def is_laboratory(self) -> bool:
        """Whether the sentence reports measured values, which no image shows."""
        return any(cue.kind == "laboratory" for cue in self.cues)

    @cached_property
    def is_imaging(self) -> bool:
        """Whether the sentence names a way of imaging."""
        return any(cue.kind in ("imaging", "shows") and not self._is_general(cue) for cue in self.cues)

    def _is_general(self, cue: Cue) -> bool:
        return cue.kind == "shows" and not re.search(r"(?:of|through|from)$", self.sentence[cue.start : cue.end], re.IGNORECASE)

    def polarity(self, entity: Span) -> tuple[Polarity, Certainty]:
        """Return whether the sentence denies the entity, and whether it doubts it."""
        denied = self.before("absent", entity) or self.after("absent_after", entity)
        doubted = self.before("maybe", entity) or self.after("maybe", entity)
        return "negated" if denied else "affirmed", "hedged" if doubted else "certain"

    def shows(self, entity: Span) -> bool:
        """Return whether the sentence says that the entity is seen."""
        return self.before("shows", entity) or self.before("seen", entity) or self.after("seen", entity)

    def is_called_normal(self, entity: Span) -> bool:
        """Return whether `normal` or `healthy` stands before the entity in its noun phrase."""
        return bool(re.search(r"\b(?:normal|healthy|unremarkable)(?:[ -]\w+){0,2}[ -]$", self.sentence[: entity[0]], re.IGNORECASE))

    def before(self, kind: str, entity: Span) -> bool:
        """Return whether a cue of that kind reaches the entity from the left: nothing between them ends the clause."""
        for cue in reversed(self.cues):
            if cue.end > entity[0]:
                continue
            if cue.kind == kind:
                return True
            if cue.kind == "stop" or (cue.kind in ("shows", "patient") and kind not in ("shows", "seen")):
                return False
        return False

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
