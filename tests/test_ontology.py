"""Readers of ontologies: every format into one value, every refusal with its reason."""

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from met.errors import BadOntology
from met.tree.grow import grow
from met.tree.ontology import read_ontology
from met.tree.ontology.kinds import edge_kind
from met.tree.ontology.obo import obo_stanzas, term_of
from met.tree.ontology.obograph import terms_of_obograph, version_of_obograph
from met.tree.scope import human_scope

OBO = """format-version: 1.2
data-version: releases/2026-07-30/symp.obo
property_value: terms:license https://creativecommons.org/publicdomain/zero/1.0/

[Term]
id: SYMP:1
name: chest pain {note="x"} ! a comment
alt_id: SYMP:9
def: "Pain in the \\"chest\\"." [url:http\\://example.org]
synonym: "thoracic pain" EXACT [X:1]
synonym: "pain" BROAD layperson []
synonym: "old pain" EXACT obsolete_synonym []
xref: MESH:D002637 {source="a"}
is_a: SYMP:2 {source="b"} ! pain
relationship: part_of SYMP:3 ! chest
relationship: has_part SYMP:4

[Term]
id: SYMP:2
name: pain

[Term]
id: SYMP:5
name: obsolete ache
is_obsolete: true
replaced_by: SYMP:2

[Term]
id: SYMP:6
name:

[Term]
id: SYMP:2
name: pain again

[Term]
id: GO:1
name: foreign

[Typedef]
id: part_of
name: part of
"""


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_obo_gives_names_scopes_edges_and_version(tmp_path: Path) -> None:
    ontology = read_ontology(written(tmp_path, "anything.txt", OBO))
    term = ontology.terms[0]
    assert (ontology.name, ontology.version, ontology.licence, ontology.facet) == (
        "symp",
        "2026-07-30",
        "CC0-1.0",
        "symptom",
    )
    assert (term.name, term.definition) == ("chest pain", 'Pain in the "chest".')
    assert [(synonym.text, synonym.scope) for synonym in term.synonyms] == [
        ("thoracic pain", "EXACT"),
        ("pain", "BROAD"),
    ]
    assert term.parents == (("SYMP:2", "is_a"), ("SYMP:3", "part_of"))
    assert (term.xrefs, term.alt_ids) == (("MESH:D002637",), ("SYMP:9",))


def test_what_an_obo_cannot_give_is_dropped_with_its_reason(tmp_path: Path) -> None:
    ontology = read_ontology(written(tmp_path, "a.obo", OBO))
    assert {(drop.item, drop.reason) for drop in ontology.drops} == {
        ("SYMP:5", "obsolete"), ("SYMP:6", "empty_name"), ("SYMP:2", "duplicate_id"), ("GO:1", "foreign_term"),
    }  # fmt: skip
    assert [term.name for term in ontology.terms] == ["chest pain", "pain", "obsolete ache"]


def test_json_parents_are_the_ancestors_at_distance_one(tmp_path: Path) -> None:
    records = {
        "UBERON:1": {"ancestors": {}, "label": "kidney", "deprecated": False},
        "UBERON:2": {"ancestors": {"UBERON:1": 1, "UBERON:9": 2}, "label": "left kidney", "synonyms": ["kidney, left"]},
        "UBERON:3": {"ancestors": [], "label": "broken"},
        "UBERON:4": {"ancestors": {}, "label": "gone", "deprecated": True},
    }
    path = tmp_path / "UBERON-v2026-04-01.json.gz"
    path.write_bytes(gzip.compress(json.dumps(records).encode()))
    ontology = read_ontology(path)
    assert [(term.curie, term.parents) for term in ontology.terms] == [
        ("UBERON:1", ()),
        ("UBERON:2", (("UBERON:1", "is_a"),)),
    ]
    assert {(drop.item, drop.reason) for drop in ontology.drops} == {("UBERON:3", "bad_term"), ("UBERON:4", "obsolete")}
    assert ontology.version == "2026-04-01"


