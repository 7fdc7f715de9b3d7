"""The tree: merging, typed edges, one primary parent, exact closure, evidence, and a key that depends on content
alone.
"""

from collections import defaultdict
from collections.abc import Sequence
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from met.store import Store
from met.tree.build import build_skeleton, node_key
from met.tree.closure import RELATIONS, closure_of
from met.tree.findings import FACETS, findings_ontology
from met.tree.grow import grow, tree_key
from met.tree.modalities import modality_ontology
from met.tree.ontology.terms import Ontology, Synonym, Term
from met.tree.patterns import definition_in, spells
from met.tree.placing import Link, break_cycles, joined_links
from met.tree.show import NodeView, Quote, render_node
from met.tree.texts import read_texts, text_files
from met.types import Drop, Edge, EdgeKind, Grown, Node


def ontology(name: str, *terms: Term, version: str = "1") -> Ontology:
    facet = {"mondo": "disease", "doid": "disease", "uberon": "anatomy", "hp": "symptom", "symp": "symptom"}[name]
    return Ontology(name=name, version=version, licence="CC0-1.0", facet=facet, holds="terms", terms=terms)  # type: ignore[arg-type]


def term(
    curie: str,
    name: str,
    *parents: str,
    synonyms: Sequence[str] = (),
    xrefs: Sequence[str] = (),
    kind: EdgeKind = "is_a",
    definition: str | None = None,
) -> Term:
    return Term(
        curie=curie,
        name=name,
        synonyms=tuple(Synonym(text=text) for text in synonyms),
        xrefs=tuple(xrefs),
        definition=definition,
        parents=tuple((parent, kind) for parent in parents),
    )


def by_curie(nodes: Sequence[Node]) -> dict[str, Node]:
    return {node.curie: node for node in nodes if node.curie}


def edges_of(edges: Sequence[Edge], nodes: Sequence[Node]) -> set[tuple[str, str, str, bool]]:
    names = {node.key: node.name for node in nodes}
    return {(names[edge.child], names[edge.parent], edge.kind, edge.is_primary) for edge in edges}


MONDO = ontology(
    "mondo",
    term("MONDO:1", "disease"),
    term("MONDO:2", "cancer", "MONDO:1"),
    term("MONDO:3", "lung disorder", "MONDO:1"),
    term("MONDO:4", "lung cancer", "MONDO:2", "MONDO:3"),
)
DOID = ontology(
    "doid",
    term("DOID:2", "Cancer", synonyms=["malignancy"], definition="A growth."),
    term("DOID:4", "lung neoplasm, malignant", "DOID:2", xrefs=["MONDO:4", "MESH:9"]),
    term("DOID:5", "lung carcinoma", "DOID:4"),
)


# ---------------------------------------------------------------- merging


def test_a_later_ontology_adds_names_definitions_and_edges() -> None:
    skeleton = build_skeleton([MONDO, DOID])
    nodes = by_curie(skeleton.nodes)
    assert nodes["MONDO:2"].synonyms == ("malignancy",)
    assert (nodes["MONDO:2"].definition, nodes["MONDO:2"].provenance["definition"]["ontology"]) == ("A growth.", "doid")
    assert nodes["MONDO:4"].synonyms == ("lung neoplasm, malignant",)
    assert nodes["MONDO:4"].xrefs == ("DOID:4", "MESH:9")
    assert "DOID:4" not in nodes and nodes["DOID:5"].name == "lung carcinoma"
    assert ("lung carcinoma", "lung cancer", "is_a", True) in edges_of(skeleton.edges, skeleton.nodes)


def test_a_merge_leaves_aliases_of_curie_and_key_with_its_reason() -> None:
    skeleton = build_skeleton([MONDO, DOID])
    nodes = by_curie(skeleton.nodes)
    aliases = {(alias.alias, alias.key): alias.reason for alias in skeleton.aliases}
    assert aliases["DOID:4", nodes["MONDO:4"].key] == "parent+xref"
    assert aliases["DOID:2", nodes["MONDO:2"].key] == "label+unique"
    assert aliases[node_key("disease", "DOID:4", ""), nodes["MONDO:4"].key] == "parent+xref"


