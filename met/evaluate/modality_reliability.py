"""How far the probability that is given for a kind of image can be taken at its word."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from met.evaluate.intervals import wilson

BINS: Final = 10
AT: Final = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


def reliability(
    told: Sequence[tuple[str, float, float]], gold: Sequence[str], *, unknown_below: float
) -> dict[str, Any]:
    """Return the expected calibration error over ten equal bins (Naeini et al., 2015) with each bin, and what share of
    the rows is named (coverage), and what share of these wrongly (risk), were all below a probability unknown.

    `told` holds kind, probability and medical share of each row, none of them unknown.
    """
    sure = np.array([probability for _, probability, _ in told])
    right = np.array([label == one for (label, _, _), one in zip(told, gold, strict=True)])
    place = np.minimum((sure * BINS).astype(int), BINS - 1)
    bins = [_bin(number, sure[place == number], right[place == number]) for number in sorted(set(place.tolist()))]
    error = sum(one["n"] * abs(one["said"] - one["right"]) for one in bins) / len(told)
    return {
        "calibration": {"ece": error, "bins": bins},
        "unknown_below": unknown_below,
        "risk_coverage": [_at(at, sure, right) for at in sorted({*AT, unknown_below})],
    }


def _bin(number: int, sure: NDArray[np.float64], right: NDArray[np.bool_]) -> dict[str, Any]:
    return {
        "from": number / BINS,
        "n": len(sure),
        "said": float(sure.mean()),
        "right": float(right.mean()),
        "right_interval": wilson(int(right.sum()), len(right)),
    }


def _at(at: float, sure: NDArray[np.float64], right: NDArray[np.bool_]) -> dict[str, Any]:
    named = sure >= at
    wrong = int((named & ~right).sum())
    return {
        "at": at,
        "coverage": float(named.mean()),
        "risk": wrong / int(named.sum()) if named.any() else 0.0,
        "risk_interval": wilson(wrong, int(named.sum())),
    }
