"""The cells that recursive cutting of a page leaves (XY-cut, Nagy 1984)."""

from dataclasses import dataclass
from typing import Final

from met.harvest.panels.gutters import PHOTO, SEAM, Gutter, gutters_of, turned
from met.harvest.panels.page import Page
from met.types import Box

SMALLEST: Final = 60
_SURE_PHOTO: Final = 0.6
_DEEPEST: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """What cutting left. `strength` is that of its weakest cut, `colour` of the gutter beside it."""

    box: Box
    strength: float
    colour: int


def cells_of(page: Page) -> list[Cell]:
    """Return the cells of the page in its own pixels; one cell where nothing is cut."""
    height, width = page.axes[0].grey.shape
    if min(height, width) < SMALLEST:
        return [Cell(box=(0, 0, width, height), strength=1.0, colour=SEAM)]
    return _cut(page, Cell(box=(0, 0, width, height), strength=1.0, colour=SEAM), hints=((), ()), depth=0)


def cells_of_strips(page: Page, strips: list[Cell], axis: int) -> list[Cell]:
    """Return the cells of strips that were cut along `axis`; what cuts one of them is looked for in all."""
    across = 1 - axis
    shared = tuple(gutter for strip in strips for gutter in gutters_of(page, across, strip.box, ()))
    hints = (shared, ()) if across == 0 else ((), shared)
    return [leaf for strip in strips for leaf in _cut(page, strip, hints=hints, depth=1)]


def finer_cells(page: Page, cell: Cell) -> list[Cell]:
    """Return the cells of one cell of a regular layout: it is cut on only where photographs stand on both sides."""
    whole = Cell(box=cell.box, strength=1.0, colour=SEAM)
    found = _cut(page, whole, hints=((), ()), depth=_DEEPEST - 1)
    if len(found) == 1 or min(part.strength for part in found) < 0.6:
        return [cell]
    areas = [(part.box[2] - part.box[0]) * (part.box[3] - part.box[1]) for part in found]
    alike = min(areas) >= 0.3 * max(areas)
    sure = _SURE_PHOTO if found[0].colour == SEAM else PHOTO
    return found if alike and all(page.colourfulness(part.box) >= sure for part in found) else [cell]


def _cut(page: Page, cell: Cell, *, hints: tuple[tuple[Gutter, ...], tuple[Gutter, ...]], depth: int) -> list[Cell]:
    if depth == _DEEPEST:
        return [cell]
    found = [gutters_of(page, axis, cell.box, hints[axis]) for axis in (0, 1)]
    if not any(found):
        return [cell]
    axis = 0 if _weight(found[0]) > _weight(found[1]) else 1
    parts = _parts(cell, axis, found[axis])
    across = 1 - axis
    shared = tuple(gutter for part in parts for gutter in gutters_of(page, across, part.box, ()))
    passed = (shared, ()) if across == 0 else ((), shared)
    return [leaf for part in parts for leaf in _cut(page, part, hints=passed, depth=depth + 1)]


def _weight(gutters: list[Gutter]) -> tuple[bool, float]:
    """What speaks for cutting at these first: gutters rather than seams, then how many and how sure."""
    return any(gutter.colour != SEAM for gutter in gutters), sum(gutter.strength for gutter in gutters)


def _parts(cell: Cell, axis: int, gutters: list[Gutter]) -> list[Cell]:
    """Return the cell cut at the gutters."""
    x1, y1, x2, y2 = cell.box if axis == 0 else turned(cell.box)
    parts = []
    for place in range(len(gutters) + 1):
        beside = gutters[max(0, place - 1) : place + 1]
        start = gutters[place - 1].end if place else x1
        end = gutters[place].start if place < len(gutters) else x2
        box = (start, y1, end, y2)
        strength = min(cell.strength, *(gutter.strength for gutter in beside), 1.0)
        colour = next((gutter.colour for gutter in beside if gutter.colour != SEAM), cell.colour)
        parts.append(Cell(box=box if axis == 0 else turned(box), strength=strength, colour=colour))
    return parts
