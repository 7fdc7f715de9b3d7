"""What the scorer sees of a concept and a node: words, letters, organs, neighbours; and how it sums its trees."""

from collections.abc import Collection, Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from met.tree.attach.candidates import candidates_of, queries_of
from met.tree.attach.forest import Forest
from met.tree.attach.ground import Entity, Ground
from met.tree.attach.holders import heads, holders
from met.tree.attach.names import stems
from met.tree.attach.nearest import Floats
from met.tree.attach.organs import organs_of, organs_over
from met.tree.attach.overlap import overlap
from met.tree.attach.pairs import Pairs, Votes
from met.tree.attach.structure import Lists, adjacency, counts_below, depths, over
from met.tree.attach.vocabulary import Vocabulary
from met.tree.attach.wider import analogies, wider_names

NAMES = {
    "root": "disease",
    "sarcoma": "sarcoma",
    "fibro": "fibrosarcoma",
    "liver": "liver disease",
    "liversarcoma": "hepatic sarcoma",
    "lungfibro": "lung fibrosarcoma",
    "lungsarcoma": "lung sarcoma",
    "gastritis": "gastritis",
    "bacterial": "bacterial gastritis",
    "dominant": "autosomal dominant disease",
}
EDGES = [
    ("sarcoma", "root"), ("fibro", "sarcoma"), ("liver", "root"), ("liversarcoma", "sarcoma"),
    ("liversarcoma", "liver"), ("lungsarcoma", "sarcoma"), ("lungfibro", "lungsarcoma"), ("gastritis", "root"),
    ("bacterial", "gastritis"), ("dominant", "root"),
]  # fmt: skip


def nothing(texts: Sequence[str]) -> Floats:
    return np.zeros((len(texts), 8), np.float32)


def ground() -> Ground:
    entities = [Entity(key=key, names=(name,)) for key, name in NAMES.items()]
    return Ground(entities, EDGES, nothing(list(NAMES)))


def keys(found: dict[int, int] | dict[int, float]) -> dict[str, float]:
    order = list(NAMES)
    return {order[place]: value for place, value in found.items()}


# ---------------------------------------------------------------- names


def test_a_name_leads_to_one_with_a_wider_word() -> None:
    assert keys(wider_names(ground(), stems("liver fibrosarcoma"))) == {"liversarcoma": 1, "liver": 2}
    assert keys(wider_names(ground(), stems("lung pleomorphic sarcoma"))) == {"lungsarcoma": 0}
    assert wider_names(ground(), stems("fever")) == {}


def test_near_nodes_tell_what_a_parent_would_be_called() -> None:
    here = ground()
    near = {here.place["lungfibro"], here.place["bacterial"]}
    # "lung" is what the near node has from its parent: with "liver" in its place that is the liver's sarcoma.
    found = analogies(here, [stems("liver fibrosarcoma")], [near])[0]
    assert set(keys(found.like)) == {"liversarcoma"}
    assert set(keys(found.unlike)) == {"lungsarcoma"}
    assert set(keys(analogies(here, [stems("viral gastritis")], [near])[0].like)) == {"gastritis"}


def test_words_say_where_others_stand_that_hold_them() -> None:
    here = ground()
    pairs = Pairs(here, [[here.place["root"], here.place["sarcoma"]], []])
    parents, above = heads(pairs, [stems("uterine sarcoma"), ()])
    assert parents.tolist() == [0.3333, 0.6667]
    assert above.tolist() == [1.0, 1.0]
    held, _ = holders(pairs, [stems("uterine sarcoma"), ()])
    share = here.weight("sarcoma") / (here.weight("sarcoma") + here.weight("uterine"))
    assert held.tolist() == [round(share / 3, 4), round(share * 2 / 3, 4)], "no name says uterine"


