"""Integrity of an exported dataset: every file is there, is what the manifest says, and fits the rows that name it."""

import hashlib
import json
import tarfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from met.errors import BadInput
from met.evaluate.intervals import wilson
from met.export.folder import MANIFEST, RUN, read_manifest
from met.pixels import ImageRefused, inspect_image

MAX_PIXELS = 2**31
ROWS = "rows.parquet"
_COLUMNS = ["id", "image", "image_sha256", "image_width", "image_height"]


@dataclass(kw_only=True, slots=True)
class Findings:
    """What is wrong with one dataset, by path; `files` are all that it lists or holds, `ids` those of its rows."""

    files: set[str] = field(default_factory=set)
    missing: set[str] = field(default_factory=set)
    hash_mismatch: set[str] = field(default_factory=set)
    orphan_files: set[str] = field(default_factory=set)
    bad_images: set[str] = field(default_factory=set)
    id_mismatch: set[str] = field(default_factory=set)
    rows_without_image: int = 0
    ids: list[str] = field(default_factory=list)

    @property
    def wrong(self) -> set[str]:
        """The files with any fault."""
        return self.missing | self.hash_mismatch | self.orphan_files | self.bad_images | self.id_mismatch


def score_export(gold: Sequence[Path], **_: object) -> dict[str, Any]:
    """Return the integrity of the datasets in `gold`: the share of their files that are right, with its interval.

    A file is right if the manifest lists it, it is there, its sha256 is as listed, and, of an image, it decodes at the
    size that its rows state and some row uses it; of a format, its ids are those of rows.parquet in the same order. The
    further arguments of a score have no meaning here.

    Raises:
        BadInput: a folder holds no manifest of an export.
    """
    found = [check_dataset(out) for out in gold]
    n = sum(len(one.files) for one in found)
    right = n - sum(len(one.wrong) for one in found)
    counts = ("missing", "hash_mismatch", "orphan_files", "bad_images", "id_mismatch")
    return {
        "n": n,
        "headline": "integrity",
        "integrity": right / n if n else 0.0,
        "interval": wilson(right, n),
        "rows": sum(len(one.ids) for one in found),
        **{name: sum(len(getattr(one, name)) for one in found) for name in counts},
        "duplicate_ids": sum(len(one.ids) - len(set(one.ids)) for one in found),
        "rows_without_image": sum(one.rows_without_image for one in found),
        "wrong": [
            f"{out.name}/{path}" for out, one in zip(gold, found, strict=True) for path in sorted(one.wrong)[:20]
        ],
    }


def check_dataset(out: Path) -> Findings:
    """Return what is wrong with the dataset in `out`, after reading all of it.

    Raises:
        BadInput: there is no manifest of an export, or it names a path outside the dataset.
    """
    manifest = read_manifest(out)
    if not manifest:
        raise BadInput(what=f"dataset {out}", why="has no manifest.json of an export")
    listed = {str(file["path"]): file for file in manifest["files"]}
    found = Findings(files={MANIFEST, ROWS, *listed}, missing={ROWS} - listed.keys())
    _check_manifest(out, found)
    for path, file in listed.items():
        _check_file(out, path, file, found)
    _check_orphans(out, found)
    used = _check_rows(out, listed, found)
    found.orphan_files |= {path for path in listed if path.startswith("images/")} - used
    if ROWS not in found.wrong:
        whole = [path for path in listed if path not in found.wrong]
        found.id_mismatch |= {path for path in whole if not _ids_fit(out / path, listed[path]["rows"], found.ids)}
    return found


def _check_manifest(out: Path, found: Findings) -> None:
    """run.json keeps the manifest's hash: one that differs has been changed since."""
    if not (out / RUN).is_file():
        return
    stated = json.loads((out / RUN).read_bytes()).get("manifest_sha256")
    if stated != hashlib.sha256((out / MANIFEST).read_bytes()).hexdigest():
        found.hash_mismatch.add(MANIFEST)


def _check_file(out: Path, path: str, stated: Mapping[str, Any], found: Findings) -> None:
    if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
        raise BadInput(what=f"dataset {out}", why=f"its manifest names {path}, which lies outside")
    if not (out / path).is_file():
        found.missing.add(path)
        return
    with (out / path).open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    if sha256 != stated["sha256"] or (out / path).stat().st_size != stated["bytes"]:
        found.hash_mismatch.add(path)


def _check_orphans(out: Path, found: Findings) -> None:
    there = {path.relative_to(out).as_posix() for path in out.rglob("*") if not path.is_dir()}
    found.orphan_files |= there - found.files - {RUN}
    found.files |= found.orphan_files


def _check_rows(out: Path, listed: Mapping[str, Mapping[str, Any]], found: Findings) -> set[str]:
    """Fill in the ids and check each image once against its rows; return the images that rows use."""
    if ROWS in found.wrong:
        return {path for path in listed if path.startswith("images/")}
    sizes: dict[str, set[tuple[str, int, int]]] = {}
    for row in _rows(out / ROWS):
        found.ids.append(row["id"])
        sizes.setdefault(row["image"], set()).add((row["image_sha256"], row["image_width"], row["image_height"]))
        found.rows_without_image += row["image"] not in listed or row["image"] in found.missing
    if len(found.ids) != listed[ROWS]["rows"]:
        found.id_mismatch.add(ROWS)
    for path in sizes.keys() & listed.keys() - found.wrong:
        if sizes[path] != {_measured(out / path)}:
            found.bad_images.add(path)
    return set(sizes)


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(columns=_COLUMNS):
                yield from batch.to_pylist()
    except pa.ArrowException as error:
        raise BadInput(
            what=f"dataset {path.parent}", why=f"rows.parquet is no dataset of this layout ({error})"
        ) from error


def _measured(path: Path) -> tuple[str, int, int] | None:
    """Return sha256, width and height of an image file after decoding it, or None where it does not decode."""
    try:
        image = inspect_image(path.read_bytes(), max_pixels=MAX_PIXELS)
    except ImageRefused:
        return None
    return image.sha256, image.width, image.height


def _ids_fit(path: Path, rows: int | None, ids: Sequence[str]) -> bool:
    """Return whether a format holds the rows' ids in their order, a shard as many of them as the manifest says."""
    match path.suffix:
        case ".json":
            return list(_json_ids(path)) == list(ids)
        case ".tar":
            shard = Counter(_tar_ids(path))
            return shard <= Counter(ids) and shard.total() == rows
        case _:
            return True


def _json_ids(path: Path) -> Iterator[str]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            if line.startswith("{"):
                yield json.loads(line.rstrip().rstrip(","))["id"]


def _tar_ids(path: Path) -> Iterator[str]:
    with tarfile.open(path) as tar:
        for member in tar:
            content = tar.extractfile(member) if member.name.endswith(".json") else None
            if content:
                yield from (row["id"] for row in json.loads(content.read())["rows"])
