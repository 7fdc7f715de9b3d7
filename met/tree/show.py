"""The tree as lines of plain text."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from met.tree.roots import TREE_ROOT
from met.types import Node

CHILDREN: Final = 20
SENTENCES: Final = 10
_WIDTH: Final = 160


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """A sentence that speaks for a node, and the title and authority of the document it stands in."""

    kind: str
    sentence: str
    title: str
    authority: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeView:
    """A node with what stands around it. `path` are the names from the facet root to the parent; parents are (name,
    kind).
    """

    node: Node
    path: Sequence[str]
    other_parents: Sequence[tuple[str, str]] = ()
    children: Sequence[str] = ()
    siblings: Sequence[str] = ()
    relations: Sequence[tuple[str, str]] = ()
    quotes: Sequence[Quote] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """A node of an overview, with the number of nodes under it and its largest children."""

    name: str
    under: int
    branches: Sequence["Branch"] = ()


def render_tree(facets: Sequence[Branch]) -> list[str]:
    """Return the overview, one line a node: the tree's root, the facets, and what is given below them.

    >>> print(*render_tree([Branch(name="disease", under=2, branches=[Branch(name="cancer", under=1)])]), sep="\\n")
    medical entity (3)
    └─ disease (2)
       └─ cancer (1)
    """
    total = sum(facet.under + 1 for facet in facets)
    return [f"{TREE_ROOT} ({total:,})", *_branches(facets, "")]


def _branches(branches: Sequence[Branch], indent: str) -> Iterator[str]:
    for place, branch in enumerate(branches, start=1):
        last = place == len(branches)
        yield f"{indent}{'└─' if last else '├─'} {branch.name} ({branch.under:,})"
        yield from _branches(branch.branches, indent + ("   " if last else "│  "))


def render_node(view: NodeView) -> list[str]:
    """Return what is known of a node, one fact a line; long lists are cut, and say how much is left."""
    node = view.node
    lines = [
        f"{node.name} ({node.facet}{', ' + node.curie if node.curie else ''})",
        f"key         {node.key}",
        f"path        {' > '.join((TREE_ROOT, *view.path, node.name))}",
        *_listed("synonyms", node.synonyms, CHILDREN),
        *([f"definition  {node.definition}"] if node.definition else []),
        *_listed("xrefs", node.xrefs, CHILDREN),
        f"licence     {node.licence}",
        *_listed("sources", _sources(node), CHILDREN),
        *_listed("also under", [f"{name} ({kind})" for name, kind in view.other_parents], CHILDREN),
        *_listed("children", view.children, CHILDREN),
        *_listed("siblings", view.siblings, CHILDREN),
        *(f"{kind:<11} {name}" for kind, name in view.relations),
    ]
    return [*lines, *_quoted(view.quotes)]


def _sources(node: Node) -> list[str]:
    return [
        " ".join(str(term[part]) for part in ("ontology", "version", "curie") if part in term)
        for term in node.provenance.get("terms", ())
    ]


def _listed(label: str, values: Sequence[str], limit: int) -> list[str]:
    if not values:
        return []
    more = f"; and {len(values) - limit:,} more" if len(values) > limit else ""
    return [f"{label:<11} {'; '.join(values[:limit])}{more}"]


def _quoted(quotes: Sequence[Quote]) -> Iterator[str]:
    if quotes:
        yield f"evidence    {len(quotes)} sentences"
    for quote in quotes[:SENTENCES]:
        sentence = quote.sentence if len(quote.sentence) <= _WIDTH else f"{quote.sentence[: _WIDTH - 1]}…"
        yield f"  {quote.kind}: {sentence} [{quote.title}, {quote.authority}]"
