"""met score: a capability against gold."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from flows.cli.options import Json, existing

if TYPE_CHECKING:
    from met.evaluate.align import Bench
    from met.evaluate.anchors_found import Anchored

Many = Annotated[list[Path] | None, typer.Option("--ontology", help="Ontology file. Repeatable.")]


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command()(score)


def score(
    what: Annotated[str, typer.Argument(metavar="WHAT", help="The capability, `jats` or `modality`, say.")],
    gold: Annotated[list[Path] | None, typer.Option("--gold", help="Gold: a file or folder. Repeatable.")] = None,
    images: Annotated[
        Path | None, typer.Option("--images", help="Folder that the image paths of the gold start from.", exists=True)
    ] = None,
    root: Annotated[
        Path | None, typer.Option("--root", help="Folder that other paths of the gold start from.", exists=True)
    ] = None,
    texts: Annotated[list[Path] | None, typer.Option("--texts", help="Text. Repeatable.")] = None,
    ontologies: Many = None,
    facet: Annotated[str | None, typer.Option("--facet", help="Score this facet alone.")] = None,
    cv: Annotated[Literal["article", "patient"] | None, typer.Option("--cv", help="What no two folds share.")] = None,
    hide: Annotated[
        str | None, typer.Option("--hide", help="What `attach` hides: leaves, groups, or since=OLDER_RELEASE.")
    ] = None,
    home: Annotated[
        Path | None,
        typer.Option(
            "--home",
            envvar="MET_HOME",
            help="Where vectors of names are kept; the installation that `anchors` and `align` read.",
            file_okay=False,
        ),
    ] = None,
    no_tagger: Annotated[
        bool, typer.Option("--no-tagger", help="Score `entities` as the build of a tree reads them.")
    ] = False,
    sheets: Annotated[
        Path | None, typer.Option("--sheets", help="Folder for contact sheets of `panels`.", file_okay=False)
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option("--limit", help="How many images of each sample `privacy` reads, or panels `align`.", min=1),
    ] = None,
    sheet: Annotated[
        Path | None, typer.Option("--sheet", help="PNG for the confusion matrix of `modality`.", dir_okay=False)
    ] = None,
    engine: Annotated[Literal["rules", "vllm"], typer.Option("--engine", help="Whose judgement `align` scores.")] = (
        "rules"
    ),
    as_json: Json = False,  # noqa: ARG001
) -> None:
    """Score a capability against gold; print one JSON line with `n`, the headline and its 95 % interval.

    Example: met score jats --gold ./articles
    """
    from flows.cli.vectors import RememberedVectors
    from met.errors import BadInput, NotFound
    from met.evaluate import SCORES, WITHOUT_GOLD
    from met.evaluate.harness import line

    existing([*(gold or []), *(texts or []), *(ontologies or [])], "gold")
    if what not in SCORES:
        raise NotFound(what="score", name=what, hint=f"; there are {', '.join(sorted(SCORES))}")
    if not gold and what not in WITHOUT_GOLD:
        raise BadInput(what=f"score {what}", why="needs --gold")
    given: dict[str, Any] = {"texts": texts, "ontologies": ontologies, "facet": facet, "cv": cv, "hide": hide}
    given["no_tagger"], given["sheets"], given["sheet"] = no_tagger, sheets, sheet
    given["embed"] = RememberedVectors(home)
    if what == "panels":
        given |= _of_panels()
    if what == "anchors":
        given["anchored"] = _of_anchors(home)
    if what == "privacy":
        given |= _of_privacy(gold or [], limit)
    with ExitStack() as stack:
        if what == "align" and home is not None:
            given["bench"] = stack.enter_context(_bench(home, engine, limit))
        facts = SCORES[what](
            gold or [], images=images, root=root, options={name: value for name, value in given.items() if value}
        )
    print(line(what, **facts), flush=True)


@contextmanager
def _bench(home: Path, engine: Literal["rules", "vllm"], limit: int | None) -> "Iterator[Bench]":
    """Inside, the panels of the newest build of an installation can be judged again with other texts."""
    from flows.services import database
    from met.settings import load_settings
    from tasks.bench import bench_of

    with database(home) as store:
        yield bench_of(store, load_settings(home=home), engine=engine, limit=limit)


def _of_panels() -> dict[str, Any]:
    """Return what the settings give beside the classical method: a trained detector, a reader of letters."""
    from met.detectors import open_detector
    from met.ocr import open_reader
    from met.settings import load_settings

    settings = load_settings()
    return {"detector": open_detector(settings.panel_detector), "reader": open_reader(settings.ocr)}


def _of_privacy(gold: list[Path], limit: int | None) -> dict[str, Any]:
    """Return the reader of drawn text, where there are images to read."""
    from met.ocr import open_reader

    reader = open_reader("rapidocr") if gold else None
    return {"limit": limit, "lines": reader.lines if reader else None}


def _of_anchors(home: Path | None) -> "Anchored | None":
    """Return what the newest build of an installation anchors; None where it has no build or none is named."""
    from flows.services import database
    from met.evaluate.anchors_found import Anchored, FoundAnchor, NamedNode
    from met.evaluate.anchors_gold import PlacedPanel

    if home is None:
        return None
    with database(home) as store:
        newest = store.query("latest_build")
        if not newest:
            return None
        build, tree = newest[0].key, newest[0].tree
        return Anchored(
            panels=[PlacedPanel(**row._mapping) for row in store.query("score_panels", build=build)],
            anchors=[FoundAnchor(**row._mapping) for row in store.query("score_anchors", build=build)],
            nodes=[NamedNode(**row._mapping) for row in store.query("score_nodes", tree=tree)],
            near=frozenset((row.child, row.parent) for row in store.query("score_near", build=build, tree=tree)),
        )
