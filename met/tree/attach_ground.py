"""The ground that new concepts are attached to: the nodes of one facet with their names, edges and vectors, indexed."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from met.tree.attach_names import core, genus_of, number_in_series, series_stem, stems
from met.tree.attach_nearest import Floats, Ints, Nearest
from met.tree.attach_upward import Upward

# A gram that more names than this hold says little and costs most: it does not look for neighbours.
_COMMON: Final = 4000
_PADDED: Final = 4
_NAMES: Final = 6


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

    `parents[i]` and `children[i]` are sorted places of nodes; `depth[i]` is the smallest number of edges to a node
    without parents; `vectors` are unit vectors of the nodes' own names, float32 (n, d).
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
        self.parents, self.children = _adjacency(self.place, edges)
        self.depth = _depths(self.parents, self.children)
        self.under = _counts_below(self.parents, self.children)
        self.vectors = np.ascontiguousarray(vectors, dtype=np.float32)
        self.nearest = Nearest(self.vectors)
        self.centroids = _centroids(self.vectors, self.children)
        self.words = [stems(entity.names[0]) for entity in self.entities]
        self.by_name = _by_name(self.entities)
        self.kin = _kin(self.entities, self.parents)
        self.by_last, self.idf, self.default_idf = _word_weights(self.words)
        self.grams = Grams([name for entity in self.entities for name in entity.names])
        self.owner = np.repeat(np.arange(len(self.entities)), [len(entity.names) for entity in self.entities])
        self.upward = Upward(self.vectors, self.parents)
        self.votes = self.grams.votes(self.owner, self.parents)
        self.style = self._series_style()
        self._over: dict[int, frozenset[int]] = {}
        self._named: dict[int, tuple[tuple[str, ...], ...]] = {}
        self.inherits = np.array([self._inheritance(node) for node in range(len(self.entities))], dtype=np.float32)

    def weight(self, word: str) -> float:
        """Return the inverse document frequency of a stem among the nodes' own names."""
        return self.idf.get(word, self.default_idf)

    def _series_style(self) -> float:
        """Return the share of numbered names that stand right under their series, where it is a node; -1 if none do."""
        right, all_of = 0, 0
        for node, words in enumerate(self.words):
            if (base := series_stem(words)) != words and (above := self.by_name.get(base)):
                all_of += 1
                right += bool(set(above) & set(self.parents[node]))
        return right / all_of if all_of else -1.0

    def named(self, node: int) -> tuple[tuple[str, ...], ...]:
        """Return the stems of the node's first names, its own first."""
        if node not in self._named:
            self._named[node] = tuple(stems(name) for name in self.entities[node].names[:_NAMES])
        return self._named[node]

    def over(self, node: int) -> frozenset[int]:
        """Return all nodes above `node`, without itself."""
        if node not in self._over:
            seen: set[int] = set()
            stack = list(self.parents[node])
            while stack:
                above = stack.pop()
                if above not in seen:
                    seen.add(above)
                    stack.extend(self.parents[above])
            self._over[node] = frozenset(seen)
        return self._over[node]

    def _inheritance(self, node: int) -> float:
        """Return the share of children (of the first fifty) whose name holds every word of the node's; -1 if none."""
        kids = self.children[node][:50]
        if not kids:
            return -1.0
        own = set(self.words[node])
        return sum(own <= set(self.words[kid]) for kid in kids) / len(kids)


def genus_text(entity: Entity) -> str:
    """Return what stands for the stated parent of `entity` as one phrase: its definition's genus, else empty."""
    return genus_of(entity.definition) if entity.definition else ""


# ---------------------------------------------------------------- structure


def _adjacency(
    place: Mapping[str, int], edges: Iterable[tuple[str, str]]
) -> tuple[list[tuple[int, ...]], list[tuple[int, ...]]]:
    above: list[list[int]] = [[] for _ in place]
    below: list[list[int]] = [[] for _ in place]
    for child, parent in sorted({(place[child], place[parent]) for child, parent in edges}):
        above[child].append(parent)
        below[parent].append(child)
    return [tuple(found) for found in above], [tuple(found) for found in below]


