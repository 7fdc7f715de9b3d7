"""Content keys: the same thing has the same key on every machine and in every run."""

import hashlib
import json
from typing import Any

DIGEST_BYTES = 16
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def canonical_json(value: Any) -> str:
    """Return `value` as JSON with sorted keys, no spaces and no escapes: equal values give equal text.

    >>> canonical_json({"b": 1, "a": ["ü", None]})
    '{"a":["ü",null],"b":1}'
    """
    return _ENCODER.encode(value)


def digest(value: Any) -> str:
    """Return 32 hex digits of blake2b-128 over the canonical JSON of `value`.

    >>> digest({"a": 1}) == digest({"a": 1})
    True
    """
    return hashlib.blake2b(canonical_json(value).encode("utf-8", "surrogatepass"), digest_size=DIGEST_BYTES).hexdigest()


def content_key(kind: str, *identity: Any) -> str:
    """Return the key `kind:digest` of the thing that `identity` makes what it is.

    >>> content_key("node", "disease", "MONDO:0005249")[:5]
    'node:'
    """
    return f"{kind}:{digest(list(identity))}"
