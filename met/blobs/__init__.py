"""The door to image bytes: files named by their sha256, in a local folder or any object store that fsspec knows."""

import hashlib
import os
import re
from pathlib import Path
from uuid import uuid4

import fsspec
from fsspec.implementations.local import LocalFileSystem

from met.errors import BadInput, BadSetting, NotFound

SHA256 = re.compile(r"[0-9a-f]{64}")


class Blobs:
    """The bytes of one installation, at `ab/cd/<sha256>` under `url`: equal bytes once. Threads may share it."""

    def __init__(self, url: str) -> None:
        """Open the folder or address; nothing is made before the first `put`.

        Raises:
            BadSetting: fsspec knows no such kind of address, or its package is not installed.
        """
        try:
            self._files, self._root = fsspec.core.url_to_fs(url)
        except (ValueError, ImportError) as error:
            raise BadSetting(name="MET_BLOBS_URL", why=str(error)) from error

    def put(self, data: bytes) -> str:
        """The bytes are kept, whole; return their sha256 in hex."""
        sha256 = hashlib.sha256(data).hexdigest()
        path = self._path(sha256)
        if not (self._files.exists(path) and self._files.size(path) == len(data)):
            if isinstance(self._files, LocalFileSystem):
                _write_file(Path(path), data)
            else:
                # An object store shows an object when it is whole.
                self._files.makedirs(self._files._parent(path), exist_ok=True)
                self._files.pipe_file(path, data)
        return sha256

    def get(self, sha256: str) -> bytes:
        """Return the bytes of that sha256.

        Raises:
            NotFound: there are none.
            BadInput: the bytes that are kept have another sha256.
        """
        try:
            data = self._files.cat_file(self._path(sha256))
        except FileNotFoundError as error:
            raise NotFound(what="image", name=sha256, hint=" among the blobs: ingest its source again") from error
        if hashlib.sha256(data).hexdigest() != sha256:
            raise BadInput(what=f"image {sha256}", why="its file is damaged: delete it and ingest its source again")
        return bytes(data)

    def has(self, sha256: str) -> bool:
        """Return whether bytes of that sha256 are kept."""
        return bool(self._files.exists(self._path(sha256)))

    def _path(self, sha256: str) -> str:
        if not SHA256.fullmatch(sha256):
            raise ValueError(f"{sha256!r} is not a sha256 in hex")
        return f"{self._root.rstrip('/')}/{sha256[:2]}/{sha256[2:4]}/{sha256}"


def _write_file(path: Path, data: bytes) -> None:
    """Write a file that gets its name when it is whole and on disk: half of an image must not pass for it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
