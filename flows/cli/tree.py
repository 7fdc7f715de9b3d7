"""met tree build, show, report: the Medical Entity Tree."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.cli.options import DEFAULT_HOME, Home, Json, Ontologies, Texts, existing

if TYPE_CHECKING:
    from met.store import Store

app = typer.Typer(help="Grow the Medical Entity Tree and look at it.", no_args_is_help=True)

NodeName = Annotated[str, typer.Argument(metavar="NODE", help="A name, a synonym, a CURIE or a key.")]


@app.command()
def build(ontologies: Ontologies, texts: Texts = [], home: Home = DEFAULT_HOME, as_json: Json = False) -> None:  # noqa: B006
    """Grow the tree of these ontologies and texts; one that is there already is not grown again.

    Example: met tree build --ontology mondo.json --ontology uberon.json --texts ./texts
    """
    files = existing(ontologies, "ontology"), existing(texts, "text")
    from flows.cli.screen import print_json
    from flows.cli.session import flows_of

    with flows_of(home):
        from flows.tree import grow

        grown = grow(ontologies=files[0], texts=files[1])
    if as_json:
        print_json(grown)
    else:
        report(home)


@app.command()
def show(node: NodeName, home: Home = DEFAULT_HOME, as_json: Json = False) -> None:
    """Show a node of the newest tree: its place, names, relations, and the sentences that it rests on.

    Example: met tree show "lung cancer"
    """
    from flows.services import database

    with database(home) as store:
        tree = newest_tree(store)
        key = find_node(store, tree, node)
        shown = _node(store, tree, key)
    _print_node(shown, as_json)


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
        print_table("tree", ("", "value"), list(_flat(whole)))


def newest_tree(store: "Store") -> int:
    """Return the id of the newest tree.

    Raises:
        NotFound: there is none yet.
    """
    from met.errors import NotFound

    rows = store.query("latest_tree")
    if not rows:
        raise NotFound(what="tree", name="the newest", hint="; run `met tree build` first")
    return int(rows[0].id)


def find_node(store: "Store", tree: int, text: str) -> str:
    """Return the key of the node that `text` means.

    Raises:
        NotFound: no node answers to it; the message names those that look alike.
    """
    from met.errors import NotFound

    rows = store.query("find_nodes", tree=tree, text=text)
    if rows:
        return str(rows[0].key)
    near = ", ".join(row.name for row in store.query("near_nodes", tree=tree, text=text))
    raise NotFound(what="node", name=text, hint=f"; near it: {near}" if near else "")


def _node(store: "Store", tree: int, key: str) -> dict[str, Any]:
    from flows.cli.screen import as_dict

    near = [as_dict(row) for row in store.query("shown_neighbours", tree=tree, node=key)]
    return {
        **as_dict(store.query("shown_node", tree=tree, node=key)[0]),
        "path": [row.name for row in store.query("shown_ancestors", tree=tree, node=key)],
        "parents": [row for row in near if row["side"] == "parent"],
        "children": [row for row in near if row["side"] == "child"],
        "relations": [as_dict(row) for row in store.query("shown_relations", tree=tree, node=key)],
        "evidence": [as_dict(row) for row in store.query("shown_evidence", tree=tree, node=key, limit=10)],
    }


def _print_node(shown: Mapping[str, Any], as_json: bool) -> None:
    from flows.cli.screen import console, print_json, print_table

    if as_json:
        print_json(shown)
        return
    out = console()
    out.print(f"{shown['name']}  {shown['curie'] or shown['key']}  ({shown['facet']}, {shown['descendants']} below)")
    out.print(" > ".join(shown["path"]))
    for name in ("definition", "synonyms", "xrefs"):
        value = shown[name]
        if value:
            out.print(f"{name}: {value if isinstance(value, str) else '; '.join(value)}")
    near = [*shown["parents"], *shown["children"]]
    print_table("edges", ("side", "name", "curie", "kind", "below"), [(r["side"], r["name"], r["curie"], r["kind"], r["descendants"]) for r in near])
    if shown["relations"]:
        print_table("relations", ("subject", "kind", "object"), [(r["subject"], r["kind"], r["object"]) for r in shown["relations"]])
    if shown["evidence"]:
        print_table("evidence", ("kind", "document", "sentence"), [(r["kind"], r["document"], r["sentence"]) for r in shown["evidence"]])


def _flat(value: Mapping[str, Any], prefix: str = "") -> "list[tuple[str, Any]]":
    rows: list[tuple[str, Any]] = []
    for name, part in value.items():
        rows += _flat(part, f"{prefix}{name}.") if isinstance(part, Mapping) else [(prefix + name, part)]
    return rows


