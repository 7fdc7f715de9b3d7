"""Loads what wrong options are chosen from: nodes that are apart from those that an image shows."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from met.store.store import Store
from met.types import Dossier, Node


def with_others(store: Store, build: str, dossiers: Sequence[Dossier], names: Sequence[str]) -> list[Dossier]:
    """Return the dossiers with the `others` of every node that is depicted: siblings, and nodes of these names.

    `names` are in lower case.
    """
    keys = {anchor.node for one in dossiers for anchor in one.anchors if anchor.role == "depicted"}
    tree = store.query("build_row", build=build)[0].tree
    if tree is None or not keys:
        return list(dossiers)
    found: defaultdict[str, list[str]] = defaultdict(list)
    for row in store.query("node_others", tree=tree, keys=sorted(keys), names=list(names)):
        found[row.key].append(row.other)
    wanted = sorted({other for others in found.values() for other in others})
    nodes = {node.key: node for node in store.select(Node, tree=tree, key=wanted)} if wanted else {}
    return [
        replace(
            one,
            nodes={
                key: replace(placed, others=tuple(nodes[other] for other in found[key])) if key in found else placed
                for key, placed in one.nodes.items()
            },
        )
        for one in dossiers
    ]
