"""The model door: what is sent, what comes back, and every way in which a server can fail."""

import itertools
import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, SecretStr
from servers import fault_proxy as faults
from servers.fault_proxy import FaultProxy
from servers.model_server import ModelServer, answer_of, completion_of
from servers.picture import png

from met.errors import BadSetting, ModelUnavailable
from met.llm import Engine, RulesEngine, open_engine
from met.llm.endpoint import Address, Endpoint, Fault, address_of
from met.llm.lanes import Patience
from met.llm.loop import LoopThread
from met.llm.reading import parse_reply, schema_of
from met.llm.vllm import VllmEngine, open_vllm
from met.settings import Settings
from met.types import Ask, DataClass, Drop, Reply

KEY = "sk-very-secret-0123456789"
# More attempts than any script has faults, so that chance cannot give one ask all of them.
QUICK = Patience(attempts=6, first_s=0.001, longest_s=0.002)


class Finding(BaseModel):
    organ: Annotated[str, Field(max_length=60)]
    sure: Annotated[float, Field(ge=0, le=1)]


def ask(number: int = 0, *, images: tuple[bytes, ...] = (), data_class: DataClass = "open", words: str = "") -> Ask:
    return Ask(
        step="judge",
        item=f"panel:{number}",
        subject=number,
        messages=({"role": "system", "content": "Describe."}, {"role": "user", "content": f"Panel {number}. {words}"}),
        images=images,
        schema=schema_of(Finding),
        max_tokens=100,
        data_class=data_class,
    )


def asks(count: int) -> Iterator[Ask]:
    return (ask(number) for number in range(count))


def settings(url: str, **more: Any) -> Settings:
    return Settings(
        llm_url=f"{url}/v1", llm_key=SecretStr(KEY), **{"llm_timeout_s": 20.0, "llm_concurrency": 4, **more}
    )


@contextmanager
def opened(url: str, **more: Any) -> Iterator[VllmEngine]:
    engine = open_vllm(settings(url, **more), patience=QUICK)
    try:
        yield engine
    finally:
        engine.close()


@contextmanager
def endpoint_at(url: str, *, local: bool = True, timeout_s: float = 20.0) -> Iterator[Callable[[Ask], Reply]]:
    """Yield a function that makes one attempt."""
    endpoint = Endpoint(Address(url=f"{url}/v1", local=local), model="tiny", key=SecretStr(KEY), timeout_s=timeout_s)
    loop = LoopThread()
    try:
        yield lambda ask: loop.submit(endpoint.complete(ask)).result()
    finally:
        loop.close(last=endpoint.close)


def items(replies: Iterable[Reply]) -> list[str]:
    return sorted(reply.item for reply in replies)


ALL_ITEMS = sorted(f"panel:{number}" for number in range(12))

# ---------------------------------------------------------------- the engine without a model


def test_rules_answer_from_the_subject() -> None:
    engine: Engine = open_engine("rules", Settings(), {"judge": lambda subject: {"sure": 1, "organ": f"é{subject}"}})
    (reply,) = engine.answer([ask(7)])
    assert (reply.text, reply.engine, reply.model) == ('{"organ":"é7","sure":1}', "rules", "none")
    assert (reply.tokens_in, reply.tokens_out, reply.refusal) == (0, 0, None)
    engine.close()


def test_rules_read_no_further_than_asked() -> None:
    engine = RulesEngine({"judge": lambda subject: {"number": subject}})
    replies = engine.answer(ask(number) for number in itertools.count())
    assert [next(replies).item, next(replies).item] == ["panel:0", "panel:1"]


def test_rules_know_their_steps() -> None:
    with pytest.raises(KeyError, match="judge"):
        list(RulesEngine({}).answer([ask()]))


# ---------------------------------------------------------------- opening


def test_the_only_model_served_is_taken() -> None:
    with ModelServer(models=("some-vlm",)) as server, opened(server.url, llm_revision="r1") as engine:
        identity = engine.identity
    assert (identity.name, identity.model, identity.revision) == ("vllm", "some-vlm", "r1")
    assert (dict(identity.sampling), identity.image_side) == ({"temperature": 0}, 448)


def test_the_named_model_is_taken() -> None:
    with ModelServer(models=("a", "b")) as server, opened(server.url, llm_model="b") as engine:
        assert [reply.model for reply in engine.answer([ask()])] == ["b"]


