"""A folder of images with what its makers say of them: tables, class folders, masks, boxes, NIfTI volumes."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from met.harvest.article import Harvest
from met.harvest.brought import Brought, GivenRegion, Picture, harvest_brought
from met.keys import content_key
from met.keys import digest as digest_of
from met.pixels import ImageRefused, decode_values, encode_png, inspect_image
from met.regions.masks import boxes_of_values, parts_of, rle_of
from met.settings import Settings
from met.sources.annotations import Drawn, voc_boxes, yolo_boxes
from met.sources.images_folder import NIFTI, Folder, Said, folder_of
from met.sources.labels import LabelMap
from met.sources.nifti import NotNifti, look, read_volume
from met.sources.outlines import filled
from met.sources.pairs import brought_of
from met.sources.places import Place
from met.types import DataClass, Drop, Source, SourceFile

KIND: Final = "images"
DATA_CLASS: Final[DataClass] = "restricted"
_NUMBER: Final = re.compile(r"mask|\d+|#[0-9a-f]{6}")
_MOST_PARTS: Final = 64
# A mask with more values than this numbers instances, and its values are no labels.
_MOST_LABELS: Final = 32
_MAX_MASK: Final = 256 * 1024 * 1024


def check(place: str) -> None:
    """Return if `place` holds images; none is read.

    Raises:
        BadInput: it does not, is not there, or its label map cannot be used.
    """
    folder_of(Place.open(place), place)


def scan(place: str, settings: Settings) -> tuple[Source, tuple[SourceFile, ...]]:
    """Return the folder as a source with one file for each image that is no mask; digests cover all said of it.

    Raises:
        BadInput: there is no image, or the label map or a table cannot be used.
    """
    del settings
    files = Place.open(place)
    _remembered.cache_clear()
    folder = folder_of(files, place)
    source = Source(
        key=content_key("source", KIND, files.uri), kind=KIND, uri=files.uri, data_class=DATA_CLASS, licence=None
    )
    return source, tuple(
        SourceFile(item=content_key("file", source.key, name), path=name, digest=_digest(files, folder, name))
        for name in sorted(folder.images)
    )


def harvest(*, item: str, path: str, uri: str, max_pixels: int, digest: str) -> Harvest:
    """Return the image at `path` as a figure with its caption, its known regions, and how it was looked at.

    The caption is that of the table, else a coarse one of the labels. Regions are boxes as drawn, and the connected
    parts of each label of a mask. Of a NIfTI volume one slice becomes a PNG; an image file stays as it is.

    Drops: `not_nifti`, `mask_mismatch`, `unreadable_mask`, `bad_annotation`, and those of `met.harvest.brought`.
    """
    place = Place.open(uri)
    folder = _remembered(uri)
    if path not in folder.images or _digest(place, folder, path) != digest:
        # What is remembered of the folder is older than the list of its files.
        _remembered.cache_clear()
        folder = _remembered(uri)
    said = folder.images.get(path, Said())
    row = _row(place, folder, path, said, max_pixels)
    return harvest_brought(
        item=item, repository=f"{KIND}:{place.name}", rows=[row], max_pixels=max_pixels, data_class=DATA_CLASS
    )


@lru_cache(maxsize=2)
def _remembered(uri: str) -> Folder:
    return folder_of(Place.open(uri), uri)


def _digest(place: Place, folder: Folder, name: str) -> str:
    said = folder.images[name]
    files = [
        None if part is None else hashlib.sha256(place.read(part, limit=_MAX_MASK * 4) or b"").hexdigest()
        for part in (name, said.mask, said.yolo, said.voc)
    ]
    boxes = [[drawn.label, repr(drawn.box), repr(drawn.outline)] for drawn in said.coco]
    row = {str(key): value if isinstance(value, (str, int, float)) else repr(value) for key, value in said.row.items()}
    return digest_of(
        [files, said.label, repr(sorted(row.items())), boxes, sorted(folder.classes.items()), folder.labels.digest]
    )


def _row(place: Place, folder: Folder, path: str, said: Said, max_pixels: int) -> Brought | Drop:
    data = place.read(path, limit=_MAX_MASK * 4)
    mask = place.read(said.mask, limit=_MAX_MASK) if said.mask else None
    drops: list[Drop] = []
    facts: dict[str, Any] = {}
    values: NDArray[np.int64] | None = None
    if path.lower().endswith(NIFTI):
        try:
            seen = look(read_volume(data or b""), read_volume(mask) if mask else None)
        except NotNifti as error:
            return Drop(
                item=content_key("row", KIND, place.name, path),
                reason="not_nifti",
                detail={"path": path, "why": str(error)},
            )
        facts = {"nifti": seen.facts, "original_sha256": hashlib.sha256(data or b"").hexdigest()}
        data, values = encode_png(seen.pixels), seen.labels
    elif mask is not None:
        try:
            inspect_image(mask, max_pixels=max_pixels)
            values = decode_values(mask)
        except ImageRefused as refused:
            drops.append(Drop(item="", reason="unreadable_mask", detail={"path": said.mask, "why": refused.why}))
    regions, more = _regions(place, folder, said, data, values, max_pixels)
    drops += more
    return _told(
        folder, path, said, Picture(name=PurePosixPath(path).name, data=data, regions=regions, facts=facts), drops
    )


def _told(folder: Folder, path: str, said: Said, picture: Picture, drops: list[Drop]) -> Brought:
    """Return the row with the text, the id and the licence of its table, else a coarse caption of its labels."""
    named = [said.label, *_row_labels(said.row)]
    named += [label for label in (region.label for region in picture.regions) if _says(label, folder.labels)]
    labels = [*dict.fromkeys(label for label in named if label)]
    found = brought_of(
        {**said.row, "image": picture.name},
        number=path,
        path=path,
        read_image=lambda _: None,
        licence=folder.labels.licence,
    )
    assert isinstance(found, Brought)
    own = found.id if said.row and found.id != picture.name else path
    caption = found.pictures[0].caption or folder.labels.caption(labels)
    facts = {**picture.facts, "labels": labels or None}
    return replace(found, id=own, pictures=(replace(picture, caption=caption, facts=facts),), drops=tuple(drops))


def _says(label: str, labels: LabelMap) -> bool:
    """Return whether a region's label is a word: the number of a mask's value is none, unless the map knows it."""
    return label.lower() in labels.meanings or not _NUMBER.fullmatch(label)


def _row_labels(row: Mapping[str, Any]) -> Iterator[str]:
    """Yield the labels of a table's row: of its columns label, labels, class, diagnosis, split at `|` and `;`."""
    for name, value in row.items():
        if str(name).lower() in {"label", "labels", "class", "classes", "diagnosis", "finding labels", "finding"}:
            parts = value if isinstance(value, list) else str(value or "").replace(";", "|").split("|")
            yield from (str(part).strip() for part in parts if str(part).strip())


