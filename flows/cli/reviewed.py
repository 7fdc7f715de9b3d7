"""met review report, agreement, export, size: what the judgements of a plan say."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from flows.cli.options import DEFAULT_HOME, Home, Json

if TYPE_CHECKING:
    from met.store import Store
    from met.types import PlanItem, ReviewPlan

NEWEST = "newest"
Plan = Annotated[str, typer.Option("--plan", help="The name or key of a plan; the newest without it.")]
Kind = Annotated[
    Literal["clinician", "annotator", "model"],
    typer.Option("--kind", help="What the reviewer is; a model's reading is never shown as a person's."),
]


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    for command in (report, agreement, export, size):
        app.command()(command)


def export(
    out: Annotated[Path, typer.Option("--out", help="The TSV to write.", dir_okay=False)],
    kind: Kind,
    item: Annotated[str, typer.Option("--item", help="pair, anchor, caption, question or refused.")] = "pair",
    plan: Annotated[str | None, typer.Option("--plan", help="Only what was said in this plan.")] = None,
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Write the judgements of one kind of reviewer as a labelled set, which `met fit screen --gold` reads.

    Example: met review export --kind annotator --out labels.tsv
    """
    from flows.cli.screen import console, print_json
    from flows.services import database
    from met.review.labels import as_tsv, labels_of
    from met.store import review

    (of,) = kinds_of([item])
    with database(home) as store:
        said = review.all_standing(store) if plan is None else review.said_in(store, review.find_plan(store, plan).key)
    labels = labels_of(said, by=kind, kind=of)
    out.write_text(as_tsv(labels), "utf-8")
    keep = sum(label["keep"] == "yes" for label in labels)
    if as_json:
        print_json({"labels": len(labels), "keep": keep, "kind": kind, "item": of, "file": str(out)})
    else:
        console().print(f"{len(labels)} labels of {kind}s, {keep} to keep, in {out}")


def report(plan: Plan = NEWEST, home: Home = DEFAULT_HOME, as_json: Json = False) -> None:
    """Estimate precision and recall of the filter from a judged plan, by kind of reviewer, with 95 % intervals.

    Example: met review report
    """
    from flows.cli.screen import print_json
    from flows.services import database
    from met.review.report import report_of
    from met.store import review

    with database(home) as store:
        chosen = review.find_plan(store, plan)
        items, said = review.items_of(store, chosen.key), review.said_in(store, chosen.key)
        facts = report_of(items, said, _modalities(store, chosen, items))
        done = review.progress(store, chosen.key)
    if as_json:
        print_json({"plan": chosen.key, "name": chosen.name, "build": chosen.build, "progress": done, "by_kind": facts})
    else:
        _print_report(chosen, len(items), done, facts)


def agreement(plan: Plan = NEWEST, home: Home = DEFAULT_HOME, as_json: Json = False) -> None:
    """Compare the judgements of every two reviewers of a plan: Cohen's kappa with its 95 % interval.

    Example: met review agreement
    """
    from dataclasses import asdict

    from flows.cli.screen import console, print_json, print_table
    from flows.services import database
    from met.review.agreement import agreements
    from met.store import review

    with database(home) as store:
        chosen = review.find_plan(store, plan)
        said = review.said_in(store, chosen.key)
    kinds = {one.reviewer: one.reviewer_kind for one in said}
    rows = [
        {"one": one, "other": other, "kinds": [kinds[one], kinds[other]], **asdict(found)}
        for (one, other), found in agreements(said).items()
    ]
    if as_json:
        print_json({"plan": chosen.key, "pairs": rows})
    elif not rows:
        console().print(f"no two reviewers have judged the same item of plan {chosen.name}")
    else:
        columns = ("one", "other", "n", "observed", "kappa", "low", "high")
        print_table("agreement", columns, [tuple(row[name] for name in columns) for row in rows])


def size(
    within: Annotated[float, typer.Option("--within", help="Half the width of the interval: 0.03 is 3 points.")] = 0.03,
    expected: Annotated[float, typer.Option("--expected", help="The share that is likely.")] = 0.85,
    population: Annotated[int | None, typer.Option("--population", help="How many items there are at all.")] = None,
    home: Home = DEFAULT_HOME,  # noqa: ARG001 - every command takes one.
    as_json: Json = False,
) -> None:
    """Say how many items must be judged to know a share well enough.

    Example: met review size --within 0.03 --expected 0.9
    """
    from flows.cli.screen import console, print_json
    from met.review.size import items_needed

    items = items_needed(within=within, expected=expected, population=population)
    if as_json:
        print_json({"items": items, "within": within, "expected": expected, "population": population})
    else:
        points = f"{100 * within:g} points"
        console().print(f"to know a share near {100 * expected:g} % within {points}: {items:,} items")


def kinds_of(named: list[str] | None) -> tuple[Any, ...]:
    """Return the kinds of items that are named, all where none is.

    Raises:
        BadInput: there is no such kind.
    """
    from met.errors import BadInput
    from met.review.sample import KINDS

    if unknown := sorted(set(named or ()) - set(KINDS)):
        raise BadInput(what=f"item {unknown[0]!r}", why=f"choose one of {', '.join(KINDS)}")
    return tuple(named or KINDS)


def _print_report(
    plan: "ReviewPlan", items: int, done: Sequence[Mapping[str, Any]], by_kind: Mapping[str, Mapping[str, Any]]
) -> None:
    """Print a plan's report: who judged how much, then a table a question, by kind of reviewer."""
    from flows.cli.screen import console, print_table
    from met.review.report import shown

    console().print(f"plan {plan.name}: {items} items of {plan.build}")
    for row in done:
        console().print(f"{row['reviewer']} ({row['reviewer_kind']}) has judged {row['done']}")
    for kind, facts in by_kind.items():
        console().print(f"\nreviewer kind {kind} ({facts['exported_as']}): {facts['judged']} of {facts['of']} items")
        print_table(
            "the filter",
            ("stage", "what", "share (95 % interval)"),
            [
                (stage, what.replace("_", ", "), shown(share))
                for stage, shares in facts["stages"].items()
                for what, share in shares.items()
            ],
        )
        _shares("precision of kept pairs", "modality", facts["pairs"])
        _shares("wrong drops", "stage and reason", facts["drops"])
        for row, shares in facts["rows"].items():
            _shares(f"precision of {row}s", "kind", shares)
        print_table(
            "mistakes",
            ("mistake", "seen", "items of the build"),
            [(one["mistake"], one["seen"], one["items"]) for one in facts["mistakes"]],
        )


def _shares(title: str, column: str, shares: Mapping[str, Mapping[str, Any]]) -> None:
    from flows.cli.screen import print_table
    from met.review.report import shown

    if shares:
        print_table(title, (column, "share (95 % interval)"), [(name, shown(one)) for name, one in shares.items()])


def _modalities(store: "Store", plan: "ReviewPlan", items: "list[PlanItem]") -> dict[str, str]:
    panels = sorted({one.panel for one in items if one.panel})
    rows = store.query("modalities_of_panels", build=plan.build, panels=panels)
    return {row.panel: row.label for row in rows}
