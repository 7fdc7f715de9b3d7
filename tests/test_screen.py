"""Stage 1 of the filter: which signal refuses what, in which order, and what the verdict keeps."""

from collections.abc import Callable
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from met.align.screen import LIMITS, best_anchor, screen
from met.align.sight import SeenPixels, seen_pixels
from met.align.thresholds import Thresholds, as_toml, load_thresholds, shipped
from met.embed.pairs import open_pair_encoder
from met.errors import BadInput
from met.settings import Settings
from met.types import Anchor, Article, Dossier, Figure, Image, Mention, Modality, Node, Panel, PlacedNode

CAPTION = "Axial CT shows ground-glass opacities in both lower lobes."


def anchor(key: str = "anchor:1", **changes: Any) -> Anchor:
    facts: dict[str, Any] = {
        "key": key,
        "panel": "panel:1",
        "node": f"node:{key[-1]}",
        "role": "depicted",
        "polarity": "affirmed",
        "certainty": "certain",
        "score": 0.8,
        "method": "dictionary",
        "field": "subcaption",
        "surface": "ground-glass opacities",
        "start_char": 15,
        "end_char": 37,
    }
    return Anchor(**(facts | changes))


def placed(key: str) -> PlacedNode:
    node = Node(
        key=key,
        digest="d",
        facet="symptom",
        curie=None,
        name=key,
        synonyms=(),
        definition=None,
        xrefs=(),
        provenance={},
        licence="CC0-1.0",
        text_digest="t",
    )
    return PlacedNode(node=node, path=(), siblings=())


def good() -> Dossier:
    """A dossier that passes every signal."""
    return Dossier(
        panel=Panel(
            key="panel:1",
            figure="figure:1",
            image="aa",
            box=(0, 0, 300, 200),
            phash=0,
            position=0,
            letter=None,
            spans=((0, len(CAPTION)),),
            method="whole_figure",
            confidence=1.0,
            digest="d",
        ),
        figure=Figure(
            key="figure:1",
            article="article:1",
            position=0,
            digest="d",
            xml_id="f1",
            label="Fig. 1",
            title=None,
            caption=CAPTION,
            graphic="f1.jpg",
            image="aa",
            licence="CC-BY-4.0",
            licence_url=None,
            credit=None,
        ),
        article=Article(
            key="article:1",
            repository="pmc",
            id="PMC1",
            edition="1",
            digest="d",
            title="A case",
            journal=None,
            year=None,
            doi=None,
            pmcid=None,
            article_type=None,
            licence="CC-BY-4.0",
            licence_url=None,
            copyright=None,
            retracted=False,
            abstract=None,
            keywords=(),
            data_class="open",
            path="a.nxml",
        ),
        image=Image(sha256="aa", media_type="image/jpeg", bytes=1, width=300, height=200, mode="RGB", phash=0),
        mentions=(),
        modality=Modality(
            key="modality:1", panel="panel:1", label="ct", probability=0.9, medical=0.97, method="appearance"
        ),
        anchors=(anchor(),),
        nodes={f"node:{number}": placed(f"node:{number}") for number in range(1, 4)},
    )


def with_box(dossier: Dossier, box: tuple[int, int, int, int]) -> Dossier:
    return replace(dossier, panel=replace(dossier.panel, box=box))


def with_caption(dossier: Dossier, caption: str) -> Dossier:
    return replace(
        dossier,
        figure=replace(dossier.figure, caption=caption),
        panel=replace(dossier.panel, spans=((0, len(caption)),)),
    )


def with_medical(dossier: Dossier, medical: float) -> Dossier:
    assert dossier.modality
    return replace(dossier, modality=replace(dossier.modality, medical=medical))


FAULTS: dict[str, Callable[[Dossier], Dossier]] = {
    "too_small": lambda dossier: with_box(dossier, (10, 10, 200, 73)),
    "short_text": lambda dossier: with_caption(dossier, "Figure 1."),
    "not_medical": lambda dossier: with_medical(dossier, 0.4999),
    "duplicate": lambda dossier: replace(dossier, keeper="panel:0"),
    "no_anchor": lambda dossier: replace(dossier, anchors=()),
}