def test_a_node_has_the_same_key_whichever_ontology_is_the_skeleton() -> None:
    first, second = build_skeleton([MONDO, DOID]), build_skeleton([DOID, MONDO])
    assert {node.key for node in first.nodes} == {node.key for node in second.nodes}
    assert by_curie(second.nodes)["MONDO:4"].name == "lung neoplasm, malignant"


def test_only_the_first_ontology_of_a_facet_depends_on_the_order() -> None:
    slim = ontology("doid", term("DOID:5", "carcinoma of lung", "DOID:7"), term("DOID:7", "growth"), version="0")
    trees = {repr(build_skeleton([MONDO, *others])) for others in permutations([DOID, slim])}
    assert len(trees) == 1


def test_an_ambiguous_name_is_not_merged() -> None:
    twins = ontology("mondo", term("MONDO:1", "cyst"), term("MONDO:2", "Cyst"))
    skeleton = build_skeleton([twins, ontology("doid", term("DOID:1", "cyst"))])
    assert {"MONDO:1", "MONDO:2", "DOID:1"} <= by_curie(skeleton.nodes).keys()


def test_hpo_stays_as_published() -> None:
    hpo = ontology("hp", term("HP:1", "Fever", synonyms=["Pyrexia"], definition="Hot."))
    symp = ontology("symp", term("SYMP:1", "fever", synonyms=["febrile state"], definition="Heat."))
    over, under = (
        by_curie(build_skeleton([hpo, symp]).nodes)["HP:1"],
        by_curie(build_skeleton([symp, hpo]).nodes)["HP:1"],
    )
    assert (over.name, over.synonyms, over.definition) == ("Fever", ("Pyrexia",), "Hot.")
    assert (under.name, under.synonyms, under.definition) == ("fever", ("febrile state",), "Heat.")


def test_the_same_name_in_two_facets_is_two_nodes() -> None:
    skeleton = build_skeleton([ontology("mondo", term("MONDO:1", "fever")), ontology("symp", term("SYMP:1", "fever"))])
    assert {"MONDO:1", "SYMP:1"} <= by_curie(skeleton.nodes).keys()


# ---------------------------------------------------------------- edges


def test_dangling_and_cyclic_edges_are_dropped_and_nothing_is_orphaned() -> None:
    bad = ontology(
        "mondo", term("MONDO:1", "one", "MONDO:3"), term("MONDO:2", "two", "MONDO:1"),
        term("MONDO:3", "three", "MONDO:2"),
        term("MONDO:4", "four", "MONDO:99"), term("MONDO:5", "five", "MONDO:5"),
    )  # fmt: skip
    skeleton = build_skeleton([bad])
    assert sorted(drop.reason for drop in skeleton.drops) == ["cycle", "unknown_parent"]
    assert_sound(skeleton.nodes, skeleton.edges)


def test_of_a_cycle_the_smallest_edge_goes_and_the_skeleton_stays() -> None:
    def link(child: int, parent: int, rank: int) -> Link:
        return Link(child=child, parent=parent, kind="is_a", rank=rank, said_by=("x",))

    keys = ["a", "b", "c"]
    _, smallest = break_cycles([link(0, 1, 0), link(1, 2, 0), link(2, 0, 0)], keys=keys)
    assert [(gone.child, gone.parent) for gone in smallest] == [(0, 1)]
    _, later = break_cycles([link(0, 1, 0), link(1, 2, 0), link(2, 0, 1)], keys=keys)
    assert [(gone.child, gone.parent) for gone in later] == [(2, 0)]


