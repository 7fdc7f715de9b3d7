"""One OpenAI-compatible server: what is sent to it, and what its answers mean. One call is one attempt."""

import asyncio
import base64
import ipaddress
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from time import perf_counter
from typing import Annotated, Any, TypeVar
from urllib.parse import urlsplit

from openai import APIConnectionError, APIStatusError, AsyncOpenAI, DefaultAsyncHttpxClient, Timeout
from pydantic import BaseModel, BeforeValidator, Field, SecretStr, ValidationError

from met.errors import BadSetting, ModelUnavailable
from met.types import Ask, Reply

M = TypeVar("M", bound=BaseModel)

CONNECT_S = 10.0
MESSAGE_CHARS = 300
"""So much of a server's own words goes into a refusal or an error."""
SECRET_CHARS = 8
"""Shorter keys, such as the default "none", are placeholders and may stand in a message."""

TEMPERATURE = 0
# No seed is sent: at temperature 0 it changes nothing, and vLLM's engine has died of a seed per request under load.

BAD_REQUEST = frozenset({400, 413, 422})
PASSING = frozenset({408, 409, 425, 429})
SIGNATURES = ((b"\x89PNG", "image/png"), (b"GIF8", "image/gif"), (b"RIFF", "image/webp"))


class Fault(Exception):
    """An attempt failed in a way that may pass. `after_s` is the wait that the server asked for.

    `answered` tells a server that failed on this request (5xx) from one that did not answer.
    """

    def __init__(self, why: str, *, after_s: float | None = None, answered: bool = False) -> None:
        super().__init__(why)
        self.why = why
        self.after_s = after_s
        self.answered = answered


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

    def __init__(self, address: Address, *, model: str, key: SecretStr, timeout_s: float) -> None:
        self.address = address
        self.model = model
        self._key = key.get_secret_value()
        self._timeout_s = timeout_s
        # A local endpoint is spoken to directly and without redirects, or restricted data could leave through either.
        self._client = AsyncOpenAI(
            api_key=self._key,
            base_url=address.url,
            max_retries=0,
            timeout=Timeout(None, connect=min(CONNECT_S, timeout_s)),
            http_client=DefaultAsyncHttpxClient(trust_env=not address.local, follow_redirects=False),
        )

    async def models(self) -> tuple[str, ...]:
        """Return the names of the models served, sorted.

        Raises:
            Fault: nothing usable came back.
            Refused: the address or the key is wrong.
        """
        listing = _checked(_Listing, await self._json(self._client.models.with_raw_response.list()))
        return tuple(sorted(card.id for card in listing.data))

    async def complete(self, ask: Ask) -> Reply:
        """Return the reply of one attempt; a request that the server will never accept is a reply with a refusal.

        Raises:
            Fault: the attempt may be repeated.
            ModelUnavailable: no attempt here can succeed: wrong model, wrong key.
        """
        if not self._accepts(ask):
            return self.refuse(ask, "data_class")
        begun = perf_counter()
        try:
            completion = await self._chat(request_of(ask, model=self.model))
        except Refused as refused:
            if refused.status in BAD_REQUEST:
                return self.refuse(ask, f"bad_request: {refused.why}")
            raise self.unavailable(refused.why) from None
        choice, usage = completion.choices[0], completion.usage
        if choice.finish_reason == "abort":
            raise Fault("the server aborted the request", answered=True)
        return Reply(
            item=ask.item,
            step=ask.step,
            text=choice.message.content or "",
            refusal=_refusal(choice),
            engine="vllm",
            model=self.model,
            tokens_in=usage.prompt_tokens,
            tokens_out=usage.completion_tokens,
            seconds=perf_counter() - begun,
        )

    async def answers(self) -> bool:
        """Say whether the model answers the shortest of questions now."""
        try:
            await self._chat({"model": self.model, "messages": [{"role": "user", "content": "ok"}], "max_tokens": 1})
        except (Fault, Refused):
            return False
        return True

    async def close(self) -> None:
        """Close the pool."""
        await self._client.close()

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

    def _accepts(self, ask: Ask) -> bool:
        return self.address.local or ask.data_class == "open"

    async def _chat(self, request: Mapping[str, Any]) -> "_Completion":
        return _checked(
            _Completion, await self._json(self._client.chat.completions.with_raw_response.create(**request))
        )

    async def _json(self, call: Any) -> Any:
        """Return the JSON body of the answer to `call`; raw control characters in it are left to the reader."""
        try:
            async with asyncio.timeout(self._timeout_s):
                response = await call
        except TimeoutError:
            raise Fault(f"no answer within {self._timeout_s:g} s") from None
        except APIConnectionError as error:
            cause = error.__cause__ or error
            raise Fault(f"{type(cause).__name__}: {str(cause)[:MESSAGE_CHARS]}".rstrip(": ")) from None
        except APIStatusError as error:
            if error.status_code < 500 and error.status_code not in PASSING:
                raise Refused(error.status_code, self._told(error)) from None
            wait = _seconds_asked(error.response.headers.get("retry-after"))
            raise Fault(self._told(error), after_s=wait, answered=error.status_code >= 500) from None
        try:
            return json.loads(response.content, strict=False)
        except (ValueError, RecursionError):
            raise Fault("the answer is not JSON") from None

    def _told(self, error: APIStatusError) -> str:
        """Return the status and the start of the server's own words, in one line and without the key."""
        body = error.body
        words = body.get("message", body) if isinstance(body, Mapping) else error.response.text
        line = " ".join(str(words).split())
        if len(self._key) >= SECRET_CHARS:
            line = line.replace(self._key, "***")
        return f"HTTP {error.status_code}: {line[:MESSAGE_CHARS]}"


