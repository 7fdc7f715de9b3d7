"""Several endpoints, and how many requests each has in flight: who is asked next, who rests, and what is learnt."""

import itertools
import json
import socket
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from servers import fault_proxy as faults
from servers.fault_proxy import FaultProxy
from servers.model_server import ModelServer, answer_of

from met.errors import BadSetting, ModelUnavailable
from met.llm.endpoint import Address, Endpoint, Fault
from met.llm.lanes import FAILURES, START, Climb, Lane, Patience
from met.llm.vllm import VllmEngine, open_vllm
from met.settings import Settings
from met.types import Ask, DataClass, Reply

QUICK = Patience(attempts=6, first_s=0.01, longest_s=0.02)


def ask(number: int = 0, *, data_class: DataClass = "open") -> Ask:
    return Ask(
        step="judge",
        item=f"panel:{number:04d}",
        subject=number,
        messages=({"role": "user", "content": f"Panel {number}."},),
        images=(),
        schema={"type": "object", "properties": {"sure": {"type": "boolean"}}},
        max_tokens=100,
        data_class=data_class,
    )


def asks(count: int) -> Iterator[Ask]:
    return (ask(number) for number in range(count))


@contextmanager
def opened(*urls: str, **more: Any) -> Iterator[VllmEngine]:
    settings = Settings(llm_url=",".join(f"{url}/v1" for url in urls), **{"llm_timeout_s": 20.0, **more})
    engine = open_vllm(settings, patience=QUICK)
    try:
        yield engine
    finally:
        engine.close()


def all_once(replies: list[Reply], count: int) -> bool:
    return sorted(reply.item for reply in replies) == [f"panel:{number:04d}" for number in range(count)]


# ---------------------------------------------------------------- several endpoints


def test_endpoints_share_the_work() -> None:
    with ModelServer(seconds=0.01) as one, ModelServer(seconds=0.01) as other:
        with opened(one.url, other.url, llm_concurrency=4) as engine:
            replies = list(engine.answer(asks(100)))
        assert all_once(replies, 100)
        assert len(one.chats) + len(other.chats) == 100
        assert min(len(one.chats), len(other.chats)) > 20
        assert max(one.most_at_once, other.most_at_once) <= 4


def test_a_slow_endpoint_gets_less_and_holds_nobody_up() -> None:
    with ModelServer() as quick, ModelServer(seconds=0.2) as slow:
        with opened(slow.url, quick.url, llm_concurrency=2) as engine:
            assert all_once(list(engine.answer(asks(200))), 200)
        assert len(slow.chats) * 3 < len(quick.chats)


def test_an_endpoint_that_dies_in_mid_flight_loses_nothing() -> None:
    replies: list[Reply] = []
    with ModelServer(seconds=0.005) as sound, ModelServer(seconds=0.005) as dying:
        with opened(sound.url, dying.url, llm_concurrency=4) as engine:
            for reply in engine.answer(asks(200)):
                replies.append(reply)
                if len(replies) == 20:
                    dying.end()
        assert all_once(replies, 200)
        assert len(dying.chats) > 0


def test_an_endpoint_that_is_silent_at_the_start_is_taken_when_it_comes_back() -> None:
    with ModelServer(seconds=0.005) as sound, ModelServer() as late, FaultProxy(late.url, [faults.reset()] * 3) as gate:
        with opened(sound.url, gate.url, llm_concurrency=2) as engine:
            assert all_once(list(engine.answer(asks(300))), 300)
        assert len(late.chats) > 20


def test_one_endpoint_need_not_answer_when_the_engine_opens() -> None:
    gone = ModelServer()
    with gone:
        url = gone.url
    with ModelServer() as sound:
        with opened(url, sound.url) as engine:
            assert all_once(list(engine.answer(asks(50))), 50)
        with opened(sound.url, url) as engine:
            assert engine.identity.model == "tiny"
    with pytest.raises(ModelUnavailable), opened(url):
        pass


def test_endpoints_serve_one_model() -> None:
    with ModelServer(models=("a", "b")) as one, ModelServer(models=("b",)) as other:
        with pytest.raises(BadSetting, match="MET_LLM_MODEL"), opened(one.url, other.url):
            pass
        with opened(one.url, other.url, llm_model="b") as engine:
            assert engine.identity.model == "b"
        with pytest.raises(BadSetting, match="'a' is not served"), opened(one.url, other.url, llm_model="a"):
            pass


