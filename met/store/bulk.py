"""Copies values of met/types into their tables, many lines of COPY's text format at a time: the fast way for rows
that meet no others there.

https://www.postgresql.org/docs/18/sql-copy.html: columns are parted by tabs, \\N is null, and a backslash stands before
what would be read as something else.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from operator import attrgetter
from typing import Any, Final

from psycopg import sql
from sqlalchemy import Connection

from met.keys import canonical_json
from met.store.rows import columns_of, cursor_of
from met.store.tables import IDENTITY, PLACES, table_of

# So many rows are sent at once: enough to make the way to the server cheap, and little memory.
BATCH: Final = 5_000
NULL: Final = "\\N"
_SPECIAL: Final = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def copy_rows(connection: Connection, kind: type, rows: Iterable[Any], *, place: Mapping[str, Any]) -> None:
    """Copy values of one type straight into their table, sorted by identity: rows that meet no others there.

    Raises:
        TypeError: a column is not given, or is of a type that only `add_rows` writes.
        ValueError: a text holds a character that Postgres cannot store; the message says where.
    """
    table = table_of(kind)
    there = columns_of(connection, table)
    own = {field.name: there[field.name] for field in fields(kind) if field.name in there}
    places = [name for name in PLACES if name in there]
    if missing := [name for name in places if place.get(name) is None]:
        raise TypeError(f"a row of {table} needs {missing}")
    names = sql.SQL(", ").join(map(sql.Identifier, (*own, *places)))
    statement = sql.SQL("copy {table} ({names}) from stdin").format(table=sql.Identifier(table), names=names)
    by_identity = sorted(rows, key=attrgetter(*IDENTITY.get(kind, ("key",))))
    with cursor_of(connection).copy(statement) as copy:
        for block in blocks_of(by_identity, own, [str(place[name]) for name in places]):
            copy.write(block)


def blocks_of(rows: Sequence[Any], columns: Mapping[str, str], place: Sequence[str]) -> Iterator[bytes]:
    """Yield the rows as lines, in blocks. `columns` are name -> type of the fields; `place` ends every line.

    Raises:
        ValueError: a text holds NUL or half of a surrogate pair; the message says where.
    """
    writers = [_writer(kind) for kind in columns.values()]
    values_of = attrgetter(*columns)
    end = "".join(f"\t{value}" for value in place)
    for start in range(0, len(rows), BATCH):
        lines = [
            "\t".join([write(value) for write, value in zip(writers, values_of(row), strict=True)])
            for row in rows[start : start + BATCH]
        ]
        block = f"{end}\n".join([*lines, ""])
        if "\0" in block:
            raise ValueError(f"the text {_around(block)!a} holds the character NUL, which Postgres cannot store")
        try:
            yield block.encode()
        except UnicodeEncodeError as error:
            text = block[max(0, error.start - 20) : error.start + 20]
            raise ValueError(f"the text {text!a} holds half of a surrogate pair, which is no character") from error


def _around(block: str) -> str:
    at = block.index("\0")
    return block[max(0, at - 20) : at + 20]


def _writer(kind: str) -> Callable[[Any], str]:
    """Return what writes a value of a column of type `kind`."""
    known: dict[str, Callable[[Any], str]] = {"text": _text, "jsonb": _json, "text[]": _texts, "boolean": _boolean}
    return known.get(kind, _other)


def _text(value: str | None) -> str:
    if value is None:
        return NULL
    return value.translate(_SPECIAL) if _has_special(value) else value


def _has_special(value: str) -> bool:
    return "\\" in value or "\n" in value or "\t" in value or "\r" in value


def _json(value: Any) -> str:
    return _text(None if value is None else canonical_json(value))


def _texts(values: Sequence[str] | None) -> str:
    if values is None:
        return NULL
    if not values:
        return "{}"
    joined = '","'.join(values)
    if joined.count('"') > 2 * (len(values) - 1) or "\\" in joined:
        joined = '","'.join(value.replace("\\", "\\\\").replace('"', '\\"') for value in values)
    return _text(f'{{"{joined}"}}')


def _boolean(value: bool | None) -> str:
    return NULL if value is None else "t" if value else "f"


def _other(value: Any) -> str:
    """Numbers are written as Python does."""
    if value is None:
        return NULL
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"no column takes {type(value).__name__} in bulk")
    return repr(value)
