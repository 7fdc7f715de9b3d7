"""Compound figures made of single images, with the exact box of every panel: to measure and to train detectors on.

The same seed gives the same figure. Layouts, gutters, margins, letters inside and outside, captions, row and column
labels, colour bars, insets, drawings and JPEG artefacts vary.
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

LAYOUTS: Final = {
    "grid": 0.26,
    "rows": 0.18,
    "columns": 0.12,
    "one_and_stack": 0.14,
    "irregular": 0.12,
    "ragged": 0.08,
    "single": 0.1,
}
COLOURS: Final = {
    "white": (255, 255, 255),
    "black": (0, 0, 0),
    "grey": (128, 128, 128),
    "light": (220, 220, 220),
}
INKS: Final = ((255, 255, 0), (0, 0, 0), (255, 255, 255))
LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"
FORMS: Final = ("{}", "{})", "({})", "{}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Compound:
    """A made figure, uint8 (H, W, 3), the boxes of its panels in reading order, and how it was made.

    `letters` are those that stand in or beside the boxes, in lower case; empty where none are drawn.
    """

    pixels: Pixels
    boxes: tuple[Box, ...]
    letters: tuple[str, ...]
    layout: str
    gutter: int
    colour: str
    features: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """What is drawn besides the tiles; `above` and `below` are strips of paper at each panel, in pixels."""

    above: int
    below: int
    left: int
    top: int
    bars: bool
    letters: bool
    shuffled: bool
    inset: bool
    form: str


def compound_figure(tiles: Sequence[Pixels], seed: int, *, lettered: bool = False) -> Compound:
    """Return a figure of some of the tiles; `lettered` figures have letters and at least two panels."""
    draw = np.random.default_rng(seed)
    names, weights = list(LAYOUTS), np.array(list(LAYOUTS.values()))
    if lettered:
        weights[names.index("single")] = 0.0
    layout = str(draw.choice(names, p=weights / weights.sum()))
    colour = str(draw.choice(list(COLOURS), p=(0.55, 0.25, 0.1, 0.1)))
    gutter = int(draw.choice((0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32)))
    width = int(draw.integers(400, 1400))
    plan = _plan(draw, layout, colour, gutter, lettered=lettered)
    places = _places(layout, draw, width, gutter, plan.above + plan.below)
    margin = int(draw.integers(4, 30)) if gutter and draw.random() < 0.25 else 0
    left, top = margin + plan.left, margin + plan.top + plan.above
    high = max(box[3] for box in places) + top + plan.below + margin
    canvas = PIL.Image.new("RGB", (width + left + margin, high), COLOURS[colour])
    pen = PIL.ImageDraw.Draw(canvas)
    boxes = [(x1 + left, y1 + top, x2 + left, y2 + top) for x1, y1, x2, y2 in places]
    letters = list(LETTERS[: len(boxes)])
    if plan.shuffled:
        letters = [letters[at] for at in draw.permutation(len(letters))]
    for number, box in enumerate(boxes):
        boxes[number] = box = _with_bar(pen, box, draw) if plan.bars and draw.random() < 0.6 else box
        canvas.paste(_covering(tiles[int(draw.integers(len(tiles)))], box[2] - box[0], box[3] - box[1]), box[:2])
        if plan.inset and number == 0:
            _inset(canvas, pen, box, tiles[int(draw.integers(len(tiles)))])
        _letter(pen, box, letters[number], plan, draw)
    _labels(pen, boxes, plan, margin)
    return Compound(
        pixels=_as_jpeg(canvas, int(draw.integers(40, 96))),
        boxes=tuple(boxes),
        letters=tuple(letters) if plan.letters else (),
        layout=layout,
        gutter=gutter,
        colour=colour,
        features=_features(plan, margin),
    )


def _plan(draw: np.random.Generator, layout: str, colour: str, gutter: int, *, lettered: bool) -> _Plan:
    # Captions, outer letters, labels and colour bars need paper to stand on.
    paper = colour in ("white", "light") and gutter >= 4
    chance = draw.random()
    captions, outside = paper and chance < 0.25, paper and 0.25 <= chance < 0.5
    letters = layout != "single" and (lettered or captions or outside or draw.random() < 0.6)
    return _Plan(
        below=int(draw.integers(18, 40)) if captions else 0,
        above=int(draw.integers(20, 36)) if outside else 0,
        left=30 if paper and layout == "grid" and draw.random() < 0.2 else 0,
        top=26 if paper and layout == "grid" and draw.random() < 0.25 else 0,
        bars=bool(paper and draw.random() < 0.15),
        letters=letters,
        shuffled=bool(letters and draw.random() < 0.3),
        inset=bool(draw.random() < 0.12),
        form=str(draw.choice(FORMS)),
    )


def _features(plan: _Plan, margin: int) -> tuple[str, ...]:
    named = {
        "captions": plan.below > 0,
        "letters_outside": plan.above > 0,
        "letters_inside": plan.letters and not plan.above and not plan.below,
        "shared_labels": plan.left + plan.top > 0,
        "colour_bars": plan.bars,
        "inset": plan.inset,
        "margin": margin > 0,
    }
    return tuple(name for name, has in named.items() if has)


# ---------------------------------------------------------------- where panels stand


def _places(layout: str, draw: np.random.Generator, width: int, gutter: int, strip: int) -> list[Box]:
    """Return the boxes of the layout, `gutter` apart, with `strip` more between one row and the next."""
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
    if layout in ("rows", "ragged"):
        return _rows(draw, width, gutter, strip, ragged=layout == "ragged")
    high = int(width * draw.uniform(0.5, 1.0))
    if layout == "irregular":
        return _halved((0, 0, width, high), draw, gutter, strip, depth=0)
    if layout == "columns":
        boxes = []
        for x1, x2 in _shares(draw, int(draw.integers(2, 4)), width, gutter):
            count = int(draw.integers(1, 4))
            boxes += [(x1, y1, x2, y2) for y1, y2 in _shares(draw, count, high, gutter + strip)]
        return boxes
    left = int(width * draw.uniform(0.45, 0.65))
    stack = _shares(draw, int(draw.integers(2, 4)), high, gutter + strip)
    return [(0, 0, left, high), *((left + gutter, y1, width, y2) for y1, y2 in stack)]


def _rows(draw: np.random.Generator, width: int, gutter: int, strip: int, *, ragged: bool) -> list[Box]:
    """Return rows of panels; where ragged, those of one row stand on one top line and differ in height."""
    boxes, top = [], 0
    for _ in range(int(draw.integers(1, 4))):
        spans = _shares(draw, int(draw.integers(2, 5)), width, gutter)
        high = int(width * draw.uniform(0.2, 0.4))
        boxes += [
            (x1, top, x2, top + (int(high * draw.uniform(0.65, 1.0)) if ragged and at else high))
            for at, (x1, x2) in enumerate(spans)
        ]
        top += high + gutter + strip
    return boxes


def _halved(box: Box, draw: np.random.Generator, gutter: int, strip: int, *, depth: int) -> list[Box]:
    """Return the box cut in two again and again, along its longer side."""
    x1, y1, x2, y2 = box
    wide, high = x2 - x1, y2 - y1
    if depth == 3 or (depth and draw.random() < 0.3) or min(wide, high) < 150 + gutter + strip:
        return [box]
    at = draw.uniform(0.35, 0.65)
    if wide >= high:
        middle = x1 + int((wide - gutter) * at)
        halves = ((x1, y1, middle, y2), (middle + gutter, y1, x2, y2))
    else:
        middle = y1 + int((high - gutter - strip) * at)
        halves = ((x1, y1, x2, middle), (x1, middle + gutter + strip, x2, y2))
    return [part for half in halves for part in _halved(half, draw, gutter, strip, depth=depth + 1)]


def _shares(draw: np.random.Generator, count: int, length: int, gutter: int) -> list[tuple[int, int]]:
    weights = draw.uniform(0.7, 1.5, count)
    free = length - gutter * (count - 1)
    ends = np.round(np.cumsum(weights) / weights.sum() * free).astype(int)
    starts = np.concatenate(([0], ends[:-1]))
    return [(int(a) + at * gutter, int(b) + at * gutter) for at, (a, b) in enumerate(zip(starts, ends, strict=True))]


# ---------------------------------------------------------------- what is drawn


def _letter(pen: Any, box: Box, letter: str, plan: _Plan, draw: np.random.Generator) -> None:
    if not plan.letters:
        return
    upper = not plan.below and plan.form in ("{}", "{}.")
    text = plan.form.format(letter.upper() if upper else letter)
    if plan.below:
        pen.text(((box[0] + box[2]) // 2 - 8, box[3] + 5), text, fill=(0, 0, 0), font=PIL.ImageFont.load_default(16))
    elif plan.above:
        size = min(26, plan.above - 4)
        pen.text((box[0], box[1] - plan.above), text, fill=(0, 0, 0), font=PIL.ImageFont.load_default(size))
    else:
        size = int(np.clip((box[3] - box[1]) // 9, 14, 34))
        right, low = draw.random() < 0.15, draw.random() < 0.15
        x = box[2] - size * len(text) if right else box[0] + 5
        y = box[3] - size - 8 if low else box[1] + 3
        if draw.random() < 0.3:
            pen.rectangle((x - 3, y, x + size * len(text) * 2 // 3 + 2, y + size + 6), fill=(255, 255, 255))
            pen.text((x, y), text, fill=(0, 0, 0), font=PIL.ImageFont.load_default(size))
        else:
            ink = INKS[int(draw.integers(len(INKS)))]
            pen.text((x, y), text, fill=ink, font=PIL.ImageFont.load_default(size))


def _labels(pen: Any, boxes: Sequence[Box], plan: _Plan, margin: int) -> None:
    """Draw a word above each column and beside each row of a grid."""
    font = PIL.ImageFont.load_default(15)
    if plan.top:
        for x in sorted({box[0] for box in boxes}):
            pen.text((x + 20, margin + 4), f"Day {x % 9}", fill=(0, 0, 0), font=font)
    if plan.left:
        for y in sorted({box[1] for box in boxes}):
            pen.text((margin + 3, y + 30), f"T{y % 3}", fill=(0, 0, 0), font=font)


def _with_bar(pen: Any, box: Box, draw: np.random.Generator) -> Box:
    """Draw a colour bar at the right of the box, and return what is left of it for the picture."""
    x1, y1, x2, y2 = box
    wide = int(draw.integers(8, 16))
    if x2 - x1 < 8 * wide or y2 - y1 < 80:
        return box
    top, bottom = y1 + (y2 - y1) // 8, y2 - (y2 - y1) // 8
    for y in range(top, bottom):
        share = (y - top) / (bottom - top)
        pen.line(
            (x2 - wide - 18, y, x2 - 18, y), fill=(int(255 * share), int(90 * (1 - share)), int(255 * (1 - share)))
        )
    for at, text in ((top, "9"), (bottom - 12, "0")):
        pen.text((x2 - 14, at), text, fill=(0, 0, 0), font=PIL.ImageFont.load_default(11))
    return (x1, y1, x2 - wide - 26, y2)


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
