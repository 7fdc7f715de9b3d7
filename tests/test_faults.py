"""Every fault of a model server, one table: a stage loses nothing to it, counts nothing twice, and keeps its budget.

Each case is a stage over twenty items with the store, the ledger and the purse of a build, run again whenever it stops,
as Prefect or the next command does.
"""

import itertools
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, Any

import pytest
import store_rows
from pydantic import BaseModel, Field
from servers import fault_proxy as faults
from servers.fault_proxy import FaultProxy
from servers.model_server import ModelServer, answer_of
from servers.picture import png

from met.errors import BadSetting, BudgetSpent, ModelUnavailable
from met.llm.lanes import Patience
from met.llm.purse import Purse
from met.llm.reading import parse_reply, schema_of
from met.llm.vllm import VllmEngine, open_vllm
from met.settings import Settings
from met.stages import HARVEST
from met.store import Store
from met.types import Ask, Drop, Made, Reply, WorkItem
from tasks import doors
from tasks.work import Order, work_through

ITEMS, SLOTS = 20, 4
ODD = 7
"""The item that a fault is about, where it is about one alone."""
PATIENCE = Patience(attempts=6, first_s=0.001, longest_s=0.002)
PRICE = 1000
MOST_TOKENS = 100


class Finding(BaseModel):
    organ: Annotated[str, Field(max_length=60)]
    sure: Annotated[float, Field(ge=0, le=1)]


@dataclass
class World:
    """The servers of a case; `mend` is what an operator does after a run has stopped."""

    urls: Sequence[str]
    servers: Sequence[ModelServer]
    mend: Callable[["World"], None] = lambda _: None
    broken_image: bool = False
    drops: tuple[str, ...] = ()
    stops: bool = False
    timeout_s: float = 20.0
    replies: list[Reply] = field(default_factory=list)


Case = Callable[[ExitStack], World]


def passing(fault: faults.Fault, *, timeout_s: float = 20.0) -> Case:
    """Every third request meets the fault, whichever it is."""

    def made(stack: ExitStack) -> World:
        server = stack.enter_context(ModelServer())
        script = itertools.islice(itertools.cycle([fault, None, None]), 12)
        proxy = stack.enter_context(FaultProxy(server.url, script))
        return World(urls=[proxy.url], servers=[server], timeout_s=timeout_s)

    return made


def about_one(fault: faults.Fault, drop: str) -> Case:
    """The first request meets the fault, which ends in a Drop."""

    def made(stack: ExitStack) -> World:
        server = stack.enter_context(ModelServer())
        proxy = stack.enter_context(FaultProxy(server.url, [fault]))
        return World(urls=[proxy.url], servers=[server], drops=(drop,))

    return made


def over_length(stack: ExitStack) -> World:
    def answer(body: Any) -> str:
        return '{"organ": "' + "x" * 1000 if f"Panel {ODD}." in json.dumps(body) else answer_of(body)

    server = stack.enter_context(ModelServer(answer=answer))
    return World(urls=[server.url], servers=[server], drops=("refused",))


def image_refused(stack: ExitStack) -> World:
    server = stack.enter_context(ModelServer())
    return World(urls=[server.url], servers=[server], broken_image=True, drops=("refused",))


def wrong_model(stack: ExitStack) -> World:
    """The server is restarted with another model, and then with the right one."""
    server = stack.enter_context(ModelServer())

    def answer(body: Any) -> str:
        if len(server.chats) >= 8:
            server.models = ("another",)
        return answer_of(body)

    def mend(_: World) -> None:
        server.models, server.answer = ("tiny",), answer_of

    server.answer = answer
    return World(urls=[server.url], servers=[server], mend=mend, stops=True)


def dies(stack: ExitStack) -> World:
    """The only server dies in mid-flight; a new one comes at another address."""
    first, second = ModelServer(), stack.enter_context(ModelServer())
    first.answer = lambda body: answer_of(body) if len(first.chats) < 8 else ended(first)
    stack.enter_context(first)

    def mend(world: World) -> None:
        world.urls = [second.url]

    return World(urls=[first.url], servers=[first, second], mend=mend, stops=True)


def one_of_two_dies(stack: ExitStack) -> World:
    sound, dying = stack.enter_context(ModelServer(seconds=0.01)), ModelServer()
    dying.answer = lambda body: answer_of(body) if len(dying.chats) < 4 else ended(dying)
    stack.enter_context(dying)
    return World(urls=[sound.url, dying.url], servers=[sound, dying])


def ended(server: ModelServer) -> str:
    server.end()
    raise RuntimeError("gone")


def one_of_two_is_slow(stack: ExitStack) -> World:
    quick, slow = stack.enter_context(ModelServer()), stack.enter_context(ModelServer(seconds=0.3))
    return World(urls=[quick.url, slow.url], servers=[quick, slow])


