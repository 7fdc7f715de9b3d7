"""The tree for the page that draws it: children a few at a time, ways down to a node, names that are looked for."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from met.errors import NotFound
from met.serve.coverage import coverage_colour
from met.serve.desk import Desk, Scope
from met.tree.names import normal_form
from met.tree.roots import TREE_ROOT

BRANCHES: Final = 50
FOUND: Final = 20


def children(desk: Desk, scope: Scope, parent: str | None, offset: int) -> list[Mapping[str, Any]]:
    """Return up to 50 children of a node on the primary path, or the roots, those with most below them first."""
    rows = desk.store.query(
        "serve_children", scope=scope.key, tree=scope.tree, parent=parent, limit=BRANCHES, offset=offset
    )
    return [_branch(row) for row in rows]


def top(desk: Desk, scope: Scope) -> Mapping[str, Any]:
    """Return the root over all facets, and the facets below it."""
    roots = children(desk, scope, None, 0)
    return {
        "key": "",
        "name": TREE_ROOT,
        "below": sum(root["below"] + 1 for root in roots),
        "panels": 0,
        "pairs": next((row.items for row in desk.counts(scope).get("made", ()) if row.name == "pairs"), 0),
        "children": roots,
    }


def way_to(desk: Desk, scope: Scope, node: str) -> list[Mapping[str, Any]]:
    """Return the nodes from a root down to the one that `node` means (a key, CURIE or name) along primary edges.

    Raises:
        NotFound: the tree has no such node.
    """
    found = desk.store.query("node_lookup", tree=scope.tree, text=node)
    if not found:
        raise NotFound(what="node", name=node, hint=" in the newest tree")
    keys = [row.key for row in desk.store.query("tree_node_path", tree=scope.tree, node=found[0].key)]
    rows = {row.key: row for row in desk.store.query("serve_nodes", scope=scope.key, tree=scope.tree, keys=keys)}
    return [{**found_line(rows[key]), "kind": "is_a", "others": []} for key in keys if key in rows]


def find(desk: Desk, scope: Scope, text: str) -> Sequence[Any]:
    """Return the nodes that a text names: by name, synonym, CURIE or key, else those whose names begin with it or hold
    it, else those that look like it.
    """
    if not text.strip():
        return []
    store, where = desk.store, {"scope": scope.key, "tree": scope.tree}
    named = [row.key for row in store.query("node_lookup", tree=scope.tree, text=text.strip())]
    like = _like(desk, scope, text.strip().lower()) if len(named) < FOUND else []
    keys = list(dict.fromkeys([*named, *(row.key for row in like)]))[:FOUND]
    if not keys and normal_form(text):
        keys = [row.key for row in store.query("node_similar", tree=scope.tree, text=text)]
    rows = {row.key: row for row in store.query("serve_nodes", **where, keys=keys)}
    return [rows[key] for key in keys]


def _like(desk: Desk, scope: Scope, text: str) -> Sequence[Any]:
    literal = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    # The index over parts of names knows parts of three characters.
    if len(text) < 3:
        return desk.store.query("serve_nodes_beginning", tree=scope.tree, pattern=f"{literal}%", limit=FOUND)
    return desk.store.query("serve_node_names_like", tree=scope.tree, pattern=f"%{literal}%", text=text, limit=FOUND)


def found_line(row: Any) -> Mapping[str, Any]:
    """Return a node with what hangs below it and its colour, for the tree and for the list under the box."""
    return {
        "key": row.key,
        "name": row.name,
        "facet": row.facet,
        "below": row.below or 0,
        "children": row.children or 0,
        "panels": row.panels or 0,
        "pairs": row.pairs or 0,
        "colour": coverage_colour(row.pairs or 0),
    }


def _branch(row: Any) -> Mapping[str, Any]:
    return {**found_line(row), "kind": row.kind or "is_a", "others": list(row.others)}
