"""A folder of JATS files with their figure files beside them, here or in an object store."""

from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Final

from met.errors import BadInput, NotFound
from met.harvest.article import content_digest
from met.harvest.jats.graphics import EXTENSIONS, by_small_letters, graphic_hrefs, resolve_graphic
from met.keys import content_key
from met.sources.places import Place
from met.types import DataClass, Source, SourceFile
from met.xml import MAX_BYTES

KIND: Final = "folder"
MAX_GRAPHIC_BYTES: Final = 256 * 1024 * 1024
_ARTICLES: Final = frozenset({".xml", ".nxml"})


def scan_folder(text: str | Path, *, data_class: DataClass = "open") -> tuple[Source, tuple[SourceFile, ...]]:
    """Return the source that `text` is (a folder, or an address that fsspec knows), and its `.xml` and `.nxml` files
    at any depth, sorted by path.

    A file's digest covers the XML and every graphic it names. Hidden files and what symbolic links bring in from
    outside the folder are no part of the source.

    Raises:
        NotFound: there is no such folder.
        BadInput: it is no folder, or holds no JATS file.
    """
    place, names = _articles(str(text))
    source = Source(
        key=content_key("source", KIND, place.uri), kind=KIND, uri=place.uri, data_class=data_class, licence=None
    )
    return source, tuple(_source_file(source, name) for name in names)


def check_folder(text: str | Path) -> None:
    """Return if `text` is a source; no file is read.

    Raises:
        NotFound: there is no such folder.
        BadInput: it is no folder, or holds no JATS file.
    """
    _articles(str(text))


def read_file(source_uri: str, path: str) -> tuple[bytes, dict[str, bytes | None]]:
    """Return the XML at `path` within the folder, and the graphics that it names, by file name.

    Graphics lie in the folder of the XML. One that cannot be read, is larger than 256 MiB or is a link to outside of
    the source is None. A file that is not there has no entry.

    Raises:
        NotFound: the XML file is gone.
    """
    place = _opened(source_uri)
    # One byte too many is enough to see that the file is too large.
    xml = place.start(path, MAX_BYTES + 1)
    if xml is None:
        raise NotFound(what="file", name=path, hint=f" in {source_uri}")
    folder = PurePosixPath(path).parent
    names = _graphics(source_uri, str(folder), place.changed(str(folder)))
    wanted = {name for href in graphic_hrefs(xml) if (name := resolve_graphic(href, names))}
    return xml, {name: place.read(str(folder / name), limit=MAX_GRAPHIC_BYTES) for name in sorted(wanted)}


def _source_file(source: Source, path: str) -> SourceFile:
    return SourceFile(
        item=content_key("file", source.key, path), path=path, digest=content_digest(*read_file(source.uri, path))
    )


def _articles(text: str) -> tuple[Place, list[str]]:
    place = Place.open(text)
    if place.only is not None:
        raise BadInput(what=text[:200], why="not a folder")
    names = [name for name in place.names() if PurePosixPath(name).suffix.lower() in _ARTICLES]
    if not names:
        raise BadInput(what=text[:200], why="holds no JATS (.xml or .nxml) file")
    return place, names


@lru_cache(maxsize=4)
def _opened(uri: str) -> Place:
    return Place.open(uri)


@lru_cache(maxsize=16)
def _graphics(uri: str, folder: str, changed: str) -> dict[str, str]:
    """Return the image files of a folder by small letters; `changed` makes a changed folder a new question."""
    del changed
    names = _opened(uri).beside(folder)
    return by_small_letters(name for name in names if PurePosixPath(name).suffix.lower() in EXTENSIONS)