@pytest.mark.parametrize(
    ("models", "named", "line"),
    [
        (("a", "b"), "c", r"setting MET_LLM_MODEL: 'c' is not served at http://127.0.0.1:\d+/v1, which serves a, b"),
        (("a", "b"), None, r"setting MET_LLM_MODEL: is not set, and http://127.0.0.1:\d+/v1 serves a, b"),
        ((), None, r"setting MET_LLM_MODEL: is not set, and http://127.0.0.1:\d+/v1 serves nothing"),
    ],
)
def test_a_model_that_is_not_served_is_one_line(models: tuple[str, ...], named: str | None, line: str) -> None:
    with ModelServer(models=models) as server, pytest.raises(BadSetting, match=f"^{line}$"):
        open_engine("vllm", settings(server.url, llm_model=named), {})


def test_a_refused_key_is_one_line_without_the_key() -> None:
    with (
        ModelServer(key="another") as server,
        pytest.raises(BadSetting, match=r"^setting MET_LLM_KEY: .*HTTP 401") as raised,
    ):
        open_engine("vllm", settings(server.url), {})
    assert KEY not in str(raised.value)


def test_an_address_without_v1_is_told() -> None:
    with ModelServer() as server, pytest.raises(BadSetting, match=r"^setting MET_LLM_URL: .*HTTP 404.*ends in /v1$"):
        open_engine("vllm", settings(server.url).model_copy(update={"llm_url": server.url}), {})


def test_nothing_at_the_address_is_one_line() -> None:
    with ModelServer() as server:
        gone = settings(server.url)
    with pytest.raises(
        ModelUnavailable, match=r"^the model endpoint http://127.0.0.1:\d+/v1 does not answer: "
    ) as raised:
        open_engine("vllm", gone, {})
    assert "\n" not in str(raised.value) and KEY not in str(raised.value)


@pytest.mark.parametrize("body", ["<html>", "[]", '{"data": [{}]}', '{"data"'])
def test_a_list_of_models_that_is_none_is_one_line(body: str) -> None:
    class Nonsense(faults.Exchange):
        def do_GET(self) -> None:  # noqa: N802
            self.send_body(200, body.encode(), content_type="application/json")

    with faults.LocalServer(Nonsense) as server, pytest.raises(ModelUnavailable, match="the answer"):
        open_engine("vllm", settings(server.url), {})


@pytest.mark.parametrize("url", [None, ""])
def test_no_address_is_one_line(url: str | None) -> None:
    with pytest.raises(BadSetting, match=r"^setting MET_LLM_URL: is not set"):
        open_engine("vllm", Settings(llm_url=url), {})


