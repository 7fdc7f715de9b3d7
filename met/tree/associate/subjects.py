"""Of which disease a heading, or the words before a verb, speak."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from met.types import Facet

About: TypeAlias = Literal["symptoms", "definition", "diagnosis", "other"]

_HEADING_WORDS: Final = 18
_SYMPTOMS: Final = re.compile(
    r"\b(?:signs?|symptoms?|manifestations?|clinical features|clinical presentation|complaints)\b", re.IGNORECASE
)
_DIAGNOSIS: Final = re.compile(r"\b(?:diagnos\w+|tests?|exams?|imaging)\b", re.IGNORECASE)
_DEFINITION: Final = re.compile(r"\b(?:what is|what are|overview|definition|about)\b", re.IGNORECASE)
_KINDS: Final = (
    r"(?:diseases?|disorders?|conditions?|syndromes?|infections?|illness(?:es)?|cancers?|tumou?rs?|attacks?|injur(?:y|ies)|"
    r"defects?|deficiency|episodes?|type|form)"
)
_PEOPLE: Final = (
    r"(?:people|persons?|patients?|individuals|children|infants|babies|newborns|adults|men|women|boys|girls|most|some)"
)
_DEGREE: Final = (
    r"(?:also|usually|often|mainly|primarily|typically|commonly|generally|frequently|sometimes|most|can|may|could|"
    r"might|will|then|first|all|both|either|almost|always|however|in|general|specifically)"
)
# A name that goes on to the left or right means something else: "dwarfism with acanthosis nigricans" is no acanthosis.
_WHOLE_LEFT: Final = re.compile(
    r"(?:^|[:;?]|\b(?:of|for|is|are|have|has|having|the|an?|to|causes?|treat|diagnose|prevent|gets?|develops?|about|does|do|"
    r"can|by|against|adult|childhood|pediatric|people with|someone with|patients with|children with|living with))\s*$",
    re.IGNORECASE,
)
_WHOLE_RIGHT: Final = re.compile(
    r"\W*$|\s*[?(:]|\s+(?:symptoms?|signs?|occurs?|inherited|affects?|diagnosed|treated|prevented|caused|causes?|have|has|"
    r"be|been|runs?|can|does|do|treatments?|diagnosis|testing|tests?|prevention|risks?|complications?|prognosis|overview|"
    r"definition|develops?|happens?|spreads?|looks?|works?|gets?|begins?|is|are|patients|in (?:children|adults|women|"
    r"men|infants|people)|called|known|statistics|research|facts)\b",
    re.IGNORECASE,
)
# What the disease itself is not the subject of.
_ELSE: Final = re.compile(
    r"\b(?:if|when|unless|unlike|whether|complications?|risks?|causes?|caus(?:ed|ing)|treat\w*|drugs?|medicines?|"
    r"medications?|therap\w+|surgery|vaccin\w+|prevent\w*|mutations?|genes?|variants?|tests?|history|confused|mistaken|"
    r"rules?|ruled|ruling|similar|resembl\w+|such as|including|other|no|not|without|never|rarely|than|before|due|"
    r"related|associated|leads?|because|factors?|exposure|carriers?|deposits?|damage|ask\w*|relatives?)\b",
    re.IGNORECASE,
)
_COPULA: Final = re.compile(r"\b(?:is|are|refers? to|means|describes)\b", re.IGNORECASE)
NEAR_START: Final = 40
_NEAR_VERB: Final = 60
_NEAR_COPULA: Final = 160
# "It", "this disease", "the condition", "most people with the disorder".
_ITSELF: Final = re.compile(
    rf"\W*(?:{_DEGREE}\W+){{0,3}}(?:(?:{_PEOPLE}|forms|cases|types|symptoms|signs|features)\s+(?:with|of|in)\s+)?"
    rf"(?:it|they|(?:this|these|the|such|many|most)\s+(?:[\w-]+\s+){{0,2}}?{_KINDS})(?:\s+that|\s+which)?"
    rf"(?:\W+(?:{_DEGREE}|is|are))*\W*",
    re.IGNORECASE,
)
_OF: Final = re.compile(
    r"\b(?:signs?|symptoms?|manifestations?|features|complaints)\s+"
    r"(?:(?:seen|found|associated|caused|that occur)\s+)?(?:of|for|with|by|from)\s+(?P<what>\S.*)",
    re.IGNORECASE | re.DOTALL,
)
_OF_ITSELF: Final = re.compile(
    rf"(?:(?:the|this|these|an?|your|his|her|it|its|early|late|severe|mild|advanced|acute|chronic|each|all|both|most)\b\s*)*"
    rf"(?:[\w-]+\s+)?(?:{_KINDS}\b|{_PEOPLE}\b|it\b|onset\b)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A name in a text and the node that it means in each facet."""

    start: int
    end: int
    nodes: Mapping[Facet, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A heading or question: the disease that the text below speaks of, and what it says of it.

    `foreign` where it asks of something that is no known disease, or of more than one: the text below is not about the
    document's topic.
    """

    topic: str | None
    about: About
    foreign: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The disease that a verb speaks of; `named` where the sentence itself names it."""

    node: str
    named: bool


def heading_of(text: str, mentions: Sequence[Mention], *, offset: int = 0) -> Heading | None:
    """Return what a line announces; None where it is no heading: long, or a sentence that is no question.

    `offset` is where the line begins in the text that the offsets of `mentions` are of.
    """
    words = text.split()
    if not words or len(words) > _HEADING_WORDS or (text.rstrip()[-1] in ".:;,!"):
        return None
    diseases = [mention for mention in mentions if "disease" in mention.nodes]
    longest = max(diseases, key=lambda mention: (mention.end - mention.start, -mention.start), default=None)
    about: About = "other"
    if _SYMPTOMS.search(text):
        about = "symptoms"
    elif _DIAGNOSIS.search(text):
        about = "diagnosis"
    elif _DEFINITION.search(text):
        about = "definition"
    if longest is None:
        return Heading(topic=None, about=about, foreign=about == "symptoms" and of_another(text))
    start, end = longest.start - offset, longest.end - offset
    whole = bool(_WHOLE_LEFT.search(text[:start]) and _WHOLE_RIGHT.match(text[end:]))
    return Heading(topic=longest.nodes["disease"] if whole else None, about=about, foreign=not whole)


def of_another(text: str) -> bool:
    """Say whether words that speak of signs or symptoms say whose: not those of the disease under discussion.

    >>> [of_another(text) for text in ("symptoms of dehydration", "signs of the disease", "other symptoms")]
    [True, False, False]
    """
    found = _OF.search(text)
    return found is not None and _OF_ITSELF.match(found["what"]) is None


def subject_of(text: str, start: int, verb: int, diseases: Sequence[Mention], topic: str | None) -> Subject | None:
    """Return the disease that is the subject of the verb at `verb`, in the clause that begins at `start`.

    That is the first disease named in it, if it opens the clause and little stands between it and the verb; `topic`
    where the words before the verb only point back to it ("it", "this disease").
    """
    first = next((one for one in diseases if start <= one.start and one.end <= verb), None)
    if first is None:
        return Subject(node=topic, named=False) if topic and _ITSELF.fullmatch(text, start, verb) else None
    between = text[first.end : verb]
    near = _NEAR_COPULA if _COPULA.search(between) else _NEAR_VERB
    opens = first.start - start <= NEAR_START and not _ELSE.search(text, start, first.start)
    if not opens or len(between) > near or _ELSE.search(between):
        return None
    return Subject(node=first.nodes["disease"], named=True)


def opening_disease(start: int, diseases: Sequence[Mention]) -> str | None:
    """Return the disease that is named near the beginning of a sentence."""
    return next((one.nodes["disease"] for one in diseases if 0 <= one.start - start <= NEAR_START), None)
