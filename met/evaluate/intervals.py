"""95 % intervals: Wilson for a share, percentile bootstrap for everything else."""

from collections.abc import Callable, Sequence
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray


def wilson(k: int, n: int, z: float = 1.96) -> tuple[float, float]:
    """Return the interval of a share of `k` out of `n`, rounded to 4 decimals; (0, 1) where n is 0 (Wilson 1927).

    >>> wilson(8, 10)
    (0.4902, 0.9433)
    """
    if not 0 <= k <= n:
        raise ValueError(f"{k} of {n} is no share")
    if n == 0:
        return (0.0, 1.0)
    share, weight = k / n, z * z / n
    centre = share + weight / 2
    half = z * sqrt(share * (1 - share) / n + weight / (4 * n))
    low, high = (centre - half) / (1 + weight), (centre + half) / (1 + weight)
    return (round(max(0.0, low), 4), round(min(1.0, high), 4))


def bootstrap(
    values: Sequence[Any] | NDArray[Any],
    statistic: Callable[[NDArray[Any]], float],
    *,
    seed: int,
    n: int = 1000,
    groups: Sequence[str] | None = None,
) -> tuple[float, float]:
    """Return the 2.5 and 97.5 percentiles of `statistic` over `n` resamples of `values`, 4 decimals (Efron 1979).

    With `groups`, whole groups are drawn instead of single values: rows of one article or patient are not independent.

    Raises:
        ValueError: there are no values, or not one group per value.
    """
    rows = np.asarray(values)
    if len(rows) == 0:
        raise ValueError("an interval needs at least one value")
    if groups is not None and len(groups) != len(rows):
        raise ValueError(f"{len(groups)} groups for {len(rows)} values")
    members = _members(range(len(rows)) if groups is None else groups)
    draw = np.random.default_rng(seed)
    results = [
        statistic(rows[np.concatenate([members[at] for at in draw.integers(0, len(members), len(members))])])
        for _ in range(n)
    ]
    low, high = np.percentile(results, [2.5, 97.5])
    return (round(float(low), 4), round(float(high), 4))


def _members(groups: Sequence[Any]) -> list[NDArray[np.intp]]:
    """Return the positions of each group, groups sorted so that the order of the rows does not choose the draw."""
    _, at = np.unique(np.asarray(groups), return_inverse=True)
    order = np.argsort(at, kind="stable")
    return np.split(order, np.cumsum(np.bincount(at))[:-1])
