"""Identifiers of patients among the lines of text that are drawn into an image.

Scanners write name, number, birth date, date of the examination and hospital into the corners; readers lose spaces and
punctuation between them. In a chart or a drawing a date is an axis and a name an author, so there only what a label
calls a patient's counts.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from met.harvest.privacy.context import Kind
from met.harvest.privacy.forms import BARE, LABELLED
from met.harvest.privacy.names import FAMILY_NAMES, GIVEN_NAMES, NO_NAMES, PLACEHOLDERS
from met.types import Box, TextLine

# Lines whose middles lie within this share of the lower one's height are read as one, up to so many heights apart.
SAME_ROW: Final = 0.5
GAP: Final = 6.0
_WORD: Final = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*\.?")
_GLUED: Final = re.compile(r"(?<=[a-zà-ÿ])(?=[A-Z])")


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnIdentifier:
    """Something that may say who a patient is, and the box of the lines that it stands in."""

    kind: Kind
    box: Box


def drawn_identifiers(lines: Sequence[TextLine], *, clinical: bool) -> tuple[DrawnIdentifier, ...]:
    """Return what may say who a patient is, from top to bottom; `clinical` is False for charts and drawings."""
    found: set[tuple[Box, Kind]] = set()
    for row in rows_of(lines):
        text, starts = _joined(row)
        for kind, start, end in _identifiers(text, clinical=clinical):
            held = [line for line, at in zip(row, starts, strict=True) if at < end and at + len(line.text) > start]
            found.add((_around([line.box for line in held]), kind))
    return tuple(
        DrawnIdentifier(kind=kind, box=box) for box, kind in sorted(found, key=lambda one: (one[0][1], one[0], one[1]))
    )


def rows_of(lines: Sequence[TextLine]) -> list[list[TextLine]]:
    """Return the lines that stand beside each other, each row from left to right."""
    rows: list[list[TextLine]] = []
    for line in sorted(lines, key=lambda one: (one.box[0], one.box[1], one.text)):
        beside = [row for row in rows if _continues(row[-1].box, line.box)]
        if beside:
            min(beside, key=lambda row: (line.box[0] - row[-1].box[2], row[-1].box)).append(line)
        else:
            rows.append([line])
    return rows


def _continues(left: Box, right: Box) -> bool:
    height = min(left[3] - left[1], right[3] - right[1])
    apart = abs((left[1] + left[3]) - (right[1] + right[3])) / 2
    return apart <= SAME_ROW * height and -height <= right[0] - left[2] <= GAP * height


def _joined(row: Sequence[TextLine]) -> tuple[str, list[int]]:
    text, starts = "", []
    for line in row:
        text += " " if text else ""
        starts.append(len(text))
        text += line.text
    return text, starts


def _around(boxes: Sequence[Box]) -> Box:
    left, top, right, bottom = zip(*boxes, strict=True)
    return (min(left), min(top), max(right), max(bottom))


def _identifiers(text: str, *, clinical: bool) -> Iterator[tuple[Kind, int, int]]:
    for kind, pattern in (*LABELLED, *(BARE if clinical else ())):
        for match in pattern.finditer(text):
            if kind != "name" or _may_name(match["x"]):
                yield kind, *match.span()
    if clinical:
        for start, end in _runs(text):
            yield "name", start, end


def _may_name(value: str) -> bool:
    words = [word.lower() for word in re.findall(r"[^\W\d_]{2,}", _GLUED.sub(" ", value))]
    return bool(words) and words[0] not in PLACEHOLDERS and words[0] not in NO_NAMES


def _runs(text: str) -> Iterator[tuple[int, int]]:
    """Yield the spans of two to four capitalised words beside each other of which one is a known name."""
    run: list[re.Match[str]] = []
    for match in [*_WORD.finditer(text), None]:
        joins = match is not None and (not run or not text[run[-1].end() : match.start()].strip(" ,"))
        if match is not None and match[0][0].isupper() and joins:
            run.append(match)
            continue
        yield from _named(run)
        run = [match] if match is not None and match[0][0].isupper() else []


def _named(run: Sequence[re.Match[str]]) -> Iterator[tuple[int, int]]:
    words = [word.lower() for match in run for word in _GLUED.sub(" ", match[0].rstrip(".")).split()]
    long = [word for word in words if len(word) > 1]
    if (
        len(long) >= 2
        and len(words) <= 4
        and set(words) & (GIVEN_NAMES | FAMILY_NAMES)
        and not set(words) & (NO_NAMES | PLACEHOLDERS)
    ):
        yield run[0].start(), run[-1].end()
