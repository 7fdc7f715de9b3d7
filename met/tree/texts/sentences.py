"""Cuts a text into sentences, kept as offsets."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import Final

from met.types import Span

# A line is a block of its own: no sentence goes over its end.
_BLOCK: Final = re.compile(r"[^\n]+")
_END: Final = re.compile(r"[.!?][\"')\]”’]*\s+(?=[\"'(\[“‘]?[A-Z0-9])")
_ABBREVIATION: Final = re.compile(
    r"(?:\b(?:e\.g|i\.e|cf|vs|Dr|Mr|Mrs|Ms|Prof|St|No|Fig|Figs|Ref|Eq|approx|ca|al|etc|resp|spp|sp|var|Inc|Vol|pp)|"
    r"\b[A-Z])\.$"
)


def sentences(text: str) -> Iterator[Span]:
    """Yield the offsets of the sentences of `text` without the space around them.

    >>> text = "A cyst, e.g. Baker's cyst, hurts. It is full."
    >>> [text[start:end] for start, end in sentences(text)]
    ["A cyst, e.g. Baker's cyst, hurts.", 'It is full.']
    """
    for block in _BLOCK.finditer(text):
        start = block.start()
        for end in _END.finditer(text, block.start(), block.end()):
            stop = end.start() + len(end.group().rstrip())
            if not _ABBREVIATION.search(text, max(start, stop - 8), stop):
                yield from _trimmed(text, start, stop)
                start = end.end()
        yield from _trimmed(text, start, block.end())


def sentence_around(text: str, span: Span) -> Span:
    """Return the offsets of the sentence that holds `span`; `span` itself where it crosses sentences.

    >>> sentence_around("A cyst hurts. It is full.", (14, 16))
    (14, 25)
    """
    start = text.rfind("\n", 0, span[0]) + 1
    end = text.find("\n", span[1])
    block = text[start : len(text) if end < 0 else end]
    spans = [(start + first, start + last) for first, last in sentences(block)]
    at = bisect_right([first for first, _ in spans], span[0]) - 1
    around = spans[at] if at >= 0 else span
    return around if span[1] <= around[1] else span


def _trimmed(text: str, start: int, end: int) -> Iterator[Span]:
    piece = text[start:end]
    left = start + len(piece) - len(piece.lstrip())
    right = start + len(piece.rstrip())
    if left < right:
        yield left, right
