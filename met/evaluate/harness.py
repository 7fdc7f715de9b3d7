"""What every score shares: folds that keep a group together, the usual measures, and the line that is printed."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from met.keys import canonical_json, digest


def folds(groups: Sequence[str], n: int, strata: Sequence[str] | None = None) -> NDArray[np.intp]:
    """Return the fold of each row, 0 to n - 1: no group is in two folds, and each fold gets its part of every stratum.

    Groups are dealt largest first, ties by digest of their name, each to the fold that has least of what the group
    brings. The result depends on the groups and strata alone, not on the order of the rows.

    Raises:
        ValueError: fewer than `n` groups, or not one stratum per row.
    """
    kinds = strata if strata is not None else [""] * len(groups)
    held: dict[str, Counter[str]] = defaultdict(Counter)
    for group, kind in zip(groups, kinds, strict=True):
        held[group][kind] += 1
    if not 2 <= n <= len(held):
        raise ValueError(f"{len(held)} groups cannot make {n} folds")
    total = Counter(kinds)
    filled: list[Counter[str]] = [Counter() for _ in range(n)]
    place: dict[str, int] = {}
    for group in sorted(held, key=lambda name: (-held[name].total(), digest(name))):
        brings = held[group]
        load = [sum(brings[kind] * has[kind] / total[kind] for kind in sorted(brings)) for has in filled]
        place[group] = min(range(n), key=lambda fold: (round(load[fold], 9), filled[fold].total(), fold))
        filled[place[group]].update(brings)
    return np.array([place[group] for group in groups])


def accuracy(gold: Sequence[str] | NDArray[Any], found: Sequence[str] | NDArray[Any]) -> float:
    """Return the share of rows where `found` equals `gold`."""
    return float(np.mean(np.asarray(gold) == np.asarray(found)))


def f1(gold: Sequence[Any] | NDArray[Any], found: Sequence[Any] | NDArray[Any], label: Any) -> float:
    """Return the harmonic mean of precision and recall of `label`; nan where neither side has it."""
    is_gold, is_found = np.asarray(gold) == label, np.asarray(found) == label
    sides = int(is_gold.sum()) + int(is_found.sum())
    return 2 * int((is_gold & is_found).sum()) / sides if sides else float("nan")


def macro_f1(gold: Sequence[Any] | NDArray[Any], found: Sequence[Any] | NDArray[Any], labels: Sequence[Any]) -> float:
    """Return the mean F1 of `labels`, those left out that occur on neither side; 0 where none occurs."""
    each = np.array([f1(gold, found, label) for label in labels])
    occurs = each[~np.isnan(each)]
    return float(occurs.mean()) if occurs.size else 0.0


def line(what: str, **facts: Any) -> str:
    """Return the one line that a score prints: canonical JSON with `what`, every fact, numbers rounded to 4 decimals.

    `facts` must hold `n` (rows scored), `headline` (the name of the fact that counts) and `interval` (its 95 %
    interval).

    >>> line("polarity", n=10, headline="accuracy", accuracy=0.8, interval=(0.4902, 0.9433))
    '{"accuracy":0.8,"headline":"accuracy","interval":[0.4902,0.9433],"n":10,"what":"polarity"}'
    """
    missing = {"n", "headline", "interval"} - facts.keys() or {facts["headline"]} - facts.keys()
    if missing:
        raise ValueError(f"score {what} lacks {', '.join(sorted(missing))}")
    return canonical_json({"what": what, **_rounded(facts)})


def _rounded(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _rounded(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(inner) for inner in value]
    if isinstance(value, float | np.floating):
        return round(float(value), 4)
    return int(value) if isinstance(value, np.integer) else value
