"""Whether a sentence affirms what it names, denies it, or only thinks of it.

Triggers with a scope, after NegEx (Chapman et al., 2001) and ConText (Harkema et al., 2009): a trigger before a name
reaches it over at most `REACH` words, one behind it over at most `BACK`, and never over a terminator. What only looks
like a trigger ("not only", "no cure for", "gram-negative") is read first, and ends the scope of those before it. The
nearest trigger decides; of two equally near, the one before the name.
"""

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from met.types import Assertion, Span

REACH: Final = 10
BACK: Final = 5

_SEEN: Final = (
    r"(?:seen|found|present|detected|observed|identified|evident|noted|visible|visuali[sz]ed|demonstrated|shown|"
    r"reported|diagnosed|confirmed)"
)
_OFTEN: Final = r"(?:\w+ly |also |then |not |sometimes |often |even )?"
# In this order: the first alternative that matches at a place wins.
_WORDS: Final[dict[str, str]] = {
    "none": (
        r"not (?:only|necessarily|always|just|all|every(?:one)?|enough|until|(?:more|less|later) than|clear|known|"
        r"understood|well|fully|completely|able|sure|certain|yet|(?:be |been )?(?:used|needed|required"
        r"|recommended|cured?|"
        r"treated|removed)|(?:mean|help|work|need|respond|go|prevent|treat|cure|spread|affect|eat|change|depend))"
        r"|n't (?:mean|help|work|need|respond|go|prevent|treat|know|spread|affect|eat|change|depend)"
        r"|no (?!(?:evidence|signs?|indications?|symptoms?) for)(?:\w+ ){1,4}for|no longer|no (?:one"
        r"|doubt|matter|cure|data)"
        r"|no (?:significant )?(?:change|increase|decrease|difference|effect)|(?:can ?not"
        r"|could not) be (?!excluded|ruled)\w+"
        r"|without (?:treatment|therapy|difficulty|delay|warning|change|interruption|knowing|doubt"
        r"|(?:any |an )?(?:known|obvious|apparent|clear) (?:cause|reason))|gram[- ]negative|false[- ]negatives?"
        r"|if (?:possible|necessary|needed|any)|as (?:soon|much|often|well) as possible"
    ),
    "negated_after": (
        rf"(?:is|are|was|were|be|been|being) (?:\w+ )?(?:absent|excluded|ruled out|unlikely|not (?:\w+ )?{_SEEN})"
        rf"|(?:has|have|had) (?:not|never) been (?:\w+ )?{_SEEN}|(?:did|does|do) not (?:occur|develop|appear|recur)"
        rf"|not {_SEEN}"
    ),
    "hypothetical_after": (
        r"(?:can ?not|could not) be (?:\w+ )?(?:excluded|ruled out)|(?:has|have) not been (?:excluded|ruled out)"
        r"|(?:is|are|was|were) (?:also )?(?:suspected|possible|probable|likely|presumed|questionable|uncertain)"
        rf"|(?:may|might|could) {_OFTEN}(?:be (?:present|seen|found)|occur|develop|appear|arise|recur|happen)"
    ),
    "hypothetical": (
        r"with or without|(?:can ?not|could not) (?:be )?(?:exclude|rule out)|(?:to )?(?:rule|ruling) out|r/o"
        r"|to exclude|possib(?:le|ly|ility of)|probabl[ey]|suspect(?:s|ed)?|suspicio(?:us for|n (?:of|for))"
        rf"|suggest(?:s|ive of|ing)|(?:may|might|could) {_OFTEN}(?:be (?:an?|the|due|caused|associated|related|signs?|"
        r"symptoms?)|have|experience|cause|lead to|result in|include|suffer|present with|get|show|indicate|represent)"
        r"|if|unless|whether (?:or not )?(?:\w+ ){1,3}(?:has|have|had)|in (?:the )?(?:case|event) of"
        r"|risks? (?:of|for)|(?:chance|likelihood|probability|threat) of|prevent(?:s|ed|ing|ion of)?"
        r"|avoid(?:s|ed|ing)?|protect(?:s|ed|ion)? (?:\w+ ){0,3}(?:from|against)"
        r"|(?:screen|test|check|look|watch|monitor|examin|evaluat|assess)(?:e[sd]?|s|ed|ing)?"
        r" (?:him |her |them |you |patients |people |babies |newborns |women |men |children )?for"
        r"|(?:predispos(?:ed|es|ing|ition)|susceptib(?:le|ility)|prone) (?:\w+ ){0,2}to|concern(?:ing)? for|presum\w+"
    ),
    "negated": (
        r"no (?:evidence|signs?|indications?|(?:family )?history|symptoms?|features?|findings?) (?:of|for)|negative for"
        r"|free (?:of|from)|(?:absence|lack|exclusion) of|lack(?:s|ed|ing)?|rule[sd] out|exclud(?:es|ed|ing)"
        r"|den(?:y|ies|ied)|without|neither|nor|never|not|n't|no|absent|devoid of|cannot"
        r"|rather than|instead of|fail(?:s|ed)? to"
    ),
    "end": (
        r"but|however|although|though|except|apart from|aside from|besides|whereas|while|which|who|that|because"
        r"|since|then|when|where|unlike|until|due to|caused by|secondary to|resulting from|results? from|leads? to"
        r"|as a (?:cause|result) of|in order to|so that|yet|still|after|before|during|despite|cause[sd]?|whose"
    ),
}
_SIGNS: Final = r"[;:()\[\]]| [–—-] |[.?!] |\d%"


