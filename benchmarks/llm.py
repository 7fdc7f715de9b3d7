"""Measure the model door against a bare client that sends the same requests, in one run; print one JSON line.

    python benchmarks/llm.py [--asks 2000] [--concurrency 64] [--curve 1,8,64] [--url http://HOST:PORT/v1 --model NAME]

Without an address a server is started, in a process of its own, that answers `--slots` requests at a time, each after
`--seconds`. The bare client writes bodies that were made before into open sockets and reads the bytes that come: no
client can be faster. Both keep as many requests in flight as they may, go once to warm up, and then take turns at
going first. `ceiling` is what each reaches where the server answers at once: what the client itself costs. `curve` is
the rate of both by how many are in flight.
"""

import argparse
import asyncio
import json
import os
import platform
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx

from met.keys import canonical_json
from met.llm.vllm import VllmEngine, open_vllm
from met.llm.wire import request_of
from met.settings import Settings
from met.types import Ask

SCHEMA = {
    "type": "object",
    "properties": {"modality": {"type": "string", "maxLength": 20}, "match": {"type": "boolean"}},
    "required": ["modality", "match"],
    "additionalProperties": False,
}
REPLY = json.dumps({"modality": "ct", "match": True})
ROUNDS = 5
# Where the server answers at once, so many requests take a few seconds.
CEILING_ASKS = 2000
# A point of the curve lasts so many requests for each that is in flight.
POINT = 24


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--asks", type=int, default=2000)
    parser.add_argument("--concurrency", type=int, default=64)
    parser.add_argument("--curve", default="", help="numbers in flight, joined by commas")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--url", default=None)
    parser.add_argument("--model", default="simulated")
    parser.add_argument("--slots", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=0.16)
    parser.add_argument("--serve", type=int, default=0, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        asyncio.run(serve(options.serve, options.slots, options.seconds))
        return
    facts: dict[str, Any] = {
        "what": "llm",
        "machine": f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores",
        "server": options.url or f"simulated, at most {options.slots / options.seconds:.0f} requests/s",
        "asks": options.asks,
        "concurrency": options.concurrency,
        "rounds": options.rounds,
    }
    with ExitStack() as stack:
        url = options.url or stack.enter_context(Simulated(options.slots, options.seconds)).url
        asks = [ask_of(number) for number in range(options.asks)]
        facts |= told(compared(url, options.model, asks, options.concurrency, options.rounds))
        facts["curve"] = {
            str(count): told(compared(url, options.model, asks[: POINT * count], count, rounds=2))
            for count in map(int, filter(None, options.curve.split(",")))
        }
        if not options.url:
            instant = stack.enter_context(Simulated(options.asks, 0.0)).url
            asks = [ask_of(number) for number in range(CEILING_ASKS)]
            facts["ceiling"] = told(compared(instant, options.model, asks, options.concurrency, rounds=3))
    print(canonical_json(facts))


@dataclass(frozen=True, slots=True)
class Round:
    """Requests per second of both clients, one right after the other."""

    bare: float
    door: float


def told(rounds: Sequence[Round]) -> dict[str, Any]:
    """Return the medians, and the share of each pair that was measured together."""
    shares = [each.door / each.bare for each in rounds]
    return {
        "bare_requests_per_s": round(statistics.median(each.bare for each in rounds), 1),
        "door_requests_per_s": round(statistics.median(each.door for each in rounds), 1),
        "share_of_bare": round(statistics.median(shares), 4),
        "shares": [round(share, 4) for share in shares],
    }


def compared(url: str, model: str, asks: Sequence[Ask], concurrency: int, rounds: int) -> list[Round]:
    """Send the asks with both clients, `rounds` times behind one that warms both up; they take turns at going first."""
    bodies = [json.dumps(request_of(ask, model=model)).encode() for ask in asks]
    engine = open_vllm(Settings(llm_url=url, llm_model=model, llm_concurrency=concurrency))
    bare, measured = BareClient(url, concurrency), []
    with closing(engine):
        bare.rate(bodies)
        door_rate(engine, asks)
        for number in range(rounds):
            if number % 2:
                door, plain = door_rate(engine, asks), bare.rate(bodies)
            else:
                plain, door = bare.rate(bodies), door_rate(engine, asks)
            measured.append(Round(plain, door))
    return measured


def door_rate(engine: VllmEngine, asks: Iterable[Ask]) -> float:
    """Return requests per second of the engine."""
    began, count = time.perf_counter(), 0
    for reply in engine.answer(asks):
        assert reply.refusal in (None, "too_long"), reply.refusal
        count += 1
    return count / (time.perf_counter() - began)


class BareClient:
    """As many open connections as requests in flight; what comes back is read and not looked at."""

    def __init__(self, url: str, concurrency: int) -> None:
        self._parts, self._concurrency = urlsplit(url), concurrency
        self._head = (
            f"POST {self._parts.path}/chat/completions HTTP/1.1\r\nHost: {self._parts.netloc}\r\n"
            "Content-Type: application/json\r\nContent-Length: "
        ).encode()

    def rate(self, bodies: Sequence[bytes]) -> float:
        """Return requests per second; the connections are open before the clock runs."""
        return asyncio.run(self._rate(bodies))

    async def _rate(self, bodies: Sequence[bytes]) -> float:
        left, where = iter(bodies), (self._parts.hostname, self._parts.port)
        opened = await asyncio.gather(*(asyncio.open_connection(*where) for _ in range(self._concurrency)))
        began = time.perf_counter()
        await asyncio.gather(*(self._send(reader, writer, left) for reader, writer in opened))
        seconds = time.perf_counter() - began
        for _, writer in opened:
            writer.close()
        return len(bodies) / seconds

    async def _send(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, left: Iterable[bytes]) -> None:
        for body in left:
            writer.write(self._head + f"{len(body)}\r\n\r\n".encode() + body)
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200"), head
            await reader.readexactly(length_of(head))


def length_of(head: bytes) -> int:
    """Return the Content-Length of the head of a message; 0 where it has none."""
    _, found, behind = head.lower().partition(b"\r\ncontent-length:")
    return int(behind.split(b"\r\n", 1)[0]) if found else 0


def ask_of(number: int) -> Ask:
    return Ask(
        step="judge",
        item=f"panel:{number}",
        subject=None,
        messages=(
            {"role": "system", "content": "Compare the caption with the image. Answer in JSON."},
            {"role": "user", "content": f"Caption {number}: axial CT of the chest with a nodule in the left lung."},
        ),
        images=(),
        schema=SCHEMA,
        max_tokens=40,
        data_class="open",
    )


class Simulated:
    """A server in a process of its own, so that it does not share an interpreter with either client."""

    def __init__(self, slots: int, seconds: float) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}/v1"
        words = ["--serve", str(self._port), "--slots", str(slots), "--seconds", str(seconds)]
        self._command = [sys.executable, __file__, *words]

    def __enter__(self) -> "Simulated":
        self._process = subprocess.Popen(self._command)
        for _ in range(300):
            try:
                httpx.get(f"{self.url}/models", trust_env=False)
                return self
            except httpx.ConnectError:
                time.sleep(0.1)
        raise SystemExit("the simulated server does not start")

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()


