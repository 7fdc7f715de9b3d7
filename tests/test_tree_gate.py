"""The gate of the tree, over rows of a real store: a sound tree passes; each way to be broken is refused by name."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from met.keys import content_key
from met.store import Store
from met.tree.closure import closure_of
from met.tree.formats import forest_of
from met.tree.grow import grow
from met.types import Closure, Edge, EdgeKind, Facet, Grown, Node
from tasks.gates import BATCH, validate

Parts = dict[str, Any]


def node(name: str, facet: Facet = "disease") -> Node:
    return Node(
        key=content_key("node", facet, name), digest="", facet=facet, curie=None, name=name, synonyms=(),
        definition=None, xrefs=(), provenance={"by": "test"}, licence="CC0-1.0", text_digest="",
    )  # fmt: skip


def edge(child: Node, parent: Node, kind: EdgeKind = "is_a", *, is_primary: bool = True) -> Edge:
    return Edge(child=child.key, parent=parent.key, kind=kind, is_primary=is_primary, provenance={"by": "test"})


ROOT, LUNG, CANCER, LUNG_CANCER, ORGAN = (
    node("disease"), node("lung disease"), node("cancer"), node("lung cancer"), node("anatomy", "anatomy"),
)  # fmt: skip


def sound() -> Parts:
    """Five nodes of two facets; one has two parents, one of its edges is of an unknown kind."""
    nodes = [ROOT, LUNG, CANCER, LUNG_CANCER, ORGAN]
    edges = [
        edge(LUNG, ROOT), edge(CANCER, ROOT), edge(LUNG_CANCER, CANCER),
        edge(LUNG_CANCER, LUNG, "unknown", is_primary=False),
    ]  # fmt: skip
    forest = forest_of(nodes, edges)
    empty: Parts = dict.fromkeys(("aliases", "relations", "documents", "evidence", "drops"), ())
    names = {"key": "tree:gate", "inputs": {}, "version": "1", "lexicon_digest": "", "report": {}}
    closure = list(closure_of([each.key for each in nodes], edges))
    return {**empty, **names, "nodes": list(forest.nodes), "edges": list(forest.edges), "closure": closure}


def renamed(parts: Parts, key: str, **changes: Any) -> None:
    parts["nodes"] = [replace(each, **changes) if each.key == key else each for each in parts["nodes"]]


def recomputed(parts: Parts) -> None:
    parts["closure"] = list(closure_of([each.key for each in parts["nodes"]], parts["edges"]))


def failures(store: Store, parts: Parts, batch: int = 3) -> dict[str, Sequence[str]]:
    """Put the tree into the store and return the names of the failing nodes by the column that they fail in.

    The gate reads so few rows at a time that five nodes are more than one batch, unless `batch` says otherwise.
    """
    tree = store.put_tree(Grown(**parts))
    build = store.put_build(sources=[], tree=tree, engine="rules", settings={})
    names = {each.key: each.name for each in store.select(Node, tree=tree)}
    results = validate("tree", store.batches("gate_tree", batch, build=build))
    return {
        result["expectation"].partition("(")[2].rstrip(")"): [names[item] for item in result["items"]]
        for result in results
        if not result["passed"]
    }


def test_a_sound_tree_passes(store: Store) -> None:
    assert failures(store, sound()) == {}


def empty_name(parts: Parts) -> None:
    renamed(parts, LUNG.key, name="  ")


def no_provenance(parts: Parts) -> None:
    renamed(parts, LUNG.key, provenance={})


def two_facets(parts: Parts) -> None:
    renamed(parts, LUNG.key, facet="symptom")


def another_species(parts: Parts) -> None:
    renamed(parts, LUNG.key, name="Non-human animal lung disease")


def fish_bone(parts: Parts) -> None:
    parts["nodes"].append(node("pectoral fin", "anatomy"))
    parts["edges"].append(edge(parts["nodes"][-1], ORGAN))
    recomputed(parts)


def orphan(parts: Parts) -> None:
    parts["nodes"].append(node("lost disease"))
    recomputed(parts)


def no_primary_parent(parts: Parts) -> None:
    parts["edges"] = [replace(each, is_primary=each.is_primary and each.child != LUNG.key) for each in parts["edges"]]


def closure_row_missing(parts: Parts) -> None:
    parts["closure"].remove(Closure(node=LUNG_CANCER.key, ancestor=ROOT.key, relation="is_a", min_depth=2))


def closure_row_of_no_edge(parts: Parts) -> None:
    parts["closure"].append(Closure(node=LUNG.key, ancestor=CANCER.key, relation="is_a", min_depth=1))


def wrong_depth(parts: Parts) -> None:
    parts["closure"] = [
        replace(row, min_depth=1) if (row.node, row.ancestor) == (LUNG_CANCER.key, ROOT.key) else row
        for row in parts["closure"]
    ]


def wrong_relation(parts: Parts) -> None:
    parts["closure"] = [
        replace(row, relation="is_a") if (row.node, row.ancestor) == (LUNG_CANCER.key, LUNG.key) else row
        for row in parts["closure"]
    ]


def not_its_own_ancestor(parts: Parts) -> None:
    parts["closure"].remove(Closure(node=ORGAN.key, ancestor=ORGAN.key, relation="is_a", min_depth=0))


def cycle(parts: Parts) -> None:
    """The closure of the cycle agrees with its edges row by row."""
    one, other = node("one"), node("other")
    parts["nodes"] += [one, other]
    parts["edges"] += [edge(one, other), edge(other, one)]
    for low, high in ((one, other), (other, one)):
        parts["closure"] += [
            Closure(node=low.key, ancestor=low.key, relation="is_a", min_depth=0),
            Closure(node=low.key, ancestor=high.key, relation="is_a", min_depth=1),
        ]


@pytest.mark.parametrize(
    ("break_it", "column", "named"),
    [
        (empty_name, "name_length", ["  "]),
        (no_provenance, "provenance", ["lung disease"]),
        (two_facets, "facet_mixing", ["lung disease", "lung cancer"]),
        (another_species, "disease_name", ["Non-human animal lung disease"]),
        (fish_bone, "anatomy_name", ["pectoral fin"]),
        (orphan, "rooted", ["lost disease"]),
        (no_primary_parent, "rooted", ["lung disease"]),
        (closure_row_missing, "closure_missing", ["lung cancer"]),
        (closure_row_of_no_edge, "closure_surplus", ["lung disease"]),
        (wrong_depth, "closure_different", ["lung cancer"]),
        (wrong_relation, "closure_different", ["lung cancer"]),
        (not_its_own_ancestor, "own_ancestor_depth", ["anatomy"]),
        (cycle, "cycles", ["one", "other"]),
    ],
)
def test_a_broken_tree_is_refused(
    store: Store, break_it: Callable[[Parts], None], column: str, named: Sequence[str]
) -> None:
    parts = sound()
    break_it(parts)
    assert sorted(failures(store, parts)[column]) == sorted(named)


def test_a_second_primary_parent_is_refused_by_the_store_and_by_the_gate(store: Store, database_url: str) -> None:
    parts = sound()
    parts["edges"] = [replace(each, is_primary=True) for each in parts["edges"]]
    with pytest.raises(Exception, match="edge_one_primary"):
        store.put_tree(Grown(**parts))
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("drop index edge_one_primary")
    assert failures(store, parts)["primary_parents"] == ["lung cancer"]


def test_a_grown_tree_passes(store: Store, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Computed tomography is a method of imaging.")
    grown = grow([], [tmp_path])
    names = ("key", "inputs", "lexicon_digest", "report", "nodes", "aliases", "edges", "closure", "relations")
    parts = {name: getattr(grown, name) for name in (*names, "documents", "evidence", "drops")}
    assert failures(store, {**parts, "version": "1"}, BATCH) == {}


FAULTY = """format-version: 1.2
ontology: mondo

