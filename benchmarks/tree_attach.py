"""Attach new concepts to a large synthetic tree; `benchmarks/tree.py` prints what `attaching` measures.

Names are made like those of diseases: a child's is its parent's with a word before it. Vectors are sums of random ones
of the words, so near names have near vectors. The floor is the exact product of the concepts' vectors with those of all
nodes: whatever looks at every node once must do that. As many others are attached before, since memory that nobody
touched for a while is slow to come back: `attach_first_s` is what these took. `near_recall` is the share of a concept's
nearest nodes that the search finds. `ground_gb` is what the ground holds besides the vectors, and `peak_gb` the most
that the process held.
"""

import resource
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from met.embed import DIMENSIONS
from met.tree.attach import attach
from met.tree.attach.candidates import NEAR
from met.tree.attach.ground import Entity, Ground
from met.tree.attach.nearest import EXACT_UP_TO
from met.tree.attach.scorer import FLAT_WEIGHTS, load_scorer

NEW = 1_000
# Concepts whose nearest nodes are looked for among all nodes as well.
ASKED = 200
WORDS = 60_000
LONGEST = 5
CHUNK = 20_000
STARTS = ("ba", "car", "der", "fe", "gas", "hep", "lym", "mal", "neo", "phr", "ric", "tro", "vi", "ele", "nu", "os")
ENDS = ("cia", "dor", "fan", "gia", "lum", "ma", "nis", "pla", "ria", "sia", "tis", "vus", "xis", "zol", "ken", "rub")
Vectors = NDArray[np.float32]


def attaching(size: int) -> dict[str, Any]:
    """Return the facts of attaching NEW concepts to a tree of `size` nodes: seconds, and how many find their parent."""
    names, edges = named_tree(size)
    entities = [Entity(key=f"node:{place:08d}", names=(name,)) for place, name in enumerate(names)]
    pairs = [(f"node:{child:08d}", f"node:{parent:08d}") for child, parent in edges]
    embed = Embedder()
    vectors = embed(names)
    held, started, computed = resident(), time.perf_counter(), time.process_time()
    ground = Ground(entities, pairs, vectors)
    grounding, ground_cpu = time.perf_counter() - started, time.process_time() - computed
    ground_memory = resident() - held
    draw = np.random.default_rng(2)
    # Inner nodes: what is new belongs where there are children already, or where there is none yet.
    drawn = draw.integers(1, size, 2 * NEW).tolist()
    new = [
        Entity(key=f"new:{number:04d}", names=(f"{word_of(WORDS - 1 - number)} {names[parent]}",))
        for number, parent in enumerate(drawn)
    ]
    parents, concepts = drawn[:NEW], new[:NEW]
    wanted = embed([concept.names[0] for concept in concepts])
    root = entities[0].key
    scorer, among = load_scorer(), load_scorer(FLAT_WEIGHTS)
    started = time.perf_counter()
    attach(new[NEW:], ground, root=root, embed=embed, scorer=scorer, among=among)
    first = time.perf_counter() - started
    started, computed = time.perf_counter(), time.process_time()
    found = attach(concepts, ground, root=root, embed=embed, scorer=scorer, among=among)
    took, cpu = time.perf_counter() - started, time.process_time() - computed
    started = time.perf_counter()
    for start in range(0, NEW, 50):
        np.argmax(wanted[start : start + 50] @ ground.vectors.T, axis=1)
    floor = time.perf_counter() - started
    primary = {placement.child: placement.parent for placement in found.placements if placement.is_primary}
    right = sum(primary[concept.key] == entities[parent].key for concept, parent in zip(concepts, parents, strict=True))
    return {
        "attached": NEW,
        "attached_right": round(right / NEW, 3),
        "attach_first_s": round(first, 2),
        "attach_s": round(took, 2),
        "attach_cpu_s": round(cpu, 2),
        "attach_over_product": round(took / floor, 2),
        "product_s": round(floor, 2),
        "near_recall": recall(wanted[:ASKED], ground),
        "nearest": "exact" if size <= EXACT_UP_TO else "lists",
        "ground_s": round(grounding, 1),
        "ground_cpu_s": round(ground_cpu, 1),
        "ground_gb": round(ground_memory / 2**30, 1),
        "peak_gb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 1),
    }


def resident() -> int:
    """Return the bytes of memory that this process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def recall(wanted: Vectors, ground: Ground) -> float:
    """Return the share of the NEAR nodes nearest to each of `wanted`, by the product with all nodes, that is found."""
    places, _ = ground.nearest.of(wanted, NEAR)
    exact = [np.argpartition(ground.vectors @ row, -NEAR)[-NEAR:] for row in wanted]
    return round(float(np.mean([np.isin(near, found).mean() for near, found in zip(exact, places, strict=True)])), 3)


def named_tree(size: int) -> tuple[list[str], list[tuple[int, int]]]:
    """Return the names of `size` nodes under one root, and their edges (child, parent); three of eight have a second
    parent.
    """
    draw = np.random.default_rng(1)
    places = np.arange(1, size)
    last = (places - 1) // 8
    primary = last // 2 + (draw.random(size - 1) * (last - last // 2 + 1)).astype(np.int64)
    other = (draw.random(size - 1) * places).astype(np.int64)
    words = draw.integers(0, WORDS // 2, size)
    names = ["disease"]
    for parent, word in zip(primary.tolist(), words[1:].tolist(), strict=True):
        names.append(" ".join([word_of(word), *names[parent].split()[1 - LONGEST :]]))
    edges = [(child, parent) for child, parent in enumerate(primary.tolist(), 1)]
    second = (draw.random(size - 1) < 0.37) & (other != primary)
    edges += list(zip(places[second].tolist(), other[second].tolist(), strict=True))
    return names, edges


def word_of(number: int) -> str:
    """Return a word that no other number below 16**4 has."""
    one, two, three, four = (number >> shift & 15 for shift in (12, 8, 4, 0))
    return f"{STARTS[one]}{STARTS[two]}{STARTS[three]}{ENDS[four]}"


class Embedder:
    """Gives unit vectors of names: the sums of a random vector of each of their words."""

    def __init__(self) -> None:
        self._table = np.random.default_rng(0).standard_normal((16**4, DIMENSIONS)).astype(np.float32)
        self._row = {word_of(number): number for number in range(16**4)}

    def __call__(self, names: Sequence[str]) -> Vectors:
        found = np.empty((len(names), DIMENSIONS), np.float32)
        for start in range(0, len(names), CHUNK):
            part = [[self._row.get(word, 0) for word in name.split()] or [0] for name in names[start : start + CHUNK]]
            starts = np.cumsum([0, *map(len, part)])[:-1]
            sums = np.add.reduceat(self._table[[word for words in part for word in words]], starts, axis=0)
            found[start : start + CHUNK] = sums / np.linalg.norm(sums, axis=1, keepdims=True)
        return found
