"""Growth: a new text touches what it changes and nothing else, keys stay, each build is a version, anchors follow."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import store_rows
from hypothesis import given, settings
from hypothesis import strategies as st
from lung_ontology import lung_obo
from trees import places

from met.store import Store
from met.tree.closure import closure_of
from met.tree.diff import Place, diff_trees
from met.tree.formats import forest_of
from met.tree.grow import grow
from met.types import Edge, Grown, Node, NodeAlias

OBO = lung_obo("sarcoidosis", "asthma")
SENTENCES = (
    "Sarcoidosis is a disorder in which granulomas form in many organs of the body.",
    "Sarcoidosis, also called Besnier disease, is rare.",
    "Besnier disease is another word. Sarcoidosis, also called Besnier disease, may last.",
    "Asthma (AST) comes and goes. Bronchiolitis fugax is a type of asthma in the small airways.",
    "Bronchiolitis fugax is a type of asthma that is seen in spring. Asthma causes wheezing.",
    "Computed tomography showed nothing.",
    "",
)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("library")
    (folder / "onto.obo").write_text(OBO)
    for number, text in enumerate(SENTENCES):
        (folder / f"{number}.txt").write_text(f"{text}\n\nhttps://creativecommons.org/licenses/by/4.0/\n")
    return folder


def grown_of(library: Path, texts: Sequence[int]) -> Grown:
    return grow([library / "onto.obo"], [library / f"{number}.txt" for number in texts])


def parts(grown: Grown) -> tuple[Any, ...]:
    """All that a tree says, its closure row by row."""
    rows = (grown.key, grown.report, grown.nodes, grown.aliases, grown.edges, list(grown.closure), grown.relations)
    return (*rows, grown.documents, grown.evidence, grown.drops)


@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_the_order_of_texts_changes_nothing(library: Path, data: st.DataObject) -> None:
    chosen = data.draw(st.lists(st.integers(0, len(SENTENCES) - 1), unique=True, max_size=4))
    other = data.draw(st.permutations(chosen))
    assert parts(grown_of(library, chosen)) == parts(grown_of(library, other))


@settings(max_examples=6, deadline=None)
@given(chosen=st.lists(st.integers(0, len(SENTENCES) - 1), unique=True, min_size=1, max_size=4), data=st.data())
def test_hiding_a_text_and_adding_it_again_restores_the_tree(
    library: Path, chosen: list[int], data: st.DataObject
) -> None:
    hidden = data.draw(st.sampled_from(chosen))
    before = grown_of(library, chosen)
    less = grown_of(library, [number for number in chosen if number != hidden])
    again = grown_of(library, [*(number for number in chosen if number != hidden), hidden])
    assert parts(again) == parts(before) and less.key != before.key
    curies = {node.curie for node in less.nodes if node.curie}
    assert curies == {node.curie for node in before.nodes if node.curie}


def test_a_text_touches_only_the_nodes_that_it_speaks_of(library: Path) -> None:
    before, after = grown_of(library, [4]), grown_of(library, [4, 0])
    digests = {node.key: node.digest for node in before.nodes}
    changed = {node.name for node in after.nodes if digests.get(node.key) != node.digest}
    assert changed == {"sarcoidosis"}
    assert set(map(repr, before.edges)) <= set(map(repr, after.edges))


def test_every_build_is_a_version_of_its_own(store: Store, library: Path) -> None:
    trees = [grown_of(library, texts) for texts in ([0], [0, 1])]
    numbers = [store.put_tree(grown) for grown in trees]
    assert [row.key for row in store.query("tree_versions")] == [tree.key for tree in reversed(trees)]
    assert store.put_tree(trees[0]) == numbers[0]
    assert store.query("newest_tree")[0].id == numbers[1]
    store.execute("tree_asked_again", tree=numbers[0])
    assert store.query("newest_tree")[0].id == numbers[0], "the one that was asked for last"


# ---------------------------------------------------------------- what changed


def place(name: str, parent: str | None, key: str = "") -> Place:
    return Place(key=key or name, name=name, facet="disease", parent=parent)


def test_a_diff_tells_added_moved_merged_retired_and_renamed() -> None:
    before = [place("disease", None), place("a", "disease"), place("b", "disease"), place("c", "b"), place("d", "a")]
    before += [place("e", "d"), place("gone", "disease")]
    after = [place("disease", None), place("a", "disease"), place("c", "a"), place("D", "a", key="d"), place("e", "d")]
    after += [place("new", "c")]
    diff = diff_trees(before, after, {"b": "a", "gone": "nowhere"})
    assert [change.name for change in diff.added] == ["new"]
    assert [(change.name, change.after) for change in diff.merged] == [("b", "a")]
    assert [change.name for change in diff.retired] == ["gone"]
    assert [(change.before, change.after) for change in diff.renamed] == [("d", "D")]
    assert diff.moved == () and diff.kept == 4
    assert diff.counts() == {"added": 1, "moved": 0, "merged": 1, "retired": 1, "renamed": 1, "kept": 4}


@st.composite
def forests(draw: st.DrawFn) -> list[Place]:
    size = draw(st.integers(1, 8))
    keys = draw(st.permutations([f"n{number}" for number in range(10)]))[:size]
    above = [draw(st.sampled_from(keys[:number])) if number else None for number in range(size)]
    return [place(draw(st.sampled_from("xyz")), parent, key=key) for key, parent in zip(keys, above, strict=True)]


@given(forests(), forests())
def test_every_node_is_in_one_list_of_a_diff(before: list[Place], after: list[Place]) -> None:
    diff = diff_trees(before, after, {})
    old, new = {each.key: each for each in before}, {each.key: each for each in after}
    assert {change.key for change in diff.added} == new.keys() - old.keys()
    assert {change.key for change in diff.retired} == old.keys() - new.keys()
    moved = {key for key in old.keys() & new.keys() if old[key].parent != new[key].parent}
    assert {change.key for change in diff.moved} == moved
    assert diff_trees(after, after, {}).kept == len(after)


# ---------------------------------------------------------------- anchors


def test_anchors_follow_a_node_that_moved(store: Store) -> None:
    """The node goes under a new parent; its key stays, so what is anchored in it counts under the new parent."""
    build = store_rows.build_of(store)
    store_rows.finish(store, build)
    first = store_rows.tree_parts()
    root, leaf = first["nodes"]
    middle = store_rows.node("MONDO:7", "lung disease")
    edges = [edge(middle, root), edge(leaf, middle)]
    other = build_over(store, {**first, **tree_of([root, leaf, middle], edges), "key": "tree:2"})
    worked = store_rows.finish(store, other)
    assert worked["anchor"] == 2, "what stands above a node speaks for it, too"
    assert [(row.name, row.pairs) for row in covered(store, other, middle)] == [("lung disease", 2), ("pneumonia", 2)]
    assert [(row.name, row.pairs) for row in covered(store, build, root)] == [("disease", 2), ("pneumonia", 2)]


def test_a_tree_that_differs_in_its_evidence_alone_anchors_nothing_anew(store: Store) -> None:
    store_rows.finish(store, store_rows.build_of(store))
    parts = store_rows.tree_parts()
    other = build_over(store, {**parts, "key": "tree:2", "inputs": {"more.txt": store_rows.SHA}, "evidence": []})
    assert parts["evidence"], "the first tree has some"
    assert not any(store_rows.finish(store, other).values())


def build_over(store: Store, tree: dict[str, Any]) -> str:
    return store.put_build(
        sources=["source:1"], tree=store.put_tree(Grown(**tree)), engine="rules", settings={"engine": "rules"}
    )


def covered(store: Store, build: str, node: Node) -> list[Any]:
    return store.query("coverage", build=build, node=node.key)


def edge(child: Node, parent: Node) -> Edge:
    return Edge(child=child.key, parent=parent.key, kind="is_a", is_primary=True, provenance={"by": "test"})


def tree_of(nodes: Sequence[Node], edges: Sequence[Edge]) -> dict[str, Any]:
    forest = forest_of(nodes, edges)
    closure = closure_of([node.key for node in nodes], edges)
    return {"nodes": forest.nodes, "edges": forest.edges, "closure": closure}


def test_a_merged_node_is_found_under_its_former_key_and_curie(store: Store) -> None:
    first = store_rows.tree_parts()
    root, leaf = first["nodes"]
    alias = NodeAlias(alias=leaf.key, key=root.key, reason="merged")
    forest = {**first, **tree_of([root], []), "relations": [], "evidence": [], "aliases": [alias], "key": "tree:3"}
    old, new = store.put_tree(Grown(**first)), store.put_tree(Grown(**forest))
    found = diff_trees(places(store, old), places(store, new), {alias.alias: alias.key})
    assert [(change.name, change.after) for change in found.merged] == [("pneumonia", "disease")]
    assert store.query("node_lookup", tree=new, text=leaf.key)[0].key == root.key


def test_a_large_load_is_the_same_as_a_small_one(store: Store) -> None:
    """Indexes and checks come back after a load that went without them."""
    from met.evaluate.synthetic import synthetic_tree
    from met.store.tree import LARGE

    nodes, edges = synthetic_tree(7000, seed=1)
    made = tree_of(nodes, edges)
    assert len(made["closure"]) >= LARGE
    indexes = "select indexname, indexdef from pg_indexes where schemaname = 'public' order by 1"
    before = rows_of(store, indexes)
    tree = store.put_tree(Grown(**{**store_rows.tree_parts(), **made, "relations": [], "evidence": [], "aliases": []}))
    assert rows_of(store, indexes) == before
    assert len(store.select(Node, tree=tree)) == 7000 and len(store.select(Edge, tree=tree)) == len(edges)
    with pytest.raises(Exception, match="foreign key"):
        store.add([replace(edges[0], child="node:none")], tree=tree)
    counted = rows_of(store, "select relation, count(*), sum(min_depth) from closure group by 1")
    assert counted == [("is_a", len(made["closure"]), int(made["closure"].min_depth.sum()))]


# Whatever means something to COPY, to an array or to JSON.
ODD = (
    "a\tb", "back\\slash", "\\N", "new\nline", "\rreturn", 'a "quote"', "{brace}", "comma, and", "NULL", " ", "",
    "\\", '"', "ß 🫀 é", "\x01", "\\.", "a\\tb",
)  # fmt: skip


def test_texts_of_any_kind_come_back_from_a_bulk_load(store: Store) -> None:
    first = store_rows.tree_parts()
    root, leaf = first["nodes"]
    odd = [
        replace(
            leaf, key=f"node:{number}", name=text or "name", synonyms=(text, "x", text), definition=text or None,
            xrefs=(text,) * (number % 3), provenance={"said": [text, {text: None}], "n": number, "f": 0.5, "b": True},
            curie=None,
        )
        for number, text in enumerate(ODD)
    ]  # fmt: skip
    forest = tree_of([root, leaf, *odd], [edge(node, root) for node in (leaf, *odd)])
    tree = store.put_tree(Grown(**{**first, **forest, "relations": [], "evidence": [], "aliases": []}))
    assert store.select(Node, tree=tree) == sorted(forest["nodes"], key=lambda node: node.key)
    assert store.select(Edge, tree=tree) == sorted(forest["edges"], key=lambda row: (row.child, row.parent))


@pytest.mark.parametrize(("text", "why"), [("a\0b", "NUL"), ("a\ud800b", "surrogate")])
def test_a_text_that_no_database_holds_is_named(store: Store, text: str, why: str) -> None:
    first = store_rows.tree_parts()
    root, leaf = first["nodes"]
    with pytest.raises(ValueError, match=why):
        store.put_tree(Grown(**{**first, "nodes": [root, replace(leaf, name=text)]}))
    assert store.query("tree_versions") == []


def rows_of(store: Store, statement: str) -> list[Any]:
    from sqlalchemy import text

    with store._database.transaction() as connection:
        return [tuple(row) for row in connection.execute(text(statement))]
