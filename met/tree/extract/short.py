"""Short forms that a text defines for itself: "hereditary nonpolyposis colorectal cancer (HNPCC)".

The algorithm of Schwartz and Hearst (2003).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from met.tree.patterns import spells
from met.types import Span

_BRACKET: Final = re.compile(r"\(\s*(?P<short>[^\s();,]{2,10}|[^\s();,]{1,8}[ -][^\s();,]{1,3})\s*(?=[);,])")
_WORD: Final = re.compile(r"[^\s()]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortForm:
    """`text[slice(*long)]` is the long form of what is written at `short`."""

    short: Span
    long: Span


def short_forms(text: str, sentence: Span) -> Iterator[ShortForm]:
    """Yield the short forms that stand in brackets behind their long form, the shortest that spells them.

    >>> text = "We studied acute respiratory distress syndrome (ARDS)."
    >>> [(text[slice(*found.short)], text[slice(*found.long)]) for found in short_forms(text, (0, len(text)))]
    [('ARDS', 'acute respiratory distress syndrome')]
    """
    for bracket in _BRACKET.finditer(text, *sentence):
        short = bracket["short"]
        letters = sum(letter.isalnum() for letter in short)
        words = list(_WORD.finditer(text, sentence[0], bracket.start()))
        for word in reversed(words[-min(letters + 5, 2 * letters) :]):
            long = text[word.start() : bracket.start()].rstrip()
            if spells(short, long):
                start = word.start()
                yield ShortForm(short=bracket.span("short"), long=(start, start + len(long)))
                break
