"""What a question may rest on and offer: settled names, wrong options that the image cannot show."""

from dataclasses import replace
from random import Random
from typing import Any

import pytest
from dossiers import BY_NAME, anchored, dossier, node
from hypothesis import given
from hypothesis import strategies as st
from store_rows import tree_parts

from met.keys import canonical_json
from met.store import Store
from met.store.others import with_others
from met.synth import caption, question
from met.synth.distractors import distractors_of, is_named, text_of
from met.synth.fields import fields_of
from met.synth.options import Scene, option_names, option_of, scene_of, sorts_of
from met.synth.sentences import is_general, points_back, tells, without_tail
from met.synth.settled import is_settled, names_itself
from met.tree.closure import closure_of
from met.types import Anchor, Dossier, Drop, Edge, Facet, Grown, Node, PlacedNode, Reply

KNOWN = ("brain", "hand", "heart", "kidney", "knee", "liver", "retina", "stomach", "tooth", "trachea")
NODES = tuple(node("anatomy", name) for name in KNOWN)
FINDINGS = tuple(
    node("symptom", name)
    for name in ("consolidation", "midline shift", "hydronephrosis", "tendon tear", "viral particles")
)
TISSUES = tuple(node("anatomy", name) for name in ("nervous tissue", "skeletal muscle tissue", "compact bone tissue"))


SCENES: frozenset[Scene] = frozenset(("scan", "micro", "photo", "gross", "inner"))


def shows(
    text: str, surface: str, one: Node, *, label: str = "ct", path: tuple[str, ...] = ("x",), **more: Any
) -> Dossier:
    """Return a dossier whose caption says that the image shows the node, under `surface`."""
    bare = anchored(dossier(text, **more), label=label)
    start = bare.subcaption.index(surface)
    found = Anchor(
        key="anchor:0", panel=bare.panel.key, node=one.key, role="depicted", polarity="affirmed", certainty="certain",
        score=0.9, method="dictionary", field="subcaption", surface=surface, start_char=start,
        end_char=start + len(surface),
    )  # fmt: skip
    others = tuple(sorted((n for n in (*NODES, *FINDINGS, *TISSUES) if n.facet == one.facet), key=lambda n: n.key))
    placed = PlacedNode(node=one, path=(one.facet, *path), siblings=(), others=others)
    return replace(bare, anchors=(found,), nodes={one.key: placed})


def options(one: Dossier) -> set[str]:
    return set(distractors_of(one, one.anchors[0].node))


# ---------------------------------------------------------------- wrong options


def test_a_scan_of_a_zone_offers_what_lies_in_others() -> None:
    lung = node("anatomy", "left lung")
    assert options(shows("CT of the left lung.", "left lung", lung)) <= {"brain", "hand", "knee", "tooth"}
    visual = node("anatomy", "visual cortex")
    assert options(
        shows("An fMRI of the visual cortex of the brain.", "visual cortex", visual, label="fmri")
    ).isdisjoint({"brain", "tooth", "retina"})


def test_a_slide_offers_organs_of_other_systems_and_no_tissue_of_its_organ() -> None:
    ureter = node("anatomy", "ureter")
    found = options(shows("Ureter in cross-section.", "Ureter", ureter, label="light_microscopy"))
    assert len(found) == 3
    assert found <= {"brain", "heart", "liver", "retina", "stomach", "trachea"}


def test_tissues_are_asked_among_tissues_of_other_sorts() -> None:
    one = shows("Dense connective tissue.", "Dense connective tissue", node("anatomy", "dense connective tissue"),
                label="light_microscopy")  # fmt: skip
    assert options(one) == {"nervous tissue", "skeletal muscle tissue"}


def test_a_photograph_of_an_unknown_part_offers_nothing_that_skin_covers_everywhere() -> None:
    skin = node("anatomy", "zone of skin", "skin")
    found = options(shows("Red patches on lighter skin.", "skin", skin, label="clinical_photo"))
    assert found
    assert found.isdisjoint({"hand", "knee", "tooth"})
    nose = options(shows("The nose of a patient.", "nose", node("anatomy", "nose"), label="clinical_photo"))
    assert nose <= {"hand", "knee"}


def test_findings_are_asked_among_findings_elsewhere() -> None:
    opacity = node("symptom", "ground-glass opacity")
    assert options(shows("CT shows ground-glass opacity of the lung.", "ground-glass opacity", opacity)) == {
        "midline shift",
        "tendon tear",
    }


