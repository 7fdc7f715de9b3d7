"""The gold of the score `modality`: labelled images, each with its caption and with the group that must stay together.

A gold file is a TSV with the columns `image` (a path under the root), `label`, `medical_image` (yes, no, mixed) and,
where it is known, `source` (the collection). Rows labelled "mixed" show several kinds at once and are left out.
"""

import csv
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from met.errors import BadInput
from met.evaluate.mentions import mentions_of
from met.harvest.cited import citing_text
from met.harvest.jats import parse_article
from met.harvest.modality.appearance import appearance
from met.pixels import ImageRefused, Pixels, decode_rgb
from met.types import Drop

GroupBy: TypeAlias = Literal["article", "patient"]
DRAWING: Final = "illustration"


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledImage:
    """One row of gold with what the classifier sees of it.

    `text` is the caption, `cited` the sentences that cite the figure. `source` is the collection, `group` what must
    stay in one fold, `in_article` whether the image is a figure of an article, `seen` a digest of the file. `middle`
    are the features of a drawing without the paper around it, as it stands in a panel; None of what is no drawing.
    """

    image: str
    label: str
    medical: bool
    source: str
    group: str
    in_article: bool
    text: str
    cited: str
    features: NDArray[np.float32]
    seen: int
    place: Path = Path()
    middle: NDArray[np.float32] | None = None


def read_gold(path: Path, *, root: Path | None, by: GroupBy = "article") -> list[LabelledImage]:
    """Return the rows of a gold file that are not "mixed", with features of the pixels and captions of the JATS beside.

    `root` is where the image paths start; without it, the nearest parent of `path` under which the first image lies. A
    figure's group is its article. Other images are grouped by what the JSON list named like their collection
    (`gold/roi/NAME.json` for `gold/roi/NAME/images/`) says of each: patient, or article (doi, else url); else alone.

    Raises:
        BadInput: the file has other columns or no rows, or an image is missing or unreadable.
    """
    with path.open(encoding="utf-8", newline="") as stream:
        table = list(csv.DictReader(stream, delimiter="\t"))
    if not table or not {"image", "label", "medical_image"} <= table[0].keys():
        raise BadInput(what=str(path), why="not a TSV with rows and the columns image, label, medical_image")
    home = _home(path, root, table[0]["image"])
    folders = sorted({(home / row["image"]).parent for row in table})
    captions = {place: text for folder in folders for place, text in _captions(folder).items()}
    groups = {place: group for folder in folders for place, group in _groups(folder, by).items()}
    return [_labelled(row, home, captions, groups) for row in table if row["label"] != "mixed"]


def _home(path: Path, root: Path | None, first: str) -> Path:
    places = [root] if root else list(path.absolute().parents)
    for place in places:
        if (place / first).is_file():
            return place
    raise BadInput(what=str(path), why=f"image {first} not found under {places[0]}: give --images")


def _labelled(
    row: Mapping[str, str], home: Path, captions: Mapping[Path, tuple[str, str]], groups: Mapping[Path, str]
) -> LabelledImage:
    place = home / row["image"]
    try:
        data = place.read_bytes()
        pixels = decode_rgb(data)
    except (FileNotFoundError, ImageRefused) as error:
        raise BadInput(what=str(place), why=str(error)) from error
    in_article = any(place.parent.glob("*.nxml"))
    return LabelledImage(
        image=row["image"],
        label=row["label"],
        medical=row["medical_image"] == "yes",
        source=row.get("source") or str(Path(row["image"]).parent),
        group=place.parent.name if in_article else groups.get(place, row["image"]),
        in_article=in_article,
        text=captions.get(place, ("", ""))[0],
        cited=captions.get(place, ("", ""))[1],
        features=appearance(pixels),
        seen=int.from_bytes(hashlib.blake2b(data, digest_size=8).digest()),
        place=place,
        middle=appearance(middle_of(pixels)) if in_article and row["label"] == DRAWING else None,
    )


def middle_of(pixels: Pixels) -> Pixels:
    """Return the image without a fifth at each side.

    >>> middle_of(np.zeros((10, 20, 3), dtype=np.uint8)).shape
    (6, 12, 3)
    """
    height, width = pixels.shape[:2]
    return pixels[height // 5 : height - height // 5, width // 5 : width - width // 5]


def _captions(folder: Path) -> dict[Path, tuple[str, str]]:
    """Return the caption of each image file that a JATS document in `folder` shows, and the sentences that cite it."""
    found: dict[Path, tuple[str, str]] = {}
    by_name = {place.name: place for place in sorted(folder.iterdir())}
    by_stem = {place.stem: place for place in by_name.values() if place.suffix != ".nxml"}
    for document in sorted(folder.glob("*.nxml")):
        article = parse_article(document.read_bytes(), document.name)
        if isinstance(article, Drop):
            continue
        for figure in article.figures:
            for name in (name for names in figure.graphics for name in names):
                place = by_name.get(name) or by_stem.get(name) or by_stem.get(Path(name).stem)
                if place is not None:
                    found[place] = (figure.caption, citing_text(mentions_of(figure), label=figure.label, letter=None))
    return found


def _groups(folder: Path, by: GroupBy) -> dict[Path, str]:
    """Return the group of each image that the JSON list of its collection describes."""
    description = folder.parent.with_suffix(".json")
    if not description.is_file():
        return {}
    fields = ("patient",) if by == "patient" else ("doi", "url", "patient")
    found: dict[Path, str] = {}
    for entry in json.loads(description.read_text(encoding="utf-8")):
        name = next((entry[field] for field in fields if entry.get(field)), None)
        if name is not None:
            found[folder / entry["image"]] = f"{by}:{name}"
    return found
