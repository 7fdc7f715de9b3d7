"""Measure the model door against a bare client that sends the same requests, in one run; print one JSON line.

    python benchmarks/llm.py [--asks 2000] [--concurrency 64] [--url http://HOST:PORT/v1 --model NAME]

Without an address a server is started that answers `--slots` requests at a time, each after `--seconds`. The bare
client keeps as many requests in flight as the door may. `curve` is the door's rate by how many that is.
"""

import argparse
import asyncio
import json
import os
import platform
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

import httpx

from met.keys import canonical_json
from met.llm.vllm import open_vllm
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
ROUNDS = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--asks", type=int, default=2000)
    parser.add_argument("--concurrency", type=int, default=64)
    parser.add_argument("--curve", default="", help="numbers in flight, joined by commas")
    parser.add_argument("--url", default=None)
    parser.add_argument("--model", default="simulated")
    parser.add_argument("--slots", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=0.16)
    parser.add_argument("--serve", type=int, default=0, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(options.serve, options.slots, options.seconds)
        return
    with ExitStack() as stack:
        url = options.url or stack.enter_context(Simulated(options.slots, options.seconds)).url
        asks = [ask_of(number) for number in range(options.asks)]
        door_rate(url, options.model, asks[:32], 32)
        rates = [
            (
                bare_rate(url, options.model, asks, options.concurrency),
                door_rate(url, options.model, asks, options.concurrency),
            )
            for _ in range(ROUNDS)
        ]
        curve = {
            count: round(door_rate(url, options.model, asks[: 20 * count], count), 1)
            for count in map(int, filter(None, options.curve.split(",")))
        }
    bare, door = max(rate for rate, _ in rates), max(rate for _, rate in rates)
    facts: dict[str, Any] = {
        "what": "llm",
        "machine": f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores",
        "server": options.url or f"simulated, at most {options.slots / options.seconds:.0f} requests/s",
        "asks": options.asks,
        "concurrency": options.concurrency,
        "rounds": ROUNDS,
        "bare_requests_per_s": round(bare, 1),
        "door_requests_per_s": round(door, 1),
        "share_of_bare": round(door / bare, 4),
        "shares": [round(door / bare, 4) for bare, door in rates],
    }
    print(canonical_json(facts | ({"curve": {str(key): value for key, value in curve.items()}} if curve else {})))


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


def door_rate(url: str, model: str, asks: Sequence[Ask], concurrency: int) -> float:
    """Return requests per second of the engine, its opening left out."""
    engine = open_vllm(Settings(llm_url=url, llm_model=model, llm_concurrency=concurrency))
    try:
        began = time.perf_counter()
        count = sum(1 for reply in engine.answer(asks) if reply.item)
        return count / (time.perf_counter() - began)
    finally:
        engine.close()


def bare_rate(url: str, model: str, asks: Sequence[Ask], concurrency: int) -> float:
    """Return requests per second of a client that does nothing but send them and read the bytes that come."""
    bodies = [json.dumps(request_of(ask, model=model)).encode() for ask in asks]

    async def send_all() -> float:
        left = iter(bodies)
        limits = httpx.Limits(max_connections=concurrency, max_keepalive_connections=concurrency)
        async with httpx.AsyncClient(limits=limits, timeout=600, trust_env=False) as client:

            async def send() -> None:
                for body in left:
                    answer = await client.post(
                        f"{url}/chat/completions", content=body, headers={"Content-Type": "application/json"}
                    )
                    answer.raise_for_status()

            began = time.perf_counter()
            await asyncio.gather(*(send() for _ in range(concurrency)))
            return len(bodies) / (time.perf_counter() - began)

    return asyncio.run(send_all())


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


def serve(port: int, slots: int, seconds: float) -> None:
    """Answer every chat after `seconds` in one of `slots`."""
    import uvicorn
    from fastapi import FastAPI

    app, free = FastAPI(), asyncio.Semaphore(slots)
    message = {"message": {"role": "assistant", "content": REPLY}, "finish_reason": "stop", "index": 0}
    usage = {"prompt_tokens": 60, "completion_tokens": 12, "total_tokens": 72}

    @app.get("/v1/models")
    async def models() -> dict[str, Any]:
        return {"object": "list", "data": [{"id": "simulated", "object": "model"}]}

    @app.post("/v1/chat/completions")
    async def chat(body: dict[str, Any]) -> dict[str, Any]:
        assert body["messages"]
        async with free:
            await asyncio.sleep(seconds)
        return {
            "id": "1",
            "object": "chat.completion",
            "created": 0,
            "model": "simulated",
            "choices": [message],
            "usage": usage,
        }

    uvicorn.run(app, host="127.0.0.1", port=port, log_level="error", backlog=4096, timeout_keep_alive=600)


if __name__ == "__main__":
    main()
