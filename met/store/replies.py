"""Replies of models, memoised by the key of the request. Who computes the key decides what makes two requests equal."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from met.store.database import run_query
from met.store.rows import cell, merge
from met.types import Reply

REPLY = {
    "key": "text", "step": "text", "engine": "text", "model": "text", "text": "bytea", "refusal": "text",
    "tokens_in": "integer", "tokens_out": "integer", "seconds": "real",
}  # fmt: skip


def read_replies(connection: Connection, keys: Sequence[str]) -> dict[str, Reply]:
    """Return the replies that are there, by the key of their request; their `item` is that key."""
    return {
        row.key: Reply(
            item=row.key,
            step=row.step,
            text=bytes(row.text).decode("utf-8", "surrogatepass"),
            refusal=row.refusal,
            engine=row.engine,
            model=row.model,
            tokens_in=row.tokens_in,
            tokens_out=row.tokens_out,
            seconds=row.seconds,
        )
        for row in run_query(connection, "replies", keys=list(keys))
    }


def put_replies(connection: Connection, by_key: Mapping[str, Reply]) -> None:
    """Add replies by the key of their request; one that is there already stays."""
    rows = []
    for key in sorted(by_key):
        reply = by_key[key]
        words = (key, reply.step, reply.engine, reply.model)
        text = reply.text.encode("utf-8", "surrogatepass")
        numbers = (reply.tokens_in, reply.tokens_out, reply.seconds)
        rows.append([*(cell(word, "text") for word in words), text, _storable(reply.refusal), *numbers])
    merge(connection, "reply", REPLY, rows)


def _storable(refusal: str | None) -> str | None:
    """Return the words of a server without what a text column does not take."""
    if refusal is None:
        return None
    return refusal.replace("\0", "\\0").encode("utf-8", "backslashreplace").decode()
