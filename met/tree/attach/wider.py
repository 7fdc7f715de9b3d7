"""Parents that a name leads to by exchanging words: "liver fibrosarcoma" to "liver sarcoma", since a fibrosarcoma is a
sarcoma; "viral gastritis" to "gastritis" since "bacterial gastritis" stands there.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from met.tree.attach.ground import Ground
from met.tree.attach.names import LITTLE

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


def analogies(ground: Ground, words: tuple[str, ...], near: Mapping[int, float]) -> Analogies:
    """Return what nodes with names like `words` say of the parents of a concept of that name; likeness is the share of
    the words' weight that both names hold.
    """
    found = Analogies()
    own = {word: ground.weight(word) for word in words if word not in LITTLE}
    total, words_of = sum(own.values()), own.keys()
    # Sums of floats depend on their order.
    shared = cache(lambda common: sum(own[word] for word in sorted(common)))
    for place in sorted(near):
        if not ground.parents[place]:
            continue
        theirs = ground.bag(place)
        common = theirs.intersection(words_of)
        if not common or len(common) == len(theirs):
            continue
        extra = theirs - common
        likeness = round(shared(common) / (total + sum(map(ground.weight, sorted(extra)))), 4)
        for parent in ground.parents[place]:
            above = ground.bag(parent)
            if extra.isdisjoint(above):
                found.speak(parent, likeness)
                continue
            found.unlike[parent] = max(likeness, found.unlike.get(parent, 0.0))
            if extra <= above:
                for other in ground.by_name.get(tuple(sorted(above - extra | (words_of - common))), ()):
                    found.speak(other, likeness)
    return found
