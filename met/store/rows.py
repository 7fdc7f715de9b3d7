"""Values of met/types as rows of the table of the same name, and back. Field names are column names.

Rows go in by COPY into a temporary table, then by one `insert ... on conflict do nothing`: what is there stays.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from functools import cache
from operator import attrgetter
from typing import Any, TypeVar, get_origin, get_type_hints

import psycopg
from psycopg import sql
from sqlalchemy import Connection, text

from met.keys import canonical_json
from met.store.database import run_query
from met.store.tables import IDENTITY, PLACES, STORED, table_of

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A row and the columns that are not its own: tree, input, version."""

    row: Any
    place: Mapping[str, Any]


def add_rows(connection: Connection, rows: Iterable[Placed]) -> None:
    """Add rows of mixed types; those that are there already stay as they are.

    Raises:
        TypeError: a type has no table, or needs a column that is not given.
        ValueError: a text holds a character that Postgres cannot store; the message names the row and the column.
    """
    by_type: dict[type, list[Placed]] = {}
    for placed in rows:
        by_type.setdefault(type(placed.row), []).append(placed)
    if unknown := by_type.keys() - set(STORED):
        raise TypeError(f"no table holds {sorted(kind.__name__ for kind in unknown)}")
    for kind in STORED:
        if kind in by_type:
            merge(connection, *_lines(connection, kind, by_type[kind]))


def select_rows(connection: Connection, kind: type[T], *, relation: str, where: Mapping[str, Any]) -> list[T]:
    """Return the values of a type from a table or view, in the order of their keys. A list in `where` means any of it.

    Raises:
        TypeError: the table or view lacks a column of the type or of `where`.
    """
    there = columns_of(connection, relation)
    names = [field.name for field in fields(kind)]  # type: ignore[arg-type]
    if missing := {*names, *where} - there.keys():
        raise TypeError(f"{relation} has no column {sorted(missing)}: {kind.__name__} cannot be read from it so")
    order = [*IDENTITY.get(kind, ("key",)), *(name for name in PLACES if name in there)]
    collated = ", ".join(f'"{name}" collate "C"' if there[name] == "text" else f'"{name}"' for name in order)
    conditions = " and ".join(_condition(name, value) for name, value in where.items()) or "true"
    listed = ", ".join(f'"{name}"' for name in names)
    query = text(f'select {listed} from "{relation}" where {conditions} order by {collated}')
    values = {
        name: list(value) if isinstance(value, (tuple, set, frozenset)) else value for name, value in where.items()
    }
    readers = _readers(kind)  # type: ignore[arg-type]
    return [
        kind(**{name: read(value) for (name, read), value in zip(readers, row, strict=True)})
        for row in connection.execute(query, values)
    ]


