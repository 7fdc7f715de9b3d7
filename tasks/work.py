"""How every stage runs: plan its work list, cut what is pending into partitions, lease, make, commit, tally."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from prefect import Task, task
from prefect.artifacts import create_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.futures import PrefectFuture

from met.errors import LateWriter, Unavailable
from met.keys import digest
from met.stages import Stage
from met.store import Lease
from met.types import EngineName, Made, Tally, WorkItem
from tasks import doors

# A task run costs Prefect about 10 ms and a row in its database, so a partition should last at least this long,
# and one flow run should not hold more than about a thousand of them.
PARTITION_SECONDS = 10.0
MAX_PARTITIONS = 900
# Work is committed in pieces, so that a killed process loses seconds and not a partition.
CHUNK_SECONDS = 2.0
MAX_CHUNK = 256
# How long to wait before looking again whether another run has finished what it holds.
HELD_SECONDS = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a stage task needs to know: whose build it is, in which run, and who answers asks.

    `shard` of `shards` is the share of the items that this flow run works on; together the shares are all of them.
    """

    build: str
    run: str
    engine: EngineName
    shard: int = 0
    shards: int = 1


Maker = Callable[[Sequence[WorkItem], Order], Iterator[Made]]


@dataclass(frozen=True, slots=True, kw_only=True)
class StageTask:
    """A stage and the Prefect task that works one partition of it."""

    stage: Stage
    task: Task[..., dict[str, Any]]


def stage_task(stage: Stage) -> Callable[[Maker], StageTask]:
    """Make a Prefect task of a function that makes one `Made` of every leased item.

    Transient faults are retried by Prefect; the ledger decides what is left in the partition by then.
    """

    def decorate(make: Maker) -> StageTask:
        @task(
            name=stage.name,
            task_run_name=stage.name + " · {label}",
            retries=2,
            retry_delay_seconds=[2, 10],
            retry_condition_fn=_is_transient,
            cache_policy=NO_CACHE,
            persist_result=False,
        )
        def work(order: Order, items: list[str], label: str) -> dict[str, Any]:
            return asdict(work_through(stage, make, order, items))

        return StageTask(stage=stage, task=work)

    return decorate


def _is_transient(_task: Any, _run: Any, state: Any) -> bool:
    return isinstance(state.result(raise_on_failure=False), (Unavailable, LateWriter))


def work_through(stage: Stage, make: Maker, order: Order, items: Sequence[str]) -> Tally:
    """Work on those of `items` that nobody else has done or holds, in committed pieces, and return the tally."""
    total = Tally(stage=stage.name, worked=0, kept=0, drops={}, seconds=0.0)
    left, size = list(items), 8
    while left:
        chunk, left = left[:size], left[size:]
        began = time.monotonic()
        tally = _work_chunk(stage, make, order, chunk)
        total = added(total, tally)
        per_item = max((time.monotonic() - began) / len(chunk), 1e-4)
        size = max(1, min(MAX_CHUNK, int(CHUNK_SECONDS / per_item)))
    return total


def _work_chunk(stage: Stage, make: Maker, order: Order, items: Sequence[str]) -> Tally:
    lease = doors.store().lease(order.build, stage.name, items, run=order.run)
    if not lease.work:
        return Tally(stage=stage.name, worked=0, kept=0, drops={}, seconds=0.0)
    return _made(stage, make, order, lease)


def _made(stage: Stage, make: Maker, order: Order, lease: Lease) -> Tally:
    """Commit what is made of a lease. Where making stops half way, the first half is kept: it may have cost money."""
    began = time.monotonic()
    made: list[Made] = []
    try:
        for one in make(lease.work, order):
            made.append(one)  # noqa: PERF402 - what stops the maker must not lose what it made before.
    except BaseException:
        done = {one.item for one in made}
        try:
            _committed(stage, order, lease.part(done), made, time.monotonic() - began)
        finally:
            doors.store().release(lease.part({item.item for item in lease.work} - done))
        raise
    return _committed(stage, order, lease, made, time.monotonic() - began)


def _committed(stage: Stage, order: Order, lease: Lease, made: Sequence[Made], seconds: float) -> Tally:
    if made:
        doors.store().commit(lease, made, run=order.run, seconds=seconds)
    reasons = Counter(drop.reason for item in made for drop in item.drops)
    return Tally(
        stage=stage.name, worked=len(made), kept=sum(item.kept for item in made), drops=dict(reasons), seconds=seconds
    )


def added(one: Tally, other: Tally) -> Tally:
    """Return the sum of two tallies of one stage."""
    drops = Counter(one.drops)
    drops.update(other.drops)
    return Tally(
        stage=one.stage,
        worked=one.worked + other.worked,
        kept=one.kept + other.kept,
        drops=dict(sorted(drops.items())),
        seconds=round(one.seconds + other.seconds, 3),
    )


