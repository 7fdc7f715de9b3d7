"""Parents that a name leads to by exchanging words: "liver fibrosarcoma" to "liver sarcoma", since a fibrosarcoma is a
sarcoma; "viral gastritis" to "gastritis" since "bacterial gastritis" stands there.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Final

import numpy as np

from met.tree.attach.ground import Ground
from met.tree.attach.names import LITTLE
from met.tree.attach.nearest import Ints
from met.tree.attach.pairs import Column
from met.tree.attach.structure import Lists, listed

_HEADS: Final = 4
_UP: Final = 10
_NAMES: Final = 2
_LONGEST: Final = 10


def wider_names(ground: Ground, words: tuple[str, ...]) -> dict[int, int]:
    """Return the nodes whose name is `words` without some in the middle (0), or with a node's name at the end exchanged
    for that of a node above it (by how many edges above).
    """
    found: dict[int, int] = {}
    size = len(words) if len(words) <= _LONGEST else 0
    for start in range(1, size - 1):
        for end in range(start + 1, size):
            for place in ground.nodes_named(words[:start] + words[end:]):
                found[place] = 0
    for start in range(1, size):
        for head in ground.nodes_named(words[start:])[:_HEADS]:
            for above, steps in ground.upward_from(head, _UP):
                for name in ground.named(above)[:_NAMES]:
                    for place in ground.nodes_named(words[:start] + name):
                        found[place] = min(steps, found.get(place, steps))
    return found


@dataclass(slots=True, kw_only=True)
class Analogies:
    """What the parents of near nodes would be if these were the concept. `like` is the best likeness that speaks for a
    node, `likes` all of it; `unlike` the best likeness of a child to which the node owes a word that the concept lacks.
    """

    like: dict[int, float] = field(default_factory=dict)
    likes: dict[int, float] = field(default_factory=dict)
    unlike: dict[int, float] = field(default_factory=dict)

    def speak(self, place: int, likeness: float) -> None:
        self.like[place] = max(likeness, self.like.get(place, 0.0))
        self.likes[place] = self.likes.get(place, 0.0) + likeness


def analogies(ground: Ground, names: Sequence[tuple[str, ...]], near: Sequence[Collection[int]]) -> list[Analogies]:
    """Return what the nodes `near` each of `names`, which have names like it, say of its parents; likeness is the share
    of the words' weight that both names hold.
    """
    bags = [frozenset(words) - LITTLE for words in names]
    concept = np.repeat(np.arange(len(near)), [len(each) for each in near])
    place = np.fromiter(chain.from_iterable(map(sorted, near)), np.int64, len(concept))
    likeness, lacked = _alike(ground, bags, concept, place)
    pair, parent = ground.parents.of(place)
    told = likeness[pair] >= 0
    pair, parent = pair[told], parent[told]
    owed = lacked.shared(pair, ground.bags, parent)
    owes_all = owed == lacked.start[pair + 1] - lacked.start[pair]
    columns = (concept[pair], place[pair], parent, likeness[pair], owed, owes_all)
    found = [Analogies() for _ in names]
    for one, node, up, value, owes, owes_every in zip(*(column.tolist() for column in columns), strict=True):
        if not owes:
            found[one].speak(up, value)
            continue
        found[one].unlike[up] = max(value, found[one].unlike.get(up, 0.0))
        if owes_every:
            theirs, above = ground.bag(node), ground.bag(up)
            for other in ground.by_name.get(tuple(sorted(above - (theirs - bags[one]) | (bags[one] - theirs))), ()):
                found[one].speak(other, value)
    return found


def _alike(ground: Ground, bags: Sequence[frozenset[str]], concept: Ints, place: Ints) -> tuple[Column, Lists]:
    """Return how like the words `bags[concept[i]]` are to those of the node at `place[i]`, -1 where they share none or
    the node's are among them; and the node's words that the concept lacks.
    """
    own, new = ground.vocabulary.read([tuple(sorted(bag)) for bag in bags])
    weight = ground.weights_with(new)
    pair, word = ground.bags.of(place)
    position, column = own.words.positions(len(weight))
    held = position[concept[pair], column[word]] >= 0
    shared, lacking = (np.bincount(pair[each], weight[word[each]], len(place)) for each in (held, ~held))
    owner, mine = own.words.of(np.arange(len(bags)))
    total = np.bincount(owner, weight[mine], len(bags))[concept]
    likeness = np.full(len(place), -1.0)
    np.divide(shared, total + lacking, out=likeness, where=(shared > 0) & (lacking > 0))
    return np.round(likeness, 4), listed(pair[~held], word[~held], len(place))
