"""What a sentence says of an entity that it names: denied, doubted, past, compared with, or shown.

Cues with a scope, after NegEx (Chapman et al., 2001) and ConText (Harkema et al., 2009). A cue before an entity
reaches to the end of its clause, a cue after it at most `REACH` words back. Words that only look like a cue ("not
only", "prior to") are read first.
"""

import re
from dataclasses import dataclass
from functools import cached_property

from met.types import Certainty, Polarity, Span

REACH = 6

# In this order: the first alternative that matches at a place wins.
_CUES = {
    "none": (
        r"not only|no (?:significant )?(?:change|increase|interval change)"
        r"|without (?:change|difficulty|(?:any |an )?(?:obvious|apparent|known|clear)"
        r" (?:cause|inducement|reason|trigger))"
        r"|gram[- ]negative|prior to|no longer than|not necessarily|normally distributed"
    ),
    "maybe": (
        r"with or without|can ?not (?:be )?(?:entirely )?(?:excluded?|ruled? out)"
        r"|(?:not|never) (?:been )?(?:excluded|ruled out)|possib(?:le|ly|ility of)|probabl[ey]|likely|suspected"
        r"|suspicio(?:us for|n (?:of|for))|suggest(?:s|ed|ing|ive of)?|may|might|could|compatible with"
        r"|presum(?:ed|ably)|questionable|concern(?:ing)? for|rule out|r/o|worrisome for|differential diagnos[ie]s"
        r"|uncertain|indeterminate|equivocal|apparent(?:ly)?"
    ),
    "absent_after": (
        r"(?:is|are|was|were|been) (?:absent|excluded|ruled out|not (?:\w+ )?(?:seen|identified|visible|present"
        r"|detected|observed|noted|evident|demonstrated|shown|visuali[sz]ed))"
        r"|not (?:seen|identified|visible|detected|observed|evident)"
        r"|(?:has|have|had) (?:completely )?(?:resolved|disappeared)"
    ),
    "absent": (
        r"no (?:evidence|signs?|indication|suggestion) of|negative for|free (?:of|from)|absence of"
        r"|lack(?:s|ing)?(?: of)?|ruled out|exclud(?:es|ed|ing)|denie[sd]|without|neither|nor|never|not|no|absent"
        r"|devoid of|cannot"
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
# Signs that end a clause, and units of measurement, are no words of their own.
_SIGNS = {
    "stop": r"[;:)]|, (?:and |with )?(?:an?|the|there)(?= )|, with\b",
    "laboratory": r"[munµ]?(?:g|mol|iu|u)/(?:m|d)?l\b|× ?10",
}


def _pattern(kind: str, words: str) -> str:
    signs = f"|{_SIGNS[kind]}" if kind in _SIGNS else ""
    return rf"(?P<{kind}>\b(?:{words})(?!\w){signs})"


_CUE = re.compile("|".join(_pattern(kind, words) for kind, words in _CUES.items()), re.IGNORECASE)
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
        self.cues = tuple(Cue(found.lastgroup or "", *found.span()) for found in _CUE.finditer(sentence))

    @cached_property
    def is_laboratory(self) -> bool:
        """Whether the sentence reports measured values, which no image shows."""
        return any(cue.kind == "laboratory" for cue in self.cues)

    @cached_property
    def is_imaging(self) -> bool:
        """Whether the sentence names a way of imaging, or an image of something."""
        return any(cue.kind in ("imaging", "image_of") for cue in self.cues)

    def polarity(self, entity: Span) -> tuple[Polarity, Certainty]:
        """Return whether the sentence denies the entity, and whether it doubts it."""
        denied = self.before("absent", entity) or self.after("absent_after", entity)
        doubted = self.before("maybe", entity) or self.after("maybe", entity)
        return "negated" if denied else "affirmed", "hedged" if doubted else "certain"

    def shows(self, entity: Span) -> bool:
        """Return whether the sentence says that the entity is seen."""
        return self.before("shows", entity) or self.before("image_of", entity) or self.after("seen", entity)

    def is_called_normal(self, entity: Span) -> bool:
        """Return whether `normal` or `healthy` stands before the entity in its noun phrase."""
        return _CALLED_NORMAL.search(self.sentence[: entity[0]]) is not None

    def before(self, kind: str, entity: Span) -> bool:
        """Return whether a cue of that kind reaches the entity from the left: nothing between them ends the clause."""
        parted_by = _PARTED_BY.get(kind, ("stop", "shows"))
        for cue in reversed(self.cues):
            if cue.end > entity[0]:
                continue
            if cue.kind == kind:
                return True
            if cue.kind in parted_by:
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
