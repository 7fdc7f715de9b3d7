"""Members of a zip that are not read: links, devices, names that lead out, bombs, all but the last of one name."""

import stat
import zipfile
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Final

LARGE: Final = 256 * 1024 * 1024
# Deflate reaches 1032 to 1; pictures and tables stay far below this.
_MOST_RATIO: Final = 200
_AGAIN: Final = " (again)"


def refused_members(archive: zipfile.ZipFile) -> Mapping[str, str]:
    """Return why, by name, for each member that must not be read; of two with one name the last is read.

    The earlier ones of that name stand under the name with ` (again)` behind it.
    """
    refused: dict[str, str] = {}
    last = {member.filename: member for member in archive.infolist()}
    for member in archive.infolist():
        why = _why(member)
        if why:
            refused[member.filename] = why
        elif last[member.filename] is not member:
            refused[member.filename + _AGAIN] = "another member has its name"
    return refused


def _why(member: zipfile.ZipInfo) -> str | None:
    if member.is_dir():
        return None
    mode = member.external_attr >> 16
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        return "a link" if stat.S_ISLNK(mode) else "no regular file"
    name = member.filename.replace("\\", "/")
    if name.startswith("/") or ".." in PurePosixPath(name).parts or name[1:2] == ":":
        return "its name leads out of the archive"
    bomb = member.file_size > LARGE and member.file_size > _MOST_RATIO * max(member.compress_size, 1)
    return f"it inflates to {member.file_size} bytes" if bomb else None
