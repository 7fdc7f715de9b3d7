"""A folder of JATS files with their figure files beside them."""

import os
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Final

from met.errors import BadInput, NotFound
from met.harvest.article import content_digest
from met.harvest.graphics import EXTENSIONS, by_small_letters, graphic_hrefs, resolve_graphic
from met.keys import content_key
from met.types import DataClass, Source, SourceFile
from met.xml import MAX_BYTES

KIND: Final = "folder"
MAX_GRAPHIC_BYTES: Final = 256 * 1024 * 1024
_ARTICLES: Final = frozenset({".xml", ".nxml"})


def scan_folder(path: Path, *, data_class: DataClass = "open") -> tuple[Source, tuple[SourceFile, ...]]:
    """Return the source that `path` is, and its `.xml` and `.nxml` files at any depth, sorted by path.

    A file's digest covers the XML and every graphic it names. Hidden files and what symbolic links bring in from
    outside the folder are no part of the source.

    Raises:
        NotFound: there is no such folder.
        BadInput: it is no folder, or holds no JATS file.
    """
    check_folder(path)
    root = path.resolve()
    source = Source(
        key=content_key("source", KIND, str(root)), kind=KIND, uri=str(root), data_class=data_class, licence=None
    )
    return source, tuple(_source_file(source, name) for name in sorted(_articles(root)))


def check_folder(path: Path) -> None:
    """Return if `path` is a source; no file is read.

    Raises:
        NotFound: there is no such folder.
        BadInput: it is no folder, or holds no JATS file.
    """
    if not path.exists():
        raise NotFound(what="folder", name=str(path), hint="")
    if not path.is_dir():
        raise BadInput(what=str(path), why="not a folder")
    if next(_articles(path.resolve()), None) is None:
        raise BadInput(what=str(path), why="holds no JATS (.xml or .nxml) file")


def read_file(source_uri: str, path: str) -> tuple[bytes, dict[str, bytes | None]]:
    """Return the XML at `path` within the folder, and the graphics that it names, by file name.

    Graphics lie in the folder of the XML. One that cannot be read, is larger than 256 MiB or is a link to outside of
    the source is None. A file that is not there has no entry.

    Raises:
        NotFound: the XML file is gone.
    """
    root = Path(source_uri)
    file = root / path
    xml = _read(file, root, MAX_BYTES)
    if xml is None:
        raise NotFound(what="file", name=path, hint=f" in {source_uri}")
    names = _graphics(file.parent, file.parent.stat().st_mtime_ns)
    wanted = {name for href in graphic_hrefs(xml) if (name := resolve_graphic(href, names))}
    return xml, {name: _graphic(file.parent / name, root) for name in sorted(wanted)}


def _source_file(source: Source, path: str) -> SourceFile:
    return SourceFile(
        item=content_key("file", source.key, path), path=path, digest=content_digest(*read_file(source.uri, path))
    )


def _articles(root: Path) -> Iterator[str]:
    for folder, below, names in os.walk(root, followlinks=False):
        below[:] = [name for name in below if not name.startswith(".")]
        for name in names:
            file = Path(folder, name)
            if file.suffix.lower() in _ARTICLES and not name.startswith(".") and _is_inside(file, root):
                yield _printable(file.relative_to(root).as_posix())


def _printable(path: str) -> str:
    try:
        path.encode("utf-8")
    except UnicodeEncodeError as error:
        raise BadInput(what=repr(path), why="the file name is not UTF-8") from error
    return path


@lru_cache(maxsize=16)
def _graphics(folder: Path, changed_ns: int) -> dict[str, str]:
    """Return the image files of a folder by small letters; `changed_ns` makes a changed folder a new question."""
    del changed_ns
    with os.scandir(folder) as entries:
        return by_small_letters(entry.name for entry in entries if Path(entry.name).suffix.lower() in EXTENSIONS)


def _is_inside(file: Path, root: Path) -> bool:
    try:
        resolved = file.resolve(strict=True)
    except (OSError, RuntimeError):
        return False
    return resolved.is_relative_to(root) and resolved.is_file()


def _graphic(file: Path, root: Path) -> bytes | None:
    data = _read(file, root, MAX_GRAPHIC_BYTES)
    return data if data is not None and len(data) <= MAX_GRAPHIC_BYTES else None


def _read(file: Path, root: Path, limit: int) -> bytes | None:
    """Return the bytes of a regular file inside `root`, at most one more than `limit`; None where unreadable."""
    if not _is_inside(file, root):
        return None
    try:
        with file.open("rb") as stream:
            return stream.read(limit + 1)
    except OSError:
        return None
