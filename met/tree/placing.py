"""Places concepts: typed edges without a cycle, exactly one of them primary."""

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from met.types import EdgeKind, Facet

RANK: Final[Mapping[EdgeKind, int]] = {"is_a": 0, "part_of": 1, "unknown": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """child stands under parent (indices), as ontologies say; `rank` is that of the first which says so (0: the
    skeleton).
    """

    child: int
    parent: int
    kind: EdgeKind
    rank: int
    said_by: tuple[str, ...]


def joined_links(links: Iterable[Link]) -> list[Link]:
    """Return one link for each (child, parent), sorted: of the lowest rank, with the first kind that is known, said by
    all.
    """
    same: dict[tuple[int, int], list[Link]] = defaultdict(list)
    for link in links:
        same[link.child, link.parent].append(link)
    joined = []
    for (child, parent), group in sorted(same.items()):
        ordered = sorted(group, key=lambda link: (link.rank, RANK[link.kind]))
        kind: EdgeKind = next((link.kind for link in ordered if link.kind != "unknown"), "unknown")
        said = tuple(dict.fromkeys(name for link in ordered for name in link.said_by))
        joined.append(Link(child=child, parent=parent, kind=kind, rank=ordered[0].rank, said_by=said))
    return joined


def break_cycles(links: Sequence[Link], *, keys: Sequence[str]) -> tuple[list[Link], list[Link]]:
    """Return the links that form no cycle, and those that were left out.

    Links are taken by rank, then by falling (key of child, key of parent); one whose parent already stands under its
    child is left out. So the skeleton's links stay where they can, and of one ontology's cycle the smallest link goes.
    """
    if not links:
        return [], []
    knots = _knots(links, len(keys))
    left_out: set[tuple[int, int]] = set()
    for knot in knots.values():
        parents: dict[int, list[int]] = defaultdict(list)
        falling = sorted(knot, key=lambda link: (keys[link.child], keys[link.parent]), reverse=True)
        for link in sorted(falling, key=lambda link: link.rank):
            if _stands_under(link.parent, link.child, parents):
                left_out.add((link.child, link.parent))
            else:
                parents[link.child].append(link.parent)
    kept = [link for link in links if (link.child, link.parent) not in left_out]
    return kept, [link for link in links if (link.child, link.parent) in left_out]


def _knots(links: Sequence[Link], nodes: int) -> dict[int, list[Link]]:
    """Return the links inside each strongly connected component: only these can lie on a cycle."""
    # Here, since every command imports the store, which knows this module: it would take a fifth longer.
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    child = np.fromiter((link.child for link in links), np.int64, len(links))
    parent = np.fromiter((link.parent for link in links), np.int64, len(links))
    graph = coo_array((np.ones(len(links), np.int8), (child, parent)), shape=(nodes, nodes)).tocsr()
    _, component = connected_components(graph, directed=True, connection="strong")
    knots: dict[int, list[Link]] = defaultdict(list)
    for place in np.flatnonzero(component[child] == component[parent]):
        link = links[int(place)]
        knots[int(component[link.child])].append(link)
    return knots


def _stands_under(node: int, ancestor: int, parents: Mapping[int, Sequence[int]]) -> bool:
    seen, stack = {node}, [node]
    while stack:
        current = stack.pop()
        if current == ancestor:
            return True
        for parent in parents.get(current, ()):
            if parent not in seen:
                seen.add(parent)
                stack.append(parent)
    return False


def depths(links: Iterable[Link], *, roots: Iterable[int]) -> dict[int, int]:
    """Return the smallest number of links from a root to each node that stands under one."""
    children: dict[int, list[int]] = defaultdict(list)
    for link in links:
        children[link.parent].append(link.child)
    depth = dict.fromkeys(roots, 0)
    queue = deque(depth)
    while queue:
        current = queue.popleft()
        for child in children[current]:
            if child not in depth:
                depth[child] = depth[current] + 1
                queue.append(child)
    return depth


def primary_links(
    links: Sequence[Link], *, facet: Facet, depth: Mapping[int, int], keys: Sequence[str]
) -> set[tuple[int, int]]:
    """Return the one primary (child, parent) of each child.

    Of links of the lowest rank: in anatomy part_of before the others; then the parent nearest to the root; then the
    smaller key.
    """
    best: dict[int, tuple[tuple[int, bool, int, str], int]] = {}
    for link in links:
        other = facet == "anatomy" and link.kind != "part_of"
        order = (link.rank, other, depth[link.parent], keys[link.parent])
        if link.child not in best or order < best[link.child][0]:
            best[link.child] = (order, link.parent)
    return {(child, parent) for child, (_, parent) in best.items()}
