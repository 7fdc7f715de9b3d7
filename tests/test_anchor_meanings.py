"""What names mean where they stand: other words, everyday language, short forms, comparison, words behind a vector."""

from dataclasses import replace

import numpy as np
import pytest
from dossiers import dossier

from met.anchor import NodeIndex, anchor_panel, known_of, spoken_names
from met.anchor.compared import is_comparator, is_control
from met.anchor.support import Bearing
from met.keys import content_key
from met.tree.lexicon import Lexicon
from met.types import Anchor, Dossier, Facet, Node

NODES = (
    ("anatomy", "blood", ()),
    ("anatomy", "hair", ()),
    ("anatomy", "liver", ()),
    ("anatomy", "hip", ()),
    ("anatomy", "manus", ("hand",)),
    ("anatomy", "skeletal muscle tissue", ("skeletal muscle",)),
    ("anatomy", "dorsal root ganglion", ()),
    ("anatomy", "third thoracic dorsal root ganglion", ()),
    ("anatomy", "wall of coronary artery", ()),
    ("anatomy", "nerve of trunk region", ()),
    ("anatomy", "central nervous system", ("CNS",)),
    ("disease", "measles", ()),
    ("disease", "malaria", ()),
    ("disease", "influenza", ("influenzae",)),
    ("disease", "Becker muscular dystrophy", ("BMD",)),
    ("disease", "myocardial infarction", ("MI",)),
    ("disease", "acute respiratory distress syndrome", ("ARDS",)),
    ("disease", "urinary tract infection", ()),
    ("disease", "fungal infectious disease", ()),
    ("disease", "cutaneous tuberculosis", ("skin tuberculosis",)),
    ("symptom", "Recurrent urinary tract infections", ("urinary tract infections",)),
    ("symptom", "Emotional hypersensitivity", ("hypersensitivity",)),
    ("symptom", "Skin rash", ("rash",)),
    ("disease", "skin infection", ()),
    ("symptom", "Cellulitis", ("skin infection",)),
    ("disease", "pleurisy", ()),
    ("symptom", "Pleuritis", ("pleurisy",)),
    ("symptom", "Rigidity", ()),
    ("symptom", "Depression", ()),
    ("symptom", "Headache", ()),
    ("symptom", "endospore", ()),
    ("symptom", "tear", ()),
    ("symptom", "stenosis", ("narrowing",)),
    ("modality", "computed tomography", ("CT",)),
)


def _node(facet: Facet, name: str, synonyms: tuple[str, ...]) -> Node:
    key = content_key("node", facet, name)
    return Node(
        key=key, digest=key, facet=facet, curie=None, name=name, synonyms=synonyms, definition=None, xrefs=(),
        provenance={}, licence="CC0-1.0", text_digest=key,
    )  # fmt: skip


TREE = tuple(_node(facet, name, synonyms) for facet, name, synonyms in NODES)  # type: ignore[arg-type]
KEYS = {node.name: node.key for node in TREE}
NAMES = {node.key: node.name for node in TREE}
LEXICON = Lexicon(spoken_names(TREE))
KNOWN = known_of(TREE, (), LEXICON)
NO_INDEX = NodeIndex([], np.zeros((0, 2), dtype=np.float32))


def anchors_of(one: Dossier, index: NodeIndex = NO_INDEX) -> dict[str, Anchor]:
    found = anchor_panel(
        one,
        lexicon=LEXICON,
        facets={node.key: node.facet for node in TREE},
        index=index,
        vector=np.array([1, 0], dtype=np.float32),
        known=KNOWN,
    )
    return {NAMES[anchor.node]: anchor for anchor in found}


def near(*names: str) -> NodeIndex:
    """Return an index in which every vector is near these nodes."""
    return NodeIndex([KEYS[name] for name in names], np.array([[0.8, 0.6]] * len(names), dtype=np.float32))


# ---------------------------------------------------------------- words


