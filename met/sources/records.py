"""Rows of somebody's pairs by number, whatever they are kept in: parquet, a WebDataset tar, JSON, lines of JSON."""

import json
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, pairwise
from pathlib import PurePosixPath
from typing import Any, BinaryIO, Final, Protocol, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

from met.sources.places import Place
from met.types import Drop

CHUNK_ROWS: Final = 64
MAX_JSON: Final = 1024 * 1024 * 1024
MAX_LINE: Final = 64 * 1024 * 1024
MAX_MEMBER: Final = 256 * 1024 * 1024
SUFFIXES: Final = (".parquet", ".tar", ".jsonl", ".ndjson", ".json")
Record: TypeAlias = Mapping[str, Any]


class UnreadableFile(ValueError):
    """The file is not what its name says."""


class Rows(Protocol):
    """The rows of one file. `chunks` cut them into runs that are read at once; a row that is none is a Drop."""

    def chunks(self) -> Iterator[tuple[int, int]]: ...
    def read(self, start: int, stop: int) -> Iterator[Record | Drop]: ...


@contextmanager
def rows_of(place: Place, name: str) -> Iterator[Rows]:
    """Give the rows of the file `name`.

    Raises:
        UnreadableFile: it is broken, or larger than can be read.
        NotFound: it is gone.
    """
    opener = _OPENERS[PurePosixPath(name).suffix.lower()]
    with place.opened(name) as stream:
        try:
            yield opener(stream, _contents(place.uri, name, place.stamp(name)))
        except (pa.ArrowException, tarfile.TarError, OSError, EOFError) as error:
            raise UnreadableFile(str(error).splitlines()[0][:200] if str(error) else type(error).__name__) from error


@lru_cache(maxsize=4)
def _contents(uri: str, name: str, stamp: str) -> Any:
    """Return what is to be known of a file before its rows can be read; `stamp` makes a changed file a new question."""
    del stamp
    with Place.open(uri).opened(name) as stream:
        return _OPENERS[PurePosixPath(name).suffix.lower()].contents(stream)


def _cut(start: int, stop: int) -> Iterator[tuple[int, int]]:
    for at in range(start, stop, CHUNK_ROWS):
        yield at, min(at + CHUNK_ROWS, stop)


class _ParquetRows:
    """Rows of a parquet file. Chunks end with the row groups, so that no group is read for the rows of two of them."""

    def __init__(self, stream: BinaryIO, starts: list[int]) -> None:
        self._file = pq.ParquetFile(stream)
        self._starts = starts

    @staticmethod
    def contents(stream: BinaryIO) -> list[int]:
        """Return the number of the first row of each group, and the number of rows."""
        metadata = pq.ParquetFile(stream).metadata
        sizes = [metadata.row_group(index).num_rows for index in range(metadata.num_row_groups)]
        return [0, *accumulate(sizes)]

    def chunks(self) -> Iterator[tuple[int, int]]:
        for start, stop in pairwise(self._starts):
            yield from _cut(start, stop)

    def read(self, start: int, stop: int) -> Iterator[Record | Drop]:
        group = max(index for index, first in enumerate(self._starts[:-1]) if first <= start)
        at = self._starts[group]
        # A group is decoded in small batches: its images may be far larger than memory likes.
        for batch in self._file.iter_batches(batch_size=CHUNK_ROWS, row_groups=[group]):
            if at + batch.num_rows > start and at < stop:
                first = max(start - at, 0)
                yield from batch.slice(first, min(stop - at, batch.num_rows) - first).to_pylist()
            at += batch.num_rows
            if at >= stop:
                return


@dataclass(frozen=True, slots=True)
class _Member:
    name: str
    offset: int
    size: int


