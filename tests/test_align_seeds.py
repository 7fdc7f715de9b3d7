"""Seeded errors: the same one in every text, anchors made anew, nothing that betrays them, figures that add up."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest
from dossiers import FACETS, LEXICON, NO_INDEX, NO_VECTOR, NODES, anchored, dossier, placed
from hypothesis import given
from hypothesis import strategies as st

from met.align import judge, look
from met.anchor import anchor_panels
from met.errors import BadInput
from met.evaluate.align import Bench, auc, score_align
from met.evaluate.align_seeds import KINDS, Kind, Seeds, fresh, rewritten, told_as
from met.evaluate.align_words import Edit, kinds_to, numbers_changed, sides_swapped
from met.evaluate.harness import line
from met.llm.engine import RulesEngine
from met.tree.lexicon import names_of
from met.types import Anchor, Dossier, Modality

NAMES = {one.key: names_of(one) for one in NODES}
CAPTIONS = (
    "CT scan shows tuberculosis of the left lung, a cavity of 12 mm.",
    "An X-ray shows pneumonia of the right lung.",
    "MRI of the head. No fever was noted.",
    "Radiograph shows pneumothorax of the left lung in a man of 40 years.",
)


def of_article(key: str, one: Dossier) -> Dossier:
    return replace(one, article=replace(one.article, key=f"article:{key}"))


PANELS = [
    of_article(str(at // 2), anchored(dossier(text, mentions=[f"{text} It is told again (Fig. 1)."])))
    for at, text in enumerate(CAPTIONS)
]
SEEDS = Seeds(dossiers=PANELS, names=lambda node: NAMES[node], seed=1)


def changed(text: str, edits: Iterable[Edit]) -> str:
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    return text


@pytest.mark.parametrize(
    ("text", "target", "expected"),
    [
        ("An X-ray shows the lung.", "ct", "A CT shows the lung."),
        ("CT scans of the head.", "light_microscopy", "Light micrographs of the head."),
        ("A colorized scanning electron micrograph of cells.", "radiograph", "A radiograph of cells."),
        ("Liver. LM × 1,600, stained.", "ct", "Liver. Computed tomography, stained."),
    ],
)
def test_a_kind_of_image_is_renamed_in_its_own_form(text: str, target: str, expected: str) -> None:
    assert changed(text, kinds_to(target)(text)).lower() == expected.lower()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Left lung and the right-sided effusion.", "Right lung and the left-sided effusion."),
        ("Top left image, left untreated; left to right.", "Top left image, left untreated; left to right."),
        ("The lung (left) on the right side.", "The lung (left) on the left side."),
    ],
)  # fmt: skip
def test_sides_of_the_body_are_swapped_and_places_on_the_page_are_not(text: str, expected: str) -> None:
    assert changed(text, sides_swapped(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A mass of 12 mm after 3 days.", "A mass of 13 mm after 4 days."),
        ("Fig. 2, LM × 400, COVID-19, University © 2012.", "Fig. 2, LM × 400, COVID-19, University © 2012."),
    ],
)
def test_numbers_of_what_is_shown_change(text: str, expected: str) -> None:
    assert changed(text, numbers_changed(text)) == expected


def test_an_error_stands_in_every_text_and_offsets_move_along() -> None:
    one = dossier(
        "Two scans. CT of the left lung. X-ray of the left hand.",
        mentions=["The left lung (Fig. 1)."],
        spans=((11, 31),),
    )
    new = rewritten(one, sides_swapped)
    assert new is not None
    assert new.subcaption == "CT of the right lung."
    assert new.figure.caption == "Two scans. CT of the right lung. X-ray of the right hand."
    (mention,) = new.mentions
    assert mention.text == "The right lung (Fig. 1)."
    assert mention.text[mention.start_char : mention.end_char] == "Fig"


@pytest.mark.parametrize("kind", KINDS)
def test_seeds_do_not_depend_on_the_order_and_hold_nothing_of_before(kind: Kind) -> None:
    backwards = Seeds(dossiers=PANELS[::-1], names=SEEDS.names, seed=1)
    found = [(one, SEEDS.seeded(kind, one)) for one in PANELS]
    assert any(new for _, new in found), kind
    for one, new in found:
        assert new == backwards.seeded(kind, one)
        if new is not None:
            assert new.subcaption != one.subcaption
            assert (new.panel.image, new.panel.box, new.article) == (one.panel.image, one.panel.box, one.article)
            assert new.panel.key != one.panel.key and new.panel.digest != one.panel.digest
            assert not (new.anchors or new.modality or new.verdicts or new.cited or new.facts or new.captions)


def test_a_seeded_panel_is_keyed_as_a_true_one_of_the_same_text_is() -> None:
    one, donor = PANELS[0], PANELS[2]
    true = replace(one, figure=donor.figure, mentions=donor.mentions, panel=replace(
        one.panel, spans=donor.panel.spans, sentences=donor.panel.sentences, letter=donor.panel.letter
    ))  # fmt: skip
    assert told_as(one, donor).panel.key == fresh(true, true.panel, true.figure, true.mentions).panel.key


def test_another_name_of_the_same_kind_takes_the_place_of_the_focus() -> None:
    new = SEEDS.seeded("sibling_swap", PANELS[0])
    assert new is not None
    texts = " ".join((new.figure.caption, *(mention.text for mention in new.mentions)))
    assert "tuberculosis" not in texts
    assert any(f"shows {one.name} of the left lung" in texts for one in NODES if one.facet == "disease")


def bench() -> Bench:
    def anchor(dossiers: Iterable[Dossier]) -> list[tuple[Anchor, ...]]:
        each = list(dossiers)
        vectors = np.stack([NO_VECTOR for _ in each]) if each else np.zeros((0, 4), np.float32)
        return list(anchor_panels(each, lexicon=LEXICON, facets=FACETS, index=NO_INDEX, vectors=vectors))

    def modality(one: Dossier, _cited: str) -> Modality:
        seen = {"label": "ct", "probability": 0.9, "medical": 0.95}
        return Modality(
            key="modality", panel=one.panel.key, label="ct", probability=0.9, medical=0.95, method="test",
            signals={"pixels": seen},
        )  # fmt: skip

    return Bench(
        dossiers=PANELS,
        pairs=frozenset(one.panel.key for one in PANELS[:3]),
        engine="rules",
        model="none",
        version="5-rules",
        names=lambda node: NAMES[node],
        place=lambda nodes: {node: placed(node) for node in nodes},
        anchor=anchor,
        modality=modality,
        nodes_in=lambda text: frozenset(node for match in LEXICON.find_all([text])[0] for node in match.nodes),
        look=lambda _: b"",
        answer=RulesEngine({look.STEP: look.rules, judge.STEP: judge.rules}).answer,
    )


def test_the_score_counts_every_kind_with_controls_and_says_what_it_cannot_know() -> None:
    facts = score_align([], options={"bench": bench()})
    assert facts["headline"] in line("align", **facts)
    assert (facts["n"], facts["screened"]["n"]) == (3, 4)
    for figures in (facts, facts["screened"]):
        for kind, found in figures["kinds"].items():
            assert sum(found["groups"].values()) == found["n"], kind
            assert 0 <= found["fnr"] <= 1 and found["fnr_interval"][0] <= found["fnr"] <= found["fnr_interval"][1]
    seeded = facts["screened"]["kinds"]
    assert {kind: len(PANELS) - seeded.get(kind, {"n": 0})["n"] for kind in KINDS} == facts["not_seeded"]
    assert seeded["laterality"]["detectable"] == "not detectable"
    assert seeded["laterality"]["auc"] == 0.5
    assert seeded["modality"]["groups"] == {"modality": seeded["modality"]["n"]}
    assert seeded["modality"]["detectable"] == "detectable"


def test_without_a_build_there_is_nothing_to_seed() -> None:
    with pytest.raises(BadInput, match="needs --home"):
        score_align([], options={})


@given(st.lists(st.tuples(st.sampled_from([0.0, 0.25, 0.5, 1.0]), st.booleans()), min_size=1, max_size=30))
def test_auc_is_the_share_of_pairs_in_order(rows: list[tuple[float, bool]]) -> None:
    errors, controls = [v for v, bad in rows if bad], [v for v, bad in rows if not bad]
    ways = [(c > e) + 0.5 * (c == e) for c in controls for e in errors]
    expected = sum(ways) / len(ways) if ways else 0.5
    assert auc(np.array([(value, float(bad)) for value, bad in rows])) == pytest.approx(expected, abs=1e-4)
