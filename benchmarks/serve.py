"""Measure how long every page of `met serve` takes over synthetic stores of growing size, and print JSON lines.

    python benchmarks/serve.py [--items N,N,...] [--nodes N] [--rounds N] [--folder DIR] [--keep DIR]

A store has N panels of N / 2 figures of N / 10 articles, three anchors a panel that are spread unevenly over a tree,
the verdicts of both stages (about half of the panels become pairs), and the rows of every other stage: text drawn in
images, privacy, duplicates, and of the pairs regions, cited sentences, captions and questions.
Every page is asked for over HTTP from a server in this process, `rounds` times with other items each time; the first
answer is left out. `seconds` are median, 95th percentile and the longest. `count_s` is what it took to make the counts
anew, and `floor_s` how long the server takes to answer with a page that asks the store for nothing. A store in the
folder `--keep` is filled once and stays.
"""

import argparse
import os
import platform
import statistics
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg
from retrieval import database
from serve_pages import Asked, got, pages_of

from met.blobs import Blobs
from met.evaluate.synthetic import synthetic_tree
from met.keys import canonical_json
from met.serve.desk import Desk
from met.serve.guard import Access
from met.serve.server import listen, make_server
from met.stages import STAGES
from met.store import Store
from met.store.queries import split_blocks
from met.tree.closure import closure_of
from met.types import Grown

LIMIT_S = 0.3
SQL = Path(__file__).with_suffix(".sql")
WORK = """insert into work (build, stage, item, input, version)
    select %(build)s, %(stage)s, {item}, 'i', '1' from generate_series(1, {of}) i where {chosen} order by 3"""
PAIRS = "i % 4 > 0 and i % 3 > 0"
CHOSEN = {"align": "i % 4 > 0", **dict.fromkeys(("regions", "summary", "caption", "question"), PAIRS)}
AFTER_WORK = "ledger"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--items", default="10000,100000")
    parser.add_argument("--nodes", type=int, default=60_000)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--folder", type=Path, default=None)
    parser.add_argument("--keep", type=Path, default=None)
    options = parser.parse_args()
    machine = f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores"
    for items in (int(part) for part in options.items.split(",")):
        with database(options.folder, options.keep and options.keep / str(items)) as (url, folder):
            facts = measured(url, folder, items=items, nodes=options.nodes, rounds=options.rounds)
        print(canonical_json({"what": "serve", "machine": machine, "items": items, **facts}), flush=True)


def measured(url: str, folder: Path, *, items: int, nodes: int, rounds: int) -> dict[str, Any]:
    filled_s = folder / "filled_s"
    with Store.open(url) as store:
        store.migrate()
        if not filled_s.exists():
            began = time.monotonic()
            fill(store, url, items=items, nodes=nodes)
            filled_s.write_text(f"{time.monotonic() - began:.0f}")
        desk = Desk(store=store, blobs=Blobs(str(folder / "blobs")))
        scope = desk.the_scope()
        if store.counts_are_due(scope.key, scope.tree):
            with told("counts"):
                store.count_pages(scope.key, scope.tree)
        with serving(desk) as address, httpx.Client(base_url=address, timeout=120) as client:
            floor = timed(client, got("/static/icon.svg"), rounds)
            pages = {}
            for name, asked in pages_of(store, desk.blobs, scope.key, items).items():
                with told(name):
                    pages[name] = timed(client, asked, rounds)
        counted = store.query("page_state", scope=scope.key)[0]
    return {
        "nodes": nodes,
        "fill_s": int(filled_s.read_text()),
        "count_s": round(counted.seconds, 1),
        "floor_s": floor["median"],
        "seconds": pages,
        "longest_p95": max(times["p95"] for times in pages.values()),
        "over_limit": sorted(name for name, times in pages.items() if times["p95"] > LIMIT_S),
    }


def fill(store: Store, url: str, *, items: int, nodes: int) -> None:
    """An empty store is full: a tree, a build, and what every stage made."""
    tree_nodes, edges = synthetic_tree(nodes, seed=1)
    tree = store.put_tree(Grown(
        key="tree:b", inputs={}, version="1", lexicon_digest="", report={}, nodes=tree_nodes, aliases=[], edges=edges,
        closure=closure_of([node.key for node in tree_nodes], edges), relations=[], documents=[], evidence=[], drops=[],
    ))  # fmt: skip
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
            if name != AFTER_WORK:
                with told(name):
                    connection.execute(statement.encode(), sizes)
        with told("work"):
            for stage in STAGES:
                _plan(connection, stage.name, stage.item, sizes, build)
        with told(AFTER_WORK):
            connection.execute(rows[AFTER_WORK].encode())
        with told("vacuum analyze"):
            connection.execute("vacuum analyze")


@contextmanager
def told(what: str) -> Iterator[None]:
    """Say how long a step took, where people look while a large store is filled."""
    began = time.monotonic()
    yield
    print(f"{what}: {time.monotonic() - began:.1f} s", file=sys.stderr, flush=True)


def _plan(connection: psycopg.Connection[Any], stage: str, item: str, sizes: dict[str, int], build: str) -> None:
    named = {
        "file": ("'file:' || i", sizes["articles"]), "figure": ("'figure:' || md5(i::text)", sizes["figures"]),
        "panel": ("'panel:' || md5(i::text)", sizes["items"]),
        "image": ("lpad(to_hex(i), 64, '0')", sizes["figures"]), "corpus": ("'corpus:b'", 1),
    }  # fmt: skip
    what, of = named[item]
    chosen = CHOSEN.get(stage, "true").replace("%", "%%")
    connection.execute(WORK.format(item=what, of=of, chosen=chosen).encode(), {"build": build, "stage": stage})


def timed(client: httpx.Client, asked: Asked, rounds: int) -> dict[str, float]:
    times = []
    for number in range(rounds + 1):
        began = time.perf_counter()
        asked(client, number).raise_for_status()
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
