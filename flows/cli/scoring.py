"""met score: a capability against gold."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from flows.cli.options import Json, existing

Many = Annotated[list[Path] | None, typer.Option("--ontology", help="Ontology file. Repeatable.")]


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command()(score)


def score(
    what: Annotated[str, typer.Argument(metavar="WHAT", help="The capability, `jats` or `modality`, say.")],
    gold: Annotated[list[Path], typer.Option("--gold", help="Gold: a file or folder. Repeatable.")],
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
    as_json: Json = False,  # noqa: ARG001
) -> None:
    """Score a capability against gold; print one JSON line with `n`, the headline and its 95 % interval.

    Example: met score jats --gold ./articles
    """
    from met.errors import NotFound
    from met.evaluate import SCORES
    from met.evaluate.harness import line

    existing([*gold, *(texts or []), *(ontologies or [])], "gold")
    if what not in SCORES:
        raise NotFound(what="score", name=what, hint=f"; there are {', '.join(sorted(SCORES))}")
    given = {"texts": texts, "ontologies": ontologies, "facet": facet, "cv": cv}
    facts = SCORES[what](
        gold, images=images, root=root, options={name: value for name, value in given.items() if value}
    )
    print(line(what, **facts), flush=True)
