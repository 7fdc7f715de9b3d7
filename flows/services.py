"""The services of one installation: an embedded Postgres and a Prefect server, started where they are missing.

Whoever uses an installation holds a shared lock on HOME/services/users. The kernel drops it when the process dies,
however it dies, so the last one out always knows that it is: it stops the services, unless `up` asked to keep them.
Services that `DATABASE_URL` or `PREFECT_API_URL` name are somebody else's: they are used, never started or stopped.
"""

import fcntl
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import IO, TypeVar

from flows import prefect_server
from met.errors import BadInput
from met.settings import Settings, load_settings
from met.store import Store, embedded

T = TypeVar("T")
NO_INSTALLATION = "holds no installation: name another with --home, or begin one with met demo or met build"


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """The services of a home, running. `prefect_url` ends in /api."""

    home: Path
    database_url: str
    prefect_url: str

    @property
    def ui(self) -> str:
        """Where a browser finds the Prefect UI."""
        return self.prefect_url.removesuffix("/").removesuffix("/api")


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What runs in a home: `postgres` and `prefect` are "running", "stopped" or "external"."""

    home: Path
    postgres: str
    prefect: str
    ui: str | None
    kept: bool
    in_use: bool


@contextmanager
def running(home: Path) -> Iterator[Installation]:
    """Inside, both services answer, the schema is today's, and flows called in this process run on them.

    Sets `DATABASE_URL`, `PREFECT_API_URL` and the other settings of Prefect in this process, and takes them back. Flow
    runs that a killed process left behind are marked as crashed. SIGTERM unwinds like an exit.

    Raises:
        BadInput: the home cannot be used.
        Unavailable: a service does not come up.
    """
    with _using(home, _start) as installation, ExitStack() as stack:
        stack.enter_context(_environment(_client_environment(installation)))
        stack.enter_context(_prefect_process(installation))
        yield installation


@contextmanager
def database(home: Path) -> Iterator[Store]:
    """Inside, the database alone of an installation runs, and the store is open on today's schema.

    Raises:
        BadInput: there is no installation in the home, or it cannot be used.
        Unavailable: the database does not come up.
    """
    # Whoever mistypes a home is told so, and gets no empty one.
    if not (home / "postgres").is_dir() and _database_url(_settings(home)) is None:
        raise BadInput(what=f"home {home}", why=NO_INSTALLATION)
    with begun(home) as store:
        yield store


@contextmanager
def begun(home: Path) -> Iterator[Store]:
    """As `database`, in a home that need not be there yet.

    Raises:
        BadInput: the home cannot be used.
        Unavailable: the database does not come up.
    """
    with _using(home, _start_database) as url, Store.open(url) as store:
        store.migrate()
        yield store


def up(home: Path) -> Installation:
    """Both services run and are kept until `down`.

    Raises:
        BadInput: the home cannot be used.
        Unavailable: a service does not come up.
    """
    with (
        _using(home, _start) as installation,
        _environment(_client_environment(installation)),
        _prefect_process(installation),
    ):
        _kept_path(installation.home).touch()
    return installation


def down(home: Path) -> Status:
    """Nothing keeps the services: they are stopped, or, where a command still uses them, will be when it ends."""
    home = home.absolute()
    if home.is_dir():
        with _locked(home):
            _kept_path(home).unlink(missing_ok=True)
            _stop_unless_needed(home)
    return status(home)


def status(home: Path) -> Status:
    """Return what runs in a home, without starting anything."""
    home = home.absolute()
    settings = _settings(home)
    server = prefect_server.find_server(home)
    return Status(
        home=home,
        postgres=_word(
            external=_database_url(settings) is not None, found=embedded.status(home / "postgres") is not None
        ),
        prefect=_word(external=bool(settings.prefect_api_url), found=server is not None),
        ui=(settings.prefect_api_url or (server.url if server else "")).removesuffix("/").removesuffix("/api") or None,
        kept=_kept_path(home).exists(),
        in_use=_in_use(home),
    )


def _word(*, external: bool, found: bool) -> str:
    return "external" if external else "running" if found else "stopped"


# ---------------------------------------------------------------- who uses it


@contextmanager
def _using(home: Path, start: Callable[[Path], T]) -> Iterator[T]:
    home = _prepared(home)
    with ExitStack() as stack:
        stack.enter_context(_orderly_end())
        with _locked(home):
            users = stack.enter_context(_users_path(home).open("a"))
            fcntl.flock(users, fcntl.LOCK_SH)
            stack.callback(_leave, home, users)
            started = start(home)
        yield started


def _leave(home: Path, users: IO[str]) -> None:
    with _locked(home):
        users.close()
        _stop_unless_needed(home)


def _stop_unless_needed(home: Path) -> None:
    if _kept_path(home).exists() or _in_use(home):
        return
    prefect_server.stop_server(home)
    embedded.stop(home / "postgres")


def _in_use(home: Path) -> bool:
    if not _users_path(home).exists():
        return False
    with _users_path(home).open("a") as users:
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


@contextmanager
def _locked(home: Path) -> Iterator[None]:
    """One process at a time starts or stops services."""
    with (home / "services" / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _users_path(home: Path) -> Path:
    return home / "services" / "users"


def _kept_path(home: Path) -> Path:
    return home / "services" / "kept"


def _prepared(home: Path) -> Path:
    home = home.absolute()
    try:
        (home / "services").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(what=f"home {home}", why=error.strerror or str(error)) from error
    return home


# ---------------------------------------------------------------- starting


def _settings(home: Path) -> Settings:
    return load_settings(home=home)


def _database_url(settings: Settings) -> str | None:
    return settings.database_url.get_secret_value() or None if settings.database_url else None


def _start_database(home: Path) -> str:
    return _database_url(_settings(home)) or embedded.start(home / "postgres").url


def _start(home: Path) -> Installation:
    settings = _settings(home)
    url = _start_database(home)
    with Store.open(url) as store:
        store.migrate()
    if settings.prefect_api_url:
        prefect_server.check_server(settings.prefect_api_url)
        return Installation(home=home, database_url=url, prefect_url=settings.prefect_api_url)
    # Prefect's own state stays in the home, whoever hosts the engine's database.
    server = prefect_server.start_server(home, embedded.start(home / "postgres").prefect_url)
    return Installation(home=home, database_url=url, prefect_url=server.url)


# ---------------------------------------------------------------- this process


def _client_environment(installation: Installation) -> dict[str, str]:
    return {
        "MET_HOME": str(installation.home),
        "DATABASE_URL": installation.database_url,
        **prefect_server.client_environment(installation.home, installation.prefect_url),
    }


@contextmanager
def _environment(updates: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in updates}
    os.environ.update(updates)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def _prefect_process(installation: Installation) -> Iterator[None]:
    """Inside, Prefect reads its settings from today's environment, and flow runs carry the tag of this process."""
    # Prefect reads the environment when it is imported: that is here, or it has to be told.
    from prefect import tags
    from prefect.context import SettingsContext, get_settings_context
    from prefect.settings import Settings as PrefectSettings

    from flows import liveness

    profile = get_settings_context().profile
    with SettingsContext(profile=profile, settings=PrefectSettings()), tags(liveness.process_tag()):
        if prefect_server.find_server(installation.home):
            # A server that others share too gets no automation from us.
            liveness.watch_heartbeats()
        liveness.crash_dead_runs()
        try:
            yield
        finally:
            # The server may be stopped next.
            liveness.send_what_is_left()


@contextmanager
def _orderly_end() -> Iterator[None]:
    # Signals reach the main thread alone, and only there can their handlers be set.
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _exit_on)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _exit_on(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)
