"""What kind of image a panel is: by its pixels, by the words of its caption, and by both."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from met.embed.images import open_image_encoder
from met.errors import BadInput
from met.evaluate.modality import from_articles_alone, measures, score_modality, scored_classes
from met.evaluate.modality_fit import fit, held_out, settle
from met.evaluate.modality_gold import LabelledImage, read_gold
from met.harvest.modality import (
    UNSETTLED,
    ModalityModel,
    Settled,
    check_encoder,
    combine,
    decide,
    features_of,
    load_model,
    medical_share,
    modality_of,
    modality_told,
    words_for,
)
from met.harvest.modality.appearance import appearance
from met.harvest.modality.cues import cues_in
from met.harvest.modality.taxonomy import GOLD, GROUP_OF, KINDS, NOT_MEDICAL
from met.pixels import decode_rgb
from met.types import Panel

PANEL = Panel(
    key="panel:1", figure="figure:1", image="aa", box=(0, 0, 1, 1), phash=0, position=0, letter=None, spans=(),
    method="whole", confidence=1.0, digest="d",
)  # fmt: skip


@pytest.fixture(scope="session")
def model() -> ModalityModel:
    return load_model()


def bar_chart(height: int = 400, width: int = 600) -> NDArray[np.uint8]:
    """A bar chart on white: two axes, eight bars of three flat colours, ticks."""
    chart = np.full((height, width, 3), 255, dtype=np.uint8)
    chart[20 : height - 40, 58:60] = 0
    chart[height - 42 : height - 40, 60 : width - 20] = 0
    for at, colour in enumerate([(31, 119, 180), (255, 127, 14), (44, 160, 44)] * 3):
        left, top = 75 + at * 55, 60 + (at * 83) % 220
        chart[top : height - 42, left : left + 35] = colour
        chart[height - 38 : height - 32, left + 15 : left + 17] = 0
    return chart


def forest_plot(height: int = 360, width: int = 640) -> NDArray[np.uint8]:
    """Rows of small black marks, whiskers and squares beside a vertical line, on white."""
    plot = np.full((height, width, 3), 255, dtype=np.uint8)
    draw = np.random.default_rng(3)
    plot[20:-40, 420] = 0
    for row in range(30, height - 60, 22):
        for left in range(20, 300, 9):
            if draw.random() < 0.7:
                plot[row : row + 7, left : left + 5][draw.random((7, 5)) < 0.5] = 0
        middle = int(draw.integers(380, 470))
        plot[row + 3, middle - 40 : middle + 40] = 0
        plot[row : row + 7, middle - 3 : middle + 4] = (0, 0, 160)
    return plot


def scan(height: int = 400, width: int = 400) -> NDArray[np.uint8]:
    """A bright grey ellipse with smooth tissue-like noise on black."""
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    draw = np.random.default_rng(4)
    noise = sum(
        np.kron(draw.normal(0, 1, (height // size, width // size)), np.ones((size, size))) * size
        for size in (2, 4, 8, 20)
    )
    body = 120 + 3 * np.asarray(noise) - 60 * (np.hypot(x / 0.35, y / 0.5) < 1)
    grey = np.where(np.hypot(x / 0.85, y / 0.7) < 1, np.clip(body, 25, 235), 4 + draw.normal(0, 1, (height, width)))
    return np.repeat(np.clip(grey, 0, 255).astype(np.uint8)[:, :, None], 3, axis=2)


def stain(height: int = 400, width: int = 500) -> NDArray[np.uint8]:
    """Purple nuclei on pink, noisy tissue."""
    draw = np.random.default_rng(5)
    y, x = np.mgrid[0:height, 0:width]
    tissue = (
        np.array([225.0, 160.0, 195.0]) + draw.normal(0, 14, (height, width, 1)) + draw.normal(0, 5, (height, width, 3))
    )
    for cy, cx, radius in zip(
        draw.integers(0, height, 160), draw.integers(0, width, 160), draw.integers(5, 11, 160), strict=True
    ):
        inside = np.hypot(y - cy, x - cx) < radius
        tissue[inside] = np.array([105.0, 60.0, 140.0]) + draw.normal(0, 14, (int(inside.sum()), 1))
    return np.clip(tissue, 0, 255).astype(np.uint8)


# ---------------------------------------------------------------- pixels


@pytest.mark.parametrize("draw", [bar_chart, forest_plot])
def test_drawn_charts_are_not_medical(draw: Any, model: ModalityModel) -> None:
    told = modality_of(PANEL, draw(), "", model)
    assert told.medical < 0.3
    assert told.label in NOT_MEDICAL


@pytest.mark.parametrize("draw", [scan, stain])
def test_scans_and_stains_are_medical_without_a_word(draw: Any, model: ModalityModel) -> None:
    assert modality_of(PANEL, draw(), "", model).medical > 0.7


def test_the_size_of_the_file_says_nothing(model: ModalityModel) -> None:
    small, large = stain(), np.kron(stain(), np.ones((2, 2, 1), dtype=np.uint8))
    assert modality_of(PANEL, small, "", model).medical == pytest.approx(
        modality_of(PANEL, large, "", model).medical, abs=0.1
    )


@pytest.mark.parametrize("shape", [(1, 1), (1, 900), (2, 3), (15, 17), (300, 4)])
@pytest.mark.parametrize("value", [0, 128, 255])
def test_every_image_has_finite_features(shape: tuple[int, int], value: int, model: ModalityModel) -> None:
    features = appearance(np.full((*shape, 3), value, dtype=np.uint8))
    assert features.shape == model.mean.shape
    assert np.isfinite(features).all()
    assert model.forecast(features[None, :]).sum() == pytest.approx(1)


@given(st.integers(0, 2**32 - 1), st.integers(1, 90), st.integers(1, 90))
def test_features_depend_on_the_pixels_alone(seed: int, height: int, width: int) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3)).astype(np.uint8)
    before = pixels.copy()
    assert np.array_equal(appearance(pixels), appearance(np.asfortranarray(pixels)))
    assert np.array_equal(pixels, before)


# ---------------------------------------------------------------- words


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("Forest plot of mortality", {"chart"}),
        ("Funnel plots for publication bias.", {"chart"}),
        ("PRISMA flow diagram of the study selection", {"flow_diagram"}),
        ("Axial CT, lung window", {"ct"}),
        ("Chest x-ray on day 3", {"radiograph"}),
        ("Chest radiograph (PA view)", {"radiograph"}),
        ("LM × 1600", {"light_microscopy"}),
        ("T2-weighted MRI of the brain", {"mri"}),
        ("Transverse sonogram of the liver", {"ultrasound"}),
        ("Scanning electron micrograph of a mite", {"electron_microscopy"}),
        ("Schematic of the cardiac cycle", {"illustration"}),
    ],
)
def test_words_name_the_kind(text: str, labels: set[str]) -> None:
    cues = cues_in(text)
    assert {label for label, strength in cues.items() if strength == max(cues.values())} == labels


@pytest.mark.parametrize(
    "text", ["", "The actor said so.", "petals and impetus", "October 3", "X-ray diffraction of lysozyme"]
)
def test_words_inside_words_are_no_cues(text: str) -> None:
    assert cues_in(text) == {}


@given(st.text(max_size=200))
def test_any_text_leaves_a_distribution(text: str) -> None:
    kinds = combine({"chart": 0.5, "ct": 0.25, "other_medical": 0.25}, text)
    assert sum(kinds.values()) == pytest.approx(1)
    assert all(value >= 0 for value in kinds.values())
    assert 0 <= medical_share(kinds) <= 1


def test_words_raise_a_kind_that_pixels_cannot_tell() -> None:
    grey: Mapping[str, float] = {"radiograph": 0.6, "ct": 0.1, "chart": 0.05, "other_medical": 0.25}
    assert decide(combine(grey, "Sagittal MRI"))[0] == "mri"
    assert decide(combine(grey, "Axial CT"))[0] == "ct"
    assert decide(combine(grey, "")) == ("radiograph", 0.6)
    assert "mri" not in combine(grey, "Axial CT")


def test_words_do_not_turn_a_sure_chart_into_a_scan() -> None:
    chart = {"chart": 0.97, "illustration": 0.02, "ct": 0.01}
    assert medical_share(combine(chart, "Forest plot: sensitivity of CT against MRI")) < 0.1
    assert medical_share(combine(chart, "Mortality by CT score")) < 0.5


def test_a_magnification_does_not_make_a_drawing_a_micrograph() -> None:
    drawing = {"illustration": 0.84, "light_microscopy": 0.05, "other_medical": 0.03, "chart": 0.08}
    kinds = combine(drawing, "Goblet cell. LM \u00d7 1600.")
    assert decide(kinds)[0] == "illustration"
    assert medical_share(kinds) < 0.5


def test_words_that_other_panels_share_count_half() -> None:
    beside = {"illustration": 0.55, "light_microscopy": 0.25, "other_medical": 0.1, "chart": 0.1}
    text = "Adipose tissue. LM \u00d7 800."
    cut = replace(PANEL, method="gutters", spans=((0, len(text)),))
    whole, shared, lettered = (
        modality_told(panel, beside, text, UNSETTLED) for panel in (PANEL, cut, replace(cut, letter="a"))
    )
    assert whole.label == lettered.label == "light_microscopy"
    assert beside["light_microscopy"] + beside["other_medical"] < shared.medical < whole.medical
    assert whole.medical == lettered.medical


def test_nothing_sure_is_unknown() -> None:
    assert decide({"ct": 0.3, "radiograph": 0.3, "chart": 0.3, "other_medical": 0.1}) == ("unknown", 0.3)
    assert decide({"other_medical": 1.0, "ct": 0.0})[0] == "unknown"


def test_a_row_says_what_spoke(model: ModalityModel) -> None:
    mute, told = modality_of(PANEL, scan(), "", model), modality_of(PANEL, scan(), "Coronal CT of the chest", model)
    assert (mute.method, told.method) == ("appearance", "appearance+words")
    assert told.label == "ct"
    assert mute.signals["pixels"] == told.signals["pixels"]
    assert (mute.signals["words"], mute.signals["agree"]) == ({}, None)
    assert told.signals["words"] == {"ct": 4.0}
    assert told.panel == "panel:1"
    assert mute.key == told.key
    assert told == modality_of(PANEL, scan(), "Coronal CT of the chest", model)


def test_citing_sentences_speak_where_the_caption_does_not_and_only_what_they_name() -> None:
    assert words_for("", "The CT showed a nodule (Fig. 1).") == {"ct": 2.0}
    assert words_for("", "Two plots differ (Fig. 1).") == {}
    assert words_for("Sagittal MRI", "The CT showed a nodule (Fig. 1).") == {"mri": 4.0}


def test_pixels_and_words_that_contradict_each_other_are_told_apart(model: ModalityModel) -> None:
    assert modality_of(PANEL, bar_chart(), "Sagittal MRI", model).signals["agree"] is False
    assert modality_of(PANEL, bar_chart(), "Bar chart of deaths", model).signals["agree"] is True


def test_the_taxonomy_covers_the_gold_and_what_the_words_can_name() -> None:
    labels = {kind.label for kind in KINDS}
    assert len(labels) == len(KINDS)
    assert len(GOLD) == 19
    assert {kind for kind in GOLD.values() if kind} <= labels
    assert all(GROUP_OF[label] == "not_medical" for label in NOT_MEDICAL)
    assert {"dermoscopy", "oct", "pet"} <= labels


# ---------------------------------------------------------------- how sure


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0.1, 5), st.floats(-3, 3))
def test_a_calibrated_probability_grows_with_what_is_said(
    one: float, other: float, slope: float, offset: float
) -> None:
    settled = Settled(slope=slope, offset=offset)
    low, high = sorted((one, other))
    assert 0 <= settled.probability(low) <= settled.probability(high) <= 1


def test_what_is_not_sure_enough_is_unknown_with_its_probability() -> None:
    kinds = {"ct": 0.5, "chart": 0.5}
    assert decide(kinds, Settled(unknown_below=0.6)) == ("unknown", 0.5)
    assert decide(kinds, Settled(offset=2.0, unknown_below=0.6)) == ("chart", 0.8808)


def test_settling_makes_an_overconfident_forecast_as_sure_as_it_is_right() -> None:
    rows = labelled(300)
    draw = np.random.default_rng(8)
    labels = ("chart", "ct", "light_microscopy", "other_medical")
    forecast = np.full((len(rows), 4), 0.01 / 3)
    for at, row in enumerate(rows):
        said = labels.index(row.label) if draw.random() < 0.7 else int(draw.integers(0, 3))
        forecast[at, said] = 0.99
    settled = settle(rows, forecast, labels)
    assert settled.probability(0.99) == pytest.approx(0.8, abs=0.06)
    facts = measures(rows, forecast, labels, [settled] * len(rows))
    assert facts["calibration"]["ece"] < 0.06
    assert [one["coverage"] for one in facts["risk_coverage"]] == sorted(
        (one["coverage"] for one in facts["risk_coverage"]), reverse=True
    )


# ---------------------------------------------------------------- a larger encoder


def tiny_network(folder: Path, kind: str) -> Path:
    """A vision network of random weights in transformers' layout: a vision transformer, or both sides of CLIP."""
    import torch
    from transformers import CLIPConfig, CLIPModel, ViTConfig, ViTModel

    torch.manual_seed(0)
    small = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    seen = {**small, "image_size": 32, "patch_size": 8}
    made: Any
    if kind == "vit":
        made = ViTModel(ViTConfig(**seen))
    else:
        read = {**small, "vocab_size": 40, "max_position_embeddings": 8}
        made = CLIPModel(CLIPConfig(text_config=read, vision_config=seen, projection_dim=12))
    made.save_pretrained(folder, safe_serialization=True)
    return folder


