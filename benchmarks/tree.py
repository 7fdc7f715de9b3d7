"""Load a synthetic tree into a fresh embedded Postgres, ask it for paths and closures, and attach new concepts to one
of the same size; print one JSON line.

    python benchmarks/tree.py [--nodes N] [--home DIR] [--only store|attach]

The floor of the load is a COPY of the same closure rows into a table without any index, that of a query is `select 1`,
both in the same run. `load_cpu_s` is what client and server computed: on a busy machine it says more than the seconds
that passed. Times of queries are medians and 99th percentiles over random nodes, in milliseconds, the way to the server
and back included; `most_rows` is the largest answer among them. What attaching is measured against stands in
`benchmarks/tree_attach.py`.
"""

import argparse
import gc
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
from tree_attach import attaching

from met.evaluate.synthetic import synthetic_tree
from met.keys import canonical_json
from met.store import Store, embedded
from met.store.tree import HEADER, TRAILER, binary_rows
from met.tree.closure import RELATIONS, ClosureTable, closure_of
from met.types import Grown

NODES = 1_400_000
ASKED = 500
CHUNK = 1_000_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--nodes", type=int, default=NODES)
    parser.add_argument("--home", type=Path, default=None, help="where the database lies; a temporary folder otherwise")
    parser.add_argument("--only", choices=("store", "attach"), default=None, help="measure one part")
    options = parser.parse_args()
    facts: dict[str, Any] = {"nodes": options.nodes}
    if options.only != "attach":
        facts |= stored(options.nodes, options.home)
        gc.collect()
    if options.only != "store":
        facts |= attaching(options.nodes)
    print(canonical_json({"what": "tree", "machine": f"{platform.machine()}, {os.cpu_count()} cores", **facts}))


def stored(size: int, home: Path | None) -> dict[str, Any]:
    """Return what is measured of a tree in a database of its own that lies in `home`."""
    with tempfile.TemporaryDirectory(prefix="met-bench-", dir=home) as folder:
        Path(folder).chmod(0o755)
        data = Path(folder) / "postgres"
        try:
            return measured(embedded.start(data), size)
        finally:
            embedded.remove(data)


def measured(server: embedded.Server, size: int) -> dict[str, Any]:
    """Return the facts of one run: sizes, seconds of the load and of its floor, milliseconds of the queries."""
    nodes, edges = synthetic_tree(size, seed=1)
    closing, closure = timed(lambda: closure_of([node.key for node in nodes], edges))
    with Store.open(server.url) as store:
        store.migrate()
        parts: dict[str, Any] = dict.fromkeys(("aliases", "relations", "documents", "evidence", "drops"), ())
        parts |= {"key": "tree:synthetic", "inputs": {}, "version": "1", "lexicon_digest": "", "report": {}}
        computed = time.process_time() + server_seconds(server.pid)
        loading, tree = timed(lambda: store.put_tree(Grown(**parts, nodes=nodes, edges=edges, closure=closure)))
        computed = time.process_time() + server_seconds(server.pid) - computed
        copying, _ = timed(lambda: bare_copy(server.url, closure))
        draw = np.random.default_rng(1)
        leaves = [nodes[int(place)].key for place in draw.integers(0, size, ASKED)]
        synonyms = [nodes[int(place)].synonyms[0] for place in draw.integers(0, size, ASKED)]
        # Inner nodes of a few hundred descendants at most: what a backfill or a distractor asks for.
        inner = [nodes[int(place)].key for place in draw.integers(size // 256, size // 16, ASKED)]
        questions = {
            "path_ms": [(lambda key=key: store.query("tree_node_path", tree=tree, node=key)) for key in leaves],
            "ancestors_ms": [(lambda key=key: store.query("tree_ancestors", tree=tree, node=key)) for key in leaves],
            "subtree_ms": [(lambda key=key: store.query("tree_subtree", tree=tree, node=key)) for key in inner],
            "children_ms": [(lambda key=key: store.query("tree_node_children", tree=tree, node=key)) for key in inner],
            "by_name_ms": [(lambda text=text: store.query("node_lookup", tree=tree, text=text)) for text in synonyms],
        }
        # Queries are measured, not how this process looks through the tree that it made for what it may forget.
        gc.freeze()
        asked = {name: milliseconds(calls) for name, calls in questions.items()}
        floor = milliseconds([lambda: store.query("find_tree", key="tree:none")] * ASKED)
        gc.unfreeze()
    return {
        "edges": len(edges),
        "closure": len(closure),
        "closure_s": round(closing, 1),
        "load_s": round(loading, 1),
        "load_cpu_s": round(computed, 1),
        "bare_copy_s": round(copying, 1),
        "load_over_bare_copy": round(loading / copying, 1),
        **asked,
        "smallest_query_ms": floor,
        "slowest_over_smallest": round(max(times["median"] for times in asked.values()) / floor["median"], 1),
    }


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return the seconds that `work` took, and its result."""
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def server_seconds(postmaster: int) -> float:
    """Return the seconds that the server and all its processes, those that ended as well, have computed so far."""
    ticks = 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            # Behind the name in brackets stand state, parent, ..., user, system, and both of children that ended.
            stat = (process / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if process.name == str(postmaster):
            ticks += sum(map(int, stat[11:15]))
        elif stat[1] == str(postmaster):
            ticks += sum(map(int, stat[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")


def milliseconds(calls: Sequence[Callable[[], Any]]) -> dict[str, float]:
    """Return median and 99th percentile of the calls after one round that warms the caches, and the largest answer."""
    most = max(len(call()) for call in calls)
    took = sorted(1000 * timed(call)[0] for call in calls)
    percentile = took[int(0.99 * len(took))]
    return {"median": round(statistics.median(took), 2), "p99": round(percentile, 2), "most_rows": most}


def bare_copy(url: str, closure: ClosureTable) -> None:
    """Copy the rows of the closure into a table of the same columns that has nothing but them."""
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute("create temp table bare as select * from closure with no data")
        with cursor.copy("copy bare (tree, node, ancestor, relation, min_depth) from stdin (format binary)") as copy:
            copy.write(HEADER)
            for start in range(0, len(closure), CHUNK):
                here = closure[start : start + CHUNK]
                for number, relation in enumerate(RELATIONS):
                    rows = here.relation == number
                    copy.write(binary_rows(1, here.node[rows], here.ancestor[rows], relation, here.min_depth[rows]))
            copy.write(TRAILER)


if __name__ == "__main__":
    main()
