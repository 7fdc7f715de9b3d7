"""Linking: the focus of a text, and the node of a name."""

import json
import tarfile
from io import BytesIO
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from met.errors import BadInput
from met.evaluate.links import Case, fit, measures, score_links
from met.evaluate.links_gold import FocusDocument, read_rows, without_questions
from met.evaluate.names import score_names
from met.tree.evidence import MENTIONS_A_NODE, Findings, evidence_of
from met.tree.lexicon import Lexicon
from met.tree.link import Linker, LinkModel, shipped_model
from met.tree.link.mentions import mentions_of, readable
from met.tree.link.signals import SIGNALS
from met.tree.normalise.candidates import TrigramIndex
from met.tree.normalise.keys import loose_keys, name_key, spellings
from met.tree.normalise.names import NameIndex, Naming
from met.tree.texts import Text
from met.types import Document, Edge, Facet, Node


def node(
    key: str,
    name: str,
    *synonyms: str,
    facet: Facet = "disease",
    ontology: str = "mondo",
) -> Node:
    return Node(
        key=key,
        digest="",
        facet=facet,
        curie=key.upper(),
        name=name,
        synonyms=synonyms,
        definition=None,
        xrefs=(),
        provenance={"terms": [{"ontology": ontology, "curie": key.upper()}]},
        licence="CC0-1.0",
        text_digest="",
    )


def edge(child: str, parent: str) -> Edge:
    return Edge(child=child, parent=parent, kind="is_a", is_primary=True, provenance={})


NODES = [
    node("d:1", "respiratory disease"),
    node("d:2", "asthma", "bronchial asthma"),
    node("d:3", "allergic rhinitis", "hay fever"),
    node("d:4", "pneumonia"),
    node("s:1", "Wheezing", facet="symptom"),
]
EDGES = [edge("d:2", "d:1"), edge("d:3", "d:1"), edge("d:4", "d:1")]
ANSWERS = (
    "Asthma (AZ-ma) is a chronic disease of the airways. People with asthma have wheezing. Hay fever may come with it.",
    "Asthma is treated with inhalers. Unlike pneumonia, asthma is not an infection.",
)


# ---------------------------------------------------------------- focus of a text


def test_the_focus_of_a_text_comes_first_with_what_spoke_for_it() -> None:
    links = Linker(NODES, EDGES).rank(ANSWERS)
    assert links[0].node == "d:2"
    assert {link.node for link in links} == {"d:2", "d:3", "d:4", "s:1"}
    assert links[0].signals["defined"] == 1.0 and links[0].signals["first"] == 1.0
    assert sum(link.probability for link in links) == pytest.approx(1, abs=1e-3)


def test_the_focus_is_what_is_likelier_than_all_else_in_every_facet() -> None:
    twin = node("s:2", "Asthma", facet="symptom")
    assert Linker([*NODES, twin], EDGES).focus(ANSWERS) == {"d:2", "s:2"}
    unlike = ("Pneumonia and asthma are diseases.", "Asthma and pneumonia differ.", "Hay fever differs.")
    found = Linker(NODES, EDGES).rank(unlike)
    assert (Linker(NODES, EDGES).focus(unlike) == frozenset()) == (found[0].probability <= 0.5)
    assert Linker(NODES, EDGES).focus((*ANSWERS, "x " * 20_000)) == frozenset()


def test_of_many_sentences_those_of_texts_about_a_node_are_kept() -> None:
    linker = Linker(NODES, EDGES)
    bodies = {"document:0": "Asthma is seen. " * 30 + "Pneumonia is an infection.", "document:1": "\n\n".join(ANSWERS)}
    kept = {}
    for focused in (False, True):
        findings = Findings(lexicon=linker.lexicon, facets={each.key: each.facet for each in NODES})
        for key, body in bodies.items():
            document = Document(
                key=key, path=key, title="", kind="text", authority="web", licence="CC0-1.0", sha256=key,
                characters=len(body), text=body,
            )  # fmt: skip
            focus = linker.focus(body.split("\n\n")) if focused and key == "document:1" else frozenset()
            findings.add(Text(document=document, glossary=()), linker.lexicon.find(body), focus)
        kept[focused] = [row.document for row in evidence_of(findings, {}) if row.subject == "d:2"]
    assert kept[False].count("document:1") == 0 and kept[True].count("document:1") == 4
    assert len(kept[False]) == len(kept[True]) == MENTIONS_A_NODE


def test_a_text_without_a_name_has_no_focus() -> None:
    assert Linker(NODES, EDGES).focus(("Nothing is known.",)) == frozenset()
    assert Linker(NODES, EDGES).rank(("Nothing is known.",)) == ()
    assert Linker(NODES, EDGES).rank(()) == ()


