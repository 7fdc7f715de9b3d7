"""Relations that texts state: patterns, headings, names, and how much they are believed."""

import csv
from pathlib import Path

import dossiers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from met.errors import BadInput
from met.evaluate.relations import LABELS, read, score_relations
from met.keys import content_key
from met.tree.associate import Associations, Claim, relations_in, stated_in
from met.tree.associate.confidence import FEATURES, Counted, confidence_of, excess, probability, weights
from met.tree.associate.found import PATTERNS, SIGNALS
from met.tree.associate.names import Sites
from met.tree.build import build_skeleton
from met.tree.lexicon import Lexicon, names_of
from met.tree.ontology.terms import Ontology, Term
from met.types import Document, RelationKind

NAMES = {
    "disease": ("measles", "gastric ulcer", "influenza", "colitis", "Charcot-Marie-Tooth disease", "SETTLE", "gout"),
    "anatomy": ("skin", "stomach", "colon", "heart", "tooth", "small intestine", "duodenum", "adult organism", "joint"),
    "symptom": ("fever", "cough", "rash", "nausea", "headache", "gout", "abnormal skin finding"),
}
PREFIXES = {"disease": "MONDO", "anatomy": "UBERON", "symptom": "HP"}
NODES = build_skeleton(
    [
        Ontology(
            name=PREFIXES[facet].lower(),
            version="1",
            licence="CC0-1.0",
            facet=facet,  # type: ignore[arg-type]
            holds="terms",
            terms=tuple(Term(curie=f"{PREFIXES[facet]}:{at}", name=name) for at, name in enumerate(names, 1)),
        )
        for facet, names in NAMES.items()
    ]
).nodes
BY_KEY = {node.key: node for node in NODES}
LEXICON = Lexicon((name, node.key) for node in NODES for name in names_of(node))


def document(body: str, *, name: str = "a.txt", title: str = "notes") -> Document:
    return Document(
        key=content_key("document", name), path=name, title=title, kind="text", authority="web", licence="CC0-1.0",
        sha256="0", characters=len(body), text=body,
    )  # fmt: skip


def associated(*documents: Document) -> Associations:
    found = Associations(LEXICON, NODES)
    for one in documents:
        found.add(one)
    return found


def stated(body: str, **kind: str) -> set[tuple[str, str, str]]:
    relations, _ = relations_in(associated(document(body, **kind)), least=0.0)
    return {(BY_KEY[one.subject].name, one.kind, BY_KEY[one.object].name) for one in relations}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("Symptoms of measles include fever and a rash.", {("measles", "has_symptom", s) for s in ("fever", "rash")}),
        ("Measles is characterized by fever.", {("measles", "has_symptom", "fever")}),
        ("People with measles often have a cough.", {("measles", "has_symptom", "cough")}),
        ("Nausea is a common symptom of influenza.", {("influenza", "has_symptom", "nausea")}),
        ("Symptoms of measles include cough but no fever.", {("measles", "has_symptom", "cough")}),
        ("Mutations cause fever in measles.", set()),
        ("If measles spreads, it can cause a rash.", set()),
        ("Signs of dehydration include fever.", set()),
        ("Symptoms of measles include a rash after fever.", {("measles", "has_symptom", "rash")}),
        ("Measles can spread to the heart and can affect the skin.", set()),
        ("Measles affects the skin flow.", set()),
        ("Complications of measles affect the heart.", set()),
        ("Computed tomography cannot show measles.", set()),
        ("Drugs for measles cause nausea as a side effect.", set()),
        ("Measles and fever are words.", set()),
        ("Measles is a disease that affects the skin.", {("measles", "located_in", "skin")}),
        ("Influenza is an infection of the heart, the skin and the stomach.",
         {("influenza", "located_in", s) for s in ("heart", "skin", "stomach")}),
        ("Measles often occurs in the adult organism.", set()),
        ("A gastric ulcer was seen.", {("gastric ulcer", "located_in", "stomach")}),
        ("He had colitis.", {("colitis", "located_in", "colon")}),
        ("Charcot-Marie-Tooth disease is rare.", set()),
        ("They settle in the heart.", set()),
        ("Computed tomography shows a gastric ulcer.",
         {("gastric ulcer", "seen_on", "computed tomography"), ("gastric ulcer", "located_in", "stomach")}),
        ("Colitis was not seen on radiography.", {("colitis", "located_in", "colon")}),
        ("The duodenum is the first part of the small intestine.", {("duodenum", "part_of", "small intestine")}),
        ("Gout causes gout.", set()),
        ("Fever-measles syndrome is characterized by cough.", set()),
        ("Measles in the heart causes fever.", set()),
        ("Measles, influenza. Symptoms of measles: many causes of dehydration are fever.",
         {("measles", "has_symptom", "fever")}),
        ("In influenza, symptoms of dehydration include fever.", set()),
        ("Symptoms of measles include a rash. Fever was not a sign of it.", {("measles", "has_symptom", "rash")}),
        ("Measles can cause a rash; in the other illness the toxin can cause fever.",
         {("measles", "has_symptom", "rash")}),
        ("Symptoms of measles are a rash and relief from severe headache.", {("measles", "has_symptom", "rash")}),
        ("Measles is characterized by an abnormal skin finding.", set()),
    ],
)  # fmt: skip
def test_what_a_sentence_states(body: str, expected: set[tuple[str, str, str]]) -> None:
    assert stated(body) == expected


