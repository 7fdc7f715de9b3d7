"""A tiny model server: the part of OpenAI's chat API that vLLM and the engine share, over real HTTP, without a model.

Every answer satisfies the JSON schema of its request and is a pure function of the request. Like vLLM it answers 404
on an unknown model and 400 on a broken image and on too many tokens.

    with ModelServer() as server:
        ...  # server.url + "/v1" is the address, server.requests what was asked
"""

import base64
import binascii
import hashlib
import json
import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .local import Handler, LocalServer

WORDS = ("lung", "round", "opacity", "near", "the", "left", "hilum", "no", "effusion", "normal", "heart", "size")
TOKENS_PER_IMAGE = 64
CHARS_PER_TOKEN = 4


@dataclass(frozen=True)
class Recorded:
    """A request as it came: lower-case header names, the JSON body (None for a GET)."""

    path: str
    headers: Mapping[str, str]
    body: Any


class ModelServer(LocalServer):
    """Serves /v1/models, /v1/chat/completions and /health.

    `answer` (request body -> text of the reply) replaces the answers made from the schema; a RuntimeError in it is a
    500; with `key` every request must bring it; `context` is the number of tokens that prompt and reply may have
    together; each chat takes `seconds` in one of `slots`, and waits for one where all are taken.
    """

    def __init__(
        self,
        *,
        models: Sequence[str] = ("tiny",),
        answer: Callable[[Any], str] | None = None,
        key: str | None = None,
        context: int = 2048,
        seconds: float = 0.0,
        slots: int = 10_000,
    ) -> None:
        super().__init__(_Chat)
        self.models = tuple(models)
        self.answer = answer or answer_of
        self.key = key
        self.context = context
        self.seconds = seconds
        self.slots = threading.BoundedSemaphore(slots)
        self.requests: list[Recorded] = []
        self.at_once = 0
        self.most_at_once = 0
        self.lock = threading.Lock()

    @property
    def chats(self) -> list[Any]:
        """The bodies of all chat requests so far."""
        return [request.body for request in tuple(self.requests) if request.path == "/v1/chat/completions"]


class _Chat(Handler):
    server: ModelServer

    def do_GET(self) -> None:  # noqa: N802
        self._record(None)
        if self.path == "/health":
            self.send_json(200, {})
        elif self._key_is_wrong():
            self._refuse(401, "wrong key")
        elif self.path == "/v1/models":
            cards = [{"id": name, "object": "model", "owned_by": "tests"} for name in self.server.models]
            self.send_json(200, {"object": "list", "data": cards})
        else:
            self._refuse(404, "Not Found")

    def do_POST(self) -> None:  # noqa: N802
        body = json.loads(self.read_body())
        self._record(body)
        if self.path != "/v1/chat/completions":
            self._refuse(404, "Not Found")
        elif self._key_is_wrong():
            self._refuse(401, "wrong key")
        elif body["model"] not in self.server.models:
            self._refuse(404, f"The model `{body['model']}` does not exist.")
        elif not all(is_image(url) for url in _image_urls(body)):
            self._refuse(400, "cannot identify image file")
        elif prompt_tokens(body) + body["max_tokens"] > self.server.context:
            self._refuse(400, f"This model's maximum context length is {self.server.context} tokens.")
        else:
            self._chat(body)

    def _chat(self, body: Any) -> None:
        server = self.server
        with server.lock:
            server.at_once += 1
            server.most_at_once = max(server.most_at_once, server.at_once)
        with server.slots:
            time.sleep(server.seconds)
        try:
            text = server.answer(body)
        except RuntimeError as error:
            self._refuse(500, str(error))
        else:
            self.send_json(200, completion_of(text, body))
        finally:
            with server.lock:
                server.at_once -= 1

    def _record(self, body: Any) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.requests.append(Recorded(path=self.path, headers=headers, body=body))

    def _key_is_wrong(self) -> bool:
        return self.server.key is not None and self.headers.get("Authorization") != f"Bearer {self.server.key}"

    def _refuse(self, status: int, message: str) -> None:
        self.send_json(status, {"error": {"message": message, "type": "BadRequestError", "code": status}})


