"""Anchoring: which nodes a panel's texts name, where, how surely and in which role."""

import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from dossiers import BY_NAME, FACETS, LEXICON, NO_INDEX, NO_VECTOR, NODES, anchored, dossier
from hypothesis import given
from hypothesis import strategies as st

from met.anchor import Known, NodeIndex, anchor_panel, focus_of
from met.anchor.context import Context
from met.anchor.panel import MAX_ANCHORS
from met.anchor.sentences import sentences_of
from met.embed.products import HalfProducts
from met.harvest.jats import ParsedArticle, parse_article
from met.tree.lexicon import Lexicon, names_of
from met.types import Anchor, Dossier

WORDS = st.sampled_from(
    [
        *(name for one in NODES for name in names_of(one)),
        "no",
        "shows",
        "history of",
        "Fig. 1",
        ".",
        ";",
        "and",
        "normal",
    ]
)


def anchors_of(one: Dossier) -> dict[str, Anchor]:
    found = anchor_panel(one, lexicon=LEXICON, facets=FACETS, index=NO_INDEX, vector=NO_VECTOR)
    names = {node.key: node.name for node in NODES}
    return {names[anchor.node]: anchor for anchor in found}


# ---------------------------------------------------------------- context


@pytest.mark.parametrize(
    ("sentence", "entity", "polarity", "certainty"),
    [
        ("CT shows consolidation in the left lung.", "consolidation", "affirmed", "certain"),
        ("There is no pneumothorax.", "pneumothorax", "negated", "certain"),
        ("No effusion, mass or pneumothorax.", "pneumothorax", "negated", "certain"),
        ("Lungs without consolidation.", "consolidation", "negated", "certain"),
        ("Absence of pneumothorax after drainage.", "pneumothorax", "negated", "certain"),
        ("Pneumothorax was not seen.", "Pneumothorax", "negated", "certain"),
        ("Tuberculosis was ruled out.", "Tuberculosis", "negated", "certain"),
        ("No effusion but consolidation in the left lung.", "consolidation", "affirmed", "certain"),
        ("No fever; consolidation is present.", "consolidation", "affirmed", "certain"),
        ("Without fever, a consolidation developed.", "consolidation", "affirmed", "certain"),
        ("Fever without obvious inducement, pneumonia for 3 days.", "pneumonia", "affirmed", "certain"),
        ("There is not only consolidation.", "consolidation", "affirmed", "certain"),
        ("Possible pneumonia.", "pneumonia", "affirmed", "hedged"),
        ("Findings suggestive of tuberculosis.", "tuberculosis", "affirmed", "hedged"),
        ("Tuberculosis cannot be excluded.", "Tuberculosis", "affirmed", "hedged"),
        ("No pneumothorax, but tuberculosis cannot be ruled out.", "pneumothorax", "negated", "certain"),
        ("No evidence of effusion in the left lung.", "lung", "affirmed", "certain"),
        ("No mass in the liver, effusion or abscess.", "effusion", "negated", "certain"),
        ("No focal area of consolidation.", "consolidation", "negated", "certain"),
        ("No abnormality of the heart.", "heart", "affirmed", "certain"),
        ("CT does not show consolidation.", "consolidation", "negated", "certain"),
        ("We did not detect pneumonia.", "pneumonia", "negated", "certain"),
        ("The fracture is no longer visible.", "fracture", "negated", "certain"),
        ("The tumor could not be identified.", "tumor", "negated", "certain"),
        ("Margins of the tumor were not seen.", "tumor", "affirmed", "certain"),
        ("Signs of edema were not seen.", "edema", "negated", "certain"),
        ("Neither effusion nor mass is present.", "mass", "negated", "certain"),
        ("HIV-negative adults.", "HIV", "negated", "certain"),
        ("Resolution of the edema.", "edema", "negated", "certain"),
        ("Lung cancer rather than tuberculosis.", "tuberculosis", "negated", "certain"),
        ("The drug does not prevent malaria.", "malaria", "affirmed", "certain"),
        ("The drug does not cause fever.", "fever", "negated", "certain"),
        ("Without fever, consolidation developed.", "consolidation", "affirmed", "certain"),
        ("Lungs without effusion, consolidation and mass.", "consolidation", "negated", "certain"),
        ("There is no change in the consolidation.", "consolidation", "affirmed", "certain"),
        ("The absence of edema cannot be excluded.", "edema", "affirmed", "hedged"),
        ("We cannot exclude pneumonia.", "pneumonia", "affirmed", "hedged"),
        ("Findings consistent with pneumonia.", "pneumonia", "affirmed", "hedged"),
        ("Our results are consistent with previous studies of pneumonia.", "pneumonia", "affirmed", "certain"),
        ("The opacity may represent atelectasis.", "atelectasis", "affirmed", "hedged"),
        ("The opacity may represent atelectasis.", "opacity", "affirmed", "certain"),
        ("Opacity may be due to impaired drainage.", "drainage", "affirmed", "hedged"),
        ("The drug may help to prevent malaria.", "malaria", "affirmed", "certain"),
        ("MRI may show edema.", "edema", "affirmed", "hedged"),
        ("Probable metastasis in the liver.", "liver", "affirmed", "certain"),
        ("Possible causes of measles.", "measles", "affirmed", "certain"),
        ("A possible case of measles.", "measles", "affirmed", "hedged"),
        ("It is possible that the lesion is a metastasis.", "metastasis", "affirmed", "hedged"),
        ("It is possible that the lesion is a metastasis.", "lesion", "affirmed", "certain"),
        ("Pneumonia is likely.", "Pneumonia", "affirmed", "hedged"),
        ("Smokers are more likely to have cancer.", "cancer", "affirmed", "certain"),
        ("Radiograph to rule out fracture.", "fracture", "affirmed", "hedged"),
        ("The mass is unlikely to be cancer.", "cancer", "negated", "hedged"),
        ("Cancer is unlikely.", "Cancer", "negated", "hedged"),
    ],
)
def test_polarity_and_certainty(sentence: str, entity: str, polarity: str, certainty: str) -> None:
    start = sentence.index(entity)
    assert Context(sentence).polarity((start, start + len(entity))) == (polarity, certainty)


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("CT (Fig. 2) of Dr. Smith. Both lungs.", ["CT (Fig. 2) of Dr. Smith.", "Both lungs."]),
        ("One. (a) Two. (credit: X/Y)", ["One.", "(a) Two.", "(credit: X/Y)"]),
        ("39.3 C, vs. 40. End", ["39.3 C, vs. 40.", "End"]),
        ("  ", []),
        ("No full stop", ["No full stop"]),
    ],
)
def test_sentences(text: str, sentences: list[str]) -> None:
    assert [text[start:end] for start, end in sentences_of(text)] == sentences


