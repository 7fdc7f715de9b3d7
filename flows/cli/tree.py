"""met tree build, show, report, plot, export, import, versions, diff: the Medical Entity Tree."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.cli.options import (
    DEFAULT_HOME,
    Home,
    Json,
    Sentences,
    Skeleton,
    Texts,
    TreeEngine,
    existing,
    sentences_of,
)
from flows.cli.trees import (
    covered_by,
    find_version,
    newest_tree,
    overview_of,
    placed_again,
    plotted_of,
    view_of,
    with_sentences,
    write_page,
)

if TYPE_CHECKING:
    from met.store import Store

app = typer.Typer(help="Grow the Medical Entity Tree and look at it.", no_args_is_help=True)

# Of long lists the report prints so many rows; its page and --json have more.
PRINTED = 12

NodeName = Annotated[str, typer.Argument(metavar="NODE", help="A name, a synonym, a CURIE or a key.")]


@app.command()
def build(
    ontologies: Skeleton = None,
    texts: Texts = None,
    engine: TreeEngine = "rules",
    llm_sentences: Sentences = None,
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Grow the tree of these ontologies and texts; one that is there already is not grown again.

    Example: met tree build --ontology mondo.json --ontology uberon.json --texts ./texts
    """
    from met.errors import BadInput

    files = existing(ontologies or [], "ontology"), existing(texts or [], "text")
    if not any(files):
        raise BadInput(what="tree build", why="needs --ontology or --texts: there is nothing to grow a tree from")
    from met.tree.reading import LLM_SENTENCES

    most = sentences_of(llm_sentences, engine, default=LLM_SENTENCES)
    from flows.cli.screen import console, print_json
    from flows.cli.session import flows_of
    from met.store import Store
    from met.tree.show import render_tree

    with flows_of(home) as installation:
        from flows.tree import grow

        grown = grow(ontologies=files[0], texts=files[1], engine=engine, llm_sentences=most)
        with Store.open(installation.database_url) as store:
            lines = [*render_tree(overview_of(store, grown["tree"])), *_reading_line(grown.get("reading"))]
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
    from met.store.nodes import find_node
    from met.tree.show import render_node

    with database(home) as store:
        tree = newest_tree(store)
        view = view_of(store, tree, find_node(store, tree, node))
    if as_json:
        print_json(asdict(view))
    else:
        console().print(*render_node(view), sep="\n")