async def serve(port: int, slots: int, seconds: float) -> None:
    """Answer every chat after `seconds` in one of `slots`."""
    free = asyncio.Semaphore(slots)
    models = response({"object": "list", "data": [{"id": "simulated", "object": "model"}]})
    chat = response(
        {
            "id": "1",
            "object": "chat.completion",
            "created": 0,
            "model": "simulated",
            "choices": [{"message": {"role": "assistant", "content": REPLY}, "finish_reason": "stop", "index": 0}],
            "usage": {"prompt_tokens": 60, "completion_tokens": 12, "total_tokens": 72},
        }
    )

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            try:
                head = await reader.readuntil(b"\r\n\r\n")
                body = await reader.readexactly(length_of(head))
            except (asyncio.IncompleteReadError, ConnectionError):
                writer.close()
                return
            if head.startswith(b"POST"):
                assert json.loads(body)["messages"]
                async with free:
                    await asyncio.sleep(seconds)
            writer.write(chat if head.startswith(b"POST") else models)

    server = await asyncio.start_server(speak, "127.0.0.1", port, backlog=4096)
    await server.serve_forever()


def response(value: Any) -> bytes:
    """Return an HTTP response that stays open for the next request."""
    body = json.dumps(value).encode()
    return f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


if __name__ == "__main__":
    main()
