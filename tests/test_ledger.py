"""The ledger: plan, lease, commit; late writers, dead workers, and results that are forgotten."""

import multiprocessing
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest
from store_rows import RUN, build_of, finish, harvest, makers, modality, node, source, tree_parts

from met.errors import LateWriter
from met.stages import ANCHOR, HARVEST, MODALITY, PANELS, STAGES, Stage, stages_from
from met.store import Lease, Store
from met.store.ledger import output_of
from met.store.tables import IDENTITY, table_of
from met.types import (
    Anchor,
    Article,
    Caption,
    CitedSentence,
    DrawnText,
    Drop,
    Duplicate,
    Figure,
    Grown,
    Image,
    Made,
    Mention,
    Modality,
    Panel,
    PanelText,
    PrivacyCheck,
    Question,
    Region,
    Verdict,
    WorkItem,
)

MADE_TYPES = (
    Article, Figure, Mention, DrawnText, Panel, Modality, PrivacyCheck, Duplicate, Anchor, Verdict, Region,
    CitedSentence, Caption, Question, PanelText,
)  # fmt: skip
ROOT = Path(__file__).resolve().parents[1]
HOLD = """
import sys
from met.store import Store
store = Store.open(sys.argv[1])
lease = store.lease(sys.argv[2], "harvest", store.pending(sys.argv[2], "harvest"), run="run:dead")
print(len(lease.work), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def build(store: Store) -> str:
    build = build_of(store)
    store.plan(build, HARVEST, "1")
    return build


@contextmanager
def other_worker(url: str, build: str) -> Iterator["subprocess.Popen[str]"]:
    """A process that has leased all that is open of the harvest, and holds it."""
    command = [sys.executable, "-c", HOLD, url, build]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "2"
        yield process
        process.kill()


def wait_until(true: Callable[[], bool]) -> None:
    for _ in range(3000):
        if true():
            return
        time.sleep(0.01)
    raise AssertionError("it did not become true in 30 s")


def end_connections(url: str) -> None:
    """End every connection of the engine to the database, as a server that goes down would."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "select pg_terminate_backend(pid, 10000) from pg_stat_activity"
            " where application_name = 'met' and datname = current_database()"
        )


def lease_all(store: Store, build: str, stage: str = "harvest") -> Lease:
    return store.lease(build, stage, store.pending(build, stage), run=RUN)


def made_of(lease: Lease) -> list[Made]:
    return [harvest(work) for work in lease.work]


def test_build_walks_through_every_stage(store: Store) -> None:
    build = build_of(store)
    expected = {stage.name: 1 if stage.name == "duplicates" else 2 for stage in STAGES}
    assert finish(store, build) == expected
    assert finish(store, build) == dict.fromkeys(expected, 0)
    for kind in MADE_TYPES:
        rows = store.select(kind, build=build)
        assert len(rows) == {Duplicate: 1, Verdict: 4}.get(kind, 2), kind
        assert rows == store.select(kind)
    assert {(row.stage, row.kept, row.dropped) for row in store.query("funnel_rows", build=build)} == {
        (name, count, 0) for name, count in expected.items()
    }
    assert {drop.reason for drop in store.select(Drop, build=build)} == {"missing_graphic", "not_human"}


def test_rows_come_back_exactly(store: Store, database_url: str) -> None:
    build = build_of(store)
    finish(store, build)
    for stage in STAGES:
        for item in _items(database_url, build, stage.name):
            made = makers(store)[stage.name](WorkItem(item=item, input="x", version="1"))
            for row in made.rows:
                identity = "key" if hasattr(row, "key") else IDENTITY[type(row)][0]
                assert store.select(type(row), **{identity: getattr(row, identity)}) == [row]


def test_lease_takes_what_nobody_holds(store: Store, build: str, database_url: str) -> None:
    assert store.pending(build, "harvest") == ["file:0", "file:1"]
    first = store.lease(build, "harvest", ["file:0", "unknown"], run=RUN)
    assert [work.item for work in first.work] == ["file:0"]
    with Store.open(database_url) as other:
        assert other.pending(build, "harvest") == ["file:1"]
        assert [work.item for work in lease_all(other, build).work] == ["file:1"]
        assert other.lease(build, "harvest", ["file:0", "file:1"], run=RUN).work == ()


