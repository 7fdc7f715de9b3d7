"""Where files lie: a folder or a file of this machine, or an address of an object store that fsspec knows."""

import os
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, Final, Self, cast

import fsspec
from fsspec.implementations.local import LocalFileSystem
from fsspec.implementations.zip import ZipFileSystem

from met.errors import BadInput, NotFound
from met.sources.members import refused_members

MAX_FILE: Final = 256 * 1024 * 1024


class Place:
    """Files by their names relative to one folder, with `/` between the parts; nothing outside of it is ever read.

    Where the user named a single file, `only` is its name: it alone is listed, and its neighbours may be read.
    """

    def __init__(self, files: Any, root: str, uri: str, only: str | None, *, name: str | None = None) -> None:
        self._files = files
        self._root = root
        self.uri = uri
        self.only = only
        self.name = name or only or PurePosixPath(root).name or "root"
        # Members of a zip that are not read, and why; they count as not there.
        self.refused: Mapping[str, str] = refused_members(files.zip) if isinstance(files, ZipFileSystem) else {}

    @classmethod
    def open(cls, text: str) -> Self:
        """Return the place that `text` names: a path, or an address such as s3://bucket/folder; a .zip is a folder.

        Raises:
            NotFound: there is nothing.
            BadInput: fsspec knows no such kind of address, or its package is not installed.
        """
        uri = text if "://" in text else str(Path(text).resolve())
        try:
            files, root = fsspec.core.url_to_fs(f"zip://::{uri}" if uri.lower().endswith(".zip") else uri)
        except FileNotFoundError as error:
            raise NotFound(what="folder or file", name=text, hint="") from error
        except (ValueError, ImportError, zipfile.BadZipFile) as error:
            raise BadInput(what=text[:80], why=str(error)) from error
        if uri.lower().endswith(".zip"):
            return cls(files, "", uri, None, name=PurePosixPath(uri).stem)
        if isinstance(files, LocalFileSystem):
            root = str(Path(root).resolve())
        if files.isdir(root):
            return cls(files, root.rstrip("/"), uri if "://" in text else root, None)
        if not files.isfile(root):
            raise NotFound(what="folder or file", name=text, hint="")
        folder, _, name = root.rpartition("/")
        return cls(files, folder, uri if "://" in text else root, name)

    def names(self) -> list[str]:
        """Return the names of all files at any depth, sorted; hidden ones and links to outside are left out.

        Raises:
            BadInput: the name of a file is not UTF-8, so no row could bear it.
        """
        if self.only is not None:
            return [self.only]
        found = self._local_names() if isinstance(self._files, LocalFileSystem) else self._remote_names()
        return sorted(name for name in found if not any(part.startswith(".") for part in name.split("/")))

    def has(self, name: str) -> bool:
        """Return whether `name` is a regular file of this place."""
        path = self._path(name)
        return path is not None and bool(self._files.isfile(path))

    def stamp(self, name: str) -> str:
        """Return what changes when the file does, as far as can be told without reading it.

        Raises:
            NotFound: it is not there.
        """
        path = self._path(name)
        if path is None or not self._files.exists(path):
            raise NotFound(what="file", name=name, hint=f" in {self.uri}")
        info = self._files.info(path)
        return " ".join(str(info.get(fact)) for fact in ("size", "mtime", "created", "ETag", "LastModified"))

    def beside(self, folder: str) -> list[str]:
        """Return the names of all that lies in a folder of this place, whatever it is; "." is the place itself."""
        path = self._folder(folder)
        found = self._files.ls(path, detail=False) if path is not None and self._files.isdir(path) else []
        return sorted(PurePosixPath(entry.rstrip("/")).name for entry in found)

    def changed(self, folder: str) -> str:
        """Return what changes when files come into a folder or go; of a store, which does not tell, always the same."""
        path = self._folder(folder)
        local = path is not None and isinstance(self._files, LocalFileSystem) and Path(path).is_dir()
        return str(Path(path).stat().st_mtime_ns) if local and path else ""

    def start(self, name: str, most: int) -> bytes | None:
        """Return the first `most` bytes of a file; None where it is not there, or no regular file of this place."""
        return self._read(name, most) if self.has(name) else None

    def read(self, name: str, *, limit: int = MAX_FILE) -> bytes | None:
        """Return the bytes of a file; None where it is not there, is no regular file, is larger, or lies outside."""
        data = self.start(name, limit + 1)
        return data if data is not None and len(data) <= limit else None

    def _read(self, name: str, most: int) -> bytes | None:
        try:
            with self.opened(name) as stream:
                return stream.read(most)
        except (OSError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error):
            return None  # A member of an archive that is broken, or locked with a password.

    @contextmanager
    def opened(self, name: str) -> Iterator[BinaryIO]:
        """Give the file as a seekable stream of bytes.

        Raises:
            NotFound: it is not there.
        """
        path = self._path(name)
        if path is None:
            raise NotFound(what="file", name=name, hint=f" in {self.uri}")
        try:
            stream = self._files.open(path, "rb")
        except OSError as error:
            raise NotFound(what="file", name=name, hint=f" in {self.uri}") from error
        with stream:
            yield cast(BinaryIO, stream)

    def _folder(self, name: str) -> str | None:
        parts = PurePosixPath(name).parts
        return None if parts[:1] == ("/",) or ".." in parts else "/".join((self._root, *parts))

    def _path(self, name: str) -> str | None:
        parts = PurePosixPath(name.replace("\\", "/")).parts
        if not parts or parts[0] == "/" or ".." in parts or "\0" in name:
            return None
        # A zip is listed without the slash that a name begins with.
        if name in self.refused or f"/{name}" in self.refused:
            return None
        path = "/".join((self._root, *parts))
        if isinstance(self._files, LocalFileSystem):
            resolved = Path(path).resolve()
            return str(resolved) if resolved.is_relative_to(self._root) and resolved.is_file() else None
        return path

    def _local_names(self) -> Iterator[str]:
        root = Path(self._root)
        for folder, below, names in os.walk(root, followlinks=False):
            below[:] = [name for name in below if not name.startswith(".")]
            for name in names:
                relative = _printable((Path(folder) / name).relative_to(root).as_posix())
                if self.has(relative):
                    yield relative

    def _remote_names(self) -> Iterator[str]:
        for path in self._files.find(self._root):
            name = path.removeprefix(self._root).lstrip("/")
            if self._path(name) is not None:
                yield name


def _printable(name: str) -> str:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError as error:
        raise BadInput(what=repr(name), why="the file name is not UTF-8") from error
    return name