@pytest.mark.parametrize(
    "url", ["127.0.0.1:80/v1", "ftp://host/v1", "http:///v1", "http://[::1/v1", "http://host:99999/v1", "x"]
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(BadSetting, match="MET_LLM_URL"):
        address_of(url, local_hosts="")


def test_credentials_in_an_address_are_refused_and_not_repeated() -> None:
    with pytest.raises(BadSetting, match="MET_LLM_KEY") as raised:
        address_of(f"http://user:{KEY}@host/v1", local_hosts="")
    assert KEY not in str(raised.value)


@pytest.mark.parametrize(
    ("url", "local"),
    [
        ("http://127.0.0.1:8000/v1", True),
        ("http://127.9.9.9/v1/", True),
        ("http://localhost:8000/v1", True),
        ("http://[::1]:8000/v1", True),
        ("http://GPU-7:8000/v1", True),
        ("http://10.0.0.5/v1", True),
        ("http://10.0.0.50/v1", False),
        ("http://localhost.example.org/v1", False),
        ("http://127.0.0.1.example.org/v1", False),
        ("http://gpu-70/v1", False),
        ("https://api.example.org/v1", False),
        ("http://0.0.0.0/v1", False),
        ("http://2130706433/v1", False),
    ],
)
def test_an_endpoint_is_local_by_its_host(url: str, local: bool) -> None:
    address = address_of(url, local_hosts=" gpu-7, 10.0.0.5,")
    assert address.local is local
    assert address.url == url.rstrip("/")


# ---------------------------------------------------------------- what is sent


def test_a_request_is_greedy_strict_and_has_its_images_last() -> None:
    picture = png(8)
    with ModelServer() as server, opened(server.url) as engine:
        (reply,) = engine.answer([ask(3, images=(picture, picture))])
        (body,) = server.chats
    assert (body["temperature"], body["max_tokens"], body["model"]) == (0, 100, "tiny")
    assert "seed" not in body
    assert body["response_format"]["json_schema"] == {"name": "judge", "schema": schema_of(Finding), "strict": True}
    assert body["messages"][0] == {"role": "system", "content": "Describe."}
    assert [part["type"] for part in body["messages"][1]["content"]] == ["text", "image_url", "image_url"]
    assert body["messages"][1]["content"][1]["image_url"]["url"].startswith("data:image/png;base64,iVBORw0KGgo")
    assert isinstance(parse_reply(reply, Finding), Finding)
    assert reply.tokens_in > 128 and reply.tokens_out > 0 and reply.seconds > 0


def test_images_need_a_last_message_of_the_user() -> None:
    bare = ask(images=(png(8),))
    odd = Ask(
        **{name: getattr(bare, name) for name in bare.__slots__ if name != "messages"}, messages=bare.messages[:1]
    )
    with ModelServer() as server, opened(server.url) as engine, pytest.raises(ValueError, match="images"):
        list(engine.answer([odd]))


@pytest.mark.parametrize("data_class", ["restricted", "phi"])
def test_only_open_data_goes_to_a_remote_endpoint(data_class: DataClass) -> None:
    with ModelServer() as server, endpoint_at(server.url, local=False) as complete:
        reply = complete(ask(data_class=data_class, images=(png(8),)))
        assert (reply.refusal, reply.text, reply.tokens_in) == ("data_class", "", 0)
        assert server.requests == []
        assert complete(ask()).refusal is None
        assert len(server.chats) == 1


@pytest.mark.parametrize("data_class", ["open", "restricted", "phi"])
def test_a_local_endpoint_gets_every_class(data_class: DataClass) -> None:
    with ModelServer() as server, opened(server.url) as engine:
        assert [reply.refusal for reply in engine.answer([ask(data_class=data_class)])] == [None]


def test_a_local_endpoint_is_not_reached_through_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    with ModelServer() as server, ModelServer() as other:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, other.url)
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        with opened(server.url) as engine:
            assert [reply.refusal for reply in engine.answer([ask(data_class="phi")])] == [None]
        assert other.requests == []


def test_a_redirect_is_not_followed() -> None:
    with ModelServer() as server, ModelServer() as other, FaultProxy(server.url, [faults.redirect(other.url)]) as proxy:
        with opened(proxy.url) as engine, pytest.raises(ModelUnavailable, match="HTTP 307"):
            list(engine.answer([ask(data_class="phi")]))
        assert other.requests == []


# ---------------------------------------------------------------- refusals


def test_a_broken_image_is_refused_at_once() -> None:
    with ModelServer() as server, opened(server.url) as engine:
        replies = list(engine.answer([ask(number, images=(b"\xff\xd8 no image",)) for number in range(12)]))
        assert {reply.refusal for reply in replies} == {"bad_request: HTTP 400: cannot identify image file"}
        assert items(replies) == ALL_ITEMS
    (reply, *_) = replies
    drop = parse_reply(reply, Finding)
    assert isinstance(drop, Drop) and drop.reason == "refused"


def test_too_many_tokens_are_refused_at_once() -> None:
    with ModelServer(context=500) as server, opened(server.url) as engine:
        (reply,) = engine.answer([ask(words="word " * 400)])
        assert reply.refusal is not None and reply.refusal.startswith("bad_request: HTTP 400: This model's maximum")
        assert [body["messages"][-1]["content"] for body in server.chats[1:]] == ["ok"]


def test_a_reply_over_length_keeps_its_text() -> None:
    with ModelServer(answer=lambda _: '{"organ": "' + "x" * 1000) as server, opened(server.url) as engine:
        (reply,) = engine.answer([ask()])
    assert reply.refusal == "too_long"
    assert reply.text.startswith('{"organ": "xxx') and reply.tokens_out == 100


def test_a_filtered_reply_is_refused() -> None:
    with (
        ModelServer() as server,
        FaultProxy(server.url, [faults.finished("content_filter")]) as proxy,
        opened(proxy.url) as engine,
    ):
        assert [reply.refusal for reply in engine.answer([ask()])] == ["content_filter"]