@given(st.text(alphabet='aB. (1)\n?!"', max_size=60))
def test_sentences_hold_all_but_white_space_in_order(text: str) -> None:
    spans = sentences_of(text)
    assert re.sub(r"\s", "", "".join(text[start:end] for start, end in spans)) == re.sub(r"\s", "", text)
    assert all(before[1] <= after[0] for before, after in pairwise(spans))


# ---------------------------------------------------------------- roles


@pytest.mark.parametrize(
    ("caption", "name", "role"),
    [
        ("CT scan of the left lung.", "computed tomography", "depicted"),
        ("CT scan of the left lung.", "left lung", "depicted"),
        ("CT shows consolidation in the left lung.", "consolidation", "depicted"),
        ("A 50-year-old man with pneumonia. CT of the lung.", "pneumonia", "diagnosis"),
        ("CT of a man with lung cancer shows consolidation.", "lung cancer", "diagnosis"),
        ("CT of a man with lung cancer shows consolidation.", "consolidation", "depicted"),
        ("A 38 years old male with fever for 3 days. CT of the lung.", "fever", "mentioned"),
        ("Woman with history of tuberculosis; CT of the lung.", "tuberculosis", "history"),
        ("Normal left lung on CT.", "left lung", "normal"),
        ("CT of healthy controls with lung.", "lung", "control"),
        ("CT of consolidation, unlike tuberculosis.", "tuberculosis", "comparator"),
        ("CT shows no pneumothorax.", "pneumothorax", "mentioned"),
        ("Serum values in pneumonia of the lung.", "lung", "mentioned"),
        ("Forest plot of mortality in pneumonia of the lung.", "lung", "mentioned"),
        ("Forest plot of mortality in pneumonia of the lung.", "pneumonia", "mentioned"),
    ],
)
def test_roles_of_the_caption(caption: str, name: str, role: str) -> None:
    assert anchors_of(dossier(caption))[name].role == role