def test_a_good_panel_is_kept_with_its_node_and_every_signal() -> None:
    verdict = screen(good())
    assert (verdict.keep, verdict.reason, verdict.node) == (True, "kept", "node:1")
    assert (verdict.stage, verdict.engine, verdict.model) == ("screen", "rules", "none")
    assert list(verdict.signals) == ["privacy", "licence", "size", "text", "medical", "kind", "duplicate", "anchor"]
    assert all(signal["passed"] for signal in verdict.signals.values())
    assert verdict == screen(good())


@pytest.mark.parametrize("reason", FAULTS)
def test_each_fault_alone_is_the_reason(reason: str) -> None:
    verdict = screen(FAULTS[reason](good()))
    assert (verdict.keep, verdict.reason) == (False, reason)


def test_the_cheapest_fault_is_the_reason_and_the_others_are_stored() -> None:
    dossier = good()
    order = list(FAULTS)
    for reason in reversed(order):
        dossier = FAULTS[reason](dossier)
        assert screen(dossier).reason == reason
    signals = screen(dossier).signals
    assert [signal["reason"] for signal in signals.values() if not signal["passed"]] == order


def test_a_duplicate_names_its_keeper() -> None:
    assert screen(FAULTS["duplicate"](good())).signals["duplicate"]["keeper"] == "panel:0"


def test_what_equals_a_threshold_passes() -> None:
    dossier = with_medical(with_box(good(), (0, 0, shipped().min_side, 500)), shipped().min_medical)
    assert screen(replace(dossier, anchors=(anchor(score=shipped().min_anchor),))).keep
    assert screen(dossier, replace(shipped(), min_side=shipped().min_side + 1)).reason == "too_small"


GOOD_SIGHT = SeenPixels(filled=0.8, sharpness=0.3)


@pytest.mark.parametrize(
    ("seen", "reason"),
    [
        (GOOD_SIGHT, "kept"),
        (replace(GOOD_SIGHT, filled=0.01, sharpness=0.01), "empty_image"),
        (replace(GOOD_SIGHT, sharpness=0.01), "blurred"),
        (replace(GOOD_SIGHT, similarity=0.2), "kept"),
    ],
)
def test_pixels_are_judged_last(seen: SeenPixels, reason: str) -> None:
    verdict = screen(good(), sight=lambda: seen)
    assert verdict.reason == reason
    dear = ["filled", "sharpness", *([] if seen.similarity is None else ["similarity"])]
    assert list(verdict.signals)[-len(dear) :] == dear


def test_pixels_are_not_looked_at_where_a_free_signal_fails() -> None:
    asked: list[int] = []

    def sight() -> SeenPixels:
        asked.append(1)
        return GOOD_SIGHT

    assert "filled" not in screen(FAULTS["too_small"](good()), sight=sight).signals
    assert asked == []
    assert screen(good(), sight=sight).keep and asked == [1]


def test_an_image_unlike_its_text_is_dropped_once_a_threshold_asks_for_it() -> None:
    asks = replace(shipped(), min_similarity=0.25)
    assert screen(good(), asks, sight=lambda: replace(GOOD_SIGHT, similarity=0.2)).reason == "dissimilar"
    assert screen(good(), asks, sight=lambda: replace(GOOD_SIGHT, similarity=0.3)).keep
    assert screen(good(), asks, sight=lambda: GOOD_SIGHT).keep, "no encoder is set"


def test_sharpness_falls_with_blur_and_an_empty_image_is_empty() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (400, 600, 3)).astype(np.uint8)
    blurred = noise.reshape(40, 10, 60, 10, 3).mean(axis=(1, 3)).astype(np.uint8).repeat(10, axis=0).repeat(10, axis=1)
    assert seen_pixels(blurred).sharpness < seen_pixels(noise).sharpness
    white = np.full((300, 300, 3), 255, dtype=np.uint8)
    assert seen_pixels(white) == SeenPixels(filled=0.0, sharpness=0.0)
    assert seen_pixels(white[:1, :1]) == SeenPixels(filled=0.0, sharpness=0.0)
    white[100:200, 100:250] = 0
    assert seen_pixels(white).filled == pytest.approx(15_000 / 90_000, abs=1e-4)
    assert seen_pixels(np.kron(noise, np.ones((4, 4, 1), dtype=np.uint8))).filled > 0.9


