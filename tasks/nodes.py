"""Finds nodes of a build's tree, and the panels under them."""

from collections import defaultdict

from met.store.nodes import find_node
from tasks import doors

# More names than this would only fill the screen: the panels of further nodes share the last task.
NAMED_NODES = 200


def node_of(build: str, text: str) -> str:
    """Return the key of the node that a key, a CURIE, a name or a synonym means in the build's tree.

    Raises:
        NotFound: no node answers to it; the message names those that look alike.
    """
    store = doors.store()
    return find_node(store, store.query("build_row", build=build)[0].tree, text)


def panels_by_node(build: str, node: str) -> dict[str, list[str]]:
    """Return the panels anchored at `node` or below, under the names of the nodes that anchor them best."""
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for row in doors.store().query("panels_under", build=build, node=node):
        groups[row.name].append(row.panel)
    names = sorted(groups)
    named = {name: groups[name] for name in names[:NAMED_NODES]}
    rest = [panel for name in names[NAMED_NODES:] for panel in groups[name]]
    return {**named, f"{len(names) - NAMED_NODES} further nodes": rest} if rest else named
