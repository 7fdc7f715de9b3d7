"""Replies read into pydantic models, and the bounded JSON schemas that the replies were asked to follow."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from met.types import Drop, Reply

M = TypeVar("M", bound=BaseModel)

ANY_JSON: TypeAdapter[Any] = TypeAdapter(Any)

RAW_CHARS = 4_000
"""So much of a reply that cannot be used is kept in its Drop."""

# A string with these is noise of the model, and Postgres stores neither NUL nor lone surrogates.
UNSTORABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")

WORDS = frozenset({"title", "description", "default", "examples", "discriminator", "$defs"})
IGNORED = frozenset(
    {"pattern", "format", "multipleOf", "uniqueItems", "contains", "patternProperties", "propertyNames", "$ref"}
)


def parse_reply(reply: Reply, model: type[M]) -> M | Drop:
    """Return the reply as `model`, or a Drop of the reply's item that keeps the raw text.

    Reasons: `refused` (the engine or the door gave no usable text), `unparseable` (no JSON: cut off, raw control
        characters, words
    around it), `invalid` (JSON of another shape, or with control characters in a string).
    """
    if reply.refusal is not None:
        return _drop(reply, "refused", reply.refusal)
    data = reply.text.encode("utf-8", "surrogatepass")
    try:
        value = ANY_JSON.validate_json(data)
    except ValidationError as error:
        return _drop(reply, "unparseable", _first_errors(error))
    if any(UNSTORABLE.search(string) for string in _strings(value)):
        return _drop(reply, "invalid", "a string holds a control character")
    try:
        return model.model_validate_json(data)
    except ValidationError as error:
        return _drop(reply, "invalid", _first_errors(error))


def schema_of(model: type[BaseModel]) -> dict[str, Any]:
    """Return the JSON schema of `model` as a bounded grammar: every field required, no others, references inlined.

    Raises:
        ValueError: a part is unbounded, contains itself, or cannot be told to vLLM's xgrammar; the message names its
            path.
    """
    whole = model.model_json_schema()
    schema = _inlined(whole, defs=whole.get("$defs", {}), inside=())
    check_bounded(schema)
    return schema


def check_bounded(schema: Mapping[str, Any]) -> None:
    """Pass a schema whose every reply ends: each part has limits that vLLM's xgrammar keeps.

    Strings need `maxLength` or `enum` (a `pattern` or `format` beside it would switch it off), numbers a minimum and a
    maximum (the count of digits has no other end), arrays `maxItems`, objects `additionalProperties: false`.

    Raises:
        ValueError: names the first path that is not so, such as `$.findings[].name`.
    """
    for path, problem in _problems(schema, "$"):
        raise ValueError(f"{path}: {problem}")


def _problems(node: Mapping[str, Any], path: str) -> Iterator[tuple[str, str]]:
    ignored = sorted(IGNORED & node.keys())
    if ignored:
        yield path, f"{ignored[0]} is not kept by the grammar of the server"
    if "enum" in node or "const" in node:
        return
    if "anyOf" in node:
        for number, choice in enumerate(node["anyOf"]):
            yield from _problems(choice, f"{path}|{number}")
        return
    kinds = node.get("type", ())
    for kind in (kinds,) if isinstance(kinds, str) else kinds:
        yield from _problems_of_kind(kind, node, path)
    if not kinds:
        yield path, "has no type"


def _problems_of_kind(kind: str, node: Mapping[str, Any], path: str) -> Iterator[tuple[str, str]]:
    if kind == "string" and "maxLength" not in node:
        yield path, "a string without maxLength or enum"
    elif kind in ("integer", "number") and not (
        {"minimum", "exclusiveMinimum"} & node.keys() and {"maximum", "exclusiveMaximum"} & node.keys()
    ):
        yield path, "a number without minimum and maximum"
    elif kind == "array":
        if "maxItems" not in node or not ("items" in node or "prefixItems" in node):
            yield path, "an array without items and maxItems"
        for item in (*node.get("prefixItems", ()), *([node["items"]] if "items" in node else [])):
            yield from _problems(item, f"{path}[]")
    elif kind == "object":
        if node.get("additionalProperties") is not False:
            yield path, "an object without additionalProperties: false"
        for name, part in node.get("properties", {}).items():
            yield from _problems(part, f"{path}.{name}")


def _inlined(node: Mapping[str, Any], *, defs: Mapping[str, Any], inside: tuple[str, ...]) -> dict[str, Any]:
    if "$ref" in node:
        name = node["$ref"].rpartition("/")[2]
        if name in inside:
            raise ValueError(f"{name} contains itself, so its replies have no bound")
        return _inlined(defs[name], defs=defs, inside=(*inside, name))
    schema: dict[str, Any] = {}
    for key, value in node.items():
        if key == "properties":
            schema[key] = {name: _inlined(part, defs=defs, inside=inside) for name, part in value.items()}
        elif key in ("anyOf", "oneOf"):
            schema["anyOf"] = [_inlined(part, defs=defs, inside=inside) for part in value]
        elif key == "prefixItems":
            schema[key] = [_inlined(part, defs=defs, inside=inside) for part in value]
        elif key == "items":
            schema[key] = _inlined(value, defs=defs, inside=inside)
        elif key not in WORDS:
            schema[key] = value
    if "properties" in schema:
        schema |= {"additionalProperties": False, "required": list(schema["properties"])}
    return schema


def _drop(reply: Reply, reason: str, error: str) -> Drop:
    detail = {
        "step": reply.step,
        "error": _storable(error[:RAW_CHARS]),
        "raw": _storable(reply.text[:RAW_CHARS]),
        "characters": len(reply.text),
    }
    return Drop(item=reply.item, reason=reason, detail=detail)


def _storable(text: str) -> str:
    return UNSTORABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _first_errors(error: ValidationError) -> str:
    errors = error.errors(include_url=False, include_input=False)
    return "; ".join(f"{'.'.join(str(part) for part in one['loc']) or '$'}: {one['msg']}" for one in errors[:5])


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for part in value:
            yield from _strings(part)
    elif isinstance(value, dict):
        for name, part in value.items():
            yield name
            yield from _strings(part)
