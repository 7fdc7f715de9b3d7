"""The processes of an embedded Postgres, told from dead ones, zombies and other programs.

After `kill -9` a postmaster can stay a zombie for as long as nobody reaps it, and its number can go to another program.
Both answer to the number that postmaster.pid names, so neither that file nor `pg_ctl` says whether the server lives.
"""

import signal
import time
from pathlib import Path

import psutil

ORPHAN_S = 10


def postmaster(cluster: Path) -> psutil.Process | None:
    """Return the live server process that postmaster.pid names, if it is one."""
    try:
        process = psutil.Process(int((cluster / "postmaster.pid").read_text().split("\n", 1)[0]))
    except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
        return None
    return process if _serves(process, cluster) else None


def _serves(process: psutil.Process, cluster: Path) -> bool:
    """Return whether it is a live Postgres process of `cluster`: no zombie, no other program with a reused pid."""
    try:
        return (
            process.name() == "postgres" and process.status() != psutil.STATUS_ZOMBIE and process.cwd() == str(cluster)
        )
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False


def end_orphans(cluster: Path) -> None:
    """End the processes that outlived their killed postmaster: they hold its shared memory, and no start works then."""
    orphans = [process for process in psutil.process_iter() if _serves(process, cluster)]
    for what in (signal.SIGQUIT, signal.SIGKILL):
        for process in orphans:
            if _serves(process, cluster):
                process.send_signal(what)
        deadline = time.monotonic() + ORPHAN_S
        while time.monotonic() < deadline and any(_serves(process, cluster) for process in orphans):
            time.sleep(0.02)
