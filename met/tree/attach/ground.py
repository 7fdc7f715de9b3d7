"""The ground that new concepts are attached to: the nodes of one facet with their names, edges and vectors, indexed."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from met.tree.attach.grams import Grams
from met.tree.attach.names import LITTLE, core, genus_of, name_key, number_in_series, series_stem, spelt, stems
from met.tree.attach.nearest import Ints, Nearest
from met.tree.attach.organs import organs_of
from met.tree.attach.structure import Lists, adjacency, centroids, counts_below, depths, listed, over
from met.tree.attach.upward import Upward
from met.tree.attach.vocabulary import Vocabulary

_NAMES: Final = 6
_HOLDERS: Final = 512
_CHILDREN: Final = 50
# Nodes that are looked at together.
_CHUNK: Final = 50_000
_NONE: Final = np.zeros(0, np.int64)
_MODES: Final = (
    *(("autosomal", "dominant", "disease"), ("autosomal", "recessive", "disease"), ("x", "linked", "disease")),
    *(("x", "linked", "dominant", "disease"), ("x", "linked", "recessive", "disease"), ("y", "linked", "disease")),
)


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

    `keys[i]` is the key of node i, and `rank[i]` where it stands among all keys in their order.
    `parents[i]`, `children[i]` and `above[i]`, all ancestors, are sorted places of nodes, `parent_count` and
    `child_count` say how many; `depth[i]` is the smallest number of edges to a node without parents; `vectors` are unit
    vectors of the nodes' own names, float32 (n, d). `first_names[i]` are the places in `spoken` of the node's first
    names, its own first; `inherits[i]` is the share of its first children whose names hold its own, -1 if none.
    """

    def __init__(self, entities: Sequence[Entity], edges: Iterable[tuple[str, str]], vectors: npt.NDArray[Any]) -> None:
        """Index `entities`; `edges` are (child key, parent key), acyclic; row i of `vectors` belongs to entity i.

        Raises:
            ValueError: not one vector per entity.
        """
        if len(vectors) != len(entities):
            raise ValueError(f"{len(vectors)} vectors for {len(entities)} entities")
        self.entities = tuple(entities)
        self.keys = np.array([entity.key for entity in self.entities], dtype=object)
        self.place = {entity.key: index for index, entity in enumerate(self.entities)}
        self.rank = _ranks([entity.key for entity in self.entities])
        self.parents, self.children = adjacency(self.place, edges)
        self.parent_count, self.child_count = np.diff(self.parents.start), np.diff(self.children.start)
        self.above = over(self.parents)
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
        spoken = [names[:_NAMES] for names in self._names]
        starts = np.cumsum([0, *map(len, spoken)])
        self.first_names = Lists(starts, np.arange(starts[-1]))
        self.spoken, self.vocabulary = Vocabulary().read(list(chain.from_iterable(spoken)))
        node, word = self.spoken.words.of(self.first_names.start[:-1])
        by_word = np.argsort(word, kind="stable")
        self._holders = listed(word[by_word], node[by_word], len(self.vocabulary.words))
        said = ~np.isin(word, [self.vocabulary.words[little] for little in LITTLE & self.vocabulary.words.keys()])
        self.bags = listed(node[said], word[said], len(self.entities))
        # Inverse document frequencies among the nodes' own names; the highest is that of a word that none holds.
        self.highest_weight = float(np.log((max(1, len(self.words)) + 1) / 0.5))
        self.weights = np.log((max(1, len(self.words)) + 1) / (np.diff(self._holders.start) + 0.5))
        self.grams = Grams([name for entity in self.entities for name in entity.names])
        self.owner = np.repeat(np.arange(len(self.entities)), [len(entity.names) for entity in self.entities])
        self.upward = Upward(self.vectors, self.parents)
        self.votes = self.grams.votes(self.owner, self.parents)
        self.style = self._series_style()
        chunks = (np.arange(start, min(start + _CHUNK, len(entities))) for start in range(0, len(entities), _CHUNK))
        self.inherits = np.concatenate([np.zeros(0), *map(self._inherits, chunks)])
        self._bags: dict[int, frozenset[str]] = {}
        self._organs: dict[int, frozenset[str]] = {}
        self._organs_above: dict[int, frozenset[str]] = {}
        self._modes: tuple[tuple[frozenset[str], int], ...] | None = None

    def weight(self, word: str) -> float:
        """Return the inverse document frequency of a stem among the nodes' own names."""
        number = self.vocabulary.words.get(word)
        return self.highest_weight if number is None else float(self.weights[number])

    def weights_with(self, new: Vocabulary) -> npt.NDArray[np.float64]:
        """Return the weights of all stems of the vocabulary by their numbers, and of those of `new`."""
        return np.append(self.weights, np.full(len(new.words), self.highest_weight))

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

    def holding(self, word: str) -> Ints:
        """Return the places of some nodes, drawn evenly, whose own name holds a stem."""
        number = self.vocabulary.words.get(word)
        if number is None:
            return _NONE
        found = self._holders.value[self._holders.start[number] : self._holders.start[number + 1]]
        return found[:: max(1, len(found) // _HOLDERS)]

    def ending_in(self, word: str) -> Ints:
        """Return those of them whose own name ends in it."""
        found = self.holding(word)
        ends: npt.NDArray[np.bool_] = self.spoken.head[self.first_names.start[found]] == self.vocabulary.words.get(word)
        return found[ends]

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

    def _inherits(self, nodes: Ints) -> npt.NDArray[np.float64]:
        """Return of each of `nodes` the share of its children (of the first fifty) whose names hold every word of its
        own; -1 where there are none.
        """
        entry, child = self.children.of(nodes)
        first = np.arange(len(entry)) - np.searchsorted(entry, entry) < _CHILDREN
        entry, child = entry[first], child[first]
        own = self.first_names.start[nodes[entry]]
        words = self.spoken.words
        holds = words.shared(own, words, self.first_names.start[child]) == words.start[own + 1] - words.start[own]
        count = np.bincount(entry, minlength=len(nodes))
        return np.where(count > 0, np.bincount(entry, holds, len(nodes)) / np.maximum(1, count), -1.0)


def genus_text(entity: Entity) -> str:
    """Return what stands for the stated parent of `entity` as one phrase: its definition's genus, else empty."""
    return genus_of(entity.definition) if entity.definition else ""


# ---------------------------------------------------------------- words


Names = Sequence[tuple[tuple[str, ...], ...]]
"""The stems of each node's names, its own first."""


def _ranks(keys: Sequence[str]) -> npt.NDArray[np.int64]:
    """Return where each key stands among all in their order."""
    rank = np.empty(len(keys), np.int64)
    rank[sorted(range(len(keys)), key=keys.__getitem__)] = np.arange(len(keys))
    return rank


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


def _kin(names: Names, parents: Lists) -> dict[tuple[str, ...], dict[int, float]]:
    """Return of each series of numbered names, by its core, the share of its members that stand under a node."""
    counts: dict[tuple[str, ...], dict[int, float]] = defaultdict(lambda: defaultdict(float))
    members: dict[tuple[str, ...], int] = defaultdict(int)
    for node, known in enumerate(names):
        for base in {core(words) for words in known[:_NAMES] if series_stem(words) != words}:
            members[base] += 1
            for parent in parents[node]:
                counts[base][parent] += 1
    return {base: {up: count / members[base] for up, count in found.items()} for base, found in counts.items()}
