"""How many items must be judged to know a share well enough."""

from math import ceil, sqrt

from met.errors import BadInput
from met.review.estimate import Z


def items_needed(*, within: float, expected: float, population: int | None = None) -> int:
    """Return how many items give a 95 % Wilson interval (1927) that is at most `within` wide to either side.

    `expected` is the share that is likely; 0.5 asks for most. With `population` the number is that for a build of so
    many items (Cochran, 1977, equation 4.2): of few items fewer tell as much.

    Raises:
        BadInput: a number is outside of its range.

    >>> items_needed(within=0.03, expected=0.85)
    545
    """
    if not 0 < within < 0.5:
        raise BadInput(what=f"within {within}", why="is a distance between 0 and 0.5: 0.03 for 3 points")
    if not 0 <= expected <= 1:
        raise BadInput(what=f"expected {expected}", why="is a share between 0 and 1")
    if population is not None and population < 1:
        raise BadInput(what=f"population {population}", why="counts items")
    low, high = 1, 2
    while half_width(expected, high) > within:
        low, high = high, 2 * high
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if half_width(expected, middle) > within else (low, middle)
    return low if population is None else min(population, ceil(low / (1 + (low - 1) / population)))


def half_width(share: float, n: int) -> float:
    """Return half the width of the 95 % Wilson interval of a share seen among n items."""
    return Z * sqrt(share * (1 - share) / n + Z * Z / (4 * n * n)) / (1 + Z * Z / n)
