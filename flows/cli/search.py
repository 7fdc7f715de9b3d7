"""met search, coverage: which panels a node or words find, and what a build covers."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.cli.options import DEFAULT_HOME, Home, Json

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from met.anchor.plan import Plan
    from met.store import Store
    from tasks.retrieve import Searched


# Of the key of a panel so much is printed: `met why` takes it.
PANEL = len("panel:") + 10


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    for command in (search, coverage):
        app.command()(command)


def search(
    what: Annotated[str, typer.Argument(metavar="WHAT", help="A node by name, synonym, CURIE or key; else any words.")],
    under: Annotated[
        str | None, typer.Option("--under", help="Only panels that show this node, or one below it, or have it.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=100, help="How many panels.")] = 10,
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Find the panels of a node or of words in the newest build: by what they are anchored to, by words, by vectors.

    Example: met search "ground glass opacity" --under lung --limit 5
    """
    from flows.cli.screen import print_json
    from flows.services import database
    from tasks.coverage import told_hit, told_of
    from tasks.retrieve import retrieved

    with database(home) as store:
        searched = _searched(store, home, under)
        plan, vector = _asked(store, searched, home, what)
        hits = retrieved(store, searched, plan, vector, limit=limit)
        told = told_of(store, searched.build, hits)
    found = [told_hit(hit, place, told) for place, hit in enumerate(hits, 1)]
    if as_json:
        print_json({"build": searched.build, "node": plan.node, "asked": plan.names, "found": found})
        return
    _print_found(plan.text, found)


def coverage(
    node: Annotated[
        str | None, typer.Argument(metavar="[NODE]", help="A name, a CURIE or a key; all roots without it.")
    ] = None,
    empty: Annotated[
        int, typer.Option("--empty", min=0, max=500, help="How many nodes without a pair are searched for.")
    ] = 10,
    page: Annotated[
        Path | None, typer.Option("--page", help="Write the map, and what was found, as a page.", dir_okay=False)
    ] = None,
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Count the usable pairs at a node and below, its children beside it, by modality, in the newest build; name nodes
    without a pair, and the panels that a search finds for them.

    Example: met coverage "lung disease" --page coverage.html
    """
    from flows.cli.screen import print_json
    from flows.cli.trees import write_page
    from flows.services import database
    from met.coverage import coverage_page
    from met.store.nodes import find_node
    from tasks.coverage import coverage_facts

    with database(home) as store:
        searched = _searched(store, home, None)
        key = find_node(store, searched.tree, node) if node else None
        facts = coverage_facts(store, searched, key, empty=empty)
        covered = [dict(row._mapping) for row in store.query("covered_map", build=searched.build)] if page else []
    if page:
        write_page(page, coverage_page(facts, covered, top=key))
    if as_json:
        print_json(facts)
        return
    _print_coverage(facts)


def _searched(store: "Store", home: Path, under: str | None) -> "Searched":
    from met.embed import model_name
    from met.settings import load_settings
    from met.store.builds import newest_build
    from met.store.nodes import find_node
    from tasks.retrieve import Searched

    build = newest_build(store)
    number = None
    if under is not None:
        number = int(store.query("node_number", tree=build.tree, node=find_node(store, build.tree, under))[0].id)
    model = model_name(load_settings(home=home).embed_model)
    return Searched(build=build.key, tree=build.tree, model=model, under=number)


def _asked(store: "Store", searched: "Searched", home: Path, what: str) -> "tuple[Plan, NDArray[np.float32]]":
    """Return the plan for what is asked and the vector of its text: a node's is there, that of words is made."""
    from met.anchor.plan import plan_of_text
    from met.embed import Embedder
    from met.errors import BadInput
    from met.settings import load_settings
    from tasks.retrieve import node_vectors, plans_of

    if not what.strip():
        raise BadInput(what="search", why="names nothing to look for")
    rows = store.query("node_lookup", tree=searched.tree, text=what)
    if rows:
        plan, placed = plans_of(store, searched, [rows[0].key])[rows[0].key]
        known = node_vectors(store, searched.model, [placed])
        if rows[0].key in known:
            return plan, known[rows[0].key]
    else:
        plan = plan_of_text(what)
    return plan, Embedder(load_settings(home=home).embed_model).encode([plan.text])[0]


def _print_found(asked: str, found: Sequence[Mapping[str, Any]]) -> None:
    from flows.cli.screen import console, print_table

    if not found:
        console().print(f"no panel says anything of {asked!r}", markup=False)
        return
    rows = [
        (
            hit["place"],
            f"{hit['score']:.4f}",
            ", ".join(f"{name} {place}" for name, place in hit["places"].items()),
            "" if hit["role"] is None else f"{hit['role']}: {hit['named']}",
            hit["modality"],
            f"{hit['label'] or ''} {hit['letter'] or ''} {hit['graphic']}".strip(),
            shorten(hit["text"], 100, placeholder="…"),
            hit["panel"][:PANEL],
        )
        for hit in found
    ]
    print_table(f"panels of {asked}", ("", "score", "places", "role", "kind", "image", "caption", "panel"), rows)


def _print_coverage(facts: Mapping[str, Any]) -> None:
    from flows.cli.screen import print_table

    shown = [
        ("  " * row["depth"] + row["name"], row["pairs"], row["covered"], row["nodes"], _counts(row["modalities"]))
        for row in facts["nodes"]
    ]
    print_table("usable pairs", ("node", "pairs", "nodes covered", "of", "by modality"), shown)
    if not facts["empty"]:
        return
    rows = [
        (
            row["name"],
            row["facet"],
            row["named_by"],
            "; ".join(map(_finding, row["found"][:3])),
        )
        for row in facts["empty"]
    ]
    print_table("without a pair", ("node", "facet", "named by", "a search finds"), rows)


def _finding(hit: Mapping[str, Any]) -> str:
    pair = "a pair" if hit["pair"] else "no pair"
    return f"{hit['place']}. {hit['panel'][:PANEL]} {hit['score']:.2f}, {hit['role'] or 'not named'}, {pair}"


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(
        f"{name} {number}" for name, number in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    )
