"""Searches for panels by vector: each compared, or a walk through the index where that is the shorter way.

Both read the table `searched`, made of the rows of one build when it is first searched, and again when these have
changed (sql/migrations/0020_searched.sql). The walk serves people and the coverage map; what decides anything is
searched exactly (`MOST_COMPARED` covers a build of 250,000 panels whole; what a walk misses in larger ones
benchmarks/retrieval.py tells).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pgvector import HalfVector
from sqlalchemy import Connection, Row

from met.store.database import run_query, run_statement

Found: TypeAlias = tuple[str, float]
"""A panel and the cosine of its subcaption to what was asked, 4 decimals."""

# So many panels are compared one by one, at about a microsecond each.
MOST_COMPARED = 250_000
# The index has a list for about a thousand panels. A walk reads one list in six, and at least ten: of 60,000 names of
# nodes, which lie apart, that finds 0.98 of the ten nearest, of 1,000,000 made panels one in fifty does.
LEAST_LISTS, LISTS_A_READ = 10, 6
# A walk is believed where it meets so many times as many panels as were asked for. One that reads on until it has found
# enough was tried, and now and then takes for the nearest what merely came first.
MET = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """What is asked: the panels of a build whose subcaptions are nearest to the vector that `model` made.

    `top` is the number of the node of `tree` under which they are anchored; None: anywhere.
    """

    build: str
    tree: int | None
    model: str
    vector: NDArray[np.float32]
    top: int | None = None
    limit: int = 10


def is_ready(connection: Connection, build: str, model: str) -> bool:
    """Return whether the table holds what a search in this build reads; it does until the transaction ends."""
    run_statement(connection, "lock_searched")
    return any(
        row.build == build and row.model == model and row.fresh for row in run_query(connection, "searched_state")
    )


def make_ready(connection: Connection, build: str, model: str, tree: int | None) -> int:
    """The table holds the panels of this build, with its index where they are many; return how many they are.

    Where nothing has changed since it was made, it stays as it is. Who writes panels waits until the transaction ends.
    """
    for lock in ("lock_searched_anew", "lock_searched_state", "lock_searched_rows"):
        run_statement(connection, lock)
    made = run_query(connection, "searched_of", build=build)[0].made
    for row in run_query(connection, "searched_state"):
        if (row.build, row.model, row.made) == (build, model, made):
            run_statement(connection, "searched_is_fresh")
            return int(row.panels)
    run_query(connection, "index_memory")
    run_statement(connection, "drop_searched_index")
    run_statement(connection, "forget_searched")
    panels = run_statement(connection, "fill_searched", build=build, model=model, tree=tree)
    if panels > MOST_COMPARED:
        run_query(connection, "index_searched", panels=panels)
    run_statement(connection, "analyze_searched")
    run_statement(connection, "put_searched_state", build=build, model=model, made=made, panels=panels)
    return panels


def nearest(connection: Connection, near: Near, *, most_compared: int = MOST_COMPARED) -> list[Found]:
    """Return the nearest panels, nearest first, ties by key, from a table that is ready.

    More than `most_compared` are walked through. Where a walk meets few that are wanted, what is asked lies elsewhere
    than what is searched, the nearest may stand in any list, and all are compared.
    """
    if panels_under(connection, near, most=most_compared + 1) <= most_compared:
        return compared(connection, near)
    found = walked(connection, near)
    return found[: near.limit] if len(found) == MET * near.limit else compared(connection, near)


def panels_under(connection: Connection, near: Near, *, most: int) -> int:
    """Return how many panels are searched, counted no further than `most`."""
    if near.top is None:
        return min(_panels(connection), most)
    return int(run_query(connection, "searched_under", top=near.top, most=most)[0].panels)


def compared(connection: Connection, near: Near) -> list[Found]:
    """Return the nearest panels of all that are searched, each compared."""
    run_query(connection, "compare_settings")
    asked: dict[str, Any] = {"vector": _written(near.vector), "limit": near.limit}
    if near.top is None:
        return _pairs(run_query(connection, "nearest_of_all", **asked))
    return _pairs(run_query(connection, "nearest_under", top=near.top, **asked))


def walked(connection: Connection, near: Near, *, lists: int | None = None) -> list[Found]:
    """Return what a walk through the index meets, nearest first: up to four times as many as were asked for.

    It reads `lists` lists, a share of all where no number is given. The transaction keeps the settings of the walk
    until something is compared.
    """
    read = lists or max(LEAST_LISTS, _panels(connection) // 1000 // LISTS_A_READ)
    run_query(connection, "walk_settings", lists=read)
    asked: dict[str, Any] = {"vector": _written(near.vector), "limit": MET * near.limit}
    if near.top is None:
        rows = run_query(connection, "walk_of_all", **asked)
    else:
        rows = run_query(connection, "walk_under", top=near.top, **asked)
    return sorted(_pairs(rows), key=lambda pair: (-pair[1], pair[0]))


def _panels(connection: Connection) -> int:
    return sum(int(row.panels) for row in run_query(connection, "searched_state"))


def _written(vector: NDArray[np.float32]) -> str:
    return str(HalfVector(vector).to_text())


def _pairs(rows: Sequence[Row[Any]]) -> list[Found]:
    return [(str(row.panel), float(row.cosine)) for row in rows]
