"""A layout of equal cells: the most usual one, and the one that shows where drawings on white paper end."""

from dataclasses import dataclass, replace
from itertools import pairwise, takewhile
from typing import Final

import numpy as np
from numpy.typing import NDArray

from met.harvest.panels.cut import SMALLEST, Cell, cells_of, cells_of_strips, finer_cells
from met.harvest.panels.gutters import PHOTO, SEAM, Gutter, lower_part, peaks_of
from met.harvest.panels.page import WHITE, WHITE_AT, Axis, Page
from met.types import Box

_MOST: Final = 6
_SMALLEST_SEAMED: Final = 150
_LONGEST: Final = 2.2
_SECTIONS: Final = 12
_CLEAN: Final = 0.955
_FILLED: Final = 0.7
_WIDEST: Final = 0.06
_UNEVEN: Final = 0.012
_STEP_AT_LEAST: Final = 0.2
_PEAK_AT_LEAST: Final = 0.12


@dataclass(frozen=True, slots=True, kw_only=True)
class _Boundary:
    """A gutter that crosses the whole page; `sure` where a picture ends at it, `exact` where one does on both sides."""

    gutter: Gutter
    sure: bool
    exact: bool


def layout_of(page: Page) -> tuple[list[Cell], bool]:
    """Return the cells of the page, by rows then columns, and whether they make a regular layout.

    A page that is regular one way alone, in strips, is cut on without a rule.
    """
    height, width = page.axes[0].grey.shape
    axes = [_boundaries(page, axis) for axis in (0, 1)] if min(height, width) >= SMALLEST else []
    if not any(axes):
        return cells_of(page), False
    columns, rows = _pieces([one.gutter for one in axes[0]], width), _pieces([one.gutter for one in axes[1]], height)
    gutters = [one.gutter for boundaries in axes for one in boundaries]
    strength = min(gutter.strength for gutter in gutters)
    colour = next((gutter.colour for gutter in gutters if gutter.colour != SEAM), SEAM)
    cells = [Cell(box=(x1, y1, x2, y2), strength=strength, colour=colour) for y1, y2 in rows for x1, x2 in columns]
    x1, y1, x2, y2 = cells[0].box
    if not all(axes) and max(x2 - x1, y2 - y1) > _LONGEST * min(x2 - x1, y2 - y1):
        return cells_of_strips(page, cells, 0 if axes[0] else 1), False
    finer = [part for cell in cells for part in finer_cells(page, cell)]
    return finer, len(finer) == len(cells)


def _pieces(gutters: list[Gutter], length: int) -> list[tuple[int, int]]:
    starts = [0, *(gutter.end for gutter in gutters)]
    ends = [*(gutter.start for gutter in gutters), length]
    return list(zip(starts, ends, strict=True))


def _boundaries(page: Page, axis: int) -> list[_Boundary]:
    """Return the gutters of the division into equal pieces that explains most sure gutters with fewest unsure ones."""
    lines = page.axes[axis]
    height, width = lines.grey.shape
    region: Box = (0, 0, width, height)
    clean = np.stack([lines.shares(counts, region) for counts in lines.colours])
    steps = lines.shares(lines.steps, region)
    seams = np.stack([steps, peaks_of(steps)])
    best: list[_Boundary] = []
    for pieces in range(2, _MOST + 1):
        places = (width * number / pieces for number in range(1, pieces))
        found = (_boundary(page, axis, clean, seams, place, pieces) for place in places)
        # The first place without a gutter ends the search.
        there = [one for one in takewhile(lambda one: one is not None, found) if one is not None]
        if len(there) < pieces - 1:
            continue
        sure = sum(one.sure for one in there)
        if _evidence(there) > _evidence(best) and sure * 3 >= len(there):
            best = _fitted(there, width) or best
    return best


def _evidence(boundaries: list[_Boundary]) -> int:
    return sum(one.sure * (1 if one.gutter.colour == SEAM else 2) for one in boundaries)


def _fitted(boundaries: list[_Boundary], width: int) -> list[_Boundary]:
    """Return the boundaries with gutters of one width between pieces of one size; none where that does not fit.

    The paper of a drawing widens the clean strip beside it, so each gutter may lie anywhere inside its strip.
    """
    pieces = len(boundaries) + 1
    seams = all(one.gutter.colour == SEAM for one in boundaries)
    slack = max(2.0, (_UNEVEN / 2 if seams else _UNEVEN) * width)
    # The narrowest that lies between two pictures is the gutter; wider ones hold the margin of a picture as well.
    exact = min((one.gutter.end - one.gutter.start for one in boundaries if one.exact), default=None)
    best: tuple[float, int] | None = None
    for gutter in range(max(one.gutter.end - one.gutter.start for one in boundaries), -1, -1):
        if exact is not None and abs(gutter - exact) > slack:
            continue
        step = (width + gutter) / pieces
        off = max(
            max(one.gutter.start - (number * step - gutter), number * step - one.gutter.end, 0.0)
            for number, one in enumerate(boundaries, 1)
        )
        if best is None or off < best[0] - 0.5:
            best = (off, gutter)
    if best is None or best[0] > slack:
        return []
    step = (width + best[1]) / pieces
    return [
        _placed(one, round(number * step - best[1]), round(number * step)) for number, one in enumerate(boundaries, 1)
    ]


def _placed(boundary: _Boundary, start: int, end: int) -> _Boundary:
    gutter = boundary.gutter
    first, last = max(gutter.start, start), min(gutter.end, end)
    if first > last:
        first, last = gutter.start, gutter.end
    return replace(boundary, gutter=replace(gutter, start=first, end=last))


