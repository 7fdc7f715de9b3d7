"""Measure how long every page of `met serve` takes over synthetic stores of growing size, and print JSON lines.

    python benchmarks/serve.py [--items N,N,...] [--nodes N] [--rounds N] [--folder DIR]

A store has N panels of N / 2 figures of N / 10 articles, three anchors a panel that are spread unevenly over a tree,
the verdicts of both stages (about half of the panels become pairs), and captions, questions and regions of the pairs.
Every page is asked for over HTTP from a server in this process, `rounds` times with other items each time; the first
answer is left out. `seconds` are median, 95th percentile and the longest. `count_s` is what it took to make the counts
anew, and `floor_s` how long the server takes to answer with a page that asks the store for nothing.
"""

import argparse
import os
import platform
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg

from met.blobs import Blobs
from met.evaluate.synthetic import synthetic_tree
from met.keys import canonical_json
from met.serve.desk import Desk
from met.serve.guard import Access
from met.serve.server import listen, make_server
from met.stages import STAGES
from met.store import Store, embedded
from met.store.queries import split_blocks
from met.tree.closure import closure_of

LIMIT_S = 0.3
SQL = Path(__file__).with_suffix(".sql")
WORK = """insert into work (build, stage, item, input, version)
    select %(build)s, %(stage)s, {item}, 'i', '1' from generate_series(1, {of}) i where {chosen}"""
PAIRS = "i % 4 > 0 and i % 3 > 0"
CHOSEN = {"align": "i % 4 > 0", **dict.fromkeys(("regions", "summary", "caption", "question"), PAIRS)}
AFTER_WORK = ("ledger", "dropped")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--items", default="10000,100000")
    parser.add_argument("--nodes", type=int, default=60_000)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--folder", type=Path, default=None)
    options = parser.parse_args()
    machine = f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores"
    for items in (int(part) for part in options.items.split(",")):
        with database(options.folder) as (url, folder):
            facts = measured(url, folder, items=items, nodes=options.nodes, rounds=options.rounds)
        print(canonical_json({"what": "serve", "machine": machine, "items": items, **facts}), flush=True)


@contextmanager
def database(parent: Path | None) -> Iterator[tuple[str, Path]]:
    with tempfile.TemporaryDirectory(dir=parent) as folder:
        Path(folder).chmod(0o755)
        data = Path(folder) / "postgres"
        try:
            yield embedded.start(data).url, Path(folder)
        finally:
            embedded.remove(data)


def measured(url: str, folder: Path, *, items: int, nodes: int, rounds: int) -> dict[str, Any]:
    with Store.open(url) as store:
        store.migrate()
        began = time.monotonic()
        build = filled(store, url, items=items, nodes=nodes)
        fill_s = time.monotonic() - began
        desk = Desk(store=store, blobs=Blobs(str(folder / "blobs")))
        scope = desk.the_scope()
        count_s = store.count_pages(scope.key, scope.tree)
        with serving(desk) as address, httpx.Client(base_url=address, timeout=120) as client:
            floor = timed(client, lambda _: "/static/icon.svg", rounds)
            pages = {name: timed(client, path, rounds) for name, path in paths(store, build, items).items()}
    slow = sorted(name for name, times in pages.items() if times["p95"] > LIMIT_S)
    return {
        "nodes": nodes,
        "fill_s": round(fill_s),
        "count_s": round(count_s, 1),
        "floor_s": floor["median"],
        "seconds": pages,
        "longest_p95": max(times["p95"] for times in pages.values()),
        "over_limit": slow,
    }


