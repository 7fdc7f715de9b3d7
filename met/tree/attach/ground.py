"""The ground that new concepts are attached to: the nodes of one facet with their names, edges and vectors, indexed."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from met.tree.attach.grams import Grams
from met.tree.attach.names import (
    LITTLE,
    core,
    genus_of,
    is_modifier,
    name_key,
    number_in_series,
    series_stem,
    spelt,
    stems,
)
from met.tree.attach.nearest import Ints, Nearest
from met.tree.attach.organs import organs_of
from met.tree.attach.structure import adjacency, centroids, counts_below, depths
from met.tree.attach.upward import Upward

_NAMES: Final = 6
_HOLDERS: Final = 512
_MODES: Final = (
    *(("autosomal", "dominant", "disease"), ("autosomal", "recessive", "disease"), ("x", "linked", "disease")),
    *(("x", "linked", "dominant", "disease"), ("x", "linked", "recessive", "disease"), ("y", "linked", "disease")),
)
_NONE: Final = np.zeros(0, np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A text says that an entity is a kind of what it calls `parent`; `weight` is in (0, 1], `evidence` names where."""

    parent: str
    weight: float = 1.0
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """What is known of a concept, in the tree or new: its names, its own first; its definition; what texts say."""

    key: str
    names: tuple[str, ...]
    definition: str | None = None
    said: tuple[Said, ...] = ()


