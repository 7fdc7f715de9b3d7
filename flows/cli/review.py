"""met review: samples to judge, judgements, and what they say of the filter."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.cli import reviewed
from flows.cli.options import DEFAULT_HOME, Home, Json
from flows.cli.reviewed import NEWEST, Kind, Plan, kinds_of

if TYPE_CHECKING:
    from met.review.sample import Candidate
    from met.store import Store

app = typer.Typer(help="Judge samples of the data, and see what the judgements say.", no_args_is_help=True)

reviewed.register(app)

Reviewer = Annotated[str, typer.Option("--reviewer", help="Who judges.")]


@app.command()
def plan(
    size: Annotated[int, typer.Option("--size", min=1, help="How many items.")] = 300,
    seed: Annotated[int, typer.Option("--seed", help="Another seed draws other items.")] = 1,
    name: Annotated[str | None, typer.Option("--name", help="What the plan is called.")] = None,
    node: Annotated[str | None, typer.Option("--node", help="Only panels anchored at this node or below it.")] = None,
    item: Annotated[
        list[str] | None,
        typer.Option("--item", help="Only items of this kind: pair, anchor, caption, question, refused. Repeatable."),
    ] = None,
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Draw a sample of the newest build for review, stratified by stage, reason, facet and score band.

    Example: met review plan --size 300 --seed 1
    """
    from flows.cli.screen import print_json, print_table
    from flows.services import database
    from met.review.sample import plan_of
    from met.store import review
    from met.store.builds import newest_build
    from met.store.nodes import find_node

    with database(home) as store:
        newest = newest_build(store)
        build, under = newest.key, find_node(store, newest.tree, node) if node else None
        made, items = plan_of(
            _candidates(store, build, under),
            build=build,
            name=name or f"seed-{seed}-of-{size}",
            seed=seed,
            size=size,
            node=under,
            kinds=kinds_of(item),
        )
        review.put_plan(store, made, items)
        made = review.find_plan(store, made.key)
    strata = sorted({(one.stratum, one.sampled, one.population) for one in items})
    if as_json:
        print_json({"plan": made.key, "name": made.name, "build": build, "items": len(items), "strata": len(strata)})
        return
    print_table(f"plan {made.name}: {len(items)} items", ("stratum", "drawn", "of"), strata)


