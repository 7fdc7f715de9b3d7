"""New concepts find their parents, the arborescence is the best tree, and hidden nodes come back to their place."""

import itertools
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from met.errors import BadInput
from met.evaluate.attach import score_attach, terms_of
from met.evaluate.attach_fit import groups_of, hide, leaves_of
from met.evaluate.tree import above, score_tree
from met.tree.arborescence import ROOT, maximum_arborescence
from met.tree.attach import attach, weigh
from met.tree.attach.candidates import Embed
from met.tree.attach.grams import Grams
from met.tree.attach.ground import Entity, Ground, Said
from met.tree.attach.names import genus_of, spans, stems
from met.tree.attach.nearest import EXACT_UP_TO, Floats, Nearest, top
from met.tree.attach.scorer import FLAT_WEIGHTS, load_scorer
from met.tree.induce import induce
from met.tree.ontology import read_ontology

WORDS = ("skin", "liver", "cancer", "disease", "carcinoma", "lymphoma", "acute", "fever", "viral")


def embed(texts: Sequence[str]) -> Floats:
    """Return a vector of each text that its words make up: near texts share words."""
    vectors = np.zeros((len(texts), 384), np.float32)
    for row, text in enumerate(texts):
        for word in stems(text):
            vectors[row] += vector_of(word)
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(norms > 0, norms, 1), dtype=np.float32)


@cache
def vector_of(word: str) -> Floats:
    return np.random.default_rng(list(word.encode())).standard_normal(384).astype(np.float32)


def entity(key: str, *names: str, definition: str | None = None, said: tuple[Said, ...] = ()) -> Entity:
    return Entity(key=key, names=names, definition=definition, said=said)


NODES = [
    entity("root", "disease"),
    entity("skin", "skin disease"),
    entity("derm", "dermatitis", "skin inflammation"),
    entity("contact", "contact dermatitis"),
    entity("liver", "liver disease"),
    entity("hep", "hepatitis"),
    entity("virus", "viral infectious disease"),
    entity("cancer", "cancer"),
    entity("livercancer", "liver cancer"),
]
EDGES = [
    ("skin", "root"), ("derm", "skin"), ("contact", "derm"), ("liver", "root"), ("hep", "liver"), ("virus", "root"),
    ("cancer", "root"), ("livercancer", "cancer"), ("livercancer", "liver"),
]  # fmt: skip


def ground() -> Ground:
    return Ground(NODES, EDGES, embed([node.names[0] for node in NODES]))


def placed(*concepts: Entity, embedded: Embed = embed) -> dict[str, str]:
    found = attach(
        concepts, ground(), root="root", embed=embedded, scorer=load_scorer(), among=load_scorer(FLAT_WEIGHTS)
    )
    return {placement.child: placement.parent for placement in found.placements if placement.is_primary}


# ---------------------------------------------------------------- arborescence


def cost(parents: Sequence[int], edges: dict[tuple[int, int], int]) -> int | None:
    for node in range(len(parents)):
        seen: set[int] = set()
        while node != ROOT:
            if node in seen:
                return None
            seen.add(node)
            node = parents[node]
    return sum(edges.get((child, parent), -(1 << 50)) for child, parent in enumerate(parents))


GRAPHS = st.integers(1, 4).flatmap(
    lambda n: st.tuples(
        st.just(n),
        st.lists(st.tuples(st.integers(0, n - 1), st.integers(ROOT, n - 1), st.integers(-5, 9)), max_size=12),
    )
)


@given(GRAPHS)
def test_the_arborescence_is_the_best_of_all_trees(graph: tuple[int, list[tuple[int, int, int]]]) -> None:
    n, listed = graph
    edges: dict[tuple[int, int], int] = {}
    for child, parent, score in listed:
        if child != parent:
            edges[child, parent] = max(edges.get((child, parent), score * 10_000), score * 10_000)
    found = maximum_arborescence(n, [(child, parent, float(score)) for child, parent, score in listed])
    every = itertools.product(
        *([parent for parent in range(ROOT, n) if parent == ROOT or (child, parent) in edges] for child in range(n))
    )
    best = max(total for parents in every if (total := cost(parents, edges)) is not None)
    assert cost(found, edges) == best


@given(GRAPHS, st.randoms(use_true_random=False))
def test_the_order_of_edges_does_not_matter(graph: tuple[int, list[tuple[int, int, int]]], random: object) -> None:
    n, listed = graph
    edges = [(child, parent, float(score)) for child, parent, score in listed]
    turned = edges.copy()
    random.shuffle(turned)  # type: ignore[attr-defined]
    assert maximum_arborescence(n, edges) == maximum_arborescence(n, turned)


def test_an_edge_of_no_node_is_refused() -> None:
    with pytest.raises(ValueError, match="no edge among 2 nodes"):
        maximum_arborescence(2, [(0, 5, 1.0)])
    with pytest.raises(ValueError, match="no edge"):
        maximum_arborescence(2, [(0, 1, float("nan"))])


# ---------------------------------------------------------------- words and neighbours


