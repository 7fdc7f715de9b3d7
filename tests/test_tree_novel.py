"""Terms that texts alone give: which become nodes, what they rest on, and where they are placed."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import dossiers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from trees import mondo_file

from met.keys import content_key
from met.tree.build import build_skeleton, node_key
from met.tree.closure import closure_of
from met.tree.discover import Candidate, Place
from met.tree.discover.tagged import settled_by_tagger
from met.tree.extract import Reading
from met.tree.extract.names import extractor_of
from met.tree.growing import NO_VECTORS, conflict_drops, place_novel
from met.tree.hearst import parents_said
from met.tree.literature import Sample
from met.tree.merge import identity_of
from met.tree.novel import choose
from met.tree.novel.implied import ImpliedNames
from met.tree.ontology import read_ontology
from met.tree.texts import Text
from met.types import Document, Edge, Facet

DISEASES = ("lung disorder", "bone cancer", "kidney disorder", "asthma", *(f"disorder number {n}" for n in range(30)))
SENTENCES = (
    "Chordoma vera is a rare type of bone cancer that grows slowly.",
    "Many people have bone cancers such as chordoma vera in the spine.",
    "He had chordoma vera and was well.",
)


@pytest.fixture(scope="module")
def skeleton_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return mondo_file(tmp_path_factory.mktemp("onto") / "mondo.obo", DISEASES)


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


def test_letters_are_lost_within_a_facet(skeleton_file: Path) -> None:
    found = candidate("kdney disorder", facet="anatomy", definition="A kdney disorder is a gland.")
    assert chosen(skeleton_file, [found])[0] == ["kdney disorder"]


@pytest.mark.parametrize("surface", ["bóne cáncer", "kdney disorder", "Asthmas"])
def test_a_term_that_is_kept_apart_from_a_node_is_no_name_of_it(skeleton_file: Path, surface: str) -> None:
    skeleton = build_skeleton([read_ontology(skeleton_file)])
    found = candidate(surface)
    (drop,) = choose([found], skeleton.nodes, DOCUMENTS).drops
    curie = next(node.curie for node in skeleton.nodes if node.key == drop.detail["node"])
    one, other = sorted((identity_of(surface), str(curie)))
    choice = choose([found], skeleton.nodes, DOCUMENTS, apart=frozenset({(one, other)}))
    assert [each.node.name for each in choice.novel] == [surface.lower()]
    assert choice.drops == ()
    elsewhere = frozenset({tuple(sorted((identity_of("chordoma"), str(curie))))})
    assert choose([found], skeleton.nodes, DOCUMENTS, apart=elsewhere).drops == (drop,)  # type: ignore[arg-type]


def test_an_entry_of_a_glossary_needs_one_place(skeleton_file: Path) -> None:
    once = candidate(documents=1, support=1)
    assert chosen(skeleton_file, [once])[0] == []
    assert chosen(skeleton_file, [replace(once, entry=True)])[0] == ["chordoma vera"]


IMPLIED = (
    ("anatomy", "stratum basale of epidermis", ()),
    ("anatomy", "fallopian tube", ("uterine tube (sensu Mammalia)",)),
    ("anatomy", "iliocostalis muscle", ("iliocostalis",)),
    ("anatomy", "taste bud", ()),
    ("anatomy", "internal capsule of telencephalon", ()),
    ("anatomy", "spinal cord lateral horn", ()),
    ("anatomy", "greater vestibular gland", ()),
    ("anatomy", "renal calyx", ()),
    ("disease", "Birt-Hogg-Dube syndrome", ()),
    ("disease", "MacLeod-Swyer-James syndrome", ()),
    ("disease", "IgA vasculitis", ("Schoenlein-Henoch purpura",)),
    ("disease", "epidermolysis bullosa dystrophica", ()),
    ("disease", "Scott syndrome", ()),
    *(("disease", f"disorder number {at}", ()) for at in range(9)),
    ("disease", "Stargardt disease", ()),
    ("disease", "Stargardt disease of a rare kind", ()),
    ("anatomy", "auricular surface of ilium of os coxa", ()),
    *(("anatomy", f"suprarenal part {at}", (f"adrenal part {at}",)) for at in range(4)),
    ("anatomy", "suprarenal vein", ()),
    ("anatomy", "sinoatrial node", ("SA node",)),
    ("anatomy", "branch of genicular artery", ()),
    ("anatomy", "genicular artery wall", ()),
    ("anatomy", "premolar tooth", ()),
)


@pytest.mark.parametrize(
    ("name", "facet", "definition", "node", "how"),
    [
        ("stratum basale", "anatomy", "deepest layer of the epidermis", "stratum basale of epidermis", "definition"),
        ("calyces", "anatomy", "cups that lead to the renal pelvis", "renal calyx", "definition"),
        ("uterine tubes", "anatomy", None, "fallopian tube", "bracket"),
        ("iliocostalis group", "anatomy", "muscles of the back", "iliocostalis muscle", "group"),
        ("internal capsule", "anatomy", "a pathway", "internal capsule of telencephalon", "place"),
        (
            "Bartholin’s glands",
            "anatomy",
            "(also, greater vestibular glands) glands",
            "greater vestibular gland",
            "said",
        ),
        ("Birt-Hogg-Dub syndrome", "disease", None, "Birt-Hogg-Dube syndrome", "eponyms"),
        ("Swyer-James syndrome", "disease", None, "MacLeod-Swyer-James syndrome", "eponyms"),
        ("Henoch-Schonlein purpura", "disease", None, "IgA vasculitis", "eponyms"),
        ("dystrophic epidermolysis bullosa", "disease", None, "epidermolysis bullosa dystrophica", "forms"),
        ("Stargardt macular degeneration", "disease", None, "Stargardt disease", "person"),
        ("auricular surface of the ilium", "anatomy", "a side", "auricular surface of ilium of os coxa", "place"),
        ("adrenal vein", "anatomy", "drains the glands", "suprarenal vein", "exchange"),
        ("adrenal artery", "anatomy", "feeds the glands", None, None),
        ("pacemaker", "anatomy", "cells known as the SA node that set the beat", "sinoatrial node", "said"),
        ("pace", "anatomy", "group of cells that set the beat; also known as SA node", "sinoatrial node", "said"),
        ("pace cell", "anatomy", "cell that sends its beat to fibers called SA node", None, None),
        ("genicular artery", "anatomy", "branch of another artery with a thick wall", None, None),
        ("premolar", "anatomy", "tooth that grinds food", "premolar tooth", "definition"),
        ("genicular", "anatomy", "tooth of the artery", None, None),
        ("Epidermolysis of somebody", "disease", None, None, None),
        ("Macular degeneration of Stargardt", "disease", None, None, None),
        ("medial horn", "anatomy", "region of the spinal cord", None, None),
        ("posterior lateral horn", "anatomy", "region of the spinal cord", None, None),
        ("lateral horn", "anatomy", "a thing of deer", None, None),
        ("Aarskog-Scott syndrome", "disease", None, None, None),
        ("Henoch-Schonlein fever", "disease", None, None, None),
        ("stratum basale", "disease", "deepest layer of the epidermis", None, None),
    ],
)
def test_a_shorter_name_means_the_node_that_its_definition_tells(
    name: str, facet: Facet, definition: str | None, node: str | None, how: str | None
) -> None:
    nodes = [dossiers.node(kind, own, *synonyms) for kind, own, synonyms in IMPLIED]  # type: ignore[arg-type]
    keys = {each.name: each.key for each in nodes}
    found = ImpliedNames(nodes).find(name, facet, definition)
    assert found == ((keys[node], how) if node else None)
    if node and how != "person":
        assert ImpliedNames(nodes).find(name, facet, definition, but=frozenset({keys[node]})) is None
    assert ImpliedNames(nodes[::-1]).find(name, facet, definition) == found


DEFINED = (
    ("internal capsule of telencephalon", (), "White matter beside the caudate nucleus.", "telencephalon"),
    ("front limb of internal capsule", (), None, "telencephalon"),
    ("hind limb of internal capsule", (), None, "telencephalon"),
    ("telencephalon", (), "The front of the brain.", None),
    ("outer ligament of larynx", (), None, "larynx"),
    ("larynx", (), "The organ of the voice.", None),
    ("mental line of mandible", (), None, "mandible"),
    ("mandible", (), "The lower jaw.", None),
    ("oblique line of left mandible", (), None, "mandible"),
    ("auditory shell of ear", (), "Cartilage that leads sound.", "larynx"),
    ("pectinate line", (), "A line of the anal canal.", None),
    ("chorion membrane", (), "A membrane around the embryo.", None),
    ("duodenal ampulla", ("ampulla (duodenum)",), "The wide beginning of the small bowel.", None),
    ("premotor cortex", (), "An area of the frontal lobe before the movers.", None),
    *((f"part {at} cortex", (f"part {at} area",), "A piece.", None) for at in range(3)),
)


@pytest.mark.parametrize(
    ("name", "definition", "node", "how"),
    [
        ("internal capsule", "pathway of motion", "internal capsule of telencephalon", "place"),
        ("mental line", "ridge on the front of the mandible", "mental line of mandible", "definition"),
        ("oblique line", "ridge of the mandible", "oblique line of left mandible", "place"),
        ("outer ligament", "ligament outside of the capsule of a joint", None, None),
        ("auditory shell", "plate that leads sound through cartilage", "auditory shell of ear", "place"),
        ("auditory shell", "plate that leads light", None, None),
        ("pectineal line", "ridge of the pubis", None, None),
        ("pectineal line", "line of the anus and its canal", "pectinate line", "forms"),
        ("chorionic membrane", "precursor of the bag", "chorion membrane", "forms"),
        ("ampulla", "wide part of a tube in the ear", None, None),
        ("ampulla", "wide part of the small bowel", "duodenal ampulla", "bracket"),
        ("premotor area", "region of the frontal lobe that plans", "premotor cortex", "likely"),
        ("premotor area", "region that plans", None, None),
    ],
)
def test_names_alone_are_not_enough_where_definitions_or_places_speak(
    name: str, definition: str, node: str | None, how: str | None
) -> None:
    nodes = [dossiers.node("anatomy", own, *others, definition=told) for own, others, told, _ in DEFINED]
    keys = {each.name: each.key for each in nodes}
    edges = [
        Edge(child=keys[own], parent=keys[above], kind="part_of", is_primary=True, provenance={})
        for own, _, _, above in DEFINED
        if above
    ]
    found = ImpliedNames(nodes, edges).find(name, "anatomy", definition)
    assert found == ((keys[node], how) if node else None)
    assert ImpliedNames(nodes[::-1], edges[::-1]).find(name, "anatomy", definition) == found


def test_where_all_names_begin_with_capitals_nobody_is_told_by_them() -> None:
    nodes = [dossiers.node("disease", "Asthma attack"), dossiers.node("disease", "Gouty pain")]
    assert ImpliedNames(nodes).find("Asthma of the night", "disease", None) is None


def test_a_name_without_its_tail_is_known_in_its_facet(skeleton_file: Path) -> None:
    skeleton = build_skeleton([read_ontology(skeleton_file)])
    found = candidate("lung", definition="A lung is an organ; its disorder is known.")
    (drop,) = choose([found], skeleton.nodes, DOCUMENTS).drops
    assert (drop.reason, drop.detail["by"]) == ("known_name", "core")


def test_a_name_without_its_tail_is_no_node_of_another_facet(skeleton_file: Path) -> None:
    assert chosen(skeleton_file, [candidate("lung", facet="anatomy")])[0] == ["lung"]


def test_what_a_model_named_needs_no_definition(skeleton_file: Path) -> None:
    assert chosen(skeleton_file, [candidate(settled=False, definition=None, named={"affirmed": 3})])[0] == [
        "chordoma vera"
    ]


def test_a_definition_of_unknown_licence_places_the_node_and_is_not_kept(skeleton_file: Path) -> None:
    skeleton = build_skeleton([read_ontology(skeleton_file)])
    bare = {key: document(n, found.text, "unknown") for n, (key, found) in enumerate(DOCUMENTS.items())}
    (novel,) = choose([candidate()], skeleton.nodes, bare).novel
    assert novel.node.definition is None and novel.entity.definition == "a rare type of bone cancer that grows slowly."


OPEN = (
    "Juvenile retinoschisis is an eye condition that begins in childhood. Patients with juvenile retinoschisis see "
    "badly. The diagnosis of juvenile retinoschisis is late.",
    "We studied the green table. A green table is a condition of comfort. The green table was sold.",
)


def test_the_tagger_settles_what_a_definition_leaves_open(skeleton_file: Path) -> None:
    nodes = build_skeleton([read_ontology(skeleton_file)]).nodes
    documents = {found.key: found for found in (document(n, text) for n, text in enumerate(OPEN, start=10))}

    def found(surface: str, of: str, **changes: object) -> Candidate:
        spans = [match.span() for match in re.finditer(surface, documents[of].text, re.IGNORECASE)]
        places = tuple(Place(document=of, span=span) for span in spans)
        return candidate(
            surface, places=places, defined_at=places[0], definition="A. It is a condition.",
            **{"settled": False, "is_open": True} | changes,
        )  # fmt: skip

    asked = (
        found("juvenile retinoschisis", "document:10"),
        found("green table", "document:11"),
        found("juvenile retinoschisis", "document:10", key="closed", is_open=False),
        found("juvenile retinoschisis", "document:10", key="symptom", facet="symptom"),
    )
    told = settled_by_tagger(asked, documents, extractor_of(nodes))
    assert [(one.key, one.settled, one.tagged) for one in told] == [
        ("juvenile retinoschisis", True, (3, 3)), ("green table", False, (0, 3)), ("closed", False, None),
        ("symptom", False, None),
    ]  # fmt: skip
    assert told == settled_by_tagger(asked[::-1], documents, extractor_of(nodes[::-1]))[::-1]
    (novel,) = choose(told, nodes, documents).novel
    assert novel.node.provenance["literature"]["tagged"] == [3, 3]
    rarely = (*asked[0].places[:1], *asked[1].places[:2])
    for marked, settled in ((0, False), (asked[0].support, True)):
        (one,) = settled_by_tagger([replace(asked[0], places=rarely, marked=marked)], documents, extractor_of(nodes))
        assert (one.settled, one.tagged) == (settled, (1, 3))


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


def test_a_name_that_ends_in_that_of_another_new_concept_names_its_kind(skeleton_file: Path) -> None:
    nodes = build_skeleton([read_ontology(skeleton_file)]).nodes
    asked = [candidate("chordoma veras", places=()), candidate("nasal chordoma vera", places=())]
    wide, narrow = sorted(choose(asked, nodes, DOCUMENTS).novel, key=lambda each: len(each.node.name))
    assert wide.entity.said == () and [said.parent for said in narrow.entity.said] == ["chordoma veras"]
    alone = choose(asked[1:], nodes, DOCUMENTS).novel
    assert [each.entity.said for each in alone] == [()]


@pytest.mark.parametrize("surface", ["adult bone cancer", "radium-induced bone cancer"])
def test_a_disease_of_an_age_or_a_cause_stands_under_the_disease(skeleton_file: Path, surface: str) -> None:
    skeleton = build_skeleton([read_ontology(skeleton_file)])
    choice = choose([candidate(surface, definition="It is rare.", places=())], skeleton.nodes, DOCUMENTS)
    (edge,) = [edge for edge in place_novel(choice.novel, skeleton, NO_VECTORS.embed).edges if edge.is_primary]
    assert edge.parent == node_key("disease", "MONDO:2", "bone cancer") and "said" in edge.provenance["signals"]


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
        ("Features of enzyme loss, such as chordoma, vary.", "chordoma", ["Features of enzyme loss"]),
        (
            "Openings for nerves and blood vessels, including chordoma.",
            "chordoma",
            ["Openings for nerves and blood vessels"],
        ),
        ("Disorders of the bone such as chordoma hurt.", "chordoma", ["Disorders of the bone"]),
        ("Treatment of bone tumours such as chordoma is long.", "chordoma", ["bone tumours"]),
        ("Many types of bone tumours, including chordoma, hurt.", "chordoma", ["bone tumours"]),
        ("Patients with bone tumours, including chordoma, suffer.", "chordoma", ["bone tumours"]),
        ("Signs of other tumours, such as chordoma, differ.", "chordoma", ["tumours"]),
        ("It occurs in bone tumours, including chordoma.", "chordoma", ["bone tumours"]),
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
            sample.add(text, Reading(names=(), mentions=()))
        kept.append([text.document.key for text in sample.texts()])
    prefix = [text.document.key for n, text in enumerate(texts) if sum(lengths[: n + 1]) <= 15]
    assert kept[0] == kept[1] == prefix