def test_the_order_of_the_nodes_does_not_matter() -> None:
    shuffled = Random(3).sample(NODES, len(NODES))
    assert Linker(shuffled, EDGES[::-1]).rank(ANSWERS) == Linker(NODES, EDGES).rank(ANSWERS)


def test_a_short_form_that_the_text_defines_counts_for_the_long_one_alone() -> None:
    names = [("antiphospholipid syndrome", "a"), ("APS", "b"), ("autoimmune polyglandular syndrome", "b")]
    found = mentions_of(("Antiphospholipid syndrome (APS) is rare. APS may cause clots.",), Lexicon(names))
    assert len(found.places["a"]) == 3
    assert "b" not in found.places


def test_pronunciations_and_short_forms_leave_names_whole() -> None:
    assert readable("Aplastic anemia (a-PLAS-tik uh-NEE-me-uh) is") == "Aplastic anemia is"
    assert readable("tyrosine hydroxylase (TH) deficiency is") == "tyrosine hydroxylase deficiency (TH) is"
    assert readable("asthma (see below) is") == "asthma (see below) is"


@given(st.lists(st.text(max_size=200), max_size=4))
def test_any_text_can_be_read(blocks: list[str]) -> None:
    keys, signals = LINKER.signals(blocks)
    assert signals.shape == (len(keys), len(SIGNALS))
    assert np.isfinite(signals).all()


LINKER = Linker(NODES, EDGES)


def test_the_shipped_weights_are_numbers_of_signals_alone() -> None:
    model = shipped_model()
    assert len(model.weights) == len(SIGNALS)
    assert all(len(digest) == 16 and int(digest, 16) >= 0 for digest in model.seen)


def case(at: int, *, right: int, strong: int) -> Case:
    signals = np.zeros((3, len(SIGNALS)))
    signals[strong, 0] = 1.0
    document = FocusDocument(
        file=f"{at}", source=f"s{at % 3}", focus="", gold=frozenset(), answers=(), digest=f"{at}", family=f"{at}"
    )
    return Case(document=document, keys=("a", "b", "c"), signals=signals, right=np.arange(3) == right)


def test_fitting_finds_the_signal_that_tells() -> None:
    cases = [case(at, right=at % 3, strong=at % 3) for at in range(60)]
    model = fit(cases)
    assert model.weights[0] > 0.5
    assert measures(cases, lambda _: model)["top1"] == 1.0
    none = LinkModel(weights=(0.0,) * len(SIGNALS), seen=frozenset())
    assert measures(cases, lambda _: none)["top1"] == pytest.approx(1 / 3)


# ---------------------------------------------------------------- names


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("Crohn's disease", "Crohn disease"),
        ("haemolytic anaemias", "hemolytic anemia"),
        ("Usher syndrome type II", "Usher syndrome type 2"),
        ("α-thalassemia", "alpha thalassemia"),
        ("oesophageal tumours", "esophageal tumor"),
    ],
)
def test_spellings_of_one_name_have_one_key(one: str, two: str) -> None:
    assert name_key(one) == name_key(two)


@pytest.mark.parametrize(
    ("one", "two"), [("leukemia, acute", "acute leukemia"), ("Usher syndrome type 2", "Usher syndrome 2")]
)
def test_loose_keys_meet(one: str, two: str) -> None:
    assert set(loose_keys(one)) & set(loose_keys(two))


def test_numbers_are_never_loose() -> None:
    assert not set(loose_keys("Usher syndrome type 1")) & set(loose_keys("Usher syndrome type 2"))


def test_spellings_hold_what_texts_write() -> None:
    assert "Usher syndrome, type IC" in spellings("Usher syndrome type 1C")
    assert "Alpers' disease" in spellings("Alpers disease")
    assert spellings("asthma") == ("asthma",)


@given(st.text(max_size=60))
def test_keys_and_spellings_take_any_text(name: str) -> None:
    assert name_key(name_key(name)) is not None
    assert spellings(name)[0] == name
    assert len(loose_keys(name)) == 4


NAMES = NameIndex(
    Naming(node=each.key, text=text, rank=min(at, 1))
    for each in (*NODES, node("d:5", "kidney failure", "renal failure"), node("d:6", "Sjögren syndrome"))
    for at, text in enumerate((each.name, *each.synonyms))
)


@pytest.mark.parametrize(
    ("name", "found", "method"),
    [
        ("Asthmas", "d:2", "name"),
        ("rhinitis, allergic", "d:3", "words"),
        ("renal failure", "d:5", "name"),
        ("asthma disorder", "d:2", "core"),
        ("Sjgren syndrome", "d:6", "letters"),
        ("living with kidney failure at home", "d:5", "part"),
    ],
)
def test_a_name_is_found_and_says_how(name: str, found: str, method: str) -> None:
    [named] = NAMES.find([name])
    assert named is not None and (named.node, named.method) == (found, method)


