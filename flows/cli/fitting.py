"""met fit: settings of a stage, chosen by what people labelled."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from flows.cli.options import DEFAULT_HOME, Home, Json, existing


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command()(fit)


def fit(
    what: Annotated[Literal["screen"], typer.Argument(metavar="WHAT", help="What is fitted: `screen`.")],
    gold: Annotated[
        list[Path],
        typer.Option("--gold", help="TSV with image and medical_image, or panel and keep. Repeatable."),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            help="Where the thresholds are written; without it, screen.toml in the home, which the next build uses.",
            dir_okay=False,
        ),
    ] = None,
    home: Home = DEFAULT_HOME,
    as_json: Json = False,  # noqa: ARG001
) -> None:
    """Fit the thresholds of stage 1 to labelled panels of the newest build; print one JSON line.

    Half of the articles chooses the thresholds; precision and recall of the other half stand before and after.

    Example: met fit screen --gold labels.tsv
    """
    from flows.services import database
    from met.align.thresholds import as_toml, load_thresholds
    from met.evaluate.screen_fit import fit_screen
    from met.keys import canonical_json
    from met.settings import load_settings
    from tasks.fit import labelled_panels

    existing(gold, "gold")
    settings = load_settings(home=home)
    start = load_thresholds(settings.screen_file)
    with database(home) as store:
        fitted = fit_screen(labelled_panels(store, settings, gold, start), start)
    place = out or home / "screen.toml"
    said = (
        f"Thresholds of stage 1, fitted by `met fit {what}` on {fitted.facts['chosen_by']} labelled panels.\n"
        "met/align/thresholds.toml of the engine says what each value means."
    )
    place.write_text(as_toml(fitted.thresholds, said=said), encoding="utf-8")
    print(canonical_json({"what": what, "file": str(place), **fitted.facts}), flush=True)