@pytest.mark.parametrize(
    ("label", "probability", "reason"),
    [
        ("light_microscopy", 0.95, "modality_disagrees"),
        ("light_microscopy", 0.85, "kept"),
        ("radiograph", 0.99, "kept"),
        ("illustration", 0.99, "kept"),
    ],
)
def test_sure_pixels_contradict_the_kind_that_a_text_names(label: str, probability: float, reason: str) -> None:
    one = good()
    assert one.modality
    pixels = {"label": label, "probability": probability, "medical": 0.9}
    assert screen(replace(one, modality=replace(one.modality, signals={"pixels": pixels}))).reason == reason


# ---------------------------------------------------------------- the settings table


def test_the_table_gives_every_threshold_and_every_threshold_is_used() -> None:
    names = {field.name for field in fields(Thresholds)}
    assert set(asdict(shipped())) == names == set(LIMITS)


def test_a_file_overrides_what_it_names(tmp_path: Path) -> None:
    path = tmp_path / "screen.toml"
    path.write_text("min_side = 128\nmin_medical = 1\n")
    assert load_thresholds(path) == replace(shipped(), min_side=128, min_medical=1.0)
    path.write_text(as_toml(load_thresholds(path), said="fitted\nto something"))
    assert load_thresholds(path) == replace(shipped(), min_side=128, min_medical=1.0)
    assert load_thresholds(None) == shipped()


@pytest.mark.parametrize(
    "text", ["min_height = 3", "min_side = 1.5", "min_medical = true", 'min_side = "96"', "=", "[a]"]
)
def test_a_file_that_is_no_table_is_one_clear_line(text: str, tmp_path: Path) -> None:
    path = tmp_path / "screen.toml"
    path.write_text(text)
    with pytest.raises(BadInput, match=r"thresholds .*screen\.toml"):
        load_thresholds(path)
    with pytest.raises(BadInput, match="No such file"):
        load_thresholds(tmp_path / "none.toml")


def test_the_home_may_hold_the_table(tmp_path: Path) -> None:
    assert Settings(home=tmp_path).screen_file is None
    (tmp_path / "screen.toml").write_text("min_side = 128")
    assert Settings(home=tmp_path).screen_file == tmp_path / "screen.toml"
    assert Settings(home=tmp_path, screen=tmp_path / "other.toml").screen_file == tmp_path / "other.toml"


# ---------------------------------------------------------------- a network that compares images with texts