def _depths(parents: Sequence[Sequence[int]], children: Sequence[Sequence[int]]) -> Ints:
    depth = np.full(len(parents), -1, dtype=np.int64)
    level = [node for node, above in enumerate(parents) if not above]
    step = 0
    while level:
        depth[level] = step
        step += 1
        level = sorted({child for node in level for child in children[node] if depth[child] < 0})
    return depth


def _counts_below(parents: Sequence[Sequence[int]], children: Sequence[Sequence[int]]) -> Ints:
    """Return how many paths lead down from each node, at most a million: on a tree, the number of its descendants."""
    below = np.zeros(len(parents), dtype=np.int64)
    waiting = [len(found) for found in children]
    ready = [node for node, count in enumerate(waiting) if not count]
    while ready:
        node = ready.pop()
        for parent in parents[node]:
            below[parent] = min(1_000_000, below[parent] + below[node] + 1)
            waiting[parent] -= 1
            if not waiting[parent]:
                ready.append(parent)
    return below


def _centroids(vectors: Floats, children: Sequence[Sequence[int]]) -> Floats:
    """Return the unit mean of the vectors of each node's children; zero where it has none."""
    rows = np.repeat(np.arange(len(children)), [len(found) for found in children])
    columns = np.fromiter((child for found in children for child in found), np.int64, len(rows))
    adjacency = csr_array((np.ones(len(rows), np.float32), (rows, columns)), shape=(len(children), len(children)))
    sums = np.asarray(adjacency @ vectors, dtype=np.float32)
    norms = np.linalg.norm(sums, axis=1, keepdims=True)
    unit: Floats = np.divide(sums, norms, out=np.zeros_like(sums), where=norms > 0)
    return unit


# ---------------------------------------------------------------- words


def _by_name(entities: Sequence[Entity]) -> dict[tuple[str, ...], tuple[int, ...]]:
    """Return which nodes bear a name, by its stems: those that bear it as their own, else as another name."""
    own: dict[tuple[str, ...], list[int]] = defaultdict(list)
    other: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for index, entity in enumerate(entities):
        own[stems(entity.names[0])].append(index)
        for name in entity.names[1:]:
            other[stems(name)].append(index)
    for index, entity in enumerate(entities):
        for name in entity.names:
            if (member := number_in_series(stems(name))) is not None:
                other[series_key(*member)].append(index)
    return {words: tuple(dict.fromkeys(found)) for words, found in {**other, **own}.items() if words}


def series_key(base: tuple[str, ...], number: str, tail: str) -> tuple[str, ...]:
    """Return the key by which `Ground.by_name` knows a member of a series, however its number is written."""
    return (*base, "#", f"{number}{tail}")


def _kin(entities: Sequence[Entity], parents: Sequence[Sequence[int]]) -> dict[tuple[str, ...], dict[int, float]]:
    """Return of each series of numbered names, by its core, the share of its members that stand under a node."""
    counts: dict[tuple[str, ...], dict[int, float]] = defaultdict(lambda: defaultdict(float))
    members: dict[tuple[str, ...], int] = defaultdict(int)
    for node, entity in enumerate(entities):
        for base in {core(words) for words in map(stems, entity.names[:_NAMES]) if series_stem(words) != words}:
            members[base] += 1
            for parent in parents[node]:
                counts[base][parent] += 1
    return {base: {up: count / members[base] for up, count in found.items()} for base, found in counts.items()}


def _word_weights(words: Sequence[tuple[str, ...]]) -> tuple[dict[str, tuple[int, ...]], dict[str, float], float]:
    counts: dict[str, int] = defaultdict(int)
    heads: dict[str, list[int]] = defaultdict(list)
    for index, found in enumerate(words):
        for word in set(found):
            counts[word] += 1
        if found and len(heads[found[-1]]) < _COMMON:
            heads[found[-1]].append(index)
    total = max(1, len(words))
    idf = {word: float(np.log((total + 1) / (count + 0.5))) for word, count in counts.items()}
    return {word: tuple(found) for word, found in heads.items()}, idf, float(np.log((total + 1) / 0.5))