class _TarRows:
    """Samples of a WebDataset tar: members that share their name up to the first dot. Nothing is ever unpacked.

    Links, devices, names that lead out of the archive, and all but the first of one name are each a Drop
    `unsafe_member`.
    """

    def __init__(self, stream: BinaryIO, samples: list[Mapping[str, _Member] | Drop]) -> None:
        self._stream = stream
        self._samples = samples

    @staticmethod
    def contents(stream: BinaryIO) -> list[Mapping[str, _Member] | Drop]:
        """Return where the members of each sample lie."""
        samples: list[Mapping[str, _Member] | Drop] = []
        by_key: dict[str, dict[str, _Member]] = {}
        with tarfile.open(fileobj=stream, mode="r:") as archive:
            for member in archive:
                if member.isdir():
                    continue
                if why := _unsafe(member):
                    detail = {"member": member.name[:200], "why": why}
                    samples.append(Drop(item="", reason="unsafe_member", detail=detail))
                    continue
                folder, _, base = member.name.rpartition("/")
                stem, _, extension = base.partition(".")
                key = f"{folder}/{stem}" if folder else stem
                if key not in by_key:
                    by_key[key] = {}
                    samples.append(by_key[key])
                if extension.lower() in by_key[key]:
                    detail = {"member": member.name[:200], "why": "another member has its name"}
                    samples.append(Drop(item="", reason="unsafe_member", detail=detail))
                    continue
                by_key[key][extension.lower()] = _Member(member.name, member.offset_data, member.size)
        if not samples:
            raise UnreadableFile("the tar holds no file")
        return samples

    def chunks(self) -> Iterator[tuple[int, int]]:
        return _cut(0, len(self._samples))

    def read(self, start: int, stop: int) -> Iterator[Record | Drop]:
        for sample in self._samples[start:stop]:
            yield sample if isinstance(sample, Drop) else self._record(sample)

    def _record(self, sample: Mapping[str, _Member]) -> Record:
        first = next(iter(sample.values())).name
        folder, _, base = first.rpartition("/")
        record: dict[str, Any] = {"__key__": f"{folder}/{base.partition('.')[0]}".lstrip("/")}
        for extension, member in sorted(sample.items()):
            self._stream.seek(member.offset)
            data = self._stream.read(member.size)
            if extension == "json":
                found = _json(data)
                record |= found if isinstance(found, dict) else {}
            elif extension in {"txt", "caption", "text", "cls"}:
                record["caption" if extension != "cls" else "label"] = data.decode("utf-8", "replace").strip()
            else:
                record[extension] = {"bytes": data, "path": member.name}
        return record


def _unsafe(member: tarfile.TarInfo) -> str | None:
    if not member.isreg():
        return "a link" if member.islnk() or member.issym() else "no regular file"
    if member.name.startswith("/") or ".." in PurePosixPath(member.name).parts or "\\" in member.name:
        return "its name leads out of the archive"
    return "too large" if member.size > MAX_MEMBER else None


class _LineRows:
    """Rows of a file with one JSON object a line; one that is none is a Drop `malformed_row`."""

    def __init__(self, stream: BinaryIO, starts: list[int]) -> None:
        self._stream = stream
        self._starts = starts

    @staticmethod
    def contents(stream: BinaryIO) -> list[int]:
        """Return where each line begins, and where the file ends."""
        starts = [0]
        while line := stream.readline(MAX_LINE):
            starts.append(starts[-1] + len(line))
        return starts

    def chunks(self) -> Iterator[tuple[int, int]]:
        return _cut(0, len(self._starts) - 1)

    def read(self, start: int, stop: int) -> Iterator[Record | Drop]:
        self._stream.seek(self._starts[start])
        for number in range(start, stop):
            line = self._stream.read(self._starts[number + 1] - self._starts[number])
            if line.strip():
                found = _json(line)
                yield found if isinstance(found, dict) else _malformed(number)


class _JsonRows:
    """Rows of a JSON file: a list of objects, or an object with one such list."""

    def __init__(self, stream: BinaryIO, rows: list[Any]) -> None:
        del stream
        self._rows = rows

    @staticmethod
    def contents(stream: BinaryIO) -> list[Any]:
        """Return the rows."""
        data = stream.read(MAX_JSON + 1)
        if len(data) > MAX_JSON:
            raise UnreadableFile("the JSON is larger than 1 GiB; lines of JSON may be of any length")
        found = _json(data)
        if isinstance(found, dict):
            lists = [value for value in found.values() if isinstance(value, list) and value]
            found = lists[0] if len(lists) == 1 else None
        if not isinstance(found, list):
            raise UnreadableFile("the JSON holds no list of rows")
        return found

    def chunks(self) -> Iterator[tuple[int, int]]:
        return _cut(0, len(self._rows))

    def read(self, start: int, stop: int) -> Iterator[Record | Drop]:
        for number, row in enumerate(self._rows[start:stop], start):
            yield row if isinstance(row, dict) else _malformed(number)


def _malformed(number: int) -> Drop:
    return Drop(item="", reason="malformed_row", detail={"row": number})


def _json(data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


_OPENERS: Final[Mapping[str, Any]] = {
    ".parquet": _ParquetRows,
    ".tar": _TarRows,
    ".jsonl": _LineRows,
    ".ndjson": _LineRows,
    ".json": _JsonRows,
}
