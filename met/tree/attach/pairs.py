"""Concepts and their candidates as two columns of numbers, so that a feature of all of them is one pass over arrays."""

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Final

import numpy as np
import numpy.typing as npt

from met.tree.attach.ground import Ground
from met.tree.attach.nearest import Ints

Column = npt.NDArray[np.float64]
_SHARP: Final = 12.0
_BEST: Final = 3


class Pairs:
    """The pairs of each concept, by number, with its candidates' places, which are sorted: `concept`, `place`."""

    def __init__(self, ground: Ground, places: Sequence[Sequence[int]]) -> None:
        self.ground = ground
        self.count = np.array([len(each) for each in places], np.int64)
        self.concept = np.repeat(np.arange(len(places)), self.count)
        self.place = np.fromiter(chain.from_iterable(places), np.int64, len(self.concept))
        self.children = ground.child_count[self.place].astype(np.float64)
        self._key = self.concept * len(ground.entities) + self.place
        self._among = np.zeros(len(ground.entities), bool)
        self._among[self.place] = True
        self._some = np.flatnonzero(self.count)
        self._starts = (np.cumsum(self.count) - self.count)[self._some]

    def __len__(self) -> int:
        return len(self.concept)

    def best(self, values: Column) -> Column:
        """Return for each pair the largest value of its concept's pairs."""
        if not len(self):
            return np.zeros(0)
        return np.repeat(np.maximum.reduceat(values, self._starts), self.count[self._some])

    def rank(self, values: Column) -> Column:
        """Return how many of the concept's values are larger; of equal ones the first counts as larger."""
        order = np.lexsort((-values, self.concept))
        rank = np.empty(len(self))
        rank[order] = np.arange(len(self)) - np.repeat(self._starts, self.count[self._some])
        return rank

    def each(self, values: Sequence[float]) -> Column:
        """Return a value of each concept for each of its pairs."""
        return np.asarray(values, np.float64)[self.concept]

    def among(self, place: Ints) -> npt.NDArray[np.bool_]:
        """Return whether each place is a candidate of any concept."""
        return self._among[place]

    def find(self, concept: Ints, place: Ints) -> Ints:
        """Return the number of the pair of each concept and place; -1 where there is none."""
        found, among = np.full(len(place), -1), np.flatnonzero(self.among(place))
        key = concept[among] * len(self.ground.entities) + place[among]
        at = np.minimum(np.searchsorted(self._key, key), len(self) - 1)
        known = self._key[at] == key
        found[among[known]] = at[known]
        return found

    def column(self, found: Sequence[Mapping[int, float]], missing: float) -> Column:
        """Return what `found` says of each concept's candidates, `missing` where it says nothing."""
        concept, place, value = flat(found)
        at = self.find(concept, place)
        column = np.full(len(self), missing)
        column[at[at >= 0]] = value[at >= 0]
        return column

    def summed(self, at: Ints, values: Column) -> Column:
        """Return the sum of the values at each pair; those at -1 count for nothing."""
        known = at >= 0
        return np.bincount(at[known], values[known], len(self)).astype(np.float64)

    def highest(self, at: Ints, values: Column, least: float) -> Column:
        """Return the largest of the values at each pair, `least` where there is none."""
        column = np.full(len(self), least)
        np.maximum.at(column, at[at >= 0], values[at >= 0])
        return column


def flat(found: Sequence[Mapping[int, float]]) -> tuple[Ints, Ints, Column]:
    """Return the concepts' numbers, places and values of all that `found` holds."""
    count = [len(each) for each in found]
    return (
        np.repeat(np.arange(len(found)), count),
        np.fromiter(chain.from_iterable(found), np.int64, sum(count)),
        np.fromiter(chain.from_iterable(each.values() for each in found), np.float64, sum(count)),
    )


class Votes:
    """Near nodes speak for their parents, the nearest loudest; and for what stands above these."""

    def __init__(self, pairs: Pairs, near: Sequence[Mapping[int, float]]) -> None:
        self._pairs = pairs
        concept, self._place, self._score = flat(near)
        highest = np.full(len(near), -np.inf)
        np.maximum.at(highest, concept, self._score)
        self._weight = np.exp(_SHARP * (self._score - highest[concept]))
        total = np.bincount(concept, self._weight, len(near))
        self._total = np.where(total > 0, total, 1.0)[pairs.concept]
        self._concept = concept
        entry, self._parent = pairs.ground.parents.of(self._place)
        self._entry, self._at = entry, pairs.find(concept[entry], self._parent)

    def of(self) -> tuple[Column, Column, Column, Column]:
        """Return the best and the mean of the best three scores of children, their votes, the share of them near."""
        pairs, scores = self._pairs, self._score[self._entry]
        count = pairs.summed(self._at, np.ones(len(scores)))
        best = pairs.highest(self._at, scores, -1.0)
        order = np.lexsort((-scores, self._at))
        at = self._at[order]
        first = np.r_[True, at[1:] != at[:-1]] if len(at) else np.zeros(0, bool)
        begin = np.maximum.accumulate(np.where(first, np.arange(len(at)), 0)) if len(at) else at
        chosen = order[np.arange(len(at)) - begin < _BEST]
        mean = pairs.summed(self._at[chosen], scores[chosen]) / np.clip(count, 1, _BEST)
        votes = pairs.summed(self._at, self._weight[self._entry]) / self._total
        return best, np.where(count > 0, mean, -1.0), votes, count / np.maximum(pairs.children, 1)

    def above(self) -> Column:
        """Return the votes of all that stands anywhere under the node."""
        entry, place = self._pairs.ground.above.of(self._place)
        at = self._pairs.find(self._concept[entry], place)
        return self._pairs.summed(at, self._weight[entry]) / self._total

    def below(self) -> Column:
        """Return the best score of children's children."""
        entry, place = self._pairs.ground.parents.of(self._parent)
        near = self._entry[entry]
        return self._pairs.highest(self._pairs.find(self._concept[near], place), self._score[near], -1.0)
