"""From cells to boxes of panels: margins, captions and letters beside a picture go, cells without one are no panels."""

from statistics import median
from typing import Final

import numpy as np
from numpy.typing import NDArray

from met.harvest.panels.cut import Cell
from met.harvest.panels.gutters import PHOTO, SEAM, turned
from met.harvest.panels.page import BLACK, WHITE, Page
from met.types import Box

_DENSE: Final = 0.5
_SPARSE: Final = 0.25
_COMPARABLE: Final = 0.5
_SMALLER: Final = 0.2
_BAR: Final = 0.15
_TEXT: Final = 0.15
_CLEAN: Final = 0.005
_DRAWING: Final = 0.2
_FILLS: Final = 0.93
_HARDLY_FILLS: Final = 0.65
_LEAST_PHOTO: Final = 0.2
_LEAST_REGULAR: Final = 0.08


def trimmed(page: Page, cell: Cell) -> Box:
    """Return the part of the cell that a picture fills: lines of pixels at least half of which are not gutter."""
    colour = WHITE if cell.colour in (SEAM, BLACK) else cell.colour
    box = cell.box
    for _ in range(2):
        box = _along(page, 0, box, colour)
        box = turned(_along(page, 1, turned(box), colour))
    return box


def _along(page: Page, axis: int, region: Box, colour: int) -> Box:
    lines = page.axes[axis]
    filled = 1 - lines.shares(lines.colours[colour], region)
    dense = filled >= _DENSE * float(filled.max())
    start, end = _reach(dense, least=max(2, len(filled) // 50))
    while start > 0 and filled[start - 1] >= _SPARSE:
        start -= 1
    while end < len(filled) and filled[end] >= _SPARSE:
        end += 1
    return (region[0] + start, region[1], region[0] + end, region[3])


def _reach(mask: NDArray[np.bool_], *, least: int) -> tuple[int, int]:
    """Return from where to where runs of at least `least` marked lines reach, colour bars at the ends left out."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], mask.view(np.int8), [0])))).tolist()
    runs = [(start, end) for start, end in zip(edges[::2], edges[1::2], strict=True) if end - start >= least]
    if not runs:
        return 0, len(mask)
    first, last = _without_bars(runs)
    return runs[first][0], runs[last][1]


def _without_bars(runs: list[tuple[int, int]]) -> tuple[int, int]:
    """Return the first and the last run that is no colour bar: a narrow strip beside a wide picture, apart from it."""
    first, last = 0, len(runs) - 1
    widest = max(end - start for start, end in runs)
    while first < last and _is_bar(runs[first], runs[first + 1][0] - runs[first][1], widest):
        first += 1
    while first < last and _is_bar(runs[last], runs[last][0] - runs[last - 1][1], widest):
        last -= 1
    return first, last


def _is_bar(run: tuple[int, int], gap: int, widest: int) -> bool:
    wide = run[1] - run[0]
    return wide <= _BAR * widest and gap >= max(3, wide // 4)


def _picture(page: Page, cell: Cell) -> Box:
    """Return the trimmed cell, or where little of what it holds is filled (a pale micrograph), all of that."""
    box, inked = trimmed(page, cell), _without_caption(page, cell, _inked(page, cell))
    return box if _area(box) >= 0.5 * _area(inked) else inked


def _without_caption(page: Page, cell: Cell, box: Box) -> Box:
    """Return the box without a line of text below or above the picture: low, apart from it, and far from full."""
    colour = WHITE if cell.colour in (SEAM, BLACK) else cell.colour
    x1, y1, x2, y2 = box
    lines = page.axes[1]
    filled = 1 - lines.shares(lines.colours[colour], turned(box))
    edges = np.flatnonzero(np.diff(np.concatenate(([0], (filled > _CLEAN).view(np.int8), [0])))).tolist()
    runs = list(zip(edges[::2], edges[1::2], strict=True))
    low = _TEXT * (y2 - y1)
    if len(runs) > 1 and _is_text(filled, runs[-1], runs[-1][0] - runs[-2][1], low):
        y2 = y1 + runs.pop()[0]
    if len(runs) > 1 and _is_text(filled, runs[0], runs[1][0] - runs[0][1], low):
        y1 += runs[0][1]
    return (x1, y1, x2, y2)


def _is_text(filled: NDArray[np.float32], run: tuple[int, int], gap: int, low: float) -> bool:
    high = run[1] - run[0]
    return high <= low and gap >= max(3, high // 3) and float(filled[run[0] : run[1]].max()) < _DENSE


def panels_in(page: Page, cells: list[Cell], *, regular: bool) -> list[tuple[Box, float]]:
    """Return box and confidence of each cell that is a panel, in the order of the cells.

    Confidence is the strength of the weakest cut that made the cell, less where the cell is no photograph.

    A cell without photograph is a panel where it is about as large as those with one and not mere text: labels,
    captions and colour bars are none. In a `regular` layout cells that pictures mostly fill are panels as they are.
    """
    boxes = [_picture(page, cell) for cell in cells]
    photo = [page.colourfulness(box) >= PHOTO for box in boxes]
    covered = sum(_area(box) for box, is_photo in zip(boxes, photo, strict=True) if is_photo)
    # Bars of a colour other than paper's, in equal steps, part drawings as well.
    barred = regular and all(cell.colour not in (SEAM, WHITE) for cell in cells)
    if covered < (_LEAST_REGULAR if regular else _LEAST_PHOTO) * _page_area(page) and not barred:
        return []
    filled = sum(_area(box) >= _FILLS * _area(cell.box) for box, cell in zip(boxes, cells, strict=True))
    kept_whole = regular and 3 * filled >= len(cells)
    pictures = [box for box, is_photo in zip(boxes, photo, strict=True) if is_photo] or boxes
    wide, high = median(box[2] - box[0] for box in pictures), median(box[3] - box[1] for box in pictures)
    found = []
    for box, cell, is_photo in zip(boxes, cells, photo, strict=True):
        share = _SMALLER if is_photo else _COMPARABLE
        inner = box if is_photo else _inked(page, cell)
        large = inner[2] - inner[0] >= share * wide and inner[3] - inner[1] >= share * high
        if large and (regular or is_photo or page.colourfulness(inner) >= _DRAWING):
            drawn = regular and _area(box) < _HARDLY_FILLS * _area(cell.box)
            best = cell.box if kept_whole or drawn or not is_photo else box
            found.append((best, cell.strength * min(1.0, page.colourfulness(best) / PHOTO)))
    return found


def _inked(page: Page, cell: Cell) -> Box:
    """Return the cell without even margins."""
    colour = WHITE if cell.colour in (SEAM, BLACK) else cell.colour
    box = cell.box
    for axis in (0, 1):
        region = box if axis == 0 else turned(box)
        lines = page.axes[axis]
        marked = np.flatnonzero(lines.shares(lines.colours[colour], region) < 0.995)
        if len(marked):
            region = (region[0] + int(marked[0]), region[1], region[0] + int(marked[-1]) + 1, region[3])
        box = region if axis == 0 else turned(region)
    return box


def _area(box: Box) -> int:
    return max(0, box[2] - box[0]) * max(0, box[3] - box[1])


def _page_area(page: Page) -> int:
    return int(page.axes[0].grey.size)