def test_anatomy_shows_the_part_of_parent_first() -> None:
    uberon = ontology(
        "uberon", term("UBERON:1", "organ"), term("UBERON:2", "body"),
        term("UBERON:3", "trunk", "UBERON:2", kind="part_of"),
        Term(curie="UBERON:4", name="liver", parents=(("UBERON:1", "is_a"), ("UBERON:3", "part_of"))),
    )  # fmt: skip
    skeleton = build_skeleton([uberon])
    shown = edges_of(skeleton.edges, skeleton.nodes)
    assert ("liver", "trunk", "part_of", True) in shown and ("liver", "organ", "is_a", False) in shown


def test_a_known_kind_wins_over_an_unknown_one() -> None:
    unknown, known = (
        Link(child=1, parent=0, kind=kind, rank=rank, said_by=(kind,))
        for rank, kind in enumerate(("unknown", "part_of"))
    )
    assert joined_links([unknown, known]) == [
        Link(child=1, parent=0, kind="part_of", rank=0, said_by=("unknown", "part_of"))
    ]


def assert_sound(nodes: Sequence[Node], edges: Sequence[Edge]) -> None:
    facet = {node.key: node.facet for node in nodes}
    assert len(facet) == len(nodes)
    assert all(node.name.strip() and node.provenance and node.licence for node in nodes)
    assert all(facet[edge.child] == facet[edge.parent] for edge in edges)
    primaries: dict[str, int] = defaultdict(int)
    for edge in edges:
        primaries[edge.child] += edge.is_primary
    roots = [node for node in nodes if node.key not in primaries]
    assert {node.facet for node in roots} == {"disease", "anatomy", "modality", "symptom"} and len(roots) == 4
    assert set(primaries.values()) == {1}
    closure = closure_of(list(facet), edges)
    rooted = {row.node for row in closure if row.ancestor in {root.key for root in roots}}
    assert rooted == set(facet)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=30))
def test_any_edges_give_a_sound_tree(pairs: list[tuple[int, int]]) -> None:
    parents: dict[int, list[str]] = defaultdict(list)
    for child, parent in pairs:
        parents[child].append(f"MONDO:{parent}")
    terms = [term(f"MONDO:{index}", f"term {index}", *parents[index]) for index in range(6)]
    skeleton = build_skeleton([ontology("mondo", *terms)])
    assert_sound(skeleton.nodes, skeleton.edges)


# ---------------------------------------------------------------- closure


@st.composite
def dags(draw: st.DrawFn) -> tuple[list[str], list[Edge]]:
    size = draw(st.integers(1, 9))
    keys = draw(st.permutations([f"n{index}" for index in range(size)]))
    edges = [
        Edge(
            child=keys[child],
            parent=keys[parent],
            kind=draw(st.sampled_from(RELATIONS)),
            is_primary=False,
            provenance={},
        )
        for child in range(size)
        for parent in range(child)
        if draw(st.booleans())
    ]
    return keys, edges


def brute_force(keys: Sequence[str], edges: Sequence[Edge]) -> set[tuple[str, str, str, int]]:
    """Every path, one by one."""
    above: dict[str, list[Edge]] = defaultdict(list)
    for edge in edges:
        above[edge.child].append(edge)
    found: dict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)

    def walk(start: str, here: str, worst: int, depth: int) -> None:
        found[start, here].append((worst, depth))
        for edge in above[here]:
            walk(start, edge.parent, max(worst, RELATIONS.index(edge.kind)), depth + 1)

    for key in keys:
        walk(key, key, 0, 0)
    return {
        (node, ancestor, RELATIONS[min(worst for worst, _ in paths)], min(depth for _, depth in paths))
        for (node, ancestor), paths in found.items()
    }


@given(dags())
def test_the_closure_is_that_of_all_paths(dag: tuple[list[str], list[Edge]]) -> None:
    closure = closure_of(*dag)
    rows = [(row.node, row.ancestor, row.relation, row.min_depth) for row in closure]
    assert set(rows) == brute_force(*dag)
    assert rows == sorted(rows) and len(rows) == len(closure) == len(set(rows))
    assert [closure[index] for index in range(len(closure))] == list(closure)