class Grams:
    """Names as weighted character 4-grams of their words, tf-idf, unit length: near spellings have near rows."""

    def __init__(self, names: Sequence[str]) -> None:
        found = [_grams(name) for name in names]
        counts: dict[str, int] = defaultdict(int)
        for grams in found:
            for gram in grams:
                counts[gram] += 1
        # In one order, whatever the hashes of strings: sums of floats depend on it in their last digits.
        counts = dict(sorted(counts.items()))
        self._column = {gram: index for index, gram in enumerate(counts)}
        total = len(names)
        self._weight = np.array([np.log((total + 1) / count) for count in counts.values()], dtype=np.float32)
        self._counts = np.array(list(counts.values()), dtype=np.float32)
        self._rows = self._matrix(found)
        self._seeking = _columns(self._rows, self._counts <= _COMMON)

    def of(self, names: Sequence[str]) -> csr_array:
        """Return the rows of `names`; grams that no indexed name holds add to their length alone."""
        return self._matrix([_grams(name) for name in names])

    def similar(self, rows: csr_array) -> csr_array:
        """Return the products of `rows` with every indexed name over the grams that are not common."""
        product: csr_array = (rows @ self._seeking).tocsr()
        return product

    def votes(self, owner: Ints, parents: Sequence[Sequence[int]]) -> csr_array:
        """Return (grams, nodes): of the names that hold a gram, the share whose node stands under the node.

        `owner` is the node of each name. Grams that very many names hold have no vote.
        """
        counts = [len(parents[node]) for node in owner.tolist()]
        rows = np.repeat(np.arange(len(owner)), counts)
        columns = np.fromiter((up for node in owner.tolist() for up in parents[node]), np.int64, len(rows))
        under = csr_array((np.ones(len(rows), np.float32), (rows, columns)), shape=(len(owner), len(parents)))
        holds = _columns(self._rows, self._counts <= 4 * _COMMON)
        holds.data = np.ones_like(holds.data)
        votes: csr_array = (holds @ under).tocsr()
        votes.data /= np.repeat(self._counts, np.diff(votes.indptr))
        return votes

    def _matrix(self, found: Sequence[frozenset[str]]) -> csr_array:
        known = [sorted(self._column[gram] for gram in grams if gram in self._column) for grams in found]
        lengths = [len(columns) for columns in known]
        columns = np.fromiter((column for row in known for column in row), np.int64, sum(lengths))
        starts = np.concatenate([[0], np.cumsum(lengths)])
        data = self._weight[columns] if len(columns) else np.zeros(0, np.float32)
        # A gram that no name holds is as rare as can be.
        unknown = np.array([len(grams) for grams in found]) - np.array(lengths)
        rarest = np.log(len(self._column) + 1.0)
        sums = np.add.reduceat(np.append(data.astype(np.float64) ** 2, 0.0), starts[:-1]) if len(found) else starts[:-1]
        squares = np.where(np.array(lengths) > 0, sums, 0.0) + unknown * rarest**2
        norms = np.sqrt(np.maximum(squares, 1e-12))
        scaled = data / np.repeat(norms, lengths).astype(np.float32)
        return csr_array((scaled.astype(np.float32), columns, starts), shape=(len(found), len(self._column)))


def _columns(rows: csr_array, chosen: npt.NDArray[np.bool_]) -> csr_array:
    kept = rows.copy()
    kept.data = np.where(chosen[kept.indices], kept.data, 0).astype(np.float32)
    kept.eliminate_zeros()
    turned: csr_array = kept.T.tocsr()
    return turned


def _grams(name: str) -> frozenset[str]:
    """Return the character 4-grams of each word with its ends marked, and each word whole."""
    found: set[str] = set()
    for word in stems(name):
        padded = f" {word} "
        found.add(padded)
        found.update(padded[start : start + _PADDED] for start in range(len(padded) - _PADDED + 1))
    return frozenset(found)
