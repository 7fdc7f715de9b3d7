"""What a sentence says of an entity that it names: denied, doubted, past, compared with, or shown.

Cues with a scope, after NegEx (Chapman et al., 2001) and ConText (Harkema et al., 2009). A cue before an entity
reaches to the end of its clause, a cue after it at most `REACH` words back. Words that only look like a cue ("not
only", "prior to") are read first. How far a denial or a doubt reaches within its clause is met.anchor.denial's
and met.anchor.doubt's.
"""

import re
from functools import cached_property

from met.anchor.cues import ASIDE, Cue, cues_of
from met.anchor.denial import denies
from met.anchor.doubt import doubts, lists_on
from met.anchor.scope import is_head, is_member
from met.anchor.tested import is_asked, is_tested_negative
from met.anchor.things import GIVES, ITS_SERVICE, ITS_THING, LIST, OF_ORGANS, ORGANS
from met.types import Certainty, Polarity, Span

REACH = 6
# Letters before an entity that tell whether another thing bears it.
NEAR = 100
# What stands in brackets interrupts a clause and does not end it, unless it is the letter of a panel.
_ASIDE_IN_BRACKETS = re.compile(r" ?\((?![a-z0-9]{1,2}(?:[-–, ]+(?:and )?[a-z0-9]{1,2})*\))[^()]*\)")
_SUBORDINATE = re.compile(r"(?:when|whenever|if|because|although|though|since|while|once|unless)\b")
# "Before the infection is cleared" it is there.
_NOT_YET = re.compile(r"\b(?:before|until|unless|till) (?:(?:the|this|an?|all|any) )?(?:[\w-]+ ){0,2}$")
_NEW_SUBJECT = re.compile(
    r", (?:i|it|they|we|he|she|you)\b|, (?:\w+ly )?(?:had|have|has|was|were) |"
    r"\b(?:that|which|who) .*\b(?:after|before|until|when|once|because) (?:the |an? |your |his |her )?[\w-]+ $"
)
# A denial that is itself in doubt: "hair may be absent".
_HARDLY = re.compile(
    r"\b(?:unlikely|improbable|less likely|(?:may|might|could) (?:not )?be (?:absent|missing|lacking)"
    r"|(?:may|might) not (?:be (?:present|seen|visible|found|detected|apparent|evident)|occur|develop|exist))\b"
)
_SOUGHT = re.compile(
    r"\b(?:(?:presence|evidence|signs?) of|(?:look|check|search|test|watch)\w* for) (?:any |an? |the )?$"
)
# "The test for asthma was not available".
_IS_OBJECT = re.compile(r"\b(?:of|for|on|in|to|with) (?:the )?(?:[\w-]+ )?$")
_NOT_DONE = re.compile(r"(?: [\w-]+){0,4}? not (?:\w+ )?(?:performed|done|undertaken|obtained|available|carried out)\b")
_FOR_EXAMPLE = ("e.g", "i.e", "such as", "including", "like ", "for example")
_CALLED_NORMAL = re.compile(r"\b(?:normal|healthy|unremarkable)(?:[ -]\w+){0,2}[ -]$", re.IGNORECASE)
# "Injuries, or other causes that have not been found".
_RELATIVES = ("s that ", "s which ")
_OWN_SUBJECT = re.compile(r"[^,]*, (?:and|so|yet) [^,]+$|[^,]* or the [\w-]+ $")
_SAID_THERE = re.compile(
    r"\b(?:is|are|was|were|has|have|had|shows?|showed|reveals?|revealed)(?: (?!that\b)[\w-]+){0,12} $"
)
# The kinds of cue that part a cue from an entity behind it: a new sight ends what was said before it.
_PARTED_BY = {"shows": ("patient",), "image_of": ("patient", "stop"), "patient": ("shows",)}


