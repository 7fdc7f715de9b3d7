"""Options that several commands share."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from met.errors import BadInput

Home = Annotated[
    Path,
    typer.Option(
        "--home", envvar="MET_HOME", help="The installation: database, image bytes, state of Prefect.", file_okay=False
    ),
]
DEFAULT_HOME = Path(".met")
Json = Annotated[bool, typer.Option("--json", help="Print one JSON line, last, instead of tables.")]
Texts = Annotated[
    list[Path] | None,
    typer.Option("--texts", help="Texts that the tree grows from: folder, file or tar.gz. Repeatable."),
]
Ontologies = Annotated[
    list[Path], typer.Option("--ontology", help="Ontology file: OBO graph JSON, OBO, or the DOID TSV. Repeatable.")
]
Engine = Annotated[
    Literal["rules", "vllm"], typer.Option("--engine", help="Who judges and writes: rules needs no model.")
]
Formats = Annotated[str, typer.Option("--format", help="Formats to write, joined by commas.")]
Licence = Annotated[
    Literal["commercial"] | None, typer.Option("--licence", help="Keep only rows whose licence allows this use.")
]


def existing(paths: list[Path], what: str) -> list[str]:
    """Return the paths as text.

    Raises:
        BadInput: one of them does not exist; the message names it.
    """
    for path in paths:
        if not path.exists():
            raise BadInput(what=f"{what} {path}", why="no such file or folder")
    return [str(path) for path in paths]


def formats_of(text: str) -> list[str]:
    """Return the formats that `text` names, joined by commas.

    Raises:
        BadInput: it names none.

    >>> formats_of("llava, parquet")
    ['llava', 'parquet']
    """
    formats = [name.strip() for name in text.split(",") if name.strip()]
    if not formats:
        raise BadInput(what="--format", why="names no format")
    return formats