def request_of(ask: Ask, *, model: str) -> dict[str, Any]:
    """Return the chat request of `ask`: greedy, its schema strict, its images behind all text of the last user message.

    Text before images lets a server reuse the prefix that the asks of a step share.

    Raises:
        ValueError: there are images and the last message is not the user's text.
    """
    messages: list[Mapping[str, Any]] = list(ask.messages)
    if ask.images:
        last = messages[-1]
        if last["role"] != "user" or not isinstance(last["content"], str):
            raise ValueError(
                f"step {ask.step}: images go behind the text of the last message, which must be the user's"
            )
        text = {"type": "text", "text": last["content"]}
        messages[-1] = {**last, "content": [text, *(_image_part(image) for image in ask.images)]}
    return {
        "model": model,
        "messages": messages,
        "temperature": TEMPERATURE,
        "max_tokens": ask.max_tokens,
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": ask.step, "schema": dict(ask.schema), "strict": True},
        },
    }


def _checked(model: type[M], body: Any) -> M:
    try:
        return model.model_validate(body)
    except ValidationError as error:
        raise Fault(f"the answer has another shape ({error.error_count()} errors)") from None


def _image_part(image: bytes) -> dict[str, Any]:
    media_type = next((name for start, name in SIGNATURES if image.startswith(start)), "image/jpeg")
    return {"type": "image_url", "image_url": {"url": f"data:{media_type};base64,{base64.b64encode(image).decode()}"}}


def _refusal(choice: "_Choice") -> str | None:
    if choice.finish_reason == "length":
        return "too_long"
    if choice.finish_reason == "content_filter":
        return "content_filter"
    if choice.message.refusal:
        return f"declined: {choice.message.refusal[:MESSAGE_CHARS]}"
    return None


def _seconds_asked(header: str | None) -> float | None:
    """Return the seconds of a Retry-After header, which holds seconds or a date; None where it holds neither."""
    if header is None:
        return None
    try:
        seconds = float(header)
    except ValueError:
        try:
            at = parsedate_to_datetime(header)
        except ValueError:
            return None
        seconds = ((at if at.tzinfo else at.replace(tzinfo=UTC)) - datetime.now(UTC)).total_seconds()
    return max(0.0, seconds) if seconds == seconds else None


def _encodable(value: Any) -> Any:
    # Lone surrogates are legal in JSON escapes, and in no text that can be stored.
    return value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value


class _Message(BaseModel):
    content: Annotated[str | None, BeforeValidator(_encodable)] = None
    refusal: Annotated[str | None, BeforeValidator(_encodable)] = None


class _Choice(BaseModel):
    message: _Message
    finish_reason: str | None = None


class _Usage(BaseModel):
    prompt_tokens: int = Field(default=0, ge=0)
    completion_tokens: int = Field(default=0, ge=0)


class _Completion(BaseModel):
    choices: Annotated[Sequence[_Choice], Field(min_length=1)]
    usage: _Usage = _Usage()


class _Card(BaseModel):
    id: str


class _Listing(BaseModel):
    data: Sequence[_Card]
