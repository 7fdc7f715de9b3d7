"""The tree as one page that loads nothing: zoom, open and close, search (plot.html, plot.js and plot_page.js).

The data stand in the page as gzip in base64: columns of lines in the order of a walk down the primary edges, a node a
line. 60,000 nodes with three sentences each take about 10 MB.
"""

import base64
import gzip
import html
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from string import Template
from typing import Any, Final

from met.tree.roots import FACET_ROOTS, TREE_ROOT
from met.tree.show import Quote, origin_of, said_by, sources_of
from met.types import Edge, Node, Relation

DEFINITION: Final = 400
SENTENCE: Final = 300
SYNONYMS: Final = 12
# One character a node says how deep it stands: "0" for a root.
ZERO: Final = ord("0")
_FACETS: Final = [root.facet for root in FACET_ROOTS]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plotted:
    """What a page shows. `quotes` are the best sentences of nodes and relations by key; `sentences` counts all of
    them.
    """

    nodes: Sequence[Node]
    edges: Sequence[Edge]
    relations: Sequence[Relation] = ()
    quotes: Mapping[str, Sequence[Quote]] = field(default_factory=dict)
    sentences: Mapping[str, int] = field(default_factory=dict)


def plot_page(tree: Plotted, *, title: str) -> str:
    """Return the page of the tree. Equal trees give equal pages, whatever the order of their rows."""
    packed = pack(tree)
    data = gzip.compress(json.dumps(packed, ensure_ascii=False, separators=(",", ":")).encode(), 9, mtime=0)
    spoken = sum(tree.sentences.get(node.key, 0) for node in tree.nodes)
    return Template(_part("plot.html")).substitute(
        title=html.escape(title),
        summary=f"{len(tree.nodes):,} nodes · {len(tree.relations):,} relations · {spoken:,} sentences",
        data=base64.b64encode(data).decode(),
        script=f"{_part('plot.js')}\n{_part('plot_page.js')}",
    )


def pack(tree: Plotted) -> dict[str, Any]:
    """Return the columns of the page; nodes that stand under no root along primary edges are left out.

    Where there are several roots, the tree's own root stands first, over them.
    """
    above = {edge.child: edge for edge in tree.edges if edge.is_primary}
    walk = list(_walk(tree.nodes, above))
    place = {node.key: at for at, (node, _) in enumerate(walk)}
    many = sum(depth == 0 for _, depth in walk) > 1
    shift = int(many)
    documents: dict[tuple[str, str, str], int] = {}
    packed = {
        "facets": [node.facet for node, depth in walk if depth == 0],
        "depths": "".join(chr(ZERO + depth + shift) for _, depth in walk),
        "kinds": "".join(above[node.key].kind[0] if depth else "-" for node, depth in walk),
        "origins": "".join(origin_of(node)[0] for node, _ in walk),
        "evidence": [tree.sentences.get(node.key, 0) for node, _ in walk],
        "names": _lines(node.name for node, _ in walk),
        "curies": _lines(node.curie or "" for node, _ in walk),
        "definitions": _lines(_cut(node.definition or "", DEFINITION) for node, _ in walk),
        "synonyms": _lines("|".join(name.replace("|", "/") for name in node.synonyms[:SYNONYMS]) for node, _ in walk),
        "sources": _lines("; ".join([*sources_of(node), *_placed(node, above)]) for node, _ in walk),
        "others": sorted(
            [place[edge.child] + shift, place[edge.parent] + shift, edge.kind]
            for edge in tree.edges
            if not edge.is_primary and edge.child in place and edge.parent in place
        ),
        "relations": sorted(
            [
                place[row.subject] + shift, place[row.object] + shift, row.kind, row.confidence,
                _packed(tree.quotes.get(row.key, ())[:1], documents),
            ]
            for row in tree.relations
            if row.subject in place and row.object in place
        ),
        "quotes": [
            [at + shift, _packed(tree.quotes[node.key], documents)]
            for at, (node, _) in enumerate(walk)
            if tree.quotes.get(node.key)
        ],
    }  # fmt: skip
    packed["documents"] = [list(document) for document in documents]
    return _under_one_root(packed) if many else packed


def _under_one_root(packed: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns with a first line for the root over all facets."""
    first = {"depths": chr(ZERO), "kinds": "-", "origins": "e"}
    lines = {"names": TREE_ROOT, "curies": "", "definitions": "", "synonyms": "", "sources": ""}
    return {
        **packed,
        "facets": [TREE_ROOT, *packed["facets"]],
        "evidence": [0, *packed["evidence"]],
        **{column: text + packed[column] for column, text in first.items()},
        **{column: f"{text}\n{packed[column]}" for column, text in lines.items()},
    }


def _walk(nodes: Iterable[Node], above: Mapping[str, Edge]) -> Iterable[tuple[Node, int]]:
    below: dict[str | None, list[Node]] = defaultdict(list)
    for node in sorted(nodes, key=lambda node: (node.name, node.key)):
        below[above[node.key].parent if node.key in above else None].append(node)
    below[None].sort(key=lambda node: (_FACETS.index(node.facet) if node.facet in _FACETS else 99, node.name))
    stack = [(node, 0) for node in reversed(below.get(None, ()))]
    while stack:
        node, depth = stack.pop()
        yield node, depth
        stack += [(child, depth + 1) for child in reversed(below.get(node.key, ()))]


def _placed(node: Node, above: Mapping[str, Edge]) -> list[str]:
    """Return who placed a node, where that is not the ontology that it comes from."""
    who = said_by(above[node.key].provenance) if node.key in above and origin_of(node) == "literature" else ""
    return [f"placed by {who}"] if who else []


def _packed(quotes: Iterable[Quote], documents: dict[tuple[str, str, str], int]) -> list[list[Any]]:
    """Return kind and assertion, number of the document, sentence and surface of each quote."""
    return [
        [
            quote.kind if quote.assertion == "affirmed" else f"{quote.kind}, {quote.assertion}",
            documents.setdefault((quote.title, quote.authority, quote.licence), len(documents)),
            _cut(" ".join(quote.sentence.split()), SENTENCE),
            " ".join(quote.surface.split()),
        ]
        for quote in quotes
    ]


def _lines(texts: Iterable[str]) -> str:
    return "\n".join(" ".join(text.split()) for text in texts)


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"


def _part(name: str) -> str:
    return (files("met.tree") / name).read_text(encoding="utf-8")