def test_a_disease_that_is_the_title_of_the_caption_is_depicted() -> None:
    assert (
        anchors_of(dossier("Tuberculosis Many people carry it.", title="Tuberculosis"))["tuberculosis"].role
        == "depicted"
    )
    long = "Course of tuberculosis over many years Many people carry it."
    assert anchors_of(dossier(long, title="Course of tuberculosis over many years"))["tuberculosis"].role == "diagnosis"


def test_the_articles_title_only_mentions() -> None:
    anchor = anchors_of(dossier("CT scan.", article="CT of pneumonia"))["pneumonia"]
    assert (anchor.field, anchor.role) == ("title", "mentioned")


def test_a_mention_depicts_only_in_the_sentence_that_cites() -> None:
    text = "The liver was large. Fig. 1 shows consolidation. The spleen was small. Then asthma was treated."
    found = anchors_of(dossier("CT scan.", mentions=[text]))
    assert found["consolidation"].role == "depicted"
    assert {found[name].role for name in ("liver", "spleen", "asthma")} == {"mentioned"}
    assert found["consolidation"].score == found["liver"].score > found["asthma"].score


def test_a_neighbour_that_cites_another_figure_is_far() -> None:
    text = "Fig. 1 shows consolidation. Figure 2 shows the liver."
    assert anchors_of(dossier("CT scan.", mentions=[text]))["liver"].score == pytest.approx(0.09)


def test_the_shared_part_of_a_caption_is_the_field_caption() -> None:
    caption = "CT scans of the heart. (a) Left lung. (b) Liver."
    found = anchors_of(dossier(caption, spans=((23, 37),), letter="a"))
    assert (found["left lung"].field, found["left lung"].surface) == ("subcaption", "Left lung")
    heart = found["heart"]
    assert heart.field == "caption"
    assert caption[heart.start_char : heart.end_char] == "heart"
    assert found["left lung"].score > heart.score


def test_who_made_the_picture_is_not_what_it_shows() -> None:
    one = dossier("CT of the liver. (credit: National Lung Cancer Fund)")
    credited = replace(one, figure=replace(one.figure, credit="(credit: National Lung Cancer Fund)"))
    assert "lung cancer" in anchors_of(one)
    assert "lung cancer" not in anchors_of(credited)


# ---------------------------------------------------------------- scores


def test_places_are_weighed() -> None:
    scores = [
        anchors_of(dossier("CT of the liver."))["liver"].score,
        anchors_of(dossier("CT scan.", mentions=["Fig. 1 shows the liver."]))["liver"].score,
        anchors_of(dossier("CT scan.", article="The liver"))["liver"].score,
    ]
    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) == 3


def test_generic_words_score_low() -> None:
    assert anchors_of(dossier("CT of the head."))["head"].score < 0.3
    assert anchors_of(dossier("Forest plot of pain in the head."))["head"].score < 0.15


def test_fields_that_agree_add_up() -> None:
    alone = anchors_of(dossier("CT of the liver."))["liver"].score
    both = anchors_of(dossier("CT of the liver.", mentions=["Fig. 1 shows the liver."]))["liver"].score
    assert both == pytest.approx(1 - (1 - alone) * (1 - 0.45), abs=1e-4)


def test_a_denial_stands_against_a_weaker_place() -> None:
    anchor = anchors_of(dossier("CT without pneumothorax.", mentions=["Fig. 1 shows pneumothorax."]))["pneumothorax"]
    assert (anchor.polarity, anchor.field, anchor.role) == ("negated", "subcaption", "mentioned")
    assert anchor.score == pytest.approx(0.72)


