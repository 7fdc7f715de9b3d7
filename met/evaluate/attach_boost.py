"""Boosts trees so that of each concept's candidates a true parent comes first, and that its odds are right."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from sklearn.ensemble._hist_gradient_boosting.binning import _BinMapper
from sklearn.ensemble._hist_gradient_boosting.grower import TreeGrower

from met.tree.attach.scorer import Scorer

TREES: Final = 180
RATE: Final = 0.08
LEAVES: Final = 24
SMALLEST_LEAF: Final = 40
RIDGE: Final = 1.0
BINS: Final = 256
SEED: Final = 20260101
Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lists:
    """Which rows are the candidates of one concept (`concept`, ascending), which are right, what each row weighs."""

    concept: npt.NDArray[np.int64]
    right: Numbers
    weight: Numbers

    def slopes(self, odds: Numbers) -> tuple[Numbers, Numbers]:
        """Return the first and second derivatives of the loss by each row's log odds: that of logistic regression, and
        for concepts with a right row that of -log of the softmax's sum over its right rows (Cao et al., 2007).
        """
        starts = np.flatnonzero(np.r_[True, self.concept[1:] != self.concept[:-1]])
        lengths = np.diff(np.r_[starts, len(odds)])
        alone = 1.0 / (1.0 + np.exp(-odds))
        grown = self.weight * np.exp(odds - np.repeat(np.maximum.reduceat(odds, starts), lengths))
        share = grown / np.repeat(np.add.reduceat(grown, starts), lengths)
        found = np.repeat(np.add.reduceat(share * self.right, starts), lengths)
        asked = np.repeat(np.add.reduceat(self.right, starts) > 0, lengths)
        wanted = np.divide(share * self.right, found, out=np.zeros_like(share), where=found > 0)
        first = self.weight * (alone - self.right) + asked * (share - wanted)
        second = self.weight * alone * (1.0 - alone) + asked * share * (1.0 - share)
        return first, np.maximum(second, 1e-6)


def boost(rows: npt.NDArray[np.float32], lists: Lists) -> Scorer:
    """Return the trees fitted to `rows` (n, features); the same rows give the same trees."""
    mapper = _BinMapper(n_bins=BINS, random_state=SEED, n_threads=1)
    binned = mapper.fit_transform(rows.astype(np.float64))
    known = float(np.average(lists.right, weights=lists.weight))
    start = np.log(known / (1.0 - known))
    odds = np.full(len(rows), start)
    trees = []
    for _ in range(TREES):
        first, second = lists.slopes(odds)
        grower = TreeGrower(
            binned,
            first.astype(np.float32),
            second.astype(np.float32),
            max_leaf_nodes=LEAVES,
            min_samples_leaf=SMALLEST_LEAF,
            n_bins=BINS,
            n_bins_non_missing=mapper.n_bins_non_missing_,
            has_missing_values=False,
            l2_regularization=RIDGE,
            shrinkage=RATE,
            n_threads=1,
        )
        grower.grow()
        tree = grower.make_predictor(mapper.bin_thresholds_)
        odds += tree.predict_binned(binned, mapper.missing_values_bin_idx_, 1)
        trees.append(tree.nodes)
    return _exported(trees, start)


def _exported(trees: Sequence[Any], start: float) -> Scorer:
    parts: dict[str, list[Any]] = {name: [] for name in ("feature", "threshold", "left", "right", "value")}
    roots, size = [], 0
    for nodes in trees:
        leaf = nodes["is_leaf"].astype(bool)
        roots.append(size)
        parts["feature"].append(nodes["feature_idx"])
        # Rounded up, so that a value of the features' own precision stays on its side.
        parts["threshold"].append(np.nextafter(nodes["num_threshold"].astype(np.float32), np.float32(np.inf)))
        parts["left"].append(np.where(leaf, -1, nodes["left"].astype(np.int64) + size))
        parts["right"].append(np.where(leaf, -1, nodes["right"].astype(np.int64) + size))
        parts["value"].append(np.where(leaf, nodes["value"], 0.0))
        size += len(nodes)
    joined = {name: np.concatenate(found) for name, found in parts.items()}
    return Scorer(
        feature=joined["feature"].astype(np.int16),
        threshold=joined["threshold"].astype(np.float32),
        left=joined["left"].astype(np.int32),
        right=joined["right"].astype(np.int32),
        value=joined["value"].astype(np.float32),
        roots=np.array(roots, np.int32),
        start=np.array([start], np.float32),
    )
