"""One OpenAI-compatible server: what is sent to it, and what its answers mean. One call is one attempt."""

import asyncio
import base64
import ipaddress
import json
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, SecretStr, ValidationError

from met.errors import BadSetting, ModelUnavailable
from met.llm.connections import FAULTS, Connections, Response
from met.llm.engine import WITHHELD
from met.llm.prices import FREE, Prices
from met.llm.wire import MESSAGE_CHARS, Completion, Listing, refusal_of, request_of, seconds_asked, words_of
from met.types import Ask, Reply

M = TypeVar("M", bound=BaseModel)

CONNECT_S = 10.0
SECRET_CHARS = 8
"""Shorter keys, such as the default "none", are placeholders and may stand in a message."""

BAD_REQUEST = "bad_request"
"""How the refusal begins of a request that the server will not take."""
NOT_TAKEN = frozenset({400, 413, 422})
PASSING = frozenset({408, 409, 425, 429})
BUSY = frozenset({429, 503})
GREY = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAADgAAAA4CAAAAACN7WTCAAAAJElEQVR42u3LMQ0AAAwDoEqv9FpYdsNP+hRRFEVRFEVRFMWbAclX"
    "IFtsqkldAAAAAElFTkSuQmCC"
)
"""A grey PNG of 56 x 56 pixels."""


class Fault(Exception):
    """An attempt failed in a way that may pass. `after_s` is the wait that the server asked for.

    `answered` tells a server that failed on this request (5xx) from one that did not answer; `busy` one that asks to
    be left alone (429, 503).
    """

    def __init__(self, why: str, *, after_s: float | None = None, answered: bool = False, busy: bool = False) -> None:
        super().__init__(why)
        self.why = why
        self.after_s = after_s
        self.answered = answered
        self.busy = busy


class Refused(Exception):
    """The server will never accept this request: HTTP `status`, and its own words."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status
        self.why = why


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where an endpoint is: `url` holds no credentials, `local` says whether other than open data may go there."""

    url: str
    local: bool