@pytest.mark.parametrize(
    "fault", [faults.control_characters(), faults.half_reply(), faults.said(lambda text: f"Well, {text}")]
)
def test_a_reply_that_is_no_json_is_left_to_the_reader(fault: faults.Fault) -> None:
    with ModelServer() as server, FaultProxy(server.url, [fault]) as proxy, opened(proxy.url) as engine:
        (reply,) = engine.answer([ask()])
        assert server.requests[-1].body == server.chats[0] and proxy.received == 1
    assert reply.refusal is None
    drop = parse_reply(reply, Finding)
    assert isinstance(drop, Drop)
    assert (drop.reason, drop.detail["characters"]) == ("unparseable", len(reply.text))


def test_lone_surrogates_of_a_reply_can_be_stored() -> None:
    with ModelServer(answer=lambda _: "\ud800") as server, opened(server.url) as engine:
        (reply,) = engine.answer([ask()])
    assert reply.text == "\\ud800"


# ---------------------------------------------------------------- faults that pass


PASSING: list[tuple[str, faults.Fault]] = [
    ("429", faults.status(429)),
    ("429 with Retry-After", faults.status(429, retry_after="0.01")),
    ("429 with nonsense", faults.status(429, retry_after="soon")),
    ("500", faults.status(500)),
    ("502", faults.status(502)),
    ("503", faults.status(503, retry_after="0")),
    ("408", faults.status(408)),
    ("reset", faults.reset()),
    ("half a body", faults.half_body()),
    ("half a JSON", faults.half_json()),
    ("wrong content", faults.wrong_content()),
    ("another shape", faults.wrong_content('{"choices": []}', content_type="application/json")),
    ("no object", faults.wrong_content("7", content_type="application/json")),
    ("abort", faults.finished("abort")),
]


@pytest.mark.parametrize("fault", [fault for _, fault in PASSING], ids=[name for name, _ in PASSING])
def test_a_fault_that_passes_loses_and_repeats_nothing(fault: faults.Fault) -> None:
    script = itertools.islice(itertools.cycle([fault, None, None]), 12)
    with ModelServer() as server, FaultProxy(server.url, script) as proxy, opened(proxy.url) as engine:
        replies = list(engine.answer(asks(12)))
        assert proxy.received == 16
    assert items(replies) == ALL_ITEMS
    assert all(isinstance(parse_reply(reply, Finding), Finding) for reply in replies)


def test_silence_is_given_up_and_asked_again() -> None:
    with ModelServer() as server, FaultProxy(server.url, [faults.silence(60)]) as proxy:
        with opened(proxy.url, llm_timeout_s=0.5) as engine:
            assert [reply.refusal for reply in engine.answer([ask()])] == [None]
        assert (proxy.received, proxy.forwarded) == (2, 2)  # the list of models, and the second attempt


def test_faults_do_not_change_the_replies() -> None:
    script = itertools.cycle([faults.reset(), faults.half_json(), None, faults.slow(0.01), None])
    with ModelServer() as server, FaultProxy(server.url, script) as proxy:
        with opened(server.url) as calm:
            expected = {reply.item: reply.text for reply in calm.answer(asks(12))}
        with opened(proxy.url, llm_concurrency=1) as stormy:
            got = {reply.item: reply.text for reply in stormy.answer(asks(12))}
    assert got == expected and len(set(expected.values())) == 12


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (faults.status(503), "HTTP 503: injected"),
        (faults.status(429), "HTTP 429: injected"),
        (faults.reset(), "Error"),
        (faults.wrong_content(), "the answer is not JSON"),
    ],
    ids=["503", "429", "reset", "nonsense"],
)
def test_a_server_that_keeps_failing_is_unavailable(fault: faults.Fault, why: str) -> None:
    with ModelServer() as server, FaultProxy(server.url, itertools.repeat(fault)) as proxy, opened(proxy.url) as engine:
        with pytest.raises(ModelUnavailable, match=rf"^the model endpoint {proxy.url}/v1 does not answer: .*{why}"):
            list(engine.answer([ask()]))
        assert server.chats == []


@pytest.mark.parametrize("code", [401, 403, 404])
def test_a_server_that_refuses_for_good_is_asked_once(code: int) -> None:
    fault = faults.status(code, message=f"no {KEY}\n here")
    with ModelServer() as server, FaultProxy(server.url, itertools.repeat(fault)) as proxy, opened(proxy.url) as engine:
        with pytest.raises(ModelUnavailable, match=rf"HTTP {code}: no \*\*\* here$") as raised:
            list(engine.answer([ask()]))
        assert proxy.received == 1
    assert KEY not in repr(raised.value) and raised.value.__cause__ is None