def test_what_somebody_holds_is_unfinished_until_it_is_committed(store: Store, build: str, database_url: str) -> None:
    with Store.open(database_url) as other:
        lease = other.lease(build, "harvest", ["file:0"], run=RUN)
        everything = store.unfinished(build, "harvest")
        assert "file:0" in everything and "file:0" not in store.pending(build, "harvest")
        other.commit(lease, [harvest(work) for work in lease.work], run=RUN, seconds=0.1)
        assert store.unfinished(build, "harvest") == [item for item in everything if item != "file:0"]


def test_released_items_are_open_again(store: Store, build: str) -> None:
    lease = lease_all(store, build)
    assert store.pending(build, "harvest") == []
    store.release(lease)
    assert store.pending(build, "harvest") == ["file:0", "file:1"]
    with pytest.raises(LateWriter):
        store.commit(lease, made_of(lease), run=RUN, seconds=1.0)


def test_lease_of_a_killed_worker_is_taken_at_once(store: Store, build: str, database_url: str) -> None:
    with other_worker(database_url, build) as process:
        assert store.pending(build, "harvest") == []
        process.send_signal(signal.SIGKILL)
        process.wait()
        # The server sees the closed connection within moments, and no clock of ours is waited for.
        wait_until(lambda: store.pending(build, "harvest") == ["file:0", "file:1"])
        assert [work.item for work in lease_all(store, build).work] == ["file:0", "file:1"]


def test_lease_of_a_living_worker_stays_its_own(store: Store, build: str, database_url: str) -> None:
    with other_worker(database_url, build):
        assert store.lease(build, "harvest", ["file:0", "file:1"], run=RUN).work == ()


def test_late_writer_writes_nothing(store: Store, build: str, database_url: str) -> None:
    slow = Store.open(database_url)
    lease = lease_all(slow, build)
    # The server ends the connection by which the slow worker shows that it lives.
    end_connections(database_url)
    wait_until(lambda: len(store.pending(build, "harvest")) == 2)
    mine = lease_all(store, build)
    assert len(mine.work) == 2
    with pytest.raises(LateWriter, match="2 items of stage harvest"):
        slow.commit(lease, made_of(lease), run=RUN, seconds=1.0)
    assert store.select(Article) == [] and store.select(Image) == [] and store.select(Drop, stage="harvest") == []
    store.commit(mine, made_of(mine), run=RUN, seconds=1.0)
    with pytest.raises(LateWriter):
        slow.commit(lease, made_of(lease), run=RUN, seconds=1.0)
    slow.close()
    assert len(store.select(Article)) == 2


def test_lease_that_lost_one_item_writes_nothing(store: Store, build: str) -> None:
    lease = lease_all(store, build)
    store.release(replace(lease, work=lease.work[:1]))
    with pytest.raises(LateWriter, match="1 items"):
        store.commit(lease, made_of(lease), run=RUN, seconds=1.0)
    assert store.select(Article) == []


def test_commit_is_all_or_nothing(store: Store, build: str) -> None:
    lease = lease_all(store, build)
    good, bad = made_of(lease)
    broken = replace(
        bad, rows=tuple(replace(row, title="NUL \0") if isinstance(row, Article) else row for row in bad.rows)
    )
    with pytest.raises(ValueError, match=r"article .*NUL"):
        store.commit(lease, [good, broken], run=RUN, seconds=1.0)
    assert store.select(Article) == [] and store.select(Image) == []
    # The lease is still held, and good for what can be stored.
    store.commit(lease, [good, bad], run=RUN, seconds=1.0)
    assert len(store.select(Article)) == 2


def test_every_leased_item_needs_its_result(store: Store, build: str) -> None:
    lease = lease_all(store, build)
    made = made_of(lease)
    for wrong in (made[:1], [*made, made[0]], [made[0], replace(made[1], item="file:9")]):
        with pytest.raises(ValueError, match="leased 2 items"):
            store.commit(lease, wrong, run=RUN, seconds=1.0)
    with pytest.raises(ValueError, match="gives no Drop"):
        store.commit(lease, [made[0], Made(item="file:1", kept=False)], run=RUN, seconds=1.0)