@app.command()
def report(
    page: Annotated[Path | None, typer.Option("--page", "--html", help="Write the report as a page, too.")] = None,
    references: Annotated[
        list[Path] | None, typer.Option("--reference", help="Ontology to measure the coverage against. Repeatable.")
    ] = None,
    leaves: Annotated[
        int, typer.Option("--leaves", help="Hide so many leaves of each facet, place them again, tell how well.", min=0)
    ] = 0,
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Print size, depth, evidence, coverage, conflicts, candidates and merges of the newest tree.

    Example: met tree report --page report.html --reference doid.obo
    """
    existing(references or [], "ontology")
    from flows.cli.screen import print_json, print_sections
    from flows.services import database
    from met.tree.ontology import read_ontology
    from met.tree.report.page import report_page, report_sections

    compared = [read_ontology(path) for path in references or []]
    with database(home) as store:
        tree = newest_tree(store)
        row = store.query("tree_row", tree=tree)[0]
        conflicts = with_sentences(store, tree, row.report.get("conflicts", {}))
        whole = {"tree": row.key, "inputs": row.inputs, **row.report, "conflicts": conflicts}
        if compared:
            whole["coverage"] = covered_by(store, tree, compared)
        if leaves:
            attached = {**row.report.get("attached", {}), "accuracy": placed_again(store, tree, leaves, home)}
            whole["attached"] = attached
    if page is not None:
        write_page(page, report_page(whole))
    if as_json:
        print_json(whole)
    else:
        print_sections(report_sections(whole, rows=PRINTED))


@app.command()
def plot(
    out: Annotated[Path, typer.Option("--out", help="The page to write.")] = Path("tree.html"),
    node: Annotated[str | None, typer.Option("--node", help="Only this node and what stands under it.")] = None,
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Write the newest tree as one page to zoom, open and search, which loads nothing.

    Example: met tree plot --out tree.html
    """
    from flows.cli.screen import console, print_json
    from flows.services import database
    from met.store.nodes import find_node
    from met.tree.plot import plot_page

    with database(home) as store:
        tree = newest_tree(store)
        plotted = plotted_of(store, tree, None if node is None else find_node(store, tree, node))
    nodes = plotted.nodes
    write_page(out, plot_page(plotted, title="Medical Entity Tree"))
    facts = {"out": str(out), "nodes": len(nodes), "bytes": out.stat().st_size}
    if as_json:
        print_json(facts)
    else:
        console().print(f"{out}: {len(nodes):,} nodes, {facts['bytes']:,} bytes")


@app.command()
def export(
    out: Annotated[Path, typer.Option("--out", help="The file to write; a folder for csv.")],
    form: Annotated[str, typer.Option("--format", help="obograph, skos or csv.")] = "obograph",
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Write the newest tree in a format that others read; `met tree import` reads it back.

    Example: met tree export --format obograph --out tree.json
    """
    from flows.cli.screen import console, print_json
    from flows.services import database
    from met.tree.formats import forest_of, write_export
    from met.types import Edge, Node, NodeAlias, Relation

    with database(home) as store:
        tree = newest_tree(store)
        forest = forest_of(
            store.select(Node, tree=tree),
            store.select(Edge, tree=tree),
            aliases=store.select(NodeAlias, tree=tree),
            relations=store.select(Relation, tree=tree),
        )
    write_export(forest, out, form)
    facts = {
        "out": str(out),
        "format": form,
        "nodes": len(forest.nodes),
        "edges": len(forest.edges),
        "relations": len(forest.relations),
        "aliases": len(forest.aliases),
    }
    if as_json:
        print_json(facts)
    else:
        console().print(f"{out}: {len(forest.nodes):,} nodes, {len(forest.edges):,} edges")


@app.command(name="import")
def import_(
    path: Annotated[Path, typer.Argument(metavar="EXPORT", help="What `met tree export` wrote.")],
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Read an export back: the same nodes, edges and relations are the newest tree, without texts and sentences.

    Example: met tree import tree.json
    """
    existing([path], "export")
    from flows.cli.screen import console, print_json
    from flows.services import begun
    from tasks.tree import put_export

    with begun(home) as store:
        facts = put_export(store, path)
    if as_json:
        print_json(facts)
    else:
        console().print(f"{facts['key']}: {facts['nodes']:,} nodes")


@app.command()
def versions(home: Home = DEFAULT_HOME, as_json: Json = False) -> None:
    """List the builds of the tree, the newest first: `met tree diff` takes two of them.

    Example: met tree versions
    """
    from flows.cli.screen import print_json, print_table
    from flows.services import database

    with database(home) as store:
        rows = store.query("tree_versions")
    listed = [{"number": row.id, "tree": row.key, "built": f"{row.built_at:%Y-%m-%d %H:%M}"} for row in rows]
    for facts, row in zip(listed, rows, strict=True):
        facts["nodes"] = row.nodes if isinstance(row.nodes, int) else None
    if as_json:
        print_json({"trees": listed})
    else:
        print_table("trees", ("number", "tree", "built", "nodes"), [tuple(facts.values()) for facts in listed])


@app.command()
def diff(
    before: Annotated[str, typer.Argument(metavar="A", help="A tree: number, key, `previous` or `newest`.")],
    after: Annotated[str, typer.Argument(metavar="B", help="Another tree.")],
    limit: Annotated[int, typer.Option("--limit", help="How many changes of each kind are printed.", min=0)] = 20,
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Show the nodes that were added, moved, merged, retired or renamed from tree A to tree B.

    Example: met tree diff previous newest
    """
    from flows.cli.screen import console, print_json
    from flows.services import database
    from met.tree.diff import Place, diff_trees, render_diff

    def places(store: "Store", tree: int) -> list[Place]:
        return [
            Place(key=row.key, name=row.name, facet=row.facet, parent=row.parent)
            for row in store.query("tree_places", tree=tree)
        ]

    with database(home) as store:
        first, second = find_version(store, before), find_version(store, after)
        aliases = {row.alias: row.key for row in store.query("tree_former_keys", tree=second)}
        found = diff_trees(places(store, first), places(store, second), aliases)
    if as_json:
        print_json({**asdict(found), "counts": found.counts()})
    else:
        console().print(*render_diff(found, limit), sep="\n")


def _reading_line(reading: Mapping[str, Any] | None) -> list[str]:
    """Return what a model read for the tree, in one line; nothing where none did."""
    if not reading:
        return []
    lost = sum(reading["drops"].values())
    return [
        f"The model read {reading['sentences_read']:,} of {reading['sentences']:,} sentences in {reading['requests']:,}"
        f" requests: {reading['mentions']:,} mentions found where they were said to stand, {lost:,} drops;"
        f" {reading['tokens_in']:,} tokens in, {reading['tokens_out']:,} out."
    ]