def merge(connection: Connection, table: str, columns: Mapping[str, str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert rows of these columns (name -> type) into `table`; rows in conflict with one that is there stay out."""
    with staging(connection, table, columns) as (cursor, copy), cursor.copy(copy) as lines:
        for row in rows:
            lines.write_row(row)


@contextmanager
def staging(
    connection: Connection, table: str, columns: Iterable[str]
) -> Iterator[tuple[psycopg.Cursor[Any], sql.Composed]]:
    """Give a cursor and the COPY statement of a temporary table; after the block what it holds is in `table`."""
    cursor = cursor_of(connection)
    names = {
        "staging": sql.Identifier(f"staging_{table}"),
        "table": sql.Identifier(table),
        "columns": sql.SQL(", ").join(map(sql.Identifier, columns)),
    }
    create = (
        "create temp table if not exists {staging} on commit delete rows as select {columns} from {table} with no data"
    )
    cursor.execute(sql.SQL(create).format(**names))
    yield cursor, sql.SQL("copy {staging} ({columns}) from stdin").format(**names)
    cursor.execute(
        sql.SQL("insert into {table} ({columns}) select {columns} from {staging} on conflict do nothing").format(
            **names
        )
    )
    cursor.execute(sql.SQL("truncate {staging}").format(**names))


def columns_of(connection: Connection, relation: str) -> dict[str, str]:
    """Return name -> type of the columns of a table or view that can be written; empty where it does not exist."""
    return {row.name: row.type for row in run_query(connection, "columns", relation=relation)}


def cell(value: Any, kind: str) -> Any:
    """Return a value as COPY takes it for a column of type `kind`.

    Raises:
        ValueError: a text holds NUL or a lone surrogate.
    """
    if isinstance(value, str):
        return _storable(value)
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if kind == "jsonb":
        return canonical_json(_plain(value))
    return [cell(part, kind) for part in value]


def cursor_of(connection: Connection) -> psycopg.Cursor[Any]:
    """Return a psycopg cursor in the transaction of `connection`."""
    driver = connection.connection.driver_connection
    if not isinstance(driver, psycopg.Connection):
        raise TypeError(f"the driver is {type(driver)}")
    return driver.cursor()


def _lines(
    connection: Connection, kind: type, rows: list[Placed]
) -> tuple[str, dict[str, str], Iterator[Sequence[Any]]]:
    """Return the table of a type, its columns (name -> type), and the rows as COPY takes them, sorted by identity."""
    table = table_of(kind)
    there = columns_of(connection, table)
    own = [field.name for field in fields(kind) if field.name in there]
    places = [name for name in PLACES if name in there]
    columns = {name: there[name] for name in (*own, *places)}
    identity = IDENTITY.get(kind, ("key",))
    made = [name for name in columns if name not in places]
    values_of, identity_of = _values_of(made), _values_of(identity)
    cells = [_cell_of(columns[name]) for name in made]

    def written(placed: Placed) -> list[Any]:
        row = placed.row
        try:
            line = [as_cell(value) for as_cell, value in zip(cells, values_of(row), strict=True)]
        except ValueError as error:
            raise ValueError(f"{table} {list(identity_of(row))!a}: {error}") from error
        line += [placed.place.get(name) for name in places]
        if places and None in line[-len(places) :]:
            raise TypeError(f"a row of {table} needs {[name for name in places if placed.place.get(name) is None]}")
        return line

    rows.sort(key=lambda placed: identity_of(placed.row))
    return table, columns, map(written, rows)


def _values_of(names: Sequence[str]) -> Callable[[Any], tuple[Any, ...]]:
    """Return what reads these fields of a value, always as a tuple."""
    if len(names) == 1:
        one = attrgetter(names[0])
        return lambda row: (one(row),)
    several: Callable[[Any], tuple[Any, ...]] = attrgetter(*names)
    return several


def _cell_of(kind: str) -> Callable[[Any], Any]:
    """Return `cell` for one kind of column, with a short way for what most of its values are."""

    def text_cell(value: Any) -> Any:
        # Most texts are plain: they need no second look.
        if isinstance(value, str) and value.isascii() and "\0" not in value:
            return value
        return cell(value, kind)

    def json_cell(value: Any) -> Any:
        if isinstance(value, dict):
            written = canonical_json(value)
            if written.isascii() and "\\u0000" not in written:
                return written
        return cell(value, kind)

    return {"text": text_cell, "jsonb": json_cell}.get(kind, lambda value: cell(value, kind))


def _condition(name: str, value: Any) -> str:
    if value is None:
        return f'"{name}" is null'
    if isinstance(value, (list, tuple, set, frozenset)):
        return f'"{name}" = any (:{name})'
    return f'"{name}" = :{name}'


def _storable(value: str) -> str:
    if "\0" in value:
        raise ValueError(f"the text {value[:40]!a} holds the character NUL, which Postgres cannot store")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"the text {value[:40]!a} holds half of a surrogate pair, which is no character") from error
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return _storable(value)
    if isinstance(value, Mapping):
        return {_storable(str(name)): _plain(part) for name, part in value.items()}
    if isinstance(value, Sequence):
        return [_plain(part) for part in value]
    return value


@cache
def _readers(kind: type[Any]) -> tuple[tuple[str, Callable[[Any], Any]], ...]:
    """Return what makes a field's value of a column's, field by field: arrays come as lists, and we hold tuples."""
    hints = get_type_hints(kind)
    return tuple(
        (field.name, _tuples if get_origin(hints[field.name]) in (tuple, Sequence) else _same) for field in fields(kind)
    )


def _same(value: Any) -> Any:
    return value


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
