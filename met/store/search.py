"""Searches for panels by vector: each compared, or a walk through the HNSW index where that is the shorter way.

The walk serves people and the coverage map; what decides anything is searched exactly (`most_compared` at its default
covers a build of a hundred thousand panels whole; what a walk misses in larger ones benchmarks/retrieval.py tells).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pgvector import HalfVector
from sqlalchemy import Connection, Row

from met.store.database import run_query

Found: TypeAlias = tuple[str, float]
"""A panel and the cosine of its subcaption to what was asked, 4 decimals."""

# So many panels are compared one by one, which takes a second or two. A walk is faster and may miss a whole cluster: of
# 100,000 made vectors in tight clusters it missed one in four queries of a subtree of 21,000.
MOST_COMPARED = 100_000
EF_SEARCH = 200
# The walk gives up after so many vectors, and then all are compared.
MOST_WALKED = 100_000
# A walk meets panels in rough order alone: of so many times as many as were asked for the nearest are kept.
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


def walked_if_many(connection: Connection, near: Near, *, most_compared: int = MOST_COMPARED) -> list[Found] | None:
    """Return what a walk finds where more than `most_compared` panels are searched; None where all are to be compared.

    They are, too, where the walk finds fewer panels than were asked for. The transaction keeps the settings of a walk.
    """
    if panels_under(connection, near, most=most_compared + 1) <= most_compared:
        return None
    found = walked(connection, near)
    return found if len(found) == near.limit else None


def panels_under(connection: Connection, near: Near, *, most: int) -> int:
    """Return how many panels are searched, counted no further than `most`."""
    name = "panels_in_build_up_to" if near.top is None else "panels_under_up_to"
    params: dict[str, Any] = {"build": near.build, "most": most}
    if near.top is not None:
        params["top"] = near.top
    return int(run_query(connection, name, **params)[0].panels)


def compared(connection: Connection, near: Near) -> list[Found]:
    """Return the nearest panels of all that are searched, each compared."""
    rows = run_query(
        connection,
        "nearest_panels_exact",
        build=near.build,
        top=near.top,
        model=near.model,
        vector=_written(near.vector),
        limit=near.limit,
    )
    return _pairs(rows)


def walked(
    connection: Connection, near: Near, *, ef_search: int = EF_SEARCH, most_walked: int = MOST_WALKED
) -> list[Found]:
    """Return what a walk through the index finds; the transaction keeps the settings of the walk."""
    run_query(connection, "walk_settings", ef=ef_search, most=most_walked)
    rows = run_query(
        connection,
        "nearest_panels_walk",
        build=near.build,
        tree=near.tree,
        top=near.top,
        model=near.model,
        vector=_written(near.vector),
        limit=MET * near.limit,
    )
    return sorted(_pairs(rows), key=lambda pair: (-pair[1], pair[0]))[: near.limit]


def _written(vector: NDArray[np.float32]) -> str:
    return str(HalfVector(vector).to_text())


def _pairs(rows: Sequence[Row[Any]]) -> list[Found]:
    return [(str(row.panel), float(row.cosine)) for row in rows]
