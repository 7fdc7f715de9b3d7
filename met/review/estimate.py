"""Precision and recall of the filter from judged samples, weighted back to the build that they were drawn from.

A share over strata is the sum of the shares of the strata, each weighted by the items that it holds. Its 95 % interval
is the stratified Wilson interval (Yan and Su, 2010, Statistics in Biopharmaceutical Research 2(3), 329-335): every
stratum has a Wilson interval at a smaller z, chosen so that the weighted sum of all has the level wanted. Variances of
strata are taken at the centre of the Wilson interval (Agresti and Coull, 1998), so a stratum without a mistake still
adds doubt. No correction is made for strata that were judged whole: the figures are meant for builds to come.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt

Z = 1.96


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """Judged items of one stratum: `right` of `judged` are right, and they stand for `weight` items of the build."""

    weight: float
    judged: int
    right: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A share with its 95 % interval, 4 decimals; `judged` items stand for `items` of the build. None without any."""

    share: float | None
    low: float
    high: float
    judged: int
    items: int


def share_of(cells: Iterable[Cell]) -> Estimate:
    """Return the share of what is right over strata. Cells without a judged item say nothing and are left out."""
    told = [cell for cell in cells if cell.judged]
    total = sum(cell.weight for cell in told)
    judged = sum(cell.judged for cell in told)
    if not told or total <= 0:
        return Estimate(share=None, low=0.0, high=1.0, judged=judged, items=0)
    weights = [cell.weight / total for cell in told]
    share = sum(weight * cell.right / cell.judged for weight, cell in zip(weights, told, strict=True))
    low, high = _interval(told, weights)
    return Estimate(
        share=round(share, 4),
        low=round(min(low, share), 4),
        high=round(max(high, share), 4),
        judged=judged,
        items=round(total),
    )


def _interval(cells: Sequence[Cell], weights: Sequence[float]) -> tuple[float, float]:
    deviations = [sqrt(_variance(cell)) for cell in cells]
    together = sqrt(sum((weight * one) ** 2 for weight, one in zip(weights, deviations, strict=True)))
    z = Z * together / sum(weight * one for weight, one in zip(weights, deviations, strict=True))
    bounds = [_wilson(cell, z) for cell in cells]
    low = sum(weight * bound[0] for weight, bound in zip(weights, bounds, strict=True))
    high = sum(weight * bound[1] for weight, bound in zip(weights, bounds, strict=True))
    return max(0.0, low), min(1.0, high)


def _variance(cell: Cell) -> float:
    centre = (cell.right + Z * Z / 2) / (cell.judged + Z * Z)
    return centre * (1 - centre) / cell.judged


def _wilson(cell: Cell, z: float) -> tuple[float, float]:
    n, share = cell.judged, cell.right / cell.judged
    weight = z * z / n
    half = z * sqrt(share * (1 - share) / n + weight / (4 * n))
    return (share + weight / 2 - half) / (1 + weight), (share + weight / 2 + half) / (1 + weight)


def recall_of(kept: Iterable[Cell], dropped: Iterable[Cell]) -> Estimate:
    """Return what share of all right items was kept, from judged kept and judged dropped items.

    Kept and dropped are sampled independently, so the interval joins the intervals of both counts (MOVER, method of
    variance estimates recovery: Zou and Donner, 2008): recall is at least r where (1 - r) kept - r dropped is not
    significantly below 0, and the bounds are the r at which that changes.
    """
    kept, dropped = list(kept), list(dropped)
    one, other = share_of(kept), share_of(dropped)
    if one.share is None or (other.share is None and any(True for _ in dropped)):
        return Estimate(share=None, low=0.0, high=1.0, judged=one.judged + other.judged, items=0)
    mine = [one.items * value for value in (one.share, one.low, one.high)]
    theirs = [other.items * value for value in (other.share or 0.0, other.low, other.high)]
    right = mine[0] + theirs[0]
    judged, items = one.judged + other.judged, one.items + other.items
    if right == 0:
        return Estimate(share=None, low=0.0, high=1.0, judged=judged, items=items)
    share = mine[0] / right
    return Estimate(
        share=round(share, 4),
        low=round(min(share, _bound(mine, theirs, lower=True)), 4),
        high=round(max(share, _bound(mine, theirs, lower=False)), 4),
        judged=judged,
        items=items,
    )


def _bound(mine: Sequence[float], theirs: Sequence[float], *, lower: bool) -> float:
    """Return the r where the bound of (1 - r) mine - r theirs passes 0; each is (estimate, low, high)."""
    side, opposite = (1, 2) if lower else (2, 1)

    def beyond(r: float) -> bool:
        spread = sqrt(((1 - r) * (mine[0] - mine[side])) ** 2 + (r * (theirs[0] - theirs[opposite])) ** 2)
        middle = (1 - r) * mine[0] - r * theirs[0]
        return middle - spread < 0 if lower else middle + spread <= 0

    low, high = 0.0, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (low, middle) if beyond(middle) else (middle, high)
    return (low + high) / 2


def cells_of(judged: Iterable[tuple[str, int, bool, bool]]) -> list[Cell]:
    """Return the cells of judged items, each (stratum, items that the stratum holds, in the domain, right).

    Items of a stratum that are not in the domain (another modality, say) lower the number that the cell stands for.
    """
    strata: defaultdict[str, list[tuple[int, bool, bool]]] = defaultdict(list)
    for stratum, population, inside, right in judged:
        strata[stratum].append((population, inside, right))
    cells = []
    for _, rows in sorted(strata.items()):
        told = [right for _, inside, right in rows if inside]
        cells.append(Cell(weight=rows[0][0] * len(told) / len(rows), judged=len(told), right=sum(told)))
    return cells