def test_dropped_item_goes_no_further(store: Store) -> None:
    build = build_of(store)
    finish(store, build, [HARVEST, PANELS])
    store.plan(build, MODALITY, "1")
    lease = lease_all(store, build, "modality")
    gone, kept = lease.work
    drop = Drop(item=gone.item, reason="unreadable", detail={"why": "é\\n"})
    made = [Made(item=gone.item, kept=False, drops=(drop,)), modality(kept)]
    store.commit(lease, made, run=RUN, seconds=1.0)
    finish(store, build, STAGES[STAGES.index(MODALITY) + 1 :])
    assert {row.panel for row in store.select(Verdict, build=build)} == {kept.item}
    assert store.select(Drop, item=gone.item, build=build) == [drop]
    assert store.pending(build, "modality") == []


def test_empty_lease_commits(store: Store, build: str) -> None:
    lease = store.lease(build, "harvest", [], run=RUN)
    store.commit(lease, [], run=RUN, seconds=0.0)
    assert store.pending(build, "harvest") == ["file:0", "file:1"]


def test_what_calls_cost_is_kept(store: Store) -> None:
    finish(store, build_of(store))
    (spent,) = store.query("spent")
    assert (spent.calls, spent.tokens_in, spent.tokens_out) == (2, 200, 40)
    assert spent.usd == Decimal("0.001")


def test_panels_of_one_figure_are_worked_on_one_after_the_other(store: Store) -> None:
    build = build_of(store, files=6)
    finish(store, build, STAGES[: STAGES.index(MODALITY)])
    store.plan(build, MODALITY, "1")
    figure_of = {panel.key: panel.figure for panel in store.select(Panel, build=build)}
    order = [figure_of[item] for item in store.pending(build, "modality")]
    assert order == sorted(order)
    assert len(order) == 6


def test_output_is_the_same_in_any_order() -> None:
    made = harvest(WorkItem(item="file:1", input="x", version="1"))
    assert output_of(made) == output_of(replace(made, rows=made.rows[::-1]))
    assert output_of(made) != output_of(replace(made, rows=made.rows[:-1]))
    assert output_of(made) != output_of(replace(made, kept=False))


def test_new_version_is_made_beside_the_old_one(store: Store) -> None:
    build = build_of(store)
    finish(store, build)
    store.plan(build, MODALITY, str(MODALITY.code + 1))
    lease = lease_all(store, build, "modality")
    assert len(lease.work) == 2
    changed = [replace(modality(work), rows=(replace(modality(work).rows[0], label="ct"),)) for work in lease.work]
    store.commit(lease, changed, run=RUN, seconds=1.0)
    assert {row.label for row in store.select(Modality, build=build)} == {"ct"}
    assert len(store.select(Modality)) == 4
    # What rests on it is due again; what does not is not.
    worked = finish(store, build, stages_from(ANCHOR))
    assert (worked["anchor"], worked["screen"], worked["align"]) == (2, 2, 2)


def test_changed_file_makes_its_items_anew(store: Store) -> None:
    build = build_of(store)
    finish(store, build)
    folder, (same, _) = source(2)
    store.put_source(folder, [replace(same, digest="other"), replace(same, item="file:2", path="2.xml", digest="new")])
    assert finish(store, build, [HARVEST]) == {"harvest": 2}
    assert {row.path for row in store.select(Article, build=build)} == {"0.xml", "2.xml"}


