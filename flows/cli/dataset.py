"""met demo, ingest, build, backfill, export: from sources to a dataset."""

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.cli.options import (
    DEFAULT_HOME,
    Budget,
    Cap,
    Engine,
    Formats,
    Home,
    Json,
    Licence,
    Ontologies,
    Phi,
    Quotas,
    Sentences,
    Texts,
    existing,
    formats_of,
    known_sources,
    sentences_of,
)

if TYPE_CHECKING:
    from flows.services import Installation

Sources = Annotated[
    list[str],
    typer.Argument(
        metavar="SOURCE...",
        help="Folder of JATS articles with their figure files; pmc:PMCID[,PMCID], pmc:@FILE; "
        "dataset:PLACE, images:PLACE, dicom:PLACE.",
    ),
]
Out = Annotated[Path, typer.Option("--out", help="Where the dataset is written.", file_okay=False)]
COUNTS = ("articles", "figures", "panels", "pairs", "questions")


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    for command in (demo, ingest, build, backfill, export):
        app.command()(command)


def demo(home: Home = DEFAULT_HOME, out: Out = Path("met-demo"), as_json: Json = False) -> None:
    """Run the whole engine on the bundled sample, and show what came of it.

    Example: met demo
    """
    from flows.cli.screen import print_json
    from flows.cli.session import flows_of

    with flows_of(home) as installation:
        from flows.demo import demo as demo_flow

        summary = demo_flow(out, installation.home)
        if not as_json:
            _show_demo(summary, installation)
    if as_json:
        print_json(summary)
    else:
        _how_to_look(out, home)


def ingest(sources: Sources, home: Home = DEFAULT_HOME, as_json: Json = False) -> None:
    """Read sources into the store: articles, figures, panels, modality, duplicates. No tree is needed.

    Example: met ingest ./articles
    """
    named = known_sources(sources)
    from flows.cli.session import flows_of

    with flows_of(home):
        from flows.ingest import ingest as ingest_flow

        summary = ingest_flow(sources=named)
    _show(summary, as_json)


