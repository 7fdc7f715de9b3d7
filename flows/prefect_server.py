"""The Prefect server of one installation: a process on 127.0.0.1, its state in HOME/prefect and the embedded Postgres.

Nothing here imports Prefect, so that the settings of a process can be set before it does.
"""

import json
import os
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from met.errors import ServerUnavailable
from met.keys import digest

START_SECONDS = 180.0
STOP_SECONDS = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PrefectServer:
    """A server as it was started: `url` ends in /api; `database` is the digest of its database's address."""

    pid: int
    url: str
    database: str


def client_environment(home: Path, url: str) -> dict[str, str]:
    """Return the Prefect settings of every process that runs flows of this installation.

    Results are neither kept nor reused: the ledger is the memo. The heartbeat is the shortest that Prefect allows.
    """
    return {
        "PREFECT_HOME": str(home / "prefect"),
        "PREFECT_API_URL": url,
        "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "false",
        "PREFECT_TASKS_DEFAULT_PERSIST_RESULT": "false",
        "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30",
        "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false",
        "DO_NOT_TRACK": "1",
        "GX_ANALYTICS_ENABLED": "false",
    }


def server_environment(home: Path, url: str, database: str) -> dict[str, str]:
    """Return the settings of the server process; `database` is a postgresql+asyncpg address. It reports to nobody."""
    return {
        **client_environment(home, url),
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": database,
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_UI_ENABLED": "true",
        "PREFECT_SERVER_UI_API_URL": url,
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
        "PREFECT_LOGGING_COLORS": "false",
    }


def find_server(home: Path) -> PrefectServer | None:
    """Return the server of this installation if its process lives, whether or not it answers."""
    server = _recorded(home)
    return server if server is not None and _is_ours(server, home) else None


def start_server(home: Path, database: str) -> PrefectServer:
    """Return a server that answers and keeps its state in `database`, started unless it was there.

    Raises:
        ServerUnavailable: it does not come up; the message ends with the last line of its log.
    """
    server = find_server(home)
    if server is not None and server.database == digest(database) and _answers(server.url):
        return server
    # A server that lost its database, or was started by a command that died half-way, is replaced.
    stop_server(home)
    server = _spawn(home, _free_port(_recorded(home)), database)
    _wait_until_ready(server, home)
    return server


def stop_server(home: Path) -> None:
    """No server of this installation runs after the call, and its port is free for the next one."""
    server = find_server(home)
    if server is None:
        return
    for sign in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.kill(server.pid, sign)
        deadline = time.monotonic() + STOP_SECONDS
        while time.monotonic() < deadline:
            if not _lives(server.pid):
                return
            time.sleep(0.05)


def check_server(url: str) -> None:
    """A server that somebody else runs answers at `url`.

    Raises:
        ServerUnavailable: it does not.
    """
    try:
        with urllib.request.urlopen(url.rstrip("/") + "/health", timeout=10):
            return
    except (OSError, ValueError) as error:
        raise ServerUnavailable(address=url, why=str(getattr(error, "reason", error))) from error


def _spawn(home: Path, port: int, database: str) -> PrefectServer:
    url = f"http://127.0.0.1:{port}/api"
    (home / "prefect").mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    log = _log_path(home)
    log.parent.mkdir(parents=True, exist_ok=True)
    # A session of its own: an interrupt at the terminal reaches the command, which then stops the server in order.
    pid = os.posix_spawn(
        command[0],
        command,
        {**os.environ, **server_environment(home, url, database)},
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(log), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
    )
    server = PrefectServer(pid=pid, url=url, database=digest(database))
    _record(home, server)
    return server


def _wait_until_ready(server: PrefectServer, home: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not _answers(server.url):
        alive = _lives(server.pid)
        if not alive or time.monotonic() > deadline:
            stop_server(home)
            why = f"no answer within {START_SECONDS:.0f} s" if alive else "its process ended while starting"
            raise ServerUnavailable(
                address=server.url, why=f"{why}; last line of {_log_path(home)}: {_last_line(_log_path(home))}"
            )
        time.sleep(0.2)


def _answers(url: str) -> bool:
    # /ready asks the server's database too, /health would not.
    try:
        with urllib.request.urlopen(url + "/ready", timeout=5) as response:
            return bool(response.status == 200)
    except OSError:
        return False


def _lives(pid: int) -> bool:
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)  # Reaps it where it is a child of this process.
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _is_ours(server: PrefectServer, home: Path) -> bool:
    # The pid of a dead server may belong to anybody by now; only ours carries this installation's folder.
    if not _lives(server.pid):
        return False
    try:
        process = psutil.Process(server.pid)
        return process.environ().get("PREFECT_HOME") == str(home / "prefect") and "server" in process.cmdline()
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False


def _free_port(last: PrefectServer | None) -> int:
    """Return the port of the last server where it is free, so that the address of the UI stays, else any free one."""
    ports = [int(last.url.rpartition(":")[2].partition("/")[0])] if last else []
    for port in [*ports, 0]:
        with socket.socket() as probe, suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return int(probe.getsockname()[1])
    raise ServerUnavailable(address="127.0.0.1", why="no free port")


def _record_path(home: Path) -> Path:
    return home / "services" / "prefect.json"


def _log_path(home: Path) -> Path:
    return home / "logs" / "prefect-server.log"


def _record(home: Path, server: PrefectServer) -> None:
    path = _record_path(home)
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = path.with_suffix(".new")
    whole.write_text(json.dumps(asdict(server)), encoding="utf-8")
    whole.replace(path)


def _recorded(home: Path) -> PrefectServer | None:
    try:
        return PrefectServer(**json.loads(_record_path(home).read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def _last_line(path: Path) -> str:
    lines = path.read_text(encoding="utf-8", errors="replace").split("\n") if path.exists() else []
    return next((line.strip() for line in reversed(lines) if line.strip()), "(empty)")