@pytest.mark.parametrize(
    ("text", "more"),
    [
        ("CT of the left lung. The brain was spared.", {}),
        ("CT of the left lung.", {"title": "Brain and lung"}),
        ("CT of the left lung.", {"mentions": ["Both brains were scanned (Fig. 1)."]}),
        ("CT of the left lung.", {"article": "Infection of lung and brain"}),
    ],
)
def test_what_any_text_of_the_figure_names_is_no_wrong_option(text: str, more: dict[str, Any]) -> None:
    found = options(shows(text, "left lung", node("anatomy", "left lung"), **more))
    assert "brain" not in found


def test_nothing_is_offered_where_nothing_tells_what_the_image_excludes() -> None:
    thing = node("anatomy", "odd thing")
    assert options(shows("An odd thing.", "odd thing", thing)) == set()
    assert options(shows("CT of the left lung.", "left lung", node("anatomy", "left lung"), label="chart")) == set()


def test_a_question_without_two_safe_options_is_not_made() -> None:
    one = shows("An odd thing.", "odd thing", node("anatomy", "odd thing"))
    reply = Reply(
        item="panel", step="question", text=canonical_json(question.rules(one)), refusal=None, engine="rules",
        model="none", tokens_in=0, tokens_out=0, seconds=0.0,
    )  # fmt: skip
    made = question.read(one, reply)
    assert isinstance(made, Drop)
    assert made.reason == "no_question"


def test_every_option_of_the_table_can_be_told_apart_in_its_scenes() -> None:
    facets: tuple[Facet, ...] = ("anatomy", "symptom")
    found = [option_of(node(facet, name)) for facet in facets for name in option_names()]
    table = [option for option in found if option is not None]
    assert len(table) == len(option_names())
    for option in table:
        for scene in SCENES & option.scenes:
            assert option.within(sorts_of(scene, option.level)), (option.name, scene)
        assert option.scenes <= SCENES


@given(
    st.sampled_from(KNOWN), st.sampled_from(["ct", "light_microscopy", "clinical_photo", "gross_specimen", "unknown"])
)
def test_a_wrong_option_shares_no_field_with_the_answer(name: str, label: str) -> None:
    one = shows(f"This shows the {name} well.", name, next(n for n in NODES if n.name == name), label=label)
    scene = scene_of(label)
    assert scene is not None
    sorts = sorts_of(scene, "organ")
    for wrong in options(one):
        assert fields_of((wrong,), sorts).isdisjoint(fields_of((name,), sorts))


def test_the_structure_is_called_as_the_text_calls_it() -> None:
    tooth = node("anatomy", "calcareous tooth", "tooth")
    one = shows("An X-ray of the tooth.", "tooth", tooth, label="radiograph")
    (draft,) = (draft for draft in question.rules(one)["questions"] if draft["kind"] == "anatomy")
    assert draft["answer"] == "tooth"


def test_names_are_found_as_plurals() -> None:
    text = text_of(dossier("Enlarged ovaries and several diagnoses of kidneys."))
    assert all(is_named(name, text) for name in ("ovary", "diagnosis", "kidney"))
    assert not is_named("kid", text)


# ---------------------------------------------------------------- from the store


def test_the_store_leaves_out_what_stands_above_below_or_over_something_common(store: Store) -> None:
    root, hand, arm = node("anatomy", "anatomy"), node("anatomy", "manus", "hand"), node("anatomy", "arm")
    thumb, heart, limb = node("anatomy", "thumb"), node("anatomy", "heart"), node("anatomy", "limb")
    shared, other = node("anatomy", "vein of hand and arm"), node("disease", "brain")
    nodes = [root, hand, arm, thumb, heart, limb, shared, other]
    edges = [
        edge(limb, root), edge(hand, limb, "part_of"), edge(arm, limb), edge(thumb, hand, "unknown"), edge(heart, root),
        edge(shared, hand, "part_of"), replace(edge(shared, arm, "part_of"), is_primary=False),
    ]  # fmt: skip
    closure = list(closure_of([each.key for each in nodes], edges))
    parts = tree_parts("tree:others") | {"nodes": nodes, "edges": edges, "closure": closure, "aliases": []}
    tree = store.put_tree(Grown(**parts | {"relations": [], "evidence": [], "documents": []}))
    names = ["hand", "heart", "limb", "thumb", "brain", "arm"]
    found = store.query("node_others", tree=tree, keys=[hand.key, thumb.key, heart.key], names=names)
    pairs = {(each.name, next(n.name for n in nodes if n.key == row.other))
             for row in found for each in nodes if each.key == row.key}  # fmt: skip
    assert pairs == {
        ("manus", "heart"), ("thumb", "heart"), ("thumb", "arm"), ("thumb", "vein of hand and arm"),
        ("heart", "manus"), ("heart", "limb"), ("heart", "thumb"), ("heart", "arm"),
    }  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
