"""What people drew: boxes and outlines of COCO, YOLO and VOC files of a folder, by the image that they are of."""

import json
import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Final

from met.sources.outlines import Outline, around, outline_of, ring_of
from met.sources.places import Place
from met.types import Box
from met.xml import XmlRefused, parse_xml

_MAX_BYTES: Final = 1024 * 1024 * 1024
_MAX_SMALL: Final = 16 * 1024 * 1024
# What stands where a box should and is none: it has no pixels in any image.
_UNREADABLE: Final = (math.nan, math.nan, math.nan, math.nan)
_NAMES: Final = re.compile(
    r"^names:\s*(?:\[(?P<inline>[^\]]*)\]|\n(?P<lines>(?:[ \t]*(?:-|\d+:).*\n?)+))", re.MULTILINE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A box of a label, in pixels of the image, fractions of them kept; `relative` ones are shares of its sides.

    `outline` is what was drawn within the box, in the same units, where more than the box was.
    """

    label: str
    box: tuple[float, float, float, float]
    relative: bool = False
    outline: Outline | None = None

    def pixels(self, width: int, height: int) -> Box | None:
        """Return the box in whole pixels, rounded outwards and cut to the image; None where nothing is left of it."""
        scale = (width, height, width, height) if self.relative else (1, 1, 1, 1)
        x1, y1, x2, y2 = (part * by for part, by in zip(self.box, scale, strict=True))
        if not all(map(math.isfinite, (x1, y1, x2, y2))):
            return None
        slack = 1e-6
        box = (
            max(0, math.floor(x1 + slack)),
            max(0, math.floor(y1 + slack)),
            min(width, math.ceil(x2 - slack)),
            min(height, math.ceil(y2 - slack)),
        )
        return box if box[0] < box[2] and box[1] < box[3] else None


def coco_boxes(place: Place, name: str) -> dict[str, list[Drawn]]:
    """Return the boxes of a COCO file by the name of the image; empty where the JSON is none of COCO's shape."""
    data = place.read(name, limit=_MAX_BYTES)
    try:
        found = json.loads(data or b"")
    except (ValueError, RecursionError):
        return {}
    if not isinstance(found, dict) or not all(isinstance(found.get(part), list) for part in ("images", "annotations")):
        return {}
    files = {_id(row): str(row.get("file_name", "")) for row in _objects(found["images"])}
    categories = {_id(row): str(row.get("name", row.get("id"))) for row in _objects(found.get("categories") or [])}
    boxes: defaultdict[str, list[Drawn]] = defaultdict(list)
    for row in _objects(found["annotations"]):
        file = files.get(str(row.get("image_id")))
        outline = outline_of(row.get("segmentation"))
        if file:
            label = categories.get(str(row.get("category_id")), str(row.get("category_id")))
            boxes[file].append(Drawn(label=label, box=_coco_box(row.get("bbox"), outline), outline=outline))
    return boxes


def _coco_box(drawn: Any, outline: Outline | None) -> tuple[float, float, float, float]:
    """Return the box that is stated, else that around the polygons; one of no pixels where neither says one."""
    if isinstance(drawn, list) and len(drawn) == 4 and all(isinstance(number, (int, float)) for number in drawn):
        x, y, width, height = map(float, drawn)
        return x, y, x + width, y + height
    return around(outline) if isinstance(outline, tuple) else _UNREADABLE


def yolo_boxes(text: str, classes: Mapping[int, str]) -> list[Drawn]:
    """Return what a YOLO label file says, all as shares of the image's sides: lines of class, centre and size, or of
    class and the corners of a polygon. A line that is neither has a box of no pixels.

    >>> [(one.label, one.pixels(100, 50)) for one in yolo_boxes("1 0.5 0.5 0.2 0.4", {1: "nodule"})]
    [('nodule', (40, 15, 60, 35))]
    """
    found = []
    for line in filter(str.strip, text.splitlines()):
        first, *rest = line.split()
        try:
            label, shares = classes.get(int(first), first), list(map(float, rest))
        except ValueError:
            label, shares = first, []
        ring = ring_of(shares)
        box = _UNREADABLE
        if ring is not None:
            box = around([ring])
        elif len(shares) in (4, 5):  # The fifth is the confidence of a detector.
            x, y, width, height = shares[:4]
            box = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
        found.append(Drawn(label=label, box=box, relative=True, outline=(ring,) if ring else None))
    return found


def yolo_classes(place: Place, names: Iterable[str]) -> dict[int, str]:
    """Return the classes of a YOLO dataset by number, from its data.yaml or its classes.txt."""
    for name in names:
        base = PurePosixPath(name).name
        text = (place.read(name, limit=_MAX_SMALL) or b"").decode("utf-8", "replace")
        if base in {"classes.txt", "obj.names"}:
            return dict(enumerate(line.strip() for line in text.splitlines() if line.strip()))
        found = _NAMES.search(text) if base in {"data.yaml", "data.yml", "dataset.yaml"} else None
        if found:
            return _listed(found["inline"], found["lines"])
    return {}


def voc_boxes(data: bytes) -> list[Drawn]:
    """Return the boxes of a VOC file, whose first pixel is 1; none where the XML is no VOC annotation.

    An object without readable numbers has a box of no pixels.
    """
    try:
        root = parse_xml(data)
    except XmlRefused:
        return []
    found = []
    for element in root.iterfind("object") if root.tag == "annotation" else ():
        sides = (element.findtext(f"bndbox/{side}") or "" for side in ("xmin", "ymin", "xmax", "ymax"))
        try:
            x1, y1, x2, y2 = map(float, sides)
        except ValueError:
            x1, y1, x2, y2 = _UNREADABLE
        found.append(Drawn(label=(element.findtext("name") or "").strip(), box=(x1 - 1, y1 - 1, x2, y2)))
    return found


def _listed(inline: str | None, lines: str | None) -> dict[int, str]:
    if inline is not None:
        return dict(enumerate(part.strip().strip("'\"") for part in inline.split(",") if part.strip()))
    classes: dict[int, str] = {}
    for line in (lines or "").splitlines():
        number, _, value = (
            line.strip().lstrip("-").partition(":") if not line.strip().startswith("-") else ("", "", line)
        )
        key = int(number) if number.strip().isdigit() else len(classes)
        classes[key] = value.strip().lstrip("-").strip().strip("'\"")
    return classes


def _objects(rows: Iterable[Any]) -> list[dict[str, Any]]:
    return [row for row in rows if isinstance(row, dict)]


def _id(row: Mapping[str, Any]) -> str:
    return str(row.get("id"))