def test_nodes_of_one_facet_share_the_score_of_a_surface() -> None:
    one, other = NODES[5].key, NODES[6].key
    shared = Lexicon([("mass", one), ("mass", other)])
    found = anchor_panel(dossier("CT of a mass."), lexicon=shared, facets=FACETS, index=NO_INDEX, vector=NO_VECTOR)
    assert {anchor.node: anchor.score for anchor in found} == {one: 0.36, other: 0.36}


def test_what_names_anatomy_names_no_disease() -> None:
    loose = Lexicon([("liver", BY_NAME["liver"].key), ("liver", BY_NAME["asthma"].key)])
    found = anchor_panel(dossier("CT of the liver."), lexicon=loose, facets=FACETS, index=NO_INDEX, vector=NO_VECTOR)
    assert [anchor.node for anchor in found] == [BY_NAME["liver"].key]


def test_the_longer_name_wins() -> None:
    assert set(anchors_of(dossier("CT of the left lung."))) == {"computed tomography", "left lung"}


def test_vectors_strengthen_what_the_text_names_and_only_mention_the_rest() -> None:
    vector = np.array([1, 0, 0, 0], dtype=np.float32)
    near = [BY_NAME["liver"].key, BY_NAME["spleen"].key, BY_NAME["stomach"].key]
    rows = np.array([[0.8, 0.6, 0, 0], [0.78, 0.6258, 0, 0], [0.5, 0.866, 0, 0]], dtype=np.float32)
    index = NodeIndex(near, rows)
    known = Known(names={near[0]: ("liver",), near[1]: ("accessory spleen",), near[2]: ("small tip",)})
    one = dossier("CT of the liver with a small accessory spleen at its tip.")
    found = anchor_panel(
        one, lexicon=Lexicon([("liver", near[0])]), facets=FACETS, index=index, vector=vector, known=known
    )
    by_node = {anchor.node: anchor for anchor in found}
    liver, spleen = by_node[near[0]], by_node[near[1]]
    assert (liver.method, spleen.method) == ("dictionary+vector", "vector")
    assert liver.score == pytest.approx(1 - (1 - 0.72) * (1 - 0.5 * 0.35 / 0.55), abs=1e-4)
    assert (spleen.role, spleen.start_char, spleen.end_char, spleen.surface) == ("mentioned", None, None, "")
    assert near[2] not in by_node


def test_at_most_twenty_anchors_and_the_depicted_first() -> None:
    names = [f"gland{first}{second}" for first in "abcde" for second in "uvwxyz"]
    lexicon = Lexicon((name, f"node:{name}") for name in names)
    facets = {f"node:{name}": "anatomy" for name in names}
    text = "CT scan. " + " ".join(f"Unlike {name}." for name in names[:25]) + " CT of " + ", ".join(names[25:])
    found = anchor_panel(dossier(text), lexicon=lexicon, facets=facets, index=NO_INDEX, vector=NO_VECTOR)
    assert len(found) == MAX_ANCHORS
    assert [anchor.role for anchor in found].count("depicted") == 5


@given(st.lists(WORDS, min_size=1, max_size=25), st.lists(WORDS, max_size=15))
def test_anchors_are_verbatim_bounded_and_in_order(caption: list[str], mention: list[str]) -> None:
    one = dossier(" ".join(caption), mentions=[" ".join(mention)] if mention else [])
    found = anchor_panel(one, lexicon=LEXICON, facets=FACETS, index=NO_INDEX, vector=NO_VECTOR)
    assert found == tuple(sorted(found, key=lambda anchor: (-anchor.score, anchor.key)))
    assert len({anchor.key for anchor in found}) == len(found) == len({anchor.node for anchor in found})
    for anchor in found:
        texts = {
            "subcaption": [one.subcaption],
            "caption": [one.figure.caption],
            "mention": [mention.text for mention in one.mentions],
            "title": [one.article.title],
        }[anchor.field]
        assert any(text[anchor.start_char : anchor.end_char] == anchor.surface for text in texts)
        assert 0 < anchor.score <= 1
        assert anchor.score == round(anchor.score, 4)
        assert anchor.role != "depicted" or anchor.polarity == "affirmed"