def _boundary(
    page: Page, axis: int, clean: NDArray[np.float32], seams: NDArray[np.float32], place: float, pieces: int
) -> _Boundary | None:
    width = clean.shape[1]
    slack = max(2, round(_UNEVEN * width))
    reach = slack + round(_WIDEST * width * (pieces - 2) / (2 * pieces) / 2)
    first, last = max(1, round(place) - reach), min(width - 1, round(place) + reach + 1)
    bands = [band for colour in range(len(clean)) if (band := _band(clean[colour], colour, first, last, place))]
    options = []
    for band in bands:
        sides = _pictures_at(page, axis, band)
        options.append(_Boundary(gutter=band, sure=sides > 0, exact=sides == 2))
    if (seam := _seam(page, axis, seams, first, last)) is not None:
        options.append(seam)
    return min(options, key=_rank, default=None)


def _rank(boundary: _Boundary) -> tuple[bool, bool, int, int]:
    """Sure before unsure, gutters before seams, wide ones before narrow ones."""
    gutter = boundary.gutter
    return (not boundary.sure, gutter.colour == SEAM, gutter.start - gutter.end, gutter.start)


def _band(share: NDArray[np.float32], colour: int, first: int, last: int, place: float) -> Gutter | None:
    """Return the widest run of clean columns that reaches into [first, last)."""
    inside = np.flatnonzero(share[first:last] >= _CLEAN)
    if not len(inside):
        return None
    nearest = first + int(inside[np.argmin(np.abs(inside + first - place))])
    start, end = nearest, nearest + 1
    widest = round(_WIDEST * len(share))
    while start > max(0, nearest - widest) and share[start - 1] >= _CLEAN:
        start -= 1
    while end < min(len(share), nearest + widest) and share[end] >= _CLEAN:
        end += 1
    if start == 0 or end == len(share):
        return None
    return Gutter(start=start, end=end, colour=colour, strength=0.7)


def _pictures_at(page: Page, axis: int, band: Gutter) -> int:
    """Return on how many sides of the band a photograph ends in a straight line along a sixth of it at least.

    A dark or grey band of some width from edge to edge of the page ends drawings, too.
    """
    lines = page.axes[axis]
    height, width = lines.grey.shape
    if band.colour != WHITE and band.end - band.start >= 3 and _is_bar(lines, band):
        return 2
    deep = max(3, round(0.02 * max(height, width)))
    cuts = np.linspace(0, height, _SECTIONS + 1).astype(int).tolist()
    counts = lines.colours[band.colour]
    wide = max(8, round(0.08 * width))
    found = 0
    for side, strip in (
        ((max(0, band.start - wide), band.start), (max(0, band.start - 1 - deep), max(1, band.start - 1))),
        ((band.end, min(width, band.end + wide)), (min(width - 1, band.end + 1), min(width, band.end + 1 + deep))),
    ):
        filled = [
            lower_part(1 - lines.shares(counts, (strip[0], top, strip[1], bottom))) >= _FILLED
            for top, bottom in pairwise(cuts)
        ]
        found += any(
            one and other and page.colourfulness((side[0], cuts[at], side[1], cuts[at + 2]), axis) >= PHOTO
            for at, (one, other) in enumerate(pairwise(filled))
        )
    return found


def _is_bar(lines: Axis, band: Gutter) -> bool:
    height, width = lines.grey.shape
    start, end = max(0, band.start - 6), min(width, band.end + 6)
    share = lines.shares(lines.colours[band.colour], (start, 0, end, height))
    beside = np.concatenate([share[: max(0, band.start - start - 2)], share[band.end - start + 2 :]])
    return bool(len(beside) and beside.max() <= 0.1 and share[band.start - start : band.end - start].max() >= 0.985)


def _seam(page: Page, axis: int, seams: NDArray[np.float32], first: int, last: int) -> _Boundary | None:
    """Return the sharpest seam in [first, last); `seams` (2, w) are steps, and by how much each exceeds those near."""
    steps, peaks = seams[0], seams[1, first:last]
    at = first + int(np.argmax(peaks))
    if steps[at] < _STEP_AT_LEAST or peaks[at - first] < _PEAK_AT_LEAST:
        return None
    sure = bool(steps[at] >= 0.42 and peaks[at - first] >= 0.33 and _parts_pictures(page, axis, at))
    gutter = Gutter(start=at, end=at, colour=SEAM, strength=round(min(0.7, float(steps[at])), 4))
    return _Boundary(gutter=gutter, sure=sure, exact=True)


def _parts_pictures(page: Page, axis: int, at: int) -> bool:
    """Return whether along a sixth of the seam at least two photographs meet at it, neither of them paper."""
    lines = page.axes[axis]
    height, width = lines.grey.shape
    if at < 4 or at + 4 > width or min(height, width) < _SMALLEST_SEAMED:
        return False
    before, after = lines.grey[:, at - 3].astype(np.int16), lines.grey[:, at + 2].astype(np.int16)
    meets = (np.abs(before - after) > 10) & (before < WHITE_AT) & (after < WHITE_AT)
    if float(meets.mean()) < 0.15:
        return False
    cuts = np.linspace(0, height, _SECTIONS + 1).astype(int).tolist()
    wide = max(8, round(0.08 * width))
    for at_section in range(_SECTIONS - 1):
        top, bottom = cuts[at_section], cuts[at_section + 2]
        if bottom - top < 2 or float(meets[top:bottom].mean()) < 0.5:
            continue
        sides = [(max(0, at - wide), top, at, bottom), (at, top, min(width, at + wide), bottom)]
        if min(page.colourfulness(side, axis) for side in sides) >= PHOTO:
            return True
    return False
