"""met score: a capability against gold."""

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from flows.cli.options import Json, existing

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
        Path | None, typer.Option("--home", envvar="MET_HOME", help="Where vectors of names are kept.", file_okay=False)
    ] = None,
    no_tagger: Annotated[
        bool, typer.Option("--no-tagger", help="Score `entities` as found by dictionary and rules alone.")
    ] = False,
    sheets: Annotated[
        Path | None, typer.Option("--sheets", help="Folder for contact sheets of `panels`.", file_okay=False)
    ] = None,
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
    given["no_tagger"], given["sheets"] = no_tagger, sheets
    given["embed"] = RememberedVectors(home)
    facts = SCORES[what](
        gold or [], images=images, root=root, options={name: value for name, value in given.items() if value}
    )
    print(line(what, **facts), flush=True)
