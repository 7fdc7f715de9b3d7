"""Builds in the store: the one that is meant where none is named."""

from typing import Any

from sqlalchemy import Row

from met.errors import NotFound
from met.store.store import Store


def newest_build(store: Store) -> Row[Any]:
    """Return the newest build over a tree: key, engine, tree (its number), settings.

    Raises:
        NotFound: there is none yet.
    """
    rows = store.query("latest_build")
    if not rows:
        raise NotFound(what="build", name="the newest", hint="; run `met build` first")
    return rows[0]
