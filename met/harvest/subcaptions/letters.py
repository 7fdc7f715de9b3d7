"""Which letter stands at which panel: lines of drawn text, and the corners and edges where authors put letters.

Letters of one figure stand at one kind of place: inside a corner, or on the paper beside it. So the kind of place that
explains most letters decides, and what stands elsewhere is part of a picture or an axis.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from met.types import Box, TextLine

Place: TypeAlias = tuple[float, float]

# A letter alone, "(a)", "a)", "A.", or one of these before a few words.
_ALONE: Final = re.compile(r"[\[(]?\s*([A-Za-z])\s*['\u2032]?\s*[\])]?[.,:]?")
_BEFORE: Final = re.compile(r"(?:[\[(]\s*([A-Za-z])\s*[\])]|([A-Za-z])\)|([A-Z])[.:])\s*\S.*")
_BRACKETED: Final = re.compile(r"\(?([A-Za-z])\)\s*")
_JOINED: Final = re.compile(r"(?:\(?[A-Za-z]\)\s*){2,}")
# How readers see a letter of a figure where it stands alone.
_MISREAD: Final = {"8": "b", "6": "b", "©": "c", "0": "o", "9": "g"}
# Across and down in shares of the panel: corners, and the middles of the upper and the lower edge.
_PLACES: Final[tuple[Place, ...]] = ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0), (0.5, 0.0), (0.5, 1.0))
_LEAST_SCORE: Final = 0.5
_INSIDE: Final = 0.3
_LARGEST: Final = 0.3
_OUTSIDE: Final = 2.6


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    letter: str
    box: Box
    bracketed: bool


def letters_at(lines: Sequence[TextLine], boxes: Sequence[Box], names: Sequence[str]) -> tuple[str | None, ...]:
    """Return for each box the letter that is drawn at it, None where none of `names` was read there.

    Args:
        lines: what was read in the image that the boxes lie in; empty where nobody has read it.
        names: the letters that the caption names, in lower case; others are no letters of panels.

    No letter is given twice. Where two boxes have the same letter, the nearer one keeps it.
    """
    reads = _in_one_form([read for line in lines for read in _letters_of(line, names)])
    placed = [_placed(reads, boxes, place) for place in _PLACES]
    best = max(placed, key=lambda near: (len(_given(near)), -sum(distance for distance, _, _ in near)))
    # Letters in other corners serve boxes that are still without one.
    found = _given([*best, *sorted(row for near in placed[:4] for row in near)])
    return tuple(found.get(at) for at in range(len(boxes)))


def _placed(reads: Sequence[_Read], boxes: Sequence[Box], place: Place) -> list[tuple[float, int, str]]:
    """Return distance, box and letter of all that stands at that place of a box, nearest first, each letter once."""
    near: list[tuple[float, int, str]] = []
    for read in reads:
        inside = [at for at, box in enumerate(boxes) if _holds(box, read.box)]
        # What stands in a box is not beside another.
        near.extend(
            (distance, at, read.letter)
            for at in inside or range(len(boxes))
            if (distance := _distance(read.box, boxes[at], place)) is not None
        )
    near.sort()
    given = _given(near)
    return [row for number, row in enumerate(near) if given.get(row[1]) == row[2] and row not in near[:number]]


def _given(near: Sequence[tuple[float, int, str]]) -> dict[int, str]:
    found: dict[int, str] = {}
    for _, at, letter in near:
        if at not in found and letter not in found.values():
            found[at] = letter
    return found


def _holds(box: Box, letter: Box) -> bool:
    across, down = (letter[0] + letter[2]) / 2, (letter[1] + letter[3]) / 2
    return box[0] <= across <= box[2] and box[1] <= down <= box[3]


def completed(read: Sequence[str | None], boxes: Sequence[Box], names: Sequence[str]) -> tuple[str, ...]:
    """Return a letter for each box: those that were read, the others in reading order or down the columns.

    `boxes` come in reading order, as many as `names`. Where fewer than half of the letters were read, or one alone, and
    they speak against the order, the order decides: a letter is misread more often than figures are out of order.
    """
    by_column = sorted(range(len(boxes)), key=lambda at: _column_key(boxes, at))
    downwards = {at: names[number] for number, at in enumerate(by_column)}
    orders = [tuple(names), tuple(downwards[at] for at in range(len(boxes)))]
    known = {at: letter for at, letter in enumerate(read) if letter is not None}
    agrees = [sum(order[at] == letter for at, letter in known.items()) for order in orders]
    order = orders[1] if agrees[1] > agrees[0] and agrees[1] >= 2 else orders[0]
    agreed = all(order[at] == letter for at, letter in known.items())
    if agreed or len(known) < max(2, len(boxes) / 2):
        return order
    left = [name for name in order if name not in known.values()]
    return tuple(known.get(at) or left.pop(0) for at in range(len(boxes)))


def _in_one_form(reads: list[_Read]) -> list[_Read]:
    """Return the reads without those that lack the bracket of most, where the letter was read with it as well."""
    bracketed = {read.letter for read in reads if read.bracketed}
    if 2 * sum(read.bracketed for read in reads) <= len(reads):
        return reads
    return [read for read in reads if read.bracketed or read.letter not in bracketed]


def _letters_of(line: TextLine, names: Sequence[str]) -> list[_Read]:
    """Return the letters of a line; readers join those of neighbours: "c)d)" is two."""
    if line.score >= _LEAST_SCORE and _JOINED.fullmatch(line.text):
        x1, y1, x2, y2 = line.box
        step = (x2 - x1) / len(line.text)
        return [
            _Read(
                letter=one[1].lower(),
                box=(x1 + round(step * one.start()), y1, x1 + round(step * one.end()), y2),
                bracketed=True,
            )
            for one in _BRACKETED.finditer(line.text)
            if one[1].lower() in names
        ]
    read = _letter_of(line, names)
    return [read] if read else []


def _letter_of(line: TextLine, names: Sequence[str]) -> _Read | None:
    text = line.text.strip()
    if line.score < _LEAST_SCORE or not text:
        return None
    bare = text.strip("()[]., ")
    if alone := _ALONE.fullmatch(text):
        letter = alone[1].lower()
    elif bare in _MISREAD and _MISREAD[bare] in names:
        letter = _MISREAD[bare]
    elif before := _BEFORE.fullmatch(text):
        letter = next(group for group in before.groups() if group).lower()
        x1, y1, x2, y2 = line.box
        # Of a line that goes on, the letter is the beginning.
        box = (x1, y1, min(x2, x1 + 2 * (y2 - y1)), y2)
        return _Read(letter=letter, box=box, bracketed=")" in text) if letter in names else None
    else:
        return None
    return _Read(letter=letter, box=line.box, bracketed=")" in text) if letter in names else None


def _distance(letter: Box, box: Box, place: Place) -> float | None:
    """Return how far the letter stands from a place of the box, None where it is too far to be at it.

    The unit is the size of the letter; inside, a letter may stand as far in as three tenths of the box. What is larger
    than that is no letter: readers take a lung for a 6.
    """
    x1, y1, x2, y2 = box
    wide, high = x2 - x1, y2 - y1
    if max((letter[3] - letter[1]) / high, (letter[2] - letter[0]) / wide) > _LARGEST:
        return None
    across, down = (letter[0] + letter[2]) / 2, (letter[1] + letter[3]) / 2
    size = max(1.0, float(min(letter[3] - letter[1], letter[2] - letter[0])))
    off: list[float] = []
    for at, start, length, share in ((across, x1, wide, place[0]), (down, y1, high, place[1])):
        gap = at - (start + share * length)
        inward = gap if share < 0.5 else -gap if share > 0.5 else abs(gap)
        most = max(_INSIDE * length, 1.5 * size) if inward >= 0 else _OUTSIDE * size
        if abs(gap) > min(most, 0.5 * length if inward >= 0 else most):
            return None
        off.append(abs(gap) / size)
    # The middle of an edge is a place for letters on paper alone.
    if place[0] == 0.5 and y1 <= down <= y2:
        return None
    return float(round(off[0] + off[1], 4))


def _column_key(boxes: Sequence[Box], at: int) -> tuple[int, int]:
    """Return the place of a box in an order down the columns: columns begin where boxes are apart across."""
    starts = sorted({box[0] for box in boxes})
    edges = [start for start in starts if not any(box[0] < start < box[2] for box in boxes)]
    return sum(start <= boxes[at][0] for start in edges), boxes[at][1]
