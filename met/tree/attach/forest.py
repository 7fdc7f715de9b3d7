"""Sums the leaves that rows reach in boosted trees, many rows at once (QuickScorer; Lucchese et al., 2015)."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import numpy as np
import numpy.typing as npt

MOST_LEAVES: Final = 32
_ROWS: Final = 16_384
# Multiplied with a power of two, the five bits at the top tell which one (Leiserson, Prokop and Randall, 1998).
_DE_BRUIJN: Final = np.uint32(0x077CB531)
_SHIFT: Final = np.uint32(27)
_BIT: Final = ((np.uint32(1) << np.arange(32, dtype=np.uint32)) * _DE_BRUIJN) >> _SHIFT
Masks = npt.NDArray[np.uint32]


class Forest:
    """Trees as tables: of each tree and each feature that it asks for, the leaves that are left, one bit each, by the
    interval of the feature's thresholds that a value lies in. The leftmost leaf that all leave is the one reached.
    """

    def __init__(
        self,
        feature: npt.NDArray[Any],
        threshold: npt.NDArray[np.float32],
        left: npt.NDArray[Any],
        right: npt.NDArray[Any],
        value: npt.NDArray[np.float32],
        roots: npt.NDArray[Any],
    ) -> None:
        """Index trees as `met.tree.attach.scorer.Scorer` has them.

        Raises:
            ValueError: a tree has more than MOST_LEAVES leaves.
        """
        inner = left >= 0
        self._cuts = {
            int(number): np.unique(threshold[inner & (feature == number)]) for number in np.unique(feature[inner])
        }
        self._trees = [self._tree(feature, threshold, left, right, value, root) for root in roots.tolist()]

    def odds(self, rows: npt.NDArray[np.float32], start: float) -> npt.NDArray[np.float64]:
        """Return `start` and the values of the reached leaves, summed, of each row."""
        parts = [rows[begin : begin + _ROWS] for begin in range(0, len(rows), _ROWS)]
        # Nearly all of the time passes inside numpy, which lets other threads run.
        with ThreadPoolExecutor(min(len(parts), os.cpu_count() or 1) or 1) as pool:
            return np.concatenate([np.zeros(0), *pool.map(lambda part: self._odds(part, start), parts)])

    def _odds(self, rows: npt.NDArray[np.float32], start: float) -> npt.NDArray[np.float64]:
        bins = {number: np.searchsorted(cuts, rows[:, number]) for number, cuts in self._cuts.items()}
        found, left, held = np.full(len(rows), start), np.empty(len(rows), np.uint32), np.empty(len(rows), np.uint32)
        for tables, values in self._trees:
            left.fill(0xFFFFFFFF)
            for number, table in tables:
                # Every interval has an entry; `clip` only spares looking for those that have none.
                left &= np.take(table, bins[number], out=held, mode="clip")
            found += values[((left & -left) * _DE_BRUIJN) >> _SHIFT]
        return found

    def _tree(
        self,
        feature: npt.NDArray[Any],
        threshold: npt.NDArray[np.float32],
        left: npt.NDArray[Any],
        right: npt.NDArray[Any],
        value: npt.NDArray[np.float32],
        root: int,
    ) -> tuple[Sequence[tuple[int, Masks]], npt.NDArray[np.float32]]:
        """Return the tables of one tree with their features, and the value of each leaf by its number's place."""
        tables: dict[int, Masks] = {}
        leaves: list[float] = []

        def walk(node: int) -> None:
            if left[node] < 0:
                leaves.append(float(value[node]))
                return
            first = len(leaves)
            walk(int(left[node]))
            gone = (1 << len(leaves)) - (1 << first)
            number = int(feature[node])
            cuts = self._cuts[number]
            table = tables.setdefault(number, np.full(len(cuts) + 1, 0xFFFFFFFF, np.uint32))
            # Above the threshold the leaves on the left cannot be reached.
            table[int(np.searchsorted(cuts, threshold[node])) + 1 :] &= np.uint32(0xFFFFFFFF & ~gone)
            walk(int(right[node]))

        walk(root)
        if len(leaves) > MOST_LEAVES:
            raise ValueError(f"a tree has {len(leaves)} leaves, more than {MOST_LEAVES}")
        values = np.zeros(MOST_LEAVES, np.float32)
        values[_BIT[: len(leaves)]] = leaves
        return sorted(tables.items()), values
