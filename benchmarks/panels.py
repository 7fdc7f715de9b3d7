"""Measure the search for panels against a plain XY-cut in numpy, in one run, and print one JSON line.

    python benchmarks/panels.py [--figures N] [--images FOLDER]... [--width W] [--height H] [--growth N] [--letters N]

Figures are made of single images (`benchmarks/compound_figures.py`): those of the folders, else smooth random fields.
Seconds are of one core without decoding, processor time, of figures brought to one size; F1 is at IoU 0.5 and 0.75 on
the figures as made, in all and for each layout, gutter colour and feature. With `--growth` the time for 100 figures is
set against that for N, copies whose bytes differ. With `--letters` N lettered figures are read by OCR, and the letters
of their panels told by order and by reading, apart for figures whose letters are in order and shuffled.
"""

import argparse
import os
import platform
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
from compound_figures import Compound, Pixels, compound_figure

from met.evaluate.panels import matches
from met.evaluate.panels_gold import GoldFigure
from met.evaluate.panels_letters import letter_facts
from met.evaluate.synthetic import picture
from met.harvest.panels import Gutters
from met.keys import canonical_json
from met.ocr import Reader
from met.types import Box

SEED = 90_000
LETTERED = 5_000_000
LEAST = 0.05
EVEN = 6.0
FEW = 100


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--figures", type=int, default=100)
    parser.add_argument("--images", type=Path, action="append", default=[])
    parser.add_argument("--width", type=int, default=1000)
    parser.add_argument("--height", type=int, default=800)
    parser.add_argument("--growth", type=int, default=0)
    parser.add_argument("--letters", type=int, default=0)
    options = parser.parse_args()
    tiles = [tile for folder in options.images for tile in read(folder)]
    tiles = tiles or [picture((number,), side=500) for number in range(24)]
    figures = [compound_figure(tiles, SEED + number) for number in range(options.figures)]
    sized = [resized(figure.pixels, options.width, options.height) for figure in figures]
    facts: dict[str, Any] = {
        "what": "panels",
        "machine": f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores",
        "figures": len(figures),
        "size": [options.width, options.height],
        "real_images": bool(options.images),
    }
    for name, method in (("gutters", gutters), ("xy_cut", xy_cut)):
        facts[f"{name}_images_per_s"] = round(len(sized) / seconds(method, sized), 1)
        facts[name] = measured(method, figures)
    facts["ratio"] = round(facts["gutters_images_per_s"] / facts["xy_cut_images_per_s"], 2)
    if options.growth:
        spent = {count: seconds(gutters, islice(copies(sized), count)) for count in (FEW, options.growth)}
        facts["growth"] = {
            str(count): {"seconds": round(each, 2), "images_per_s": round(count / each, 1)}
            for count, each in spent.items()
        }
    if options.letters:
        facts["letters"] = letters(
            [compound_figure(tiles, LETTERED + n, lettered=True) for n in range(options.letters)]
        )
    print(canonical_json(facts))


def letters(figures: Sequence[Compound]) -> dict[str, Any]:
    """Return how many panels get their letter by order and by reading, in figures in order and shuffled."""
    reader = Reader()
    kinds: dict[str, list[GoldFigure]] = {"in order": [], "shuffled": []}
    for number, figure in enumerate(figures):
        kind = "in order" if list(figure.letters) == sorted(figure.letters) else "shuffled"
        gold = GoldFigure(place=Path(str(number)), boxes=figure.boxes, source=kind, letters=figure.letters)
        kinds[kind].append(gold)
    return {
        kind: letter_facts(rows, lambda row: figures[int(row.place.name)].pixels, reader.lines)
        for kind, rows in kinds.items()
    }


def gutters(pixels: Pixels) -> list[Box]:
    return [one.box for one in FIND(pixels)] or [(0, 0, pixels.shape[1], pixels.shape[0])]


FIND = Gutters()


def copies(images: Sequence[Pixels]) -> Iterator[Pixels]:
    """Yield the images again and again, each time a few pixels of theirs changed."""
    number = 0
    while True:
        changed = images[number % len(images)].copy()
        changed[number % 13 :: 17, number % 11 :: 19] ^= 3
        yield changed
        number += 1


def read(folder: Path) -> list[Pixels]:
    """Return the images of the folder, at most 700 pixels long."""
    found = []
    for path in sorted((*folder.rglob("*.jpg"), *folder.rglob("*.png"))):
        image = PIL.Image.open(path).convert("RGB")
        image.thumbnail((700, 700))
        found.append(np.asarray(image))
    return found


def resized(pixels: Pixels, width: int, height: int) -> Pixels:
    return np.asarray(PIL.Image.fromarray(pixels).resize((width, height), PIL.Image.Resampling.BILINEAR))


def seconds(method: Callable[[Pixels], list[Box]], images: Sequence[Pixels] | Iterator[Pixels]) -> float:
    spent = 0.0
    for pixels in images:
        start = time.process_time()
        method(pixels)
        spent += time.process_time() - start
    return spent


def measured(method: Callable[[Pixels], list[Box]], figures: Sequence[Compound]) -> dict[str, Any]:
    """Return F1 at IoU 0.5 and 0.75, in all and for each kind of figure."""
    kinds: dict[str, list[tuple[int, int, int]]] = {}
    for figure in figures:
        found = method(figure.pixels)
        hits = [matches(figure.boxes, found, least) for least in (0.5, 0.75)]
        row = (hits[0], hits[1], len(found) + len(figure.boxes))
        for kind in (
            "all",
            figure.layout,
            f"{figure.colour} gutter",
            f"gutter {band(figure.gutter)}",
            *figure.features,
        ):
            kinds.setdefault(kind, []).append(row)
    return {
        kind: {"f1": f1(rows, 0), "f1_75": f1(rows, 1), "figures": len(rows)} for kind, rows in sorted(kinds.items())
    }


def f1(rows: Sequence[tuple[int, int, int]], column: int) -> float:
    return round(2 * sum(row[column] for row in rows) / sum(row[2] for row in rows), 4)


def band(gutter: int) -> str:
    return "0 px" if gutter == 0 else "1-4 px" if gutter <= 4 else "6 px and more"


def xy_cut(pixels: Pixels) -> list[Box]:
    """Return the boxes that cutting along even lines leaves, all pixels looked at each time (Nagy 1984)."""
    grey = pixels.astype(np.float32).mean(axis=2)
    return cut(grey, (0, 0, grey.shape[1], grey.shape[0]), min(grey.shape) * LEAST)


def cut(grey: np.ndarray[Any, Any], box: Box, least: float) -> list[Box]:
    x1, y1, x2, y2 = box
    part = grey[y1:y2, x1:x2]
    for axis, first in ((0, x1), (1, y1)):
        even = part.std(axis=axis) < EVEN
        edges = np.flatnonzero(np.diff(np.concatenate(([1], even.astype(int), [1]))))
        runs = [(a + first, b + first) for a, b in zip(edges[::2], edges[1::2], strict=True) if b - a >= least]
        if len(runs) > 1:
            parts = [(a, y1, b, y2) if axis == 0 else (x1, a, x2, b) for a, b in runs]
            return [leaf for piece in parts for leaf in cut(grey, piece, least)]
    return [box]


if __name__ == "__main__":
    main()