def test_a_heading_says_whose_symptoms_follow() -> None:
    first = "What are the symptoms of measles?\n\nFever and a rash come first."
    body = f"{first}\n\nWhat causes influenza?\n\nA cough spreads it."
    assert stated(body) == {("measles", "has_symptom", "fever"), ("measles", "has_symptom", "rash")}


@pytest.mark.parametrize(
    ("heading", "expected"),
    [
        ("What are the symptoms of measles?", {"measles"}),
        ("Childhood measles", {"measles"}),
        ("What are the symptoms of dwarfism with measles?", set()),
        ("What are the symptoms of measles and dwarfism?", set()),
        ("What are the signs of dehydration?", set()),
        ("What are the symptoms of this disease?", {"influenza"}),
    ],
)
def test_the_text_below_a_heading_is_of_the_whole_name_in_it(heading: str, expected: set[str]) -> None:
    body = f"{heading}\n\nSymptoms include fever and a rash."
    assert {subject for subject, _, _ in stated(body, title="influenza")} == expected


def test_what_opens_the_sentence_is_its_subject() -> None:
    body = "What is measles?\n\nIt causes a rash. The disease also causes fever. Stress causes a cough."
    assert stated(body) == {("measles", "has_symptom", "fever"), ("measles", "has_symptom", "rash")}


def test_evidence_holds_the_sentence_and_its_place() -> None:
    body = "It is old. Symptoms of measles include fever."
    relations, evidence = relations_in(associated(document(body)))
    assert [row.subject for row in evidence] == [relations[0].key]
    assert body[evidence[0].start_char : evidence[0].end_char] == evidence[0].surface == "fever"
    assert evidence[0].sentence == "Symptoms of measles include fever." and evidence[0].kind == "relation"
    assert relations[0].provenance["texts"]["sentences_together"] == 1


def test_the_order_of_documents_does_not_matter() -> None:
    first = document("Symptoms of measles include fever.", name="a.txt")
    second = document("Measles causes fever and rash.", name="b.txt")
    assert relations_in(associated(first, second)) == relations_in(associated(second, first))


CLAIMS = st.lists(
    st.builds(
        Claim, subject=st.just("d"), kind=st.just("has_symptom"), object=st.just("s"),
        pattern=st.sampled_from(PATTERNS), document=st.sampled_from("abc"),
        signals=st.lists(st.sampled_from(SIGNALS), unique=True).map(tuple),
        start=st.just(0), end=st.just(1), sentence=st.just((0, 1)),
    ),
    max_size=8,
)  # fmt: skip
KINDS_OF = st.sampled_from(sorted(weights()))
NO_COUNT = Counted(together=0, excess=0.0)


@given(KINDS_OF, CLAIMS, CLAIMS, st.integers(0, 9), st.floats(0, 1e6))
def test_what_speaks_for_a_relation_never_lowers_its_confidence(
    kind: RelationKind, some: list[Claim], more: list[Claim], together: int, above: float
) -> None:
    low = confidence_of(kind, some, NO_COUNT)
    assert 0 <= low <= confidence_of(kind, [*some, *more], NO_COUNT) <= 1
    assert low <= confidence_of(kind, some, Counted(together=together, excess=above))
    assert confidence_of(kind, some[::-1], NO_COUNT) == low


def test_standing_together_is_never_enough() -> None:
    assert confidence_of("has_symptom", [], Counted(together=99, excess=1e9)) == 0.0


def test_weights_are_those_of_the_features_and_none_but_the_bias_is_negative() -> None:
    for of in weights().values():
        assert len(of) == len(FEATURES) and min(of[1:]) >= 0
    assert probability((1.0, 2.0), (0.0, 0.0)) == 0.5


def test_standing_together_by_chance_is_no_excess() -> None:
    assert excess(10, 100, 100, 1000) == pytest.approx(0)
    assert excess(50, 100, 100, 1000) > 10 > 0 > excess(1, 100, 100, 1000)
    assert excess(0, 5, 5, 10) == 0.0


