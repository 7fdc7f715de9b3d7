"""A folder of images as a whole: which files are images, and which table row, label, mask and boxes each has."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, Final

from met.errors import BadInput
from met.harvest.brought import Brought
from met.harvest.jats.graphics import EXTENSIONS
from met.sources.annotations import Drawn, coco_boxes, yolo_classes
from met.sources.labels import LabelMap, read_label_map, table_rows
from met.sources.pairs import brought_of
from met.sources.places import Place

NIFTI: Final = (".nii", ".nii.gz")
TABLES: Final = ("metadata.csv", "metadata.tsv", "metadata.jsonl")
# Folders that say what kind of files they hold, and those that say what for; neither is a class.
_IMAGES: Final = frozenset({"images", "image", "imgs", "img", "jpegimages", "imagestr", "imagests", "raw"})
_MASKS: Final = frozenset(
    {"masks", "mask", "annotations", "segmentations", "segmentation", "labels", "labelstr", "groundtruth", "gt"}
)
_SPLITS: Final = frozenset(
    {"train", "val", "valid", "validation", "test", "testing", "training", "data", "all", "frames"}
)
_MASK_ENDINGS: Final = ("_mask", "-mask", "_seg", "_segmentation", "_label", "_labels", "_gt")
_MAX_TABLE: Final = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """All that the folder says of one image."""

    label: str | None = None
    row: Mapping[str, Any] = field(default_factory=dict)
    mask: str | None = None
    yolo: str | None = None
    voc: str | None = None
    coco: tuple[Drawn, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """A folder as a whole: its images by name with what is said of them, its classes, its labels."""

    images: Mapping[str, Said]
    classes: Mapping[int, str]
    labels: LabelMap


def folder_of(place: Place, text: str) -> Folder:
    """Return the folder at `place`, which the user named `text`; only tables and annotations are read.

    Raises:
        BadInput: there is no image, or the label map or a table cannot be used.
    """
    names = place.names()
    pictures = [name for name in names if is_picture(name)]
    masks = {name: stem for name in pictures if (stem := _masked(name)) is not None}
    of_image = _partners([name for name in pictures if name not in masks], masks)
    images = [name for name in pictures if name not in of_image.values()]
    if not images:
        raise BadInput(what=f"images {text}"[:200], why=f"holds no image ({', '.join((*EXTENSIONS, *NIFTI))})")
    rows, coco = _tables(place, names, images), _coco(place, names, images)
    notes = {
        suffix: _partners(images, {name: _stem(name) for name in names if name.lower().endswith(suffix)})
        for suffix in (".txt", ".xml")
    }
    labels = read_label_map(place)
    folders = {name: label for name in images if (label := _class_of(name)) is not None}
    said = {}
    for name in images:
        row, boxes = rows.get(name, {}), tuple(coco.get(name, ()))
        notes_of = {"yolo": notes[".txt"].get(name), "voc": notes[".xml"].get(name)}
        # A folder's name is a label where the map knows it, or where such folders are all that tells images apart.
        plain = not row and not boxes and not any(notes_of.values()) and len(set(folders.values())) > 1
        label = folders.get(name)
        known = label is not None and (plain or label.lower() in labels.meanings)
        said[name] = Said(label=label if known else None, row=row, mask=of_image.get(name), coco=boxes, **notes_of)
    return Folder(images=said, classes=yolo_classes(place, names), labels=labels)


def is_picture(name: str) -> bool:
    """Return whether `name` is that of an image file or of a NIfTI volume."""
    return name.lower().endswith((*EXTENSIONS, *NIFTI))


def _stem(name: str) -> str:
    """Return the name of a file without folder and ending; a NIfTI volume may number its channel."""
    base = PurePosixPath(name).name
    lowered = base.lower()
    if lowered.endswith(NIFTI):
        stem = base[: -len(".nii.gz")] if lowered.endswith(".gz") else base[: -len(".nii")]
        return stem.removesuffix("_0000")
    return PurePosixPath(base).stem


def _masked(name: str) -> str | None:
    """Return the stem of the image that `name` would be the mask of; None where its name says nothing of masks."""
    stem = _stem(name)
    for ending in _MASK_ENDINGS:
        if stem.lower().endswith(ending) and len(stem) > len(ending):
            return stem[: -len(ending)]
    folders = {part.lower() for part in PurePosixPath(name).parts[:-1]}
    return stem if folders & _MASKS else None


def _class_of(name: str) -> str | None:
    """Return the folder of an image as its label, unless the folder only says what its files are for."""
    for part in reversed(PurePosixPath(name).parts[:-1]):
        if part.lower() not in _IMAGES | _MASKS | _SPLITS:
            return part
    return None


def _partners(images: Iterable[str], others: Mapping[str, str]) -> dict[str, str]:
    """Return the file that belongs to each image; `others` maps files to the stem of their image.

    Stem and folders must be the same, whatever their folders say of the kind of file; else the two must be the only
    ones of their stem. A volume goes with a volume.
    """
    by_place: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    by_stem: defaultdict[str, list[str]] = defaultdict(list)
    stems = Counter(_stem(image) for image in images)
    for name, stem in sorted(others.items()):
        by_place[_place_key(name, stem)].append(name)
        by_stem[stem].append(name)
    found = {}
    for image in images:
        stem = _stem(image)
        alone = by_stem[stem] if stems[stem] == len(by_stem[stem]) == 1 else []
        for name in [*by_place[_place_key(image, stem)], *alone]:
            volume = name.lower().endswith(NIFTI)
            if name != image and (volume == image.lower().endswith(NIFTI) or not is_picture(name)):
                found[image] = name
                break
    return found


def _place_key(name: str, stem: str) -> tuple[str, ...]:
    folders = (part for part in PurePosixPath(name).parts[:-1] if part.lower() not in _IMAGES | _MASKS)
    return (*folders, stem)


def _resolved(images: Sequence[str]) -> Mapping[str, str]:
    """Return the images by their whole names, and by the ends of them that only one image has."""
    ends: Counter[str] = Counter(PurePosixPath(name).name for name in images)
    by_end = {PurePosixPath(name).name: name for name in images if ends[PurePosixPath(name).name] == 1}
    by_stem = {_stem(name): name for name in images}
    return {**by_stem, **by_end, **{name: name for name in images}}


def _tables(place: Place, names: Sequence[str], images: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    """Return the rows of metadata.csv, .tsv or .jsonl, at any depth, by the image that each names."""
    by_name = _resolved(images)
    found: dict[str, Mapping[str, Any]] = {}
    for table in names:
        path = PurePosixPath(table)
        if path.name not in TABLES:
            continue
        data = place.read(table, limit=_MAX_TABLE) or b""
        rows: Sequence[Mapping[str, Any]] = (
            _json_lines(data, table) if path.suffix == ".jsonl" else table_rows(data, table)
        )
        for row in rows:
            said = brought_of(row, number="", path="", read_image=lambda _: None, licence=None) if row else None
            if isinstance(said, Brought):
                named = [str(picture.name) for picture in said.pictures if picture.name] or [said.id]
                image = next(
                    (by_name[key] for name in named for key in (str(path.parent / name), name) if key in by_name), None
                )
                if image:
                    found.setdefault(image, row)
    return found


def _json_lines(data: bytes, name: str) -> list[dict[str, Any]]:
    """Return the rows of a table of JSON objects, one a line; a table with a broken line is no table, as with CSV.

    Raises:
        BadInput: a line is no JSON object.
    """
    rows = []
    for number, line in enumerate(data.splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise BadInput(what=name, why=f"line {number} is no JSON") from error
        if not isinstance(row, dict):
            raise BadInput(what=name, why=f"line {number} is no JSON object")
        rows.append(row)
    return rows


def _coco(place: Place, names: Sequence[str], images: Sequence[str]) -> dict[str, list[Drawn]]:
    by_name = _resolved(images)
    found: defaultdict[str, list[Drawn]] = defaultdict(list)
    for name in names:
        if name.lower().endswith(".json") and not PurePosixPath(name).name.startswith("label_map"):
            for image, boxes in coco_boxes(place, name).items():
                known = by_name.get(image) or by_name.get(PurePosixPath(image).name)
                if known:
                    found[known] += boxes
    return found
