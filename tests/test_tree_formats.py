"""Exports of the tree: any forest comes back as it was written, and what is no export is refused in one line."""

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from met.errors import BadInput
from met.evaluate.synthetic import synthetic_tree
from met.keys import content_key
from met.tree.formats import FORMATS, Forest, forest_of, read_export, write_export
from met.tree.formats.csv_tables import joined, parts
from met.types import Edge, Node, NodeAlias, Relation

# What a node's texts may hold: anything that the store takes.
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=12)
NAMES = st.lists(TEXT, max_size=3).map(tuple)
PROVENANCE = st.dictionaries(TEXT, TEXT | st.integers() | st.lists(TEXT, max_size=2), min_size=1, max_size=2)
FACETS = ("disease", "anatomy", "modality", "symptom", "cell")
CURIES = st.none() | st.sampled_from(["MONDO:1", "UBERON:2", "DCM:CT", "X:a b"]) | TEXT


@st.composite
def forests(draw: st.DrawFn) -> Forest:
    size = draw(st.integers(0, 8))
    nodes = [node(draw, number) for number in range(size)]
    keys = [found.key for found in nodes]
    edges = [
        Edge(
            child=keys[child],
            parent=keys[parent],
            kind=draw(st.sampled_from(["is_a", "part_of", "unknown"])),
            is_primary=place == 0,
            provenance=draw(PROVENANCE),
        )
        for child in range(1, size)
        for place, parent in enumerate(draw(st.sets(st.integers(0, child - 1), max_size=3)))
    ]
    relations = [
        Relation(
            key=f"relation:{number}",
            subject=draw(st.sampled_from(keys)),
            kind=draw(st.sampled_from(["located_in", "has_symptom", "seen_on", "part_of"])),
            object=draw(st.sampled_from(keys)),
            confidence=round(draw(st.floats(0, 1)), 4),
            provenance=draw(PROVENANCE),
        )
        for number in range(draw(st.integers(0, 3)) if size else 0)
    ]
    aliases = [
        NodeAlias(alias=f"{draw(TEXT)}{number}", key=draw(st.sampled_from([*keys, "node:gone"])), reason=draw(TEXT))
        for number in range(draw(st.integers(0, 3)))
    ]
    return forest_of(nodes, edges, relations=relations, aliases=aliases)


def node(draw: st.DrawFn, number: int) -> Node:
    facts: dict[str, Any] = {"digest": "", "text_digest": "", "key": content_key("node", number)}
    return Node(
        **facts,
        facet=draw(st.sampled_from(FACETS)),  # type: ignore[arg-type]
        curie=draw(CURIES),
        name=draw(TEXT),
        synonyms=draw(NAMES),
        definition=draw(st.none() | TEXT),
        xrefs=draw(NAMES),
        provenance=draw(PROVENANCE),
        licence=draw(TEXT),
    )


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=60, deadline=None)
@given(forest=forests())
def test_any_forest_comes_back_as_it_was_written(name: str, forest: Forest) -> None:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "export"
        write_export(forest, out, name)
        assert read_export(out) == forest


@given(st.lists(TEXT.filter(bool), max_size=4))
def test_a_cell_of_several_values_comes_apart_as_it_was_joined(values: list[str]) -> None:
    assert parts(joined(values)) == tuple(values)


@pytest.fixture(scope="module")
def forest() -> Forest:
    nodes, edges = synthetic_tree(60, seed=3)
    relation = Relation(
        key="relation:1", subject=nodes[3].key, kind="seen_on", object=nodes[4].key, confidence=0.9131,
        provenance={"by": "test"},
    )  # fmt: skip
    return forest_of(nodes, edges, relations=[relation], aliases=[NodeAlias(alias="X:1", key=nodes[5].key, reason="r")])


@pytest.mark.parametrize("name", FORMATS)
def test_equal_forests_give_equal_bytes(forest: Forest, tmp_path: Path, name: str) -> None:
    for out in ("a", "b"):
        write_export(forest, tmp_path / out, name)
    first, second = (
        [path.read_bytes() for path in sorted([tmp_path / out, *(tmp_path / out).rglob("*")]) if path.is_file()]
        for out in ("a", "b")
    )
    assert first == second and first


def test_obograph_says_what_other_readers_look_for(forest: Forest, tmp_path: Path) -> None:
    write_export(forest, tmp_path / "tree.json", "obograph")
    (graph,) = json.loads((tmp_path / "tree.json").read_text())["graphs"]
    by_id = {entry["id"]: entry for entry in graph["nodes"]}
    assert all(identity.startswith("http://purl.obolibrary.org/obo/MONDO_9") for identity in by_id)
    assert all(entry["lbl"] and entry["type"] == "CLASS" for entry in by_id.values())
    is_a = [entry for entry in graph["edges"] if entry["pred"] == "is_a"]
    assert len(is_a) == len(forest.edges) and all(entry["sub"] in by_id and entry["obj"] in by_id for entry in is_a)


def test_skos_is_read_by_another_library(forest: Forest, tmp_path: Path) -> None:
    rdflib = pytest.importorskip("rdflib", reason="rdflib is not installed")
    write_export(forest, tmp_path / "tree.nt", "skos")
    graph = rdflib.Graph().parse(tmp_path / "tree.nt", format="nt")
    skos = rdflib.Namespace("http://www.w3.org/2004/02/skos/core#")
    assert len(set(graph.subjects(rdflib.RDF.type, skos.Concept))) == len(forest.nodes)
    assert len(set(graph.subject_objects(skos.broader))) == len(forest.edges)
    assert {str(label) for label in graph.objects(None, skos.prefLabel)} == {node.name for node in forest.nodes}


@pytest.mark.parametrize(
    "content", [b"", b"{", b'{"graphs":[]}', b'{"graphs":[{"nodes":[]}]}', b"<a> <b> c .\n", b"\xff\xfe", b"[" * 9999]
)
def test_what_is_no_export_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad").write_bytes(content)
    with pytest.raises(BadInput, match="export bad"):
        read_export(tmp_path / "bad")


def test_missing_files_and_formats_are_refused(forest: Forest, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        read_export(tmp_path / "nowhere")
    with pytest.raises(BadInput, match="cannot be read"):
        read_export(tmp_path)
    with pytest.raises(BadInput, match="unknown; there are obograph, skos, csv"):
        write_export(forest, tmp_path / "x", "owl")


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("edges.csv:is_a", "isa", "facet or kind"),
        ("nodes.csv:disease,MONDO", "ghost,MONDO", "facet or kind"),
        ("edges.csv:false", "true", "two primary parents"),
        ("nodes.csv:drop the last line", "", "lacks the node"),
        ("nodes.csv:repeat the last line", "", "names a node twice"),
    ],
)
def test_a_broken_export_is_refused(forest: Forest, tmp_path: Path, old: str, new: str, why: str) -> None:
    write_export(forest, tmp_path / "tables", "csv")
    file, _, text = old.partition(":")
    path = tmp_path / "tables" / file
    lines = path.read_bytes().splitlines(keepends=True)
    if text.startswith("drop"):
        path.write_bytes(b"".join(lines[:-1]))
    elif text.startswith("repeat"):
        path.write_bytes(b"".join([*lines, lines[-1]]))
    else:
        path.write_bytes(b"".join(lines).replace(text.encode(), new.encode()))
    with pytest.raises(BadInput, match=why):
        read_export(tmp_path / "tables")
