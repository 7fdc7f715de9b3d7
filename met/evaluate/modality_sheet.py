"""The confusion matrix of the kinds of image as a picture, and below it the images that were taken for another kind."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from met.evaluate.modality_gold import LabelledImage
from met.pixels import encode_png
from met.pixels.sheets import contact_sheet, with_text

_CELL: Final = 34
_LEFT: Final = 190
_TOP: Final = 190
_MOST: Final = 48
_COLUMNS: Final = 6
_SIDE: Final = 180
_INK: Final = (20, 20, 20)


def write_sheet(path: Path, rows: Sequence[LabelledImage], facts: Mapping[str, Any]) -> None:
    """Write two PNGs: the matrix of `measures` to `path`, and beside it the wrong images as NAME-wrong.png.

    A cell is green where it is right and red where it is wrong, as strongly as its share of the row.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    found = {label: row["found_as"] for label, row in facts["per_class"].items()}
    path.write_bytes(encode_png(matrix(found)))
    places = {row.image: row for row in rows}
    tiles = [
        (places[wrong["image"]].place.read_bytes(), (Path(wrong["image"]).name, f"{wrong['gold']} -> {wrong['found']}"))
        for wrong in facts["wrong"]
    ]
    if tiles:
        beside = path.with_name(f"{path.stem}-wrong.png")
        contact_sheet(tiles[:_MOST], beside, columns=_COLUMNS, side=_SIDE)


def matrix(found_as: Mapping[str, Mapping[str, int]]) -> NDArray[np.uint8]:
    """Return the matrix as an image, uint8 (H, W, 3): gold by rows, what it was taken for by columns, with counts."""
    down = sorted(found_as)
    across = sorted({*down, *(label for row in found_as.values() for label in row)})
    picture = np.full((_TOP + _CELL * len(down) + 8, _LEFT + _CELL * len(across) + 8, 3), 255, dtype=np.uint8)
    for x, label in enumerate(across):
        picture = _upright(picture, label, _LEFT + x * _CELL)
    for y, label in enumerate(down):
        top = _TOP + y * _CELL
        picture, _ = with_text(picture, label, at=(4, top + 8), size=13, colour=_INK)
        total = sum(found_as[label].values())
        for x, other in enumerate(across):
            count = found_as[label].get(other, 0)
            left = _LEFT + x * _CELL
            picture = np.array(picture)
            picture[top + 1 : top + _CELL - 1, left + 1 : left + _CELL - 1] = _shade(
                count / total, right=label == other
            )
            if count:
                picture, _ = with_text(picture, str(count), at=(left + 5, top + 8), size=13, colour=_INK)
    return np.asarray(picture)


def _shade(share: float, *, right: bool) -> tuple[int, int, int]:
    pale = round(245 - 150 * share)
    return (pale, 245, pale) if right else (245, pale, pale) if share else (245, 245, 245)


def _upright(picture: NDArray[np.uint8], label: str, left: int) -> NDArray[np.uint8]:
    """Return the picture with the label written upwards above a column."""
    strip, _ = with_text(np.full((_CELL, _TOP - 8, 3), 255, dtype=np.uint8), label, at=(2, 8), size=13, colour=_INK)
    copy = np.array(picture)
    copy[4 : _TOP - 4, left : left + _CELL] = np.rot90(strip)
    return copy
