"""Money: a run stops when its budget is spent, keeps all that it paid for, and the next one goes on."""

import threading
import time
from collections.abc import Iterator
from decimal import Decimal

import pytest
import store_rows
from hypothesis import given
from hypothesis import strategies as st
from servers.model_server import ModelServer

from met.errors import BadInput, BudgetSpent, NotFound
from met.llm.estimate import Measured, estimate, image_tokens
from met.llm.prices import Prices
from met.llm.purse import Purse
from met.llm.vllm import VllmEngine, open_vllm
from met.settings import Settings
from met.stages import ALIGN, STAGES
from met.store import Store
from met.types import Ask, Drop, Made, Reply
from tasks import doors
from tasks.asking import remembered_answers
from tasks.budget import budget_left, spending
from tasks.estimate import estimates

SLOTS = 4


def reply(usd: Decimal) -> Reply:
    return Reply(
        item="panel:0",
        step="judge",
        text="",
        refusal=None,
        engine="vllm",
        model="tiny",
        tokens_in=1,
        tokens_out=1,
        seconds=0.0,
        usd=usd,
    )


def asks(count: int) -> list[Ask]:
    return [
        Ask(
            step="judge",
            item=f"panel:{number}",
            subject=number,
            messages=({"role": "user", "content": f"Panel {number}. " + "word " * 200},),
            images=(),
            schema={"type": "object", "properties": {"sure": {"type": "boolean"}}},
            max_tokens=50,
            data_class="open",
        )
        for number in range(count)
    ]


# ---------------------------------------------------------------- the purse


def test_without_a_limit_it_is_never_empty() -> None:
    purse = Purse()
    purse.spend(reply(Decimal(10**9)))
    assert not purse.is_empty


@given(st.lists(st.decimals(0, 1, places=6), max_size=50), st.integers(0, 100))
def test_it_is_empty_when_what_was_spent_reaches_what_was_put_in(calls: list[Decimal], cents: int) -> None:
    limit = Decimal(cents) / 100
    purse = Purse()
    purse.fill(limit)
    for usd in calls:
        purse.spend(reply(usd))
    assert purse.is_empty is (sum(calls) >= limit)


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_tokens_have_a_price_by_the_million(tokens_in: int, tokens_out: int) -> None:
    prices = Prices(tokens_in=Decimal("0.5"), tokens_out=Decimal("1.5"))
    assert prices.usd(tokens_in, tokens_out) * 10**6 == tokens_in * Decimal("0.5") + tokens_out * Decimal("1.5")
    assert Prices().usd(tokens_in, tokens_out) == 0


def test_threads_spend_every_cent_once() -> None:
    purse = Purse()
    purse.fill(Decimal(8))

    def spend() -> None:
        for _ in range(99):
            purse.spend(reply(Decimal("0.01")))

    threads = [threading.Thread(target=spend) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not purse.is_empty
    purse.spend(reply(Decimal("0.08")))
    assert purse.is_empty


# ---------------------------------------------------------------- a run


@pytest.fixture
def opened(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Store, ModelServer]]:
    """The doors of this process on the test's own database, and a server whose tokens have a price."""
    caches = (doors.settings, doors.store, doors.engine, doors.purse)
    with ModelServer(seconds=0.002) as server:
        for name, value in {
            "DATABASE_URL": database_url,
            "MET_LLM_URL": f"{server.url}/v1",
            "MET_LLM_CONCURRENCY": str(SLOTS),
            "MET_PRICE_IN": "100",
            "MET_PRICE_OUT": "300",
        }.items():
            monkeypatch.setenv(name, value)
        for cache in caches:
            cache.cache_clear()
        yield doors.store(), server
        doors.engine("vllm").close()
        doors.store().close()
        for cache in caches:
            cache.cache_clear()


def spent(store: Store) -> float:
    return sum(float(row.usd) for row in store.query("spent"))


def test_a_budget_stops_a_run_and_the_next_goes_on(opened: tuple[Store, ModelServer]) -> None:
    store, server = opened
    run = store.start_run("build", {})
    one = next(iter(remembered_answers(asks(1), "vllm", stage="tree", run=run)))
    dear = float(one.tokens_in * 100 + 300 * 50) / 10**6
    budget = 10 * dear
    with spending(budget, run), pytest.raises(BudgetSpent, match="items of stage tree wait"):
        list(remembered_answers(asks(100), "vllm", stage="tree", run=run))
    first = len(server.chats)
    assert 5 < first < 60
    assert budget <= spent(store) <= budget + SLOTS * dear, "exceeded by more than was in flight"
    assert budget_left(budget, run) == 0.0
    assert len(list(remembered_answers(asks(100), "vllm", stage="tree", run="run:b"))) == 100
    assert len(server.chats) == 100, "nothing is asked twice"