def test_a_mode_of_inheritance_is_a_parent_where_something_says_it() -> None:
    here = ground()
    place = here.place["dominant"]
    asked = [
        Entity(key="a", names=("Smith syndrome",)),
        Entity(key="b", names=("autosomal dominant Smith syndrome",)),
        Entity(key="c", names=("Smith syndrome",), definition="An autosomal dominant disease of the skin."),
    ]
    found = candidates_of(here, queries_of(here, asked, nothing))
    assert [place in each.places(here) for each in found] == [False, True, True]


def test_organs_stand_in_nouns_adjectives_and_roots() -> None:
    assert organs_of(("renal", "failure")) == organs_of(("nephropathy",)) == {"kidney"}
    assert "eye" in organs_over(organs_of(("vitreoretinopathy",)))
    assert organs_of(("fever", "rash")) == frozenset()


# ---------------------------------------------------------------- many at once

SETS = st.lists(st.frozensets(st.integers(0, 6), max_size=5), min_size=1, max_size=5)


def lists(found: Sequence[Collection[int]]) -> Lists:
    """Return the lists, each sorted."""
    ordered = [value for each in found for value in sorted(each)]
    return Lists(np.cumsum([0, *map(len, found)]), np.array(ordered, np.int64))


@given(SETS, SETS, st.lists(st.floats(0.5, 9), min_size=7, max_size=7), st.data())
def test_words_overlap_as_sets_do(
    own: list[frozenset[int]], theirs: list[frozenset[int]], weight: list[float], data: st.DataObject
) -> None:
    pairs = data.draw(
        st.lists(st.tuples(st.integers(0, len(own) - 1), st.integers(0, len(theirs) - 1)), min_size=1, max_size=9)
    )
    one, other = np.array(pairs).T
    found = overlap(np.array(weight), lists(own), lists(theirs), one, other)

    def sum_of(words: frozenset[int]) -> float:
        return sum(weight[word] for word in words)

    for row, (first, second) in enumerate(pairs):
        a, b = own[first], theirs[second]
        assert np.isclose(found.of_own[row], sum_of(a & b) / (sum_of(a) or 1.0))
        assert np.isclose(found.of_theirs[row], sum_of(a & b) / (sum_of(b) or 1.0))
        assert np.isclose(found.lacking_sum[row], sum_of(b - a))
        assert found.lacking[row] == max((weight[word] for word in b - a), default=0.0)
        assert found.extra[row] == max((weight[word] for word in a - b), default=0.0)
        assert found.lacking_words[row] == len(b - a)


def test_names_are_sets_of_numbers_that_go_on_for_what_is_new() -> None:
    known, vocabulary = Vocabulary().read([("acute", "lung", "disease"), ("lung", "lung"), ()])
    assert [known.words[0], known.words[1], known.words[2]] == [(0, 1, 2), (1,), ()]
    assert known.heavy[0] == known.heavy[1] == (1,)
    assert (known.head.tolist(), known.length.tolist()) == ([2, 1, -1], [3, 2, 0])
    assert len({*known.core.tolist()}) == 3
    asked, new = vocabulary.read([("lung", "gout"), ("lung",)])
    assert (asked.words[0], new.words) == ((1, 3), {"gout": 3})
    assert asked.core[1] == known.core[0]


EDGE_SETS = st.sets(st.tuples(st.integers(0, 8), st.integers(0, 8)).filter(lambda edge: edge[0] > edge[1]))


@given(EDGE_SETS)
def test_the_shape_of_a_graph_is_that_of_its_paths(edges: set[tuple[int, int]]) -> None:
    keys = {str(node): node for node in range(9)}
    parents, children = adjacency(keys, [(str(child), str(parent)) for child, parent in edges])
    assert [set(parents[node]) for node in range(9)] == [
        {parent for child, parent in edges if child == node} for node in range(9)
    ]
    above: list[set[int]] = []
    depth: list[int] = []
    for node in range(9):
        above.append({up for parent in parents[node] for up in (parent, *above[parent])})
        depth.append(min((depth[parent] + 1 for parent in parents[node]), default=0))
    found = over(parents)
    assert [found[node] for node in range(9)] == [tuple(sorted(nodes)) for nodes in above]
    assert depths(parents, children).tolist() == depth
    below = [0] * 9
    for node in reversed(range(9)):
        below[node] = sum(below[child] + 1 for child in children[node])
    assert counts_below(parents, children).tolist() == below