def test_the_key_is_sent_and_logged_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    script = [faults.status(500, message=KEY), faults.reset()]
    with ModelServer(key=KEY) as server, FaultProxy(server.url, script) as proxy, opened(proxy.url) as engine:
        assert [reply.refusal for reply in engine.answer([ask()])] == [None]
    assert KEY not in caplog.text


def test_an_ask_that_breaks_a_sound_server_does_not_stop_the_others() -> None:
    def answer(body: Any) -> str:
        if "Panel 5." in json.dumps(body["messages"]):
            raise RuntimeError("image too narrow")
        return answer_of(body)

    with ModelServer(answer=answer) as server, opened(server.url) as engine:
        replies = {reply.item: reply.refusal for reply in engine.answer(asks(12))}
    assert sorted(replies) == ALL_ITEMS
    assert replies["panel:5"] == "server_error: HTTP 500: image too narrow"
    assert [item for item, refusal in replies.items() if refusal] == ["panel:5"]


@pytest.mark.parametrize("code", [400, 500])
def test_a_server_that_takes_no_such_ask_stops_the_run_and_drops_nothing(code: int) -> None:
    fault = faults.status(code, message="schema not supported")
    with (
        ModelServer() as server,
        FaultProxy(server.url, itertools.repeat(fault)) as proxy,
        opened(proxy.url) as engine,
        pytest.raises(ModelUnavailable, match=f"HTTP {code}: schema not supported"),
    ):
        list(engine.answer(asks(12)))


def test_what_had_arrived_comes_before_the_error() -> None:
    got: list[str] = []
    script = [*[None] * 5, faults.status(401)]
    with (
        ModelServer() as server,
        FaultProxy(server.url, script) as proxy,
        opened(proxy.url, llm_concurrency=1) as engine,
    ):
        with pytest.raises(ModelUnavailable):
            got.extend(reply.item for reply in engine.answer(asks(12)))
        assert items(engine.answer(asks(12))) == ALL_ITEMS
    assert got[:5] == [f"panel:{number}" for number in range(5)]
    assert "panel:5" not in got and len(set(got)) == len(got)


def test_a_server_that_dies_in_mid_flight_loses_no_reply_that_came() -> None:
    got: list[Reply] = []
    server = ModelServer()
    with server, opened(server.url) as engine, pytest.raises(ModelUnavailable):
        for reply in engine.answer(asks(200)):
            got.append(reply)
            if len(got) == 20:
                server.end()
    assert 20 <= len(got) < 200
    assert len(set(items(got))) == len(got)
    assert all(isinstance(parse_reply(reply, Finding), Finding) for reply in got)


# ---------------------------------------------------------------- flow


def test_asks_are_not_read_far_ahead() -> None:
    read = 0

    def counted() -> Iterator[Ask]:
        nonlocal read
        for number in itertools.count():
            read += 1
            yield ask(number)

    with ModelServer() as server, opened(server.url, llm_concurrency=3) as engine:
        replies = engine.answer(counted())
        for taken in range(1, 21):
            next(replies)
            assert read <= taken + 6
        replies.close()  # type: ignore[attr-defined]
        assert items(engine.answer(asks(12))) == ALL_ITEMS