def test_when_all_endpoints_are_silent_the_engine_stops() -> None:
    with ModelServer() as one, ModelServer() as other, opened(one.url, other.url) as engine:
        one.end()
        other.end()
        with pytest.raises(ModelUnavailable):
            list(engine.answer(asks(100)))


@pytest.mark.parametrize(
    "faulty", [faults.status(500), faults.status(429), faults.reset()], ids=["500", "429", "reset"]
)
def test_an_endpoint_that_fails_always_costs_little(faulty: faults.Fault) -> None:
    with ModelServer(seconds=0.002) as sound, ModelServer() as other, ExitStack() as stack:
        gate = stack.enter_context(FaultProxy(other.url, itertools.repeat(faulty)))
        engine = stack.enter_context(opened(sound.url, gate.url, llm_concurrency=4))
        assert all_once(list(engine.answer(asks(200))), 200)
        assert len(sound.chats) == 200 and other.chats == []
        assert gate.received < 100


def test_restricted_data_goes_to_the_local_endpoint_alone() -> None:
    with ModelServer() as server:
        remote = Endpoint(
            Address(url=f"{server.url}/v1", local=False), model="tiny", key=SecretStr("none"), timeout_s=9
        )
        with ModelServer() as home, opened(home.url) as local:
            engine = VllmEngine(
                [
                    remote,
                    Endpoint(
                        Address(url=f"{home.url}/v1", local=True), model="tiny", key=SecretStr("none"), timeout_s=9
                    ),
                ],
                identity=local.identity,
                concurrency=4,
                patience=QUICK,
            )
            replies = list(engine.answer(ask(number, data_class="restricted") for number in range(20)))
            engine.close()
            assert [reply.refusal for reply in replies] == [None] * 20
            assert server.chats == [] and len(home.chats) == 20


def test_an_ask_that_breaks_every_server_is_refused_and_stops_nobody() -> None:
    def answer(body: Any) -> str:
        if "Panel 5." in json.dumps(body["messages"]):
            raise RuntimeError("image too narrow")
        return answer_of(body)

    with ModelServer(answer=answer) as one, ModelServer(answer=answer) as other, opened(one.url, other.url) as engine:
        replies = {reply.item: reply.refusal for reply in engine.answer(asks(30))}
    assert [item for item, refusal in replies.items() if refusal] == ["panel:0005"]
    assert len(replies) == 30


def test_prometheus_sees_what_each_endpoint_does() -> None:
    with ExitStack() as stack:
        sound, other = stack.enter_context(ModelServer()), stack.enter_context(ModelServer())
        gate = stack.enter_context(FaultProxy(other.url, [faults.status(429)]))
        engine = stack.enter_context(opened(sound.url, gate.url, llm_concurrency=4))
        replies = list(engine.answer(asks(40)))
        registry = engine.meter.registry
        endpoints = [f"{url}/v1" for url in (sound.url, gate.url)]

        def value(name: str, **labels: str) -> float:
            return registry.get_sample_value(name, labels) or 0.0

        answered = [
            value("met_llm_requests_total", endpoint=one, step="judge", outcome="answered") for one in endpoints
        ]
        assert sum(answered) == 40
        assert value("met_llm_requests_total", endpoint=endpoints[1], step="judge", outcome="busy") == 1
        tokens = sum(value("met_llm_tokens_total", endpoint=one, step="judge", way="in") for one in endpoints)
        assert tokens == sum(reply.tokens_in for reply in replies)
        assert value("met_llm_in_flight", endpoint=endpoints[0]) == 0
        assert value("met_llm_limit", endpoint=endpoints[1]) < value("met_llm_limit", endpoint=endpoints[0]) == 4


def test_metrics_are_served_on_this_machine_alone() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    with ModelServer() as server, opened(server.url, metrics_port=port) as engine:
        list(engine.answer(asks(3)))
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as page:
            text = page.read().decode()
        assert f'met_llm_requests_total{{endpoint="{server.url}/v1",outcome="answered",step="judge"}} 3.0' in text
        with pytest.raises(BadSetting, match="MET_METRICS_PORT"), opened(server.url, metrics_port=port):
            pass


# ---------------------------------------------------------------- rest


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def lane(self, **more: Any) -> Lane:
        endpoint = Endpoint(
            Address(url="http://127.0.0.1:9/v1", local=True), model="m", key=SecretStr("none"), timeout_s=1
        )
        return Lane(endpoint, Climb(most=8), Patience(first_s=1.0, longest_s=8.0, **more))