OBOGRAPH = {
    "graphs": [
        {
            "id": "http://purl.obolibrary.org/obo/mondo.json",
            "meta": {"version": "http://purl.obolibrary.org/obo/mondo/releases/2026-05-05/mondo.json"},
            "nodes": [
                {
                    "id": "http://purl.obolibrary.org/obo/MONDO_1",
                    "lbl": "lung  disease",
                    "type": "CLASS",
                    "meta": {
                        "definition": {"val": "A disease of the lung.", "xrefs": []},
                        "synonyms": [
                            {"pred": "hasExactSynonym", "val": "pulmonary disease"},
                            {"pred": "hasBroadSynonym", "val": "chest disease"},
                            {"pred": "hasExactSynonym", "val": 7},
                        ],
                        "xrefs": [{"val": "DOID:850"}, {"val": "DOID:850"}],
                        "basicPropertyValues": [
                            {"pred": "http://www.geneontology.org/formats/oboInOwl#hasAlternativeId", "val": "MONDO:9"}
                        ],
                    },
                },
                {"id": "http://purl.obolibrary.org/obo/MONDO_2", "lbl": "asthma", "type": "CLASS"},
                {
                    "id": "http://purl.obolibrary.org/obo/MONDO_3",
                    "lbl": "obsolete asthma",
                    "type": "CLASS",
                    "meta": {
                        "deprecated": True,
                        "basicPropertyValues": [
                            {
                                "pred": "http://purl.obolibrary.org/obo/IAO_0100001",
                                "val": "http://purl.obolibrary.org/obo/MONDO_2",
                            }
                        ],
                    },
                },
                {"id": "http://purl.obolibrary.org/obo/MONDO_4", "type": "CLASS"},
                {"id": "http://purl.obolibrary.org/obo/HP_1", "lbl": "wheeze", "type": "CLASS"},
                {"id": "http://purl.obolibrary.org/obo/RO_1", "lbl": "has", "type": "PROPERTY"},
                "no node",
            ],
            "edges": [
                {
                    "sub": "http://purl.obolibrary.org/obo/MONDO_2",
                    "pred": "is_a",
                    "obj": "http://purl.obolibrary.org/obo/MONDO_1",
                },
                {
                    "sub": "http://purl.obolibrary.org/obo/MONDO_2",
                    "pred": "http://purl.obolibrary.org/obo/BFO_0000050",
                    "obj": "http://purl.obolibrary.org/obo/MONDO_8",
                },
                {"sub": "http://purl.obolibrary.org/obo/MONDO_2", "pred": "http://x/has", "obj": "http://x/HP_1"},
                ["no edge"],
            ],
        }
    ]
}