def _pattern() -> re.Pattern[str]:
    words = "|".join(rf"(?P<{kind}>(?:{said}))(?!\w)" for kind, said in _WORDS.items())
    return re.compile(rf"(?:\b|(?=n't))(?:{words})|(?P<sign>{_SIGNS})", re.IGNORECASE)


_TRIGGER: Final = _pattern()
_ANY: Final = re.compile(
    r"\b(?:n(?:o|or|ot|ever|either|egative)|cannot|without|absen|lack|den[yi]|free|rule|exclu|unlikely|devoid|rather|"
    r"instead|fail|if|may|might|could|should|whether|unless|in (?:the )?(?:case|event)|possib|probab|suspe|suspi|sugg|"
    r"risk|chance|likel|threat|prevent|avoid|protect|screen|test|check|look|watch|monitor|exam|eval|assess|predis|"
    r"suscep|prone|concern|presum|r/o|ruling|question|uncert)|n't",
    re.IGNORECASE,
)
_WORD: Final = re.compile(r"\w+(?:['’-]\w+)*")


@dataclass(frozen=True, slots=True)
class Trigger:
    kind: str
    start: int
    end: int


class Assertions:
    """The triggers of one sentence, read once; questions about a name take its span within the sentence."""

    def __init__(self, sentence: str) -> None:
        self._sentence = sentence
        self._triggers: tuple[Trigger, ...] = ()
        self._words: list[int] = []
        if _ANY.search(sentence):
            found = _TRIGGER.finditer(sentence)
            self._triggers = tuple(Trigger(each.lastgroup or "", *each.span()) for each in found)
            self._words = [word.start() for word in _WORD.finditer(sentence)]

    @property
    def is_plain(self) -> bool:
        """Whether the sentence affirms all that it names: nothing in it denies or doubts."""
        return not self._triggers

    def of(self, name: Span) -> Assertion:
        """Return what the sentence says of the name at `name`.

        >>> text = "There is no fever, but a possible rash and cough."
        >>> said = Assertions(text)
        >>> [said.of((at, at + 1)) for at in map(text.index, ("fever", "rash"))]
        ['negated', 'hypothetical']
        """
        before, near = self._before(name)
        after, far = self._after(name)
        if before and (not after or near <= far):
            return before
        return after or before or "affirmed"

    def _before(self, name: Span) -> tuple[Assertion | None, int]:
        for trigger in reversed(self._triggers):
            if trigger.end > name[0]:
                continue
            away = self._between(trigger.end, name[0])
            # A condition ends with its clause.
            if (
                self._sentence[trigger.start : trigger.end].lower() == "if"
                and "," in self._sentence[trigger.end : name[0]]
            ):
                break
            # "May be" speaks of what stands before it, and of what follows.
            if trigger.kind in ("hypothetical", "hypothetical_after") and away <= REACH:
                return "hypothetical", away
            if trigger.kind == "negated" and away <= REACH:
                return "negated", away
            # A trigger that looks back does not end the scope of what stands before it.
            if trigger.kind in ("none", "end", "sign") or away > REACH:
                break
        return None, 0

    def _after(self, name: Span) -> tuple[Assertion | None, int]:
        for trigger in self._triggers:
            if trigger.start < name[1]:
                continue
            away = self._between(name[1], trigger.start)
            if trigger.kind == "negated_after" and away <= BACK:
                return "negated", away
            if trigger.kind == "hypothetical_after" and away <= BACK:
                return "hypothetical", away
            if trigger.kind != "sign" or away > BACK:
                break
        return None, 0

    def _between(self, start: int, end: int) -> int:
        """Return how many words begin between two offsets."""
        return bisect_right(self._words, end - 1) - bisect_right(self._words, start - 1)


@lru_cache(maxsize=1 << 14)
def assertions_of(sentence: str) -> Assertions:
    """Return the triggers of a sentence: it is asked of by several readers, and by each for all that it names."""
    return Assertions(sentence)
