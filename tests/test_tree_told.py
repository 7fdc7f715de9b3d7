"""What definitions say outright of where a new concept stands, and which names mean one thing."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from met.tree.attach import attach
from met.tree.attach.ground import Entity, Ground, Said
from met.tree.attach.names import stems
from met.tree.attach.nearest import Floats
from met.tree.attach.places import Placement, is_wider
from met.tree.attach.scorer import FLAT_WEIGHTS, load_scorer
from met.tree.attach.vessels import is_of, other_vessel
from met.tree.induce import induce
from met.tree.novel.exchanged import LIKELY, SUPPORT, Exchanged
from met.tree.novel.told import Definitions, told_by

NODES = (
    ("root", "anatomy"), ("organ", "organ"), ("muscle", "muscle organ"), ("bone", "bone element"), ("tibia", "tibia"),
    ("plate", "epiphyseal plate"), ("diaphragm", "diaphragm"), ("pons", "pons"), ("cord", "spinal cord"),
    ("joint", "articular", "articular bone"), ("lymph", "lymph"), ("head", "head of femur"), ("femur", "femur"),
    ("aorta", "aorta"), ("shock", "shock"), ("eye", "eye"), ("alveolus", "alveolus"),
)  # fmt: skip


def embed(texts: Sequence[str]) -> Floats:
    return np.zeros((len(texts), 4), np.float32)


def ground() -> Ground:
    entities = [Entity(key=row[0], names=tuple(row[1:])) for row in NODES]
    return Ground(entities, [(row[0], "root") for row in NODES[1:]], embed([row[1] for row in NODES]))


def concept(definition: str | None, name: str = "newly found", said: tuple[Said, ...] = ()) -> Entity:
    return Entity(key="new", names=(name,), definition=definition, said=said)


@pytest.mark.parametrize(
    ("definition", "parent", "kind"),
    [
        ("muscle that flexes the thumb", "muscle", "is_a"),
        ("small, thin muscle of the tibia", "muscle", "is_a"),
        ("one of several bones that form the foot", "bone", "is_a"),
        ("type of shock that follows an infection", "shock", "is_a"),
        ("region of the epiphyseal plate that anchors it", "plate", "part_of"),
        ("irregular elevation on the superior end of the tibia, between two surfaces", "tibia", "part_of"),
        ("opening in the diaphragm that allows passage of the aorta", "diaphragm", "part_of"),
        ("area of the spinal cord responsible for reflexes", "cord", "part_of"),
        ("network of neurons within the pons that slow the breath", "pons", "part_of"),
        ("space within diaphragms", "diaphragm", "part_of"),
        ("group of arterial branches of the aorta", "aorta", "part_of"),
        ("space of diaphragms", None, None),
        ("air space within alveoli that take no part", "alveolus", "part_of"),
        ("bony bump located on the head of the femur", "head", "part_of"),
        ("large lymphatics that collect fluid", None, None),
        ("joint that moves within one plane", None, None),
        ("band of muscle around a tube", None, None),
        ("surface of the tibia and femur", None, None),
        ("muscle, tendon, and their vessels", None, None),
        ("space between the tibia and the femur", None, None),
        ("drains the eye", None, None),
        ("in the eye, the section of a cell that holds light", None, None),
        ("an organ", None, None),
        ("A newly found is a bone of the head.", "bone", "is_a"),
        ("A newly found is the pons of a child.", None, None),
        (None, None, None),
    ],
)
def test_a_definition_tells_the_kind_or_the_whole(definition: str | None, parent: str | None, kind: str | None) -> None:
    told = told_by(ground(), concept(definition), "anatomy")
    assert (told and told.parent, told and told.kind) == (parent, kind)


def test_a_part_is_told_of_anatomy_alone() -> None:
    assert told_by(ground(), concept("region of the pons that is sick"), "disease") is None


@pytest.mark.parametrize("facet", ["disease", "anatomy", "symptom"])
def test_the_end_of_its_name_tells_a_concept_whose_definition_says_no_kind(facet: str) -> None:
    shock = told_by(ground(), concept("Toxic shock is a condition of the blood.", "Toxic shock"), facet)
    assert shock is not None and (shock.parent, shock.kind) == ("shock", "is_a")
    assert told_by(ground(), concept("Toxic shock is a condition of the blood.", "Toxic shock"), "modality") is None


def test_the_whole_that_a_definition_names_goes_before_the_end_of_the_name() -> None:
    told = told_by(ground(), concept("region of the pons that is grey", "pontine muscle"), "anatomy")
    assert told is not None and (told.parent, told.kind) == ("pons", "part_of")
    branch = told_by(ground(), concept("branch of the aorta", "a nameless bone"), "anatomy")
    assert branch is not None and (branch.parent, branch.kind) == ("bone", "is_a")


FORAMINA = ("bone foramen", "mental foramen", "vertebral foramen", "jugular foramen", "epiploic foramen")


def foramina(below: int) -> Ground:
    """Foramina, the first `below` of those behind "bone foramen" under it, the others under the root."""
    entities = [Entity(key=name, names=(name,)) for name in ("root", *FORAMINA)]
    edges = [(name, FORAMINA[0] if at <= below and at else "root") for at, name in enumerate(FORAMINA)]
    return Ground(entities, edges, embed([entity.key for entity in entities]))


@pytest.mark.parametrize(
    ("below", "name", "facet", "parent"),
    [
        (4, "sciatic foramen", "anatomy", "bone foramen"),
        (3, "sciatic foramen", "anatomy", "bone foramen"),
        (2, "sciatic foramen", "anatomy", None),
        (4, "sciatic foramen", "disease", None),
        (4, "foramen", "anatomy", None),
        (4, "sciatic canal", "anatomy", None),
        (4, "hole of a foramen", "anatomy", None),
    ],
)
def test_a_name_is_of_the_family_that_holds_most_of_those_that_end_so(
    below: int, name: str, facet: str, parent: str | None
) -> None:
    told = told_by(foramina(below), concept("opening between two bones", name), facet)
    assert (told and told.parent) == parent


def test_a_name_stands_below_no_name_that_ends_in_it() -> None:
    bare = Entity(key="bare", names=("retinacula", "retinaculum"))
    others = [concept(None, name) for name in ("flexor retinaculum", "retinaculum", "tendon or retinaculum", "hiatus")]
    assert [is_wider(bare, other) for other in others] == [True, False, False, False]
    told, said = "A wet gangrene that spreads.", (Said(parent="wet gangrene"),)
    wide = Entity(key="wide", names=("gangrene",), definition=told, said=said)
    narrow = Entity(key="narrow", names=("wet gangrene",))
    shock = replace(narrow, definition="A shock that spreads.", said=(Said(parent="shock"),))
    assert (placed(wide, narrow), placed(narrow, wide)) == ("root", "wide")
    assert (placed(wide, shock), placed(shock, wide)) == ("root", "shock")
    assert {each.child: each.parent for each in induced(wide, narrow)} == {"wide": "root", "narrow": "wide"}
    assert placed(concept(None, "femur head", (Said(parent="diaphragm"),))) == "diaphragm"
    assert placed(Entity(key="new", names=("element",), said=(Said(parent="bone element"),))) == "root"


def test_a_disease_is_told_by_its_definition_and_no_name_with_a_preposition() -> None:
    assert told_by(ground(), concept(None, "fever with shock"), "disease") is None
    assert told_by(ground(), concept("A shock is a muscle of the blood.", "shock"), "disease") == told_by(
        ground(), concept("a muscle of the blood", "shock"), "disease"
    )


def placed(*entities: Entity) -> str:
    definitions, known = Definitions(), ground()
    found = attach(
        entities, known, root="root", embed=embed, scorer=load_scorer(), among=load_scorer(FLAT_WEIGHTS),
        prefer=definitions.on(known, "anatomy"),
    )  # fmt: skip
    return next(each.parent for each in found.placements if each.is_primary and each.child == entities[0].key)


def induced(*entities: Entity) -> tuple[Placement, ...]:
    return induce(entities, root="root", embed=embed, scorer=load_scorer(FLAT_WEIGHTS))


def test_what_a_definition_says_stands_before_what_is_merely_possible() -> None:
    assert placed(concept("muscle that flexes the thumb", "opponens")) == "muscle"
    assert placed(concept("opening in the diaphragm for the aorta", "aortic hiatus")) == "diaphragm"
    assert placed(concept(None, "opponens")) == "root"


def test_veins_do_not_stand_under_arteries() -> None:
    kinds = other_vessel(concept(None, "plantar venous arch"))
    assert kinds is not None
    assert is_of(Entity(key="a", names=("plantar arch",), definition="It joins the plantar arteries."), kinds)
    assert not is_of(Entity(key="a", names=("arch of vein and artery",)), kinds)
    assert other_vessel(concept(None, "arteriovenous fistula of artery and vein")) is None


def test_an_adjective_alone_or_in_the_plural_is_no_organ() -> None:
    assert stems("articular") == ("articular",) and stems("articular bone") == ("joint", "bone")
    assert stems("lymphatics") == ("lymphatic",) and stems("tumours") == ("neoplasm",)


def exchanged(supporting: int, parted: int) -> Exchanged:
    names = Exchanged()
    for at in range(supporting):
        names.put(f"gland{at}", "anatomy", [("adrenal", f"part{at}"), ("suprarenal", f"part{at}")])
    for at in range(parted):
        names.put(f"one{at}", "anatomy", [("adrenal", f"lobe{at}")])
        names.put(f"other{at}", "anatomy", [("suprarenal", f"lobe{at}")])
    names.put("vein", "anatomy", [("suprarenal", "vein")])
    return names


def test_words_are_likely_one_where_few_nodes_bear_both_or_some_are_told_apart_by_them() -> None:
    for supporting, parted, likely in (
        (LIKELY, 0, True),
        (LIKELY - 1, 0, False),
        (SUPPORT, 2, True),
        (SUPPORT, 9, False),
    ):
        names = exchanged(supporting, parted)
        assert names.find(("adrenal", "vein"), "anatomy", likely=True) == ({"vein"} if likely else set())
    sides = Exchanged()
    for at in range(LIKELY):
        sides.put(f"horn{at}", "anatomy", [("dorsal", f"part{at}"), ("posterior", f"part{at}")])
    sides.put("root", "anatomy", [("dorsal", "root")])
    assert sides.find(("posterior", "root"), "anatomy", likely=True) == set()


def test_words_that_are_whole_names_of_one_node_are_one() -> None:
    names = Exchanged()
    names.put("yeast", "disease", [("candidiasis",), ("thrush",)])
    names.put("mouth", "disease", [("oral", "candidiasis")])
    assert names.find(("oral", "thrush"), "disease") == {"mouth"}
    assert names.find(("oral", "thrush"), "anatomy") == set()
    apart = Exchanged()
    apart.put("bird", "disease", [("avian", "thrush")])
    apart.put("germ", "disease", [("avian", "candidiasis")])
    apart.put("yeast", "disease", [("candidiasis",), ("thrush",)])
    apart.put("mouth", "disease", [("oral", "candidiasis")])
    assert apart.find(("oral", "thrush"), "disease") == set()


def test_words_are_one_where_several_nodes_bear_both() -> None:
    assert exchanged(SUPPORT, 0).find(("adrenal", "vein"), "anatomy") == {"vein"}
    assert exchanged(SUPPORT - 1, 0).find(("adrenal", "vein"), "anatomy") == set()
    assert exchanged(SUPPORT, 1).find(("adrenal", "vein"), "anatomy") == set()
    assert exchanged(SUPPORT, 0).find(("adrenal", "vein"), "disease") == set()
    assert exchanged(SUPPORT, 0).find(("adrenal",), "anatomy") == set()
