"""What single scores take beside their gold: their own options, and what the settings or an installation give them."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

import typer

if TYPE_CHECKING:
    from met.types import EngineName

Given: TypeAlias = Mapping[str, Any]
"""Options by their names in Python, as the command line was given them, or as a score takes them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """What is one score's own: `options` by name, annotated for the command line and absent or false unless given, and
    `opened`, which makes more of all that was given and lets go of it at the end.
    """

    options: Mapping[str, Any] = field(default_factory=dict)
    opened: Callable[[Given], AbstractContextManager[Given]] = lambda _: nullcontext({})


@contextmanager
def _panels(_: Given) -> Iterator[Given]:
    """Give what the settings name beside the classical method: a trained detector, a reader of letters."""
    from met.detectors import open_detector
    from met.ocr import open_reader
    from met.settings import load_settings

    settings = load_settings()
    yield {"detector": open_detector(settings.panel_detector), "reader": open_reader(settings.ocr)}


@contextmanager
def _privacy(given: Given) -> Iterator[Given]:
    """Give the reader of drawn text, where there are images to read."""
    from met.ocr import open_reader

    reader = open_reader("rapidocr") if given["gold"] else None
    yield {"lines": reader.lines if reader else None}


@contextmanager
def _anchors(given: Given) -> Iterator[Given]:
    """Give what the newest build of an installation anchors; nothing where it has no build or none is named."""
    from flows.cli.options import existing
    from flows.services import database
    from met.embed import model_name
    from met.evaluate.anchors_found import Anchored, FoundAnchor, NamedNode
    from met.evaluate.anchors_gold import PlacedPanel
    from met.settings import load_settings
    from tasks.bench import AnchoredAgain
    from tasks.retrieve import Searched, searches_of

    if given["home"] is None:
        yield {}
        return
    existing([given["refit"]] if given["refit"] else [], "gold")
    settings = load_settings(home=given["home"])
    with database(given["home"]) as store:
        newest = store.query("latest_build")
        if not newest:
            yield {}
            return
        build, tree = newest[0].key, newest[0].tree
        made = AnchoredAgain(store=store, build=build, tree=tree, settings=settings)
        anchored = Anchored(
            panels=[PlacedPanel(**row._mapping) for row in store.query("score_panels", build=build)],
            anchors=[FoundAnchor(**row._mapping) for row in store.query("score_anchors", build=build)],
            nodes=[NamedNode(**row._mapping) for row in store.query("score_nodes", tree=tree)],
            near=frozenset((row.child, row.parent) for row in store.query("score_near", build=build, tree=tree)),
            searches=searches_of(store, Searched(build=build, tree=tree, model=model_name(settings.embed_model))),
            learnt=made.learnt,
            again=made.again,
        )
        yield {"anchored": anchored}


@contextmanager
def _align(given: Given) -> Iterator[Given]:
    """Give the panels of the newest build of an installation, to be judged again with other texts."""
    from flows.services import database
    from met.settings import load_settings
    from tasks.bench import bench_of

    home: Path | None = given["home"]
    if home is None:
        yield {}
        return
    engine: EngineName = given["engine"] or "rules"
    with database(home) as store:
        yield {"bench": bench_of(store, load_settings(home=home), engine=engine, limit=given["limit"])}


@contextmanager
def _screen(given: Given) -> Iterator[Given]:
    """Give what the filter made of the panels of the newest build of an installation."""
    from flows.services import database
    from met.settings import load_settings
    from tasks.bench import fates_of

    home: Path | None = given["home"]
    if home is None:
        yield {}
        return
    with database(home) as store:
        fates = fates_of(store, load_settings(home=home))
    yield {"fates": fates}


Refit = Annotated[
    Path | None,
    typer.Option(
        "--refit",
        help="Gold of the score `modality`: score beside it what weights that saw none of the article lead to.",
        dir_okay=False,
    ),
]
Hide = Annotated[str | None, typer.Option("--hide", help="What is hidden: leaves, groups, or since=OLDER_RELEASE.")]
NoTagger = Annotated[bool, typer.Option("--no-tagger", help="Score names as the build of a tree reads them.")]
Sheet = Annotated[Path | None, typer.Option("--sheet", help="PNG for the confusion matrix.", dir_okay=False)]
Sheets = Annotated[Path | None, typer.Option("--sheets", help="Folder for contact sheets.", file_okay=False)]
Limit = Annotated[int | None, typer.Option("--limit", help="How many images of each sample, or panels.", min=1)]
Save = Annotated[
    Path | None,
    typer.Option(
        "--save", help="File for the table of errors; data cards show align.json of the home.", dir_okay=False
    ),
]
Judge = Annotated[Literal["rules", "vllm"] | None, typer.Option("--engine", help="Whose judgement: rules by default.")]

OWN: Mapping[str, Own] = {
    "align": Own(options={"engine": Judge, "limit": Limit, "save": Save}, opened=_align),
    "anchors": Own(options={"refit": Refit}, opened=_anchors),
    "attach": Own(options={"hide": Hide}),
    "entities": Own(options={"no_tagger": NoTagger}),
    "modality": Own(options={"sheet": Sheet}),
    "panels": Own(options={"sheets": Sheets}, opened=_panels),
    "privacy": Own(options={"limit": Limit}, opened=_privacy),
    "screen": Own(opened=_screen),
}
"""By the name of the score; one that is not here takes nothing but what all take."""
