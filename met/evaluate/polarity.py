"""The score `polarity`: what a sentence says of an entity that it names, against labels given by reading.

The gold is a TSV file without any text: document under the root, field (`caption`, `mention`, `text` or `note`), the
position of the figure or note and of the mention, offsets of the sentence and of the entity in that field's text, the
labels, `half` (`dev` for rows that the rules were mended with, `test` for those that nobody looked at) and the first
12 digits of the sentence's sha256. Lines that start with `#` say how it was made.
"""

import csv
import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
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
    """Return the facts of the score `polarity`; headline accuracy: polarity and certainty both right, half `test`.

    `baseline` is what one gets who calls every entity affirmed and certain.

    Raises:
        BadInput: a gold file has other columns, a document is missing, or a sentence is not the one that was labelled.
    """
    del options
    rows = [_judged(path, row, root or images) for path in gold for row in _rows(path)]
    halves = {half: [one for one in rows if one.half == half] for half in ("test", "dev")}
    first = halves["test"] or rows
    both = _share([one.gold == one.found for one in first])
    return {
        "headline": "accuracy",
        "n": len(first),
        "accuracy": both["accuracy"],
        "interval": both["interval"],
        "halves": {half: _of(part) for half, part in halves.items() if part},
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
    place = next((home / row["document"] for home in homes if (home / row["document"]).is_file()), None)
    if place is None:
        raise BadInput(what=str(path), why=f"document {row['document']} not found under {homes[0]}: give --root")
    texts = _texts(place, row["field"])
    name = (row["figure"], row["number"])
    if name not in texts:
        raise BadInput(what=row["document"], why=f"holds no {row['field']} {' '.join(name)}")
    return texts[name]


@cache
def _texts(place: Path, field: str) -> dict[tuple[str, str], str]:
    """Return the texts of a field by (figure, number): every mention of an article, say."""
    data = place.read_bytes()
    if field == "note":
        return {(str(at), ""): row["clinical_notes"] or "" for at, row in enumerate(json.loads(data))}
    if field == "text":
        try:
            return {("", ""): read_markup(data).text}
        except Unreadable:
            return {}
    article = parse_article(data, place.name)
    figures = () if isinstance(article, Drop) else article.figures
    if field == "caption":
        return {(str(at), ""): figure.caption for at, figure in enumerate(figures)}
    return {
        (str(at), str(number)): mention.text
        for at, figure in enumerate(figures)
        for number, mention in enumerate(figure.mentions)
    }
