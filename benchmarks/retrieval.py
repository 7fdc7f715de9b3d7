"""Search panels by vector under the closure of a node: recall@10 against exact search and queries/s; one JSON line.

    python benchmarks/retrieval.py [--panels N] [--asked N] [--home DIR] [--keep DIR]

A fresh embedded Postgres holds N panels of one anchor each (benchmarks/retrieval_panels.py): what stands together in
the tree lies together. Asked is the vector of a panel inside of the subtree (`own`), and of one elsewhere (`other`),
where a walk has to cross what is not wanted.

`store` is what the engine does: it compares all panels of a subtree of at most `most_compared`, and walks the index
where there are more. `walk` always walks, where so many panels are searched that there is an index. `exact` always
compares: recall is measured against it, and its queries/s are the floor. Recall counts what is as near as the tenth of
the exact search. Each asks one connection, one query after the other. `index_s` is the time from rows of the store to a
table that is searched, with its index. A database in the folder `--keep` is filled once and stays.
"""

import argparse
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
from numpy.typing import NDArray
from retrieval_panels import DEEP, MODEL, leaves_of, load, node_of, stored_tree, tree_of
from sqlalchemy import Connection

from met.keys import canonical_json
from met.store import Store, embedded
from met.store.database import Database
from met.store.search import MOST_COMPARED, Found, Near, compared, is_ready, nearest, walked

FIRST, SEED = 10, 7
BANDS = ((0.0, 0.003), (0.003, 0.02), (0.02, 0.1), (0.1, 0.6))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--panels", type=int, default=100_000)
    parser.add_argument("--asked", type=int, default=20, help="queries of each kind and size of subtree")
    parser.add_argument("--home", type=Path, default=None, help="where the database lies; a temporary folder otherwise")
    parser.add_argument("--keep", type=Path, default=None, help="a folder whose database is filled once and stays")
    options = parser.parse_args()
    with database(options.home, options.keep) as (url, folder):
        facts = measured(url, folder, options.panels, options.asked)
    machine = f"{platform.machine()}, {os.cpu_count()} cores"
    print(canonical_json({"what": "retrieval", "machine": machine, "panels": options.panels, **facts}))


@contextmanager
def database(home: Path | None, keep: Path | None) -> Iterator[tuple[str, Path]]:
    """Hold a server: of the folder `keep`, which stays, or of a temporary one in `home`."""
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        try:
            yield embedded.start(keep / "postgres").url, keep
        finally:
            embedded.stop(keep / "postgres")
        return
    with tempfile.TemporaryDirectory(prefix="met-bench-", dir=home) as folder:
        Path(folder).chmod(0o755)
        data = Path(folder) / "postgres"
        try:
            yield embedded.start(data).url, Path(folder)
        finally:
            embedded.remove(data)


def measured(url: str, folder: Path, panels: int, asked: int) -> dict[str, Any]:
    """Return what is measured in the database at `url`, which is filled where it is empty."""
    generator = np.random.default_rng(SEED)
    paths, places = tree_of(generator)
    leaves = leaves_of(generator, panels, len(places))
    kept = folder / "vectors.npy"
    with Store.open(url) as store:
        store.migrate()
        tree, build = stored_tree(store, paths)
        began = time.monotonic()
        if not kept.exists():
            np.save(kept, load(store, url, build, paths, places, leaves, generator))
        vectors = np.load(kept, mmap_mode="r")
        loaded = time.monotonic() - began
        began = time.monotonic()
        store.index_panels(build, MODEL, tree)
        indexed = time.monotonic() - began
        numbers = {row.key: row.id for row in store.query("nodes_by_number", tree=tree)}
    held = Database(url)
    try:
        told = list(rounds(held, build, tree, numbers, paths, leaves, vectors, asked))
    finally:
        held.close()
    return {
        "load_s": round(loaded, 1),
        "index_s": round(indexed, 1),
        **sizes(url),
        "most_compared": MOST_COMPARED,
        "queries": sum(row["queries"] for row in told),
        "recall_at_10": round(float(np.mean([row["store_recall_at_10"] for row in told])), 4),
        "least_recall_at_10": min(row["store_recall_at_10"] for row in told),
        "subtrees": told,
    }


