"""Nodes in the store: the one that somebody means."""

from met.errors import NotFound
from met.store.store import Store


def find_node(store: Store, tree: int, text: str) -> str:
    """Return the key of the node that a key, a CURIE, a name or a synonym means in the tree of that number.

    Raises:
        NotFound: no node answers to it; the message names those that look alike.
    """
    rows = store.query("node_lookup", tree=tree, text=text)
    if rows:
        return str(rows[0].key)
    near = ", ".join(row.name for row in store.query("node_similar", tree=tree, text=text))
    raise NotFound(what="node", name=text, hint=f"; near it: {near}" if near else "")