@app.command("next")
def next_command(
    reviewer: Reviewer,
    plan: Plan = NEWEST,
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many items.")] = 1,
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Name the next items of a plan that a reviewer has still to judge; nothing of what others said is shown.

    Example: met review next --reviewer ann
    """
    from flows.cli.screen import console, print_json, print_table
    from flows.services import database
    from met.store import review

    with database(home) as store:
        chosen = review.find_plan(store, plan)
        items = review.next_items(store, chosen.key, reviewer, limit=limit)
    rows = [{"item": one.item, "kind": one.kind, "panel": one.panel, "position": one.position} for one in items]
    if as_json:
        print_json({"plan": chosen.key, "items": rows})
    elif not rows:
        console().print(f"{reviewer} has judged all of plan {chosen.name}")
    else:
        print_table("", ("item", "kind", "panel", "position"), [tuple(row.values()) for row in rows])


@app.command()
def record(
    reviewer: Reviewer,
    kind: Kind,
    item: Annotated[str | None, typer.Argument(metavar="[ITEM]", help="The key of the item.")] = None,
    judgement: Annotated[str | None, typer.Argument(metavar="[JUDGEMENT]", help="accept, reject, correct.")] = None,
    reason: Annotated[str | None, typer.Option("--reason", help="Why it is rejected: one of the closed list.")] = None,
    note: Annotated[str, typer.Option("--note", help="A sentence for those who ask later.")] = "",
    correction: Annotated[
        list[str] | None,
        typer.Option("--set", help="What to correct: role=..., node=..., modality=..., spans=[[0, 12]]. Repeatable."),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option("--file", help="JSON lines {item, judgement, reason, note, correction} instead of one item."),
    ] = None,
    plan: Annotated[str | None, typer.Option("--plan", help="The plan that the item is judged in.")] = None,
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Record what a reviewer judged of an item, or of many items of a file.

    Example: met review record panel:1f... reject --reason wrong_text --reviewer ann --kind annotator
    """
    from flows.cli.screen import console, print_json
    from flows.services import database
    from met.errors import BadInput
    from met.store import review

    if (file is None) == (item is None or judgement is None):
        raise BadInput(what="record", why="name an item and a judgement, or --file")
    one = {"item": item, "judgement": judgement, "reason": reason, "note": note, "correction": _corrections(correction)}
    with database(home) as store:
        chosen = None if plan is None else review.find_plan(store, plan).key
        said = [_resolved(store, facts) for facts in (_lines(file) if file else [one])]
        made = [review.record(store, reviewer=reviewer, kind=kind, plan=chosen, **facts) for facts in said]
    if as_json:
        print_json({"recorded": len(made), "keys": [row.key for row in made]})
    else:
        judgements = "1 judgement" if len(made) == 1 else f"{len(made):,} judgements"
        console().print(f"{judgements} of {reviewer} ({kind}) recorded; the next build heeds what is judged")


@app.command()
def undo(
    reviewer: Reviewer,
    item: Annotated[str | None, typer.Argument(metavar="[ITEM]", help="The key of the item.")] = None,
    plan: Annotated[str | None, typer.Option("--plan", help="Only what was said in this plan.")] = None,
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Take back what a reviewer said last; the row that says so stands beside it.

    Example: met review undo --reviewer ann
    """
    from flows.cli.screen import console, print_json
    from flows.services import database
    from met.store import review

    with database(home) as store:
        chosen = None if plan is None else review.find_plan(store, plan).key
        taken = review.undo(store, reviewer=reviewer, plan=chosen, item=item)
    if as_json:
        print_json({"item": taken.item, "key": taken.key})
    else:
        console().print(f"what {reviewer} said of {taken.item} is taken back")


def _candidates(store: "Store", build: str, node: str | None) -> "Iterator[Candidate]":
    from met.review.sample import Candidate

    for rows in store.batches("review_candidates", 10_000, build=build, node=node):
        for row in rows:
            yield Candidate(**row._mapping)


def _corrections(named: list[str] | None) -> dict[str, Any]:
    from met.errors import BadInput

    made: dict[str, Any] = {}
    for one in named or ():
        field, equals, value = one.partition("=")
        if not equals:
            raise BadInput(what=f"--set {one!r}", why="is no field=value")
        try:
            made[field] = json.loads(value)
        except json.JSONDecodeError:
            made[field] = value
    return made


def _resolved(store: "Store", facts: dict[str, Any]) -> dict[str, Any]:
    """Return the facts with the key of the node that a correction names, where the newest tree has one."""
    from flows.cli.trees import newest_tree
    from met.store.nodes import find_node

    named = (facts.get("correction") or {}).get("node")
    if not isinstance(named, str):
        return facts
    key = find_node(store, newest_tree(store), named)
    return {**facts, "correction": {**facts["correction"], "node": key}}


def _lines(file: Path) -> Iterator[dict[str, Any]]:
    from met.errors import BadInput

    fields = {"item", "judgement", "reason", "note", "correction"}
    try:
        lines = file.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(what=str(file), why="cannot be read as text") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            facts = json.loads(line)
        except json.JSONDecodeError as error:
            raise BadInput(what=f"{file}, line {number}", why="is no JSON") from error
        if not isinstance(facts, Mapping) or not {"item", "judgement"} <= facts.keys() <= fields:
            raise BadInput(what=f"{file}, line {number}", why=f"has item and judgement, and may have {sorted(fields)}")
        yield dict(facts)
