"""What there is to build of: sources with their files, and builds over sources, tree, engine and settings."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection

from met.errors import NotFound
from met.keys import content_key
from met.store.database import run_query, run_statement
from met.store.rows import cell, merge
from met.types import Source, SourceFile

SOURCE_FILE = {"source": "text", "item": "text", "path": "text", "digest": "text"}


def put_source(connection: Connection, source: Source, files: Sequence[SourceFile]) -> None:
    """The source stands in the store with exactly these files."""
    rows = [[cell(value, "text") for value in (source.key, file.item, file.path, file.digest)] for file in files]
    run_statement(connection, "put_source", **asdict(source))
    run_statement(connection, "clear_source_files", source=source.key)
    merge(connection, "source_file", SOURCE_FILE, sorted(rows))


def put_build(
    connection: Connection, *, sources: Sequence[str], tree: int | None, engine: str, settings: Mapping[str, Any]
) -> str:
    """Return the key of the build of these sources (by key), tree, engine and settings.

    Raises:
        NotFound: there is no such tree.
    """
    # The number of a tree differs from one database to the next; its key does not.
    found = run_query(connection, "tree_key", id=tree)
    if tree is not None and not found:
        raise NotFound(what="tree", name=tree, hint="")
    key = content_key("build", sorted(sources), found[0].key if found else None, engine, settings)
    run_statement(
        connection, "put_build", key=key, sources=sorted(sources), tree=tree, engine=engine, settings=settings
    )
    return key