def test_what_fails_together_counts_as_one_silence() -> None:
    clock = Clock()
    lane = clock.lane()
    for _ in range(8):
        lane.failed(Fault("reset"), begun=clock.now - 1, now=clock.now)
    assert lane.silent == 1
    assert lane.room(clock.now) == 0
    clock.now = lane.rests_until
    assert lane.room(clock.now) == 1, "one request goes first"
    lane.answered(clock.now)
    assert lane.room(clock.now) == lane.climb.limit


def test_rests_grow_until_it_is_given_up() -> None:
    clock = Clock()
    lane = clock.lane(attempts=5)
    rests = []
    for _ in range(5):
        assert not lane.is_given_up
        lane.failed(Fault("HTTP 503", answered=True, busy=True), begun=clock.now, now=clock.now)
        rests.append(lane.rests_until - clock.now)
        clock.now = lane.rests_until
    assert lane.is_given_up and lane.why == "HTTP 503"
    assert rests[-1] > 2 * rests[0] and max(rests) <= 8.0
    assert lane.climb.limit == 1


def test_a_server_is_obeyed_when_it_says_how_long() -> None:
    clock = Clock()
    lane = clock.lane()
    lane.failed(Fault("HTTP 429", after_s=42.0, busy=True), begun=clock.now, now=clock.now)
    assert 42 <= lane.rests_until - clock.now <= 43


def test_faults_of_requests_never_give_a_server_up() -> None:
    clock = Clock()
    lane = clock.lane()
    for number in range(50):
        lane.failed(Fault("HTTP 500", answered=True), begun=clock.now, now=clock.now)
        assert (lane.room(clock.now) > 0) is (number < FAILURES - 1)
        clock.now = max(clock.now, lane.rests_until) + 1
    assert not lane.is_given_up


# ---------------------------------------------------------------- how many at once


def run(climb: Climb, rate_at: Any, seconds: float) -> None:
    """Answers come at the rate that the server has with so many in flight."""
    now, end = 1.0, 1.0 + seconds
    while now < end:
        now += 1 / rate_at(climb.limit)
        climb.ended(now, in_flight=climb.limit)


def test_more_are_let_in_while_that_makes_it_faster() -> None:
    climb = Climb(most=1024)
    run(climb, lambda limit: min(limit, 200) * 2.0, seconds=60)
    assert 200 <= climb.limit <= 1024


def test_a_server_that_grows_no_faster_is_not_flooded() -> None:
    climb = Climb(most=4096)
    run(climb, lambda _: 100.0, seconds=60)
    assert climb.limit <= 4 * START


def test_some_requests_always_wait_at_a_server_that_is_full() -> None:
    # 32 slots that take 0.16 s each, and 0.05 s on the way: with 32 in flight a quarter of the slots would be empty.
    climb, limits = Climb(most=1024), list[int]()
    gusts = itertools.cycle([1.0, 1.15, 0.9, 1.05])
    gust = itertools.chain.from_iterable(itertools.repeat(next(gusts), 70) for _ in itertools.count())

    def rate_at(limit: int) -> float:
        limits.append(limit)
        return next(gust) * min(limit / 0.21, 32 / 0.16)

    run(climb, rate_at, seconds=120)
    assert min(limits[500:]) >= 2 * START and max(limits) <= 8 * START


def test_where_slots_are_free_nothing_is_learnt() -> None:
    climb = Climb(most=1024)
    for step in range(10_000):
        climb.ended(1.0 + step / 1000, in_flight=climb.limit - 1)
    assert climb.limit == START


@given(st.integers(1, 4096), st.lists(st.booleans(), max_size=300))
def test_the_bound_stays_between_one_and_the_most(most: int, busy: list[bool]) -> None:
    climb = Climb(most=most)
    now = 1.0
    for each in busy:
        now += 1.0
        if each:
            climb.halve(now)
        else:
            for _ in range(2 * climb.limit + 1):
                now += 1e-3
                climb.ended(now, in_flight=climb.limit)
        assert 1 <= climb.limit <= most


def test_a_server_with_many_slots_gets_them_filled() -> None:
    with ModelServer(seconds=0.1, slots=96) as server, opened(server.url) as engine:
        assert all_once(list(engine.answer(asks(1500))), 1500)
        assert server.most_at_once > START


def test_threads_share_the_slots() -> None:
    with ModelServer(seconds=0.005) as one, ModelServer(seconds=0.005) as other:
        with opened(one.url, other.url, llm_concurrency=3) as engine:
            threads = [threading.Thread(target=lambda: list(engine.answer(asks(40)))) for _ in range(3)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        assert len(one.chats) + len(other.chats) == 120
        assert max(one.most_at_once, other.most_at_once) <= 3