def test_the_store_leaves_out_whatever_the_closure_holds_in_common(store: Store, seed: int) -> None:
    random = Random(seed)
    nodes = [node("anatomy", f"part {at}") for at in range(40)]
    # Each stands under an earlier one, every third under two: some near the root hold most, others nothing.
    edges = [edge(one, nodes[random.randrange(at)]) for at, one in enumerate(nodes) if at]
    taken = {(each.child, each.parent) for each in edges}
    more = [(one, nodes[random.randrange(at)]) for at, one in enumerate(nodes) if at and at % 3 == 0]
    edges += [replace(edge(*two), is_primary=False) for two in more if (two[0].key, two[1].key) not in taken]
    closure = list(closure_of([each.key for each in nodes], edges))
    parts = tree_parts(f"tree:common{seed}") | {"nodes": nodes, "edges": edges, "closure": closure, "aliases": []}
    tree = store.put_tree(Grown(**parts | {"relations": [], "evidence": [], "documents": []}))
    below = {each.key: {row.node for row in closure if row.ancestor == each.key} | {each.key} for each in nodes}
    above = {each.child: each.parent for each in edges if each.is_primary}
    keys = [each.key for each in nodes[:12]]
    found = store.query("node_others", tree=tree, keys=keys, names=[each.name for each in nodes[20:]])
    asked = {
        (key, other.key)
        for key in keys
        for at, other in enumerate(nodes)
        if at >= 20 or (key != other.key and above.get(key, "-") == above.get(other.key))
    }
    assert {(row.key, row.other) for row in found} == {two for two in asked if below[two[0]].isdisjoint(below[two[1]])}


def test_the_store_tells_large_branches_apart(store: Store) -> None:
    root, *branches = [node("anatomy", name) for name in ("anatomy", "abdomen", "brain", "chest")]
    leaves = [[node("anatomy", f"{branch.name} {at}") for at in range(1000)] for branch in branches]
    edges = [edge(branch, root) for branch in branches]
    edges += [edge(leaf, branch) for branch, own in zip(branches, leaves, strict=True) for leaf in own]
    edges.append(replace(edge(leaves[1][500], branches[2]), is_primary=False))
    nodes = [root, *branches, *(leaf for own in leaves for leaf in own)]
    closure = list(closure_of([each.key for each in nodes], edges))
    parts = tree_parts("tree:large") | {"nodes": nodes, "edges": edges, "closure": closure, "aliases": []}
    tree = store.put_tree(Grown(**parts | {"relations": [], "evidence": [], "documents": []}))
    found = store.query("node_others", tree=tree, keys=[each.key for each in branches], names=["brain 500"])
    names = {each.key: each.name for each in nodes}
    assert {(names[row.key], names[row.other]) for row in found} == {
        ("abdomen", "brain"), ("abdomen", "chest"), ("abdomen", "brain 500"),
        ("brain", "abdomen"), ("chest", "abdomen"),
    }  # fmt: skip


def edge(child: Node, parent: Node, kind: Any = "is_a") -> Edge:
    return Edge(child=child.key, parent=parent.key, kind=kind, is_primary=True, provenance={})


def test_no_tree_no_others(store: Store) -> None:
    build = store.put_build(sources=[], tree=None, engine="rules", settings={})
    one = anchored(dossier("CT of the left lung."))
    assert with_others(store, build, [one], option_names()) == [one]


# ---------------------------------------------------------------- settled names


