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
ONTOLOGY_HELP = "Ontology file, plain or gzipped: OBO, OBO graph JSON, JSON of ancestors, or a DOID TSV. Repeatable."
Ontologies = Annotated[list[Path], typer.Option("--ontology", help=ONTOLOGY_HELP)]
Skeleton = Annotated[
    list[Path] | None, typer.Option("--ontology", help=f"{ONTOLOGY_HELP} Without any, texts alone give the tree.")
]
Engine = Annotated[
    Literal["rules", "vllm"], typer.Option("--engine", help="Who judges and writes: rules needs no model.")
]
TreeEngine = Annotated[
    Literal["rules", "vllm"],
    typer.Option("--engine", help="Who reads the texts: rules needs no model, vllm reads sentences beside them."),
]
Sentences = Annotated[
    int | None,
    typer.Option("--llm-sentences", help="How many sentences of the texts the engine vllm reads for the tree.", min=0),
]
Formats = Annotated[
    str,
    typer.Option(
        "--format", help="Formats to write, joined by commas: llava, sharegpt, webdataset; parquet is always written."
    ),
]
Licence = Annotated[
    Literal["commercial"] | None, typer.Option("--licence", help="Keep only rows whose licence allows this use.")
]
Phi = Annotated[
    Literal["strict"] | None,
    typer.Option(
        "--phi", help="strict: refuse photographs, ultrasound and DICOM that nothing has looked at for names."
    ),
]

Budget = Annotated[
    float | None,
    typer.Option(
        "--budget", min=0.0, help="USD that this run may spend on models; then it stops, and can go on later."
    ),
]
Cap = Annotated[
    int | None,
    typer.Option(
        "--cap-per-node", min=1, help="At most so many pairs of any node that is shown, those below it counted."
    ),
]
Quotas = Annotated[
    Path | None,
    typer.Option(
        "--quotas", dir_okay=False, help="Table of nodes with the numbers of pairs wanted: node, at_least, at_most."
    ),
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


def known_sources(sources: list[str]) -> list[str]:
    """Return the sources.

    Raises:
        BadInput: one of them is no folder and no KIND:PLACE of a kind that there is; the message names it.
    """
    existing([Path(source) for source in sources if ":" not in source], "source")
    named = [source for source in sources if ":" in source]
    if named:
        from met.sources.kinds import check_source

        for source in named:
            check_source(source)
    return sources


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


def sentences_of(asked: int | None, engine: str, *, default: int) -> int:
    """Return how many sentences the engine reads for the tree: as asked, else `default`; none with the engine `rules`.

    Raises:
        BadInput: sentences are asked for, and the engine is none that reads.
    """
    if asked and engine == "rules":
        raise BadInput(what="--llm-sentences", why="the engine rules asks no model: add --engine vllm")
    return 0 if engine == "rules" else default if asked is None else asked
