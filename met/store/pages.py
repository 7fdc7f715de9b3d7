"""Counts that pages show, made at once and read by key."""

import time
from typing import Final

from sqlalchemy import Connection

from met.store.database import run_query, run_statement

# met/store/migrate.py lists the advisory locks.
PAGES_LOCK: Final = 1296389187
_COUNTED: Final = (
    "count_stages",
    "count_drops",
    "count_modalities",
    "count_licences",
    "count_made",
    "count_nodes",
    "count_roles",
)


def count_pages(connection: Connection, scope: str, tree: int) -> float:
    """Make the counts of a scope anew, and return the seconds that it took. Who counts at the same time waits."""
    began = time.monotonic()
    run_query(connection, "lock_pages", number=PAGES_LOCK)
    # What happens while this counts is counted the next time.
    seen = run_query(connection, "page_seen", tree=tree)[0].seen
    for table in ("counts", "nodes", "roles"):
        run_statement(connection, f"forget_page_{table}", scope=scope)
    for name in _COUNTED:
        run_statement(connection, name, scope=scope, **({"tree": tree} if name == "count_nodes" else {}))
    seconds = time.monotonic() - began
    run_statement(connection, "put_page_state", scope=scope, seen=seen, seconds=seconds)
    return seconds


def counts_are_due(connection: Connection, scope: str, tree: int) -> bool:
    """Return whether something happened since the counts of a scope were made, or there are none yet."""
    seen = run_query(connection, "page_seen", tree=tree)[0].seen
    return not any(row.seen == seen for row in run_query(connection, "page_state", scope=scope))