def test_threads_exceed_a_budget_by_no_more_than_is_in_flight() -> None:
    purse = Purse()
    with ModelServer(seconds=0.01, answer=lambda _: "x" * 39) as server:
        settings = Settings(llm_url=f"{server.url}/v1", llm_concurrency=SLOTS, price_out=Decimal(1_000_000))
        engine = open_vllm(settings, purse=purse)
        purse.fill(Decimal(10 * 25))
        replies: list[Reply] = []
        # A reader that takes its time: what has come and was not taken yet is paid for as well.
        threads = [threading.Thread(target=take_slowly, args=(engine, replies)) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sum(one.tokens_out for one in replies) == 10 * len(replies), "every reply costs 10 tokens"
        assert 25 <= len(replies) < 25 + SLOTS
        assert len(server.chats) == len(replies), "what was sent and paid for was yielded"
        assert list(engine.answer(asks(3))) == [], "nothing more is sent"
        purse.fill(None)
        assert len(list(engine.answer(asks(3)))) == 3
        engine.close()


def take_slowly(engine: VllmEngine, replies: list[Reply]) -> None:
    for one in engine.answer(asks(40)):
        time.sleep(0.02)
        replies.append(one)


def test_a_budget_needs_prices(opened: tuple[Store, ModelServer], monkeypatch: pytest.MonkeyPatch) -> None:
    store, _ = opened
    run = store.start_run("build", {})
    monkeypatch.setenv("MET_PRICE_IN", "0")
    monkeypatch.setenv("MET_PRICE_OUT", "0")
    doors.settings.cache_clear()
    with pytest.raises(BadInput, match="MET_PRICE_IN"), spending(1.0, run):
        pass
    with spending(None, run):
        assert not doors.purse().is_empty


# ---------------------------------------------------------------- before a run


def test_an_estimate_rests_on_the_sample_until_calls_were_made() -> None:
    sample = [(one, (0, 0, 896, 448)) for one in asks(4)]
    prices = Prices(tokens_in=Decimal(1), tokens_out=Decimal(2))
    guessed = estimate("judge", 1000, sample, image_side=448, prices=prices, measured=None)
    assert (guessed.requests, guessed.sample, guessed.by) == (1000, 4, "sample")
    # 1,008 characters of words, 128 patches of the image, half of the reply that is allowed.
    assert 390_000 < guessed.tokens_in < 450_000 and guessed.tokens_out == 25_000
    assert guessed.usd == (guessed.tokens_in + 2 * Decimal(guessed.tokens_out)) / 10**6
    assert guessed.at_most == (guessed.tokens_in + 2 * Decimal(50_000)) / 10**6
    known = Measured(calls=9, tokens_in=300.0, tokens_out=10.0)
    told = estimate("judge", 1000, sample, image_side=448, prices=prices, measured=known)
    assert (told.tokens_in, told.tokens_out, told.by) == (300_000, 10_000, "calls")
    assert estimate("judge", 0, [], image_side=448, prices=prices, measured=None).usd == 0
    with pytest.raises(ValueError, match="no sample"):
        estimate("judge", 1, [], image_side=448, prices=prices, measured=None)


def test_an_estimate_is_near_what_a_server_counts() -> None:
    with ModelServer() as server:
        engine = open_vllm(Settings(llm_url=f"{server.url}/v1"))
        counted = sum(one.tokens_in for one in engine.answer(asks(20)))
        engine.close()
    sample = [(one, None) for one in asks(20)]
    guessed = estimate("judge", 20, sample, image_side=448, prices=Prices(), measured=None)
    assert 0.8 < guessed.tokens_in / counted < 1.4


@given(st.integers(1, 5000), st.integers(1, 5000), st.integers(32, 2048))
def test_an_image_costs_no_more_than_its_square(width: int, height: int, side: int) -> None:
    tokens = image_tokens((0, 0, width, height), side=side)
    assert 1 <= tokens <= (-(-side // 28)) ** 2


def test_a_build_is_estimated_step_by_step(store: Store) -> None:
    build = store_rows.build_of(store, files=6)
    with pytest.raises(NotFound, match="met build"):
        estimates(store, build, Settings(), sample=5)
    store_rows.finish(store, build, STAGES[: STAGES.index(ALIGN) + 1])
    made = {one.step: one for one in estimates(store, build, Settings(price_in=Decimal(1)), sample=4)}
    assert list(made) == ["look", "judge", "summary", "caption", "question"]
    assert made["judge"].requests == 6 and made["judge"].sample == 4
    assert 0 < made["look"].usd < made["judge"].usd


def test_a_second_family_has_steps_and_prices_of_its_own(store: Store) -> None:
    build = store_rows.build_of(store, files=6)
    store_rows.finish(store, build, STAGES[: STAGES.index(ALIGN) + 1])
    first = Settings(llm_model="qwen-tiny", price_in=Decimal(1), price_out=Decimal(2))
    second = {"verifier_url": "http://127.0.0.1:9/v1", "verifier_model": "internvl-tiny"}
    alone = estimates(store, build, first, sample=4)
    prices = {"verifier_price_in": Decimal(10), "verifier_price_out": Decimal(0)}
    both = estimates(store, build, first.model_copy(update={**second, **prices}), sample=4)
    assert both[:5] == alone
    assert [(one.step, one.model) for one in both[5:]] == [("look", "internvl-tiny"), ("judge", "internvl-tiny")]
    for one in both[5:]:
        assert (one.requests, one.usd) == (6, Decimal(one.tokens_in) / 10**5) and one.usd == one.at_most
    as_dear = estimates(store, build, first.model_copy(update=second), sample=4)
    assert [one.usd for one in as_dear[5:]] == [one.usd for one in alone[:2]], "without prices of its own"


def test_a_second_family_is_asked_about_all_that_the_first_keeps(store: Store) -> None:
    build = store_rows.build_of(store, files=6)
    store_rows.finish(store, build, STAGES[: STAGES.index(ALIGN)])
    store.plan(build, ALIGN, "1")
    items = store.pending(build, "align")
    lease = store.lease(build, "align", items, run=store_rows.RUN)
    reasons = dict(zip(items, ("verifier_unsure", "verifier_refused", "unsure"), strict=False))
    drops = {item: (Drop(item=item, reason=reason),) for item, reason in reasons.items()}
    made = [Made(item=item, drops=drops.get(item, ()), kept=item not in drops) for item in items]
    store.commit(lease, made, run=store_rows.RUN, seconds=1.0)
    settings = Settings(verifier_url="http://127.0.0.1:9/v1", verifier_model="internvl-tiny")
    asked = [one.requests for one in estimates(store, build, settings, sample=4) if one.model is not None]
    assert asked == [5, 5]