@pytest.mark.parametrize(
    ("caption", "name", "is_named"),
    [
        ("CT after re-measles vaccination.", "measles", False),
        ("Anti-malaria drugs in the liver.", "malaria", False),
        ("Post-malaria anemia.", "malaria", True),
        ("Rate of the tear in both groups.", "tear", False),
        ("Spores are endospore-like bodies.", "endospore", False),
        ("Cells with an endospore.", "endospore", True),
        ("Sensory hair cells of the ear.", "hair", False),
        ("Hair of a patient.", "hair", True),
        ("White blood cells (6.3 × 109/L) were normal.", "blood", False),
        ("Red blood cells in a smear.", "blood", True),
        ("Mean blood pressure after the drug.", "blood", False),
        ("A smear of blood.", "blood", True),
        ("A colony of H. influenzae on agar.", "influenza", False),
        ("The lung in influenza.", "influenza", True),
        ("On the other hand, the liver was normal.", "manus", False),
        ("Radiograph of the hand.", "manus", True),
        ("A protein that adds rigidity to the pellicle.", "Rigidity", False),
        ("Rigidity is a symptom that the hands show.", "Rigidity", True),
        ("A depression on the surface of the cell.", "Depression", False),
        ("The patient had depression.", "Depression", True),
        ("Headache and depression.", "Depression", True),
        ("A CT scanner in a hospital.", "computed tomography", False),
        ("Patients lie still in the CT machine.", "computed tomography", False),
        ("Images acquired on a 64-slice CT scanner.", "computed tomography", True),
        ("A CT scan of the liver.", "computed tomography", True),
        ("Absorption and narrowing of the remaining lesions.", "stenosis", False),
        ("Narrowing of the left artery.", "stenosis", True),
    ],
)
def test_what_only_looks_like_a_name_is_none(caption: str, name: str, is_named: bool) -> None:
    assert (name in anchors_of(dossier(caption))) is is_named


@pytest.mark.parametrize(
    ("caption", "name", "role"),
    [
        ("Skeletal muscle is found around the hip, the hand and elsewhere.", "hip", "mentioned"),
        ("Skeletal muscle is found around the hip and the hand.", "skeletal muscle tissue", "depicted"),
        ("This muscle is found in the hip.", "hip", "depicted"),
        ("Nodules are found in the liver and the hip.", "liver", "depicted"),
        ("Cancer is found in the liver and the hip.", "liver", "depicted"),
        ("Pollen, shown here, may trigger a rash.", "Skin rash", "mentioned"),
        ("A photograph shows a rash.", "Skin rash", "depicted"),
    ],
)
def test_what_is_so_in_general_is_not_depicted(caption: str, name: str, role: str) -> None:
    assert anchors_of(dossier(caption))[name].role == role


def test_of_illnesses_with_one_name_the_widest_is_meant() -> None:
    assert set(anchors_of(dossier("Urinary tract infections in women."))) == {"urinary tract infection"}
    told = anchors_of(dossier("Recurrent urinary tract infections in women."))
    assert set(told) == {"Recurrent urinary tract infections"}
    assert set(anchors_of(dossier("A skin infection."))) == {"skin infection"}
    assert set(anchors_of(dossier("A pleurisy."))) == {"pleurisy", "Pleuritis"}


def test_an_illness_needs_the_word_of_its_course() -> None:
    assert set(anchors_of(dossier("Type III hypersensitivity in patients, with a rash."))) == {"Skin rash"}
    assert set(anchors_of(dossier("Emotional hypersensitivity of patients."))) == {"Emotional hypersensitivity"}


# ---------------------------------------------------------------- short forms


@pytest.mark.parametrize(
    ("caption", "mentions", "name", "is_named"),
    [
        ("Forest plot of BMD in zone 4.", (), "Becker muscular dystrophy", False),
        ("Forest plot of BMD.", ("Fig. 1: bone mineral density (BMD).",), "Becker muscular dystrophy", False),
        ("Course of BMD.", ("Becker muscular dystrophy (BMD), Fig. 1.",), "Becker muscular dystrophy", True),
        ("ECG in MI.", ("Fig. 1: a myocardial infarction.",), "myocardial infarction", True),
        ("Nausea (MI: −0.47, 95% CI).", (), "myocardial infarction", False),
        ("ECG of patients with MI.", (), "myocardial infarction", True),
        ("CT of ARDS.", (), "acute respiratory distress syndrome", True),
        ("ARDS.", ("The adaptive random design study (ARDS), Fig. 1.",), "acute respiratory distress syndrome", False),
        ("Cells of the CNS.", (), "central nervous system", True),
        ("Cells of the CNS.", ("The central nursing station (CNS), Fig. 1.",), "central nervous system", False),
        ("CT scan.", (), "computed tomography", True),
    ],
)  # fmt: skip
def test_a_short_form_means_what_the_texts_say(
    caption: str, mentions: tuple[str, ...], name: str, is_named: bool
) -> None:
    assert (name in anchors_of(dossier(caption, mentions=mentions))) is is_named


def test_what_the_abstract_spells_out_counts() -> None:
    one = dossier("Course of BMD.")
    told = replace(one, article=replace(one.article, abstract="We studied Becker muscular dystrophy."))
    other = replace(one, article=replace(one.article, abstract="We measured bone mineral density (BMD)."))
    assert set(anchors_of(told)) == {"Becker muscular dystrophy"}
    assert set(anchors_of(other)) == set()


