"""The tree as files of the formats that others read, and back: `read_export(write_export(forest))` is the same forest.

`obograph` is OBO graph JSON (https://github.com/geneontology/obographs), `skos` is SKOS as N-Triples, `csv` is a folder
of tables. Each holds nodes, typed edges with the primary one marked, names, definitions, cross references, relations
and aliases. Texts and their sentences are not in an export: they belong to others.
"""

import csv
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, get_args

from met.errors import BadInput
from met.keys import canonical_json, digest
from met.tree.digests import with_digests
from met.tree.vectors import vector_text
from met.types import Edge, EdgeKind, Facet, Node, NodeAlias, Relation, RelationKind

FORMATS: Final = ("obograph", "skos", "csv")


@dataclass(frozen=True, slots=True, kw_only=True)
class Forest:
    """What an export holds. Every part is sorted by its keys, digests of nodes are those of `with_digests`."""

    nodes: tuple[Node, ...]
    aliases: tuple[NodeAlias, ...]
    edges: tuple[Edge, ...]
    relations: tuple[Relation, ...]


def forest_of(
    nodes: Sequence[Node],
    edges: Sequence[Edge],
    *,
    aliases: Sequence[NodeAlias] = (),
    relations: Sequence[Relation] = (),
) -> Forest:
    """Return the rows as a forest, whatever their order and digests.

    Raises:
        ValueError: an end of an edge or relation is no node.
    """
    keys = {node.key for node in nodes}
    ends = [*((edge.child, edge.parent) for edge in edges), *((row.subject, row.object) for row in relations)]
    missing = next((end for pair in ends for end in pair if end not in keys), None)
    if missing is not None:
        raise ValueError(f"it lacks the node {missing}")
    placed = tuple(sorted(edges, key=lambda edge: (edge.child, edge.parent, edge.kind)))
    named = [replace(node, text_digest=digest(vector_text(node))) for node in nodes]
    return Forest(
        nodes=with_digests(sorted(named, key=lambda node: node.key), placed),
        aliases=tuple(sorted(aliases, key=lambda alias: (alias.alias, alias.key))),
        edges=placed,
        relations=tuple(sorted(relations, key=lambda relation: relation.key)),
    )


def write_export(forest: Forest, out: Path, name: str) -> None:
    """The forest stands in `out`, a file (a folder for `csv`), in the format `name`. Equal forests give equal bytes.

    Raises:
        BadInput: there is no format of that name, or `out` cannot be written.
    """
    if name not in FORMATS:
        raise BadInput(what=f"--format {name}", why=f"unknown; there are {', '.join(FORMATS)}")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        _writers()[name](forest, out)
    except OSError as error:
        raise BadInput(what=f"--out {out}", why=f"cannot be written: {error.strerror}") from error


def read_export(path: Path) -> Forest:
    """Return the forest of an export, its format found in the content.

    Raises:
        BadInput: it is no export of ours: unreadable, cut, with an end of an edge or relation missing, or with two
            primary parents of a node.
    """
    try:
        forest = _reader_for(path)(path)
    except OSError as error:
        raise BadInput(what=f"export {path.name}", why=f"cannot be read: {error.strerror}") from error
    except (LookupError, ValueError, TypeError, AttributeError, RecursionError, csv.Error) as error:
        raise BadInput(what=f"export {path.name}", why=f"is no export of a tree: {str(error)[:200]}") from error
    fault = _fault(forest)
    if fault:
        raise BadInput(what=f"export {path.name}", why=fault)
    return forest


def _fault(forest: Forest) -> str | None:
    """Say what keeps these rows from being a tree."""
    keys = {node.key for node in forest.nodes}
    if len(keys) < len(forest.nodes):
        return "names a node twice"
    words = (
        *({node.facet for node in forest.nodes} - set(get_args(Facet))),
        *({edge.kind for edge in forest.edges} - set(get_args(EdgeKind))),
        *({relation.kind for relation in forest.relations} - set(get_args(RelationKind))),
    )
    if words:
        return f"knows the facet or kind {min(words)!r}, and we do not"
    primaries = Counter(edge.child for edge in forest.edges if edge.is_primary)
    twice = next((child for child, count in primaries.items() if count > 1), None)
    return f"gives {twice} two primary parents" if twice else None


def _writers() -> Mapping[str, Callable[[Forest, Path], None]]:
    # The formats import this module for the value that they write.
    from met.tree.formats import csv_tables, obograph, skos

    return {
        "obograph": obograph.write_obograph,
        "skos": skos.write_skos,
        "csv": csv_tables.write_csv,
    }


def _reader_for(path: Path) -> Callable[[Path], Forest]:
    from met.tree.formats import csv_tables, obograph, skos

    if path.is_dir():
        return csv_tables.read_csv
    with path.open("rb") as file:
        first = file.read(64).lstrip()[:1]
    return obograph.read_obograph if first == b"{" else skos.read_skos


# ---------------------------------------------------------------- what the formats share


def as_json(value: Any) -> str:
    """Return provenance as the text that stands in a cell or a literal."""
    return canonical_json(value)


def from_json(text: str) -> Any:
    """Return what `as_json` wrote.

    Raises:
        ValueError: it is no JSON.
    """
    return json.loads(text)


def made_node(fields: Mapping[str, Any]) -> Node:
    """Return the node of these fields; digests are empty until `forest_of`."""
    return Node(**fields, digest="", text_digest="")
