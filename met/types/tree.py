"""Values of the tree: nodes, edges, relations, and the texts that they rest on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from met.types.words import Assertion, Authority, EdgeKind, EvidenceKind, Facet, RelationKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One medical entity. `text_digest` is the digest of the text that its vector embeds."""

    key: str
    digest: str
    facet: Facet
    curie: str | None
    name: str
    synonyms: tuple[str, ...]
    definition: str | None
    xrefs: tuple[str, ...]
    provenance: Mapping[str, Any]
    licence: str
    text_digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeAlias:
    """A former key, or a CURIE of a term that was merged into the node `key`."""

    alias: str
    key: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    child: str
    parent: str
    kind: EdgeKind
    is_primary: bool
    provenance: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Closure:
    """`node` stands under `ancestor` over edges of `relation`, at the smallest number of edges; itself at depth 0."""

    node: str
    ancestor: str
    relation: EdgeKind
    min_depth: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    key: str
    subject: str
    kind: RelationKind
    object: str
    confidence: float
    provenance: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A text that the tree grows from. `path` is relative to what the user named.

    A finished tree holds the number of `characters` and no longer the `text`.
    """

    key: str
    path: str
    title: str
    kind: str
    authority: Authority
    licence: str
    sha256: str
    characters: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The sentence that a node, an edge or a relation rests on; offsets are those of `surface` in the document.

    `assertion` is what the sentence says of what `surface` names. What it denies supports nothing.
    """

    key: str
    subject: str
    kind: EvidenceKind
    document: str
    start_char: int
    end_char: int
    sentence: str
    surface: str
    assertion: Assertion = "affirmed"
