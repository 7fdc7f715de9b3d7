"""Makes the panels that benchmarks/retrieval.py searches: a tree, and vectors that lie together as it does.

The tree has 1,110 nodes, three levels deep. A node's vector is its parent's and a step; a panel's that of its leaf and
a step, drawn from 24 directions of the leaf's branch. Leaves have sizes after Zipf's law.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import psycopg
from numpy.typing import NDArray

from met.keys import content_key, digest
from met.store import Store
from met.tree.closure import closure_of
from met.types import Edge, Grown, Node

DIMENSIONS, DIRECTIONS, WIDE, DEEP = 384, 24, 10, 3
CHUNK = 50_000
MODEL = "synthetic"
VERSION = "1"


def tree_of(generator: np.random.Generator) -> tuple[list[tuple[int, ...]], NDArray[np.float32]]:
    """Return the paths of all nodes, parents first, and the vectors of the leaves in the order of their paths."""
    rows: dict[tuple[int, ...], NDArray[Any]] = {(): np.zeros(DIMENSIONS)}
    level: list[tuple[int, ...]] = [()]
    paths: list[tuple[int, ...]] = []
    for _ in range(DEEP):
        level = [(*path, number) for path in level for number in range(WIDE)]
        for path in level:
            rows[path] = unit(rows[path[:-1]] + 0.8 * unit(generator.normal(size=DIMENSIONS)))
        paths += level
    return paths, np.array([rows[path] for path in level], dtype=np.float32)


def leaves_of(generator: np.random.Generator, panels: int, count: int) -> NDArray[np.int64]:
    """Return the leaf of each panel."""
    share = 1.0 / np.arange(1, count + 1)
    return generator.choice(generator.permutation(count), size=panels, p=share / share.sum())


def unit(rows: NDArray[Any]) -> NDArray[Any]:
    """Return the rows at length 1."""
    return np.asarray(rows / np.linalg.norm(rows, axis=-1, keepdims=True))


def node_of(path: Sequence[int]) -> Node:
    """Return the node at a path."""
    name = "node " + ".".join(map(str, path))
    return Node(
        key=content_key("node", "disease", name),
        digest=digest(name),
        facet="disease",
        curie=None,
        name=name,
        synonyms=(),
        definition=None,
        xrefs=(),
        provenance={},
        licence="CC0-1.0",
        text_digest=digest(name),
    )


def stored_tree(store: Store, paths: Sequence[tuple[int, ...]]) -> tuple[int, str]:
    """Return the number of the tree and the key of a build over it."""
    nodes = {path: node_of(path) for path in paths}
    edges = [
        Edge(child=node.key, parent=nodes[path[:-1]].key, kind="is_a", is_primary=True, provenance={})
        for path, node in nodes.items()
        if len(path) > 1
    ]
    tree = store.put_tree(
        Grown(
            key="tree:bench",
            inputs={},
            version=VERSION,
            lexicon_digest="",
            report={},
            nodes=list(nodes.values()),
            aliases=[],
            edges=edges,
            closure=closure_of([node.key for node in nodes.values()], edges),
            relations=[],
            documents=[],
            evidence=[],
            drops=[],
        )
    )
    return tree, store.put_build(sources=[], tree=tree, engine="rules", settings={})


def load(
    store: Store,
    url: str,
    build: str,
    paths: Sequence[tuple[int, ...]],
    places: NDArray[np.float32],
    leaves: NDArray[np.int64],
    generator: np.random.Generator,
) -> NDArray[np.float32]:
    """Return the vectors of the panels, which are in the store with their texts and anchors."""
    keys = [node_of(path).key for path in paths if len(path) == DEEP]
    basis = generator.normal(size=(WIDE, DIRECTIONS, DIMENSIONS)) / np.sqrt(DIMENSIONS * DIRECTIONS)
    vectors = np.empty((len(leaves), DIMENSIONS), dtype=np.float32)
    for start in range(0, len(leaves), CHUNK):
        own = leaves[start : start + CHUNK]
        steps = generator.normal(size=(len(own), DIRECTIONS))
        branch = own // (len(places) // WIDE)
        for number in range(WIDE):
            rows = np.flatnonzero(branch == number)
            vectors[start + rows] = unit(places[own[rows]] + 0.9 * steps[rows] @ basis[number])
        store.put_vectors(MODEL, {digest(start + at): vectors[start + at].astype(np.float16) for at in range(len(own))})
    columns = {
        "work": ("build", "stage", "item", "input", "version"),
        "panel_text": (
            "key", "panel", "text_digest", "subcaption", "caption", "mentions", "title", "input", "version"
        ),
        "anchor": (
            "key", "panel", "node", "role", "polarity", "certainty", "score", "method", "field", "surface", "input",
            "version",
        ),
    }  # fmt: skip

    def rows_of(table: str) -> Iterator[tuple[Any, ...]]:
        for number, leaf in enumerate(leaves.tolist()):
            panel = f"panel:{number}"
            if table == "work":
                yield build, "anchor", panel, "i", VERSION
            elif table == "panel_text":
                yield f"text:{number}", panel, digest(number), "a panel", "", "", "", "i", VERSION
            else:
                how = ("depicted", "affirmed", "certain", 0.8, "dictionary", "subcaption", "x", "i", VERSION)
                yield f"anchor:{number}", panel, keys[leaf], *how

    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        for table, names in columns.items():
            with cursor.copy(f"copy {table} ({', '.join(names)}) from stdin") as copy:
                for row in rows_of(table):
                    copy.write_row(row)
    return vectors
