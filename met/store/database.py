"""One Postgres database: the engine, its pool, and named queries in transactions."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
import sqlalchemy
from psycopg.types.json import Jsonb
from sqlalchemy import URL, Connection, Engine, Row, create_engine, make_url, text

from met.errors import BadSetting, DatabaseUnavailable
from met.keys import canonical_json
from met.store.queries import named_queries

SCHEMES = ("postgres", "postgresql", "postgresql+psycopg")
# SQLSTATEs of a server that goes down, comes up or is full; class 08 and no state at all are failed connections.
GONE = ("57P01", "57P02", "57P03", "53300")


def parse_address(url: str) -> URL:
    """Return the address for SQLAlchemy with the driver psycopg.

    Raises:
        BadSetting: it is not the address of a Postgres. The message does not repeat it, since it may hold a password.
    """
    try:
        address = make_url(url)
    except (sqlalchemy.exc.ArgumentError, ValueError) as error:
        raise BadSetting(
            name="DATABASE_URL", why="not of the form postgresql://user:password@host:port/database"
        ) from error
    if address.drivername not in SCHEMES:
        raise BadSetting(name="DATABASE_URL", why=f"begins with {address.drivername}://, and postgresql:// is needed")
    return address.set(drivername="postgresql+psycopg")


class Database:
    """A database with a pool of connections. Threads may share it; a forked child gets a pool of its own."""

    def __init__(self, url: str) -> None:
        self._url = parse_address(url)
        self._pid = os.getpid()
        self._engine = self._make_engine()

    @property
    def address(self) -> str:
        """The address without user and password."""
        return f"{self._url.host or 'localhost'}:{self._url.port or 5432}/{self._url.database or ''}"

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Hold a transaction: committed when the block ends, rolled back when it raises.

        Raises:
            DatabaseUnavailable: the server cannot be reached, or went away.
        """
        with self._named_faults(), self._live_engine().begin() as connection:
            yield connection

    @contextmanager
    def session(self) -> Iterator[psycopg.Connection[Any]]:
        """Hold a connection outside of the pool that commits every statement."""
        connection = self.dedicated()
        try:
            with self._named_faults():
                yield connection
        finally:
            connection.close()

    def dedicated(self) -> psycopg.Connection[Any]:
        """Return a connection outside of the pool that commits every statement; the caller closes it."""
        with self._named_faults():
            fairy = self._live_engine().raw_connection()
            connection = fairy.driver_connection
            fairy.detach()
            if not isinstance(connection, psycopg.Connection):
                raise TypeError(f"the driver is {type(connection)}")
            connection.autocommit = True
            return connection

    def close(self) -> None:
        """Close every connection of the pool."""
        self._live_engine().dispose()

    def _make_engine(self) -> Engine:
        return create_engine(
            self._url,
            pool_size=4,
            max_overflow=28,
            pool_pre_ping=True,
            connect_args={"connect_timeout": 10, "application_name": "met"},
        )

    def _live_engine(self) -> Engine:
        if self._pid != os.getpid():
            # The parent's connections are the parent's: they are let go, not closed.
            self._engine.dispose(close=False)
            self._engine = self._make_engine()
            self._pid = os.getpid()
        return self._engine

    @contextmanager
    def _named_faults(self) -> Iterator[None]:
        try:
            yield
        except sqlalchemy.exc.OperationalError as error:
            self._raise_if_gone(error.orig, error)
            raise
        except psycopg.OperationalError as error:
            self._raise_if_gone(error, error)
            raise

    def _raise_if_gone(self, fault: BaseException | None, error: Exception) -> None:
        state = getattr(fault, "sqlstate", None)
        if state is None or state.startswith("08") or state in GONE:
            why = str(fault).strip().split("\n", 1)[0]
            raise DatabaseUnavailable(address=self.address, why=why) from error


def run_query(connection: Connection, name: str, /, **params: Any) -> list[Row[Any]]:
    """Return the rows of the named query."""
    return list(connection.execute(text(named_queries()[name]), _adapted(params)).all())


def batches_of(connection: Connection, name: str, size: int, /, **params: Any) -> Iterator[Sequence[Row[Any]]]:
    """Yield the rows of the named query in lists of at most `size`; no more than that is held in memory."""
    options = {"stream_results": True, "max_row_buffer": size}
    rows = connection.execute(text(named_queries()[name]), _adapted(params), execution_options=options)
    yield from rows.partitions(size)


def run_statement(connection: Connection, name: str, /, **params: Any) -> int:
    """Run the named statement and return the number of rows that it touched."""
    return connection.execute(text(named_queries()[name]), _adapted(params)).rowcount


def _adapted(params: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _parameter(value) for name, value in params.items()}


def _parameter(value: Any) -> Any:
    if isinstance(value, Mapping):
        return Jsonb(dict(value), dumps=canonical_json)
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    # psycopg sends a tuple as a row, and a list as an array.
    return list(value) if isinstance(value, tuple) else value
