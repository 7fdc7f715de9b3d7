"""Several rankings of panels made one, by reciprocal rank (Cormack, Clarke and Buettcher, 2009, SIGIR)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

# The constant of the paper: how little the first places count more than those behind them.
K: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """A panel that rankings agree on: `score` in (0, 1], 1 where it is the first of every ranking, and its `places`."""

    panel: str
    score: float
    places: Mapping[str, int]


def fused(rankings: Mapping[str, Sequence[tuple[str, float]]], weights: Mapping[str, float]) -> list[Ranked]:
    """Return all panels of `rankings` (name -> (panel, value) in any order), the best first, ties by key.

        score = sum of w / (K + place), as a share of what the first of every ranking gets

    A place counts the panels with a higher value, from 1, so equal values share one. `weights` name every ranking that
    may come; one that finds nothing takes nothing away from the others' share.

    >>> found = fused({"words": [("a", 0.9), ("b", 0.2)], "vector": [("b", 0.7)]}, {"words": 1.0, "vector": 1.0})
    >>> [(one.panel, one.score, dict(one.places)) for one in found]
    [('b', 0.9919, {'vector': 1, 'words': 2}), ('a', 0.5, {'words': 1})]
    """
    places: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for name in sorted(rankings):
        values = sorted((round(value, 4) for _, value in rankings[name]), reverse=True)
        first = {value: place for place, value in reversed(list(enumerate(values, 1)))}
        for panel, value in rankings[name]:
            places[panel][name] = first[round(value, 4)]
    whole = sum(weights[name] for name, ranking in rankings.items() if ranking)
    found = [
        Ranked(
            panel=panel,
            score=round(sum(weights[name] * (K + 1) / (K + place) for name, place in own.items()) / whole, 4),
            places=own,
        )
        for panel, own in places.items()
    ]
    return sorted(found, key=lambda one: (-one.score, one.panel))