def filled(store: Store, url: str, *, items: int, nodes: int) -> str:
    """Fill an empty store and return the key of its build."""
    tree_nodes, edges = synthetic_tree(nodes, seed=1)
    tree = store.put_tree(
        key="tree:b", inputs={}, version="1", lexicon_digest=None, report={}, nodes=tree_nodes, aliases=[], edges=edges,
        closure=closure_of([node.key for node in tree_nodes], edges), relations=[], documents=[], evidence=[], drops=[],
    )  # fmt: skip
    rows = dict(split_blocks(SQL.read_text("utf-8")))
    sizes = {"items": items, "figures": items // 2, "articles": items // 10, "nodes": nodes}
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("set synchronous_commit = off")
        connection.execute(
            "insert into source (key, kind, uri, data_class) values ('source:b', 'folder', '/b', 'open')"
        )
        connection.execute(rows.pop("nodes_by_number").encode())
        connection.execute("create unique index on numbered (number)")
        connection.execute("analyze numbered")
        build = store.put_build(sources=["source:b"], tree=tree, engine="rules", settings={})
        for name, statement in rows.items():
            if name not in AFTER_WORK:
                connection.execute(statement.encode(), sizes)
        for stage in STAGES:
            _plan(connection, stage.name, stage.item, sizes, build)
        for name in AFTER_WORK:
            connection.execute(rows[name].encode())
        connection.execute("vacuum analyze")
    return build


def _plan(connection: psycopg.Connection[Any], stage: str, item: str, sizes: dict[str, int], build: str) -> None:
    named = {
        "file": ("'file:' || i", sizes["articles"]), "figure": ("'figure:' || md5(i::text)", sizes["figures"]),
        "panel": ("'panel:' || md5(i::text)", sizes["items"]),
    }  # fmt: skip
    if item in named:
        what, of = named[item]
        chosen = CHOSEN.get(stage, "true").replace("%", "%%")
        statement = WORK.format(item=what, of=of, chosen=chosen)
        connection.execute(statement.encode(), {"build": build, "stage": stage})


def paths(store: Store, build: str, items: int) -> dict[str, Callable[[int], str]]:
    """Return what gives the address of each page for a round; items and nodes differ from round to round."""
    panels = [row.item for row in store.query("serve_kept", build=build, stage="align", after="", limit=200)]
    by_panels = store.query("serve_grandchildren", scope=build, tree=1, parents=_roots(store, build), each=40)
    keys = [*_roots(store, build), *(row.key for row in by_panels)]
    rare = [row.key for row in store.query("tree_subtree", tree=1, node=keys[-1])][-20:]

    def one_of(values: Sequence[str], number: int) -> str:
        return values[(7 * number) % len(values)]

    return {
        "overview": lambda _: "/",
        "funnel": lambda _: "/funnel",
        "coverage": lambda number: f"/coverage?node={one_of(keys, number)}",
        "tree_children": lambda number: f"/tree/children?node={one_of(keys, number)}",
        "tree_find": lambda number: f"/tree/find?q={['syn', 'disease 12', 'x', str(number)][number % 4]}",
        "tree_about": lambda number: f"/tree/about?node={one_of(keys, number)}",
        "node_of_root": lambda _: f"/node/{keys[0]}",
        "node": lambda number: f"/node/{one_of(keys, number)}",
        "node_of_few": lambda number: f"/node/{one_of(rare, number)}",
        "item": lambda number: f"/item/{one_of(panels, number)}",
        "pairs": lambda number: f"/items?after={one_of(panels, number)}",
        "refused": lambda number: f"/items?of=screen/{['not_medical', 'too_small', 'duplicate'][number % 3]}",
        "under_root": lambda _: f"/items?node={keys[0]}",
        "under_node": lambda number: f"/items?node={one_of(keys, number)}&after={one_of(panels, number)}",
        "search_rare": lambda number: f"/search?q=patient {1 + (items // 60 + 1) * number % items}",
        "search_common": lambda _: "/search?q=chest radiograph",
        "search_source": lambda number: f"/search?q=PMC{1 + number % (items // 10)}",
        "search_image": lambda number: f"/search?like={one_of(panels, number)}",
    }


def _roots(store: Store, build: str) -> list[str]:
    rows = store.query("serve_children", scope=build, tree=1, parent=None, limit=10, offset=0)
    return [str(row.key) for row in rows]


def timed(client: httpx.Client, path: Callable[[int], str], rounds: int) -> dict[str, float]:
    times = []
    for number in range(rounds + 1):
        began = time.perf_counter()
        client.get(path(number)).raise_for_status()
        times.append(time.perf_counter() - began)
    ordered = sorted(times[1:])
    place = min(len(ordered) - 1, round(0.95 * (len(ordered) - 1)))
    return {
        "median": round(statistics.median(ordered), 4),
        "p95": round(ordered[place], 4),
        "longest": round(ordered[-1], 4),
    }


@contextmanager
def serving(desk: Desk) -> Iterator[str]:
    found = listen("127.0.0.1", 0)
    server = make_server(desk, Access())
    thread = threading.Thread(target=server.run, kwargs={"sockets": [found]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{found.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        found.close()


if __name__ == "__main__":
    main()
