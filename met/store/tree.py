"""Writes a Medical Entity Tree: all of it or nothing."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import numpy as np
import psycopg
from numpy.typing import NDArray
from psycopg import sql
from sqlalchemy import Connection

from met.store.bulk import copy_rows
from met.store.database import run_query
from met.store.ledger import add_drops
from met.store.rows import Placed, add_rows, cursor_of
from met.tree.closure import RELATIONS, ClosureTable, closure_table
from met.types import Edge, Evidence, Grown, Node, NodeAlias, Relation, WorkItem

STAGE = "tree"
# Tables that hold the rows of a tree alone, in the order in which they are locked and filled.
TABLES: Final = ("node", "node_alias", "edge", "closure", "relation", "evidence")
# A load of fewer rows is done before its indexes would be built again.
LARGE: Final = 50_000
# Building an index over all rows costs about a tenth of what keeping it up to date costs for each new one.
WORTH_REBUILDING: Final = 8
# Less than Postgres waits before it looks for a deadlock: whoever reads the tables is never the one who is stopped.
LOCK_WAIT: Final = "500ms"
CHUNK: Final = 1_000_000
# An index over millions of rows is sorted in memory.
SORT_MEMORY: Final = "1GB"
# The binary format of COPY: a header, rows of (number of fields, length and bytes of each), and a trailer.
HEADER: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER: Final = b"\xff\xff"


def find_tree(connection: Connection, key: str) -> int | None:
    """Return the id of the tree of that key, or None."""
    rows = run_query(connection, "find_tree", key=key)
    return int(rows[0].id) if rows else None


def put_tree(connection: Connection, grown: Grown) -> int:
    """Add a tree and return its id; a tree of that key that is there already is returned as it is.

    Raises:
        ValueError: an edge or the closure names a node that the tree does not have, or evidence such a document.
    """
    made = run_query(
        connection,
        "put_tree",
        key=grown.key,
        inputs=grown.inputs,
        version=grown.version,
        lexicon_digest=grown.lexicon_digest,
        report=grown.report,
    )
    if not made:
        # Another process was first; the insert has waited for it to finish.
        known = find_tree(connection, grown.key)
        if known is None:
            raise ValueError(f"tree {grown.key} is there and not complete")
        return known
    tree = int(made[0].id)
    _check_ends(grown)
    add_rows(connection, (Placed(row=row, place={}) for row in grown.documents))
    table = closure_table(grown.closure)
    rows_of: dict[type, Sequence[Any]] = {
        Node: grown.nodes,
        NodeAlias: grown.aliases,
        Edge: grown.edges,
        Relation: grown.relations,
        Evidence: grown.evidence,
    }
    with _loading(connection, len(table)):
        for kind, rows in rows_of.items():
            copy_rows(connection, kind, rows, place={"tree": tree})
        _copy_closure(connection, tree, table)
    work = WorkItem(item=grown.key, input=grown.key, version=grown.version)
    add_drops(connection, ((work, drop) for drop in grown.drops), stage=STAGE, run=None)
    return tree


def _check_ends(grown: Grown) -> None:
    keys, texts = {node.key for node in grown.nodes}, {document.key for document in grown.documents}
    for edge in grown.edges:
        if edge.child not in keys or edge.parent not in keys:
            raise ValueError(
                f"an edge leads from {edge.child} to {edge.parent}, and one of them is no node of the tree"
            )
    for row in grown.evidence:
        if row.document not in texts:
            raise ValueError(f"evidence {row.key} names document {row.document}, which the tree does not have")


# ---------------------------------------------------------------- large loads


@contextmanager
def _loading(connection: Connection, rows: int) -> Iterator[None]:
    """Inside, a large load is fast: no index but those of keys, and no look for each row at what it refers to.

    The ends of all rows are checked before. Where others use the tables just now, or the account may not leave the
    checks out, the load is slower and its result the same.
    """
    cursor = cursor_of(connection)
    if rows < LARGE:
        yield
        return
    _leave_out_checks(cursor)
    cursor.execute(f"set local maintenance_work_mem = '{SORT_MEMORY}'")
    indexes = _drop_indexes(cursor) if _rebuilding_pays(cursor, rows) and _locked(cursor) else []
    yield
    for definition in indexes:
        cursor.execute(definition)
    cursor.execute("set local session_replication_role = origin")


def _leave_out_checks(cursor: psycopg.Cursor[Any]) -> None:
    found = cursor.execute("select current_setting('is_superuser') = 'on'").fetchone()
    if found and found[0]:
        cursor.execute("set local session_replication_role = replica")


def _rebuilding_pays(cursor: psycopg.Cursor[Any], rows: int) -> bool:
    found = cursor.execute("select reltuples from pg_class where oid = 'closure'::regclass").fetchone()
    return found is not None and found[0] <= WORTH_REBUILDING * rows


def _locked(cursor: psycopg.Cursor[Any]) -> bool:
    """Say whether the tables are ours alone until the transaction ends."""
    tables = sql.SQL(", ").join(map(sql.Identifier, TABLES))
    cursor.execute("savepoint locking")
    cursor.execute(f"set local lock_timeout = '{LOCK_WAIT}'")
    try:
        cursor.execute(sql.SQL("lock table {tables} in access exclusive mode").format(tables=tables))
    except psycopg.errors.LockNotAvailable:
        cursor.execute("rollback to savepoint locking")
        return False
    cursor.execute("set local lock_timeout = 0")
    return True


def _drop_indexes(cursor: psycopg.Cursor[Any]) -> list[bytes]:
    """Drop the indexes that are no keys, and the key of the closure, to which nothing refers; return the statements
    that make them again.
    """
    found = cursor.execute(
        "select indexrelid::regclass::text, pg_get_indexdef(indexrelid) from pg_index "
        "where indrelid = any (%s::regclass[]) "
        "and not exists (select 1 from pg_constraint where conindid = indexrelid) order by 1",
        [list(TABLES)],
    ).fetchall()
    for name, _ in found:
        cursor.execute(sql.SQL("drop index {name}").format(name=sql.Identifier(*name.split("."))))
    keys = cursor.execute(
        "select quote_ident(conname), pg_get_constraintdef(oid) from pg_constraint "
        "where conrelid = 'closure'::regclass and contype = 'p'"
    ).fetchall()
    for name, _ in keys:
        cursor.execute(f"alter table closure drop constraint {name}".encode())
    made = [f"alter table closure add constraint {name} {definition}" for name, definition in keys]
    return [statement.encode() for statement in (*made, *(definition for _, definition in found))]


# ---------------------------------------------------------------- the closure


def _copy_closure(connection: Connection, tree: int, closure: ClosureTable) -> None:
    """Copy the closure with the numbers of the nodes straight into its table: rows of a new tree meet no others."""
    ids = _ids_of(connection, tree, closure.keys)
    statement = "copy closure (tree, node, ancestor, relation, min_depth) from stdin (format binary)"
    with cursor_of(connection).copy(statement) as copy:
        copy.write(HEADER)
        for start in range(0, len(closure), CHUNK):
            here = closure[start : start + CHUNK]
            for number, relation in enumerate(RELATIONS):
                chosen = here.relation == number
                copy.write(
                    binary_rows(
                        tree, ids[here.node[chosen]], ids[here.ancestor[chosen]], relation, here.min_depth[chosen]
                    )
                )
        copy.write(TRAILER)


def _ids_of(connection: Connection, tree: int, keys: Sequence[str]) -> NDArray[np.int64]:
    """Return the number of each node of the tree that `keys`, which are sorted, name.

    Raises:
        ValueError: one of them is no node.
    """
    # One value a column: reading row by row would take longer than the rest of the load.
    found = run_query(connection, "nodes_in_order", tree=tree)[0]
    known = (found.keys or "").split("\n")
    ids = np.array((found.ids or "0").split("\n"), dtype=np.int64)
    if list(keys) == known:
        return ids
    numbers = dict(zip(known, ids.tolist(), strict=True))
    if unknown := next((key for key in keys if key not in numbers), None):
        raise ValueError(f"the closure names node {unknown}, which the tree does not have")
    return np.fromiter((numbers[key] for key in keys), np.int64, len(keys))


def binary_rows(
    tree: int, node: NDArray[np.int64], ancestor: NDArray[np.int64], relation: str, depth: NDArray[np.int64]
) -> bytes:
    """Return closure rows of one relation in the binary format of COPY, columns in the order of the table."""
    fields = [("tree", ">i4", 4), ("node", ">i8", 8), ("ancestor", ">i8", 8)]
    fields += [("relation", f"S{len(relation)}", len(relation)), ("min_depth", ">i2", 2)]
    kinds = [("fields", ">i2")]
    for name, kind, _ in fields:
        kinds += [(f"{name}_bytes", ">i4"), (name, kind)]
    rows = np.zeros(len(node), np.dtype(kinds))
    rows["fields"] = len(fields)
    for name, _, size in fields:
        rows[f"{name}_bytes"] = size
    rows["tree"], rows["node"], rows["ancestor"] = tree, node, ancestor
    rows["relation"], rows["min_depth"] = relation.encode(), depth
    return rows.tobytes()
