"""What texts say of known nodes that the frozen skeleton does not: each is a Conflict, and no edge changes."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from met.tree.attach.names import spelt
from met.tree.attach.places import Conflict
from met.tree.hearst import parents_said
from met.tree.novel import SAID
from met.types import Edge, Evidence, Node

# Only sentences with one of these are read: every pattern needs it.
_CUE: Final = re.compile(
    r"\b(?:such as|including|especially|like|and other|or other|(?:type|kind|form|variant)s? of)\b"
)


def doubts(nodes: Sequence[Node], edges: Iterable[Edge], evidence: Iterable[Evidence]) -> tuple[Conflict, ...]:
    """Return a conflict for each parent that a sentence names and the skeleton does not have above the node.

    `against_skeleton` turns an edge of the skeleton round: the parent that is named stands below the node; an
    `other_parent` stands elsewhere in the same facet. A name that several nodes bear says nothing.
    """
    by_key = {node.key: node for node in nodes}
    claims = [(row, name) for row in evidence if row.subject in by_key for name in _named(row)]
    bearers = _bearers(nodes, {spelt(name) for _, name in claims})
    above = _Above(edges)
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row, name in claims:
        others = bearers.get((by_key[row.subject].facet, spelt(name)), set())
        # A parent that is a node above already is what the skeleton says.
        if len(others) == 1 and not others & ({row.subject} | above(row.subject)):
            found[row.subject, min(others)].append(row.key)
    return tuple(
        _conflict(child, refused, rows, above) for (child, refused), rows in sorted(found.items()) if above.first(child)
    )


def _conflict(child: str, refused: str, rows: Sequence[str], above: "_Above") -> Conflict:
    return Conflict(
        child=child,
        kept=above.first(child),
        refused=refused,
        reason="against_skeleton" if child in above(refused) else "other_parent",
        kept_score=1.0,
        refused_score=SAID,
        kept_evidence=(),
        refused_evidence=tuple(sorted(rows)),
    )


def _named(row: Evidence) -> list[str]:
    """Return what the sentence says that the node it mentions is a kind of."""
    if row.kind != "mention" or row.assertion != "affirmed" or not _CUE.search(row.sentence):
        return []
    start = row.sentence.find(row.surface)
    if start < 0:
        return []
    return list(parents_said(row.sentence, (0, len(row.sentence)), (start, start + len(row.surface))))


def _bearers(nodes: Iterable[Node], wanted: set[tuple[str, ...]]) -> Mapping[tuple[str, tuple[str, ...]], set[str]]:
    lengths = {len(words) for words in wanted}
    found: dict[tuple[str, tuple[str, ...]], set[str]] = defaultdict(set)
    for node in nodes:
        for name in (node.name, *node.synonyms):
            if len(name.split()) in lengths and (words := spelt(name)) in wanted:
                found[node.facet, words].add(node.key)
    return found


class _Above:
    """Gives all nodes above a node."""

    def __init__(self, edges: Iterable[Edge]) -> None:
        self._parents: dict[str, list[str]] = defaultdict(list)
        self._first: dict[str, str] = {}
        for edge in edges:
            self._parents[edge.child].append(edge.parent)
            if edge.is_primary:
                self._first[edge.child] = edge.parent

    def __call__(self, key: str) -> set[str]:
        seen: set[str] = set()
        stack = list(self._parents.get(key, ()))
        while stack:
            node = stack.pop()
            if node not in seen:
                seen.add(node)
                stack.extend(self._parents.get(node, ()))
        return seen

    def first(self, key: str) -> str:
        """Return the primary parent, empty for a root."""
        return self._first.get(key, "")
