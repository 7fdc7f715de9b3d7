"""Contact sheets of splits: gold boxes in red, found boxes in green inside them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np

from met.harvest.panels.page import Pixels
from met.pixels import decode_rgb
from met.pixels.sheets import contact_sheet
from met.types import Box

Split: TypeAlias = tuple[Path, Sequence[Box], Sequence[Box]]
_RED: Final = (230, 0, 0)
_GREEN: Final = (0, 190, 0)
_MOST: Final = 60


def write_sheets(folder: Path, *, right: Sequence[Split], wrong: Sequence[Split], cut: Sequence[Split]) -> None:
    """Write `right.png`, `wrong.png` and `cut.png` to `folder`, each where it has anything to show."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, splits in (("right", right), ("wrong", wrong), ("cut", cut)):
        if splits:
            tiles = [
                (drawn(*split), (split[0].name, f"{len(split[1])} gold, {len(split[2])} found")) for split in splits
            ]
            contact_sheet(tiles[:_MOST], folder / f"{name}.png", columns=6)


def drawn(place: Path, gold: Sequence[Box], found: Sequence[Box]) -> Pixels:
    """Return the image with its boxes drawn into it."""
    pixels = np.array(decode_rgb(place.read_bytes()))
    thick = max(2, max(pixels.shape[:2]) // 120)
    for boxes, colour, inset in ((gold, _RED, 0), (found, _GREEN, thick)):
        for x1, y1, x2, y2 in boxes:
            left, top, right, bottom = x1 + inset, y1 + inset, x2 - inset, y2 - inset
            for rows, columns in (
                (slice(top, top + thick), slice(left, right)),
                (slice(max(0, bottom - thick), bottom), slice(left, right)),
                (slice(top, bottom), slice(left, left + thick)),
                (slice(top, bottom), slice(max(0, right - thick), right)),
            ):
                pixels[rows, columns] = colour
    return pixels
