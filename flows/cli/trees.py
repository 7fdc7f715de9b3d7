"""What the commands of the tree read from the store: which tree and node is meant, and what is shown of them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from met.store import Store
    from met.tree.ontology.terms import Ontology
    from met.tree.plot import Plotted
    from met.tree.show import Branch, NodeView


def newest_tree(store: "Store") -> int:
    """Return the id of the newest tree.

    Raises:
        NotFound: there is none yet.
    """
    from met.errors import NotFound

    rows = store.query("newest_tree")
    if not rows:
        raise NotFound(what="tree", name="the newest", hint="; run `met tree build` first")
    return int(rows[0].id)


def find_version(store: "Store", text: str) -> int:
    """Return the id of the tree that `text` means: its number, its key or the start of it, `newest`, `previous`.

    Raises:
        NotFound: no tree, or more than one, answers to it.
    """
    from met.errors import NotFound

    rows = store.query("tree_versions")
    place = {"newest": 0, "previous": 1}.get(text)
    if place is not None:
        found = rows[place : place + 1]
    else:
        found = [row for row in rows if str(row.id) == text] or [row for row in rows if row.key.startswith(text)]
    if len(found) != 1:
        raise NotFound(what="tree", name=text, hint=f"; there are {len(rows)}, see `met tree versions`")
    return int(found[0].id)


def view_of(store: "Store", tree: int, key: str) -> "NodeView":
    """Return a node with all that stands around it."""
    from met.tree.show import INVERSE, NodeView, Parent, Quote, Related, said_by
    from met.types import Node

    def around(what: str) -> Sequence[Any]:
        return store.query(f"tree_node_{what}", tree=tree, node=key)

    quotes: defaultdict[str, list[Quote]] = defaultdict(list)
    for row in around("evidence"):
        parts = {
            name: getattr(row, name)
            for name in ("kind", "assertion", "sentence", "title", "authority", "surface", "licence")
        }
        quotes[row.subject].append(Quote(**parts))
    return NodeView(
        node=store.select(Node, tree=tree, key=key)[0],
        path=[row.name for row in around("path")][:-1],
        parents=[Parent(name=row.name, kind=row.kind, said_by=said_by(row.provenance)) for row in around("parents")],
        children=[row.name for row in around("children")],
        siblings=[row.name for row in around("siblings")],
        relations=[
            Related(
                kind=row.kind if row.outward else INVERSE[row.kind],
                name=row.name,
                confidence=row.confidence,
                said_by=said_by(row.provenance),
                quotes=quotes[row.relation],
            )
            for row in around("relations")
        ],
        quotes=quotes[key],
    )


def plotted_of(store: "Store", tree: int, top: str | None) -> "Plotted":
    """Return what a page shows of a tree, or of the node `top` and what stands under it."""
    from met.tree.plot import Plotted
    from met.tree.quotes import best_quotes
    from met.types import Document, Edge, Evidence, Node, Relation

    documents = [Document(**row._mapping, text="") for row in store.query("tree_documents", tree=tree)]
    quotes, sentences = best_quotes(store.select(Evidence, tree=tree), documents)
    nodes, edges = store.select(Node, tree=tree), store.select(Edge, tree=tree)
    if top is not None:
        under = {row.key for row in store.query("tree_subtree", tree=tree, node=top)}
        nodes = [each for each in nodes if each.key in under]
        edges = [each for each in edges if each.child in under and each.parent in under]
    relations = store.select(Relation, tree=tree)
    return Plotted(nodes=nodes, edges=edges, relations=relations, quotes=quotes, sentences=sentences)


def overview_of(store: "Store", tree: int) -> "list[Branch]":
    """Return the facets with their largest branches."""
    from met.tree.show import Branch

    below: defaultdict[str | None, list[Any]] = defaultdict(list)
    for row in store.query("tree_overview", tree=tree):
        below[row.parent].append(row)

    def branches(parent: str | None) -> list[Branch]:
        return [Branch(name=row.name, under=row.under, branches=branches(row.key)) for row in below[parent]]

    return branches(None)


def covered_by(store: "Store", tree: int, references: "Sequence[Ontology]") -> list[dict[str, Any]]:
    """Return how much of each reference the tree covers, and the reference of the tree."""
    from met.tree.closure import closure_of
    from met.tree.report.coverage import coverage_of
    from met.types import Edge, Node, NodeAlias

    nodes, aliases = store.select(Node, tree=tree), store.select(NodeAlias, tree=tree)
    closure = closure_of([node.key for node in nodes], store.select(Edge, tree=tree))
    return [coverage_of(reference, nodes=nodes, aliases=aliases, closure=closure) for reference in references]


def with_sentences(store: "Store", tree: int, conflicts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the conflicts of a report with the sentences that their evidence names, of both sides."""
    from met.types import Evidence

    rows = conflicts.get("rows", ())
    keys = {key for row in rows for side in ("kept", "refused") for key in row[f"{side}_evidence"]}
    said = {row.key: row.sentence for row in store.select(Evidence, tree=tree, key=keys)} if keys else {}
    told = [
        {
            **row,
            **{
                f"{side}_sentences": [said[key] for key in row[f"{side}_evidence"] if key in said]
                for side in ("kept", "refused")
            },
        }
        for row in rows
    ]
    return {**conflicts, "rows": told}


def placed_again(store: "Store", tree: int, leaves: int, home: Path) -> dict[str, Any]:
    """Return how often leaves that are hidden from the scorer are placed under a parent of theirs, by facet."""
    from flows.cli.vectors import RememberedVectors
    from met.evaluate.attach_tree import tree_accuracy
    from met.types import Edge, Node

    nodes, edges = store.select(Node, tree=tree), store.select(Edge, tree=tree)
    return tree_accuracy(nodes, edges, RememberedVectors(home), leaves=leaves)


def write_page(path: Path, text: str) -> None:
    """The text stands in the file.

    Raises:
        BadInput: the file cannot be written.
    """
    from met.errors import BadInput

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise BadInput(what=f"file {path}", why=f"cannot be written: {error.strerror}") from error