def test_builds_share_what_is_done(store: Store) -> None:
    build = build_of(store)
    finish(store, build)
    tree = store.find_tree("tree:1")
    other = store.put_build(sources=["source:1"], tree=tree, engine="rules", settings={"other": 1})
    assert other != build
    assert finish(store, other) == dict.fromkeys((stage.name for stage in STAGES), 0)
    assert store.select(Question, build=other) == store.select(Question, build=build)


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_reopened_results_are_forgotten(store: Store, database_url: str, stage: Stage) -> None:
    build = build_of(store)
    finish(store, build)
    before = {kind: store.select(kind, build=build) for kind in MADE_TYPES}
    first = _items(database_url, build, stage.name)[:1]
    assert store.reopen(build, [stage.name], first) == 1
    assert store.pending(build, stage.name) == first
    for kind, rows in before.items():
        assert len(rows) - len(store.select(kind)) == (1 if table_of(kind) in stage.tables else 0), kind
    assert finish(store, build, [stage]) == {stage.name: 1}
    assert {kind: store.select(kind, build=build) for kind in MADE_TYPES} == before
    # The same was made again, so nothing that rests on it is due.
    assert not any(finish(store, build).values())


def test_reopened_lease_is_late(store: Store, build: str) -> None:
    lease = lease_all(store, build)
    store.reopen(build, ["harvest"], ["file:0"])
    with pytest.raises(LateWriter):
        store.commit(lease, made_of(lease), run=RUN, seconds=1.0)


def test_threads_share_the_work_without_overlap(store: Store) -> None:
    build = build_of(store, files=40)
    store.plan(build, HARVEST, "1")
    taken: list[str] = []

    def work() -> None:
        while items := store.pending(build, "harvest")[:7]:
            lease = store.lease(build, "harvest", items, run=RUN)
            store.commit(lease, made_of(lease), run=RUN, seconds=0.1)
            taken.extend(one.item for one in lease.work)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == sorted(f"file:{number}" for number in range(40))
    assert len(store.select(Article)) == 40


@pytest.mark.filterwarnings("ignore:.*use of fork.*:DeprecationWarning")
def test_forked_child_is_a_worker_of_its_own(store: Store, build: str) -> None:
    mine = store.lease(build, "harvest", ["file:0"], run=RUN)

    def child(queue: "multiprocessing.Queue[list[str]]") -> None:
        lease = store.lease(build, "harvest", ["file:0", "file:1"], run=RUN)
        queue.put([work.item for work in lease.work])

    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    process = context.Process(target=child, args=(queue,))
    process.start()
    assert queue.get(timeout=60) == ["file:1"]
    process.join()
    store.commit(mine, made_of(mine), run=RUN, seconds=1.0)
    wait_until(lambda: store.pending(build, "harvest") == ["file:1"])
    assert [work.item for work in lease_all(store, build).work] == ["file:1"]


def test_killed_server_ends_in_one_clear_error_and_the_store_goes_on(
    store: Store, build: str, database_url: str
) -> None:
    lease = lease_all(store, build)
    end_connections(database_url)
    # The lease died with its connection, so anybody may have the items now: also this process, as another worker.
    assert store.pending(build, "harvest") == ["file:0", "file:1"]
    again = lease_all(store, build)
    assert len(again.work) == 2
    with pytest.raises(LateWriter):
        store.commit(lease, made_of(lease), run=RUN, seconds=1.0)
    store.commit(again, made_of(again), run=RUN, seconds=1.0)


def test_plan_of_a_build_without_tree_has_no_anchors(store: Store) -> None:
    build_of(store)
    build = store.put_build(sources=["source:1"], tree=None, engine="rules", settings={})
    finish(store, build, [HARVEST, PANELS, MODALITY])
    assert store.plan(build, ANCHOR, "1") == 0


def test_inputs_follow_what_they_rest_on(store: Store) -> None:
    build = build_of(store)
    finish(store, build)
    # Another tree with another digest of an anchored node: its name, vector and place are the same, and so are anchors;
    # the judgement read more of it.
    parts = tree_parts("tree:2")
    parts["nodes"] = [node("MONDO:1", "disease"), node("MONDO:2", "pneumonia", digest="changed")]
    other = store.put_build(sources=["source:1"], tree=store.put_tree(Grown(**parts)), engine="rules", settings={})
    worked = finish(store, other)
    assert (worked["anchor"], worked["screen"], worked["align"], worked["caption"]) == (0, 0, 2, 2)


def _items(url: str, build: str, stage: str) -> list[str]:
    with psycopg.connect(url) as connection:
        rows = connection.execute("select item from work where build = %s and stage = %s order by item", [build, stage])
        return [item for (item,) in rows]
