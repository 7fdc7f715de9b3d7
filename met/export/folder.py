"""The folder of a dataset: it appears whole, replaces an earlier export only, and survives a kill at any moment."""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from met.errors import BadInput

LAYOUT = "met-dataset/1"
MANIFEST = "manifest.json"
RUN = "run.json"


@contextmanager
def replaced(out: Path) -> Iterator[Path]:
    """Yield an empty folder beside `out` that takes its place when the block ends, or is removed if that fails.

    What a killed export left behind is cleared first; an earlier export that the kill caught between two renames is put
    back in its place.

    Raises:
        BadInput: `out` holds something that no export wrote, is a mount point, or another process is exporting to it.
    """
    out = out.resolve()
    partial, old = (out.parent / f".{out.name}.{state}" for state in ("partial", "old"))
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        if old.exists() and not out.exists():
            old.rename(out)
        check_replaceable(out)
        lock = _locked(partial)
    except OSError as error:
        raise BadInput(what=f"output folder {out}", why=error.strerror or str(error)) from error
    try:
        yield partial
        _swap(partial, out, old)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        os.close(lock)


def check_replaceable(out: Path) -> None:
    """Return if `out` is absent, empty, or an earlier export and nothing else, and can be replaced.

    Raises:
        BadInput: it is something else.
    """
    what = f"output folder {out}"
    if not out.exists():
        return
    if not out.is_dir():
        raise BadInput(what=what, why="is a file")
    if out.is_mount():
        raise BadInput(what=what, why="is a mount point and cannot be replaced: name a folder inside it")
    foreign = _foreign(out)
    if foreign is not None:
        raise BadInput(what=what, why=f"holds {foreign}, which no export wrote: name another folder")


def _foreign(out: Path) -> Path | None:
    """Return one file in `out` that its manifest does not list, or None."""
    manifest = read_manifest(out)
    listed = {MANIFEST, RUN, *(file["path"] for file in manifest["files"])} if manifest else set()
    found = (path for path in out.rglob("*") if path.is_symlink() or not path.is_dir())
    return next((path.relative_to(out) for path in found if str(path.relative_to(out)) not in listed), None)


def read_manifest(out: Path) -> dict[str, Any]:
    """Return the content of the manifest in `out`, or an empty dict where there is none of this layout."""
    try:
        manifest = json.loads((out / MANIFEST).read_bytes())
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return {}
    return manifest if isinstance(manifest, dict) and manifest.get("layout") == LAYOUT else {}


def _locked(partial: Path) -> int:
    """Return the descriptor that locks `partial`, made anew and empty; the lock ends with the process."""
    partial.mkdir(exist_ok=True)
    lock = os.open(partial, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        for left in partial.iterdir():
            shutil.rmtree(left) if left.is_dir() else left.unlink()
    except BlockingIOError as error:
        os.close(lock)
        raise BadInput(what=f"output folder {partial.name}", why="another process is exporting to it") from error
    return lock


def _swap(partial: Path, out: Path, old: Path) -> None:
    shutil.rmtree(old, ignore_errors=True)
    if out.exists():
        out.rename(old)
    partial.rename(out)
    shutil.rmtree(old, ignore_errors=True)