def completion_of(text: str, body: Any) -> dict[str, Any]:
    """Return the chat completion that says `text`, cut where the request's `max_tokens` end it."""
    room = body["max_tokens"] * CHARS_PER_TOKEN
    return {
        "id": f"chatcmpl-{_seed(body) % 10**12:012d}",
        "object": "chat.completion",
        "created": 0,
        "model": body["model"],
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": text[:room]},
                "finish_reason": "length" if len(text) > room else "stop",
            }
        ],
        "usage": _usage(prompt_tokens(body), min(body["max_tokens"], len(text) // CHARS_PER_TOKEN + 1)),
    }


def answer_of(body: Any) -> str:
    """Return JSON text that satisfies the request's schema, or words where it has none."""
    chance = random.Random(_seed(body))
    form = body.get("response_format")
    if form is None:
        return " ".join(chance.choices(WORDS, k=8))
    schema = form["json_schema"]["schema"]
    return json.dumps(value_of(schema, chance=chance, defs=schema.get("$defs", {})))


def value_of(schema: Mapping[str, Any], *, chance: random.Random, defs: Mapping[str, Any]) -> Any:
    """Return a value that satisfies `schema`, of the part of JSON Schema that models of replies use."""
    if "$ref" in schema:
        return value_of(defs[schema["$ref"].rpartition("/")[2]], chance=chance, defs=defs)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return chance.choice(schema["enum"])
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return value_of(chance.choice(schema[several]), chance=chance, defs=defs)
    match schema["type"]:
        case "object":
            parts = schema.get("properties", {})
            return {name: value_of(part, chance=chance, defs=defs) for name, part in parts.items()}
        case "array":
            return _array(schema, chance=chance, defs=defs)
        case "string":
            return _string(schema, chance)
        case "integer":
            return chance.randint(*_range(schema, step=1))
        case "number":
            low, high = _range(schema, step=1e-4)
            return min(high, max(low, round(chance.uniform(low, high), 4)))
        case "boolean":
            return chance.random() < 0.5
        case "null":
            return None
        case other:
            raise ValueError(f"no value for a schema of type {other!r}")


def prompt_tokens(body: Any) -> int:
    """Return a rough count of the prompt's tokens: its characters by four, and 64 for an image."""
    text = "".join(part["text"] for part in _parts(body) if part["type"] == "text")
    return len(text) // CHARS_PER_TOKEN + TOKENS_PER_IMAGE * len(_image_urls(body))


def is_image(url: str) -> bool:
    """Say whether `url` is a data URL whose bytes begin and end as a JPEG, PNG, GIF or WebP file does."""
    head, _, payload = url.partition(";base64,")
    try:
        data = base64.b64decode(payload, validate=True)
    except binascii.Error:
        return False
    ends = ((b"\xff\xd8", b"\xff\xd9"), (b"\x89PNG", b"IEND\xaeB`\x82"), (b"GIF8", b";"), (b"RIFF", b""))
    return head.startswith("data:image/") and any(data.startswith(a) and data.endswith(b) for a, b in ends)


def _array(schema: Mapping[str, Any], *, chance: random.Random, defs: Mapping[str, Any]) -> list[Any]:
    fixed = [value_of(part, chance=chance, defs=defs) for part in schema.get("prefixItems", ())]
    if "items" not in schema:
        return fixed
    least, most = schema.get("minItems", 0), schema.get("maxItems", 4)
    count = chance.randint(least, max(least, min(most, 4))) - len(fixed)
    return fixed + [value_of(schema["items"], chance=chance, defs=defs) for _ in range(count)]


def _string(schema: Mapping[str, Any], chance: random.Random) -> str:
    least, most = schema.get("minLength", 0), schema.get("maxLength", 80)
    text = " ".join(chance.choices(WORDS, k=chance.randint(3, 12)))
    return text[:most].ljust(least, "x")


def _range(schema: Mapping[str, Any], *, step: Any) -> tuple[Any, Any]:
    low = schema["minimum"] if "minimum" in schema else schema.get("exclusiveMinimum", -1 - step) + step
    high = schema["maximum"] if "maximum" in schema else schema.get("exclusiveMaximum", 1000 + step) - step
    return low, high


def _parts(body: Any) -> list[Any]:
    contents = [message["content"] for message in body["messages"]]
    return [
        part
        for content in contents
        for part in ([{"type": "text", "text": content}] if isinstance(content, str) else content)
    ]


def _image_urls(body: Any) -> list[str]:
    return [part["image_url"]["url"] for part in _parts(body) if part["type"] == "image_url"]


def _usage(asked: int, told: int) -> dict[str, int]:
    return {"prompt_tokens": asked, "completion_tokens": told, "total_tokens": asked + told}


def _seed(body: Any) -> int:
    return int.from_bytes(hashlib.blake2b(json.dumps(body, sort_keys=True).encode(), digest_size=8).digest(), "big")
