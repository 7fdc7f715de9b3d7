"""The connections to one server, through aiohttp: opened as they are needed, and kept for the next request."""

from collections.abc import Mapping
from dataclasses import dataclass

import aiohttp

from met.llm.wire import json_of

FAULTS = (aiohttp.ClientError, OSError, EOFError, ValueError)
"""The server was not reached, did not keep to HTTP, or went away."""


@dataclass(frozen=True, slots=True)
class Response:
    """An answer: its status, its headers by small names, and its body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text, whatever it holds."""
        return self.body.decode("utf-8", "replace")


class Connections:
    """As many connections as requests are in flight. All calls come from one event loop.

    They follow no redirect and keep no cookie; they heed the environment's proxies only where `proxied` says so.
    """

    def __init__(self, url: str, *, key: str, connect_s: float, proxied: bool) -> None:
        """Speak to addresses under `url` (http or https)."""
        self._url, self._connect_s, self._proxied = url, connect_s, proxied
        self._headers = {"Authorization": f"Bearer {key}", "Accept": "application/json"}
        self._session: aiohttp.ClientSession | None = None

    async def send(self, path: str, body: Mapping[str, object] | None = None) -> Response:
        """Return the answer to a POST of `body` as JSON, or to a GET where there is none.

        Raises:
            FAULTS: there is none.
        """
        content = None if body is None else json_of(body)
        headers = None if body is None else {"Content-Type": "application/json"}
        method = "GET" if body is None else "POST"
        async with self._opened().request(
            method, self._url + path, data=content, headers=headers, allow_redirects=False
        ) as answer:
            told = {name.lower(): value for name, value in answer.headers.items()}
            return Response(answer.status, told, await answer.read())

    def _opened(self) -> aiohttp.ClientSession:
        # Made inside the event loop that uses it.
        if self._session is None:
            self._session = aiohttp.ClientSession(
                headers=self._headers,
                # The engine says how many requests are in flight, and how long each may take.
                connector=aiohttp.TCPConnector(limit=0),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=self._connect_s),
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=self._proxied,
            )
        return self._session

    async def close(self) -> None:
        """Close them all."""
        if self._session is not None:
            await self._session.close()
            self._session = None
