"""A sentence as tokens, and names as runs of them."""

import re
from collections.abc import Iterable, Sequence
from typing import Final, Literal, NamedTuple, TypeAlias

from met.tree.extract.words import OUTER
from met.tree.names import fold
from met.types import Span

Method: TypeAlias = Literal["dictionary", "head", "abbreviation"]

TOKEN: Final = re.compile(r"[^\W_]+|[^\w\s]|_")
_PROTEIN: Final = re.compile(
    r"[A-Za-z]*[A-Z0-9][A-Za-z0-9]*|[a-z]+(?:ase|in|ins|ol|one|ate|ine|en|ogen)|factor|protein|enzyme|complement|transfer|of|hormone"
)


class Token(NamedTuple):
    """A folded word or sign; a tuple, because texts hold millions."""

    start: int
    end: int
    word: str


class Found(NamedTuple):
    """A name from token `first` to the one before `last`."""

    first: int
    last: int
    method: Method
    nodes: tuple[str, ...] = ()


def lacking(tokens: Sequence[Token], text: str, at: int) -> int:
    """Return how many tokens before "deficiency" name what is lacking, a short form in brackets included."""
    first = at
    if first > 3 and tokens[first - 1].word == ")" and tokens[first - 3].word == "(":
        first -= 3
    while first > 0:
        before = tokens[first - 1]
        surface = text[before.start : before.end]
        if _PROTEIN.fullmatch(surface) and before.word not in OUTER:
            first -= 1
        elif before.word == "-" and first > 1 and text[tokens[first - 2].end : before.start] == "":
            first -= 2 if tokens[first - 2].word not in OUTER else 1
        else:
            break
    while first < at and tokens[first].word in ")-":
        first += 1
    return at - first


def tokens_of(text: str, sentence: Span) -> list[Token]:
    start = sentence[0]
    folded = fold(text[slice(*sentence)])
    return [Token(found.start() + start, found.end() + start, found.group()) for found in TOKEN.finditer(folded)]


def joined_names(names: Iterable[Found]) -> list[Found]:
    """Return the names without overlap: what overlaps is one name from the first token to the last of both."""
    chosen: list[Found] = []
    for each in sorted(names, key=lambda found: (found.first, -found.last, found.method)):
        if chosen and each.first < chosen[-1].last:
            top = chosen[-1]
            if each.last > top.last:
                chosen[-1] = Found(top.first, each.last, top.method)
        else:
            chosen.append(each)
    return chosen