def sizes(url: str) -> dict[str, int]:
    """Return the bytes of the table that is searched and of its indexes."""
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "select relname, pg_relation_size(oid) from pg_class where relname ~ '^searched(_nodes|_vectors)?$'"
        )
        return {f"{name}_bytes": size for name, size in rows.fetchall()}


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
) -> Iterator[dict[str, Any]]:
    """Yield what is measured for each size of subtree, and for no subtree at all."""
    generator = np.random.default_rng(SEED)
    last = [path for path in paths if len(path) == DEEP]
    below = {path: np.array([leaf[: len(path)] == path for leaf in last]) for path in paths}
    of_leaf = np.bincount(leaves, minlength=len(last))
    sizes = {path: int(of_leaf[rows].sum()) for path, rows in below.items()}
    # A union of branches is no node; the largest band takes what the tree has.
    for low, high in BANDS:
        fitting = [path for path in paths if max(FIRST, low * len(leaves)) <= sizes[path] < high * len(leaves)]
        for kind in ("own", "other") if fitting else ():
            queries = []
            for _ in range(asked):
                path = fitting[generator.integers(len(fitting))]
                pool = np.flatnonzero(below[path][leaves] == (kind == "own"))
                queries.append((path, vectors[generator.choice(pool)]))
            nears = [
                Near(build=build, tree=tree, model=MODEL, vector=vector, top=numbers[node_of(path).key], limit=FIRST)
                for path, vector in queries
            ]
            share = [sizes[path] / len(leaves) for path, _ in queries]
            yield {
                "share": [round(min(share), 4), round(max(share), 4)],
                "asked": kind,
                **told(database, nears, walk=len(leaves) > MOST_COMPARED),
            }
    chosen = generator.integers(len(vectors), size=asked)
    nears = [Near(build=build, tree=tree, model=MODEL, vector=vectors[at], limit=FIRST) for at in chosen]
    yield {"share": [1, 1], "asked": "own", **told(database, nears, walk=len(leaves) > MOST_COMPARED)}


Way = Callable[[Connection, Near], list[Found]]


def told(database: Database, nears: Sequence[Near], *, walk: bool) -> dict[str, Any]:
    """Return recall and queries/s of every way to answer, walks among them where there is an index."""

    def asks(way: Way) -> Callable[[Near], list[Found]]:
        def ask(near: Near) -> list[Found]:
            with database.transaction() as connection:
                if not is_ready(connection, near.build, near.model):
                    raise SystemExit("somebody else writes to this database")
                return way(connection, near)

        return ask

    ways: dict[str, Way] = {"exact": compared, "store": nearest}
    if walk:
        ways["walk"] = lambda connection, near: walked(connection, near)[: near.limit]
    answers: dict[str, list[list[Found]]] = {}
    facts: dict[str, Any] = {"queries": len(nears)}
    for name, way in ways.items():
        ask = asks(way)
        ask(nears[0])
        began = time.monotonic()
        answers[name] = [ask(near) for near in nears]
        facts[f"{name}_queries_per_s"] = round(len(nears) / (time.monotonic() - began), 1)
    for name in ways.keys() - {"exact"}:
        facts[f"{name}_recall_at_10"] = round(
            float(np.mean([recall(got, right) for got, right in zip(answers[name], answers["exact"], strict=True)])), 4
        )
    print(canonical_json(facts), file=sys.stderr, flush=True)
    return facts


def recall(got: Sequence[Found], right: Sequence[Found]) -> float:
    """Return how many of the found panels are as near as the last of the right ones, as a share of those."""
    least = right[-1][1]
    return min(1.0, len({panel for panel, cosine in got if cosine >= least}) / len(right))


if __name__ == "__main__":
    main()
