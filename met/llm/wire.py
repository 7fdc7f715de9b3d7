"""The wire format of the chat API: the request of an ask, and the parts of an answer that matter."""

import base64
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field

from met.types import Ask

MESSAGE_CHARS = 300
"""So much of a server's own words goes into a refusal or an error."""

TEMPERATURE = 0
# No seed is sent: at temperature 0 it changes nothing, and vLLM's engine has died of a seed per request under load.

SIGNATURES = ((b"\x89PNG", "image/png"), (b"GIF8", "image/gif"), (b"RIFF", "image/webp"))


def _encodable(value: Any) -> Any:
    # Lone surrogates are legal in JSON escapes, and in no text that can be stored.
    return value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value


class Message(BaseModel):
    """What the model said."""

    content: Annotated[str | None, BeforeValidator(_encodable)] = None
    refusal: Annotated[str | None, BeforeValidator(_encodable)] = None


class Choice(BaseModel):
    """One answer, and why it ended."""

    message: Message
    finish_reason: str | None = None


class Usage(BaseModel):
    """The tokens that an answer cost."""

    prompt_tokens: int = Field(default=0, ge=0)
    completion_tokens: int = Field(default=0, ge=0)


class Completion(BaseModel):
    """The answer to a chat request; what the engine does not use is left out."""

    choices: Annotated[Sequence[Choice], Field(min_length=1)]
    usage: Usage = Usage()


class Card(BaseModel):
    """One model served."""

    id: str


class Listing(BaseModel):
    """The models served."""

    data: Sequence[Card]


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


def _image_part(image: bytes) -> dict[str, Any]:
    media_type = next((name for start, name in SIGNATURES if image.startswith(start)), "image/jpeg")
    return {"type": "image_url", "image_url": {"url": f"data:{media_type};base64,{base64.b64encode(image).decode()}"}}


def json_of(body: Mapping[str, Any]) -> bytes:
    """Return a request as it is sent: ASCII, so that also half of a surrogate pair has a form."""
    return json.dumps(body, separators=(",", ":"), allow_nan=False).encode()


def words_of(body: str) -> str:
    """Return what the body of an error says: the message of OpenAI's form, else the body as it is.

    >>> words_of('{"error": {"message": "no such model"}}'), words_of("Bad Gateway")
    ('no such model', 'Bad Gateway')
    """
    try:
        error = json.loads(body, strict=False)
    except (ValueError, RecursionError):
        return body
    error = error.get("error", error) if isinstance(error, dict) else error
    return str(error.get("message", error)) if isinstance(error, dict) else body


def refusal_of(choice: Choice) -> str | None:
    """Return why there is no usable text; None where the model ended by itself."""
    if choice.finish_reason == "length":
        return "too_long"
    if choice.finish_reason == "content_filter":
        return "content_filter"
    if choice.message.refusal:
        return f"declined: {choice.message.refusal[:MESSAGE_CHARS]}"
    return None


def seconds_asked(header: str | None) -> float | None:
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