def test_names_hold_places() -> None:
    sites = Sites(NODES)
    held = {name: [BY_KEY[key].name for key in sites.in_name(name)] for name in ("heart attack", "gastritis", "skin")}
    assert held == {"heart attack": ["heart"], "gastritis": ["stomach"], "skin": []}


@pytest.mark.parametrize(
    ("name", "places"),
    [
        ("Small Intestine Disease", []),  # a title says no more than that it is one
        ("pulmonary stenosis", []),
        ("pulmonary fibrosis", ["lung"]),
        ("popliteal cyst", []),
        ("maple syrup urine disease", []),
        ("bile duct cancer", []),  # two nodes bear it, and its parts are other things
        ("congenital nevus", []),
    ],
)
def test_what_is_no_place_in_a_name(name: str, places: list[str]) -> None:
    nodes = [
        dossiers.node("anatomy", "lung"),
        dossiers.node("anatomy", "small intestine"),
        dossiers.node("anatomy", "popliteus muscle", "popliteal"),
        dossiers.node("anatomy", "urine"),
        dossiers.node("anatomy", "bile"),
        dossiers.node("anatomy", "common duct", "bile duct"),
        dossiers.node("anatomy", "hepatic duct", "bile duct"),
        dossiers.node("anatomy", "mole", "nevus"),
        dossiers.node("disease", "nevus"),
    ]
    by_key = {node.key: node.name for node in nodes}
    assert [by_key[key] for key in Sites(nodes).in_name(name)] == places


# ---------------------------------------------------------------- the score


def test_the_score_withholds_axioms_and_states_both_precisions(tmp_path: Path) -> None:
    (tmp_path / "book.txt").write_text("Symptoms of measles include fever and a rash.\n")
    (tmp_path / "d.obo").write_text("format-version: 1.2\n\n[Term]\nid: DOID:1\nname: measles\n")
    (tmp_path / "s.obo").write_text(
        "format-version: 1.2\n\n[Term]\nid: SYMP:1\nname: fever\n\n[Term]\nid: SYMP:2\nname: rash\n"
    )
    axioms = tmp_path / "DO_relations_2026.tsv"
    axioms.write_text("id\tlabel\tsubclass of [anon]\nDOID:1\tmeasles\t'has symptom' some fever\n")
    options = {"texts": [tmp_path / "book.txt"], "ontologies": [tmp_path / "d.obo", tmp_path / "s.obo", axioms]}
    facts = score_relations([axioms], options=options)
    at = facts["by_axioms"]["has_symptom"]["curve"][0]
    assert (at["recall"], at["precision_strict"], at["precision_closure"]) == (1.0, 0.5, 0.5)
    assert facts["trained_on_gold"] and set(facts["refitted"]["by_axioms"]) == {"has_symptom", "located_in"}
    assert facts["relations"] == {"has_symptom": 2}
    with pytest.raises(BadInput, match="axioms"):
        score_relations([tmp_path / "s.obo"], options=options)


def test_labels_are_keys_and_labels_alone() -> None:
    rows = list(csv.DictReader(LABELS.read_text().splitlines(), delimiter="\t"))
    assert len(rows) >= 100 and {row["label"] for row in rows} == {"right", "wrong"}
    assert all(row["relation_key"].startswith("relation:") for row in rows)
    assert {row["drawn"] for row in rows} == {"before", "after"}


def test_labels_drawn_after_the_last_change_are_the_headline(tmp_path: Path) -> None:
    (tmp_path / "book.txt").write_text("Symptoms of measles include fever and a rash.\n")
    (tmp_path / "d.obo").write_text("format-version: 1.2\n\n[Term]\nid: DOID:1\nname: measles\n")
    (tmp_path / "s.obo").write_text(
        "format-version: 1.2\n\n[Term]\nid: SYMP:1\nname: fever\n\n[Term]\nid: SYMP:2\nname: rash\n"
    )
    axioms = tmp_path / "DO_relations_2026.tsv"
    axioms.write_text("id\tlabel\tsubclass of [anon]\nDOID:1\tmeasles\t'has symptom' some fever\n")
    options = {"texts": [tmp_path / "book.txt"], "ontologies": [tmp_path / "d.obo", tmp_path / "s.obo"]}
    keys = sorted(content_key("relation", *triple) for triple in stated_in(read([axioms], options).found))
    labels = tmp_path / "labels.tsv"
    labels.write_text(f"relation_key\tlabel\tdrawn\n{keys[0]}\tright\tbefore\n{keys[1]}\twrong\tafter\n")
    facts = score_relations([axioms, labels], options=options)
    assert (facts["n"], facts["precision_judged"]) == (1, 0.0)
    assert (facts["seen_labels"]["n"], facts["seen_labels"]["precision_judged"]) == (1, 1.0)
