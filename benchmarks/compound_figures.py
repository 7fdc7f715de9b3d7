"""Compound figures made of single images, with the exact box of every panel: to tune and to train panel detectors on.

The same seed gives the same figure. Layouts, gutters, margins, letters, captions, insets and JPEG artefacts vary.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont
from numpy.typing import NDArray

from met.types import Box

Pixels: TypeAlias = NDArray[np.uint8]

LAYOUTS: Final = ("grid", "rows", "columns", "one_and_stack", "single")
COLOURS: Final = {
    "white": (255, 255, 255),
    "black": (0, 0, 0),
    "grey": (128, 128, 128),
    "light": (220, 220, 220),
}
LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True, kw_only=True)
class Compound:
    """A made figure, uint8 (H, W, 3), the boxes of its panels in reading order, and how it was made."""

    pixels: Pixels
    boxes: tuple[Box, ...]
    layout: str
    gutter: int
    colour: str
    features: tuple[str, ...]


def compound_figure(tiles: Sequence[Pixels], seed: int) -> Compound:
    """Return a figure of some of the tiles."""
    draw = np.random.default_rng(seed)
    layout = str(draw.choice(LAYOUTS, p=(0.35, 0.25, 0.15, 0.15, 0.1)))
    colour = str(draw.choice(list(COLOURS), p=(0.55, 0.25, 0.1, 0.1)))
    gutter = int(draw.choice((0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32)))
    width = int(draw.integers(400, 1400))
    # Captions need paper to stand on.
    captions = bool(colour == "white" and gutter >= 6 and draw.random() < 0.4)
    strip = int(draw.integers(18, 40)) if captions else 0
    places = _places(layout, draw, width, gutter, strip)
    margin = int(draw.integers(4, 30)) if gutter and draw.random() < 0.25 else 0
    high = max(box[3] for box in places) + strip + 2 * margin
    canvas = PIL.Image.new("RGB", (width + 2 * margin, high), COLOURS[colour])
    pen = PIL.ImageDraw.Draw(canvas)
    letters = not captions and layout != "single" and draw.random() < 0.6
    inset = bool(draw.random() < 0.15)
    boxes: list[Box] = []
    for number, (x1, y1, x2, y2) in enumerate(places):
        box = (x1 + margin, y1 + margin, x2 + margin, y2 + margin)
        canvas.paste(_covering(tiles[int(draw.integers(len(tiles)))], x2 - x1, y2 - y1), box[:2])
        if inset and number == 0:
            _inset(canvas, pen, box, tiles[int(draw.integers(len(tiles)))])
        if letters:
            ink = (255, 255, 0) if draw.random() < 0.5 else (0, 0, 0)
            pen.text((box[0] + 5, box[1] + 3), LETTERS[number].upper(), fill=ink, font=PIL.ImageFont.load_default(18))
        if captions:
            middle = (box[0] + box[2]) // 2 - 8
            pen.text((middle, box[3] + 5), f"({LETTERS[number]})", fill=(0, 0, 0), font=PIL.ImageFont.load_default(14))
        boxes.append(box)
    named = {"captions": captions, "letters": letters, "inset": inset, "margin": margin > 0}
    return Compound(
        pixels=_as_jpeg(canvas, int(draw.integers(55, 96))),
        boxes=tuple(boxes),
        layout=layout,
        gutter=gutter,
        colour=colour,
        features=tuple(name for name, has in named.items() if has),
    )


def _places(layout: str, draw: np.random.Generator, width: int, gutter: int, strip: int) -> list[Box]:
    if layout == "single":
        return [(0, 0, width, int(width * draw.uniform(0.5, 1.2)))]
    if layout == "grid":
        columns, rows = int(draw.integers(1, 6)), int(draw.integers(1, 5))
        rows = max(rows, 2) if columns == 1 else rows
        wide = (width - (columns - 1) * gutter) // columns
        high = int(wide * draw.uniform(0.6, 1.3))
        return [
            (x, y, x + wide, y + high)
            for y in range(0, rows * (high + gutter + strip), high + gutter + strip)
            for x in range(0, columns * (wide + gutter), wide + gutter)
        ]
    if layout == "rows":
        boxes, top = [], 0
        for _ in range(int(draw.integers(1, 4))):
            spans = _shares(draw, int(draw.integers(2, 5)), width, gutter)
            high = int(width * draw.uniform(0.2, 0.4))
            boxes += [(x1, top, x2, top + high) for x1, x2 in spans]
            top += high + gutter + strip
        return boxes
    if layout == "columns":
        high = int(width * draw.uniform(0.5, 1.0))
        boxes = []
        for x1, x2 in _shares(draw, int(draw.integers(2, 4)), width, gutter):
            count = int(draw.integers(1, 4))
            boxes += [(x1, y1, x2, y2) for y1, y2 in _shares(draw, count, high, gutter + strip)]
        return boxes
    high = int(width * draw.uniform(0.5, 0.9))
    left = int(width * draw.uniform(0.45, 0.65))
    stack = _shares(draw, int(draw.integers(2, 4)), high, gutter + strip)
    return [(0, 0, left, high), *((left + gutter, y1, width, y2) for y1, y2 in stack)]


def _shares(draw: np.random.Generator, count: int, length: int, gutter: int) -> list[tuple[int, int]]:
    weights = draw.uniform(0.7, 1.5, count)
    free = length - gutter * (count - 1)
    ends = np.round(np.cumsum(weights) / weights.sum() * free).astype(int)
    starts = np.concatenate(([0], ends[:-1]))
    return [(int(a) + at * gutter, int(b) + at * gutter) for at, (a, b) in enumerate(zip(starts, ends, strict=True))]


def _covering(tile: Pixels, width: int, height: int) -> Any:
    image = PIL.Image.fromarray(tile)
    scale = max(width / image.width, height / image.height)
    size = (max(width, round(image.width * scale)), max(height, round(image.height * scale)))
    large = image.resize(size, PIL.Image.Resampling.BILINEAR)
    x, y = (large.width - width) // 2, (large.height - height) // 2
    return large.crop((x, y, x + width, y + height))


def _inset(canvas: Any, pen: Any, box: Box, tile: Pixels) -> None:
    wide, high = (box[2] - box[0]) // 3, (box[3] - box[1]) // 3
    if wide < 24 or high < 24:
        return
    corner = (box[2] - wide, box[3] - high)
    canvas.paste(_covering(tile, wide, high), corner)
    pen.rectangle((*corner, box[2] - 1, box[3] - 1), outline=(255, 255, 255), width=2)


def _as_jpeg(image: Any, quality: int) -> Pixels:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return np.asarray(PIL.Image.open(io.BytesIO(out.getvalue())).convert("RGB"))