def test_the_genus_is_what_stands_before_the_difference() -> None:
    assert genus_of("An autosomal recessive disease that is caused by X.") == "autosomal recessive disease"
    assert genus_of("A type of skin cancer that grows.") == "skin cancer"
    assert genus_of("") == ""


def test_spans_run_from_long_to_short() -> None:
    assert list(spans(("a", "b"))) == [(0, 2), (1, 2), (0, 1)]


@given(st.integers(1, 40), st.integers(1, 700), st.integers(0, 9))
def test_top_finds_the_largest(k: int, columns: int, seed: int) -> None:
    scores = np.random.default_rng(seed).standard_normal((3, columns)).astype(np.float32)
    places, best = top(scores, k)
    assert np.array_equal(best, -np.sort(-scores, axis=1)[:, :k])
    assert np.array_equal(np.take_along_axis(scores, places, axis=1), best)


def test_nothing_near_in_an_empty_ground() -> None:
    places, _ = Nearest(np.zeros((0, 384), np.float32)).of(np.ones((2, 384), np.float32), 5)
    assert places.shape == (2, 0)


def test_lists_find_what_is_nearest() -> None:
    draw = np.random.default_rng(3)
    rows = draw.standard_normal((EXACT_UP_TO + 1, 8)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    rows[7] = rows[70_000] = rows[140_000]
    nearest, asked = Nearest(rows), rows[[7, 11, 12_345, 70_000, 149_999]]
    places, scores = nearest.of(asked, 40)
    exact, best = top(asked @ rows.T, 40)
    assert np.mean([np.isin(one, other).mean() for one, other in zip(exact, places, strict=True)]) > 0.9
    assert places[0, :3].tolist() == places[3, :3].tolist() == [7, 70_000, 140_000], "equal ones by place"
    assert np.allclose(scores[:, 0], best[:, 0], atol=1e-5) and (np.diff(scores, axis=1) <= 0).all()
    [(both, _), (few, _)] = nearest.all_of([(asked, 40), (asked[:2], 5)])
    assert np.array_equal(both, places) and np.array_equal(few, places[:2, :5])
    alone, values = nearest.of(asked[2:3], 40)
    assert np.array_equal(alone[0], places[2]) and np.array_equal(values[0], scores[2]), "others do not matter"


@given(st.lists(st.text("abcd ", min_size=1, max_size=12), min_size=1, max_size=12), st.integers(0, 9))
def test_rarest_grams_are_few_and_products_whole(names: list[str], most: int) -> None:
    grams = Grams(names)
    rows = grams.of(names)
    rarest = grams.rarest(rows, most)
    assert ((rarest.toarray() == 0) | (rarest.toarray() == rows.toarray())).all()
    assert ((np.diff(rarest.indptr) > 0) == (np.diff(rows.indptr) > 0)).all(), "one at least"
    assert np.array_equal(grams.rarest(rows, 10_000).toarray(), rows.toarray())
    whole = grams.similar(rows).toarray()
    for at in range(len(names)):
        assert np.allclose(grams.products(rows, at, np.arange(len(names))), whole[at], atol=1e-6)


# ---------------------------------------------------------------- attaching


def test_heads_and_definitions_lead_to_parents() -> None:
    found = placed(
        entity("n1", "allergic contact dermatitis", definition="A contact dermatitis that is caused by an allergen."),
        entity("n2", "metastatic liver cancer", definition="A liver cancer that has spread."),
    )
    assert found == {"n1": "contact", "n2": "livercancer"}


def test_new_concepts_stand_under_each_other_and_never_in_a_circle() -> None:
    found = placed(
        entity("n1", "nickel hives", definition="A metal hives that is caused by nickel."),
        entity("n2", "metal hives", definition="A nickel hives that is no such thing."),
    )
    for start in found:
        key, steps = start, 0
        while key in found:
            key, steps = found[key], steps + 1
            assert steps <= len(found)
        assert key in {node.key for node in NODES}


def test_the_order_of_concepts_does_not_matter() -> None:
    concepts = [
        entity(f"n{place}", f"{first} {last}")
        for place, (first, last) in enumerate(itertools.product(WORDS[:3], WORDS[2:5]))
    ]
    assert placed(*concepts) == placed(*reversed(concepts))


@pytest.mark.slow
def test_among_very_many_nodes_the_parent_comes_first() -> None:
    first, second = (itertools.product("bdfgklmnprst", "aeiou", "lmnrst", ending) for ending in (("ak",), ("o", "il")))
    kinds, places = ["".join(word) for word in first], ["".join(word) for word in second]
    many = [
        entity(f"many{number:06d}", f"{place} {kind}")
        for number, (place, kind) in enumerate(itertools.islice(itertools.product(places, kinds), EXACT_UP_TO))
    ]
    nodes = [*NODES, *(entity(f"kind:{kind}", kind) for kind in kinds), *many]
    edges = [*EDGES, *((f"kind:{kind}", "root") for kind in kinds)]
    edges += [(node.key, f"kind:{node.names[0].split()[1]}") for node in many]
    among = Ground(nodes, edges, embed([node.names[0] for node in nodes]))
    wanted = {f"n{number:02d}": many[number * 997] for number in range(20)}
    concepts = [entity(key, f"zuvex {parent.names[0]}") for key, parent in wanted.items()]
    concepts.append(entity("n20", "metastatic liver cancer", definition="A liver cancer that has spread."))
    found = weigh(among, concepts, embed, load_scorer())
    assert [weighed.parents[0] for weighed in found] == [*(parent.key for parent in wanted.values()), "livercancer"]


def test_a_taken_key_is_refused() -> None:
    with pytest.raises(ValueError, match="taken"):
        placed(entity("skin", "skin rash"))


def test_other_parents_that_texts_name_are_conflicts_with_both_sides() -> None:
    concept = entity(
        "n1",
        "chronic contact dermatitis",
        definition="A contact dermatitis that lasts.",
        said=(Said(parent="viral infectious disease", weight=0.4, evidence=("evidence:1",)),),
    )
    found = attach([concept], ground(), root="root", embed=embed, scorer=load_scorer(), among=load_scorer(FLAT_WEIGHTS))
    named = {placement.parent for placement in found.placements} | {conflict.refused for conflict in found.conflicts}
    assert {"contact", "virus"} <= named
    for conflict in found.conflicts:
        assert conflict.reason == "other_parent"
        assert conflict.kept_evidence or conflict.refused_evidence


def test_a_hierarchy_grows_from_definitions_alone() -> None:
    terms = [
        entity("a", "dermatitis", definition="A skin disease that is an inflammation."),
        entity("b", "contact dermatitis", definition="A dermatitis that is caused by contact."),
        entity("c", "skin disease", definition="A disease that concerns the skin."),
    ]
    found = {
        edge.child: edge.parent
        for edge in induce(terms, root="top", embed=embed, scorer=load_scorer(FLAT_WEIGHTS))
        if edge.is_primary
    }
    assert found == {"a": "c", "b": "a", "c": "top"}


# ---------------------------------------------------------------- hiding


FORESTS = st.lists(st.integers(0, 10**6), min_size=2, max_size=30).map(
    lambda draws: [(f"k{child}", f"k{draw % child}") for child, draw in enumerate(draws) if child]
)


@given(FORESTS)
def test_hidden_nodes_are_asked_for_by_parents_that_are_seen(edges: list[tuple[str, str]]) -> None:
    keys = sorted({key for edge in edges for key in edge})
    entities = [entity(key, key) for key in keys]
    hidden = groups_of(entities, edges, 0.3, "salt")
    case = hide(entities, edges, hidden)
    seen = {node.key for node in case.visible}
    assert seen | hidden == set(keys)
    assert all(gold and gold <= seen and node.key in hidden for node, gold in case.asked)
    assert above(case.edges) == {pair for pair in above(edges) if set(pair) <= seen}
    assert set(leaves_of(entities, edges)).isdisjoint({parent for _, parent in edges})


def test_further_files_give_definitions_and_nothing_else(tmp_path: Path) -> None:
    first, more = tmp_path / "first.obo", tmp_path / "more.obo"
    head = "format-version: 1.2\nontology: x\n\n"
    first.write_text(f"{head}[Term]\nid: DOID:1\nname: rash\n\n[Term]\nid: DOID:2\nname: hives\n")
    more.write_text(
        f'{head}[Term]\nid: DOID:1\nname: rash\n\n[Term]\nid: DOID:2\nname: urticaria\ndef: "A rash that itches." []\n'
        'synonym: "nettle rash" EXACT []\nis_a: DOID:1 ! rash\n\n[Term]\nid: DOID:3\nname: other\n'
    )
    terms = terms_of([read_ontology(first), read_ontology(more)])
    assert terms.edges == ()
    assert terms.entities == (
        entity("DOID:1", "rash"),
        entity("DOID:2", "hives", definition="A rash that itches."),
    )


# ---------------------------------------------------------------- scores


def test_scores_say_what_they_lack() -> None:
    for score, options in ((score_attach, {}), (score_tree, {}), (score_attach, {"ontologies": [Path("x")]})):
        with pytest.raises(BadInput):
            score([], images=None, root=None, options=options)


@pytest.mark.shared
def test_subtrees_of_an_ontology_are_whole(shared_data: Path) -> None:
    facts = score_tree(
        [], images=None, root=None, options={"ontologies": [shared_data / "ontologies/doid/HumanDO_2026.tsv.gz"]}
    )
    assert facts["subtree_recall"] == 1.0
    assert facts["single_parent"] < 1.0


@pytest.mark.shared
def test_hidden_leaves_are_found_again(shared_data: Path) -> None:
    files = [shared_data / "ontologies/doid/DO_cancer_slim.obo.gz"]
    facts = score_attach([], images=None, root=None, options={"ontologies": files, "hide": "leaves", "embed": embed})
    assert facts["n"] > 50
    assert facts["hit1"] > facts["baselines"]["nearest"]["hit1"]
    assert facts["defined"]["n"] > 0
    assert facts["hit1"] >= facts["names_alone"]["hit1"]
