"""Where files lie: a folder or a file of this machine, or an address of an object store that fsspec knows."""

import os
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, Final, Self, cast

import fsspec
from fsspec.implementations.local import LocalFileSystem

from met.errors import BadInput, NotFound

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
        """Return the names of all files at any depth, sorted; hidden ones and links to outside are left out."""
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

    def read(self, name: str, *, limit: int = MAX_FILE) -> bytes | None:
        """Return the bytes of a file; None where it is not there, is no regular file, is larger, or lies outside."""
        if not self.has(name):
            return None
        try:
            with self.opened(name) as stream:
                data = stream.read(limit + 1)
        except (OSError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error):
            return None  # A member of an archive that is broken, or locked with a password.
        return data if len(data) <= limit else None

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

    def _path(self, name: str) -> str | None:
        parts = PurePosixPath(name.replace("\\", "/")).parts
        if not parts or parts[0] == "/" or ".." in parts or "\0" in name:
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
                relative = (Path(folder) / name).relative_to(root).as_posix()
                if _is_utf8(relative) and self.has(relative):
                    yield relative

    def _remote_names(self) -> Iterator[str]:
        for path in self._files.find(self._root):
            name = path.removeprefix(self._root).lstrip("/")
            if self._path(name) is not None:
                yield name


def _is_utf8(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
