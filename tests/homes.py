"""Homes whose services run, and the home in which the sample is built: made once in a run of the tests, then copied."""

import fcntl
import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from command import build_arguments, met

from met.sources.sample import Sample, write_sample


@dataclass(frozen=True, kw_only=True)
class BuiltSample:
    """The bundled sample after `met build`: what that printed, its dataset, and the home, stopped and to be copied."""

    sample: Sample
    out: Path
    home: Path
    summary: dict[str, Any]


@contextmanager
def running_home(start: Path | None = None) -> Iterator[Path]:
    """Give a home whose services run inside the block, where the account that runs Postgres for root can reach it.

    It is new, or a copy of the stopped home `start`.
    """
    with tempfile.TemporaryDirectory(prefix="met-home-") as folder:
        Path(folder).chmod(0o755)
        home = Path(folder) / "home"
        if start is not None:
            copy_home(start, home)
        met("up", "--home", str(home))
        yield home
        met("down", "--home", str(home))


def built_sample(folder: Path) -> BuiltSample:
    """Return the sample built below `folder`, by whichever process comes first; the others wait for it."""
    place = folder / "built-sample"
    with (folder / "built-sample.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (place / "summary.json").exists():
            # What a process that failed here has left behind.
            shutil.rmtree(place, ignore_errors=True)
            _build(place)
    told = json.loads((place / "summary.json").read_text())
    sample = Sample(
        articles=Path(told["articles"]), texts=Path(told["texts"]), ontologies=tuple(map(Path, told["ontologies"]))
    )
    return BuiltSample(sample=sample, out=place / "out", home=place / "home", summary=told["summary"])


def _build(place: Path) -> None:
    sample = write_sample(place / "sample")
    with running_home() as home:
        done = met(*build_arguments(sample, home, place / "out"))
        assert (done.stderr, done.stdout.count("\n")) == ("", 1), "one line of JSON and nothing else"
        met("down", "--home", str(home))
        copy_home(home, place / "home")
    # Ports are somebody else's by the time that a copy starts.
    shutil.rmtree(place / "home" / "services")
    (place / "home" / "postgres" / "port").unlink()
    told = {"summary": json.loads(done.stdout), **asdict(sample)}
    (place / "summary.json").write_text(json.dumps(told, default=str))


def copy_home(home: Path, to: Path) -> None:
    """The folder `to` is a home as the stopped `home` is."""
    # With owners: the files of Postgres belong to another account where the tests run as root.
    subprocess.run(["cp", "-a", str(home), str(to)], check=True)
    cluster = to / "postgres" / "cluster"
    if cluster.is_symlink():
        # The account does not reach this folder; the copy gets a place beside that of the original.
        place = Path(tempfile.mkdtemp(prefix="data-", dir=cluster.resolve().parents[1]))
        place.chmod(0o755)
        subprocess.run(["cp", "-a", str(cluster.resolve()), str(place / "cluster")], check=True)
        cluster.unlink()
        cluster.symlink_to(place / "cluster")
