"""The score `mentions`: what sentences can support, against labels given by reading.

Two kinds of gold, TSV files without any text: sentences of passages that cite figures (`tag`: visible, context or
outcome; `concerns`: whether the sentence is about the figure), and sentences of captions (`checkable`: yes or no). Both
name the JATS document under the root (`article`), the position of the figure in it, the offsets, and the first 12
digits of the sentence's sha256. `half` is `seen` for the rows that the rules were written with and `held` for those
that were kept apart.
"""

import csv
import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from met.errors import BadInput
from met.evaluate.harness import accuracy, f1
from met.evaluate.intervals import bootstrap, wilson
from met.harvest.cited import condensed, said_of, tag_of
from met.harvest.cited.checkable import why_not_seen
from met.harvest.jats import ParsedArticle, ParsedFigure, parse_article
from met.types import Drop, Mention, Span

SEED: Final = 20260101
_COLUMNS: Final = {"article", "figure", "start", "end", "sentence", "half"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """One labelled sentence; `found` is what the rules say, `summed` whether it is part of the figure's summary."""

    place: str
    held: bool
    gold: str
    found: str
    concerns: bool
    summed: bool


def score_mentions(
    gold: Sequence[Path], *, images: Path | None, root: Path | None, options: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the facts of the score `mentions`; headline accuracy, of the tags of the held half.

    `support` is what the tags are for: of the sentences that a summary calls visible, how many are. `checkable` gives
    the same of caption sentences. Intervals of the headlines are drawn over figures.

    Raises:
        BadInput: a gold file has other columns, a document is missing, or a sentence is not the one that was labelled.
    """
    del options
    tagged: list[Labelled] = []
    marked: list[Labelled] = []
    for path in gold:
        rows = _rows(path)
        if "tag" in rows[0]:
            tagged += [_tagged(path, row, root or images) for row in rows]
        else:
            marked += [_marked(path, row, root or images) for row in rows]
    first = [one for one in tagged if one.held] or tagged or marked
    return {
        "headline": "accuracy",
        "n": len(first),
        "accuracy": _share(first),
        "interval": _interval(first),
        "tags": {half: _of(rows) for half, rows in _halves(tagged)},
        "checkable": {half: _of(rows) for half, rows in _halves(marked)},
    }


def _halves(rows: Sequence[Labelled]) -> list[tuple[str, list[Labelled]]]:
    halves = (("held", [one for one in rows if one.held]), ("seen", [one for one in rows if not one.held]))
    return [(name, part) for name, part in halves if part]


def _of(rows: Sequence[Labelled]) -> dict[str, Any]:
    gold, found = [one.gold for one in rows], [one.found for one in rows]
    visible = [one for one in rows if one.summed and one.found == "visible"]
    right = sum(one.gold == "visible" and one.concerns for one in visible)
    concerned = [one for one in rows if one.summed]
    return {
        "n": len(rows),
        "accuracy": _share(rows),
        "interval": _interval(rows),
        "per_label": {label: _per_label(gold, found, label) for label in sorted(set(gold))},
        "support": {"n": len(visible), "right": right, "interval": wilson(right, len(visible))},
        "summary": {"n": len(concerned), "concern_the_figure": sum(one.concerns for one in concerned)},
    }


def _share(rows: Sequence[Labelled]) -> float:
    return accuracy([one.gold for one in rows], [one.found for one in rows])


def _interval(rows: Sequence[Labelled]) -> tuple[float, float]:
    hits = [float(one.gold == one.found) for one in rows]
    return bootstrap(hits, lambda part: float(part.mean()), seed=SEED, groups=[one.place for one in rows])


def _per_label(gold: Sequence[str], found: Sequence[str], label: str) -> dict[str, Any]:
    right = sum(one == other == label for one, other in zip(gold, found, strict=True))
    return {
        "n": gold.count(label),
        "f1": f1(gold, found, label),
        "recall": right / gold.count(label),
        "recall_interval": wilson(right, gold.count(label)),
        "precision": right / found.count(label) if found.count(label) else None,
        "precision_interval": wilson(right, found.count(label)),
        "found_as": dict(sorted(Counter(two for one, two in zip(gold, found, strict=True) if one == label).items())),
    }


# ---------------------------------------------------------------- reading the gold


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t"))
    if not rows or not rows[0].keys() >= _COLUMNS or not {"tag", "checkable"} & rows[0].keys():
        raise BadInput(
            what=str(path), why=f"not a TSV with rows and the columns {', '.join(sorted(_COLUMNS))} and a label"
        )
    return rows


def _tagged(path: Path, row: Mapping[str, str], root: Path | None) -> Labelled:
    figure, span = _figure(path, row, root), _span(path, row)
    mentions = mentions_of(figure)
    mention = next((one for one in mentions if _is(one.text, span, row)), None)
    if mention is None:
        raise BadInput(what=row["article"], why=f"no passage of figure {row['figure']} holds the labelled sentence")
    text = mention.text[slice(*span)]
    summary = condensed(said_of(mentions, label=figure.label, letter=None, modality=None))
    return Labelled(
        place=f"{row['article']} {row['figure']}",
        held=row["half"] == "held",
        gold=row["tag"],
        found=tag_of(text, cites=span[0] <= mention.start_char < span[1]),
        concerns=row["concerns"] == "yes",
        summed=any(one.text == text for one in summary),
    )


def _marked(path: Path, row: Mapping[str, str], root: Path | None) -> Labelled:
    figure, span = _figure(path, row, root), _span(path, row)
    if not _is(figure.caption, span, row):
        raise BadInput(
            what=row["article"], why=f"the caption of figure {row['figure']} is not the one that was labelled"
        )
    return Labelled(
        place=f"{row['article']} {row['figure']}",
        held=row["half"] == "held",
        gold=row["checkable"],
        found="no" if why_not_seen(figure.caption[slice(*span)]) else "yes",
        concerns=True,
        summed=False,
    )


def _is(text: str, span: Span, row: Mapping[str, str]) -> bool:
    return hashlib.sha256(text[slice(*span)].encode()).hexdigest().startswith(row["sentence"])


def _span(path: Path, row: Mapping[str, str]) -> Span:
    try:
        return int(row["start"]), int(row["end"])
    except ValueError as error:
        raise BadInput(what=str(path), why=f"{row['start']!r} to {row['end']!r} are no offsets") from error


def _figure(path: Path, row: Mapping[str, str], root: Path | None) -> ParsedFigure:
    homes = [root] if root else list(path.absolute().parents)
    place = next((home / row["article"] for home in homes if (home / row["article"]).is_file()), None)
    if place is None:
        raise BadInput(what=str(path), why=f"article {row['article']} not found under {homes[0]}: give --root")
    article = _article(place)
    number = int(row["figure"]) if row["figure"].isdecimal() else -1
    if article is None or not 0 <= number < len(article.figures):
        raise BadInput(what=row["article"], why=f"holds no figure {row['figure']}")
    return article.figures[number]


@cache
def _article(place: Path) -> ParsedArticle | None:
    article = parse_article(place.read_bytes(), place.name)
    return None if isinstance(article, Drop) else article


def mentions_of(figure: ParsedFigure) -> list[Mention]:
    """Return the passages that cite a figure, which no store has keyed: by their position."""
    return [
        Mention(
            key=str(position),
            figure="",
            position=position,
            text=mention.text,
            start_char=mention.start,
            end_char=mention.end,
            panel_letters=mention.letters,
        )
        for position, mention in enumerate(figure.mentions)
    ]
