"""Streams the documents that a tree grows from: folders, tar archives and single files, one document at a time."""

import hashlib
import tarfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Final

from met.errors import BadInput
from met.keys import content_key
from met.tree.texts.blocks import GlossaryEntry, Markup, Unreadable
from met.tree.texts.markup import licences_of_collection, read_markup
from met.types import Document, Drop

MAX_BYTES: Final = 64 << 20
_COLLECTION: Final = ".collection.xml"
# Housekeeping of text sources: no text, and no loss either.
_NOT_A_TEXT: Final = frozenset({"license", "license.txt", "license.md", "readme.md", "books.xml", "manifest.tsv"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A document and the glossary entries that its author marked."""

    document: Document
    glossary: tuple[GlossaryEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TextFile:
    """One file given as a source of texts: an archive or a document, with its path below what the user named."""

    path: str
    sha256: str
    file: Path


def text_files(paths: Iterable[Path]) -> tuple[TextFile, ...]:
    """Return every file below `paths`, sorted by its relative path and content: the order of `paths` does not matter.

    Raises:
        BadInput: a path does not exist or cannot be read.
    """
    return tuple(
        sorted((found for path in paths for found in _files_below(path)), key=lambda found: (found.path, found.sha256))
    )


def _files_below(path: Path) -> Iterator[TextFile]:
    if not path.exists():
        raise BadInput(what=f"texts {path.name}", why="no such file or folder")
    try:
        if path.is_file():
            yield TextFile(path=_printable(path.name), sha256=file_sha256(path), file=path)
            return
        for file in sorted(found for found in path.rglob("*") if found.is_file() and not found.is_symlink()):
            name = _printable(file.relative_to(path).as_posix())
            yield TextFile(path=name, sha256=file_sha256(file), file=file)
    except OSError as error:
        raise BadInput(what=f"texts {path.name}", why=f"cannot be read: {error.strerror}") from error


def _printable(name: str) -> str:
    """Return a file name whose bytes are no UTF-8 with those bytes spelt out."""
    return name.encode("utf-8", "backslashreplace").decode()


def file_sha256(path: Path) -> str:
    """Return the sha256 of a file, as hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_texts(files: Sequence[TextFile]) -> Iterator[Text | Drop]:
    """Yield the documents of the files, and a Drop for each member or file that gives none.

    Archive members that are links or devices, or whose path leaves the archive, are never opened (`unsafe_member`). A
    document whose content came before is a Drop `repeated_text`. The licence of a CNXML chapter may stand in the
    collection file beside it.
    """
    seen: set[str] = set()
    licences = {
        module: licence
        for found in files
        for name, data in _collections(found)
        for module, licence in licences_of_collection(data).items()
    }
    for found in files:
        for item in _members(found):
            text = item if isinstance(item, Drop) else _text_of(*item, licences)
            if isinstance(text, Text):
                if text.document.sha256 in seen:
                    text = Drop(item=text.document.path, reason="repeated_text")
                else:
                    seen.add(text.document.sha256)
            if text is not None:
                yield text


def _text_of(path: str, data: bytes, licences: dict[str, str]) -> Text | Drop | None:
    name = PurePosixPath(path).name.lower()
    if name in _NOT_A_TEXT or name.endswith(_COLLECTION):
        return None
    try:
        found = read_markup(data)
    except Unreadable as error:
        return Drop(item=path, reason=error.reason, detail={"why": error.detail} if error.detail else {})
    return Text(document=_document(path, data, found, licences), glossary=found.glossary)


def _document(path: str, data: bytes, found: Markup, licences: dict[str, str]) -> Document:
    sha256 = hashlib.sha256(data).hexdigest()
    return Document(
        key=content_key("document", sha256, path),
        path=path,
        title=found.title or PurePosixPath(path).stem,
        kind=found.kind,
        authority=found.authority,
        licence=licences.get(found.module or "", "unknown") if found.licence == "unknown" else found.licence,
        sha256=sha256,
        characters=len(found.text),
        text=found.text,
    )


# ---------------------------------------------------------------- files and archives


def _members(found: TextFile, *, ending: str = "") -> Iterator[tuple[str, bytes] | Drop]:
    """Yield the files of a source whose names end so; the bytes of others are not read.

    What holds nothing at all is a Drop where every file is asked for: so is a file of zeros, which is an archive by its
    form.
    """
    if not tarfile.is_tarfile(found.file):
        if found.path.endswith(ending):
            yield from _bounded(found.path, found.file.stat().st_size, found.file.open("rb"))
        return
    holds = False
    try:
        with tarfile.open(found.file) as archive:
            for member in archive:
                holds = True
                if member.name.endswith(ending):
                    yield from _member(archive, member, found.path)
                # The archive remembers every member that it has passed.
                archive.members.clear()  # type: ignore[attr-defined]
    except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
        yield Drop(item=found.path, reason="broken_archive", detail={"why": str(error)})
        return
    if not holds and not ending:
        yield Drop(item=found.path, reason="empty_archive")


def _member(archive: tarfile.TarFile, member: tarfile.TarInfo, path: str) -> Iterator[tuple[str, bytes] | Drop]:
    if member.isdir():
        return
    inside = f"{path}/{_printable(member.name)}"
    parts = PurePosixPath(member.name).parts
    file = (
        archive.extractfile(member)
        if member.isreg() and ".." not in parts and not member.name.startswith("/")
        else None
    )
    if file is None:
        yield Drop(item=inside, reason="unsafe_member")
    else:
        yield from _bounded(inside, member.size, file)


def _bounded(path: str, size: int, file: IO[bytes]) -> Iterator[tuple[str, bytes] | Drop]:
    with file:
        if size > MAX_BYTES:
            yield Drop(item=path, reason="too_large", detail={"bytes": size})
        else:
            yield path, file.read()


def _collections(found: TextFile) -> Iterator[tuple[str, bytes]]:
    """Yield the CNXML collection files: they are needed before the chapters, and archives are not sorted."""
    for item in _members(found, ending=_COLLECTION):
        if not isinstance(item, Drop):
            yield item
