"""The score `panels`: boxes found in figures against gold boxes, and single images that were cut."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from met.errors import BadInput
from met.evaluate.intervals import bootstrap, wilson
from met.evaluate.panels_gold import GoldFigure, GoldSingle, holds_letters, read_figures, read_letters, read_singles
from met.evaluate.panels_letters import letter_facts
from met.evaluate.panels_sheet import write_sheets
from met.harvest.panels import GUTTERS, Detector, Found, Gutters
from met.harvest.panels.page import Pixels
from met.pixels import ImageRefused, decode_rgb
from met.types import Box

SEED: Final = 20260101


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A gold figure and what was found in it; `hits` are found boxes of a gold one at IoU 0.5 and 0.75."""

    figure: GoldFigure
    found: tuple[Found, ...]
    hits: tuple[int, int]

    @property
    def right(self) -> bool:
        return self.hits[0] == len(self.figure.boxes) == len(self.found)


def score_panels(
    gold: Sequence[Path], *, images: Path | None, root: Path | None, options: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the facts of the score `panels`; headline f1 at IoU 0.5, its interval drawn over figures.

    Gold files that end in `.json` hold boxes, those in `.tsv` single images (see `met.evaluate.panels_gold`), of which
    `wrongly_cut` is the share of photographic ones that were cut, or letters. `images_per_s` leaves decoding out. With
    `options["sheets"]`, a folder, contact sheets of right and wrong splits and of cut single images are written to it.
    `options["detector"]` takes the place of the classical method, whose measures then stand under `classical`;
    `options["reader"]` reads the letters that are drawn.

    Raises:
        BadInput: a gold file is of another form, or an image is missing or unreadable.
    """
    homes = [home for home in (images, root) if home]
    lettered = [path for path in gold if path.suffix == ".tsv" and holds_letters(path)]
    figures = [figure for path in gold if path.suffix == ".json" for figure in read_figures(path, homes)]
    if not figures:
        raise BadInput(what=", ".join(map(str, gold)), why="no JSON list of figures among them")
    detector: Detector = options.get("detector") or Gutters()
    watch = Stopwatch(detector)
    judged = [judge(figure, watch(_pixels(figure.place))) for figure in figures]
    facts: dict[str, Any] = {"headline": "f1", **measures(judged), "per_gold": _per_gold(judged)}
    with_letters = [*figures, *(figure for path in lettered for figure in read_letters(path, homes))]
    reader = options.get("reader")
    facts["letters"] = letter_facts(
        with_letters, lambda figure: _pixels(figure.place), reader.lines if reader else None
    )
    tables = [path for path in gold if path.suffix == ".tsv" and path not in lettered]
    singles = [row for path in tables for row in read_singles(path, homes, figures)]
    cut: list[tuple[GoldSingle, tuple[Found, ...]]] = []
    if singles:
        cut = [(row, found) for row in singles if len(found := watch(_pixels(row.place))) > 1]
        facts["wrongly_cut"] = len(cut) / len(singles)
        facts["wrongly_cut_interval"] = wilson(len(cut), len(singles))
        facts["singles"] = len(singles)
        facts["cut_singles"] = [row.place.name for row, _ in cut]
    facts["images_per_s"] = watch.images / watch.seconds
    facts["method"] = detector.method
    if detector.method != GUTTERS:
        facts["classical"] = _classical(figures, singles)
    if sheets := options.get("sheets"):
        write_sheets(
            Path(sheets),
            right=[(one.figure.place, one.figure.boxes, _boxes(one.found)) for one in judged if one.right],
            wrong=[(one.figure.place, one.figure.boxes, _boxes(one.found)) for one in judged if not one.right],
            cut=[(row.place, (), _boxes(found)) for row, found in cut],
        )
    return facts


def _classical(figures: Sequence[GoldFigure], singles: Sequence[GoldSingle]) -> dict[str, Any]:
    watch = Stopwatch(Gutters())
    facts = measures([judge(figure, watch(_pixels(figure.place))) for figure in figures])
    if singles:
        facts["wrongly_cut"] = sum(len(watch(_pixels(row.place))) > 1 for row in singles) / len(singles)
    return {**facts, "images_per_s": watch.images / watch.seconds}


class Stopwatch:
    """A detector that counts the images it has seen and its own seconds of processor time."""

    def __init__(self, detector: Detector) -> None:
        self.detector, self.images, self.seconds = detector, 0, 1e-9

    def __call__(self, pixels: Pixels) -> tuple[Found, ...]:
        start = time.process_time()
        found = tuple(self.detector(pixels))
        self.seconds += time.process_time() - start
        self.images += 1
        return found


def judge(figure: GoldFigure, found: tuple[Found, ...]) -> Judged:
    """Return the figure with how many of its boxes were found; nothing found stands for the whole image."""
    boxes = _boxes(found) or [_whole(figure)]
    hits = (matches(figure.boxes, boxes, 0.5), matches(figure.boxes, boxes, 0.75))
    return Judged(figure=figure, found=found or (Found(box=boxes[0], confidence=1.0),), hits=hits)


def measures(judged: Sequence[Judged]) -> dict[str, Any]:
    """Return n, precision, recall, f1 (IoU 0.5), f1_75 and map50 over all boxes, with intervals over figures."""
    table = np.array([(*one.hits, len(one.figure.boxes), len(one.found)) for one in judged], dtype=np.float64)
    return {
        "n": int(table[:, 2].sum()),
        "images": len(judged),
        "precision": float(table[:, 0].sum() / table[:, 3].sum()),
        "recall": float(table[:, 0].sum() / table[:, 2].sum()),
        "f1": _f1(table, 0),
        "interval": bootstrap(table, lambda part: _f1(part, 0), seed=SEED),
        "f1_75": _f1(table, 1),
        "f1_75_interval": bootstrap(table, lambda part: _f1(part, 1), seed=SEED),
        "map50": average_precision(judged),
        "wrong": [
            {"image": one.figure.place.name, "gold": len(one.figure.boxes), "found": len(one.found), "hit": one.hits[0]}
            for one in judged
            if not one.right
        ],
    }


def overlap(one: Box, other: Box) -> float:
    """Return the area that two boxes share as a part of the area that they cover together.

    >>> overlap((0, 0, 10, 10), (0, 0, 10, 5))
    0.5
    """
    wide, high = min(one[2], other[2]) - max(one[0], other[0]), min(one[3], other[3]) - max(one[1], other[1])
    if wide <= 0 or high <= 0:
        return 0.0
    return wide * high / (_area(one) + _area(other) - wide * high)


def matches(gold: Sequence[Box], found: Sequence[Box], least: float) -> int:
    """Return how many gold boxes have a found box of their own that overlaps them by `least`, best pairs first."""
    pairs = sorted((-overlap(one, other), at, by) for at, one in enumerate(gold) for by, other in enumerate(found))
    taken_gold: set[int] = set()
    taken_found: set[int] = set()
    for negative, at, by in pairs:
        if -negative >= least and at not in taken_gold and by not in taken_found:
            taken_gold.add(at)
            taken_found.add(by)
    return len(taken_gold)


def average_precision(judged: Sequence[Judged]) -> float:
    """Return the area under precision over recall at IoU 0.5, found boxes by falling confidence (Everingham 2010)."""
    ranked: list[tuple[float, bool]] = []
    for one in judged:
        free = list(one.figure.boxes)
        for found in sorted(one.found, key=lambda each: (-each.confidence, each.box)):
            best = max(free, key=lambda box: overlap(box, found.box), default=None)
            hit = best is not None and overlap(best, found.box) >= 0.5
            if hit and best is not None:
                free.remove(best)
            ranked.append((found.confidence, hit))
    ranked.sort(key=lambda pair: (-pair[0], not pair[1]))
    hits = np.cumsum([hit for _, hit in ranked])
    precision = hits / np.arange(1, len(ranked) + 1)
    best_behind = np.maximum.accumulate(precision[::-1])[::-1]
    total = sum(len(one.figure.boxes) for one in judged)
    return float(sum(value for value, (_, hit) in zip(best_behind, ranked, strict=True) if hit) / total)


def _per_gold(judged: Sequence[Judged]) -> dict[str, Any]:
    sources = sorted({one.figure.source for one in judged})
    return {source: measures([one for one in judged if one.figure.source == source]) for source in sources}


def _f1(table: NDArray[np.float64], column: int) -> float:
    return float(2 * table[:, column].sum() / (table[:, 2].sum() + table[:, 3].sum()))


def _boxes(found: Sequence[Found]) -> list[Box]:
    return [one.box for one in found]


def _whole(figure: GoldFigure) -> Box:
    height, width = _pixels(figure.place).shape[:2]
    return (0, 0, width, height)


def _pixels(place: Path) -> Pixels:
    try:
        return decode_rgb(place.read_bytes())
    except (OSError, ImageRefused) as error:
        raise BadInput(what=str(place), why=str(error)) from error


def _area(box: Box) -> int:
    return (box[2] - box[0]) * (box[3] - box[1])
