"""The gold of the score `panels`: figures with the boxes of their panels, and single images that must stay whole.

Boxes are a JSON list of `{"image", "width", "height", "panels": [{"box": [x1, y1, x2, y2]}]}`; a panel may have a
`label`, the letter that is drawn at it. Single images are a TSV with the columns `image` and `label`; its rows that a
list of boxes names, too, are no single images. Letters may stand in a TSV of their own with the columns `image`, `x1`,
`y1`, `x2`, `y2`, `letter`.
"""

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from met.errors import BadInput
from met.pixels import ImageRefused, inspect_image
from met.types import Box

# What a camera, a microscope or a scanner makes; drawings, charts, tables and tracings are none.
PHOTOGRAPHIC: Final = frozenset(
    {
        "light_microscopy",
        "electron_microscopy",
        "fluorescence_microscopy",
        "radiograph",
        "ct",
        "ct+radiograph",
        "mri",
        "fmri",
        "pet",
        "ultrasound",
        "angiography",
        "endoscopy",
        "otoscopy",
        "oct",
        "fundus_photo",
        "clinical_photo",
        "culture_photo",
        "gross_specimen",
        "other_photo",
    }
)
_ALIKE_BITS: Final = 3
_MAX_PIXELS: Final = 200_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldFigure:
    """A figure with the boxes of its panels; `source` is the name of its gold file.

    `letters` are those drawn at the boxes, in lower case, None where the gold tells none of a box.
    """

    place: Path
    boxes: tuple[Box, ...]
    source: str
    letters: tuple[str | None, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldSingle:
    """An image that shows one thing. `group` is the folder that it lies in, its article."""

    place: Path
    label: str
    group: str


def read_figures(path: Path, homes: Sequence[Path]) -> list[GoldFigure]:
    """Return the figures of a JSON list, in its order.

    Image paths start from one of `homes`, a parent of `path`, or the folder `NAME/images` beside `NAME.json`.

    Raises:
        BadInput: the file is no such list, or an image is missing.
    """
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        found = [(str(row["image"]), row["panels"], tuple(_box(panel) for panel in row["panels"])) for row in rows]
    except (ValueError, KeyError, TypeError) as error:
        raise BadInput(what=str(path), why="not a JSON list of figures with image and panels[box]") from error
    if not found:
        raise BadInput(what=str(path), why="holds no figures")
    return [
        GoldFigure(
            place=_place(path, image, homes),
            boxes=boxes,
            source=path.stem,
            letters=tuple(_letter(str(panel.get("label") or "")) for panel in panels),
        )
        for image, panels, boxes in found
    ]


def holds_letters(path: Path) -> bool:
    """Return whether a TSV tells letters of boxes, by its columns."""
    with path.open(encoding="utf-8") as stream:
        return {"x1", "y1", "x2", "y2", "letter"} <= set(stream.readline().rstrip("\n").split("\t"))


def read_letters(path: Path, homes: Sequence[Path]) -> list[GoldFigure]:
    """Return the figures of a TSV of letters, in its order.

    Raises:
        BadInput: a row has no numbers or no letter, or an image is missing.
    """
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t"))
    held: dict[str, list[tuple[Box, str | None]]] = {}
    for number, row in enumerate(rows, 2):
        try:
            box = (int(row["x1"]), int(row["y1"]), int(row["x2"]), int(row["y2"]))
            letter = _letter(row["letter"])
        except (ValueError, TypeError, AttributeError) as error:
            raise BadInput(what=f"{path}:{number}", why="no box of whole numbers") from error
        if letter is None:
            raise BadInput(what=f"{path}:{number}", why=f"{row['letter']!r} is no letter")
        held.setdefault(row["image"], []).append((box, letter))
    return [
        GoldFigure(
            place=_place(path, image, homes),
            boxes=tuple(box for box, _ in boxes),
            source=path.stem,
            letters=tuple(letter for _, letter in boxes),
        )
        for image, boxes in held.items()
    ]


def read_singles(path: Path, homes: Sequence[Path], figures: Sequence[GoldFigure]) -> list[GoldSingle]:
    """Return the photographic rows of a TSV: no file of `figures`, and of alike images of one folder only the first.

    Raises:
        BadInput: the file has other columns or no rows, or an image is missing or unreadable.
    """
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t"))
    if not rows or not {"image", "label"} <= rows[0].keys():
        raise BadInput(what=str(path), why="not a TSV with rows and the columns image and label")
    compound = {inspected(figure.place)[0] for figure in figures}
    return list(_singles(path, rows, homes, compound))


def _singles(
    path: Path, rows: Sequence[Mapping[str, str]], homes: Sequence[Path], compound: set[str]
) -> Iterator[GoldSingle]:
    seen: dict[str, list[int]] = {}
    for row in rows:
        if row["label"] not in PHOTOGRAPHIC:
            continue
        place = _place(path, row["image"], homes)
        sha256, phash = inspected(place)
        group = str(place.parent)
        alike = any((phash ^ other).bit_count() <= _ALIKE_BITS for other in seen.get(group, []))
        in_article = any(place.parent.glob("*.nxml")) or any(place.parent.glob("*.xml"))
        if sha256 in compound or (in_article and alike):
            continue
        seen.setdefault(group, []).append(phash)
        yield GoldSingle(place=place, label=row["label"], group=group if in_article else str(place))


def inspected(place: Path) -> tuple[str, int]:
    """Return sha256 and perceptual hash of an image file.

    Raises:
        BadInput: it cannot be read.
    """
    try:
        image = inspect_image(place.read_bytes(), max_pixels=_MAX_PIXELS)
    except (OSError, ImageRefused) as error:
        raise BadInput(what=str(place), why=str(error)) from error
    return image.sha256, image.phash & 0xFFFF_FFFF_FFFF_FFFF


def _letter(label: str) -> str | None:
    bare = label.strip("()[]., ").lower()
    return bare if len(bare) == 1 and bare.isalpha() else None


def _box(panel: Mapping[str, Any]) -> Box:
    x1, y1, x2, y2 = (round(float(value)) for value in panel["box"])
    return (x1, y1, x2, y2)


def _place(path: Path, image: str, homes: Sequence[Path]) -> Path:
    places = [*homes, *path.absolute().parents, path.absolute().with_suffix("") / "images"]
    for home in places:
        if (home / image).is_file():
            return home / image
    raise BadInput(what=str(path), why=f"image {image} not found under {places[0]}: give --images or --root")
