"""Stage 2 with models: one blind look an image, a second family that confirms, and data that stay where they may."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dossiers import HEIGHT, WIDTH, anchored, dossier
from servers.model_server import ModelServer, prompt_tokens

from met.errors import BadSetting, BudgetSpent
from met.pixels import encode_png
from met.stages import ALIGN
from met.types import Dossier, Made, Verdict
from tasks import doors
from tasks.align import judgements
from tasks.budget import spending
from tasks.work import Order

LOOK = {"modality": "ct", "could_be": [], "organ": "chest", "view": "axial", "findings": [], "score": 0.9}
YES = {"claims": [], "matches_caption": "yes", "matches_node": "yes", "reason": "seen", "score": 0.9}
NO = {**YES, "claims": [{"claim": "left lung", "verdict": "contradicted"}], "matches_caption": "no"}
JUDGED = "Description of the image alone"
TEXTS = ("CT shows tuberculosis of the left lung.", "CT shows pneumonia of the right lung.", "CT of the heart.")


def content(body: Any) -> str:
    return str(body["messages"][0]["content"][0]["text"])


def saying(judgement: dict[str, Any]) -> Callable[[Any], str]:
    return lambda body: json.dumps(judgement if JUDGED in content(body) else LOOK)


@pytest.fixture
def open_doors(
    database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Callable[..., tuple[ModelServer, ModelServer]]]:
    """Opens the doors of this process on two servers of two families, the second as the verifier where it is asked."""
    caches = (doors.settings, doors.store, doors.engine, doors.purse, doors.verifier, doors.blobs)
    with ExitStack() as stack:
        first = stack.enter_context(ModelServer(models=("qwen-tiny",), answer=saying(YES), context=20_000))
        second = stack.enter_context(ModelServer(models=("internvl-tiny",), answer=saying(YES), context=20_000))

        def opened(verifier: str | None = None, **settings: str) -> tuple[ModelServer, ModelServer]:
            given = {
                "DATABASE_URL": database_url,
                "MET_HOME": str(tmp_path),
                "MET_LLM_URL": f"{first.url}/v1",
                **settings,
            }
            if verifier is not None:
                given["MET_VERIFIER_URL"] = f"{second.url.replace('127.0.0.1', verifier)}/v1"
            for name, value in given.items():
                monkeypatch.setenv(name, value)
            for cache in caches:
                cache.cache_clear()
            return first, second

        yield opened
        for engine in (doors.engine("vllm"), doors.verifier() if second.models != first.models else None):
            if engine is not None:
                engine.close()
        doors.store().close()
    for cache in caches:
        cache.cache_clear()


def panels(*texts: str, seed: int = 0) -> list[Dossier]:
    """Return panels of one image each, unless they share a seed."""
    pixels = np.random.default_rng(seed).integers(0, 256, (HEIGHT, WIDTH, 3)).astype(np.uint8)
    image = doors.blobs().put(encode_png(pixels))
    return [anchored(dossier(text, image=image)) for text in texts]


def judged(dossiers: list[Dossier], run: str | None = None) -> dict[str, Made]:
    started = run or doors.store().start_run("build", {})
    return {made.item: made for made in judgements(dossiers, Order(build="build:a", run=started, engine="vllm"))}


def verdicts(made: dict[str, Made]) -> list[Verdict]:
    return [one.rows[0] for _, one in sorted(made.items())]


def test_an_image_is_looked_at_once_and_blind(open_doors: Any) -> None:
    first, _ = open_doors()
    made = judged(panels(*TEXTS))
    assert [(one.keep, one.model) for one in verdicts(made)] == [(True, "qwen-tiny")] * 3
    assert verdicts(made)[0].signals["look"]["organ"] == "chest"
    looks = [content(body) for body in first.chats if JUDGED not in content(body)]
    assert len(looks) == 1 and len(first.chats) == 4
    assert not any(word in looks[0] for word in ("tuberculosis", "left lung", "pneumonia", "heart", "A report"))
    judged(panels("CT shows consolidation of the lung."))
    assert len(first.chats) == 5, "other words do not make it look again"
    judged(panels(*TEXTS[:1], seed=1))
    assert len(first.chats) == 7


def test_what_was_seen_reaches_the_judge(open_doors: Any) -> None:
    first, _ = open_doors()
    first.answer = lambda body: json.dumps(YES if JUDGED in content(body) else {**LOOK, "modality": "ultrasound"})
    (made,) = judged(panels(TEXTS[0])).values()
    assert (made.kept, made.rows[0].reason) == (False, "modality_disagrees")
    assert '"modality":"ultrasound"' in content(first.chats[-1])


def test_a_look_that_cannot_be_read_is_a_drop(open_doors: Any) -> None:
    first, _ = open_doors()
    first.answer = lambda body: json.dumps(YES) if JUDGED in content(body) else "I see a lung."
    (made,) = judged(panels(TEXTS[0])).values()
    assert (made.kept, made.rows, made.drops[0].reason) == (False, (), "unparseable")
    assert len(first.chats) == 1


def test_a_pair_is_kept_where_both_families_keep(open_doors: Any) -> None:
    first, second = open_doors(verifier="127.0.0.1")
    second.answer = lambda body: json.dumps(
        LOOK if JUDGED not in content(body) else NO if "tuberculosis" in content(body) else YES
    )
    made = judged(panels(*TEXTS))
    said = {one.reason: one for one in verdicts(made)}
    assert sorted(one.keep for one in verdicts(made)) == [False, True, True]
    refused = said["verifier_caption_disagrees"]
    assert (refused.model, refused.signals["verifier"]["model"]) == ("qwen-tiny", "internvl-tiny")
    assert refused.signals["verifier"]["signals"]["claims"] == NO["claims"]
    assert said["agrees"].signals["verifier"]["keep"]
    chats = len(first.chats), len(second.chats)
    assert chats == (4, 4)
    judged(panels(*TEXTS))
    assert (len(first.chats), len(second.chats)) == chats, "both are remembered"
    assert doors.version(ALIGN, "vllm").count("-") == 3


def test_the_second_family_is_not_asked_about_what_the_first_drops(open_doors: Any) -> None:
    first, second = open_doors(verifier="127.0.0.1")
    first.answer = saying(NO)
    assert not any(one.keep for one in verdicts(judged(panels(*TEXTS))))
    assert second.chats == []


@pytest.mark.parametrize("data_class", ["restricted", "phi"])
def test_restricted_data_never_go_to_a_remote_verifier(open_doors: Any, data_class: Any) -> None:
    # The address of all interfaces is this machine, and no loopback address: the door takes it for a remote one.
    _, second = open_doors(verifier="0.0.0.0")
    kept, closed = panels(*TEXTS[:2])
    closed = replace(closed, article=replace(closed.article, data_class=data_class))
    made = judged([kept, closed])
    assert made[kept.panel.key].rows[0].keep
    assert made[closed.panel.key].rows[0].reason == "verifier_refused"
    asked = [content(body) for body in second.chats if JUDGED in content(body)]
    assert len(asked) == 1 and "tuberculosis" in asked[0]


def test_restricted_data_never_go_to_a_remote_engine(open_doors: Any) -> None:
    first, _ = open_doors()
    open_doors(MET_LLM_URL=f"{first.url.replace('127.0.0.1', '0.0.0.0')}/v1")
    (closed,) = panels(TEXTS[0])
    made = judged([replace(closed, article=replace(closed.article, data_class="restricted"))])
    assert made[closed.panel.key].drops[0].reason == "refused"
    assert first.chats == []


def test_a_verifier_of_the_same_family_is_refused(open_doors: Any) -> None:
    _, second = open_doors(verifier="127.0.0.1")
    second.models = ("qwen-tiny",)
    with pytest.raises(BadSetting, match="MET_VERIFIER_MODEL"):
        doors.verifier()


def test_a_verifier_that_is_not_served_is_named(open_doors: Any) -> None:
    open_doors(verifier="127.0.0.1", MET_VERIFIER_MODEL="other")
    with pytest.raises(BadSetting, match=r"MET_VERIFIER_MODEL.*'other' is not served"):
        doors.verifier()
    open_doors(verifier="127.0.0.1", MET_VERIFIER_MODEL="internvl-tiny")


@pytest.mark.parametrize("verifier", [None, "127.0.0.1"])
def test_without_money_what_was_asked_is_kept(open_doors: Any, verifier: str | None) -> None:
    open_doors(verifier, MET_PRICE_IN="1000", MET_PRICE_OUT="1000", MET_LLM_CONCURRENCY="1")
    dossiers = [one for seed in range(6) for one in panels(f"CT of the heart, number {seed}.", seed=seed)]
    run = doors.store().start_run("build", {})
    made: list[Made] = []
    order = Order(build="build:a", run=run, engine="vllm")
    with spending(3.0, run), pytest.raises(BudgetSpent, match="items of stage align wait"):
        for one in judgements(dossiers, order):
            made.append(one)  # noqa: PERF402 - what stops must not lose what came before.
    assert len(made) < 6
    doors.purse.cache_clear()
    assert len(judged(dossiers, run)) == 6


# ---------------------------------------------------------------- two families, two prices


def spent_on(model: str) -> tuple[int, Decimal]:
    """Return the tokens that a model has taken so far, and what they cost."""
    rows = [row for row in doors.store().query("spent") if row.model == model]
    return sum(row.tokens_in + row.tokens_out for row in rows), sum((row.usd for row in rows), Decimal(0))


def test_each_family_costs_what_it_costs(open_doors: Any) -> None:
    free = {"MET_PRICE_IN": "0", "MET_PRICE_OUT": "0"}
    open_doors("127.0.0.1", **free, MET_VERIFIER_PRICE_IN="700", MET_VERIFIER_PRICE_OUT="700")
    assert all(one.keep for one in verdicts(judged(panels(*TEXTS))))
    (first, nothing), (second, usd) = spent_on("qwen-tiny"), spent_on("internvl-tiny")
    assert first > 0 and nothing == 0
    assert second > 0 and usd == second * Decimal(700) / 10**6


def test_a_family_without_prices_costs_what_the_first_does(open_doors: Any) -> None:
    open_doors("127.0.0.1", MET_PRICE_IN="300", MET_PRICE_OUT="300")
    judged(panels(*TEXTS))
    for model in ("qwen-tiny", "internvl-tiny"):
        tokens, usd = spent_on(model)
        assert tokens > 0 and usd == tokens * Decimal(300) / 10**6


def test_what_the_second_family_costs_is_bounded_by_the_budget(open_doors: Any) -> None:
    free = {"MET_PRICE_IN": "0", "MET_PRICE_OUT": "0", "MET_LLM_CONCURRENCY": "1"}
    first, second = open_doors("127.0.0.1", **free, MET_VERIFIER_PRICE_IN="1000", MET_VERIFIER_PRICE_OUT="1000")
    dossiers = [one for seed in range(6) for one in panels(f"CT of the heart, number {seed}.", seed=seed)]
    run = doors.store().start_run("build", {})
    with spending(1.5, run), pytest.raises(BudgetSpent, match="items of stage align wait"):
        judged(dossiers, run)
    _, usd = spent_on("internvl-tiny")
    dearest = max(prompt_tokens(body) + body["max_tokens"] for body in second.chats) * Decimal(1000) / 10**6
    assert Decimal("1.5") <= usd <= Decimal("1.5") + dearest
    asked = len(first.chats)
    assert len(judged(dossiers, run)) == 6
    assert len(first.chats) == asked == 12, "what the first family said is not asked again"
    assert len(second.chats) == 12