CASES: dict[str, Case] = {
    "429": passing(faults.status(429)),
    "429 with Retry-After": passing(faults.status(429, retry_after="0.01")),
    "500": passing(faults.status(500)),
    "reset": passing(faults.reset()),
    "half a JSON": passing(faults.half_json()),
    "silence": passing(faults.silence(30), timeout_s=0.3),
    "wrong model name": wrong_model,
    "engine death in mid-flight": dies,
    "one of two engines dies": one_of_two_dies,
    "image refused": image_refused,
    "reply over length": over_length,
    "control characters in JSON": about_one(faults.control_characters(), "unparseable"),
    "two endpoints of which one is slow": one_of_two_is_slow,
}


@pytest.fixture
def store(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """The doors of this process on the test's own database."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    caches = (doors.settings, doors.store)
    for cache in caches:
        cache.cache_clear()
    yield doors.store()
    doors.store().close()
    for cache in caches:
        cache.cache_clear()


@pytest.mark.parametrize("budget", [None, 0.5], ids=["no budget", "budget"])
@pytest.mark.parametrize("name", CASES)
def test_a_fault_loses_nothing_and_counts_nothing_twice(store: Store, name: str, budget: float | None) -> None:
    build = store_rows.build_of(store, files=ITEMS)
    store.plan(build, HARVEST, "1")
    items = store.pending(build, "harvest")
    order = Order(build=build, run=store_rows.RUN, engine="vllm")
    stopped: list[type[Exception]] = []
    with ExitStack() as stack:
        world = CASES[name](stack)
        while store.pending(build, "harvest"):
            before = spent(store).usd
            try:
                run_once(world, order, items, budget)
            except (ModelUnavailable, BadSetting, BudgetSpent) as error:
                stopped.append(type(error))
                assert len(stopped) < ITEMS
                if not isinstance(error, BudgetSpent):
                    world.mend(world)
            if budget is not None:
                assert spent(store).usd - before <= budget + SLOTS * len(world.urls) * dearest(world.replies)
    assert bool({*stopped} - {BudgetSpent}) is world.stops
    assert (BudgetSpent in stopped) is (budget is not None)
    drops = [(row.reason, row.items) for row in store.query("stage_drops", build=build) if row.stage == "harvest"]
    assert drops == [(reason, 1) for reason in world.drops]
    assert sorted(reply.item for reply in world.replies) == items, "each item is answered once"
    told = (spent(store).calls, spent(store).tokens)
    assert told == (ITEMS, sum(one.tokens_in + one.tokens_out for one in world.replies)), "and paid for once"
    if world.drops:
        # One request more asks whether the server refuses everything.
        assert sum(len(server.chats) for server in world.servers) <= ITEMS + 1, "a permanent no is not asked again"


@dataclass(frozen=True)
class Spent:
    calls: int
    tokens: int
    usd: float


def spent(store: Store) -> Spent:
    rows = store.query("spent")
    return Spent(
        calls=sum(row.calls for row in rows),
        tokens=sum(row.tokens_in + row.tokens_out for row in rows),
        usd=sum(float(row.usd) for row in rows),
    )


def dearest(replies: Sequence[Reply]) -> float:
    return max((one.tokens_in + one.tokens_out for one in replies), default=0) * PRICE / 10**6 + 1e-9


def run_once(world: World, order: Order, items: Sequence[str], budget: float | None) -> None:
    """Work on what is left with an engine of its own, as a process does."""
    purse = Purse()
    purse.fill(None if budget is None else Decimal(str(budget)))
    settings = Settings(
        llm_url=",".join(f"{url}/v1" for url in world.urls),
        llm_model="tiny",
        llm_concurrency=SLOTS,
        llm_timeout_s=world.timeout_s,
        price_in=Decimal(PRICE),
        price_out=Decimal(PRICE),
    )
    engine = open_vllm(settings, patience=PATIENCE, purse=purse)

    def make(work: Sequence[WorkItem], _: Order) -> Iterator[Made]:
        return made(engine, work, items, world)

    try:
        work_through(HARVEST, make, order, items)
    finally:
        engine.close()


def made(engine: VllmEngine, work: Sequence[WorkItem], items: Sequence[str], world: World) -> Iterator[Made]:
    left = {item.item for item in work}
    asks = [ask(item, items.index(item), broken_image=world.broken_image) for item in sorted(left)]
    for reply in engine.answer(asks):
        left.remove(reply.item)
        world.replies.append(reply)
        read = parse_reply(reply, Finding)
        drops = (read,) if isinstance(read, Drop) else ()
        yield Made(item=reply.item, replies=(reply,), drops=drops, kept=not drops)
    if left:
        raise BudgetSpent(left=len(left), stage="harvest")


def ask(item: str, number: int, *, broken_image: bool) -> Ask:
    image = b"\xff\xd8 no image" if broken_image and number == ODD else png(8)
    return Ask(
        step="judge",
        item=item,
        subject=number,
        messages=({"role": "user", "content": f"Panel {number}."},),
        images=(image,),
        schema=schema_of(Finding),
        max_tokens=MOST_TOKENS,
        data_class="open",
    )