class Ground:
    """The nodes of one facet. Equal inputs give equal indices, whatever the order of the edges.

    `parents[i]` and `children[i]` are sorted places of nodes, `parent_count` and `child_count` say how many; `depth[i]`
    is the smallest number of edges to a node without parents; `vectors` are unit vectors of the nodes' own names,
    float32 (n, d).
    """

    def __init__(self, entities: Sequence[Entity], edges: Iterable[tuple[str, str]], vectors: npt.NDArray[Any]) -> None:
        """Index `entities`; `edges` are (child key, parent key), acyclic; row i of `vectors` belongs to entity i.

        Raises:
            ValueError: not one vector per entity.
        """
        if len(vectors) != len(entities):
            raise ValueError(f"{len(vectors)} vectors for {len(entities)} entities")
        self.entities = tuple(entities)
        self.place = {entity.key: index for index, entity in enumerate(self.entities)}
        self.parents, self.children = adjacency(self.place, edges)
        self.parent_count, self.child_count = (
            np.fromiter(map(len, found), np.int64, len(self.entities)) for found in (self.parents, self.children)
        )
        self.depth = depths(self.parents, self.children)
        self.under = counts_below(self.parents, self.children)
        self.vectors = np.ascontiguousarray(vectors, dtype=np.float32)
        self.nearest = Nearest(self.vectors)
        self.centroids = centroids(self.vectors, self.children)
        self._names = [tuple(map(stems, entity.names)) for entity in self.entities]
        self.words = [names[0] for names in self._names]
        self.by_name = _by_name(self._names)
        self._known_words = LITTLE.union(*self.by_name)
        self.kin = _kin(self._names, self.parents)
        self._holders, self.idf = _holders(self.words)
        self.default_idf = float(np.log((max(1, len(self.words)) + 1) / 0.5))
        self.grams = Grams([name for entity in self.entities for name in entity.names])
        self.owner = np.repeat(np.arange(len(self.entities)), [len(entity.names) for entity in self.entities])
        self.upward = Upward(self.vectors, self.parents)
        self.votes = self.grams.votes(self.owner, self.parents)
        self.style = self._series_style()
        self._over: dict[int, frozenset[int]] = {}
        self._bags: dict[int, frozenset[str]] = {}
        self._organs: dict[int, frozenset[str]] = {}
        self._organs_above: dict[int, frozenset[str]] = {}
        self._modes: tuple[tuple[frozenset[str], int], ...] | None = None
        self._weighed: dict[tuple[str, ...], Weights] = {}
        self._inherits: dict[int, float] = {}

    def weight(self, word: str) -> float:
        """Return the inverse document frequency of a stem among the nodes' own names."""
        return self.idf.get(word, self.default_idf)

    def _series_style(self) -> float:
        """Return the share of numbered names that stand right under their series, where it is a node; -1 if none do."""
        right, all_of = 0, 0
        for node, words in enumerate(self.words):
            if (base := series_stem(words)) != words and (above := self.nodes_named(base)):
                all_of += 1
                right += bool(set(above) & set(self.parents[node]))
        return right / all_of if all_of else -1.0

    def named(self, node: int) -> tuple[tuple[str, ...], ...]:
        """Return the stems of the node's first names, its own first."""
        return self._names[node][:_NAMES]

    def nodes_named(self, words: tuple[str, ...]) -> tuple[int, ...]:
        """Return the places of the nodes that bear a name of these stems, in whatever order."""
        return self.by_name.get(name_key(words), ()) if self._known_words.issuperset(words) else ()

    def modes(self) -> tuple[tuple[frozenset[str], int], ...]:
        """Return the nodes that are nothing but a mode of inheritance, with the stems that say so."""
        if self._modes is None:
            self._modes = tuple(
                (frozenset(mode) - {"disease"}, place) for mode in _MODES for place in self.nodes_named(mode)
            )
        return self._modes

    def holders(self, word: str) -> list[int]:
        """Return the places of at most _HOLDERS nodes, drawn evenly, whose own name holds a stem."""
        found = self._holders.get(word, _NONE)
        places: list[int] = found[:: max(1, len(found) // _HOLDERS)].tolist()
        return places

    def weights(self, words: tuple[str, ...]) -> "Weights":
        """Return the stems of a name with their weights."""
        if words not in self._weighed:
            self._weighed[words] = Weights.of(words, self.weight)
        return self._weighed[words]

    def bag(self, node: int) -> frozenset[str]:
        """Return the stems of the node's own name without little words."""
        if node not in self._bags:
            self._bags[node] = frozenset(self.words[node]) - LITTLE
        return self._bags[node]

    def organs(self, node: int) -> frozenset[str]:
        """Return the organs that the node's own name is about."""
        if node not in self._organs:
            self._organs[node] = organs_of(spelt(self.entities[node].names[0]))
        return self._organs[node]

    def organs_above(self, node: int) -> frozenset[str]:
        """Return the organs that the name of the node is about, or those of the nearest nodes above that are."""
        if node not in self._organs_above:
            level, seen, found = {node}, set[int](), frozenset[str]()
            while level and not found:
                found = found.union(*map(self.organs, level))
                seen |= level
                level = {above for place in level for above in self.parents[place]} - seen
            self._organs_above[node] = found
        return self._organs_above[node]

    def upward_from(self, node: int, most: int) -> list[tuple[int, int]]:
        """Return the first `most` nodes above `node`, the nearest first, with how many edges they are above."""
        found: list[tuple[int, int]] = []
        seen, level, steps = {node}, [node], 1
        while level and len(found) < most:
            level = sorted({above for place in level for above in self.parents[place]} - seen)
            seen.update(level)
            found += [(above, steps) for above in level]
            steps += 1
        return found[:most]

    def over(self, node: int) -> frozenset[int]:
        """Return all nodes above `node`, without itself."""
        stack = [node]
        while node not in self._over:
            waiting = [above for above in self.parents[stack[-1]] if above not in self._over]
            if waiting:
                stack += waiting
                continue
            low = stack.pop()
            self._over[low] = frozenset(self.parents[low]).union(*(self._over[above] for above in self.parents[low]))
        return self._over[node]

    def inherits(self, node: int) -> float:
        """Return the share of children (of the first fifty) whose name holds every word of the node's; -1 if none."""
        if node not in self._inherits:
            kids, own = self.children[node][:50], set(self.words[node])
            holding = sum(map(own.issubset, map(self.words.__getitem__, kids)))
            self._inherits[node] = holding / len(kids) if kids else -1.0
        return self._inherits[node]


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """The stems of a name with their weights; its core, and the stems of this that are no modifiers."""

    words: Mapping[str, float]
    total: float
    core: tuple[str, ...]
    heavy: Mapping[str, float]
    heavy_total: float

    @classmethod
    def of(cls, words: tuple[str, ...], weight: Callable[[str], float]) -> "Weights":
        weights, inner = {word: weight(word) for word in words}, core(words)
        heavy = {word: weights[word] for word in inner if not is_modifier(word)}
        return cls(
            words=weights,
            total=sum(weights.values()) or 1.0,
            core=inner,
            heavy=heavy,
            heavy_total=sum(heavy.values()) or 1.0,
        )


def genus_text(entity: Entity) -> str:
    """Return what stands for the stated parent of `entity` as one phrase: its definition's genus, else empty."""
    return genus_of(entity.definition) if entity.definition else ""


# ---------------------------------------------------------------- words


Names = Sequence[tuple[tuple[str, ...], ...]]
"""The stems of each node's names, its own first."""


def _by_name(names: Names) -> dict[tuple[str, ...], tuple[int, ...]]:
    """Return which nodes bear a name, by its stems: those that bear it as their own, else as another name."""
    own: dict[tuple[str, ...], list[int]] = defaultdict(list)
    other: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for index, (first, *more) in enumerate(names):
        own[name_key(first)].append(index)
        for words in more:
            other[name_key(words)].append(index)
    for index, known in enumerate(names):
        for words in known:
            if (member := number_in_series(words)) is not None:
                other[series_key(*member)].append(index)
    return {words: tuple(dict.fromkeys(found)) for words, found in {**other, **own}.items() if words}


def series_key(base: tuple[str, ...], number: str, tail: str) -> tuple[str, ...]:
    """Return the key by which `Ground.by_name` knows a member of a series, however its number is written."""
    return (*base, "#", f"{number}{tail}")


def _kin(names: Names, parents: Sequence[Sequence[int]]) -> dict[tuple[str, ...], dict[int, float]]:
    """Return of each series of numbered names, by its core, the share of its members that stand under a node."""
    counts: dict[tuple[str, ...], dict[int, float]] = defaultdict(lambda: defaultdict(float))
    members: dict[tuple[str, ...], int] = defaultdict(int)
    for node, known in enumerate(names):
        for base in {core(words) for words in known[:_NAMES] if series_stem(words) != words}:
            members[base] += 1
            for parent in parents[node]:
                counts[base][parent] += 1
    return {base: {up: count / members[base] for up, count in found.items()} for base, found in counts.items()}


def _holders(words: Sequence[tuple[str, ...]]) -> tuple[dict[str, Ints], dict[str, float]]:
    """Return the nodes whose own name holds a stem, and the inverse document frequency of each stem."""
    number: dict[str, int] = {}
    sizes = [len(set(found)) for found in words]
    held = np.fromiter(
        (number.setdefault(word, len(number)) for found in words for word in dict.fromkeys(found)), np.int64, sum(sizes)
    )
    order = np.argsort(held, kind="stable")
    counts = np.bincount(held, minlength=len(number))
    nodes = np.split(np.repeat(np.arange(len(words)), sizes)[order], np.cumsum(counts)[:-1])
    weights = np.log((max(1, len(words)) + 1) / (counts + 0.5)).tolist()
    return dict(zip(number, nodes, strict=bool(number))), dict(zip(number, weights, strict=True))