def _regions(
    place: Place, folder: Folder, said: Said, data: bytes | None, values: NDArray[np.int64] | None, max_pixels: int
) -> tuple[tuple[GivenRegion, ...], list[Drop]]:
    """Return the regions of an image in its pixels; Drops say which drawn ones or masks are none of this image."""
    try:
        image = inspect_image(data or b"", max_pixels=max_pixels)
    except ImageRefused:
        return (), []
    drawn = list(said.coco)
    if said.yolo:
        text = (place.read(said.yolo) or b"").decode("utf-8", "replace")
        drawn += yolo_boxes(text, folder.classes)
    if said.voc:
        drawn += voc_boxes(place.read(said.voc) or b"")
    regions = [_drawn_region(one, image.width, image.height, folder.labels) for one in drawn]
    given = [region for region in regions if region is not None]
    outside = len(regions) - len(given)
    drops = [Drop(item="", reason="bad_annotation", detail={"regions": outside})] if outside else []
    if values is None:
        return tuple(given), drops
    if values.shape != (image.height, image.width):
        return tuple(given), [*drops, Drop(item="", reason="mask_mismatch", detail={"path": said.mask})]
    return (*given, *_masked_regions(values, said.label, folder.labels)), drops


def _drawn_region(one: Drawn, width: int, height: int, labels: LabelMap) -> GivenRegion | None:
    """Return what was drawn as one region, an outline as the mask of all its parts; None where nothing of it is in the
    image, or its runs are of another one.
    """
    concept = labels.concept(one.label)
    if one.outline is None:
        box = one.pixels(width, height)
        return None if box is None else GivenRegion(box=box, rle=None, label=one.label, concept=concept)
    mask = filled(one.outline, height=height, width=width, relative=one.relative)
    if mask is None or not mask.any():
        return None
    ((_, tight),) = boxes_of_values(mask.astype(np.int64))
    inside = mask[tight[1] : tight[3], tight[0] : tight[2]]
    return GivenRegion(box=tight, rle=rle_of(inside), label=one.label, concept=concept)


def _masked_regions(values: NDArray[np.int64], label: str | None, labels: LabelMap) -> Iterator[GivenRegion]:
    """Yield the regions of a mask: the connected parts of each of its labels, or its instances where it numbers them.

    A mask of one value is of the image's own class, unless the map knows the value.
    """
    found = np.unique(values[values != 0]).tolist()
    if len(found) > _MOST_LABELS:
        for value, box in boxes_of_values(values):
            inside = values[box[1] : box[3], box[0] : box[2]] == value
            yield GivenRegion(
                box=box, rle=rle_of(inside), label=label or "mask", concept=labels.concept(label or "mask")
            )
        return
    for value in found:
        name = str(value) if value < 1 << 16 else f"#{value:06x}"
        if len(found) == 1 and name not in labels.meanings:
            name = label or "mask"
        for box, rle in parts_of(values == value, most=_MOST_PARTS):
            yield GivenRegion(box=box, rle=rle, label=name, concept=labels.concept(name))