def tiny_pair(folder: Path) -> Path:
    """Both sides of CLIP with random weights, and a tokenizer of eight words."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import CLIPConfig, CLIPModel, PreTrainedTokenizerFast

    torch.manual_seed(0)
    small = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    words = ["[PAD]", "[UNK]", "ct", "lung", "skin", "rash", "of", "the"]
    read = {**small, "vocab_size": len(words), "max_position_embeddings": 8, "eos_token_id": 7}
    seen = {**small, "image_size": 32, "patch_size": 8}
    CLIPModel(CLIPConfig(text_config=read, vision_config=seen, projection_dim=12)).save_pretrained(folder)
    plain = Tokenizer(models.WordLevel({word: place for place, word in enumerate(words)}, unk_token="[UNK]"))
    plain.pre_tokenizer = pre_tokenizers.Whitespace()
    made: Any = PreTrainedTokenizerFast
    made(tokenizer_object=plain, pad_token="[PAD]", unk_token="[UNK]").save_pretrained(folder)
    return folder


def test_image_and_text_are_compared_where_an_encoder_is_set(tmp_path: Path) -> None:
    assert open_pair_encoder(None) is None
    encoder = open_pair_encoder(tiny_pair(tmp_path / "pair"))
    assert encoder is not None and encoder.name.startswith("pair@")
    noise = np.random.default_rng(1).integers(0, 256, (40, 60, 3)).astype(np.uint8)
    cosines = [encoder.similarity(noise, text) for text in ("ct lung the", "skin rash the", "ct lung the", "ct " * 99)]
    assert cosines[0] == cosines[2] != cosines[1]
    assert all(-1 <= cosine <= 1 for cosine in cosines)


def test_a_folder_that_compares_nothing_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"MET_PAIR_ENCODER.*no folder"):
        open_pair_encoder(tmp_path)
    folder = tiny_pair(tmp_path / "pair")
    (folder / "tokenizer.json").unlink()
    (folder / "tokenizer_config.json").unlink()
    with pytest.raises(BadInput, match=r"MET_PAIR_ENCODER.*no tokenizer"):
        open_pair_encoder(folder)


def test_a_panel_without_a_modality_is_not_taken_for_medical() -> None:
    assert screen(replace(good(), modality=None)).reason == "not_medical"


def test_a_mention_can_say_what_a_short_caption_does_not() -> None:
    mention = Mention(
        key="mention:1", figure="figure:1", position=0, text=f"{CAPTION} (Fig. 1)", start_char=0, end_char=6,
        panel_letters=(),
    )  # fmt: skip
    assert screen(replace(with_caption(good(), "Chest CT."), mentions=(mention,))).keep
    assert screen(with_caption(good(), "Chest CT.")).reason == "short_text"


def test_a_short_text_that_names_what_is_shown_is_enough() -> None:
    axial = with_caption(good(), "Axial CT.")
    named = anchor(surface="CT", start_char=6, end_char=8)
    assert screen(replace(axial, anchors=(named,))).keep
    assert screen(replace(axial, anchors=(named,))).signals["text"]["named"] == "anchor:1"
    for weaker in ({"score": 0.49}, {"certainty": "hedged"}, {"role": "mentioned"}, {"field": "title"}):
        assert screen(replace(axial, anchors=(replace(named, **weaker),))).reason == "short_text"


def test_only_what_can_be_checked_in_the_image_counts_as_text() -> None:
    caption = "CT scan. Reproduced with permission of the hospital."
    marks = ({"start_char": 0, "end_char": 8, "why_not": None}, {"start_char": 9, "end_char": 52, "why_not": "credit"})
    dossier = replace(with_caption(good(), caption), anchors=(anchor(field="title"),))
    assert screen(dossier).keep, "nobody has marked its sentences"
    marked = replace(dossier, panel=replace(dossier.panel, sentences=marks))
    assert marked.checkable == "CT scan."
    assert screen(marked).reason == "short_text"


def test_numbers_and_signs_are_no_words() -> None:
    assert screen(with_caption(good(), "1. 2. 3. 4. 5. 6. 7. 8. 9. = + / -")).reason == "short_text"


def test_unknown_licences_are_kept_and_flagged() -> None:
    dossier = good()
    verdict = screen(replace(dossier, figure=replace(dossier.figure, licence="unknown")))
    assert verdict.keep
    assert verdict.signals["licence"]["unknown"] is True
    assert screen(dossier).signals["licence"]["unknown"] is False


def test_depicted_goes_before_a_stronger_anchor_of_another_role_and_negated_ones_never_speak() -> None:
    depicted, diagnosis = anchor("anchor:1", score=0.5), anchor("anchor:2", role="diagnosis", score=0.9)
    negated = anchor("anchor:3", polarity="negated", score=0.99)
    assert best_anchor(replace(good(), anchors=(negated, diagnosis, depicted))) == depicted
    assert best_anchor(replace(good(), anchors=(negated, diagnosis))) == diagnosis
    assert screen(replace(good(), anchors=(negated,))).reason == "no_anchor"


def test_a_weak_anchor_is_none_unless_another_is_strong() -> None:
    weak, strong = anchor("anchor:1", score=0.2999), anchor("anchor:2", role="mentioned", score=0.6)
    assert screen(replace(good(), anchors=(weak,))).reason == "no_anchor"
    verdict = screen(replace(good(), anchors=(strong, weak)))
    assert (verdict.keep, verdict.node) == (True, "node:1")


def test_equal_anchors_are_told_apart_by_key_not_by_place() -> None:
    first, second = anchor("anchor:1"), anchor("anchor:2")
    assert best_anchor(replace(good(), anchors=(second, first))) == first
    assert best_anchor(replace(good(), anchors=(first, second))) == first
