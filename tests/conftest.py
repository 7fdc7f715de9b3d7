"""Fixtures of all tests: one real Postgres for the session, a database of its own for each test that asks for one."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from homes import BuiltSample, built_sample
from hypothesis import settings
from psycopg import sql

from met.store import Store, embedded

ROOT = Path(__file__).resolve().parents[1]

# How long an example takes says something of the machine and nothing of the code.
settings.register_profile("met", deadline=None)
settings.load_profile("met")


# A file is the work of one process, so those that last longest come first: what comes last leaves nobody waiting.
LONGEST = (
    "test_docs.py", "test_build.py", "test_services.py", "test_bad_input.py", "test_review_build.py", "test_deploy.py",
    "test_duplicates.py", "test_cli.py",
)  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files come first; within a file, and among the others, the order is as it was."""
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path.name, len(places)))


def database_of(url: str, name: str) -> str:
    """Return the address of another database of the same server."""
    return f"{url.rsplit('/', 1)[0]}/{name}"


@pytest.fixture(scope="session")
def sample_build(tmp_path_factory: pytest.TempPathFactory) -> BuiltSample:
    """The bundled sample, built once for all processes of this run of the tests; nobody writes into its folders."""
    own = tmp_path_factory.getbasetemp()
    return built_sample(own.parent if "PYTEST_XDIST_WORKER" in os.environ else own)


@pytest.fixture(scope="session")
def server_folder() -> Iterator[Path]:
    """The folder of the session's Postgres, reachable by the account that runs it when the tests run as root."""
    with tempfile.TemporaryDirectory(prefix="met-test-") as folder:
        Path(folder).chmod(0o755)
        data = Path(folder) / "postgres"
        yield data
        embedded.remove(data)


@pytest.fixture(scope="session")
def postgres_url(server_folder: Path) -> str:
    """The address of the session's Postgres: database `met`, not migrated."""
    url = embedded.start(server_folder).url
    with psycopg.connect(url, autocommit=True) as connection:
        # Every test makes and drops a database; none of them needs it to outlive the machine.
        connection.execute("alter system set fsync = off")
        connection.execute("select pg_reload_conf()")
    return url


@pytest.fixture(scope="session")
def template(postgres_url: str) -> str:
    """The name of a migrated, empty database, closed so that it can be copied."""
    name = "met_template"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    with Store.open(database_of(postgres_url, name)) as store:
        store.migrate()
    return name


@pytest.fixture
def empty_url(postgres_url: str) -> Iterator[str]:
    """The address of an empty database, dropped after the test."""
    yield from _database(postgres_url, "template1")


@pytest.fixture
def database_url(postgres_url: str, template: str) -> Iterator[str]:
    """The address of a migrated database without rows, dropped after the test."""
    yield from _database(postgres_url, template)


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """A store without rows, of the test's own."""
    with Store.open(database_url) as store:
        yield store


@pytest.fixture
def home() -> Iterator[Path]:
    """An empty folder that an unprivileged user can reach (`tmp_path` is closed to it), for `--home`.

    An embedded Postgres that still runs under it, in the folder `postgres`, is stopped and removed.
    """
    with tempfile.TemporaryDirectory(prefix="met-home-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)
        if (Path(folder) / "postgres" / "password").exists():
            embedded.remove(Path(folder) / "postgres")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real articles, texts, ontologies, gold: `MET_SHARED`, else ../shared/data beside the checkout."""
    folder = Path(os.environ.get("MET_SHARED", ROOT.parent / "shared" / "data"))
    if not (folder / "articles").is_dir():
        pytest.skip(f"no real data at {folder}: set MET_SHARED to their folder")
    return folder


def _database(url: str, template: str) -> Iterator[str]:
    name = f"test_{uuid4().hex[:12]}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            sql.SQL("create database {} template {}").format(sql.Identifier(name), sql.Identifier(template))
        )
        yield database_of(url, name)
        connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))
