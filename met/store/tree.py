"""Writes a Medical Entity Tree: all of it or nothing."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from met.store.database import run_query
from met.store.ledger import add_drops
from met.store.rows import Placed, add_rows, cursor_of
from met.types import Closure, Document, Drop, Edge, Evidence, Node, NodeAlias, Relation, WorkItem

STAGE = "tree"


def find_tree(connection: Connection, key: str) -> int | None:
    """Return the id of the tree of that key, or None."""
    rows = run_query(connection, "find_tree", key=key)
    return int(rows[0].id) if rows else None


def put_tree(
    connection: Connection,
    *,
    key: str,
    inputs: Mapping[str, Any],
    version: str,
    lexicon_digest: str,
    report: Mapping[str, Any],
    nodes: Sequence[Node],
    aliases: Sequence[NodeAlias],
    edges: Sequence[Edge],
    closure: Iterable[Closure],
    relations: Sequence[Relation],
    documents: Sequence[Document],
    evidence: Sequence[Evidence],
    drops: Sequence[Drop],
) -> int:
    """Add a tree and return its id; a tree of that key that is there already is returned as it is.

    Raises:
        ValueError: the closure names a node that is none of `nodes`.
    """
    made = run_query(
        connection, "put_tree", key=key, inputs=inputs, version=version, lexicon_digest=lexicon_digest, report=report
    )
    if not made:
        # Another process was first; the insert has waited for it to finish.
        known = find_tree(connection, key)
        if known is None:
            raise ValueError(f"tree {key} is there and not complete")
        return known
    tree = int(made[0].id)
    rows = (*documents, *nodes, *aliases, *edges, *relations, *evidence)
    add_rows(connection, (Placed(row=row, place={"tree": tree}) for row in rows))
    _copy_closure(connection, tree, closure)
    work = WorkItem(item=key, input=key, version=version)
    add_drops(connection, ((work, drop) for drop in drops), stage=STAGE, run=None)
    return tree


def _copy_closure(connection: Connection, tree: int, closure: Iterable[Closure]) -> None:
    """Copy the closure with the numbers of the nodes straight into its table: rows of a new tree meet no others."""
    ids = {row.key: row.id for row in run_query(connection, "node_ids", tree=tree)}
    with cursor_of(connection).copy("copy closure (tree, node, ancestor, relation, min_depth) from stdin") as copy:
        for row in closure:
            try:
                pair = ids[row.node], ids[row.ancestor]
            except KeyError as error:
                raise ValueError(f"the closure names node {error}, which the tree does not have") from error
            copy.write_row((tree, *pair, row.relation, row.min_depth))