def test_a_cycle_has_no_closure() -> None:
    edges = [
        Edge(child=child, parent=parent, kind="is_a", is_primary=True, provenance={}) for child, parent in ("ab", "ba")
    ]
    with pytest.raises(ValueError, match="cycle among 2 nodes"):
        closure_of(["a", "b"], edges)


# ---------------------------------------------------------------- modalities


def test_the_modalities_form_one_tree_with_unique_names() -> None:
    terms = modality_ontology().terms
    curies = {found.curie for found in terms}
    assert all(parent in curies for found in terms for parent, _ in found.parents)
    assert all(found.definition and found.name for found in terms) and len(curies) == len(terms)
    assert {
        "DCM:CT",
        "DCM:MR",
        "DCM:US",
        "DCM:DX",
        "DCM:CR",
        "DCM:XA",
        "DCM:MG",
        "DCM:PT",
        "DCM:NM",
        "DCM:ES",
        "DCM:OP",
        "DCM:SM",
        "DCM:GM",
    } <= curies
    names = [text.casefold() for found in terms for text in (found.name, *(synonym.text for synonym in found.synonyms))]
    assert len(names) == len(set(names))


# ---------------------------------------------------------------- evidence


OBO = """format-version: 1.2
ontology: mondo

[Term]
id: MONDO:1
name: disease

[Term]
id: MONDO:2
name: pulmonary arterial hypertension
is_a: MONDO:1

[Term]
id: MONDO:3
name: asthma
def: "Known already." []
is_a: MONDO:1

[Term]
id: MONDO:4
name: sarcoidosis
is_a: MONDO:1
"""
TEXTS = {
    "a.txt": "Pulmonary arterial hypertension (PAH) narrows vessels.\n\n"
    "Asthma is a disease of the bronchi that comes and goes.",
    "b.txt": "Pulmonary arterial hypertension (PAH) is rare. Sarcoidosis, also called Besnier disease, was seen.\n\n"
    "https://creativecommons.org/licenses/by/4.0/",
    "c.txt": "Sarcoidosis is a disorder in which granulomas form in many organs.\n\nhttps://creativecommons.org/publicdomain/zero/1.0/",
    "d.txt": "Sarcoidosis (SARC) was never mentioned twice. Asthma, also called lung trouble, may last.",
}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus")
    (folder / "onto.obo").write_text(OBO)
    (folder / "texts").mkdir()
    for name, text in TEXTS.items():
        (folder / "texts" / name).write_text(text)
    return folder


@pytest.fixture(scope="module")
def grown(corpus: Path) -> Grown:
    return grow([corpus / "onto.obo"], [corpus / "texts"])


def test_texts_give_a_definition_only_where_there_is_none_and_the_licence_allows_it(grown: Grown) -> None:
    nodes = by_curie(grown.nodes)
    assert nodes["MONDO:4"].definition == "Sarcoidosis is a disorder in which granulomas form in many organs."
    assert nodes["MONDO:4"].provenance["definition"]["licence"] == "CC0-1.0"
    assert nodes["MONDO:3"].definition == "Known already."


def test_a_name_needs_two_documents(grown: Grown) -> None:
    nodes = by_curie(grown.nodes)
    assert nodes["MONDO:2"].synonyms == ("PAH",)
    assert nodes["MONDO:4"].synonyms == () and nodes["MONDO:3"].synonyms == ()
    assert sum(row.kind == "synonym" for row in grown.evidence) == 2


def test_every_piece_of_evidence_stands_at_its_offsets(corpus: Path, grown: Grown) -> None:
    texts = read_texts(text_files([corpus / "texts"]))
    documents = {text.document.key: text.document.text for text in texts if not isinstance(text, Drop)}
    assert {document.key: document.characters for document in grown.documents} == {
        key: len(text) for key, text in documents.items()
    }
    assert all(documents[row.document][row.start_char : row.end_char] == row.surface for row in grown.evidence)
    assert all(row.surface in row.sentence for row in grown.evidence)
    assert {row.kind for row in grown.evidence} == {"mention", "synonym", "definition"}


