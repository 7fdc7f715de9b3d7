"""The worker that this process is: its number, and the advisory lock by which others know that it lives."""

import os
import platform
from threading import Lock
from typing import Any

import psycopg

from met.store.database import Database
from met.store.queries import named_queries

# sql/migrations/0001_engine.sql, function worker_alive.
ALIVE = 1296389185
# Connections of a forked child's parent. Closing them here would end the parent's sessions, so they are kept.
_parents: list[psycopg.Connection[Any]] = []


class Worker:
    """One process that leases work. Threads may share it; a forked child becomes a worker of its own.

    The lock lives on a connection of its own and ends with it, however the process ends. Where the connection was lost
    (the server went down), the next lease makes a new worker, and the leases of the old one are anybody's.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._pid = os.getpid()
        self._lock = Lock()
        self._id = 0
        self._connection: psycopg.Connection[Any] | None = None

    def number(self) -> int:
        """Return the id of this process in table worker; its lock is held."""
        if self._pid != os.getpid():
            self._leave_parent()
        with self._lock:
            if self._connection is None or not _answers(self._connection):
                self._enlist()
            return self._id

    def close(self) -> None:
        """Let go of the lock: what is still leased is anybody's."""
        if self._pid == os.getpid() and self._connection is not None:
            self._connection.close()
            self._connection = None

    def _enlist(self) -> None:
        self.close()
        connection = self._database.dedicated()
        row = connection.execute(named_queries()["add_worker"], [platform.node(), os.getpid()]).fetchone()
        self._id = 0 if row is None else int(row[0])
        connection.execute("select pg_advisory_lock(%s, %s)", [ALIVE, self._id])
        self._connection = connection

    def _leave_parent(self) -> None:
        if self._connection is not None:
            _parents.append(self._connection)
        self._connection = None
        self._lock = Lock()
        self._pid = os.getpid()


def _answers(connection: psycopg.Connection[Any]) -> bool:
    try:
        connection.execute("select 1")
    except psycopg.OperationalError:
        return False
    return True