def test_an_obo_graph_gives_what_an_obo_gives(tmp_path: Path) -> None:
    ontology = read_ontology(written(tmp_path, "mondo.json", json.dumps(OBOGRAPH)))
    assert (ontology.name, ontology.version, ontology.facet) == ("mondo", "2026-05-05", "disease")
    lung, asthma, gone = ontology.terms
    assert (lung.curie, lung.name, lung.definition) == ("MONDO:1", "lung disease", "A disease of the lung.")
    assert [(each.text, each.scope) for each in lung.synonyms] == [
        ("pulmonary disease", "EXACT"), ("chest disease", "BROAD"),
    ]  # fmt: skip
    assert (lung.xrefs, lung.alt_ids) == (("DOID:850",), ("MONDO:9",))
    assert asthma.parents == (("MONDO:1", "is_a"), ("MONDO:8", "part_of"))
    assert gone.obsolete and gone.replaced_by == "MONDO:2"
    assert {drop.item: drop.reason for drop in ontology.drops} == {
        "no node": "bad_term", "MONDO:3": "obsolete", "MONDO:4": "empty_name", "HP:1": "foreign_term",
    }  # fmt: skip


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["MONDO_1", "is_a", "hasExactSynonym", "x"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["id", "lbl", "meta", "sub", "pred", "obj", "val", "synonyms", "xrefs", "type", "definition"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(nodes=JSON, edges=JSON, meta=JSON)
def test_no_obo_graph_breaks_the_reader(nodes: object, edges: object, meta: object) -> None:
    graph = {"graphs": [{"nodes": nodes, "edges": edges, "meta": meta}]}
    terms, drops = terms_of_obograph(graph)
    assert version_of_obograph(graph) is None or isinstance(meta, dict)
    assert len(terms) + len(drops) <= (len(nodes) if isinstance(nodes, list) else 0)


def test_the_tree_of_one_ontology_is_the_same_in_every_format(tmp_path: Path) -> None:
    """OBO, OBO graph JSON and the DOID table of the same terms give the same nodes and edges."""
    names = {"DOID:1": "lung disease", "DOID:2": "asthma", "DOID:3": "brittle asthma"}
    parents = {"DOID:2": "DOID:1", "DOID:3": "DOID:2"}
    obo = "format-version: 1.2\ndata-version: 2026-01-01\n" + "".join(
        f"\n[Term]\nid: {curie}\nname: {name}\n" + (f"is_a: {parents[curie]}\n" if curie in parents else "")
        for curie, name in names.items()
    )
    graph = {
        "meta": {"version": "2026-01-01"},
        "nodes": [{"id": curie.replace(":", "_"), "lbl": name} for curie, name in names.items()],
        "edges": [{"sub": child, "pred": "is_a", "obj": parent} for child, parent in parents.items()],
    }
    table = "id\tlabel\tsubClassOf\n" + "".join(
        f'"{curie}"\t"{name}"\t"{names.get(parents.get(curie, ""), "disease")}"\n' for curie, name in names.items()
    )
    files = {"2026-01-01.obo": obo, "2026-01-01.json": json.dumps({"graphs": [graph]}), "2026-01-01.tsv": table}
    trees = [grow([written(tmp_path, name, text)], []) for name, text in files.items()]
    assert trees[0].nodes == trees[1].nodes == trees[2].nodes
    assert trees[0].edges == trees[1].edges == trees[2].edges
    assert {"asthma", "brittle asthma"} <= {node.name for node in trees[0].nodes}


def test_a_repeated_id_in_json_is_a_drop_and_the_first_counts(tmp_path: Path) -> None:
    text = '{"MONDO:1":{"ancestors":{},"label":"one"},"MONDO:1":{"ancestors":{},"label":"two"}}'
    ontology = read_ontology(written(tmp_path, "m.json", text))
    assert [term.name for term in ontology.terms] == ["one"]
    assert [(drop.item, drop.reason) for drop in ontology.drops] == [("MONDO:1", "duplicate_id")]


def test_the_doid_table_finds_parents_by_label(tmp_path: Path) -> None:
    rows = ["id\tlabel\tsubClassOf", '"DOID:1"\t"cancer"\t"disease"', '"DOID:2"\t"lung cancer"\t"cancer"']
    rows += [
        '"DOID:2"\t"lung cancer"\t"lung disease"',
        '"DOID:3"\t"twin"\t"disease"',
        '"DOID:4"\t"twin"\t"disease"',
        '"DOID:5"\t"child"\t"twin"',
    ]
    ontology = read_ontology(written(tmp_path, "t.tsv", "\n".join(rows)))
    assert {term.curie: term.parents for term in ontology.terms}["DOID:2"] == (("DOID:1", "is_a"),)
    assert {(drop.item, drop.reason) for drop in ontology.drops} == {
        ("DOID:2 -> lung disease", "unknown_parent"), ("DOID:5 -> twin", "ambiguous_parent"),
    }  # fmt: skip


def test_axioms_and_cross_references_are_told_by_their_columns(tmp_path: Path) -> None:
    xrefs = read_ontology(
        written(tmp_path, "x.tsv", 'id\tlabel\txref\n"DOID:1"\t"cancer"\t"MESH:1"\n"DOID:1"\t"cancer"\t"NCI:2"')
    )
    assert (xrefs.holds, xrefs.terms[0].xrefs) == ("xrefs", ("MESH:1", "NCI:2"))
    line = "DOID:1\tflu\t'has symptom' some fever|'disease has location' some 'lung base'|'has cause' some virus"
    axioms = read_ontology(written(tmp_path, "r.tsv", f"ID\tLABEL\tSubClass Of [ANON]\n{line}"))
    assert [(axiom.kind, axiom.object) for axiom in axioms.axioms] == [
        ("has_symptom", "fever"),
        ("located_in", "lung base"),
    ]


@pytest.mark.parametrize(
    "table",
    [
        "id\tlabel\tsubClassOf\nDOID:1\tcancer\tdisease\nDOID:2\tflu\n\nDOID:3\tgout\tdisease\tjoint",
        "id\tlabel\txref\nDOID:1\tcancer\tMESH:1\nDOID:2\tflu\n\nDOID:3\tgout\tMESH:2\tMESH:3",
        "id\tlabel\tsubClass Of [anon]\nDOID:1\tflu\t'has symptom' some fever\nDOID:2\tflu\n\nDOID:3\tgout\ta\tb",
    ],
)
def test_a_row_with_more_or_fewer_cells_is_dropped_with_what_it_holds(tmp_path: Path, table: str) -> None:
    ontology = read_ontology(written(tmp_path, "t.tsv", table))
    assert len(ontology.terms) + len(ontology.axioms) == 1
    assert [(drop.item.split(" | ")[0], drop.reason, drop.detail["cells"]) for drop in ontology.drops] == [
        ("DOID:2", "bad_term", 2), ("DOID:3", "bad_term", 4),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "is empty"),
        (b"\xff\xfe\x00id", "is not UTF-8"),
        (b"{not json", "is not JSON"),
        (b'{"a": 1}', "nor terms with their ancestors"),
        (b"just words", "no known format"),
        (b"[Term]\nid: ZZ:1\nname: x\n", "terms of ZZ"),
        (gzip.compress(OBO.encode(), mtime=0)[:60], "cannot be read"),
    ],
)
def test_a_file_that_is_no_ontology_is_refused_in_one_line(tmp_path: Path, content: bytes, why: str) -> None:
    path = tmp_path / "bad.obo"
    path.write_bytes(content)
    with pytest.raises(BadOntology) as refusal:
        read_ontology(path)
    assert why in str(refusal.value) and "bad.obo" in str(refusal.value) and "\n" not in str(refusal.value)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadOntology, match="cannot be read"):
        read_ontology(tmp_path / "none.obo")


