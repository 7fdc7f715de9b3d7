"""How likely each candidate is a parent: boosted trees over the features, read from the shipped weights."""

from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from met.tree.attach.features import FEATURES
from met.tree.attach.forest import Forest

WEIGHTS: Final = Path(__file__).parents[1] / "weights" / "attach.npz"
# Prefixes of the ontologies whose edges the shipped weights learnt from.
SEEN: Final = ("MONDO", "DOID", "SYMP")
# Weights for terms that have no tree yet, and what they learnt from.
FLAT_WEIGHTS: Final = WEIGHTS.with_name("attach_flat.npz")
FLAT_SEEN: Final = ("MONDO", "UBERON")
# How likely a node is the parent of the first of a series that has the same core.
SAME_CORE: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Scorer:
    """Boosted trees (Friedman, 2001), all of their nodes in one list: a leaf has `left` -1 and its `value`.

    `roots` are the first nodes of the trees; a row goes left where its feature is at most the threshold. `start` is the
    log odds before the first tree.
    """

    feature: npt.NDArray[np.int16]
    threshold: npt.NDArray[np.float32]
    left: npt.NDArray[np.int32]
    right: npt.NDArray[np.int32]
    value: npt.NDArray[np.float32]
    roots: npt.NDArray[np.int32]
    start: npt.NDArray[np.float32]
    forest: Forest = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        forest = Forest(self.feature, self.threshold, self.left, self.right, self.value, self.roots)
        object.__setattr__(self, "forest", forest)

    def forecast(self, rows: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """Return the probability of each row of (n, len(FEATURES)) that its candidate is a parent, 4 decimals."""
        odds = self.forest.odds(rows, float(self.start[0]))
        found: npt.NDArray[np.float64] = np.round(_settled(rows, 1.0 / (1.0 + np.exp(-odds))), 4)
        return found


def _settled(rows: npt.NDArray[np.float32], scores: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the scores; where a numbered name is the first to be seen of its series, its series, if that is a node,
    is as likely a parent as series are of the skeleton's own numbered names, else a node whose core is the same.
    """
    style, series, core, numbered, kin, any_series = (
        rows[:, FEATURES.index(name)] for name in ("style", "series", "is_core", "numbered", "any_kin", "any_series")
    )
    first = (numbered > 0) & (kin == 0) & (style >= 0)
    found = np.where(first & (series > 0), np.maximum(scores, style), scores)
    return np.where(first & (any_series == 0) & (core > 0), np.maximum(found, SAME_CORE), found)


@cache
def load_scorer(path: Path = WEIGHTS) -> Scorer:
    """Return the scorer that ships with the engine.

    Raises:
        ValueError: the file was written for other features.
    """
    with np.load(path, allow_pickle=False) as stored:
        if tuple(stored["features"].tolist()) != FEATURES:
            raise ValueError(f"{path.name} was written for other features: run benchmarks/train_attach.py")
        return Scorer(**{name: stored[name] for name in _arrays()})


def save_scorer(scorer: Scorer, path: Path) -> None:
    """Write the arrays of `scorer` and the names of its features, without pickle."""
    arrays: dict[str, Any] = {name: getattr(scorer, name) for name in _arrays()}
    np.savez_compressed(path, allow_pickle=False, features=np.array(FEATURES), **arrays)


def _arrays() -> list[str]:
    """Return the names of what a scorer is made of."""
    return [each.name for each in fields(Scorer) if each.init]