@pytest.mark.parametrize(("kind", "width"), [("vit", 16), ("clip", 12)])
def test_a_pretrained_encoder_adds_its_features(kind: str, width: int, tmp_path: Path) -> None:
    encoder = open_image_encoder(tiny_network(tmp_path / kind, kind))
    assert encoder is not None
    first = encoder(stain())
    assert first.shape == (width,)
    assert np.array_equal(first, encoder(stain()))
    assert np.linalg.norm(first) == pytest.approx(1, abs=1e-5)
    assert not np.array_equal(first, encoder(scan()))
    rows = [
        replace(row, features=features_of(image, encoder))
        for row, image in zip(labelled(24), [bar_chart(), scan(), stain()] * 8, strict=True)
    ]
    model = fit(rows, encoder=encoder.name)
    told = modality_of(PANEL, stain(), "", model, encoder=encoder)
    assert (told.label, told.method) == ("light_microscopy", f"appearance+{encoder.name}")
    check_encoder(model, encoder)
    with pytest.raises(BadInput, match="trained with encoder"):
        check_encoder(model, None)


def test_an_encoder_that_cannot_be_loaded_is_one_clear_line(tmp_path: Path, model: ModalityModel) -> None:
    assert open_image_encoder(None) is None
    with pytest.raises(BadInput, match=r"MET_MODALITY_ENCODER.*no folder"):
        open_image_encoder(tmp_path / "none")
    broken = tiny_network(tmp_path / "broken", "vit")
    (broken / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(BadInput, match=r"MET_MODALITY_ENCODER.*cannot be loaded"):
        open_image_encoder(broken)
    odd = tmp_path / "odd"
    odd.mkdir()
    (odd / "config.json").write_text("{}")
    (odd / "model.safetensors").write_bytes(b"")
    with pytest.raises(BadInput, match="cannot be loaded"):
        open_image_encoder(odd)
    with pytest.raises(BadInput, match="trained with encoder none"):
        check_encoder(model, open_image_encoder(tiny_network(tmp_path / "vit", "vit")))


def test_weights_that_are_none_are_one_clear_line(tmp_path: Path) -> None:
    place = tmp_path / "weights.npz"
    for data in (b"", b"PK", b"text"):
        place.write_bytes(data)
        with pytest.raises(BadInput, match="no weights of the modality classifier"):
            load_model(place)


# ---------------------------------------------------------------- fitting and scoring


def labelled(count: int) -> list[LabelledImage]:
    """Made rows of three labels in groups of four, told apart by their first feature, with noise in the second."""
    draw = np.random.default_rng(6)
    names = ("chart", "ct", "light_microscopy")
    return [
        LabelledImage(
            image=f"{at}.png",
            label=names[at % 3],
            medical=names[at % 3] != "chart",
            source="made",
            group=f"g{at // 4}",
            in_article=True,
            text="",
            cited="",
            features=np.array([at % 3 * 4 + draw.normal(), draw.normal()], dtype=np.float32),
            seen=at,
        )
        for at in range(count)
    ]


def test_the_fitted_arrays_forecast_what_the_fit_learnt_and_repeat() -> None:
    rows = labelled(120)
    model, again = fit(rows), fit(rows)
    features = np.stack([row.features for row in rows])
    forecast = model.forecast(features)
    assert forecast.sum(axis=1) == pytest.approx(1)
    assert np.array_equal(forecast, again.forecast(features))
    assert np.mean(np.array(model.labels)[forecast.argmax(axis=1)] == [row.label for row in rows]) > 0.95


def test_held_out_rows_are_not_remembered() -> None:
    rows = labelled(120)
    draw = np.random.default_rng(7)
    shuffled = [
        LabelledImage(
            **{name: getattr(row, name) for name in row.__slots__} | {"label": label, "medical": label != "chart"}
        )
        for row, label in zip(rows, draw.permutation([row.label for row in rows]).tolist(), strict=True)
    ]
    assert measures(rows, *held_out(rows))["macro_f1"] > 0.9
    # Labels without any relation to the pixels: a leak would still score high.
    assert measures(shuffled, *held_out(shuffled))["macro_f1"] < 0.55


def test_gold_that_cannot_be_used_is_one_clear_line(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.tsv"
    wrong.write_text("file\tkind\na.png\tct\n")
    with pytest.raises(BadInput, match="columns image, label, medical_image"):
        read_gold(wrong, root=None)
    lost = tmp_path / "lost.tsv"
    lost.write_text("image\tlabel\tmedical_image\na.png\tct\tyes\n")
    with pytest.raises(BadInput, match=r"a\.png not found"):
        read_gold(lost, root=tmp_path)


# ---------------------------------------------------------------- real images


@pytest.fixture(scope="session")
def gold(shared_data: Path) -> list[LabelledImage]:
    return read_gold(shared_data / "gold" / "modality" / "modality.tsv", root=shared_data, by="patient")


@pytest.fixture(scope="session")
def refitted(gold: list[LabelledImage]) -> dict[str, Any]:
    """Every row judged by a model that saw nothing of its article or patient: what unseen articles would get."""
    return measures(gold, *held_out(gold))


@pytest.mark.slow
@pytest.mark.shared
def test_held_out_articles_reach_the_aim(refitted: dict[str, Any]) -> None:
    assert refitted["macro_f1"] >= 0.92
    assert refitted["interval"][0] >= 0.86
    assert refitted["medical_f1"] >= 0.96
    assert refitted["medical_f1_articles"] >= 0.92
    assert refitted["pixels_only"]["macro_f1"] >= 0.86
    # A probability can be taken at its word, and words set right more than they set wrong.
    assert refitted["calibration"]["ece"] <= 0.05
    assert refitted["words_against_pixels"]["to_right"] > 5 * refitted["words_against_pixels"]["from_right"]


@pytest.mark.slow
@pytest.mark.shared
def test_held_out_meta_analyses_go_and_ct_and_radiographs_stay(refitted: dict[str, Any]) -> None:
    pmc = refitted["per_source"]["pmc"]
    assert pmc["other_kept"] == [0, 109]
    assert pmc["medical_kept"] == [10, 10]


@pytest.mark.slow
@pytest.mark.shared
def test_held_out_textbook_drawings_go_and_real_images_stay(
    gold: list[LabelledImage], refitted: dict[str, Any]
) -> None:
    textbook = {row.image for row in gold if row.source == "openstax"}
    drawn = {row.image for row in gold if row.image in textbook and row.label in NOT_MEDICAL - {"other_photo"}}
    kept = {row["image"] for row in refitted["wrong"] if row["medical"] >= 0.5 and row["image"] in drawn}
    assert len(kept) / len(drawn) <= 0.05
    stay, real = refitted["per_source"]["openstax"]["medical_kept"]
    assert stay / real >= 0.85


@pytest.mark.slow
@pytest.mark.shared
def test_the_shipped_weights_are_those_of_the_gold(gold: list[LabelledImage], model: ModalityModel) -> None:
    features = np.stack([row.features for row in gold])
    assert np.abs(fit(gold).forecast(features) - model.forecast(features)).max() < 0.01
    forecast, labels, _ = held_out(gold)
    assert settle(gold, forecast, labels) == model.settled
    assert {"chart", "illustration", "light_microscopy", "radiograph"} <= set(scored_classes(gold))


@pytest.mark.slow
@pytest.mark.shared
def test_articles_alone_are_enough_to_keep_the_images_of_other_collections(gold: list[LabelledImage]) -> None:
    facts = from_articles_alone(gold)
    kept, of = facts["medical_kept"]
    assert kept / of >= 0.97
    assert facts["radiographs_seen"] <= 5
    assert sum(facts["found_as"].values()) == 70


@pytest.mark.slow
@pytest.mark.shared
def test_the_score_admits_that_the_weights_saw_the_gold(shared_data: Path, tmp_path: Path) -> None:
    rows = (shared_data / "gold" / "modality" / "modality.tsv").read_text().splitlines()
    few = tmp_path / "few.tsv"
    few.write_text("\n".join([rows[0], *rows[1:200:4]]) + "\n")
    sheet = tmp_path / "matrix.png"
    facts = score_modality([few], images=None, root=shared_data, options={"cv": "article", "sheet": sheet})
    assert decode_rgb(sheet.read_bytes()).shape[2] == 3
    assert decode_rgb((tmp_path / "matrix-wrong.png").read_bytes()).shape[2] == 3
    assert facts["trained_on_gold"] is True
    assert facts["refitted"]["by"] == "article"
    assert facts["refitted"]["macro_f1"] <= facts["macro_f1"]
    assert json.dumps(facts)