def build(
    sources: Sources,
    ontologies: Ontologies,
    out: Out,
    texts: Texts = None,
    engine: Engine = "rules",
    formats: Formats = "llava",
    licence: Licence = None,
    phi: Phi = None,
    budget: Budget = None,
    llm_sentences: Sentences = None,
    cap_per_node: Cap = None,
    quotas: Quotas = None,
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Turn sources into a dataset: every stage, gates between. What is done already is not done again.

    The engine vllm judges and writes; of the texts it reads for the tree as many sentences as --llm-sentences says,
    and none without it.

    Example: met build ./articles --texts ./texts --ontology mondo.json --ontology uberon.json --out ./dataset
    """
    articles = known_sources(sources)
    books = existing(texts or [], "text")
    skeletons = existing(ontologies, "ontology")
    wanted = _formats_into(out, formats)
    most = sentences_of(llm_sentences, engine, default=0)
    table = _quotas_of(quotas)
    from flows.cli.session import flows_of

    with flows_of(home):
        from flows.build import build as build_flow

        summary = build_flow(
            articles,
            books,
            skeletons,
            str(out),
            engine=engine,
            formats=wanted,
            licence=licence,
            llm_sentences=most,
            phi=phi,
            budget=budget,
            cap_per_node=cap_per_node,
            quotas=table,
        )
    _show(summary, as_json)


def backfill(
    node: Annotated[str, typer.Argument(metavar="NODE", help="A name, a CURIE or a key: it and everything below it.")],
    stage: Annotated[
        str | None, typer.Option("--stage", help="Redo from this stage on. Without it, complete what is missing.")
    ] = None,
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Complete or redo one subtree of the newest build, one task a node.

    Example: met backfill "lung cancer" --stage caption
    """
    from met.stages import stage_to_redo

    if stage is not None:
        stage_to_redo(stage)
    from flows.cli.session import flows_of

    with flows_of(home):
        from flows.backfill import backfill as backfill_flow

        summary = backfill_flow(node=node, stage=stage)
    _show(summary, as_json)


def export(
    out: Out,
    formats: Formats = "llava",
    node: Annotated[str | None, typer.Option("--node", help="Only pairs at this node or below.")] = None,
    licence: Licence = None,
    phi: Phi = None,
    cap_per_node: Cap = None,
    quotas: Quotas = None,
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Write a dataset of what the store holds, or of a part of it.

    Example: met export --out ./lungs --format llava,parquet --node "lung disease" --licence commercial
    """
    wanted = _formats_into(out, formats)
    table = _quotas_of(quotas)
    from flows.cli.session import flows_of

    with flows_of(home):
        from flows.export import export as export_flow

        summary = export_flow(
            out=str(out), formats=wanted, node=node, licence=licence, phi=phi, cap_per_node=cap_per_node, quotas=table
        )
    _show(summary, as_json)


def _formats_into(out: Path, formats: str) -> list[str]:
    """Return the formats of a dataset that may be written into `out`."""
    named = formats_of(formats)
    from met.export import check_export

    check_export(out, named)
    return named


def _quotas_of(path: Path | None) -> str | None:
    """Return the path of a table of quotas that can be read, or None where none is named."""
    if path is None:
        return None
    from met.export.balance import read_quotas

    existing([path], "quotas")
    read_quotas(path)
    return str(path)


def _show(summary: Mapping[str, Any], as_json: bool) -> None:
    from flows.cli.screen import console, print_json, print_table

    if as_json:
        print_json(summary)
        return
    counts = [(name, summary[name]) for name in COUNTS if name in summary]
    if counts:
        print_table("dataset", ("", "items"), counts)
    if summary.get("funnel"):
        print_table(
            "stages",
            ("stage", "kept", "dropped"),
            [(row["stage"], row["kept"], row["dropped"]) for row in summary["funnel"]],
        )
    if summary.get("drops"):
        print_table("dropped", ("reason", "items"), sorted(summary["drops"].items(), key=lambda row: (-row[1], row[0])))
    if summary.get("seconds"):
        print_table("time", ("stage", "seconds"), list(summary["seconds"].items()))
    if summary.get("unmet"):
        rows = [(row["node"], row["at_least"], row["kept"]) for row in summary["unmet"]]
        print_table("quotas that the pairs do not fill", ("node", "at least", "kept"), rows)
    for name in ("work", "rows", "manifest_sha256"):
        if name in summary:
            console().print(f"{name}: {summary[name]}", soft_wrap=True)


def _show_demo(summary: Mapping[str, Any], installation: "Installation") -> None:
    from flows.cli.screen import console, print_tree
    from met.store import Store

    with Store.open(installation.database_url) as store:
        build_key = summary["build"]
        print_tree("Medical Entity Tree: pairs at each node and below", store.query("covered_tree", build=build_key))
        _show(summary, as_json=False)
        for number, sample in enumerate(store.query("finished_samples", build=build_key, limit=3), 1):
            console().print(
                f"\nSample {number}: {sample.node}  ({sample.article}, {sample.label})",
                style="bold",
            )
            console().print(f"  caption   {sample.caption}")
            console().print(f"  question  {sample.question}")
            if sample.options:
                console().print(f"  options   {' | '.join(sample.options)}")
            console().print(f"  answer    {sample.answer}")


def _how_to_look(out: Path, home: Path) -> None:
    from flows.cli.screen import console

    where = "" if home == DEFAULT_HOME else f" --home {home}"
    # Outside of the environment, as after `make demo`, the name alone finds no command.
    met = "met" if shutil.which("met") else sys.argv[0]
    console().print(f"\nThe dataset is in {out.absolute()}; begin with DATA_CARD.md.", soft_wrap=True)
    console().print("Keep looking:")
    for command, what in (
        ("serve", "tree, items and why each was kept or dropped, in a browser"),
        ("up", "the runs, in the Prefect UI at the address that it prints"),
        ("coverage", "what is covered, and what is not"),
    ):
        console().print(f"  {met} {command}{where}  {what}", soft_wrap=True)
