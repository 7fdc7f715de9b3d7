"""met score: a capability against gold."""

from collections.abc import Iterator, Mapping
from inspect import Parameter, Signature
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import typer

from flows.cli.options import Json, existing
from flows.cli.scores import OWN, Given, Own

Gold = Annotated[list[Path] | None, typer.Option("--gold", help="Gold: a file or folder. Repeatable.")]
Images = Annotated[
    Path | None, typer.Option("--images", help="Folder that the image paths of the gold start from.", exists=True)
]
Root = Annotated[
    Path | None, typer.Option("--root", help="Folder that other paths of the gold start from.", exists=True)
]
Texts = Annotated[list[Path] | None, typer.Option("--texts", help="Text. Repeatable.")]
Many = Annotated[list[Path] | None, typer.Option("--ontology", help="Ontology file. Repeatable.")]
Facet = Annotated[str | None, typer.Option("--facet", help="Score this facet alone.")]
Folds = Annotated[Literal["article", "patient"] | None, typer.Option("--cv", help="What no two folds share.")]
Kept = Annotated[
    Path | None,
    typer.Option(
        "--home",
        envvar="MET_HOME",
        help="Where vectors of names are kept; the installation that `anchors` and `align` read.",
        file_okay=False,
    ),
]

EVERY: Mapping[str, Any] = {
    "gold": Gold,
    "images": Images,
    "root": Root,
    "texts": Texts,
    "ontologies": Many,
    "facet": Facet,
    "cv": Folds,
    "home": Kept,
    "as_json": Json,
}
"""The options that every score takes, also where they say nothing to it."""


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    score.__signature__ = Signature(list(_parameters()))  # type: ignore[attr-defined]
    app.command()(score)


def score(
    what: Annotated[str, typer.Argument(metavar="WHAT", help="`jats`, say, or `modality`.")], **given: Any
) -> None:
    """Score a capability against gold; print one JSON line with `n`, the headline and its 95 % interval.

    Example: met score jats --gold ./articles
    """
    from flows.cli.vectors import RememberedVectors
    from met.errors import BadInput, NotFound
    from met.evaluate import SCORES, WITHOUT_GOLD
    from met.evaluate.harness import line

    gold: list[Path] = given["gold"] or []
    for what_it_is, paths in (("gold", gold), ("text", given["texts"]), ("ontology", given["ontologies"])):
        existing(paths or [], what_it_is)
    if what not in SCORES:
        raise NotFound(what="score", name=what, hint=f"; there are {', '.join(sorted(SCORES))}")
    if not gold and what not in WITHOUT_GOLD:
        raise BadInput(what=f"score {what}", why="needs --gold")
    own = OWN.get(what, Own())
    _refuse_others(what, own, given)
    with own.opened(given) as more:
        options = {**given, "embed": RememberedVectors(given["home"]), **more}
        facts = SCORES[what](
            gold,
            images=given["images"],
            root=given["root"],
            options={name: value for name, value in options.items() if value},
        )
    print(line(what, **facts), flush=True)


def _refuse_others(what: str, own: Own, given: Given) -> None:
    """Refuse an option of another score, which would change nothing here.

    Raises:
        BadInput: there is one; the message says whose it is.
    """
    from met.errors import BadInput

    for name, kind, scores in _of_single_scores():
        if given[name] and name not in own.options:
            raise BadInput(what=f"score {what}", why=f"has no {_spelled(kind)}, an option of {', '.join(scores)}")


def _parameters() -> Iterator[Parameter]:
    """Yield the parameters of the command: what every score takes, then under their names what single ones take."""
    yield Parameter("what", Parameter.POSITIONAL_OR_KEYWORD, annotation=score.__annotations__["what"])
    for name, kind in EVERY.items():
        yield Parameter(name, Parameter.KEYWORD_ONLY, default=_absent(kind), annotation=kind)
    for name, kind, scores in _of_single_scores():
        get_args(kind)[1].rich_help_panel = f"Options of {', '.join(scores)}"
        yield Parameter(name, Parameter.KEYWORD_ONLY, default=_absent(kind), annotation=kind)


def _of_single_scores() -> Iterator[tuple[str, Any, list[str]]]:
    """Yield each option that not every score takes: name, kind, and the scores that take it."""
    kinds = {name: kind for own in OWN.values() for name, kind in own.options.items()}
    for name, kind in kinds.items():
        yield name, kind, sorted(what for what, own in OWN.items() if name in own.options)


def _absent(kind: Any) -> Any:
    return False if get_args(kind)[0] is bool else None


def _spelled(kind: Any) -> str:
    return str(get_args(kind)[1].default)
