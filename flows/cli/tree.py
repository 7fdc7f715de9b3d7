"""met tree build, show, report: the Medical Entity Tree."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.cli.options import DEFAULT_HOME, Home, Json, Ontologies, Texts, existing

if TYPE_CHECKING:
    from met.store import Store
    from met.tree.show import Branch, NodeView

app = typer.Typer(help="Grow the Medical Entity Tree and look at it.", no_args_is_help=True)

NodeName = Annotated[str, typer.Argument(metavar="NODE", help="A name, a synonym, a CURIE or a key.")]


@app.command()
def build(ontologies: Ontologies, texts: Texts = None, home: Home = DEFAULT_HOME, as_json: Json = False) -> None:
    """Grow the tree of these ontologies and texts; one that is there already is not grown again.

    Example: met tree build --ontology mondo.json --ontology uberon.json --texts ./texts
    """
    files = existing(ontologies, "ontology"), existing(texts or [], "text")
    from flows.cli.screen import console, print_json
    from flows.cli.session import flows_of
    from met.store import Store
    from met.tree.show import render_tree

    with flows_of(home) as installation:
        from flows.tree import grow

        grown = grow(ontologies=files[0], texts=files[1])
        with Store.open(installation.database_url) as store:
            lines = render_tree(_overview(store, grown["tree"]))
    if as_json:
        print_json(grown)
    else:
        console().print(*lines, sep="\n")


@app.command()
def show(node: NodeName, home: Home = DEFAULT_HOME, as_json: Json = False) -> None:
    """Show a node of the newest tree: its place, names, relations, and the sentences that it rests on.

    Example: met tree show "lung cancer"
    """
    from flows.cli.screen import console, print_json
    from flows.services import database
    from met.tree.show import render_node

    with database(home) as store:
        tree = newest_tree(store)
        view = _view(store, tree, find_node(store, tree, node))
    if as_json:
        print_json(asdict(view))
    else:
        console().print(*render_node(view), sep="\n")


@app.command()
def report(home: Home = DEFAULT_HOME, as_json: Json = False) -> None:
    """Print the checks and counts of the newest tree.

    Example: met tree report --json
    """
    from flows.cli.screen import print_json, print_table
    from flows.services import database

    with database(home) as store:
        row = store.query("tree_row", tree=newest_tree(store))[0]
    whole = {"tree": row.key, "inputs": row.inputs, **row.report}
    if as_json:
        print_json(whole)
    else:
        print_table("tree", ("", "value"), _flat(whole))


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


def find_node(store: "Store", tree: int, text: str) -> str:
    """Return the key of the node that `text` means.

    Raises:
        NotFound: no node answers to it; the message names those that look alike.
    """
    from met.errors import NotFound

    rows = store.query("node_lookup", tree=tree, text=text)
    if rows:
        return str(rows[0].key)
    near = ", ".join(row.name for row in store.query("node_similar", tree=tree, text=text))
    raise NotFound(what="node", name=text, hint=f"; near it: {near}" if near else "")


def _view(store: "Store", tree: int, key: str) -> "NodeView":
    from met.tree.show import NodeView, Quote
    from met.types import Node

    def around(what: str) -> Sequence[Any]:
        return store.query(f"tree_node_{what}", tree=tree, node=key)

    return NodeView(
        node=store.select(Node, tree=tree, key=key)[0],
        path=[row.name for row in around("path")][:-1],
        other_parents=[(row.name, row.kind) for row in around("parents") if not row.is_primary],
        children=[row.name for row in around("children")],
        siblings=[row.name for row in around("siblings")],
        relations=[(row.kind, row.name) for row in around("relations")],
        quotes=[
            Quote(kind=row.kind, sentence=row.sentence, title=row.title, authority=row.authority)
            for row in around("evidence")
        ],
    )


def _overview(store: "Store", tree: int) -> "list[Branch]":
    from met.tree.show import Branch

    below: defaultdict[str | None, list[Any]] = defaultdict(list)
    for row in store.query("tree_overview", tree=tree):
        below[row.parent].append(row)

    def branches(parent: str | None) -> list[Branch]:
        return [Branch(name=row.name, under=row.under, branches=branches(row.key)) for row in below[parent]]

    return branches(None)


def _flat(value: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    rows: list[tuple[str, Any]] = []
    for name, part in value.items():
        rows += _flat(part, f"{prefix}{name}.") if isinstance(part, Mapping) else [(prefix + name, part)]
    return rows
