"""met look: items and contact sheets as a folder of pages that needs no server."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.options import DEFAULT_HOME, Home, Json

if TYPE_CHECKING:
    from met.store import Store
    from met.types import PlanItem

MOST = 2_000


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command()(look)


def look(
    node: Annotated[str | None, typer.Option("--node", help="Only pairs of this node or below it.")] = None,
    plan: Annotated[str | None, typer.Option("--plan", help="The items of a plan of review, kept and dropped.")] = None,
    out: Annotated[Path, typer.Option("--out", help="The folder to write.", file_okay=False)] = Path("met-look"),
    limit: Annotated[int, typer.Option("--limit", min=1, max=MOST, help="How many items at most.")] = 300,
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Write the pages of items and contact sheets of them as one folder, for people without the server.

    Example: met look --node "lung disease" --out met-look
    """
    from flows.cli.screen import console, print_json
    from flows.services import database
    from met.blobs import Blobs
    from met.errors import BadInput
    from met.serve.sheets import write_folder
    from met.settings import load_settings
    from met.store import review
    from met.store.builds import newest_build
    from met.store.nodes import find_node

    if node and plan:
        raise BadInput(what="look", why="--plan has its items already: leave --node out")
    with database(home) as store:
        if plan:
            chosen = review.find_plan(store, plan)
            build, title, items = chosen.build, f"Plan {chosen.name}", review.items_of(store, chosen.key)
        else:
            newest = newest_build(store)
            build, title = newest.key, f"Pairs of {node}" if node else "Pairs"
            items = _pairs(store, build, find_node(store, newest.tree, node) if node else None)
        if not items:
            raise BadInput(
                what="look", why=f"the newest build has no pairs of {node}" if node else "there are no pairs"
            )
        blobs = Blobs(load_settings(home=home).blobs)
        sheets = write_folder(store, blobs, items[:limit], out, build=build, title=title)
    if as_json:
        print_json({"items": len(items[:limit]), "sheets": sheets, "index": str(out / "index.html")})
    else:
        console().print(f"{len(items[:limit])} items on {sheets} sheets: open {out / 'index.html'}")


def _pairs(store: "Store", build: str, node: str | None) -> "list[PlanItem]":
    """Return the kept pairs of a build, or those under a node (its key), as items to show, in the order of keys."""
    from met.types import PlanItem

    rows = store.query("export_panels", build=build, node=node)
    return [
        PlanItem(
            plan="",
            position=position,
            item=row.panel,
            kind="pair",
            panel=row.panel,
            stage="align",
            reason="agrees",
            kept=True,
            stratum="",
            population=len(rows),
            sampled=len(rows),
        )
        for position, row in enumerate(rows)
    ]
