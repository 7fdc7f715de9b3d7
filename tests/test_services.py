"""Services of an installation: real servers, started, shared, killed and found again."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import textwrap
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from flows import prefect_server, services
from flows.liveness import is_dead, process_tag
from met.errors import BadInput, ServerUnavailable
from met.store import embedded

PRELUDE = """
import json, os, sys, time
from pathlib import Path
from flows.services import running
home = Path(sys.argv[1])
"""


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """A home that an unprivileged user can reach, for all tests of the module, left with nothing running."""
    with tempfile.TemporaryDirectory(prefix="met-home-") as folder:
        Path(folder).chmod(0o755)
        home = Path(folder) / "home"
        yield home
        prefect_server.stop_server(home)
        embedded.remove(home / "postgres")


def script(home: Path, body: str) -> subprocess.Popen[str]:
    """Start a command of the installation: a Python process of its own."""
    code = PRELUDE + textwrap.dedent(body)
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", code, str(home)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(process: subprocess.Popen[str], code: int = 0) -> list[str]:
    """Wait for the end of a command and return the lines that it printed."""
    out, err = process.communicate(timeout=120)
    assert process.returncode == code, err[-3000:]
    return out.split()


def said(process: subprocess.Popen[str]) -> str:
    """Return the next line that a running command prints."""
    assert process.stdout is not None
    line = process.stdout.readline().strip()
    assert line, process.communicate(timeout=30)[1][-3000:]
    return line


def answers(ui: str | None) -> bool:
    try:
        with urllib.request.urlopen(f"{ui}/api/ready", timeout=5) as response:
            return bool(response.status == 200)
    except OSError:
        return False


def words(status: services.Status) -> tuple[str, str]:
    return status.postgres, status.prefect


@pytest.mark.slow
def test_services_are_kept_shared_killed_and_found_again(home: Path) -> None:
    assert words(services.status(home)) == ("stopped", "stopped")
    assert not home.exists(), "asking leaves no trace"

    # up: both run and answer, and a second call finds them.
    up = script(home, "from flows.services import up; print(up(home).ui)")
    (ui,) = ended(up)
    assert answers(ui)
    first = prefect_server.find_server(home)
    assert first is not None
    (again,) = ended(script(home, "from flows.services import up; print(up(home).ui)"))
    assert again == ui
    assert prefect_server.find_server(home) == first

    # A command that is killed in the middle of a flow leaves its run behind as RUNNING ...
    killed = script(
        home,
        """
        with running(home):
            from prefect import flow
            from prefect.runtime import flow_run
            @flow
            def endless():
                print(flow_run.id, flush=True)
                time.sleep(300)
            endless()
        """,
    )
    run = said(killed)
    killed.kill()
    killed.communicate()
    # ... and the next command marks it as crashed; it stops nothing, since the services are kept.
    assert ended(script(home, STATE_OF.format(run=run))) == ["CRASHED"]
    assert answers(ui)

    # kill -9 of the server: the next start finds out and gives the same address.
    os.kill(first.pid, signal.SIGKILL)
    ended(script(home, "from flows.services import up; up(home)"))
    second = prefect_server.find_server(home)
    assert second is not None
    assert second.pid != first.pid
    assert second.url == first.url

    # kill -9 of the database: the server that lost it is replaced or recovers, and both answer.
    postgres = embedded.status(home / "postgres")
    assert postgres is not None
    os.kill(postgres.pid, signal.SIGKILL)
    assert ended(script(home, STATE_OF.format(run=run))) == ["CRASHED"], "history survives a crash of the database"

    # down stops both at once, because nobody uses them.
    assert words(services.down(home)) == ("stopped", "stopped")
    assert not psutil.pid_exists(second.pid) or psutil.Process(second.pid).status() == psutil.STATUS_ZOMBIE
    assert not answers(ui)


STATE_OF = """
with running(home):
    from prefect.client.orchestration import get_client
    with get_client(sync_client=True) as client:
        print(client.read_flow_run("{run}").state.type.value)
"""

SLEEP = """
with running(home) as installation:
    print(installation.ui, flush=True)
    time.sleep(300)
"""


def test_the_last_command_stops_what_commands_share(home: Path) -> None:
    one, two = script(home, SLEEP), script(home, SLEEP)
    ui = said(one)
    assert said(two) == ui, "both use the same server"
    assert services.status(home).in_use
    # down while commands run: they keep what they use.
    assert words(services.down(home)) == ("running", "running")

    one.send_signal(signal.SIGTERM)
    ended(one, code=143)
    assert answers(ui)
    two.send_signal(signal.SIGTERM)
    ended(two, code=143)
    assert words(services.status(home)) == ("stopped", "stopped")
    assert not services.status(home).in_use


def test_a_pid_that_belongs_to_another_process_is_not_taken_for_the_server(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as other:
        record = {"pid": other.pid, "url": "http://127.0.0.1:1/api", "database": "x"}
        (tmp_path / "services").mkdir()
        (tmp_path / "services" / "prefect.json").write_text(json.dumps(record))
        assert prefect_server.find_server(tmp_path) is None
        prefect_server.stop_server(tmp_path)
        assert other.poll() is None, "a stranger was killed"
        other.kill()
    assert prefect_server.find_server(tmp_path) is None


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": 1}', '"text"'])
def test_a_torn_record_counts_as_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "services").mkdir()
    (tmp_path / "services" / "prefect.json").write_text(content)
    assert prefect_server.find_server(tmp_path) is None


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    with pytest.raises(ServerUnavailable, match=r"ended while starting; last line of .*prefect-server\.log: \S"):
        prefect_server.start_server(tmp_path, "postgresql+asyncpg://met@127.0.0.1:9/prefect")
    assert prefect_server.find_server(tmp_path) is None


def test_an_outside_server_that_is_down_is_named() -> None:
    with pytest.raises(ServerUnavailable, match=r"http://127\.0\.0\.1:9/api"):
        prefect_server.check_server("http://127.0.0.1:9/api")


def test_a_home_that_is_a_file_is_bad_input(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="home"), services.database(tmp_path / "file"):
        pass


def test_tags_tell_dead_processes_from_live_ones() -> None:
    assert not is_dead(process_tag())
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        tag = process_tag().replace(f":{os.getpid()}:", f":{gone.pid}:")
    assert is_dead(tag)
    # The same pid, another start: the number was given to somebody else.
    node, pid, started = process_tag().rsplit(":", 2)
    assert is_dead(f"{node}:{pid}:{int(started) - 100}")


def test_the_environment_is_given_back(database_url: str) -> None:
    before: dict[str, Any] = dict(os.environ)
    installation = services.Installation(
        home=Path("home"), database_url=database_url, prefect_url="http://127.0.0.1:9/api"
    )
    with services._environment(services._client_environment(installation)):
        assert os.environ["DATABASE_URL"] == database_url
        assert os.environ["PREFECT_API_URL"] == installation.prefect_url
    assert dict(os.environ) == before
    assert replace(installation, prefect_url="http://h:4200/api/").ui == "http://h:4200"
