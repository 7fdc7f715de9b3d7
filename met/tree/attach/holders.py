"""Where the nodes stand whose names hold a word: what is called myeloma stands under multiple myeloma."""

from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from typing import Final

import numpy as np

from met.tree.attach.nearest import Ints
from met.tree.attach.pairs import Column, Pairs
from met.tree.attach.structure import Lists

# So many nodes, drawn evenly, speak for a word; of fewer than twice as many all do.
_ASKED: Final = 64
# Row m - 1: the shares of 1, 2, ... of m nodes, summed up one by one, so that a share is one number everywhere.
_PARTS: Final = np.cumsum(np.repeat(1 / np.arange(1, 2 * _ASKED)[:, None], 2 * _ASKED, axis=1), axis=1)


def heads(pairs: Pairs, names: Sequence[tuple[str, ...]]) -> tuple[Column, Column]:
    """Return the shares, of the nodes that end in the concept's last word, that stand right under each candidate, and
    anywhere under it or at it.
    """
    return _shares(pairs, [{words[-1]: 1.0} if words else {} for words in names], pairs.ground.ending_in)


def holders(pairs: Pairs, names: Sequence[tuple[str, ...]]) -> tuple[Column, Column]:
    """Return the same of the nodes that hold any of the concept's words, by the weights of these."""
    ground = pairs.ground
    weights = [{word: ground.weight(word) for word in words} for words in names]
    totals = [sum(each.values()) for each in weights]
    parts = [
        {word: weight / total for word, weight in each.items()} for each, total in zip(weights, totals, strict=True)
    ]
    return _shares(pairs, parts, ground.holding)


def _shares(
    pairs: Pairs, parts: Sequence[Mapping[str, float]], nodes_of: Callable[[str], Ints]
) -> tuple[Column, Column]:
    """Return the shares of the nodes of each concept's words, each word with its part."""
    ground, number = pairs.ground, dict[str, int]()
    wanted = np.fromiter((number.setdefault(word, len(number)) for each in parts for word in each), np.int64)
    concept = np.repeat(np.arange(len(parts)), [len(each) for each in parts])
    part = np.fromiter(chain.from_iterable(each.values() for each in parts), np.float64)
    asked = [nodes[:: max(1, len(nodes) // _ASKED)] for nodes in map(nodes_of, number)]
    size = np.array([len(nodes) for nodes in asked], np.int64)
    word, node = np.repeat(np.arange(len(asked)), size), np.concatenate([np.zeros(0, np.int64), *asked])
    right, parent = ground.parents.of(node)
    under, above = ground.above.of(node)
    found = []
    for owner, place in ((word[right], parent), (np.r_[word, word[under]], np.r_[node, above])):
        there, share = _counted(pairs, owner, place, size)
        entry, at = there.where(wanted)
        pair = pairs.find(concept[entry], there.value[at])
        found.append(np.round(pairs.summed(pair, part[entry] * share[at]), 4))
    return found[0], found[1]


def _counted(pairs: Pairs, owner: Ints, place: Ints, size: Ints) -> tuple[Lists, Column]:
    """Return the candidates among the places of each owner, and of each of these its share of the owner's `size`."""
    among = pairs.among(place)
    nodes = len(pairs.ground.entities)
    key, count = np.unique(owner[among] * nodes + place[among], return_counts=True)
    owner = key // nodes
    there = Lists(np.searchsorted(owner, np.arange(len(size) + 1)), key % nodes)
    return there, _PARTS[size[owner] - 1, count - 1]