def test_the_focus_is_what_is_depicted_before_how() -> None:
    focus = focus_of(anchored(dossier("CT shows tuberculosis of the lung.")))
    assert focus is not None
    assert focus.node == BY_NAME["tuberculosis"].key
    assert focus_of(anchored(dossier("Forest plot of fever."))) is None
    how = focus_of(anchored(dossier("CT scan of a case.")))
    assert how is not None
    assert how.node == BY_NAME["computed tomography"].key


# ---------------------------------------------------------------- index


@given(st.integers(0, 40), st.integers(0, 7), st.integers(0, 12))
def test_the_index_is_exact_and_knows_no_order(nodes: int, queries: int, k: int) -> None:
    generator = np.random.default_rng(nodes * 100 + queries)
    # Few distinct values make many ties.
    matrix = generator.integers(-1, 2, (nodes, 3)).astype(np.float32)
    vectors = generator.integers(-1, 2, (queries, 3)).astype(np.float32)
    keys = [f"node:{number:03d}" for number in range(nodes)]
    found = NodeIndex(keys, matrix).nearest(vectors, k)
    for vector, row in zip(vectors, found, strict=True):
        every = sorted((-float(vector @ node), key) for node, key in zip(matrix, keys, strict=True))
        assert list(row) == [(key, -distance) for distance, key in every[:k]]
    shuffled = generator.permutation(nodes)
    assert NodeIndex([keys[place] for place in shuffled], matrix[shuffled]).nearest(vectors, k) == found


@pytest.mark.parametrize("nodes", [1, 2047, 2048, 5000])
def test_half_precision_proposes_what_full_precision_finds(nodes: int) -> None:
    generator = np.random.default_rng(nodes)
    # Nodes that lie so near to each other that half precision cannot tell them apart, and vectors around the limit.
    hearts = generator.normal(size=(nodes // 20 + 1, 384))
    matrix = (hearts[generator.integers(0, len(hearts), nodes)] + 0.02 * generator.normal(size=(nodes, 384))).astype(
        np.float32
    )
    matrix /= np.linalg.norm(matrix, axis=1, keepdims=True)
    vectors = (matrix[generator.integers(0, nodes, 64)] + 0.075 * generator.normal(size=(64, 384))).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    keys = [f"node:{number:05d}" for number in range(nodes)]
    full, half = NodeIndex(keys, matrix), NodeIndex(keys, matrix, HalfProducts)
    for least in (0.55, 0.0):
        assert half.nearest(vectors, 10, least=least) == full.nearest(vectors, 10, least=least)
    assert any(full.nearest(vectors, 10, least=0.55))
    for at, part in HalfProducts(matrix)(vectors):
        assert np.abs(part - vectors @ matrix[at : at + part.shape[1]].T).max() < HalfProducts.off_by


def test_a_similarity_does_not_depend_on_the_other_queries() -> None:
    generator = np.random.default_rng(7)
    matrix = generator.normal(size=(5000, 384)).astype(np.float32)
    matrix /= np.linalg.norm(matrix, axis=1, keepdims=True)
    index = NodeIndex([f"node:{number:05d}" for number in range(5000)], matrix)
    together = index.nearest(matrix[:70], 5)
    for place in (0, 33, 69):
        assert index.nearest(matrix[place : place + 1], 5)[0] == together[place]
    assert together[3][0] == ("node:00003", 1.0)


def test_keys_and_rows_must_match() -> None:
    with pytest.raises(ValueError, match="2 keys"):
        NodeIndex(["a", "b"], np.zeros((3, 4), dtype=np.float32))


@pytest.mark.shared
def test_charts_of_meta_analyses_depict_nothing(shared_data: Path) -> None:
    charts = 0
    for path in sorted((shared_data / "articles" / "pmc").glob("PMC[56]*/*.nxml")):
        article = parse_article(path.read_bytes(), path.name)
        assert isinstance(article, ParsedArticle)
        for figure in article.figures:
            found = anchors_of(dossier(figure.caption, title=figure.title))
            assert [name for name, anchor in found.items() if anchor.role == "depicted"] == []
            charts += 1
    assert charts > 50