def partitions(items: Sequence[str], seconds_per_item: float, *, workers: int) -> list[list[str]]:
    """Cut `items` into runs that last about `PARTITION_SECONDS` each, at most `MAX_PARTITIONS` of them.

    Where there is work for more than one worker, no worker is left without a partition longer than a second.

    >>> [len(part) for part in partitions([str(i) for i in range(100)], 1.0, workers=2)]
    [10, 10, 10, 10, 10, 10, 10, 10, 10, 10]
    >>> [len(part) for part in partitions([str(i) for i in range(100)], 0.05, workers=2)]
    [50, 50]
    """
    if not items:
        return []
    total = len(items) * seconds_per_item
    count = max(round(total / PARTITION_SECONDS), min(workers, int(total)), 1)
    count = min(count, MAX_PARTITIONS, len(items))
    size = -(-len(items) // count)
    return [list(items[start : start + size]) for start in range(0, len(items), size)]


def cover(work: StageTask, order: Order, groups: Mapping[str, Sequence[str]] | None = None) -> Tally:
    """Plan the stage, work on all that is pending in it, and return the tally; publish the tally as an artifact.

    `groups` narrows the work to items under readable labels (the nodes of a backfill), one task run a label. What
    another run of the same build holds is waited for: the next stage rests on all of it. Where that run dies, its
    items are worked on here.

    Raises:
        MetError: what stopped a partition, after all others have ended.
    """
    stage = work.stage
    store = doors.store()
    store.plan(order.build, stage, doors.version(stage, order.engine))
    workers = doors.partitions_at_once(stage, order.engine)
    total = Tally(stage=stage.name, worked=0, kept=0, drops={}, seconds=0.0)
    while True:
        pending = share_of(store.pending(order.build, stage.name), order.shard, order.shards)
        tally, failed = _worked(work, order, labelled(pending, groups, _seconds_per_item(stage), workers=workers))
        total = added(total, tally)
        left = share_of(store.unfinished(order.build, stage.name), order.shard, order.shards)
        if failed or not (left if groups is None else {item for items in groups.values() for item in items} & {*left}):
            break
        time.sleep(HELD_SECONDS)
    publish_tally(total)
    if failed:
        raise failed[0]
    return total


def _worked(work: StageTask, order: Order, parts: Mapping[str, Sequence[str]]) -> tuple[Tally, list[BaseException]]:
    """Return the tally of the partitions, and what stopped those that failed, after all have ended."""
    at_once = doors.partitions_at_once(work.stage, order.engine)
    futures: list[PrefectFuture[Any]] = []
    for label, items in parts.items():
        # Prefect starts a thread a task: without a bound, each of a hundred partitions would hold what it works with.
        if len(futures) >= at_once:
            futures[-at_once].wait()
        futures.append(work.task.submit(order, items, label))
    total = Tally(stage=work.stage.name, worked=0, kept=0, drops={}, seconds=0.0)
    failed: list[BaseException] = []
    for future in futures:
        result: Any = future.result(raise_on_failure=False)
        if isinstance(result, BaseException):
            failed.append(result)
        else:
            total = added(total, Tally(**result))
    return total, failed


def share_of(items: Sequence[str], shard: int, shards: int) -> list[str]:
    """Return the items of one share, the same on every machine.

    >>> sorted(share_of(["a", "b", "c"], 0, 2) + share_of(["a", "b", "c"], 1, 2))
    ['a', 'b', 'c']
    """
    return [item for item in items if int(digest(item), 16) % shards == shard]


def labelled(
    pending: Sequence[str], groups: Mapping[str, Sequence[str]] | None, per_item: float, *, workers: int
) -> dict[str, list[str]]:
    if groups is not None:
        still = set(pending)
        named = {label: [item for item in items if item in still] for label, items in groups.items()}
        return {label: items for label, items in named.items() if items}
    parts = partitions(pending, per_item, workers=workers)
    return {f"{number} of {len(parts)} ({len(items)})": items for number, items in enumerate(parts, 1)}


def _seconds_per_item(stage: Stage) -> float:
    rows = doors.store().query("stage_pace", stage=stage.name)
    return float(rows[0].seconds) if rows and rows[0].seconds is not None else 0.02


def publish_tally(tally: Tally) -> None:
    """Show kept items and Drops by reason as a table artifact of the flow run."""
    rows = [
        {"": "kept", "items": tally.kept},
        *({"": f"dropped: {reason}", "items": n} for reason, n in tally.drops.items()),
    ]
    create_table_artifact(
        table=rows,
        key=f"tally-{tally.stage}",
        description=f"{tally.stage}: {tally.worked} items in {tally.seconds:.1f} s",
    )
