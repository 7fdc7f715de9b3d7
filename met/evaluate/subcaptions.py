"""The score `subcaptions`: the spans that a caption gives to each lettered panel, against spans labelled by reading.

A gold file is a TSV with the columns `image` (a path under the root, or `DOCUMENT#4` for the fifth figure of a JATS
document whose images are elsewhere), `letter`, `spans` ("12-40,55-80": offsets into the caption as harvested) and
`caption` (the first 12 digits of its sha256). It holds no text: captions are read from the document, for an image from
the one that lies beside it.
"""

import csv
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from met.errors import BadInput
from met.evaluate.intervals import bootstrap, wilson
from met.harvest.jats import ParsedFigure, parse_article
from met.harvest.subcaptions import parse_caption
from met.types import Drop, Span

SEED: Final = 20260101
_EDGES: Final = " \t\n.,;:()"


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledPart:
    """What belongs to one panel of a figure."""

    image: str
    letter: str
    spans: tuple[Span, ...]
    caption: str
    title_end: int


def score_subcaptions(
    gold: Sequence[Path], *, images: Path | None, root: Path | None, options: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the facts of the score `subcaptions`; headline exact: the share of panels with exactly the gold's spans.

    Spans are compared without white space and punctuation at their ends. The interval is drawn over figures.

    Raises:
        BadInput: a gold file has other columns, an image has no caption beside it, or the caption is another one.
    """
    del options
    parts = [part for path in gold for part in read_parts(path, images or root)]
    rows = []
    wrong = []
    for part in parts:
        figure = [one for one in parts if one.image == part.image]
        found = parse_caption(part.caption, len(figure), title_end=part.title_end).get(part.letter)
        exact = found is not None and _bare(part.caption, found.spans) == _bare(part.caption, part.spans)
        rows.append(exact)
        if not exact:
            wrong.append({"image": part.image, "letter": part.letter, "found": list(found.spans) if found else None})
    groups = [part.image for part in parts]
    return {
        "headline": "exact",
        "n": len(rows),
        "figures": len(set(groups)),
        "exact": float(np.mean(rows)),
        "interval": bootstrap(
            np.array(rows, dtype=np.float64), lambda part: float(part.mean()), seed=SEED, groups=groups
        ),
        "panel_interval": wilson(sum(rows), len(rows)),
        "wrong": wrong,
    }


def read_parts(path: Path, root: Path | None) -> list[LabelledPart]:
    """Return the rows of a gold file, in its order, with the captions that they speak of.

    Raises:
        BadInput: see `score_subcaptions`.
    """
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t"))
    if not rows or not {"image", "letter", "spans", "caption"} <= rows[0].keys():
        raise BadInput(what=str(path), why="not a TSV with rows and the columns image, letter, spans, caption")
    found = []
    for row in rows:
        figure = _figure(path, root, row["image"], row["caption"])
        found.append(
            LabelledPart(
                image=row["image"],
                letter=row["letter"],
                spans=_spans(path, row["spans"]),
                caption=figure.caption,
                title_end=len(figure.title or ""),
            )
        )
    return found


def _spans(path: Path, text: str) -> tuple[Span, ...]:
    try:
        pairs = [tuple(int(number) for number in part.split("-")) for part in text.split(",")]
        return tuple((start, end) for start, end in pairs)
    except ValueError as error:
        raise BadInput(what=str(path), why=f"{text!r} is no list of spans") from error


def _figure(path: Path, root: Path | None, image: str, digest: str) -> ParsedFigure:
    homes = [root] if root else list(path.absolute().parents)
    file, _, position = image.partition("#")
    place = next((home / file for home in homes if (home / file).is_file()), None)
    if place is None:
        raise BadInput(what=str(path), why=f"{image} not found under {homes[0]}: give --root")
    figure = (_by_position(place) if position else _by_image(place.parent)).get(position or place.stem)
    if figure is None:
        raise BadInput(what=str(place), why="it has no such figure" if position else "no JATS beside it shows it")
    if hashlib.sha256(figure.caption.encode()).hexdigest()[: len(digest)] != digest:
        raise BadInput(what=str(place), why="its caption is not the one that was labelled")
    return figure


@cache
def _by_position(document: Path) -> Mapping[str, ParsedFigure]:
    """Return each figure of a document by its number, counted from 0."""
    article = parse_article(document.read_bytes(), document.name)
    if isinstance(article, Drop):
        return {}
    return {str(position): figure for position, figure in enumerate(article.figures)}


@cache
def _by_image(folder: Path) -> Mapping[str, ParsedFigure]:
    """Return the figure of each image of a folder by the stem of its file name."""
    found: dict[str, ParsedFigure] = {}
    for document in sorted((*folder.glob("*.nxml"), *folder.glob("*.xml"))):
        article = parse_article(document.read_bytes(), document.name)
        if not isinstance(article, Drop):
            for figure in article.figures:
                for name in (name for names in figure.graphics for name in names):
                    found.setdefault(Path(name).stem, figure)
                    found.setdefault(Path(name).name, figure)
    return found


def _bare(caption: str, spans: Sequence[Span]) -> list[Span]:
    """Return the spans without white space and punctuation at their ends, neighbours joined, in order."""
    bare: list[Span] = []
    for start, end in sorted(spans):
        text = caption[start:end]
        first = start + len(text) - len(text.lstrip(_EDGES))
        last = start + len(text.rstrip(_EDGES))
        if bare and not caption[bare[-1][1] : first].strip(_EDGES):
            bare[-1] = (bare[-1][0], last)
        else:
            bare.append((first, last))
    return bare
