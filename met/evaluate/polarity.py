"""The score `polarity`: what a sentence says of an entity that it names, against labels given by reading.

The gold is a TSV file without any text: document under the root, field (`caption`, `mention`, `text` or `note`), the
position of the figure or note and of the mention, offsets of the sentence and of the entity in that field's text, the
labels, `half` and the first 12 digits of the sentence's sha256. `half` names the part that a row belongs to: `test` and
`fresh` were not looked at while the rules were mended, `dev` and `later_1`, `later_2` and on were mended with. The path
of a document in an archive follows the archive's. Lines that start with `#` say how a file was made.
"""

import csv
import hashlib
import json
import tarfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any, Final

from met.anchor.context import Context
from met.errors import BadInput
from met.evaluate.intervals import wilson
from met.harvest.jats import parse_article
from met.tree.texts.blocks import Unreadable
from met.tree.texts.markup import read_markup
from met.types import Certainty, Drop, Polarity

_COLUMNS: Final = frozenset(
    {
        "document",
        "field",
        "figure",
        "number",
        "start",
        "end",
        "entity_start",
        "entity_end",
        "facet",
        "polarity",
        "certainty",
        "half",
        "sentence",
    }
)
# Parts that nobody looked at while the rules were mended.
_UNSEEN: Final = ("test", "fresh")
_PLAIN: Final[tuple[Polarity, Certainty]] = ("affirmed", "certain")


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One labelled entity and what the rules say of it: (polarity, certainty)."""

    half: str
    facet: str
    gold: tuple[str, str]
    found: tuple[str, str]


def score_polarity(
    gold: Sequence[Path], *, images: Path | None, root: Path | None, options: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the facts of the score `polarity`; headline accuracy: polarity and certainty both right, of the
    rows that the rules were not mended with, or, without any, of all.

    `halves` tells of each part apart, and whether the rules were mended with it. `baseline` is what one gets who calls
    every entity affirmed and certain.

    Raises:
        BadInput: a gold file has other columns, a document is missing, or a sentence is not the one that was labelled.
    """
    del options
    rows = [_judged(path, row, root or images) for path in gold for row in _rows(path)]
    names = sorted({one.half for one in rows}, key=lambda half: (half not in _UNSEEN, half != "test", half))
    halves = {half: [one for one in rows if one.half == half] for half in names}
    first = [one for one in rows if one.half in _UNSEEN] or rows
    both = _share([one.gold == one.found for one in first])
    return {
        "headline": "accuracy",
        "n": len(first),
        "accuracy": both["accuracy"],
        "interval": both["interval"],
        "halves": {half: {"mended_with": half not in _UNSEEN} | _of(part) for half, part in halves.items()},
    }


def _of(rows: Sequence[Judged]) -> dict[str, Any]:
    return {
        "n": len(rows),
        "polarity": _share([one.gold[0] == one.found[0] for one in rows]),
        "certainty": _share([one.gold[1] == one.found[1] for one in rows]),
        "both": _share([one.gold == one.found for one in rows]),
        "baseline": _share([one.gold == _PLAIN for one in rows]),
        "facets": {
            facet: _share([one.gold == one.found for one in rows if one.facet == facet])
            for facet in sorted({one.facet for one in rows})
        },
        "confusion": _confusion(rows),
    }


def _share(hits: Sequence[bool]) -> dict[str, Any]:
    return {"n": len(hits), "accuracy": sum(hits) / len(hits), "interval": wilson(sum(hits), len(hits))}


def _confusion(rows: Sequence[Judged]) -> dict[str, dict[str, int]]:
    """Return how many rows of each pair of labels were found as which pair."""
    counts: dict[str, Counter[str]] = {}
    for one in rows:
        counts.setdefault(" ".join(one.gold), Counter())[" ".join(one.found)] += 1
    return {gold: dict(sorted(found.items())) for gold, found in sorted(counts.items())}


# ---------------------------------------------------------------- reading the gold


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader((line for line in stream if not line.startswith("#")), delimiter="\t"))
    if not rows or not rows[0].keys() >= _COLUMNS:
        raise BadInput(what=str(path), why=f"not a TSV with rows and the columns {', '.join(sorted(_COLUMNS))}")
    return rows


def _judged(path: Path, row: Mapping[str, str], root: Path | None) -> Judged:
    try:
        start, end, first, last = (int(row[name]) for name in ("start", "end", "entity_start", "entity_end"))
    except ValueError as error:
        raise BadInput(what=str(path), why=f"offsets that are no numbers: {error}") from error
    sentence = _text(path, row, root)[start:end]
    if not hashlib.sha256(sentence.encode()).hexdigest().startswith(row["sentence"]) or not start <= first < last:
        raise BadInput(what=row["document"], why=f"characters {start} to {end} are not the labelled sentence")
    return Judged(
        half=row["half"],
        facet=row["facet"],
        gold=(row["polarity"], row["certainty"]),
        found=Context(sentence).polarity((first - start, last - start)),
    )


def _text(path: Path, row: Mapping[str, str], root: Path | None) -> str:
    homes = [root] if root else list(path.absolute().parents)
    data = next((found for home in homes if (found := _data_of(home, row["document"])) is not None), None)
    if data is None:
        raise BadInput(what=str(path), why=f"document {row['document']} not found under {homes[0]}: give --root")
    texts = _texts(data, PurePosixPath(row["document"]).name, row["field"])
    name = (row["figure"], row["number"])
    if name not in texts:
        raise BadInput(what=row["document"], why=f"holds no {row['field']} {' '.join(name)}")
    return texts[name]


@cache
def _data_of(home: Path, document: str) -> bytes | None:
    """Return the bytes of a file below `home`, or of one in an archive there; None where there is none."""
    if (home / document).is_file():
        return (home / document).read_bytes()
    for archive in PurePosixPath(document).parents:
        if (home / archive).is_file() and tarfile.is_tarfile(home / archive):
            return _members(home / archive).get(PurePosixPath(document).relative_to(archive).as_posix())
    return None


@cache
def _members(archive: Path) -> dict[str, bytes]:
    with tarfile.open(archive) as files:
        return {one.name: file.read() for one in files if (file := files.extractfile(one)) is not None}


@cache
def _texts(data: bytes, name: str, field: str) -> dict[tuple[str, str], str]:
    """Return the texts of a field by (figure, number): every mention of an article, say."""
    if field == "note":
        return {(str(at), ""): row["clinical_notes"] or "" for at, row in enumerate(json.loads(data))}
    if field == "text":
        try:
            return {("", ""): read_markup(data).text}
        except Unreadable:
            return {}
    article = parse_article(data, name)
    figures = () if isinstance(article, Drop) else article.figures
    if field == "caption":
        return {(str(at), ""): figure.caption for at, figure in enumerate(figures)}
    return {
        (str(at), str(number)): mention.text
        for at, figure in enumerate(figures)
        for number, mention in enumerate(figure.mentions)
    }
