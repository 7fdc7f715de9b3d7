"""Digests of nodes: what a work item used of the tree, and so when it has to be done anew."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from met.keys import digest
from met.types import Edge, Node

SIBLINGS: Final = 50


def with_digests(nodes: Sequence[Node], edges: Sequence[Edge]) -> tuple[Node, ...]:
    """Return the nodes with the digest of all that a work item may use of them: own facts, names of the primary path
    down to the parent, and (key, name) of up to 50 siblings in key order."""
    above = {edge.child: edge.parent for edge in edges if edge.is_primary}
    names = {node.key: node.name for node in nodes}
    below: dict[str, list[str]] = defaultdict(list)
    for child in sorted(above):
        below[above[child]].append(child)
    paths = _paths(above, names)
    return tuple(
        replace(
            node,
            digest=digest(
                [_facts(node), paths[node.key], _siblings(node.key, below.get(above.get(node.key, ""), ()), names)]
            ),
        )
        for node in nodes
    )


def _siblings(key: str, children: Sequence[str], names: Mapping[str, str]) -> list[list[str]]:
    others = [child for child in children[: SIBLINGS + 1] if child != key][:SIBLINGS]
    return [[other, names[other]] for other in others]


def _paths(above: Mapping[str, str], names: Mapping[str, str]) -> dict[str, list[str]]:
    paths: dict[str, list[str]] = {}
    for key in names:
        chain_up = [key]
        while chain_up[-1] not in paths and chain_up[-1] in above:
            chain_up.append(above[chain_up[-1]])
        paths.setdefault(chain_up[-1], [])
        for child, parent in zip(reversed(chain_up[:-1]), reversed(chain_up[1:]), strict=True):
            paths[child] = [*paths[parent], names[parent]]
    return paths


def _facts(node: Node) -> list[Any]:
    named = [node.key, node.facet, node.curie, node.name, list(node.synonyms)]
    return [*named, node.definition, list(node.xrefs), node.provenance, node.licence]
