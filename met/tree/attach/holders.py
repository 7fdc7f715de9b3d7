"""Where the nodes stand whose names hold a word: what is called myeloma stands under multiple myeloma."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

import numpy as np

from met.tree.attach.ground import Ground
from met.tree.attach.nearest import Ints
from met.tree.attach.pairs import Column, Pairs

# So many nodes, drawn evenly, speak for a word.
_ASKED: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """The share of some nodes at each of the places."""

    place: Ints
    share: Column


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The share of some nodes that stand right under a place, and anywhere under it or at it."""

    right_under: Shares
    under: Shares


class Holders:
    """Remembers where the nodes stand that hold a word."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._known: dict[tuple[str, bool], Standing] = {}

    def heads(self, pairs: Pairs, names: Sequence[tuple[str, ...]]) -> tuple[Column, Column]:
        """Return the shares, of the nodes that end in the concept's last word, that stand right under and under each
        candidate.
        """
        standing = [[(1.0, self.standing(words[-1], last=True))] if words else [] for words in names]
        return self._summed(pairs, standing)

    def words(self, pairs: Pairs, names: Sequence[tuple[str, ...]]) -> tuple[Column, Column]:
        """Return the same of the nodes that hold any of the concept's words, by the weights of these."""
        standing = []
        for words in names:
            known = self._ground.weights(words)
            standing.append(
                [(weight / known.total, self.standing(word, last=False)) for word, weight in known.words.items()]
            )
        return self._summed(pairs, standing)

    def standing(self, word: str, *, last: bool) -> Standing:
        """Return where nodes stand whose own name holds a stem or, with `last`, ends in it."""
        if (word, last) not in self._known:
            ground = self._ground
            found = [node for node in ground.holders(word) if not last or ground.words[node][-1] == word]
            asked = found[:: max(1, len(found) // _ASKED)]
            # Summed up one by one: a share is the same number whatever is counted beside it.
            part = np.cumsum(np.full(len(asked), 1 / max(1, len(asked))))
            right_under = Counter(chain.from_iterable(map(ground.parents.__getitem__, asked)))
            under = Counter(asked)
            for node in asked:
                under.update(ground.over(node))
            self._known[word, last] = Standing(right_under=_shared(right_under, part), under=_shared(under, part))
        return self._known[word, last]

    def _summed(self, pairs: Pairs, standing: Sequence[Sequence[tuple[float, Standing]]]) -> tuple[Column, Column]:
        right_under = [[(share, each.right_under) for share, each in found] for found in standing]
        under = [[(share, each.under) for share, each in found] for found in standing]
        return _shares(pairs, right_under), _shares(pairs, under)


def _shared(counts: Mapping[int, int], part: Column) -> Shares:
    place = np.fromiter(counts, np.int64, len(counts))
    return Shares(place=place, share=part[np.fromiter(counts.values(), np.int64, len(counts)) - 1])


def _shares(pairs: Pairs, found: Sequence[Sequence[tuple[float, Shares]]]) -> Column:
    every = [(concept, weight, shares) for concept, each in enumerate(found) for weight, shares in each]
    if not every:
        return np.zeros(len(pairs))
    sizes = [len(shares.place) for *_, shares in every]
    place = np.concatenate([shares.place for *_, shares in every])
    value = np.concatenate([shares.share for *_, shares in every])
    concept = np.repeat(np.array([concept for concept, *_ in every], np.int64), sizes)
    weight = np.repeat(np.array([weight for _, weight, _ in every], np.float64), sizes)
    return np.round(pairs.summed(pairs.find(concept, place), weight * value), 4)
