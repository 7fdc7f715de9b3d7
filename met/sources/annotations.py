"""Boxes that people drew: COCO, YOLO and VOC files of a folder, by the image that they are of."""

import json
import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Final

from met.sources.places import Place
from met.types import Box
from met.xml import XmlRefused, parse_xml

_MAX_BYTES: Final = 1024 * 1024 * 1024
_MAX_SMALL: Final = 16 * 1024 * 1024
_NAMES: Final = re.compile(
    r"^names:\s*(?:\[(?P<inline>[^\]]*)\]|\n(?P<lines>(?:[ \t]*(?:-|\d+:).*\n?)+))", re.MULTILINE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A box of a label, in pixels of the image, fractions of them kept; `relative` ones are shares of its sides."""

    label: str
    box: tuple[float, float, float, float]
    relative: bool = False

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
        file, drawn = files.get(str(row.get("image_id"))), row.get("bbox")
        if file and isinstance(drawn, list) and len(drawn) == 4 and all(isinstance(n, (int, float)) for n in drawn):
            x, y, width, height = map(float, drawn)
            label = categories.get(str(row.get("category_id")), str(row.get("category_id")))
            boxes[file].append(Drawn(label=label, box=(x, y, x + width, y + height)))
    return boxes


def yolo_boxes(text: str, classes: Mapping[int, str]) -> list[Drawn]:
    """Return the boxes of a YOLO label file: lines of class, centre and size as shares of the image's sides.

    >>> [(one.label, one.pixels(100, 50)) for one in yolo_boxes("1 0.5 0.5 0.2 0.4", {1: "nodule"})]
    [('nodule', (40, 15, 60, 35))]
    """
    found = []
    for line in text.splitlines():
        parts = line.split()
        try:
            number, (x, y, width, height) = int(parts[0]), map(float, parts[1:5])
        except (ValueError, IndexError):
            continue
        box = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
        found.append(Drawn(label=classes.get(number, str(number)), box=box, relative=True))
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
    """Return the boxes of a VOC file, whose first pixel is 1; none where the XML is no VOC annotation."""
    try:
        root = parse_xml(data)
    except XmlRefused:
        return []
    found = []
    for element in root.iterfind("object") if root.tag == "annotation" else ():
        try:
            x1, y1, x2, y2 = (float(element.findtext(f"bndbox/{side}")) for side in ("xmin", "ymin", "xmax", "ymax"))
        except (TypeError, ValueError):
            continue
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
