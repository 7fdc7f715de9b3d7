"""A proxy that injects faults by script between a client and any HTTP server.

Each POST takes the next fault of the script (None lets it pass); behind its end, and for every GET, all passes.

    with ModelServer() as server, FaultProxy(server.url, [status(429, retry_after="0.1"), reset()]) as proxy:
        ...  # proxy.url stands for server.url
"""

import http.client
import json
import os
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

from .local import Handler, LocalServer


class FaultProxy(LocalServer):
    """Forwards to `target` (http://HOST:PORT) and counts the requests that it got and those that it passed on."""

    def __init__(self, target: str, script: Iterable["Fault | None"] = ()) -> None:
        super().__init__(Exchange)
        self.target = urlsplit(target).netloc
        self.received = 0
        self.forwarded = 0
        self._script = iter(script)
        self._lock = threading.Lock()

    def next_fault(self) -> "Fault | None":
        with self._lock:
            self.received += 1
            return next(self._script, None)

    def count_forwarded(self) -> None:
        with self._lock:
            self.forwarded += 1


class Exchange(Handler):
    """One request on its way through: a fault decides what becomes of it."""

    server: FaultProxy

    def do_GET(self) -> None:  # noqa: N802
        self.relay(*self.forward(b""))

    def do_POST(self) -> None:  # noqa: N802
        self.body = self.read_body()
        fault = self.server.next_fault() or slow(0)
        fault(self)

    def forward(self, body: bytes) -> tuple[int, str, bytes]:
        """Return status, content type and body of the server's answer."""
        self.server.count_forwarded()
        connection = http.client.HTTPConnection(self.server.target, timeout=120)
        try:
            headers = {
                name: value for name, value in self.headers.items() if name.lower() not in ("host", "connection")
            }
            connection.request(self.command, self.path, body=body or None, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.headers.get("Content-Type", ""), answer.read()
        finally:
            connection.close()

    def relay(self, status: int, content_type: str, body: bytes) -> None:
        self.send_body(status, body, content_type=content_type)

    def cut(self) -> None:
        """End the connection with a TCP reset."""
        self.wfile.flush()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        os.close(self.connection.detach())


Fault = Callable[[Exchange], None]


def status(code: int, *, retry_after: str | None = None, message: str = "injected") -> Fault:
    """Answer with an HTTP error, which never reaches the server."""
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    body = json.dumps({"error": {"message": message, "code": code}}).encode()
    return lambda exchange: exchange.send_body(code, body, content_type="application/json", headers=headers)


def redirect(url: str) -> Fault:
    """Send the client elsewhere."""
    return lambda exchange: exchange.send_body(307, b"", content_type="text/plain", headers={"Location": url})


def reset() -> Fault:
    """Reset the connection after the request was read."""
    return Exchange.cut


def half_body() -> Fault:
    """Promise the whole answer, send half of it, and reset the connection."""

    def act(exchange: Exchange) -> None:
        code, content_type, body = exchange.forward(exchange.body)
        exchange.send_response(code)
        exchange.send_header("Content-Type", content_type)
        exchange.send_header("Content-Length", str(len(body)))
        exchange.end_headers()
        exchange.wfile.write(body[: len(body) // 2])
        exchange.cut()

    return act


def half_json() -> Fault:
    """Answer with a whole HTTP message whose JSON ends in the middle."""

    def act(exchange: Exchange) -> None:
        code, content_type, body = exchange.forward(exchange.body)
        exchange.relay(code, content_type, body[: len(body) // 2])

    return act


def silence(seconds: float) -> Fault:
    """Say nothing for so long (or until the proxy ends), then reset the connection."""

    def act(exchange: Exchange) -> None:
        exchange.server.ended.wait(seconds)
        exchange.cut()

    return act


def slow(seconds: float) -> Fault:
    """Pass the request on after so long."""

    def act(exchange: Exchange) -> None:
        time.sleep(seconds)
        exchange.relay(*exchange.forward(exchange.body))

    return act


def wrong_content(body: str = "<html>It works!</html>", *, content_type: str = "text/html") -> Fault:
    """Answer 200 with something that is no chat completion."""
    return lambda exchange: exchange.send_body(200, body.encode(), content_type=content_type)


def said(change: Callable[[str], str]) -> Fault:
    """Let the server answer, and replace the text that the model said."""

    def act(exchange: Exchange) -> None:
        code, content_type, body = exchange.forward(exchange.body)
        completion: Any = json.loads(body)
        message = completion["choices"][0]["message"]
        message["content"] = change(message["content"])
        exchange.relay(code, content_type, json.dumps(completion).encode())

    return act


def finished(reason: str) -> Fault:
    """Let the server answer, and replace the reason why the model stopped."""

    def act(exchange: Exchange) -> None:
        code, content_type, body = exchange.forward(exchange.body)
        completion: Any = json.loads(body)
        completion["choices"][0]["finish_reason"] = reason
        exchange.relay(code, content_type, json.dumps(completion).encode())

    return act


def half_reply() -> Fault:
    """Let the model's JSON end in the middle of a sound HTTP answer."""
    return said(lambda text: text[: len(text) // 2])


def control_characters() -> Fault:
    """Put raw control characters into the first string of the model's JSON."""
    return said(lambda text: text.replace('"', '"\x01\x0b', 1))
