"""The tree as a folder of tables: nodes.csv, edges.csv, relations.csv, aliases.csv (RFC 4180, UTF-8).

Several values in one cell are joined by `|`; a `|` or `\\` inside a value has a `\\` before it. Provenance is JSON.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from met.tree.formats import Forest, as_json, forest_of, from_json, made_node
from met.types import Edge, NodeAlias, Relation

NODES: Final = ("key", "facet", "curie", "name", "synonyms", "definition", "xrefs", "licence", "provenance")
EDGES: Final = ("child", "parent", "kind", "is_primary", "provenance")
RELATIONS: Final = ("key", "subject", "kind", "object", "confidence", "provenance")
ALIASES: Final = ("alias", "key", "reason")
_PART: Final = re.compile(r"((?:[^|\\]|\\.)*)(\||$)", re.DOTALL)


def write_csv(forest: Forest, out: Path) -> None:
    """The four tables stand in the folder `out`."""
    out.mkdir(exist_ok=True)
    nodes = (
        (
            node.key, node.facet, node.curie or "", node.name, joined(node.synonyms), node.definition or "",
            joined(node.xrefs), node.licence, as_json(node.provenance),
        )
        for node in forest.nodes
    )  # fmt: skip
    edges = (
        (edge.child, edge.parent, edge.kind, as_json(edge.is_primary), as_json(edge.provenance))
        for edge in forest.edges
    )
    relations = (
        (row.key, row.subject, row.kind, row.object, repr(row.confidence), as_json(row.provenance))
        for row in forest.relations
    )
    _write(out / "nodes.csv", NODES, nodes)
    _write(out / "edges.csv", EDGES, edges)
    _write(out / "relations.csv", RELATIONS, relations)
    _write(out / "aliases.csv", ALIASES, ((alias.alias, alias.key, alias.reason) for alias in forest.aliases))


def read_csv(folder: Path) -> Forest:
    """Return the forest of a folder of tables.

    Raises:
        ValueError, KeyError, TypeError: a table is no such table.
        OSError: a table is missing.
    """
    nodes = [
        made_node(
            {
                **row,
                "curie": row["curie"] or None,
                "definition": row["definition"] or None,
                "synonyms": parts(row["synonyms"]),
                "xrefs": parts(row["xrefs"]),
                "provenance": from_json(row["provenance"]),
            }
        )
        for row in _rows(folder / "nodes.csv", NODES)
    ]
    edges = [
        Edge(
            child=row["child"],
            parent=row["parent"],
            kind=row["kind"],
            is_primary=row["is_primary"] == "true",
            provenance=from_json(row["provenance"]),
        )
        for row in _rows(folder / "edges.csv", EDGES)
    ]
    relations = [
        Relation(**{**row, "confidence": float(row["confidence"]), "provenance": from_json(row["provenance"])})
        for row in _rows(folder / "relations.csv", RELATIONS)
    ]
    aliases = [NodeAlias(**row) for row in _rows(folder / "aliases.csv", ALIASES)]
    return forest_of(nodes, edges, aliases=aliases, relations=relations)


def joined(values: Iterable[str]) -> str:
    """Return the values as one cell.

    >>> joined(["a|b", "c"])
    'a\\\\|b|c'
    """
    return "|".join(re.sub(r"([|\\])", r"\\\1", value) for value in values)


def parts(cell: str) -> tuple[str, ...]:
    """Return the values of a cell that `joined` wrote; none of them is empty.

    >>> parts(joined(["a|b", "c"]))
    ('a|b', 'c')
    """
    if not cell:
        return ()
    found = []
    for match in _PART.finditer(cell):
        found.append(re.sub(r"\\(.)", r"\1", match[1], flags=re.DOTALL))
        if not match[2]:
            break
    return tuple(found)


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        # Both characters of the line end make the writer quote a cell.
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(header)
        writer.writerows(rows)


def _rows(path: Path, header: Sequence[str]) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        if next(reader, None) != list(header):
            raise ValueError(f"{path.name} does not begin with {','.join(header)}")
        for cells in reader:
            yield dict(zip(header, cells, strict=True))