@given(
    st.lists(
        st.sampled_from(
            ["[Term]", "id: A:1", "name: x", "is_a:", 'synonym: "a', "relationship: part_of", "def:", ":", "", "!x"]
        )
    )
)
def test_no_obo_text_breaks_the_reader(lines: list[str]) -> None:
    _, stanzas = obo_stanzas("\n".join(lines))
    assert len([term_of(tags) for tags in stanzas]) == lines.count("[Term]")


def test_a_kind_that_nothing_shows_stays_unknown() -> None:
    assert edge_kind(curie="UBERON:1", name="future brain", definition="", parent="brain") == "unknown"
    assert (
        edge_kind(curie="UBERON:1", name="hilum", definition="A region that is part of a lung.", parent="lung")
        == "part_of"
    )
    assert (
        edge_kind(curie="UBERON:1", name="lung", definition="An organ of breathing.", parent="thoracic cavity")
        == "unknown"
    )


def test_other_species_are_out_of_scope_with_what_stands_under_them(tmp_path: Path) -> None:
    def record(label: str, *parents: str, description: str = "") -> dict[str, object]:
        return {"label": label, "description": description, "ancestors": dict.fromkeys(parents, 1)}

    records = {
        "UBERON:1": record("limb"),
        "UBERON:2": record("pectoral fin", "UBERON:1"),
        "UBERON:3": record("ray", "UBERON:2"),
        "UBERON:4": record("muscle", "UBERON:2", "UBERON:1"),
        "UBERON:5": record("crop", "UBERON:1", description="A pouch of the gullet in many birds."),
        "UBERON:6": record("larynx", "UBERON:1", description="An organ present in birds and humans."),
        "UBERON:7": record("life cycle"),
        "UBERON:8": record("paired limb/fin"),
        "UBERON:9": record("arm", "UBERON:8", "UBERON:5"),
    }
    ontology = human_scope(read_ontology(written(tmp_path, "u.json", json.dumps(records))))
    # One parent that belongs to other species by its name is enough; one that a definition tells is not.
    assert [term.curie for term in ontology.terms] == ["UBERON:1", "UBERON:6", "UBERON:8", "UBERON:9"]
    assert {drop.item: drop.reason for drop in ontology.drops} == {
        "UBERON:2": "non_human", "UBERON:3": "non_human", "UBERON:4": "non_human", "UBERON:5": "non_human",
        "UBERON:7": "not_an_entity",
    }  # fmt: skip
    assert ontology.terms[3].parents == (("UBERON:8", "unknown"), ("UBERON:1", "unknown"))


def test_what_is_only_said_of_a_phenotype_is_out_of_scope(tmp_path: Path) -> None:
    branches = ("Mode of inheritance", "Clinical modifier", "Frequency", "Past medical history", "Blood group")
    stanzas = ["[Term]\nid: HP:1\nname: All", "[Term]\nid: HP:2\nname: Phenotypic abnormality\nis_a: HP:1"]
    for at, name in enumerate(branches, start=3):
        stanzas.append(f"[Term]\nid: HP:{at}\nname: {name}\nis_a: HP:1")
        stanzas.append(f"[Term]\nid: HP:{at}0\nname: One {name}\nis_a: HP:{at}")
    text = "format-version: 1.2\ndata-version: hp/releases/2026-01-01\nontology: hp\n\n" + "\n\n".join(stanzas) + "\n"
    ontology = human_scope(read_ontology(written(tmp_path, "hp.obo", text)))
    assert [term.name for term in ontology.terms] == ["All", "Phenotypic abnormality"]
    assert {drop.reason for drop in ontology.drops} == {"not_an_entity"}
    assert len(ontology.drops) == 2 * len(branches)
