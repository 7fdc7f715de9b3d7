"""How far two reviewers agree beyond chance: Cohen's kappa (Cohen, 1960) with its large-sample interval."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import sqrt

from met.review.estimate import Z
from met.types import Review


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Cohen's kappa of two reviewers over `n` items with its 95 % interval, and the share on which they agree.

    `kappa`, `low` and `high` are None where chance alone would make them agree on everything, or where n is 0.
    """

    n: int
    observed: float
    kappa: float | None
    low: float | None
    high: float | None


def cohen_kappa(pairs: Sequence[tuple[str, str]]) -> Agreement:
    """Return the agreement of two reviewers from their words on each item they both judged.

    The standard error is that of Fleiss, Cohen and Everitt (1969), equation 13: it holds where the true kappa is not 0.

    >>> cohen_kappa([("yes", "yes")] * 20 + [("yes", "no")] * 5 + [("no", "yes")] * 10 + [("no", "no")] * 15).kappa
    0.4
    """
    n = len(pairs)
    if n == 0:
        return Agreement(n=0, observed=0.0, kappa=None, low=None, high=None)
    cells = {cell: count / n for cell, count in Counter(pairs).items()}
    words = sorted({word for cell in cells for word in cell})
    rows = {word: sum(share for (one, _), share in cells.items() if one == word) for word in words}
    columns = {word: sum(share for (_, other), share in cells.items() if other == word) for word in words}
    observed = sum(cells.get((word, word), 0.0) for word in words)
    chance = sum(rows[word] * columns[word] for word in words)
    if chance >= 1.0:
        return Agreement(n=n, observed=round(observed, 4), kappa=None, low=None, high=None)
    kappa = (observed - chance) / (1 - chance)
    half = Z * _standard_error(cells, rows, columns, kappa=kappa, chance=chance, n=n)
    return Agreement(
        n=n,
        observed=round(observed, 4),
        kappa=round(kappa, 4),
        low=round(max(-1.0, kappa - half), 4),
        high=round(min(1.0, kappa + half), 4),
    )


def _standard_error(
    cells: Mapping[tuple[str, str], float],
    rows: Mapping[str, float],
    columns: Mapping[str, float],
    *,
    kappa: float,
    chance: float,
    n: int,
) -> float:
    same = sum(cells.get((word, word), 0.0) * (1 - (rows[word] + columns[word]) * (1 - kappa)) ** 2 for word in rows)
    other = (1 - kappa) ** 2 * sum(
        share * (columns[one] + rows[two]) ** 2 for (one, two), share in cells.items() if one != two
    )
    variance = same + other - (kappa - chance * (1 - kappa)) ** 2
    return sqrt(max(variance, 0.0) / n) / (1 - chance)


def agreements(said: Sequence[Review]) -> dict[tuple[str, str], Agreement]:
    """Return the agreement on judgements of every two reviewers who judged some item both, by their names.

    `said` holds the last word of each reviewer on each item.
    """
    by_reviewer: dict[str, dict[str, str]] = {}
    for review in said:
        by_reviewer.setdefault(review.reviewer, {})[review.item] = review.judgement
    found = {}
    for one, other in combinations(sorted(by_reviewer), 2):
        both = sorted(by_reviewer[one].keys() & by_reviewer[other].keys())
        if both:
            found[one, other] = cohen_kappa([(by_reviewer[one][item], by_reviewer[other][item]) for item in both])
    return found
