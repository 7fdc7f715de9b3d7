"""How a stage runs: partitions, pieces that are committed one by one, and failures that lose nothing."""

from collections.abc import Iterator, Sequence

import pytest
import store_rows
from hypothesis import given
from hypothesis import strategies as st

from met.stages import HARVEST
from met.store import Store
from met.types import Made, Tally, WorkItem
from tasks import doors
from tasks.work import MAX_PARTITIONS, Order, added, labelled, partitions, work_through


@pytest.fixture
def opened(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """The doors of this process, opened on the test's own database."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    doors.settings.cache_clear()
    doors.store.cache_clear()
    yield doors.store()
    doors.store().close()
    doors.settings.cache_clear()
    doors.store.cache_clear()


@pytest.fixture
def order(opened: Store) -> Order:
    build = store_rows.build_of(opened, files=40)
    opened.plan(build, HARVEST, "1")
    return Order(build=build, run=store_rows.RUN, engine="rules")


def harvest(work: Sequence[WorkItem], order: Order) -> Iterator[Made]:
    yield from map(store_rows.harvest, work)


def test_all_of_a_partition_is_done_and_counted(order: Order) -> None:
    items = doors.store().pending(order.build, "harvest")
    tally = work_through(HARVEST, harvest, order, items)
    assert (tally.worked, tally.kept, tally.drops) == (40, 40, {"missing_graphic": 40})
    assert doors.store().pending(order.build, "harvest") == []


def test_what_is_done_is_not_done_again(order: Order) -> None:
    items = doors.store().pending(order.build, "harvest")
    work_through(HARVEST, harvest, order, items)
    assert work_through(HARVEST, harvest, order, items).worked == 0


def test_a_failure_keeps_what_was_made_before_it(order: Order) -> None:
    items = doors.store().pending(order.build, "harvest")

    def failing(work: Sequence[WorkItem], order: Order) -> Iterator[Made]:
        for item in work:
            if item.item == items[20]:
                raise RuntimeError("the disk is full")
            yield store_rows.harvest(item)

    with pytest.raises(RuntimeError, match="disk is full"):
        work_through(HARVEST, failing, order, items)
    left = doors.store().pending(order.build, "harvest")
    assert left == items[20:]
    assert work_through(HARVEST, harvest, order, items).worked == len(left)


@given(st.integers(0, 5000), st.floats(1e-4, 100), st.integers(1, 16))
def test_partitions_hold_every_item_once_in_order(count: int, pace: float, workers: int) -> None:
    items = [str(number) for number in range(count)]
    parts = partitions(items, pace, workers=workers)
    assert [item for part in parts for item in part] == items
    assert len(parts) <= MAX_PARTITIONS
    assert all(parts)


def test_groups_name_the_task_runs_and_leave_out_what_is_done() -> None:
    groups = {"liver": ["a", "b"], "kidney": ["c"]}
    assert labelled(["a", "b"], groups, 1.0, workers=2) == {"liver": ["a", "b"]}


def test_tallies_add_up() -> None:
    one = Tally(stage="screen", worked=2, kept=1, drops={"too_small": 1}, seconds=1.0)
    other = Tally(stage="screen", worked=3, kept=1, drops={"too_small": 1, "no_anchor": 1}, seconds=0.5)
    expected = Tally(stage="screen", worked=5, kept=2, drops={"no_anchor": 1, "too_small": 2}, seconds=1.5)
    assert added(one, other) == expected
