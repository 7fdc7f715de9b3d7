"""A whole tree, as it is grown or imported, and written into the store."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from met.types.run import Drop
from met.types.tree import Closure, Document, Edge, Evidence, Node, NodeAlias, Relation


@dataclass(frozen=True, slots=True, kw_only=True)
class Grown:
    """A finished tree: all rows sorted by their keys, `closure` made while it is read.

    `version` is that of the code that made it; `report` counts what is in it.
    """

    key: str
    inputs: Mapping[str, Any]
    version: str
    lexicon_digest: str
    report: Mapping[str, Any]
    nodes: Sequence[Node]
    aliases: Sequence[NodeAlias]
    edges: Sequence[Edge]
    closure: Iterable[Closure]
    relations: Sequence[Relation]
    documents: Sequence[Document]
    evidence: Sequence[Evidence]
    drops: Sequence[Drop]
