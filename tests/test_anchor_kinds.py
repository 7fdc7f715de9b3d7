"""Anchors by what the image can show: its kind, diseases seen or diagnosed or spoken of, and what names imply."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from dossiers import NO_INDEX, NO_VECTOR, dossier, node
from hypothesis import given
from hypothesis import strategies as st

from met.anchor import Known, anchor_panel, focus_of, known_of, spoken_names
from met.anchor.sights import CERTAIN, NODE_OF, UNTOLD, seen_kind
from met.harvest.modality.taxonomy import GROUP_OF, NOT_MEDICAL
from met.keys import content_key
from met.tree.lexicon import Lexicon
from met.tree.modalities import modality_ontology
from met.types import Anchor, Dossier, Edge, Modality, Node, PlacedNode, Role

MODALITIES = {
    name: node("modality", name, *names)
    for name, *names in (
        ("microscopy",),
        ("light microscopy", "photomicrograph"),
        ("Giemsa stain", "Giemsa-stained"),
        ("blood smear",),
        ("electron microscopy", "electron micrograph"),
        ("transmission electron microscopy", "transmission electron micrograph"),
        ("radiography", "X-ray"),
        ("chest radiography", "chest X-ray"),
        ("computed tomography", "CT"),
        ("clinical photography",),
        ("axial plane", "axial"),
    )
}
OTHERS = {
    one.name: one
    for one in (
        node("disease", "infectious disease"),
        node("disease", "measles"),
        node("disease", "rubella"),
        node("disease", "tuberculosis"),
        node("disease", "influenza", "influenzae"),
        node("disease", "COVID-19"),
        node("disease", "lung cancer"),
        node("disease", "non-small cell lung cancer"),
        node("disease", "myocardial infarction", "MI"),
        node("symptom", "Skin rash"),
        node("symptom", "Bronchial wall thickening"),
        node("symptom", "fever"),
        node("anatomy", "zone of skin", "skin"),
        node("anatomy", "blood"),
        node("anatomy", "liver"),
        node("anatomy", "middle lobe of right lung"),
        node("anatomy", "pylorus", "pylori"),
    )
}
BY_NAME = MODALITIES | OTHERS
NODES = tuple(BY_NAME.values())
PARENTS = (
    ("light microscopy", "microscopy"),
    ("electron microscopy", "microscopy"),
    ("Giemsa stain", "light microscopy"),
    ("blood smear", "light microscopy"),
    ("transmission electron microscopy", "electron microscopy"),
    ("chest radiography", "radiography"),
    ("non-small cell lung cancer", "lung cancer"),
    *((name, "infectious disease") for name in ("measles", "rubella", "tuberculosis", "influenza", "COVID-19")),
)
EDGES = [
    Edge(child=BY_NAME[child].key, parent=BY_NAME[parent].key, kind="is_a", is_primary=True, provenance={})
    for child, parent in PARENTS
]
LEXICON = Lexicon(spoken_names(NODES))
KNOWN = known_of(NODES, EDGES, LEXICON)


def of_kind(one: Dossier, label: str, probability: float = 0.95) -> Dossier:
    told = Modality(
        key=content_key("modality", one.panel.key, label),
        panel=one.panel.key,
        label=label,
        probability=probability,
        medical=1.0,
        method="test",
    )
    return replace(one, modality=told)


def anchors_of(one: Dossier, nodes: Sequence[Node] = NODES) -> dict[str, Anchor]:
    facets = {own.key: own.facet for own in nodes}
    found = anchor_panel(one, lexicon=LEXICON, facets=facets, index=NO_INDEX, vector=NO_VECTOR, known=KNOWN)
    names = {own.key: own.name for own in nodes}
    return {names[anchor.node]: anchor for anchor in found}


def roles_of(one: Dossier) -> dict[str, Role]:
    return {name: anchor.role for name, anchor in anchors_of(one).items()}


# ---------------------------------------------------------------- kinds of image


def test_every_kind_of_a_medical_image_has_a_node_of_our_own_table() -> None:
    names = {term.name for term in modality_ontology().terms}
    assert set(NODE_OF.values()) <= names
    without = {"culture_photo", "gross_specimen", "otoscopy"}
    assert set(NODE_OF) == set(GROUP_OF) - NOT_MEDICAL - without


def test_the_kind_that_the_stage_tells_is_depicted_though_no_word_says_it() -> None:
    anchor = anchors_of(of_kind(dossier("Measles on the skin."), "clinical_photo", 0.9))["clinical photography"]
    assert (anchor.role, anchor.method, anchor.certainty, anchor.surface) == ("depicted", "modality", "certain", "")
    assert anchor.start_char is None
    assert anchor.score == pytest.approx(0.72)


def test_words_and_kind_that_agree_strengthen_each_other() -> None:
    both = anchors_of(of_kind(dossier("CT of the liver."), "ct"))["computed tomography"]
    assert (both.method, both.surface) == ("dictionary+modality", "CT")
    assert both.score > anchors_of(dossier("CT of the liver."))["computed tomography"].score


@pytest.mark.parametrize(
    ("caption", "certainty"), [("The CT scanner of a hospital.", "hedged"), ("CT of the liver.", "certain")]
)
def test_a_machine_makes_no_image_sure_to_be_its_own(caption: str, certainty: str) -> None:
    found = anchors_of(of_kind(dossier(caption, article="What CT does"), "ct", 0.6))["computed tomography"]
    assert (found.role, found.method, found.certainty) == ("depicted", "dictionary+modality", certainty)


def test_a_kind_that_the_image_is_not_is_mentioned() -> None:
    found = roles_of(of_kind(dossier("CT / X-ray imaging of the liver, axial."), "ct"))
    assert found["computed tomography"] == found["axial plane"] == "depicted"
    assert found["radiography"] == "mentioned"


def test_a_doubtful_kind_does_not_stand_against_the_panels_own_words() -> None:
    found = roles_of(of_kind(dossier("Transmission electron micrograph of the liver."), "light_microscopy", 0.6))
    assert found["transmission electron microscopy"] == "depicted"
    assert "light microscopy" not in found


def test_the_kind_below_is_meant_but_a_stain_is_no_kind() -> None:
    electron = roles_of(of_kind(dossier("Transmission electron micrograph."), "electron_microscopy"))
    assert electron["electron microscopy"] == "mentioned"
    stained = roles_of(of_kind(dossier("Giemsa-stained slide."), "light_microscopy"))
    assert stained["light microscopy"] == stained["Giemsa stain"] == "depicted"


def test_what_no_text_names_is_no_focus() -> None:
    one = of_kind(dossier("Nothing to see."), "ct")
    anchors = tuple(anchors_of(one).values())
    placed = {own.key: PlacedNode(node=own, path=(), siblings=()) for own in NODES}
    assert [anchor.role for anchor in anchors] == ["depicted"]
    assert focus_of(replace(one, anchors=anchors, nodes=placed)) is None


def test_a_picture_of_no_patient_depicts_nothing() -> None:
    one = dossier("Workers are vaccinated; the skin of the forearm.")
    assert "depicted" not in roles_of(of_kind(one, "other_photo", 0.95)).values()
    assert roles_of(of_kind(one, "other_photo", 0.5))["zone of skin"] == "depicted"


@given(st.sampled_from([*GROUP_OF, "unknown"]), st.floats(0, 1))
def test_a_sight_is_what_the_stage_tells(label: str, probability: float) -> None:
    sight = seen_kind(of_kind(dossier("x"), label, round(probability, 4)))
    assert (sight.kind is None) == (label == "unknown" or label in NOT_MEDICAL)
    assert (sight.certainty == "certain") == (sight.kind is not None and sight.probability >= CERTAIN)
    assert seen_kind(dossier("x")) == UNTOLD


# ---------------------------------------------------------------- diseases


@pytest.mark.parametrize(
    ("caption", "kind", "disease", "role"),
    [
        ("Measles presents as a rash on the face.", "clinical_photo", "measles", "depicted"),
        ("A child with measles.", "clinical_photo", "measles", "diagnosis"),
        ("This rash is the result of measles.", "clinical_photo", "measles", "diagnosis"),
        ("An example of a mild case of measles.", "clinical_photo", "measles", "depicted"),
        ("The skin test for tuberculosis.", "clinical_photo", "tuberculosis", "mentioned"),
        ("Children are vaccinated against measles.", "clinical_photo", "measles", "mentioned"),
        ("Measles virus budding from a cell.", "electron_microscopy", "measles", "mentioned"),
        ("The germ, which causes measles, is shown.", "light_microscopy", "measles", "mentioned"),
        ("Sputum of a patient with tuberculosis.", "light_microscopy", "tuberculosis", "diagnosis"),
        ("Lung biopsy shows tuberculosis.", "light_microscopy", "tuberculosis", "depicted"),
        ("Histology shows lung cancer.", "light_microscopy", "lung cancer", "depicted"),
        ("A CT scan shows lung cancer.", "ct", "lung cancer", "depicted"),
        ("CT of a patient with lung cancer.", "ct", "lung cancer", "diagnosis"),
        ("CT of a patient with MI.", "ct", "myocardial infarction", "mentioned"),
        ("CT of a patient with myocardial infarction (MI).", "ct", "myocardial infarction", "diagnosis"),
    ],
)
def test_what_an_image_can_show_decides_the_role_of_a_disease(
    caption: str, kind: str, disease: str, role: Role
) -> None:
    assert roles_of(of_kind(dossier(caption), kind))[disease] == role


@pytest.mark.parametrize(
    ("caption", "kind", "disease"),
    [
        ("Mycobacterium tuberculosis on a slide.", "light_microscopy", "tuberculosis"),
        ("Culture of Haemophilus influenzae.", "culture_photo", "influenza"),
    ],
)
def test_the_name_of_a_germ_names_no_disease(caption: str, kind: str, disease: str) -> None:
    assert disease not in roles_of(of_kind(dossier(caption), kind))


def test_the_general_disease_stands_back_behind_the_special_one() -> None:
    found = roles_of(of_kind(dossier("CT shows lung cancer, a non-small cell lung cancer."), "ct"))
    assert (found["non-small cell lung cancer"], found["lung cancer"]) == ("depicted", "mentioned")


def test_the_titles_disease_is_the_diagnosis_of_a_case() -> None:
    title = "Diagnosis and treatment of 2019 novel coronavirus (2019-nCoV) infected pneumonia"
    case = anchors_of(of_kind(dossier("CT of a 51 years old male with fever.", article=title), "ct"))["COVID-19"]
    assert (case.role, case.certainty, case.field) == ("diagnosis", "hedged", "title")
    assert roles_of(of_kind(dossier("CT of the liver.", article=title), "ct"))["COVID-19"] == "mentioned"
    report = "Measles in an adult: a case report"
    assert (
        roles_of(of_kind(dossier("Photograph of the skin.", article=report), "clinical_photo"))["measles"]
        == "diagnosis"
    )


# ---------------------------------------------------------------- names


@pytest.mark.parametrize(
    ("caption", "name"),
    [
        ("Opacity in the middle lobe of the right lung.", "middle lobe of right lung"),
        ("Consolidation in the right middle lobe.", "middle lobe of right lung"),
        ("Thickening of the bronchial wall.", "Bronchial wall thickening"),
        ("A rash.", "Skin rash"),
    ],
)
def test_captions_say_names_in_their_own_way(caption: str, name: str) -> None:
    assert name in roles_of(dossier(caption))


def test_a_name_tells_where_a_finding_is() -> None:
    found = anchors_of(of_kind(dossier("A rash after a week."), "clinical_photo"))
    skin, rash = found["zone of skin"], found["Skin rash"]
    assert (skin.role, skin.method, skin.surface) == ("depicted", "implied", "rash")
    assert skin.score < rash.score
    assert roles_of(of_kind(dossier("Parasites in a blood smear."), "light_microscopy"))["blood"] == "depicted"
    assert "zone of skin" not in roles_of(of_kind(dossier("CT without a rash."), "ct"))


@pytest.mark.parametrize("caption", ["A liver fluke.", "Liver-like tissue.", "Helicobacter pylori on a slide."])
def test_a_part_of_another_name_is_not_depicted(caption: str) -> None:
    assert "depicted" not in roles_of(dossier(caption)).values()


def test_what_the_eye_does_not_see_is_not_depicted() -> None:
    found = roles_of(of_kind(dossier("Photograph of a rash; fever for a week."), "clinical_photo"))
    assert (found["Skin rash"], found["fever"]) == ("depicted", "mentioned")


def test_other_panels_say_nothing_of_this_one() -> None:
    caption = "(a) Skin. (b) CT of the liver."
    found = anchors_of(dossier(caption, spans=((4, 9),), letter="a"))
    assert (found["zone of skin"].role, found["liver"].role) == ("depicted", "mentioned")
    assert found["liver"].score < 0.1


def test_a_passage_that_cites_the_figure_depicts_in_none_of_its_panels() -> None:
    text = "Fig. 1 shows the liver."
    assert roles_of(dossier("Skin.", mentions=[text]))["liver"] == "depicted"
    assert roles_of(dossier("Skin.", mentions=[text], letter="a"))["liver"] == "mentioned"


def test_nothing_known_of_a_tree_changes_nothing() -> None:
    assert Known().above("x") == frozenset()
    assert Known().agrees("x", "ct")
    assert not Known().is_infection("x")
    assert KNOWN.above(BY_NAME["Giemsa stain"].key) == {
        BY_NAME["light microscopy"].key,
        BY_NAME["microscopy"].key,
    }