PLACES = st.lists(st.sets(st.integers(0, len(NAMES) - 1), max_size=6).map(sorted), min_size=1, max_size=4)


@given(PLACES, st.data())
def test_pairs_are_ranked_and_found_concept_by_concept(places: list[list[int]], data: st.DataObject) -> None:
    pairs = Pairs(ground(), places)
    values = np.array([data.draw(st.integers(0, 3)) for _ in range(len(pairs))], np.float64)
    best, rank = pairs.best(values), pairs.rank(values)
    at = 0
    for concept, near in enumerate(places):
        own = values[at : at + len(near)].tolist()
        for position, place in enumerate(near):
            larger = [value for value in own if value > own[position]]
            ties = [value for value in own[:position] if value == own[position]]
            assert rank[at + position] == len(larger) + len(ties)
            assert best[at + position] == max(own)
            assert pairs.find(np.array([concept]), np.array([place])).tolist() == [at + position]
        for place in set(range(len(NAMES))) - set(near):
            assert pairs.find(np.array([concept]), np.array([place])).tolist() == [-1]
        at += len(near)


def test_near_nodes_speak_for_their_parents() -> None:
    here = ground()
    places = [sorted(here.place[key] for key in ("sarcoma", "lungsarcoma", "root"))]
    near = {here.place["lungfibro"]: 0.9, here.place["liversarcoma"]: 0.5, here.place["fibro"]: 0.4}
    votes = Votes(Pairs(here, places), [near])
    best, mean, share_of_votes, share = (column.tolist() for column in votes.of())
    assert best == [-1.0, 0.5, 0.9]
    assert mean == [-1.0, 0.45, 0.9]
    assert share == [0.0, 2 / 3, 1.0]
    assert np.isclose(sum(share_of_votes), 1.0)
    assert votes.below().tolist() == [0.5, 0.9, -1.0]
    assert np.allclose(votes.above(), [1.0, 1.0, share_of_votes[2]])


# ---------------------------------------------------------------- trees


@st.composite
def forests(draw: st.DrawFn) -> tuple[list[list[float]], list[int]]:
    """Return nodes as (feature, threshold, left, right, value) and the roots."""
    nodes: list[list[float]] = []

    def grow(depth: int) -> int:
        place = len(nodes)
        nodes.append([0, 0.0, -1, -1, draw(st.integers(-4, 4))])
        if depth and draw(st.booleans()):
            nodes[place][:2] = [draw(st.integers(0, 2)), draw(st.integers(-2, 2))]
            nodes[place][2:4] = [grow(depth - 1), grow(depth - 1)]
        return place

    return nodes, [grow(4) for _ in range(draw(st.integers(1, 3)))]


@given(forests(), st.lists(st.tuples(*[st.integers(-3, 3)] * 3), min_size=1, max_size=6))
def test_rows_reach_the_leaves_that_they_walk_to(
    forest: tuple[list[list[float]], list[int]], rows: list[tuple[int, int, int]]
) -> None:
    nodes, roots = forest
    feature, threshold, left, right, value = (np.array(column) for column in zip(*nodes, strict=True))
    built = Forest(
        feature.astype(np.int16), threshold.astype(np.float32), left.astype(np.int32), right.astype(np.int32),
        value.astype(np.float32), np.array(roots, np.int32),
    )  # fmt: skip

    def walked(row: tuple[int, int, int], at: int) -> float:
        while left[at] >= 0:
            at = int(left[at] if row[int(feature[at])] <= threshold[at] else right[at])
        return float(value[at])

    wanted = [0.5 + sum(walked(row, root) for root in roots) for row in rows]
    assert built.odds(np.array(rows, np.float32), 0.5).tolist() == wanted