# ---------------------------------------------------------------- comparison


@pytest.mark.parametrize(
    ("sentence", "entity", "is_it"),
    [
        ("Unlike measles, the rash begins at the hands.", "measles", True),
        ("Unlike measles, the rash begins at the hands.", "rash", False),
        ("Unlike epidemic or murine typhus, it spreads to the trunk.", "typhus", True),
        ("Compared to the giant cylinders of skeletal muscle, cardiac cells are short.", "skeletal muscle", True),
        ("The nucleus is pale in contrast to healthy liver.", "liver", True),
        ("A lesion mimicking measles.", "measles", True),
        ("Hyperintense relative to muscle.", "muscle", True),
        ("The canal lies at 45 degrees relative to the liver.", "liver", False),
        ("Compared with the control in terms of hip score.", "hip", False),
        ("Compared with the hip score at two weeks.", "hip", False),
        ("Thin skin versus thick skin.", "thick skin", False),
    ],
)
def test_comparator_is_what_the_subject_is_set_against(sentence: str, entity: str, is_it: bool) -> None:
    start = sentence.index(entity)
    assert is_comparator(sentence.lower(), (start, start + len(entity)), "anatomy") is is_it


@pytest.mark.parametrize(
    ("sentence", "entity", "is_it"),
    [
        ("Control liver.", "liver", True),
        ("Control (left) liver and treated liver.", "liver", True),
        ("Liver of a control mouse.", "Liver", True),
        ("Section of liver from healthy controls.", "liver", True),
        ("CT of a healthy volunteer showing the liver.", "liver", True),
        ("Nausea between the FICB group and the control group.", "Nausea", False),
        ("Liver volume in healthy controls.", "Liver", False),
        ("Higher in liver of control mice than in others.", "liver", False),
        ("Control of bleeding in the liver.", "liver", False),
        ("Infection control in the hip.", "hip", False),
    ],
)
def test_control_is_what_the_panel_shows_of_one(sentence: str, entity: str, is_it: bool) -> None:
    start = sentence.index(entity)
    assert is_control(sentence.lower(), (start, start + len(entity)), "anatomy") is is_it


def test_only_a_disease_is_what_a_sign_is_more_than() -> None:
    sentence = "the rash is less intense than that of measles."
    span = (sentence.index("measles"), sentence.index("."))
    assert is_comparator(sentence, span, "disease")
    assert not is_comparator(sentence, span, "anatomy")


def test_no_modality_is_a_control() -> None:
    assert not is_control("ct of a healthy control", (0, 2), "modality")


@pytest.mark.parametrize(
    ("caption", "name", "role"),
    [
        ("CT of a healthy control with liver.", "computed tomography", "depicted"),
        ("CT of a healthy control with liver.", "liver", "control"),
        ("CT of the liver in the control group.", "liver", "mentioned"),
        ("Forest plot of hip scores, control group and others.", "hip", "mentioned"),
        ("CT of the liver versus the hip.", "hip", "mentioned"),
        ("CT of the liver, unlike the hip.", "hip", "comparator"),
        ("Forest plot of malaria, unlike measles.", "measles", "mentioned"),
    ],
)
def test_roles_beside_comparison(caption: str, name: str, role: str) -> None:
    assert anchors_of(dossier(caption))[name].role == role


# ---------------------------------------------------------------- vectors


@pytest.mark.parametrize(
    ("caption", "name", "stands"),
    [
        ("Dorsal root ganglion of a dog.", "third thoracic dorsal root ganglion", False),
        ("A coronary artery wall with a plaque.", "wall of coronary artery", True),
        ("No coronary artery wall is seen.", "wall of coronary artery", False),
        ("Close-up of a nerve trunk.", "nerve of trunk region", False),
        ("Fungal infections of the nail.", "fungal infectious disease", True),
        ("The skin test for tuberculosis.", "cutaneous tuberculosis", False),
    ],
)
def test_a_vector_alone_needs_the_words_of_the_node(caption: str, name: str, stands: bool) -> None:
    found = anchors_of(dossier(caption), near(name))
    assert (name in found) is stands
    assert all(anchor.method != "vector" or anchor.role == "mentioned" for anchor in found.values())


def test_words_far_apart_bear_no_name() -> None:
    text = "The artery lies behind the thick wall of the left coronary sinus."
    assert not list(Bearing(text).places(["coronary artery wall"]))
    assert not list(Bearing("").places(["coronary artery wall"]))