@pytest.mark.parametrize(
    ("text", "surface", "facet", "settled"),
    [
        ("A radiograph of the arm shows gas.", "arm", "anatomy", True),
        ("Spleen", "Spleen", "anatomy", True),
        ("The liver holds a rounded lesion.", "liver", "anatomy", True),
        ("A section of brain tissue.", "brain", "anatomy", True),
        ("The dendrites transfer the nerve impulse.", "nerve", "anatomy", False),
        ("The middle ear bones can be seen.", "middle ear", "anatomy", False),
        ("A skin-prick test.", "skin", "anatomy", False),
        ("Signs are redness, swelling, or hardness.", "swelling", "symptom", False),
        ("Signs are redness or swelling.", "swelling", "symptom", False),
        ("Dental calculus at the teeth.", "calculus", "disease", False),
        ("An MRI machine stands there.", "MRI", "modality", False),
        ("An MRI of the head.", "MRI", "modality", True),
    ],
)
def test_a_question_rests_on_what_the_sentence_means(text: str, surface: str, facet: Facet, settled: bool) -> None:
    definition = "A stone of the urinary tract: bladder or kidney." if surface == "calculus" else None
    one = shows(text, surface, node(facet, surface.lower(), definition=definition))
    assert is_settled(one, one.anchors[0]) is settled


def test_a_heading_ends_where_the_caption_goes_on() -> None:
    text = "Muscle Tissue Skeletal muscle cells have striations."
    one = shows(text, "Muscle Tissue", node("anatomy", "muscle tissue"), title="Muscle Tissue")
    assert is_settled(one, one.anchors[0])


def test_what_is_said_of_one_part_of_a_joined_figure_is_asked_of_none() -> None:
    text = "Heart muscle. (a) Drawing of a fibre. (b) A photomicrograph of the fibre."
    one = shows(text, "photomicrograph", node("modality", "light microscopy"))
    assert not is_settled(one, one.anchors[0])
    assert is_settled(replace(one, panel=replace(one.panel, letter="b")), one.anchors[0])


@pytest.mark.parametrize(
    ("node", "sentence", "surface", "named"),
    [
        (node("anatomy", "cell layer"), "Glia wrap several layers of cell membrane.", "layers of cell", False),
        (node("anatomy", "nerve"), "Dendrites transfer the nerve impulse.", "nerve", False),
        (node("anatomy", "cartilage tissue"), "Cartilage is firm.", "Cartilage", True),
        (node("symptom", "bronchial wall thickening"), "It shows thickening of the bronchial wall.",
         "thickening of the bronchial wall", True),
        (node("anatomy", "nerve"), "Two nerves.", "nerves", False),
    ],
)  # fmt: skip
def test_a_definition_needs_the_name_itself(node: Node, sentence: str, surface: str, named: bool) -> None:
    assert names_itself(node, sentence, surface) is named


# ---------------------------------------------------------------- sentences that stand alone


def test_sentences_that_point_back_stand_behind_their_own_or_not_at_all() -> None:
    assert points_back("This condition is common.")
    assert not points_back("This tooth shows decay.")
    said = caption.rules(anchored(dossier("CT of the chest. Serum 4 mg/l. It was high. A mass is seen.")))["sentences"]
    assert [one["text"] for one in said] == ["CT of the chest.", "A mass is seen."]
    said = caption.rules(anchored(dossier("CT of the chest. It shows a mass.")))["sentences"]
    assert [one["text"] for one in said] == ["CT of the chest.", "It shows a mass."]


def test_what_may_be_so_elsewhere_is_no_caption() -> None:
    text = "Infection can cause fever (Fig. 1). The scan showed a dense consolidation (Fig. 1)."
    said = caption.rules(anchored(dossier("CT of the chest.", mentions=[text])))["sentences"]
    assert [one["text"] for one in said] == ["CT of the chest.", "The scan showed a dense consolidation."]
    assert not is_general("Cells can be clearly seen.")


def test_fragments_and_empty_definitions_stay_out() -> None:
    assert without_tail("Grey lungs. high-resolution computed tomography(HRCT).") == "Grey lungs."
    loose = node("anatomy", "loose connective tissue")
    assert not tells(loose, "Connective tissue is a tissue with cells and fibres.")
    assert not tells(node("anatomy", "arm"), "The part of the forelimb extending to the autopod.")
    assert not tells(node("symptom", "lung finding"), "A finding of the lung.")
    assert tells(BY_NAME["pneumonia"], "Infection of the lung.")
    nose, bite = node("anatomy", "nose"), node("disease", "rabies")
    assert not tells(nose, "The olfactory organ of vertebrates, consisting of nares.")
    assert not tells(nose, "An organ with three parts, namely by two walls:")
    assert tells(bite, "An infection of the brain after the bite of an animal.")


def test_no_organ_is_wrong_where_a_cell_is_shown() -> None:
    one = shows(
        "A section with a goblet cell.", "goblet cell", node("anatomy", "goblet cell"), label="light_microscopy"
    )
    assert options(one) == set()
