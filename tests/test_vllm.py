"""The model door against a real vLLM at MET_LLM_URL: its protocol is judged, not the words of random weights."""

from collections import Counter
from collections.abc import Iterator
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field
from servers.picture import png

from met.errors import BadSetting, ModelUnavailable
from met.llm.prompts import as_data
from met.llm.reading import parse_reply, schema_of
from met.llm.vllm import VllmEngine, open_vllm
from met.settings import load_settings
from met.types import Ask, Drop

pytestmark = pytest.mark.vllm
CONCURRENT = 64


class Finding(BaseModel):
    model_config = ConfigDict(extra="forbid")

    organ: Annotated[str, Field(max_length=12)]
    side: Literal["left", "right", "both", "none"]


class Look(BaseModel):
    """A value of every kind that a step may ask for."""

    model_config = ConfigDict(extra="forbid")

    modality: Literal["ct", "mr", "radiograph", "other"]
    medical: bool
    sure: Annotated[float, Field(ge=0, le=1)]
    count: Annotated[int, Field(ge=0, le=20)]
    findings: Annotated[tuple[Finding, ...], Field(max_length=2)]
    best: Finding | None


@pytest.fixture(scope="module")
def engine() -> Iterator[VllmEngine]:
    settings = load_settings().model_copy(update={"llm_concurrency": CONCURRENT})
    if not settings.llm_url:
        pytest.skip("MET_LLM_URL is not set")
    try:
        engine = open_vllm(settings)
    except ModelUnavailable as error:
        pytest.skip(str(error))
    yield engine
    engine.close()


def ask(
    number: int = 0, *, images: tuple[bytes, ...] = (), words: str = "CT of the chest.", max_tokens: int = 300
) -> Ask:
    return Ask(
        step="look",
        item=f"panel:{number}",
        subject=None,
        messages=(
            {"role": "system", "content": "Say what the image shows, as JSON."},
            {"role": "user", "content": as_data("caption", f"{number}. {words}")},
        ),
        images=images,
        schema=schema_of(Look),
        max_tokens=max_tokens,
        data_class="open",
    )


def test_an_image_and_a_schema_are_answered(engine: VllmEngine) -> None:
    (reply,) = engine.answer([ask(images=(png(112),))])
    assert reply.tokens_in > 16 and reply.tokens_out > 0 and reply.seconds > 0
    assert reply.model == engine.identity.model
    read = parse_reply(reply, Look)
    assert isinstance(read, Look) or read.detail["raw"]


def test_a_broken_image_is_refused(engine: VllmEngine) -> None:
    (reply,) = engine.answer([ask(images=(b"\xff\xd8\xff\xe0 no image",))])
    assert reply.refusal is not None and reply.refusal.startswith("bad_request: HTTP 400: ")
    assert (reply.text, reply.tokens_out) == ("", 0)


def test_too_many_tokens_are_refused(engine: VllmEngine) -> None:
    (reply,) = engine.answer([ask(words="word " * 200_000)])
    assert reply.refusal is not None and reply.refusal.startswith("bad_request: HTTP 400: ")


def test_a_reply_cut_off_is_refused_with_its_text(engine: VllmEngine) -> None:
    (reply,) = engine.answer([ask(max_tokens=3)])
    assert (reply.refusal, reply.tokens_out) == ("too_long", 3)
    assert reply.text


def test_a_wrong_model_is_one_line(engine: VllmEngine) -> None:
    with pytest.raises(BadSetting, match="is not served"):
        open_vllm(load_settings().model_copy(update={"llm_model": "no-such-model"}))


def test_every_reply_of_many_is_read_or_dropped(engine: VllmEngine) -> None:
    pictures = [png(56 + 28 * (number % 4), shade=number) for number in range(CONCURRENT)]
    asks = [ask(number, images=(picture,)) for number, picture in enumerate(pictures)]
    replies = {reply.item: parse_reply(reply, Look) for reply in engine.answer(asks)}
    assert replies.keys() == {f"panel:{number}" for number in range(CONCURRENT)}
    outcomes = Counter(read.reason if isinstance(read, Drop) else "read" for read in replies.values())
    print(dict(outcomes))  # noqa: T201  shown by pytest -s: what this server's grammar is worth
    assert outcomes["read"] > 0
