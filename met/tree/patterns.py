"""Patterns by which a sentence defines an entity or gives it another name."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from met.tree.names import is_abbreviation
from met.types import Span

_ARTICLE: Final = re.compile(r"(?:the|an?)\s+$", re.IGNORECASE)
_IS: Final = re.compile(r"(?:\s*\([^()]{1,60}\))?,?\s+(?:is|are)\s+(?=(?:an?|the|any)\s+\w)")
# What follows "is a" and says something about the entity without saying what it is.
_NO_GENUS: Final = re.compile(
    r"(?:an?|the|any|one of the)\s+(?:[\w-]+\s+){0,4}?(?:problem|concern|issue|cause|reason|risk|risk factor|"
    r"challenge|example|sign|"
    r"complication|result|leading|most|least|same|first|second|best|only|main|major|common|rare|possible|likely|"
    r"number|kind of|lot|way|origin|name|serious|term)\b",
    re.IGNORECASE,
)
_DEFINITION_LENGTH: Final = range(40, 500)
_ALSO: Final = re.compile(
    r"\s*[,(]\s*(?:also|sometimes|often|commonly)\s+(?:called|known as|referred to as|termed|named)\s+"
    r"(?:an?\s+|the\s+)?(?P<name>[^,.;:()\n]{3,60}?)(?=\s*(?:[,.;)]|\s(?:is|are|was|has|occurs|causes|or|and|in|"
    r"which|that)\b))"
)
_WORDS: Final = re.compile(r"[\w'’-]+(?: [\w'’-]+){0,5}")
_SHORT: Final = re.compile(r"\s*\(\s*(?P<short>[A-Za-z][A-Za-z0-9-]{1,9})\s*\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Another name that a sentence gives to an entity, and its offsets in the text."""

    text: str
    span: Span


def definition_in(text: str, sentence: Span, name: Span) -> str | None:
    """Return the definition that a sentence "X is a ..." gives to the entity at `name`, X being its subject; else None.

    The sentence must begin with X, which is no abbreviation, end with a full stop, and say after "is a" what X is, not
    how common or grave it is.
    """
    start, end = sentence
    if is_abbreviation(text[slice(*name)]):
        return None
    before = text[start : name[0]]
    if before and not _ARTICLE.fullmatch(before):
        return None
    is_a = _IS.match(text, name[1], end)
    if not is_a or text[end - 1] != "." or _NO_GENUS.match(text, is_a.end(), end):
        return None
    said = text[start:end]
    return said if len(said) in _DEFINITION_LENGTH else None


def synonyms_in(text: str, sentence: Span, name: Span) -> Iterator[Candidate]:
    """Yield the names that "X, also called Y" and "X (ABBR)" give to the entity at `name`.

    A short form in brackets counts only where the letters of X spell it (Schwartz and Hearst, 2003).
    """
    also = _ALSO.match(text, name[1], sentence[1])
    if also and _WORDS.fullmatch(also["name"]):
        yield Candidate(text=also["name"], span=also.span("name"))
    short = _SHORT.match(text, name[1], sentence[1])
    if short and spells(short["short"], text[slice(*name)]):
        yield Candidate(text=short["short"], span=short.span("short"))


def spells(short: str, long: str) -> bool:
    """Say whether the letters of `short` stand in `long` in order, from the right, the first of them beginning its
    first word.

    The algorithm of Schwartz and Hearst (2003), with the long form given; a short form has a capital letter, is
    shorter, and stands for at most twice as many words as it has letters.

    >>> spells("ARDS", "acute respiratory distress syndrome"), spells("CT", "scan")
    (True, False)
    """
    if (
        not any(letter.isupper() for letter in short)
        or len(short) >= len(long)
        or short.lower() in long.lower().split()
    ):
        return False
    place = len(long)
    for index in range(len(short) - 1, -1, -1):
        letter = short[index].lower()
        if not letter.isalnum():
            continue
        place -= 1
        while place >= 0 and (
            long[place].lower() != letter or (index == 0 and place > 0 and long[place - 1].isalnum())
        ):
            place -= 1
        if place < 0:
            return False
    return place == 0
