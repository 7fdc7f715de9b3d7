"""The score `duplicates`: copies of real images are planted among them; which are found, and who is wrongly matched."""

import csv
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeAlias

from met.errors import BadInput
from met.evaluate.intervals import wilson
from met.harvest.duplicates import clusters_of
from met.harvest.duplicates.windows import window_hashes
from met.pixels import ImageRefused, Pixels, decode_rgb, inspect_image, perceptual_hash, recompressed, resized
from met.types import Box, Panel

HEADLINE: Final = "cropped_recall"
_SUFFIXES: Final = frozenset({".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp", ".bmp", ".gif"})
_MAX_PIXELS: Final = 200_000_000
_LOSES: Final = 0.05
_MOST_UNEVEN: Final = 0.1

Plant: TypeAlias = Callable[[Pixels], Pixels]
COPY: Final = "copy of "


@dataclass(frozen=True, slots=True, kw_only=True)
class Pooled:
    """An image of the pool, or a planted copy of one; its pixels are made anew when they are asked for."""

    name: str
    read: Callable[[], Pixels]
    panel: Panel


def score_duplicates(
    gold: Sequence[Path], *, images: Path | None, root: Path | None, options: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the facts of the score `duplicates`; headline the recall of copies that lost 5 % on every side.

    Gold names the images: folders, TSV with the column `image`, JSON lists of objects with `image`; equal files count
    once. For each kind of copy all images and one copy of each are one pool. `false_rate` is the share of images
    that were matched with anything but their own copy in any of the pools; `wrong` names these matches.

    Raises:
        BadInput: a gold file names no images, or an image is missing or unreadable.
    """
    del options
    homes = [home for home in (images, root) if home]
    places = dict.fromkeys(place for path in gold for place in _places(path, homes))
    pool = _pool(list(places))
    facts: dict[str, Any] = {"headline": HEADLINE, "n": len(pool)}
    wrong: dict[tuple[str, str], str] = {}
    missed: dict[str, list[str]] = {}
    for kind, plant in PLANTS.items():
        found, others = _tried(pool, plant)
        facts[f"{kind}_recall"] = len(found) / len(pool)
        facts[f"{kind}_interval"] = wilson(len(found), len(pool))
        missed[kind] = [image.name for image in pool if image.name not in found]
        wrong |= dict.fromkeys(others, kind)
    touched = {name for pair in wrong for name in pair}
    facts["interval"] = facts["cropped_interval"]
    facts["false_rate"] = len(touched) / len(pool)
    facts["false_interval"] = wilson(len(touched), len(pool))
    facts["wrong"] = [{"images": list(pair), "kind": kind} for pair, kind in sorted(wrong.items())]
    facts["missed"] = missed
    return facts


def _tried(pool: Sequence[Pooled], plant: Plant) -> tuple[set[str], set[tuple[str, str]]]:
    """Return the images whose copy was found, and the pairs of different images that came together."""
    copies = [_pooled(COPY + image.name, partial(_planted, image, plant)) for image in pool]
    every = sorted([*pool, *copies], key=lambda image: image.panel.key)
    read = {image.panel.key: image.read for image in every}
    found: set[str] = set()
    wrong: set[tuple[str, str]] = set()
    for members in clusters_of([image.panel for image in every], lambda panel: read[panel.key]()):
        names = sorted(every[index].name for index in members)
        shown = sorted({name.removeprefix(COPY) for name in names})
        found |= {name for name in shown if name in names and COPY + name in names}
        wrong |= {(one, other) for one in shown for other in shown if one < other}
    return found, wrong


def _pool(places: Sequence[Path]) -> list[Pooled]:
    seen: set[str] = set()
    pool: list[Pooled] = []
    for place in places:
        try:
            data = place.read_bytes()
            sha256 = hashlib.sha256(data).hexdigest()
            if sha256 not in seen:
                inspect_image(data, max_pixels=_MAX_PIXELS)
                pool.append(_pooled(str(place), partial(_decoded, place)))
        except (OSError, ImageRefused) as error:
            raise BadInput(what=str(place), why=str(error)) from error
        seen.add(sha256)
    return pool


def _decoded(place: Path) -> Pixels:
    return decode_rgb(place.read_bytes())


def _planted(image: Pooled, plant: Plant) -> Pixels:
    return plant(image.read())


def _pooled(name: str, read: Callable[[], Pixels]) -> Pooled:
    pixels = read()
    panel = Panel(
        key=name,
        figure=name,
        image=name,
        box=_box_of(pixels),
        phash=perceptual_hash(pixels),
        windows=window_hashes(pixels),
        position=0,
        letter=None,
        spans=(),
        method="whole",
        confidence=1.0,
        digest=name,
    )
    return Pooled(name=name, read=read, panel=panel)


def _box_of(pixels: Pixels) -> Box:
    return (0, 0, pixels.shape[1], pixels.shape[0])


# ---------------------------------------------------------------- what is planted


def _cropped(pixels: Pixels) -> Pixels:
    return _cut(pixels, [_LOSES] * 4)


def _uneven(pixels: Pixels) -> Pixels:
    """Return the image without up to 10 % on each side, drawn from its digest, as a JPEG."""
    drawn = hashlib.sha256(pixels.tobytes()).digest()
    return recompressed(_cut(pixels, [_MOST_UNEVEN * drawn[side] / 255 for side in range(4)]), 75)


def _cut(pixels: Pixels, parts: Sequence[float]) -> Pixels:
    """Return the pixels without these parts of their sides: left, top, right, bottom."""
    height, width = pixels.shape[:2]
    left, top, right, bottom = parts
    return pixels[round(height * top) : round(height * (1 - bottom)), round(width * left) : round(width * (1 - right))]


PLANTS: Final[Mapping[str, Plant]] = {
    "resized": lambda pixels: resized(pixels, 0.5),
    "recompressed": lambda pixels: recompressed(pixels, 40),
    "cropped": _cropped,
    "cropped_unevenly": _uneven,
}


# ---------------------------------------------------------------- gold


def _places(path: Path, homes: Sequence[Path]) -> Iterator[Path]:
    if path.is_dir():
        yield from (place for place in sorted(path.rglob("*")) if place.suffix.lower() in _SUFFIXES)
        return
    names = _names(path)
    if not names:
        raise BadInput(what=str(path), why="names no images: give a folder, a TSV or a JSON list with image")
    for name in names:
        there = [home / name for home in (*homes, *path.absolute().parents, path.absolute().with_suffix("") / "images")]
        place = next((candidate for candidate in there if candidate.is_file()), None)
        if place is None:
            raise BadInput(what=str(path), why=f"image {name} not found under {there[0].parent}: give --images")
        yield place


def _names(path: Path) -> list[str]:
    try:
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".json":
            return [str(row["image"]) for row in json.loads(text)]
        return [row["image"] for row in csv.DictReader(text.splitlines(), delimiter="\t") if row.get("image")]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInput(what=str(path), why="names no images: give a folder, a TSV or a JSON list with image") from error