def test_what_nothing_is_like_is_not_found() -> None:
    assert NAMES.find(["zzz", ""]) == [None, None]


def test_alike_names_are_cosines_in_falling_order() -> None:
    [near] = TrigramIndex(["asthma", "asthmatic", "lung"]).nearest(["asthma"], first=2)
    assert near[0] == (0, 1.0) and near[1][0] == 1 and near[1][1] < 1


# ---------------------------------------------------------------- scores


OBO = """format-version: 1.2
data-version: 2026-01-01

[Term]
id: DOID:1
name: asthma

[Term]
id: DOID:2
name: pneumonia
"""
XREFS = "id\tlabel\txref\nDOID:1\tasthma\tUMLS_CUI:C1\nDOID:2\tpneumonia\tUMLS_CUI:C2\n"
FOCI = "file\tsource\tfocus\tumls_cui\tsemantic_group\n"


def write_gold(folder: Path) -> list[Path]:
    table, archive = folder / "focus.tsv", folder / "texts.tar.gz"
    table.write_text(
        FOCI + "1_A_QA/1.xml\tA\tAsthma\tC1\tDisorders\n1_A_QA/2.xml\tA\tPneumonias\tC2\tDisorders\n"
        "2_B_QA/3.xml\tB\tPneumonia\tC2\tDisorders\n2_B_QA/4.xml\tB\tLungs\tC3\tAnatomy\n"
    )
    answers = {"1_A_QA/1.xml": ANSWERS[0], "2_B_QA/3.xml": "Pneumonia is an infection. It is no asthma."}
    with tarfile.open(archive, "w:gz") as tar:
        for name, answer in answers.items():
            data = f"<Document><Question>What is cancer?</Question><Answer>{answer}</Answer></Document>".encode()
            member = tarfile.TarInfo(f"medquad/{name}")
            member.size = len(data)
            tar.addfile(member, BytesIO(data))
    (folder / "doid.obo").write_text(OBO)
    (folder / "xrefs.tsv").write_text(XREFS)
    return [archive, table]


def test_the_score_links_reads_answers_alone(tmp_path: Path) -> None:
    gold = write_gold(tmp_path)
    facts = score_links(gold, images=None, root=None, options={"ontologies": [tmp_path / "doid.obo"]})
    assert (facts["n"], facts["top1"], facts["trained_on_gold"]) == (2, 1.0, False)
    assert facts["left_out"] == {"no_answer": 1, "other_group": 1}
    json.dumps(facts)


def test_the_score_names_takes_cross_references_as_gold_alone(tmp_path: Path) -> None:
    gold = write_gold(tmp_path)
    options = {"ontologies": [tmp_path / "doid.obo", tmp_path / "xrefs.tsv"]}
    facts = score_names(gold[1:], images=None, root=None, options=options)
    assert (facts["n"], facts["top1"]) == (3, 1.0)


def test_gold_of_another_kind_is_refused(tmp_path: Path) -> None:
    gold = write_gold(tmp_path)
    (tmp_path / "other.tsv").write_text("a\tb\n1\t2\n")
    with pytest.raises(BadInput):
        read_rows([tmp_path / "other.tsv"])
    with pytest.raises(BadInput):
        score_links(gold[1:], images=None, root=None, options={"ontologies": [tmp_path / "doid.obo"]})
    with pytest.raises(BadInput):
        score_links(gold, images=None, root=None, options={})
    with pytest.raises(BadInput):
        score_names(gold[1:], images=None, root=None, options={"ontologies": [tmp_path / "doid.obo"]})


def test_questions_inside_answers_can_be_left_out() -> None:
    assert without_questions(("What causes asthma? Nobody knows.", "Who gets it?")) == ("Nobody knows.",)


@pytest.mark.shared
@pytest.mark.slow
def test_foci_and_names_of_real_documents_stay_found(shared_data: Path) -> None:
    names = ("mondo/MONDO-v2026-05-05.json.gz", "doid/HumanDO_2026.tsv.gz", "doid/HumanDO_2016-06-17_complete.obo.gz")
    paths = [shared_data / "ontologies" / name for name in (*names, "hpo/hp-2025-01-16.obo.gz")]
    focus = shared_data / "gold" / "entities" / "medquad_focus.tsv"
    gold = [shared_data / "texts" / "medquad.tar.gz", focus]
    links = score_links(gold, images=None, root=None, options={"ontologies": paths})
    assert links["unseen"]["top1"] >= 0.93 and links["unseen"]["top5"] >= 0.975
    xrefs = shared_data / "ontologies" / "doid" / "allXREFinDO_2026.tsv.gz"
    found = score_names([focus], images=None, root=None, options={"ontologies": [*paths[:3], xrefs]})
    assert found["top1"] >= 0.72