[Term]
id: MONDO:1
name: disease

[Term]
id: MONDO:2
name: lung disease
is_a: MONDO:1

[Term]
id: MONDO:2
name: lung disease, told twice
is_a: MONDO:1

[Term]
id: MONDO:3
name: ring one
is_a: MONDO:4
is_a: MONDO:2

[Term]
id: MONDO:4
name: ring two
is_a: MONDO:3

[Term]
id: MONDO:5
name: its own parent
is_a: MONDO:5

[Term]
id: MONDO:6
name: child of nothing
is_a: MONDO:404

[Term]
id: MONDO:7
name: same label
is_a: MONDO:2

[Term]
id: MONDO:8
name: Same label
is_a: MONDO:1

[Term]
id: MONDO:9
name: obsolete lung disease
is_a: MONDO:2
is_obsolete: true

[Term]
id: MONDO:10
name: child of what is gone
is_a: MONDO:9

[Term]
id: MONDO:11
name: feline asthma
is_a: MONDO:1

[Term]
id: MONDO:12
name:
is_a: MONDO:1
"""


def test_a_faulty_ontology_gives_drops_and_a_sound_tree(store: Store, tmp_path: Path) -> None:
    (tmp_path / "mondo.obo").write_text(FAULTY)
    grown = grow([tmp_path / "mondo.obo"], [])
    reasons = {drop.item: drop.reason for drop in grown.drops}
    assert reasons.items() >= {
        "MONDO:2": "duplicate_id", "MONDO:6 -> MONDO:404": "unknown_parent",
        "MONDO:9": "obsolete", "MONDO:10 -> MONDO:9": "unknown_parent", "MONDO:12": "empty_name",
    }.items()  # fmt: skip
    assert [reason for item, reason in reasons.items() if {"MONDO:3", "MONDO:4"} == set(item.split(" -> "))] == [
        "cycle"
    ]
    curies = {node.curie for node in grown.nodes}
    assert {f"MONDO:{number}" for number in (2, 3, 4, 5, 6, 7, 8, 10)} <= curies
    assert curies.isdisjoint({"MONDO:9", "MONDO:12"})
    names = ("key", "inputs", "lexicon_digest", "report", "nodes", "aliases", "edges", "closure", "relations")
    parts = {name: getattr(grown, name) for name in (*names, "documents", "evidence", "drops")}
    assert failures(store, {**parts, "version": "1"}, BATCH) == {}
