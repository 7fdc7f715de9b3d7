"""The ledger: what every stage has to do, who does it, and what came of it.

A lease belongs to one attempt of one worker. Results, Drops, calls and the ledger rows of a lease are committed in one
transaction, and only while the attempt still holds every item of it.
"""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, fields, replace
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, Row

from met.errors import LateWriter
from met.keys import canonical_json, content_key, digest
from met.stages import Stage, stage_named
from met.store.database import run_query, run_statement
from met.store.rows import Placed, add_rows, cell, merge
from met.types import Drop, Made, Reply, WorkItem

DROP = {
    "key": "text", "stage": "text", "item": "text", "work_item": "text", "input": "text", "version": "text",
    "reason": "text", "detail": "jsonb", "run": "text",
}  # fmt: skip
CALL = {
    "stage": "text", "item": "text", "step": "text", "engine": "text", "model": "text", "tokens_in": "integer",
    "tokens_out": "integer", "seconds": "real", "usd": "numeric", "run": "text",
}  # fmt: skip
# What a stage makes is forgotten in this order: rows first that are found by way of others.
FORGOTTEN_FIRST = ("fact", "known_region", "mention", "figure", "article")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """Items of a stage that one attempt holds until it commits or releases them, or its process ends."""

    stage: str
    attempt: UUID
    work: tuple[WorkItem, ...]

    def part(self, items: Set[str]) -> "Lease":
        """Return the lease of these items alone: each part of an attempt is committed or released by itself."""
        return replace(self, work=tuple(item for item in self.work if item.item in items))


def plan(connection: Connection, build: str, stage: Stage, version: str) -> int:
    """Write the work list of a stage anew and open what was never done; return how many items the list has."""
    run_query(connection, "lock_build", build=build)
    run_statement(connection, "plan_clear", build=build, stage=stage.name)
    planned = run_statement(connection, f"plan_{stage.name}", build=build, version=version)
    run_statement(connection, "plan_heed", build=build, stage=stage.name)
    run_statement(connection, "open_work", build=build, stage=stage.name)
    return planned


def lease(connection: Connection, build: str, stage: str, items: Sequence[str], *, worker: int, run: str) -> Lease:
    """Lease those of `items` that are open, or that a dead worker holds. What others hold is left to them."""
    attempt = uuid4()
    rows = run_query(
        connection, "lease", build=build, stage=stage, items=list(items), attempt=attempt, worker=worker, run=run
    )
    return Lease(
        stage=stage,
        attempt=attempt,
        work=tuple(_work_item(row) for row in rows),
    )


def commit(connection: Connection, lease: Lease, made: Sequence[Made], *, run: str, seconds: float) -> None:
    """Write all that was made of a lease and close its items; `seconds` are those of the whole lease.

    Raises:
        ValueError: `made` is not exactly one value per leased item, or an item is not kept and no Drop says why.
        LateWriter: the lease was taken over; nothing may be committed.
    """
    work = {item.item: item for item in lease.work}
    if sorted(one.item for one in made) != sorted(work):
        odd = sorted(work.keys() ^ {one.item for one in made})
        raise ValueError(f"stage {lease.stage} leased {len(work)} items and made {len(made)}: {odd}")
    if silent := [one.item for one in made if not one.kept and not one.drops]:
        raise ValueError(f"stage {lease.stage} does not keep {silent} and gives no Drop")
    _close(connection, lease, made, run=run, seconds=seconds)
    add_rows(connection, (Placed(row=row, place=_place(work[one.item])) for one in made for row in one.rows))
    add_drops(connection, ((work[one.item], drop) for one in made for drop in one.drops), stage=lease.stage, run=run)
    add_calls(connection, lease.stage, [reply for one in made for reply in one.replies], run=run)


def release(connection: Connection, lease: Lease) -> None:
    """Open the items of a lease that are still its own."""
    run_statement(
        connection, "release", stage=lease.stage, items=[item.item for item in lease.work], attempt=lease.attempt
    )


def reopen(connection: Connection, build: str, stages: Sequence[str], items: Sequence[str]) -> int:
    """Forget what these stages made of these items, so that the next run makes it anew; return how many were opened."""
    run_query(connection, "lock_build", build=build)
    opened = run_query(connection, "reopen", build=build, stages=list(stages), items=list(items))
    for name in sorted({row.stage for row in opened}):
        rows = [row for row in opened if row.stage == name]
        what = {
            "items": [row.item for row in rows],
            "inputs": [row.input for row in rows],
            "versions": [row.version for row in rows],
        }
        run_statement(connection, "forget_drop", stage=name, **what)
        for table in sorted(stage_named(name).tables, key=lambda table: (*FORGOTTEN_FIRST, table).index(table)):
            run_statement(connection, f"forget_{table}", **what)
    return len(opened)


def add_drops(connection: Connection, drops: Iterator[tuple[WorkItem, Drop]], *, stage: str, run: str | None) -> None:
    """Add the Drops of these work items; one that is there already stays."""
    rows = []
    for work, drop in drops:
        detail = cell(drop.detail, "jsonb")
        key = content_key("drop", stage, work.item, drop.item, drop.reason, work.input, work.version, detail)
        rows.append([key, stage, drop.item, work.item, work.input, work.version, drop.reason, detail, run])
    if rows:
        merge(
            connection,
            "drop",
            DROP,
            [[cell(value, "text") for value in row] for row in sorted(rows, key=lambda row: str(row[0]))],
        )


def output_of(made: Made) -> str:
    """Return the digest of what was made of an item: its rows in any order, and whether it is kept."""
    return digest([sorted(canonical_json([type(row).__name__, _content(row)]) for row in made.rows), made.kept])


def _close(connection: Connection, lease: Lease, made: Sequence[Made], *, run: str, seconds: float) -> None:
    outcome = {one.item: one for one in made}
    closed = run_statement(
        connection,
        "close_work",
        stage=lease.stage,
        attempt=lease.attempt,
        run=run,
        seconds=seconds / max(len(made), 1),
        items=[item.item for item in lease.work],
        inputs=[item.input for item in lease.work],
        versions=[item.version for item in lease.work],
        statuses=["done" if outcome[item.item].kept else "dropped" for item in lease.work],
        outputs=[output_of(outcome[item.item]) for item in lease.work],
    )
    if closed != len(lease.work):
        raise LateWriter(items=len(lease.work) - closed, stage=lease.stage)


def add_calls(connection: Connection, stage: str, replies: Sequence[Reply], *, run: str) -> None:
    """Add what these replies cost."""
    rows = []
    for reply in replies:
        took = (reply.tokens_in, reply.tokens_out, reply.seconds, reply.usd)
        rows.append([stage, reply.item, reply.step, reply.engine, reply.model, *took, run])
    if rows:
        merge(connection, "call", CALL, rows)


def _content(row: Any) -> Mapping[str, Any]:
    return {field.name: _json(getattr(row, field.name)) for field in fields(row)}


def _json(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _json(part) for name, part in value.items()}
    return [_json(part) for part in value] if isinstance(value, (list, tuple)) else value


def _work_item(row: Row[Any]) -> WorkItem:
    said = tuple(row.said.split(",")) if row.said else ()
    return WorkItem(item=row.item, input=row.input, version=row.version, said=said)


def _place(work: WorkItem) -> Mapping[str, str]:
    return {"input": work.input, "version": work.version}