def test_no_more_are_in_flight_than_allowed() -> None:
    with ModelServer(seconds=0.005) as server, opened(server.url, llm_concurrency=3) as engine:
        threads = [threading.Thread(target=lambda: list(engine.answer(asks(12)))) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(server.chats) == 36
        assert server.most_at_once == 3


def test_the_slowest_holds_nobody_up() -> None:
    last = threading.Event()

    def answer(body: Any) -> str:
        if "Panel 0." in json.dumps(body["messages"]):
            assert last.wait(60)
        return answer_of(body)

    with ModelServer(answer=answer) as server, opened(server.url, llm_concurrency=2) as engine:
        order: list[str] = []
        for reply in engine.answer(asks(12)):
            order.append(reply.item)
            if len(order) == 11:
                last.set()
    assert order[-1] == "panel:0" and sorted(order) == ALL_ITEMS


def test_no_asks_make_no_request() -> None:
    with ModelServer() as server, opened(server.url) as engine:
        assert list(engine.answer([])) == []
        assert server.chats == []


def test_an_engine_closes_twice_and_in_mid_flight() -> None:
    with ModelServer(seconds=0.05) as server:
        engine = open_vllm(settings(server.url))
        next(engine.answer(asks(12)))
        engine.close()
        engine.close()


# ---------------------------------------------------------------- forms of HTTP


class InPieces(faults.Exchange):
    def do_POST(self) -> None:  # noqa: N802
        body = json.dumps(completion_of('{"organ": "lung", "sure": 1}', json.loads(self.read_body()))).encode()
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for start in range(0, len(body), 100):
            piece = body[start : start + 100]
            self.wfile.write(f"{len(piece):x};note=1\r\n".encode() + piece + b"\r\n")
        self.wfile.write(b"0\r\nTrailer: x\r\n\r\n")


class UntilItEnds(faults.Exchange):
    protocol_version = "HTTP/1.0"

    def do_POST(self) -> None:  # noqa: N802
        body = completion_of('{"organ": "lung", "sure": 1}', json.loads(self.read_body()))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())


class Impatient(UntilItEnds):
    """Closes a connection on which nothing was asked for a while."""

    protocol_version = "HTTP/1.1"
    timeout = 0.1

    def do_POST(self) -> None:  # noqa: N802
        body = completion_of('{"organ": "lung", "sure": 1}', json.loads(self.read_body()))
        self.send_json(200, body)


@pytest.mark.parametrize("handler", [InPieces, UntilItEnds, Impatient])
def test_every_form_of_an_answer_is_read(handler: type[faults.Exchange]) -> None:
    with faults.LocalServer(handler) as server, endpoint_at(server.url) as complete:
        for number in range(3):
            reply = complete(ask(number))
            assert isinstance(parse_reply(reply, Finding), Finding) and reply.item == f"panel:{number}"
            time.sleep(0.3 if handler is Impatient else 0)


@pytest.mark.parametrize(
    "said", [b"SMTP ready\r\n\r\n", b"HTTP/1.1 two hundred\r\n\r\n", b"\r\n\r\n", b"x" * 200_000, b""]
)
def test_what_is_no_http_is_a_fault(said: bytes) -> None:
    class Other(faults.Exchange):
        def do_POST(self) -> None:  # noqa: N802
            self.read_body()
            self.wfile.write(said)
            self.close_connection = True

    with faults.LocalServer(Other) as server, endpoint_at(server.url) as complete, pytest.raises(Fault):
        complete(ask())


# ---------------------------------------------------------------- waiting


@given(st.integers(0, 1000), st.none() | st.floats(0, 1e9), st.floats(0, 1, exclude_max=True))
def test_waits_are_bounded(attempt: int, asked: float | None, chance: float) -> None:
    wait = Patience().wait_s(attempt, asked=asked, chance=chance)
    assert 0 < wait <= 30 if asked is None else min(asked, 300) <= wait <= 300.5


def test_waits_double_and_obey() -> None:
    patience = Patience()
    assert [patience.wait_s(attempt, asked=None, chance=0) for attempt in range(8)] == [0.25, 0.5, 1, 2, 4, 8, 15, 15]
    assert patience.wait_s(0, asked=7, chance=0) == 7


@pytest.mark.parametrize(
    ("header", "least", "most"),
    [
        ("12", 12, 12),
        ("0.5", 0.5, 0.5),
        ("-3", 0, 0),
        # Computed when the tests are collected, which may be long before this one runs.
        (format_datetime(datetime.now(UTC) + timedelta(hours=10), usegmt=True), 5 * 3600, 10 * 3600),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0, 0),
        ("soon", None, None),
        ("nan", None, None),
        (None, None, None),
    ],
    ids=["seconds", "fraction", "negative", "date", "past", "word", "nan", "none"],
)
def test_retry_after_is_understood(header: str | None, least: float | None, most: float | None) -> None:
    script = [faults.status(429, retry_after=header)]
    with (
        ModelServer() as server,
        FaultProxy(server.url, script) as proxy,
        endpoint_at(proxy.url) as complete,
        pytest.raises(Fault) as raised,
    ):
        complete(ask())
    after = raised.value.after_s
    assert after is None if least is None or most is None else after is not None and least <= after <= most
