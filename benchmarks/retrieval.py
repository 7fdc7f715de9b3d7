"""Search panels by vector under the closure of a node: recall@10 against exact search and queries/s; one JSON line.

    python benchmarks/retrieval.py [--panels N] [--asked N] [--most-compared N] [--home DIR]

A fresh embedded Postgres holds N panels of one anchor each in a tree of 1,110 nodes, three levels deep. A node's vector
is its parent's and a step; a panel's that of its leaf and a step, drawn from 24 directions of the leaf's branch: what
stands together in the tree lies together. Leaves have sizes after Zipf's law. Asked is the vector of a panel near a
leaf inside of the subtree (`own`), and of one elsewhere (`other`), where a walk has to cross what is not wanted.

`store` is what the engine does: it compares all panels of a subtree of at most `most_compared`, and walks the HNSW
index where there are more. `walk` always walks, `exact` always compares, and is what recall is measured against;
`plain` is the index without iterative scan: it takes the ef_search nearest and filters them. Recall counts what is as
near as the tenth of the exact search. Each asks one connection, one query after the other.
"""

import argparse
import os
import platform
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
from numpy.typing import NDArray

from met.keys import canonical_json, content_key, digest
from met.store import Store, embedded
from met.store.database import Database
from met.store.queries import named_queries
from met.store.search import EF_SEARCH, MOST_COMPARED, MOST_WALKED, Near, compared, panels_under, walked
from met.tree.closure import closure_of
from met.types import Edge, Node

DIMENSIONS, DIRECTIONS, WIDE, DEEP = 384, 24, 10, 3
FIRST, CHUNK, SEED = 10, 50_000, 7
MODEL = "synthetic"
BANDS = ((0.0, 0.003), (0.003, 0.02), (0.02, 0.1), (0.1, 0.6))
VERSION = "1"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--panels", type=int, default=100_000)
    parser.add_argument("--asked", type=int, default=20, help="queries of each kind and size of subtree")
    parser.add_argument("--home", type=Path, default=None, help="where the database lies; a temporary folder otherwise")
    parser.add_argument("--most-compared", type=int, default=MOST_COMPARED, help="above that `store` walks the index")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="met-bench-", dir=options.home) as folder:
        Path(folder).chmod(0o755)
        data = Path(folder) / "postgres"
        try:
            facts = measured(embedded.start(data).url, options.panels, options.asked, options.most_compared)
        finally:
            embedded.remove(data)
    machine = f"{platform.machine()}, {os.cpu_count()} cores"
    print(canonical_json({"what": "retrieval", "machine": machine, "panels": options.panels, **facts}))


def measured(url: str, panels: int, asked: int, most_compared: int) -> dict[str, Any]:
    """Return what is measured in the database at `url`, which is empty."""
    generator = np.random.default_rng(SEED)
    paths, places = tree_of(generator)
    with Store.open(url) as store:
        store.migrate()
        tree, build = stored_tree(store, paths)
        leaves = leaves_of(generator, panels, len(places))
        began = time.monotonic()
        vectors = load(store, url, build, paths, places, leaves, generator)
        loaded = time.monotonic() - began
        began = time.monotonic()
        index(url)
        indexed = time.monotonic() - began
        numbers = {row.key: row.id for row in store.query("nodes_by_number", tree=tree)}
    database = Database(url)
    try:
        told = list(rounds(database, build, tree, numbers, paths, leaves, vectors, asked, most_compared))
    finally:
        database.close()
    return {
        "load_s": round(loaded, 1),
        "index_s": round(indexed, 1),
        "ef_search": EF_SEARCH,
        "iterative_scan": "relaxed_order",
        "max_scan_tuples": MOST_WALKED,
        "most_compared": most_compared,
        "queries": sum(row["queries"] for row in told),
        "recall_at_10": round(float(np.mean([row["store_recall_at_10"] for row in told])), 4),
        "least_recall_at_10": min(row["store_recall_at_10"] for row in told),
        "subtrees": told,
    }


# ------------------------------------------------------------ what is searched


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