class Context:
    """The cues of one sentence, read once; questions about an entity take its span within the sentence."""

    def __init__(self, sentence: str) -> None:
        self.sentence = sentence
        small = sentence.lower()
        # A letter or two (İ) are longer when small, and would move what stands behind them.
        read = small if len(small) == len(sentence) else "".join(map(_small, sentence))
        self.small = read
        self.cues = cues_of(read)

    @cached_property
    def _kinds(self) -> frozenset[str]:
        return frozenset(cue.kind for cue in self.cues)

    @cached_property
    def is_laboratory(self) -> bool:
        """Whether the sentence reports measured values, which no image shows."""
        return "laboratory" in self._kinds

    def polarity(self, entity: Span) -> tuple[Polarity, Certainty]:
        """Return whether the sentence denies the entity, and whether it doubts it."""
        own = next((one for one in self._asides if one[0] <= entity[0] and entity[1] <= one[1]), None)
        if own is None:
            return self._polarity_aside(entity)
        start = self.small.index("(", own[0]) + 1
        inner = self.small[start : own[1] - 1]
        within = Context(inner)._polarity((entity[0] - start, entity[1] - start))
        if within != ("affirmed", "certain") or inner.startswith("see "):
            return within
        denied, doubted = self._polarity_aside(entity)
        # What is denied before the brackets may be what stands in them, as a whole: "no water (oedema)".
        is_whole = inner.strip() == self.small[slice(*entity)] or inner.startswith(_FOR_EXAMPLE)
        return denied if is_whole else "affirmed", doubted

    def _polarity_aside(self, entity: Span) -> tuple[Polarity, Certainty]:
        """Return the same where brackets elsewhere interrupt the sentence."""
        asides = [one for one in self._asides if one[1] <= entity[0] or entity[1] <= one[0]]
        if not asides:
            return self._polarity(entity)
        before = sum(end - start for start, end in asides if end <= entity[0])
        said = self._without(tuple(asides))._polarity((entity[0] - before, entity[1] - before))
        # What stands in brackets right behind the entity may be said of it.
        return self._polarity(entity) if said == ("affirmed", "certain") else said

    @cached_property
    def _asides(self) -> tuple[Span, ...]:
        return tuple(found.span() for found in _ASIDE_IN_BRACKETS.finditer(self.small)) if "(" in self.small else ()

    @cached_property
    def _shorter(self) -> dict[tuple[Span, ...], "Context"]:
        return {}

    def _without(self, asides: tuple[Span, ...]) -> "Context":
        """Return the sentence without these parts of it; it is read once."""
        if asides not in self._shorter:
            kept = zip((0, *(end for _, end in asides)), (*(start for start, _ in asides), None), strict=True)
            self._shorter[asides] = Context("".join(self.small[start:end] for start, end in kept))
        return self._shorter[asides]

    def _polarity(self, entity: Span) -> tuple[Polarity, Certainty]:
        denied = self._denied_before(entity) or self._holds_after("absent_after", entity) or self._is_without(entity)
        doubted = self._doubted_before(entity) or self._holds_after("maybe_after", entity)
        doubted |= denied and _HARDLY.search(self.small) is not None
        if denied and self._is_doubly_denied(entity):
            return "affirmed", "hedged"
        return "negated" if denied else "affirmed", "hedged" if doubted else "certain"

    def _denied_before(self, entity: Span) -> bool:
        if ITS_SERVICE.match(self.small, entity[1]) or (
            ORGANS.fullmatch(self.small, *entity) and OF_ORGANS.match(self.small, entity[1])
        ):
            return False
        cue = self._nearest("absent", entity)
        if cue is None:
            head = self._list_head("absent", entity)
            is_denied = head is not None and self._denied_before(head)
            return is_denied or self._is_listed_behind("absent_after", entity)
        before, said = self.small[: cue.start], self.small[cue.start : cue.end]
        return denies(before, said, self.small[cue.end : entity[0]], self.small[entity[1] :])

    def _doubted_before(self, entity: Span) -> bool:
        if self._is_with_thing(entity) and not self._is_sought(entity):
            return False
        cue = self._nearest("maybe", entity)
        if cue is None:
            head = self._list_head("maybe", entity)
            is_doubted = head is not None and self._doubted_before(head)
            is_doubted |= self._is_listed_behind("maybe_after", entity)
            return is_doubted or is_asked(self.small[: entity[0]], self.small[entity[1] :])
        return doubts(self.small[cue.start : cue.end], self.small[cue.end : entity[0]], self.small[entity[1] :])

    def _is_with_thing(self, entity: Span) -> bool:
        """Return whether the entity only tells of what another thing is: "heart and muscle problems"."""
        if ITS_THING.match(self.small, entity[1]):
            return True
        return ORGANS.fullmatch(self.small, *entity) is not None and OF_ORGANS.match(self.small, entity[1]) is not None

    def _is_sought(self, entity: Span) -> bool:
        """Return whether its cells are looked for: "look for cancer cells"."""
        return self.small.startswith(" cell", entity[1]) and _SOUGHT.search(self.small, 0, entity[0]) is not None

    def _list_head(self, kind: str, entity: Span) -> Span | None:
        """Return the place of the word before the list that the entity is in; None without a cue of that kind."""
        if kind not in self._kinds:
            return None
        found = LIST.search(self.small, 0, entity[0])
        gap = self.small[found.end() : entity[0]] if found is not None else ". "
        return found.span() if found is not None and ". " not in gap and is_member(gap) else None

    def _is_listed_behind(self, kind: str, entity: Span) -> bool:
        """Return whether the entity is in a list behind what is said: "complaints may develop, such as pain"."""
        if kind not in self._kinds:
            return False
        return any(
            cue.kind == kind
            and cue.end <= entity[0]
            and (found := GIVES.match(self.small, cue.end)) is not None
            and is_member(self.small[found.end() : entity[0]])
            for cue in self.cues
        )

    def _holds_after(self, kind: str, entity: Span) -> bool:
        if kind == "maybe_after" and ITS_THING.match(self.small, entity[1]):
            return False
        if (
            kind == "absent_after"
            and _IS_OBJECT.search(self.small, 0, entity[0])
            and _NOT_DONE.match(self.small, entity[1])
        ):
            return False
        if kind == "absent_after" and _NOT_YET.search(self.small, 0, entity[0]):
            return False
        if _SUBORDINATE.match(self.small) and "," in self.small[entity[1] :] and "," not in self.small[: entity[0]]:
            # "When it involves the hands, small knobs may appear": what follows is said of something else.
            return self.after(kind, entity, upto=self.small.index(",", entity[1])) and self._is_head(entity)
        return self.after(kind, entity) and self._is_head(entity) and not self._is_of_other_clause(kind, entity)

    def _is_of_other_clause(self, kind: str, entity: Span) -> bool:
        """Return whether the cue has a subject of its own: "there is oedema, and asthma is likely"."""
        cue = next(one for one in self.cues if one.start >= entity[1] and one.kind == kind)
        gap = self.small[entity[1] : cue.start]
        return _OWN_SUBJECT.match(gap) is not None and _SAID_THERE.search(self.small, 0, entity[0]) is not None

    def _is_head(self, entity: Span) -> bool:
        return is_head(self.small[max(0, entity[0] - NEAR) : entity[0]])

    def _is_doubly_denied(self, entity: Span) -> bool:
        """Return whether it is the absence that is left open: "absence of oedema cannot be excluded"."""
        cue = self._nearest("absent", entity)
        absence = cue is not None and self.small[cue.start : cue.end].endswith((" of", " for"))
        return absence and self._holds_after("maybe_after", entity)

    def _is_without(self, entity: Span) -> bool:
        if self.small.startswith(("-negative", "-free"), entity[1]) or self.small.endswith("non-", 0, entity[0]):
            return True
        return "negative" in self.small and is_tested_negative(
            self.small[: entity[0]], self.small[slice(*entity)], self.small[entity[1] :]
        )

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
        return ASIDE[kind].search(self.small, begin, entity[0]) is not None

    def is_case_of(self, entity: Span) -> bool:
        """Return whether the sentence calls what is seen a case of the entity: "an example of a mild case of"."""
        cue = self._nearest("patient", entity)
        return cue is not None and self.small.startswith("case", cue.start)

    def _nearest(self, kind: str, entity: Span) -> Cue | None:
        parted_by = _PARTED_BY.get(kind, ("stop", "shows"))
        for at in range(len(self.cues) - 1, -1, -1):
            cue = self.cues[at]
            if cue.end > entity[0]:
                if (
                    cue.kind == kind == "absent"
                    and cue.start + 2 < entity[0]
                    and self.small.startswith("no ", cue.start)
                ):
                    # "No family history of": the entity is in the cue.
                    return Cue(kind=kind, start=cue.start, end=cue.start + 2)
                continue
            if cue.kind == kind:
                return cue
            if cue.kind in parted_by and not (kind == "maybe" and self._lists_on(cue, entity)):
                return self._governing(kind, at) if kind in ("absent", "maybe") else None
        return None

    def _lists_on(self, stop: Cue, entity: Span) -> bool:
        said = self.small[stop.start : stop.end]
        return said.startswith((", ", ";")) and lists_on(self.small[: stop.start], said, self.small[entity[1] :])

    def _governing(self, kind: str, at: int) -> Cue | None:
        """Return the cue that stands right before a word of showing, which takes its scope on: "did not show"."""
        cue, verb = self.cues[at - 1], self.cues[at]
        said = self.small[cue.start : cue.end]
        governs = at > 0 and cue.kind == kind and said != "without" and not said.endswith(" of")
        near = governs and len(self.small[cue.end : verb.start].split()) <= 2
        return Cue(kind=kind, start=verb.start, end=verb.end) if near and verb.kind == "shows" else None

    def after(self, kind: str, entity: Span, *, upto: int | None = None) -> bool:
        """Return whether a cue of that kind reaches the entity from the right, over at most `REACH` words.

        None that begins at the letter `upto` or behind it does.
        """
        for cue in self.cues:
            if cue.start < entity[1]:
                continue
            if upto is not None and cue.start >= upto:
                return False
            if cue.kind == kind:
                gap = self.small[entity[1] : cue.start]
                if gap.strip(" ,") and self.small.startswith("if ", cue.start):
                    return False
                if kind == "absent_after" and gap.endswith(_RELATIVES):
                    return False
                return len(gap.split()) <= REACH and _NEW_SUBJECT.search(gap) is None
            if cue.kind in ("stop", "shows", "absent", "absent_after"):
                return False
        return False


def _small(letter: str) -> str:
    small = letter.lower()
    return small if len(small) == 1 else letter
