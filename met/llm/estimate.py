"""What asking a model will cost, from a sample of the requests, before any of them is sent."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from met.llm.prices import Prices
from met.llm.wire import request_of
from met.types import Ask, Box

# Characters of English and of JSON that a token of today's vocabularies holds, on the low side: estimates err upwards.
CHARACTERS: Final = 3.6
# The template of a chat adds about so many tokens to a request.
TEMPLATE: Final = 16
# Vision models take a patch of so many pixels a side for one token.
PATCH: Final = 28
# Share of the allowed reply that strict JSON fills, where nothing was measured.
FILLED: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What calls of a step took so far: means over `calls` of them."""

    calls: int
    tokens_in: float
    tokens_out: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """Requests of a step, their tokens and their price in USD; `at_most` is the price if every reply is as long as it
    may be. `by` says what the tokens rest on: calls that were made, or the sample. `model` is the one that is asked,
    None for whichever is served.
    """

    step: str
    model: str | None
    requests: int
    sample: int
    tokens_in: int
    tokens_out: int
    usd: Decimal
    at_most: Decimal
    by: str


def estimate(
    step: str,
    requests: int,
    sample: Sequence[tuple[Ask, Box | None]],
    *,
    image_side: int,
    prices: Prices,
    measured: Measured | None,
    model: str | None = None,
) -> Estimate:
    """Return what so many requests of a step will take, of which `sample` are some, each with the box of its image.

    Raises:
        ValueError: there are requests, and the sample is empty.
    """
    if requests and not sample:
        raise ValueError(f"{requests} requests of step {step} and no sample of them")
    count = max(len(sample), 1)
    sent = sum(tokens_of(ask, box, image_side=image_side) for ask, box in sample) / count
    longest = sum(ask.max_tokens for ask, _ in sample) / count
    told = FILLED * longest
    if measured is not None:
        sent, told = measured.tokens_in, measured.tokens_out
    tokens_in, tokens_out, most = (math.ceil(requests * tokens) for tokens in (sent, told, max(told, longest)))
    return Estimate(
        step=step,
        model=model,
        requests=requests,
        sample=len(sample),
        tokens_in=tokens_in,
        tokens_out=tokens_out,
        usd=prices.usd(tokens_in, tokens_out),
        at_most=prices.usd(tokens_in, most),
        by="calls" if measured is not None else "sample",
    )


def tokens_of(ask: Ask, box: Box | None, *, image_side: int) -> int:
    """Return about how many tokens a request has: its text, the schema left out, and its image of that box.

    >>> image_tokens((0, 0, 896, 448), side=448)
    128
    """
    text = _characters(request_of(ask, model="")["messages"])
    return TEMPLATE + math.ceil(text / CHARACTERS) + (image_tokens(box, side=image_side) if box else 0)


def image_tokens(box: Box, *, side: int) -> int:
    """Return the tokens of an image whose longer side is shrunk to `side` pixels."""
    width, height = box[2] - box[0], box[3] - box[1]
    scale = min(1.0, side / max(width, height))
    return math.ceil(width * scale / PATCH) * math.ceil(height * scale / PATCH)


def _characters(messages: Sequence[Mapping[str, Any]]) -> int:
    return sum(len(message["content"]) for message in messages)