def index(url: str) -> None:
    """The HNSW index stands, made by as many processes as there are cores, in memory."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("set maintenance_work_mem = '3GB'")
        connection.execute(f"set max_parallel_maintenance_workers = {max(1, (os.cpu_count() or 2) - 1)}")
        connection.execute(named_queries()["index_vectors"])
        connection.execute("analyze")


# ------------------------------------------------------------ what is asked


def rounds(
    database: Database,
    build: str,
    tree: int,
    numbers: dict[str, int],
    paths: Sequence[tuple[int, ...]],
    leaves: NDArray[np.int64],
    vectors: NDArray[np.float32],
    asked: int,
    most_compared: int,
) -> Iterator[dict[str, Any]]:
    """Yield what is measured for each size of subtree, and for no subtree at all."""
    generator = np.random.default_rng(SEED)
    last = [path for path in paths if len(path) == DEEP]
    under = {path: np.array([leaf[: len(path)] == path for leaf in last])[leaves] for path in paths}
    sizes = {path: int(rows.sum()) for path, rows in under.items()}
    # A union of branches is no node; the largest band takes what the tree has.
    for low, high in BANDS:
        fitting = [path for path in paths if max(FIRST, low * len(leaves)) <= sizes[path] < high * len(leaves)]
        for kind in ("own", "other") if fitting else ():
            queries = []
            for _ in range(asked):
                path = fitting[generator.integers(len(fitting))]
                pool = np.flatnonzero(under[path] if kind == "own" else ~under[path])
                vector = vectors[generator.choice(pool)]
                queries.append((path, vector))
            nears = [
                Near(build=build, tree=tree, model=MODEL, vector=vector, top=numbers[node_of(path).key], limit=FIRST)
                for path, vector in queries
            ]
            share = [sizes[path] / len(leaves) for path, _ in queries]
            yield {
                "share": [round(min(share), 4), round(max(share), 4)],
                "asked": kind,
                **told(database, nears, most_compared),
            }
    chosen = generator.integers(len(vectors), size=asked)
    nears = [Near(build=build, tree=tree, model=MODEL, vector=vectors[at], limit=FIRST) for at in chosen]
    yield {"share": [1, 1], "asked": "own", **told(database, nears, most_compared)}


Way = Callable[[Near], list[tuple[str, float]]]


def told(database: Database, nears: Sequence[Near], most_compared: int) -> dict[str, Any]:
    """Return recall and queries/s of every way to answer."""

    def exact(near: Near) -> list[tuple[str, float]]:
        with database.transaction() as connection:
            return compared(connection, near)

    def walk(near: Near) -> list[tuple[str, float]]:
        with database.transaction() as connection:
            return walked(connection, near)

    def plain(near: Near) -> list[tuple[str, float]]:
        with database.transaction() as connection:
            return walked(connection, near, most_walked=1)

    def as_store(near: Near) -> list[tuple[str, float]]:
        with database.transaction() as connection:
            many = panels_under(connection, near, most=most_compared + 1) > most_compared
        found = walk(near) if many else exact(near)
        return found if len(found) == near.limit else exact(near)

    ways: dict[str, Way] = {"exact": exact, "store": as_store, "walk": walk, "plain": plain}
    answers: dict[str, list[list[tuple[str, float]]]] = {}
    facts: dict[str, Any] = {"queries": len(nears)}
    for name, way in ways.items():
        way(nears[0])
        began = time.monotonic()
        answers[name] = [way(near) for near in nears]
        facts[f"{name}_queries_per_s"] = round(len(nears) / (time.monotonic() - began), 1)
    for name in ("store", "walk", "plain"):
        facts[f"{name}_recall_at_10"] = round(
            float(np.mean([recall(got, right) for got, right in zip(answers[name], answers["exact"], strict=True)])), 4
        )
    return facts


def recall(got: Sequence[tuple[str, float]], right: Sequence[tuple[str, float]]) -> float:
    """Return how many of the found panels are as near as the last of the right ones, as a share of those."""
    least = right[-1][1]
    return min(1.0, len({panel for panel, cosine in got if cosine >= least}) / len(right))


if __name__ == "__main__":
    main()
