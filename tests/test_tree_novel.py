"""Terms that texts alone give: which become nodes, what they rest on, and where they are placed."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from met.keys import content_key
from met.tree.build import build_skeleton, node_key
from met.tree.closure import closure_of
from met.tree.discover import Candidate, Place
from met.tree.growing import NO_VECTORS, conflict_drops, place_novel
from met.tree.hearst import parents_said
from met.tree.literature import Sample
from met.tree.novel import choose
from met.tree.ontology import read_ontology
from met.tree.texts import Text
from met.types import Document

DISEASES = ("lung disorder", "bone cancer", "kidney disorder", "asthma", *(f"disorder number {n}" for n in range(30)))
SENTENCES = (
    "Chordoma vera is a rare type of bone cancer that grows slowly.",
    "Many people have bone cancers such as chordoma vera in the spine.",
    "He had chordoma vera and was well.",
)


@pytest.fixture(scope="module")
def skeleton_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    stanzas = [
        f"[Term]\nid: MONDO:{n}\nname: {name}\n" + ("is_a: MONDO:0\n" if n else "")
        for n, name in enumerate(("disease", *DISEASES))
    ]
    path = tmp_path_factory.mktemp("onto") / "mondo.obo"
    path.write_text("format-version: 1.2\nontology: mondo\n\n" + "\n".join(stanzas))
    return path


def document(number: int, text: str, licence: str = "CC0-1.0") -> Document:
    return Document(
        key=f"document:{number}", path=f"{number}.txt", title="A", kind="text", authority="web", licence=licence,
        sha256=hashlib.sha256(text.encode()).hexdigest(), characters=len(text), text=text,
    )  # fmt: skip


DOCUMENTS = {found.key: found for found in (document(n, text) for n, text in enumerate(SENTENCES))}


def place_of(key: str, surface: str) -> Place:
    start = DOCUMENTS[key].text.lower().index(surface)
    return Place(document=key, span=(start, start + len(surface)))


def candidate(surface: str = "chordoma vera", **changes: object) -> Candidate:
    places = tuple(place_of(key, "chordoma vera") for key in sorted(DOCUMENTS))
    facts: dict[str, object] = {
        "key": surface, "surface": surface, "facet": "disease", "margin": 4.0, "score": 0.97, "support": 6,
        "documents": 3, "places": places, "definition": SENTENCES[0], "defined_at": places[0],
    }  # fmt: skip
    return Candidate(**facts | changes)  # type: ignore[arg-type]


def chosen(skeleton_file: Path, candidates: Sequence[Candidate]) -> tuple[list[str], dict[str, str]]:
    skeleton = build_skeleton([read_ontology(skeleton_file)])
    choice = choose(candidates, skeleton.nodes, DOCUMENTS)
    return [each.node.name for each in choice.novel], {drop.item: drop.reason for drop in choice.drops}


def test_a_well_supported_term_is_a_node_with_its_sentences(skeleton_file: Path) -> None:
    skeleton = build_skeleton([read_ontology(skeleton_file)])
    (novel,) = choose([candidate()], skeleton.nodes, DOCUMENTS).novel
    assert novel.node.key == content_key("node", "disease", "chordoma vera")
    assert novel.node.provenance["literature"] == {"documents": 3, "support": 6, "score": 0.97}
    assert (novel.node.definition, novel.node.licence) == (SENTENCES[0], "Apache-2.0")
    kinds = sorted(row.kind for row in novel.evidence)
    assert kinds == ["definition", "edge", "edge", "mention", "mention", "mention"]
    for row in novel.evidence:
        assert DOCUMENTS[row.document].text[row.start_char : row.end_char] == row.surface
        assert row.sentence in SENTENCES
    assert {said.parent for said in novel.entity.said} == {"bone cancer", "bone cancers"}


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (candidate(documents=1, support=1, definition=None), "candidate"),
        (candidate(facet=None), "candidate"),
        (candidate(margin=0.5), "candidate"),
        (candidate(score=0.5), "candidate"),
        (candidate(settled=False), "candidate"),
        (candidate("bóne cáncer"), "known_name"),
        (candidate("kdney disorder"), "known_name"),
        (candidate("Asthmas"), "known_name"),
        (candidate("non-human animal disease"), "non_human"),
    ],
)
def test_what_is_no_node_is_a_drop_with_its_reason(skeleton_file: Path, found: Candidate, reason: str) -> None:
    assert chosen(skeleton_file, [found]) == ([], {found.surface: reason})


def test_what_a_model_named_needs_no_definition(skeleton_file: Path) -> None:
    assert chosen(skeleton_file, [candidate(settled=False, definition=None, named={"affirmed": 3})])[0] == [
        "chordoma vera"
    ]


def test_a_definition_of_unknown_licence_places_the_node_and_is_not_kept(skeleton_file: Path) -> None:
    skeleton = build_skeleton([read_ontology(skeleton_file)])
    bare = {key: document(n, found.text, "unknown") for n, (key, found) in enumerate(DOCUMENTS.items())}
    (novel,) = choose([candidate()], skeleton.nodes, bare).novel
    assert novel.node.definition is None and novel.entity.definition == SENTENCES[0]


def test_new_nodes_are_placed_below_the_skeleton_and_never_change_it(skeleton_file: Path) -> None:
    skeleton = build_skeleton([read_ontology(skeleton_file)])
    choice = choose([candidate()], skeleton.nodes, DOCUMENTS)
    placed = place_novel(choice.novel, skeleton, NO_VECTORS.embed)
    (edge,) = [edge for edge in placed.edges if edge.is_primary]
    assert edge.child == choice.novel[0].node.key and edge.provenance["by"] == "texts"
    assert edge.parent == node_key("disease", "MONDO:2", "bone cancer")
    assert set(edge.provenance["evidence"]) <= {row.key for row in choice.novel[0].evidence}
    every = [*skeleton.nodes, *(each.node for each in choice.novel)]
    assert len(closure_of([node.key for node in every], [*skeleton.edges, *placed.edges]))
    assert conflict_drops(placed.conflicts, every) == []


def test_without_a_skeleton_new_nodes_stand_under_the_root_or_each_other() -> None:
    skeleton = build_skeleton([])
    choice = choose([candidate(), candidate("chordoma")], skeleton.nodes, DOCUMENTS)
    placed = place_novel(choice.novel, skeleton, NO_VECTORS.embed)
    keys = {each.node.key for each in choice.novel} | {node_key("disease", None, "disease")}
    assert len(choice.novel) == 2
    assert all({edge.child, edge.parent} <= keys for edge in placed.edges)
    assert sum(edge.is_primary for edge in placed.edges) == 2


@pytest.mark.parametrize(
    ("text", "name", "said"),
    [
        ("Chordoma is a rare type of bone cancer.", "Chordoma", ["bone cancer"]),
        ("Chordoma and other bone tumours are rare.", "Chordoma", ["bone tumours"]),
        ("Bone tumours, including osteoma and chordoma, hurt.", "chordoma", ["Bone tumours"]),
        ("Chordoma is rare.", "Chordoma", []),
    ],
)
def test_patterns_name_the_parent(text: str, name: str, said: list[str]) -> None:
    start = text.index(name)
    assert list(parents_said(text, (0, len(text)), (start, start + len(name)))) == said


@given(st.lists(st.integers(1, 9), max_size=9), st.randoms())
def test_the_sample_does_not_depend_on_the_order(lengths: list[int], random: object) -> None:
    texts = [Text(document=document(n, "x" * length), glossary=()) for n, length in enumerate(lengths)]
    shuffled = sorted(texts, key=lambda text: hash((text.document.key, repr(random))))
    kept = []
    for order in (texts, shuffled):
        sample = Sample(15)
        for text in order:
            sample.add(text)
        kept.append([text.document.key for text in sample.texts()])
    prefix = [text.document.key for n, text in enumerate(texts) if sum(lengths[: n + 1]) <= 15]
    assert kept[0] == kept[1] == prefix
