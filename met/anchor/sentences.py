"""Sentences as spans of their text, so that whatever is said of one can be found again."""

import re

from met.types import Span

# A full stop after these ends no sentence.
_SHORT = "fig figs figure no nos vs al e.g i.e cf ca approx dr mr mrs ms st sp spp resp ref refs tab suppl incl etc vol"
ABBREVIATIONS = frozenset(_SHORT.split())
BOUNDARY = re.compile(r"(?<=[.!?])[\"'”’)\]]*\s+(?=[\"'“‘]?[A-Z0-9]|[(\[]\w)|\n\s*\n")
LAST_WORD = re.compile(r"[\w.]+(?=\.$)")


def sentences_of(text: str) -> tuple[Span, ...]:
    """Return the spans of the sentences of `text`, without the white space around them, in order.

    >>> [text[a:b] for text in ["No mass (Fig. 2). Both lungs clear."] for a, b in sentences_of(text)]
    ['No mass (Fig. 2).', 'Both lungs clear.']
    """
    spans: list[Span] = []
    start = 0
    for boundary in BOUNDARY.finditer(text):
        if _is_abbreviation(text[start : boundary.start()]):
            continue
        spans.append((start, boundary.start() + len(boundary[0].rstrip()) if boundary[0].strip() else boundary.start()))
        start = boundary.end()
    spans.append((start, len(text)))
    return tuple(span for span in (_trimmed(text, *span) for span in spans) if span[0] < span[1])


def _is_abbreviation(head: str) -> bool:
    word = LAST_WORD.search(head)
    # A single capital is an initial ("J. Smith") or a panel letter, and both go on.
    return word is not None and (word[0].lower() in ABBREVIATIONS or (len(word[0]) == 1 and word[0].isalpha()))


def _trimmed(text: str, start: int, end: int) -> Span:
    part = text[start:end]
    return start + len(part) - len(part.lstrip()), start + len(part.rstrip())
