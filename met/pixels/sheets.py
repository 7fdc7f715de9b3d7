"""Pictures for people to look at: contact sheets, and lines of text drawn into a copy of an image."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont

from met.pixels.files import Pixels, encoded, load_image, to_rgb
from met.types import Box

Tile: TypeAlias = tuple[Pixels | bytes, Sequence[str]]


def contact_sheet(tiles: Sequence[Tile], path: Path, *, columns: int = 4, side: int = 240) -> None:
    """Write a PNG to `path` with the tiles row by row: a thumbnail of at most `side` pixels over its lines of text."""
    font = PIL.ImageFont.load_default(size=12)
    texts = [[part for line in lines for part in _wrapped(line, font, side)] for _, lines in tiles]
    rows = [range(start, min(start + columns, len(tiles))) for start in range(0, len(tiles), columns)]
    line_height, gap = 15, 8
    heights = [side + gap + line_height * max(len(texts[index]) for index in row) for row in rows]
    sheet = PIL.Image.new("RGB", (columns * (side + gap) + gap, sum(heights) + gap * (len(rows) + 1)), "white")
    draw = PIL.ImageDraw.Draw(sheet)
    top = gap
    for row, height in zip(rows, heights, strict=True):
        for column, index in enumerate(row):
            left = gap + column * (side + gap)
            content = tiles[index][0]
            thumbnail = to_rgb(load_image(content)) if isinstance(content, bytes) else PIL.Image.fromarray(content)
            thumbnail.thumbnail((side, side))
            sheet.paste(thumbnail, (left, top))
            draw.multiline_text((left, top + side + 4), "\n".join(texts[index]), fill="black", font=font, spacing=3)
        top += height + gap
    path.write_bytes(encoded(sheet, "PNG"))


def with_text(
    pixels: Pixels, text: str, *, at: tuple[int, int], size: int, colour: tuple[int, int, int]
) -> tuple[Pixels, Box]:
    """Return a copy with a line of text drawn into it, and the text's box, cut to the image.

    `at` is the upper left corner of its line, `size` the size of the type in pixels.
    """
    image = PIL.Image.fromarray(pixels).convert("RGB")
    draw, font = PIL.ImageDraw.Draw(image), PIL.ImageFont.load_default(size=size)
    left, top, right, bottom = draw.textbbox(at, text, font=font)
    draw.text(at, text, fill=colour, font=font)
    box = (max(0, int(left)), max(0, int(top)), min(image.width, int(right) + 1), min(image.height, int(bottom) + 1))
    return np.asarray(image), box


def _wrapped(line: str, font: Any, width: int) -> list[str]:
    parts = [""]
    for word in line.split():
        longer = f"{parts[-1]} {word}".strip()
        if font.getlength(longer) <= width or not parts[-1]:
            parts[-1] = longer
        else:
            parts.append(word)
    return parts