def address_of(url: str, *, local_hosts: str) -> Address:
    """Return the address of the endpoint `url`, local when its host is loopback or among `local_hosts`.

    `local_hosts` is a comma-separated list of host names.

    Raises:
        BadSetting: it is no http(s) address, or holds credentials.
    """
    try:
        parts = urlsplit(url.strip())
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise BadSetting(name="MET_LLM_URL", why=f"not an address ({error})") from None
    if parts.scheme not in ("http", "https") or not host:
        raise BadSetting(name="MET_LLM_URL", why="must read http://HOST:PORT/v1")
    if parts.username or parts.password or parts.query:
        raise BadSetting(name="MET_LLM_URL", why="holds credentials or a query: the key belongs into MET_LLM_KEY")
    trusted = {name.strip().lower() for name in local_hosts.split(",")}
    path = parts.path.rstrip("/")
    return Address(url=f"{parts.scheme}://{parts.netloc}{path}", local=host in trusted or _is_loopback(host))


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Endpoint:
    """A connection pool to one server. Its coroutines run on one event loop."""

    def __init__(
        self, address: Address, *, model: str, key: SecretStr, timeout_s: float, prices: Prices = FREE
    ) -> None:
        self.address = address
        self.model = model
        self._prices = prices
        self._key = key.get_secret_value().strip() or "none"
        self._timeout_s = timeout_s
        # A local endpoint is spoken to directly and no redirect is followed: either may lead restricted data elsewhere.
        self._connections = Connections(
            address.url, key=self._key, connect_s=min(CONNECT_S, timeout_s), proxied=not address.local
        )

    async def models(self) -> tuple[str, ...]:
        """Return the names of the models served, sorted.

        Raises:
            Fault: nothing usable came back.
            Refused: the address or the key is wrong.
        """
        listing = _checked(Listing, await self._json(self._connections.send("/models")))
        return tuple(sorted(card.id for card in listing.data))

    async def complete(self, ask: Ask) -> Reply:
        """Return the reply of one attempt; a request that the server will never accept is a reply with a refusal.

        Raises:
            Fault: the attempt may be repeated.
            ModelUnavailable: no attempt here can succeed: wrong model, wrong key.
        """
        if not self.accepts(ask):
            return self.refuse(ask, WITHHELD)
        begun = perf_counter()
        try:
            completion = await self._chat(request_of(ask, model=self.model))
        except Refused as refused:
            if refused.status in NOT_TAKEN:
                return self.refuse(ask, f"{BAD_REQUEST}: {refused.why}")
            raise self.unavailable(refused.why) from None
        choice, usage = completion.choices[0], completion.usage
        if choice.finish_reason == "abort":
            raise Fault("the server aborted the request", answered=True)
        return Reply(
            item=ask.item,
            step=ask.step,
            text=choice.message.content or "",
            refusal=refusal_of(choice),
            engine="vllm",
            model=self.model,
            tokens_in=usage.prompt_tokens,
            tokens_out=usage.completion_tokens,
            seconds=perf_counter() - begun,
            usd=self._prices.usd(usage.prompt_tokens, usage.completion_tokens),
        )

    async def can_answer(self, ask: Ask) -> bool:
        """Say whether asks like this one are answered now: same schema, an image where it has one, none of its data."""
        bare = replace(
            ask, messages=({"role": "user", "content": "ok"},), images=(GREY,) if ask.images else (), max_tokens=1
        )
        try:
            await self._chat(request_of(bare, model=self.model))
        except (Fault, Refused):
            return False
        return True

    async def close(self) -> None:
        """Close the pool."""
        await self._connections.close()

    def refuse(self, ask: Ask, why: str) -> Reply:
        """Return a permanent "no" to `ask`, which cost no tokens."""
        return Reply(
            item=ask.item,
            step=ask.step,
            text="",
            refusal=why,
            engine="vllm",
            model=self.model,
            tokens_in=0,
            tokens_out=0,
            seconds=0.0,
        )

    def unavailable(self, why: str) -> ModelUnavailable:
        """Return the error that says why this endpoint cannot be used."""
        return ModelUnavailable(address=self.address.url, why=why)

    def accepts(self, ask: Ask) -> bool:
        """Say whether the data of the ask may be sent here: a remote endpoint gets open data alone."""
        return self.address.local or ask.data_class == "open"

    async def _chat(self, request: Mapping[str, Any]) -> Completion:
        return _checked(Completion, await self._json(self._connections.send("/chat/completions", request)))

    async def _json(self, call: Awaitable[Response]) -> Any:
        """Return the JSON body of the answer to `call`; raw control characters in it are left to the reader."""
        try:
            async with asyncio.timeout(self._timeout_s):
                response = await call
        except TimeoutError:
            raise Fault(f"no answer within {self._timeout_s:g} s") from None
        except FAULTS as error:
            raise Fault(f"{type(error).__name__}: {str(error)[:MESSAGE_CHARS]}".rstrip(": ")) from None
        status = response.status
        if status >= 500 or status in PASSING:
            wait = seconds_asked(response.headers.get("retry-after"))
            raise Fault(self._told(response), after_s=wait, answered=status >= 500, busy=status in BUSY)
        if status >= 300:
            raise Refused(status, self._told(response))
        try:
            return json.loads(response.body, strict=False)
        except (ValueError, RecursionError):
            raise Fault("the answer is not JSON") from None

    def _told(self, response: Response) -> str:
        """Return the status and the start of the server's own words, in one line and without the key."""
        line = " ".join(words_of(response.text).split())
        if len(self._key) >= SECRET_CHARS:
            line = line.replace(self._key, "***")
        return f"HTTP {response.status}: {line[:MESSAGE_CHARS]}"


def _checked(model: type[M], body: Any) -> M:
    try:
        return model.model_validate(body)
    except ValidationError as error:
        raise Fault(f"the answer has another shape ({error.error_count()} errors)") from None