def test_the_tree_depends_on_what_the_texts_hold_not_on_how_they_come(corpus: Path, grown: Grown) -> None:
    files = [corpus / "texts" / name for name in TEXTS]
    one, other = grow([corpus / "onto.obo"], files), grow([corpus / "onto.obo"], list(reversed(files)))
    assert (one.key, one.nodes, one.evidence, list(one.closure)) == (
        other.key,
        other.nodes,
        other.evidence,
        list(other.closure),
    )
    assert (one.key, one.lexicon_digest, one.nodes) == (grown.key, grown.lexicon_digest, grown.nodes)


def test_leaving_a_text_out_and_adding_it_again_gives_the_same_tree(corpus: Path, grown: Grown) -> None:
    fewer = grow([corpus / "onto.obo"], [corpus / "texts" / name for name in list(TEXTS)[1:]])
    assert fewer.key != grown.key and by_curie(fewer.nodes)["MONDO:2"].synonyms == ()
    assert {node.key for node in fewer.nodes} == {node.key for node in grown.nodes}


def test_the_key_is_that_of_the_content(corpus: Path, tmp_path: Path, grown: Grown) -> None:
    (tmp_path / "onto.obo").write_text(OBO)
    assert tree_key([tmp_path / "onto.obo"], [corpus / "texts"]) == (grown.key, grown.inputs)
    (tmp_path / "onto.obo").write_text(OBO + "\n")
    assert tree_key([tmp_path / "onto.obo"], [corpus / "texts"])[0] != grown.key


def test_a_tree_grows_without_any_ontology() -> None:
    bare = grow([], [])
    assert_sound(bare.nodes, bare.edges)
    assert bare.report["facets"]["modality"]["nodes"] > 50 and bare.report["facets"]["symptom"]["nodes"] > 400


def test_a_digest_follows_name_path_and_siblings(corpus: Path, tmp_path: Path, grown: Grown) -> None:
    (tmp_path / "onto.obo").write_text(OBO.replace("name: asthma", "name: bronchial asthma"))
    renamed = by_curie(grow([tmp_path / "onto.obo"], [corpus / "texts"]).nodes)
    before = by_curie(grown.nodes)
    assert renamed["MONDO:3"].digest != before["MONDO:3"].digest
    assert renamed["MONDO:4"].digest != before["MONDO:4"].digest
    assert renamed["DCM:CT"].digest == before["DCM:CT"].digest


@pytest.mark.parametrize(
    ("text", "defines"),
    [
        ("Asthma is a disease of the airways in the lungs.", True),
        ("The asthma is a disease of the airways in lungs.", True),
        ("Asthma is a major health problem of the whole world.", False),
        ("In children, asthma is a disease of the airways too.", False),
        ("Asthma is a disease of the airways in the lungs, is it?", False),
    ],
)
def test_what_counts_as_a_definition(text: str, defines: bool) -> None:
    start = text.lower().index("asthma")
    assert (definition_in(text, (0, len(text)), (start, start + 6)) is not None) == defines


@pytest.mark.parametrize(
    ("short", "long", "expected"),
    [
        ("COPD", "chronic obstructive pulmonary disease", True),
        ("HIV", "human immunodeficiency virus", True),
        ("MS", "asthma sclerosis", False),
        ("flu", "influenza", False),
        ("ABX", "acute bronchitis", False),
    ],
)
def test_short_forms_are_spelled_by_their_long_form(short: str, long: str, expected: bool) -> None:
    assert spells(short, long) == expected


# ---------------------------------------------------------------- look


