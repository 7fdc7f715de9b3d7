"""Somebody's existing pairs: Hugging Face parquet, WebDataset tars, LLaVA or ShareGPT JSON, lines of JSON."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import PurePosixPath
from typing import Any, Final

from met.errors import BadInput
from met.harvest.article import Harvest
from met.harvest.brought import Brought, harvest_brought
from met.keys import content_key, digest
from met.settings import Settings
from met.sources.pairs import brought_of
from met.sources.places import Place
from met.sources.records import SUFFIXES, UnreadableFile, rows_of
from met.types import DataClass, Drop, Source, SourceFile

KIND: Final = "dataset"
# Nobody has said that these may be shown to others; what may is for their owner to say.
DATA_CLASS: Final[DataClass] = "restricted"
# JSON that describes a dataset and holds no rows of it.
_ABOUT: Final = frozenset(
    {"dataset_info.json", "dataset_infos.json", "state.json", "dataset_dict.json", "manifest.json"}
)
_CARD_LICENCE: Final = re.compile(r"\A---\s*\n(?:.*\n)*?license:\s*[\"']?([\w.+-]+)[\"']?\s*\n", re.IGNORECASE)
_CHUNK: Final = re.compile(r"(.*)#(\d+)-(\d+)", re.DOTALL)


def check(place: str) -> None:
    """Return if `place` holds files of rows.

    Raises:
        BadInput: it does not, or is not there.
    """
    _row_files(Place.open(place), place)


def scan(place: str, settings: Settings) -> tuple[Source, tuple[SourceFile, ...]]:
    """Return the dataset at `place` and its rows in runs of up to 64, each with a digest of rows and images.

    Raises:
        BadInput: there is no file of rows.
    """
    del settings
    files = Place.open(place)
    source = Source(
        key=content_key("source", KIND, files.uri), kind=KIND, uri=files.uri, data_class=DATA_CLASS, licence=None
    )
    licence = _card_licence(files)
    return source, tuple(
        SourceFile(item=content_key("file", source.key, path), path=path, digest=made)
        for name in _row_files(files, place)
        for path, made in _chunks(files, name, licence)
    )


def harvest(*, item: str, path: str, uri: str, max_pixels: int) -> Harvest:
    """Return the rows of one run, each an article under its own row id with its images as figures.

    Drops: those of `met.harvest.brought`, `malformed_row`, `remote_image`, `too_many_images`, `unsafe_member`, and
    `unreadable_file` for a file whose rows cannot be read.

    Raises:
        NotFound: the file is gone.
    """
    place = Place.open(uri)
    found = _CHUNK.fullmatch(path)
    rows: list[Brought | Drop]
    try:
        rows = list(_rows(place, found[1], int(found[2]), int(found[3]))) if found else _unreadable(place, path)
    except UnreadableFile as error:
        rows = [Drop(item="", reason="unreadable_file", detail={"path": path, "why": str(error)})]
    return harvest_brought(
        item=item,
        repository=f"{KIND}:{place.name}",
        rows=[_placed(row, item, path) for row in rows],
        max_pixels=max_pixels,
        data_class=DATA_CLASS,
    )


def _row_files(place: Place, text: str) -> list[str]:
    names = [
        name
        for name in place.names()
        if PurePosixPath(name).suffix.lower() in SUFFIXES and PurePosixPath(name).name not in _ABOUT
    ]
    if not names:
        known = ", ".join(SUFFIXES)
        raise BadInput(what=f"dataset {text}"[:200], why=f"holds no file of rows ({known})")
    return names


def _chunks(place: Place, name: str, licence: str | None) -> Iterator[tuple[str, str]]:
    """Yield (path, digest) of the runs of a file; one that cannot be read is a single run without a number."""
    try:
        with rows_of(place, name) as rows:
            for start, stop in rows.chunks():
                content = hashlib.sha256()
                for row in rows.read(start, stop):
                    _add(content, row)
                    for image in _named_images(row):
                        _add(content, _image(place, name, image))
                yield f"{name}#{start}-{stop}", digest([name, start, stop, licence, content.hexdigest()])
    except UnreadableFile as error:
        yield name, digest([name, str(error)])


def _rows(place: Place, name: str, start: int, stop: int) -> Iterator[Brought | Drop]:
    licence = _card_licence(place)
    with rows_of(place, name) as rows:
        for number, row in enumerate(rows.read(start, stop), start):
            if isinstance(row, Drop):
                yield row
            else:
                yield brought_of(
                    row,
                    number=f"{name}#{number}",
                    path=f"{name}#{number}",
                    read_image=partial(_image, place, name),
                    licence=licence,
                )


def _unreadable(place: Place, name: str) -> list[Brought | Drop]:
    """Return nothing but the reason why no row of the file can be read."""
    with rows_of(place, name) as rows:
        raise UnreadableFile(f"it could not be read when it was listed: ingest it again ({len(list(rows.chunks()))})")


def _placed(row: Brought | Drop, item: str, path: str) -> Brought | Drop:
    if isinstance(row, Brought):
        return row
    return replace(row, item=row.item or item, detail={"path": path, **row.detail})


def _image(place: Place, name: str, image: str) -> bytes | None:
    """Return the image that a row of the file `name` names: beside it, in its folder `images`, or from the top."""
    folder = PurePosixPath(name).parent
    for path in (folder / image, folder / "images" / image, PurePosixPath(image), PurePosixPath("images") / image):
        data = place.read(str(path))
        if data is not None:
            return data
    return None


def _named_images(row: Mapping[str, Any] | Drop) -> Iterator[str]:
    if isinstance(row, Drop):
        return
    found = brought_of(row, number="", path="", read_image=lambda _: None, licence=None)
    if isinstance(found, Brought):
        yield from (picture.name for picture in found.pictures if picture.data is None and picture.name)


def _add(content: Any, value: Any) -> None:
    """Add a value to a hash, so that different values give different bytes."""
    if isinstance(value, bytes):
        content.update(b"b%d:" % len(value))
        content.update(value)
    elif isinstance(value, Mapping):
        content.update(b"{%d:" % len(value))
        for name in sorted(value, key=str):
            _add(content, str(name))
            _add(content, value[name])
    elif isinstance(value, (list, tuple)):
        content.update(b"[%d:" % len(value))
        for part in value:
            _add(content, part)
    else:
        text = repr(value).encode("utf-8", "surrogatepass")
        content.update(b"v%d:" % len(text) + text)


def _card_licence(place: Place) -> str | None:
    """Return the licence that the head of the dataset's README names."""
    data = place.read("README.md", limit=1 << 20)
    found = _CARD_LICENCE.match(data.decode("utf-8", "replace").replace("\r\n", "\n")) if data else None
    return found[1] if found else None
