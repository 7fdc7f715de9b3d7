"""Brings a database to today's shape: the migrations of sql/migrations that it lacks, then the views of sql/views."""

import hashlib
import re

import psycopg
from psycopg import sql

from met.errors import BadInput, ChangedMigration
from met.store.queries import sql_files

# Advisory locks of the engine are "MET" and a count: those of workers (met/store/worker.py), of a build that is planned
# (lock_build in sql/queries/ledger.sql) and of counts of pages (met/store/pages.py) are the next ones.
MIGRATION_LOCK = 1296389184
CREATED_VIEW = re.compile(r"^create view (\w+)", re.MULTILINE)
# The views that stand in the database, and the checksum of the files they came from, are rows of the same table.
VIEW = "view:"

TABLE = """
create table if not exists migration (
    name text primary key,
    checksum text not null,
    at timestamptz not null default now()
)
"""


def migrate(connection: psycopg.Connection[tuple[str, str]]) -> list[str]:
    """Bring the database to today's shape and return the names of the migrations applied: all that it lacked, or none.

    Processes that migrate at once wait for one another.

    Raises:
        ChangedMigration: a file was changed after it was applied.
        BadInput: the database comes from a newer version of the engine, or cannot have the extensions.
    """
    files = {file.name: file.read_text("utf-8") for file in sql_files("migrations")}
    views = "".join(file.read_text("utf-8") for file in sql_files("views"))
    with connection.transaction():
        connection.execute("select pg_advisory_xact_lock(%s)", [MIGRATION_LOCK])
        connection.execute(TABLE)
        applied = dict(connection.execute("select name, checksum from migration").fetchall())
        pending = _pending(files, {name: checksum for name, checksum in applied.items() if not name.startswith(VIEW)})
        standing = {name: checksum for name, checksum in applied.items() if name.startswith(VIEW)}
        if pending or set(standing.values()) != {_checksum(views)}:
            _drop_views(connection, list(standing))
            for name in pending:
                _apply(connection, name, files[name])
            _create_views(connection, views)
    return pending


def _pending(files: dict[str, str], applied: dict[str, str]) -> list[str]:
    for name, checksum in sorted(applied.items()):
        if name not in files:
            raise BadInput(
                what="the database", why=f"it has migration {name} of a newer version of the engine: update the engine"
            )
        if _checksum(files[name]) != checksum:
            raise ChangedMigration(name=name)
    return [name for name in files if name not in applied]


def _apply(connection: psycopg.Connection[tuple[str, str]], name: str, text: str) -> None:
    try:
        connection.execute(text.encode())
    except (
        psycopg.errors.FeatureNotSupported,
        psycopg.errors.UndefinedFile,
        psycopg.errors.InsufficientPrivilege,
    ) as error:
        raise BadInput(
            what="the database", why=f"migration {name} cannot run there: {error.diag.message_primary}"
        ) from error
    connection.execute("insert into migration (name, checksum) values (%s, %s)", [name, _checksum(text)])


def _drop_views(connection: psycopg.Connection[tuple[str, str]], rows: list[str]) -> None:
    # One statement for all of them, since they depend on one another; views that are not ours stay, and block it.
    if rows:
        names = sql.SQL(", ").join(sql.Identifier(row.removeprefix(VIEW)) for row in rows)
        connection.execute(sql.SQL("drop view {}").format(names))
        connection.execute("delete from migration where name = any (%s)", [rows])


def _create_views(connection: psycopg.Connection[tuple[str, str]], text: str) -> None:
    connection.execute(text.encode())
    rows = [(VIEW + name, _checksum(text)) for name in CREATED_VIEW.findall(text)]
    connection.cursor().executemany("insert into migration (name, checksum) values (%s, %s)", rows)


def _checksum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