def test_a_node_is_shown_with_its_place_and_its_evidence(grown: Grown) -> None:
    node = by_curie(grown.nodes)["MONDO:2"]
    quote = Quote(kind="mention", sentence="It narrows vessels.", title="A text", authority="web")
    lines = render_node(
        NodeView(node=node, path=["disease"], children=[f"c{index}" for index in range(25)], quotes=[quote])
    )
    assert lines[0] == "pulmonary arterial hypertension (disease, MONDO:2)"
    assert "path        medical entity > disease > pulmonary arterial hypertension" in lines
    assert any(line.endswith("c19; and 5 more") for line in lines)
    assert lines[-2:] == [
        "evidence    1 sentence of 1 source (web 1)",
        "  mention: It narrows vessels. [A text, web]",
    ]


def test_the_queries_find_a_node_and_what_stands_around_it(store: Store, grown: Grown) -> None:
    tree = store.put_tree(grown)
    key = by_curie(grown.nodes)["MONDO:2"].key
    for text in (key, "MONDO:2", "Pulmonary Arterial Hypertension", "pah"):
        assert [row.key for row in store.query("node_lookup", tree=tree, text=text)] == [key]
    assert store.query("node_lookup", tree=tree, text="MONDO:1")[0].name == "disease"
    assert store.query("node_similar", tree=tree, text="pulmonary hypertension")[0].key == key
    assert [row.name for row in store.query("tree_node_path", tree=tree, node=key)] == [
        "disease", "pulmonary arterial hypertension",
    ]  # fmt: skip
    assert [row.name for row in store.query("tree_node_siblings", tree=tree, node=key)] == ["asthma", "sarcoidosis"]
    assert [(row.name, row.is_primary) for row in store.query("tree_node_parents", tree=tree, node=key)] == [
        ("disease", True)
    ]
    root = node_key("disease", None, "disease")
    assert len(store.query("tree_node_children", tree=tree, node=root)) == 3
    assert {row.name for row in store.query("tree_subtree", tree=tree, node=root)} == {
        "disease", "asthma", "sarcoidosis", "pulmonary arterial hypertension",
    }  # fmt: skip
    assert {row.kind for row in store.query("tree_node_evidence", tree=tree, node=key)} == {"mention", "synonym"}
    assert store.query("tree_node_relations", tree=tree, node=key) == []
    roots = [row for row in store.query("tree_overview", tree=tree) if row.level == 0]
    ours = {facet: len(findings_ontology(facet).terms) for facet in FACETS}
    assert {row.name: row.under for row in roots} == {
        "disease": 3, "anatomy": 0, "symptom": ours["symptom"], "modality": 106 + ours["modality"],
    }  # fmt: skip


# ---------------------------------------------------------------- real data


@pytest.mark.slow
@pytest.mark.shared
def test_real_ontologies_give_a_sound_tree(shared_data: Path) -> None:
    folder = shared_data / "ontologies"
    names = [
        "mondo/MONDO-v2026-05-05.json.gz",
        "uberon/UBERON-v2026-04-01.json.gz",
        "doid/HumanDO_2026.tsv.gz",
        "doid/allXREFinDO_2026.tsv.gz",
    ]
    tree = grow([folder / name for name in names], [])
    assert_sound(tree.nodes, tree.edges)
    nodes = by_curie(tree.nodes)
    assert not any(
        "non-human animal" in node.name or node.name in ("gizzard", "swim bladder", "insect leg") for node in tree.nodes
    )
    above = {row.ancestor: row.relation for row in tree.closure if row.node == nodes["MONDO:0008903"].key}
    assert above[nodes["MONDO:0004992"].key] == "is_a"
    assert tree.report["aliases"] > 15_000 and tree.report["several_parents"] > 10_000
    kinds = {edge.kind for edge in tree.edges if edge.child == nodes["UBERON:0002113"].key}
    assert kinds <= {"is_a", "part_of", "unknown"} and nodes["UBERON:0002113"].name == "kidney"
