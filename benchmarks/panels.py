"""Measure the search for panels against a plain XY-cut in numpy, in one run, and print one JSON line.

    python benchmarks/panels.py [--figures N] [--images FOLDER] [--width 1000] [--height 800]

Figures are made of single images (`benchmarks/compound_figures.py`): those of FOLDER, else smooth random fields.
Seconds are of one core without decoding, processor time; F1 is at IoU 0.5 on the same figures.
"""

import argparse
import os
import platform
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
from compound_figures import Compound, Pixels, compound_figure

from met.evaluate.panels import matches
from met.evaluate.synthetic import picture
from met.harvest.panels import Gutters
from met.keys import canonical_json
from met.types import Box

SEED = 90_000
LEAST = 0.05
EVEN = 6.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--figures", type=int, default=100)
    parser.add_argument("--images", type=Path, default=None)
    parser.add_argument("--width", type=int, default=1000)
    parser.add_argument("--height", type=int, default=800)
    options = parser.parse_args()
    tiles = read(options.images) if options.images else [picture((number,), side=500) for number in range(24)]
    figures = [compound_figure(tiles, SEED + number) for number in range(options.figures)]
    sized = [resized(figure.pixels, options.width, options.height) for figure in figures]
    find = Gutters()

    def boxes(pixels: Pixels) -> list[Box]:
        return [one.box for one in find(pixels)] or [(0, 0, pixels.shape[1], pixels.shape[0])]

    facts: dict[str, Any] = {
        "what": "panels",
        "machine": f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores",
        "figures": len(figures),
        "size": [options.width, options.height],
        "real_images": options.images is not None,
    }
    for name, method in (("gutters", boxes), ("xy_cut", xy_cut)):
        facts[f"{name}_images_per_s"] = round(len(sized) / seconds(method, sized), 1)
        facts[f"{name}_f1"] = round(f1(method, figures), 4)
    facts["ratio"] = round(facts["gutters_images_per_s"] / facts["xy_cut_images_per_s"], 2)
    print(canonical_json(facts))


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


def seconds(method: Callable[[Pixels], list[Box]], images: Sequence[Pixels]) -> float:
    start = time.process_time()
    for pixels in images:
        method(pixels)
    return time.process_time() - start


def f1(method: Callable[[Pixels], list[Box]], figures: Sequence[Compound]) -> float:
    hits = sides = 0
    for figure in figures:
        found = method(figure.pixels)
        hits += matches(figure.boxes, found, 0.5)
        sides += len(found) + len(figure.boxes)
    return 2 * hits / sides


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
