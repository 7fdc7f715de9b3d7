"""Named queries: the `-- name: x` blocks of sql/queries/*.sql."""

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

NAME = re.compile(r"^-- name: (\w+)\s*$", re.MULTILINE)


def sql_files(folder: str) -> list[Traversable]:
    """Return the .sql files of sql/`folder` in the order of their names."""
    return sorted(
        (file for file in files("sql").joinpath(folder).iterdir() if file.name.endswith(".sql")),
        key=lambda file: file.name,
    )


def split_blocks(text: str) -> Iterator[tuple[str, str]]:
    """Yield the name and the SQL of each block; what stands before the first name is a comment.

    >>> list(split_blocks("-- about\\n-- name: one\\nselect 1;\\n"))
    [('one', 'select 1')]
    """
    _, *parts = NAME.split(text)
    for name, body in zip(parts[::2], parts[1::2], strict=True):
        yield name, body.strip().rstrip(";")


@cache
def named_queries() -> dict[str, str]:
    """Return every named query.

    Raises:
        ValueError: two queries have the same name.
    """
    queries: dict[str, str] = {}
    for file in sql_files("queries"):
        for name, body in split_blocks(file.read_text("utf-8")):
            if name in queries:
                raise ValueError(f"query {name} of {file.name} is defined twice")
            queries[name] = body
    return queries
