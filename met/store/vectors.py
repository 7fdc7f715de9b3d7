"""Vectors, memoised by the digest of their text and the name of the model.

They are kept in half precision, so a vector that was read differs a little from the one that was computed. What decides
anything reads its vectors from here, also those that were just put: then a later run sees the same numbers.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pgvector import HalfVector
from pgvector.psycopg import register_vector
from psycopg import sql
from sqlalchemy import Connection

from met.store.database import run_query
from met.store.rows import cell, cursor_of, staging

# Numbers of two bytes before those of a vector, as halfvec_send writes it.
_HEAD = 2
COLUMNS = {"text_digest": "text", "model": "text", "vector": "halfvec"}


def read_vectors(connection: Connection, digests: Sequence[str], model: str) -> dict[str, NDArray[np.float32]]:
    """Return the vectors of this model that are there, by the digest of their text."""
    rows = run_query(connection, "vectors", model=model, digests=list(digests))
    if not rows:
        return {}
    sent = np.frombuffer(b"".join(row.vector for row in rows), ">f2").reshape(len(rows), -1)
    return dict(zip((row.text_digest for row in rows), sent[:, _HEAD:].astype(np.float32), strict=True))


def put_vectors(connection: Connection, model: str, vectors: Mapping[str, NDArray[Any]]) -> None:
    """Add the vectors of this model, by the digest of their text; one that is there already stays."""
    register_vector(cursor_of(connection).connection)
    with (
        staging(connection, "embedding", COLUMNS) as (cursor, copy),
        cursor.copy(copy + sql.SQL(" (format binary)")) as rows,
    ):
        rows.set_types(list(COLUMNS.values()))
        for digest in sorted(vectors):
            rows.write_row((cell(digest, "text"), cell(model, "text"), HalfVector(vectors[digest])))
