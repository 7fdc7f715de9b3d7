"""The files of a dataset that trainers load, written as rows stream by."""

import io
import json
import re
import string
import tarfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

import pyarrow as pa
import pyarrow.parquet as pq

from met.export.image import ExportedImage
from met.export.rows import Row
from met.export.schema import SCHEMA
from met.keys import canonical_json

ROW_GROUP = 4096
SHARD_BYTES = 256 * 2**20
DESCRIBE = "Describe this image."
CHOOSE = "Answer with the letter and the text of one option."

# Trainers count these against the images of a record, so they may stand in a record only where an image belongs.
_PLACEHOLDER = re.compile(r"<(image|video|audio)>")


class Sink(Protocol):
    """A format being written: `rows` maps each of its files, relative to the dataset, to the rows in it."""

    rows: dict[str, int]

    def __enter__(self) -> Self: ...

    def add(self, image: ExportedImage, rows: Sequence[Row]) -> None:
        """Write the rows of one panel and its image."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class ParquetSink:
    """rows.parquet: one row a sample, in row groups of `ROW_GROUP`."""

    def __init__(self, folder: Path) -> None:
        self.rows = {"rows.parquet": 0}
        self._batch: list[Row] = []
        self._writer = pq.ParquetWriter(
            folder / "rows.parquet",
            SCHEMA,
            version="2.6",
            compression="zstd",
            compression_level=3,
            data_page_version="1.0",
        )

    def __enter__(self) -> Self:
        return self

    def add(self, image: ExportedImage, rows: Sequence[Row]) -> None:  # noqa: ARG002
        """Write the rows of one panel; its image is a file of its own."""
        for row in rows:
            self._batch.append(row)
            if len(self._batch) == ROW_GROUP:
                self._flush()

    def _flush(self) -> None:
        self._writer.write_table(pa.Table.from_pylist(self._batch, schema=SCHEMA), row_group_size=ROW_GROUP)
        self.rows["rows.parquet"] += len(self._batch)
        self._batch = []

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None and self._batch:
            self._flush()
        self._writer.close()


class JsonSink:
    """A JSON array with one record a sample."""

    def __init__(self, folder: Path, name: str, record: Callable[[Row], dict[str, Any]]) -> None:
        self.rows = {name: 0}
        self._name = name
        self._record = record
        self._file = (folder / name).open("w", encoding="utf-8", newline="\n")

    def __enter__(self) -> Self:
        self._file.write("[")
        return self

    def add(self, image: ExportedImage, rows: Sequence[Row]) -> None:  # noqa: ARG002
        """Write a record for each row."""
        for row in rows:
            comma = ",\n" if self.rows[self._name] else "\n"
            self._file.write(comma + json.dumps(self._record(row), ensure_ascii=False))
            self.rows[self._name] += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.write("\n]\n")
        self._file.close()


class WebDatasetSink:
    """webdataset/shard-000000.tar ...: one sample a panel, so that no image is repeated.

    A sample is the image, the panel's first caption as txt, and all its rows as json. A shard ends with the panel that
    takes it past `SHARD_BYTES`.
    """

    def __init__(self, folder: Path) -> None:
        self.rows: dict[str, int] = {}
        self._folder = folder
        self._bytes = 0
        self._tar: tarfile.TarFile | None = None
        self._path = ""

    def __enter__(self) -> Self:
        return self

    def add(self, image: ExportedImage, rows: Sequence[Row]) -> None:
        """Write the panel's sample into the open shard."""
        tar = self._tar or self._open()
        key = rows[0]["panel"].rpartition(":")[2]
        self._member(tar, f"{key}.{image.extension}", image.data)
        records = [
            {"id": row["id"], "sample": row["sample"], "kind": row["kind"], "conversations": conversation(row)}
            for row in rows
        ]
        self._member(tar, f"{key}.json", canonical_json({"panel": rows[0]["panel"], "rows": records}).encode())
        caption = next((row["text"] for row in rows if row["sample"] == "caption"), None)
        if caption is not None:
            self._member(tar, f"{key}.txt", caption.encode())
        self.rows[self._path] += len(rows)
        if self._bytes > SHARD_BYTES:
            self._close()

    def _open(self) -> tarfile.TarFile:
        self._path = f"webdataset/shard-{len(self.rows):06d}.tar"
        self.rows[self._path] = 0
        path = self._folder / self._path
        path.parent.mkdir(exist_ok=True)
        self._tar = tarfile.open(path, "w", format=tarfile.USTAR_FORMAT)  # noqa: SIM115 closed when full, or on exit
        return self._tar

    def _member(self, tar: tarfile.TarFile, name: str, data: bytes) -> None:
        member = tarfile.TarInfo(name)  # its defaults: mode 644, owner 0 without a name, time 0
        member.size = len(data)
        tar.addfile(member, io.BytesIO(data))
        self._bytes += len(data)

    def _close(self) -> None:
        if self._tar:
            self._tar.close()
        self._tar, self._bytes = None, 0

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()


def llava_record(row: Row) -> dict[str, Any]:
    """Return the row as LLaVA reads it: id, image, conversations."""
    return {"id": row["id"], "image": row["image"], "conversations": conversation(row)}


def sharegpt_record(row: Row) -> dict[str, Any]:
    """Return the row as readers of ShareGPT's multimodal form want it: id, conversations, images."""
    return {"id": row["id"], "conversations": conversation(row), "images": [row["image"]]}


SINKS: Mapping[str, Callable[[Path], Sink]] = {
    "parquet": ParquetSink,
    "llava": lambda folder: JsonSink(folder, "llava.json", llava_record),
    "sharegpt": lambda folder: JsonSink(folder, "sharegpt.json", sharegpt_record),
    "webdataset": WebDatasetSink,
}


def conversation(row: Row) -> list[dict[str, str]]:
    """Return the two turns of a row: the image with the instruction or question, and the caption or answer.

    Where the answer needs context, the panel's subcaption stands before the question. A placeholder inside a text loses
    its angle brackets, so that `<image>` occurs once a record; rows.parquet keeps the text as it is.
    """
    asked, answered = (DESCRIBE, row["text"]) if row["sample"] == "caption" else _asked(row)
    return [{"from": "human", "value": f"<image>\n{_plain(asked)}"}, {"from": "gpt", "value": _plain(answered)}]


def _asked(row: Row) -> tuple[str, str]:
    context = [f"Context: {row['subcaption']}"] if row["needs"] == "image+context" else []
    options = [f"{letter}. {option}" for letter, option in zip(string.ascii_uppercase, row["options"], strict=False)]
    if not options:
        return "\n".join([*context, row["text"]]), row["answer"]
    return "\n".join([*context, row["text"], *options, CHOOSE]), options[row["options"].index(row["answer"])]


def _plain(text: str) -> str:
    return _PLACEHOLDER.sub(r"\1", text)
