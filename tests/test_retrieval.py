"""Node to panels: plans, words, vectors under a closure, and the rankings made one."""

from dataclasses import replace
from random import Random

import numpy as np
import psycopg
import pytest
from dossiers import dossier, node
from hypothesis import given
from hypothesis import strategies as st
from panel_world import CANCER, HEART, LUNG, PNEUMONIA, Said, finish_anchors, vector_of, world

from met.anchor.fusion import fused
from met.anchor.plan import plan_of, plan_of_text
from met.anchor.texts import panel_text_of
from met.evaluate.anchors_found import LabelledPanel, Right
from met.evaluate.anchors_gold import GoldAnchor
from met.evaluate.anchors_rank import ranked_by
from met.stages import ANCHOR
from met.store import Store
from met.store.database import Database
from met.store.search import Near, nearest, panels_under, walked
from met.types import PlacedNode
from tasks.retrieve import Hit, Searched, node_vectors, plans_of, retrieved, searches_of

RANKINGS = st.dictionaries(
    st.sampled_from(["anchor", "words", "vector"]),
    st.lists(st.tuples(st.sampled_from("abcdefgh"), st.floats(0, 1)), unique_by=lambda pair: pair[0]),
)
WEIGHTS = {"anchor": 3.0, "words": 1.0, "vector": 1.0}


# ------------------------------------------------------------ fusion


@given(RANKINGS, st.randoms(use_true_random=False))
def test_fusion_does_not_depend_on_order(rankings: dict[str, list[tuple[str, float]]], chance: Random) -> None:
    turned = {name: sorted(rows, key=lambda _: chance.random()) for name, rows in reversed(rankings.items())}
    assert fused(turned, WEIGHTS) == fused(rankings, WEIGHTS)


@given(RANKINGS)
def test_fusion_ranks_every_panel_once_within_its_range(rankings: dict[str, list[tuple[str, float]]]) -> None:
    found = fused(rankings, WEIGHTS)
    assert {one.panel for one in found} == {panel for rows in rankings.values() for panel, _ in rows}
    assert all(0 < one.score <= 1 for one in found)
    assert [(-one.score, one.panel) for one in found] == sorted((-one.score, one.panel) for one in found)


def test_the_first_of_every_ranking_has_a_score_of_one_and_equal_values_share_a_place() -> None:
    first, second, third = fused(
        {"anchor": [("b", 0.5), ("a", 0.9), ("c", 0.5)], "words": [("a", 1.0)], "vector": []}, WEIGHTS
    )
    assert (first.panel, first.score) == ("a", 1.0)
    assert (second.panel, third.panel) == ("b", "c")
    assert second.places == third.places == {"anchor": 2}


# ------------------------------------------------------------ plans


def test_a_plan_asks_for_names_and_for_short_ones_beside_what_stands_around() -> None:
    placed = PlacedNode(
        node=node("disease", "lobar pneumonia", "LP", "Lobar Pneumonia", "disease"),
        path=("disease", "lung disease", "pneumonia"),
        siblings=(),
    )
    plan = plan_of(placed, ["fever", "lobar pneumonia", "chest radiography"])
    assert plan.names == ("lobar pneumonia",)
    assert plan.short == ("LP",)
    assert plan.around == ("pneumonia", "lung disease", "fever", "chest radiography")


def test_words_that_are_no_node_are_asked_for_as_they_stand() -> None:
    plan = plan_of_text("  air \n bronchogram ")
    assert (plan.node, plan.names, plan.short) == (None, ("air bronchogram",), ())


def test_the_texts_of_a_panel_hold_its_subcaption_apart_from_the_rest_of_the_caption() -> None:
    one = dossier("A lung. B heart.", spans=((0, 7),), mentions=("See Fig. 1.", "See Fig. 1."))
    text = panel_text_of(one, "0" * 32)
    assert (text.subcaption, text.caption, text.mentions) == ("A lung.", "B heart.", "See Fig. 1.")


# ------------------------------------------------------------ words, vectors, anchors


def test_words_of_a_name_find_panels_by_place_and_as_a_phrase_first(store: Store) -> None:
    searched, panels = world(
        store,
        [
            Said(mentions="Lobar pneumonia, lobar pneumonia and again lobar pneumonia."),
            Said(subcaption="Pneumonia of the lobar kind."),
            Said(subcaption="CT of lobar pneumonias."),
            Said(subcaption="A heart."),
        ],
    )
    rows = store.query(
        "panels_by_words", build=searched.build, top=None, names=["lobar pneumonia"], short=[], around=[], limit=9
    )
    assert [row.panel for row in rows] == [panels[2], panels[0], panels[1]]
    assert [row.phrase > 0 for row in rows] == [True, True, False]
    assert all(row.words > 0 for row in rows)


def test_a_short_form_counts_only_beside_what_stands_around_its_node(store: Store) -> None:
    searched, panels = world(store, [Said(subcaption="LP record of 1970."), Said(subcaption="LP, a lung disease.")])
    asked = {"build": searched.build, "top": None, "names": [], "short": ["LP"], "limit": 9}
    assert [row.panel for row in store.query("panels_by_words", around=["lung disease"], **asked)] == [panels[1]]
    assert store.query("panels_by_words", around=[], **asked) == []


@pytest.mark.parametrize("text", ["the of", "!?", "'; drop table panel --", "a:* & b | (c"])
def test_any_text_can_be_asked_for(store: Store, text: str) -> None:
    searched, _ = world(store, [Said(subcaption="CT of the lung.")])
    assert retrieved(store, searched, plan_of_text(text), vector_of(0.0, 1.0)) == []


def near_of(searched: Searched, top: int | None, limit: int = 10) -> Near:
    return Near(
        build=searched.build,
        tree=searched.tree,
        model="test",
        vector=vector_of(1.0, 0.3, seed=99),
        top=top,
        limit=limit,
    )


def test_nearest_panels_under_a_node_are_those_of_the_matrix_product(store: Store, database_url: str) -> None:
    nodes = (CANCER, HEART, PNEUMONIA)
    said = [
        Said(
            subcaption="A panel.",
            anchors=[(nodes[number % 3], "depicted", "negated" if number % 7 == 0 else "affirmed")],
            vector=vector_of(1.0, number / 20, seed=number),
        )
        for number in range(60)
    ]
    searched, panels = world(store, said)
    under = {number for number in range(60) if number % 3 != 1 and number % 7 != 0}
    half = {number: said[number].vector.astype(np.float16).astype(np.float64) for number in under}  # type: ignore[union-attr]
    asked = near_of(searched, None).vector.astype(np.float16).astype(np.float64)
    cosines = {
        panels[number]: round(float(row @ asked / np.linalg.norm(row) / np.linalg.norm(asked)), 4)
        for number, row in half.items()
    }
    right = sorted(cosines.values(), reverse=True)[:10]
    lung = store.query("node_number", tree=searched.tree, node=LUNG.key)[0].id
    found = store.nearest_panels(near_of(searched, lung))
    assert [cosine for _, cosine in found] == pytest.approx(right, abs=2e-4)
    assert {panel for panel, _ in found} <= cosines.keys()
    anywhere = store.nearest_panels(near_of(searched, None))
    assert len(anywhere) == 10 and anywhere[0][1] >= found[0][1]
    # The index gives the same where it is walked, and however much is compared after a walk.
    with psycopg.connect(database_url) as connection:
        connection.execute("select index_searched(60)")
    database = Database(database_url)
    try:
        with database.transaction() as connection:
            assert walked(connection, near_of(searched, lung))[:10] == found
            assert nearest(connection, near_of(searched, lung), most_compared=5) == found
            assert walked(connection, near_of(searched, None))[:10] == anywhere
            assert nearest(connection, near_of(searched, None, limit=20), most_compared=5)[:10] == anywhere
            assert panels_under(connection, near_of(searched, lung), most=7) == 7
            assert panels_under(connection, near_of(searched, lung), most=99) == len(under)
    finally:
        database.close()


def test_a_search_sees_what_was_anchored_since_the_last_one(store: Store, database_url: str) -> None:
    searched, panels = world(store, [Said(subcaption="A panel.", vector=vector_of(1.0, seed=at)) for at in range(4)])
    near = near_of(searched, None)
    assert {panel for panel, _ in store.nearest_panels(near)} == set(panels)
    made = state_of(database_url)
    assert store.nearest_panels(near) == store.nearest_panels(near)
    # A stage that is planned anew changes nothing here: the rows stay, and are looked at once.
    store.plan(searched.build, ANCHOR, str(ANCHOR.code))
    assert not state_of(database_url)[-1]
    assert len(store.nearest_panels(near)) == 4 and state_of(database_url) == made
    assert store.index_panels(searched.build, searched.model, searched.tree) == 4
    # Of another model there are no vectors, and the first one's are there again when they are asked for.
    assert store.nearest_panels(replace(near, model="other")) == []
    store.reopen(searched.build, [ANCHOR.name], panels[:1])
    assert {panel for panel, _ in store.nearest_panels(near)} == set(panels[1:])
    finish_anchors(store, searched.build, {panels[0]: Said(subcaption="Again.", vector=vector_of(1.0, seed=9))})
    assert {panel for panel, _ in store.nearest_panels(near)} == set(panels)


def state_of(url: str) -> tuple[object, ...]:
    with psycopg.connect(url) as connection:
        return connection.execute("select build, model, made, panels, fresh from searched_state").fetchall()[0]


def found_for(store: Store, searched: Searched, key: str, limit: int = 10) -> list[Hit]:
    plan, placed = plans_of(store, searched, [key])[key]
    return retrieved(store, searched, plan, node_vectors(store, "test", [placed])[key], limit=limit)


def test_a_node_finds_what_is_shown_first_and_never_what_its_text_denies(store: Store) -> None:
    searched, panels = world(
        store,
        [
            Said(subcaption="No lobar pneumonia.", anchors=[(PNEUMONIA, "mentioned", "negated")]),
            Said(subcaption="Lobar pneumonia was feared.", anchors=[(PNEUMONIA, "mentioned", "affirmed")]),
            Said(subcaption="CT shows lobar pneumonia.", anchors=[(PNEUMONIA, "depicted", "affirmed")]),
            Said(subcaption="Nothing that names it.", vector=vector_of(1.0, seed=3)),
            Said(subcaption="A heart.", vector=vector_of(0.0, 1.0)),
        ],
    )
    hits = found_for(store, searched, PNEUMONIA.key)
    assert [hit.found.panel for hit in hits] == [panels[2], panels[1], panels[3]]
    assert [(hit.role, hit.is_told) for hit in hits] == [("depicted", True), ("mentioned", False), (None, False)]
    assert set(hits[2].found.places) == {"vector"}
    # What stands below a node is its own, too.
    assert found_for(store, searched, LUNG.key)[0].found.panel == panels[2]
    assert found_for(store, searched, PNEUMONIA.key, limit=1) == hits[:1]


def test_a_search_under_a_node_keeps_to_what_shows_it_or_has_it(store: Store) -> None:
    searched, panels = world(
        store,
        [
            Said(subcaption="Opacity.", anchors=[(PNEUMONIA, "diagnosis", "affirmed")]),
            Said(subcaption="Opacity.", anchors=[(HEART, "depicted", "affirmed")]),
            Said(subcaption="Opacity.", anchors=[(CANCER, "mentioned", "affirmed")]),
        ],
    )
    number = store.query("node_number", tree=searched.tree, node=LUNG.key)[0].id
    under = Searched(build=searched.build, tree=searched.tree, model=searched.model, under=number)
    hits = retrieved(store, under, plan_of_text("opacity"), vector_of(0.0, 1.0))
    assert [hit.found.panel for hit in hits] == [panels[0]]


def test_the_searches_of_a_score_tell_what_was_judged_from_all_that_is_found(store: Store) -> None:
    searched, panels = world(
        store,
        [
            Said(subcaption="Lobar pneumonia.", anchors=[(PNEUMONIA, "mentioned", "affirmed")]),
            Said(subcaption="Lobar pneumonia.", anchors=[(PNEUMONIA, "diagnosis", "affirmed")]),
            Said(subcaption="Lobar pneumonia is seen.", anchors=[(PNEUMONIA, "depicted", "affirmed")], score=0.9),
        ],
    )
    searches = searches_of(store, searched)
    assert searches["retrieval"](frozenset([PNEUMONIA.key])) == [panels[2], panels[1]]
    assert searches["retrieval_all"](frozenset([PNEUMONIA.key])) == [panels[2], panels[1], panels[0]]


def test_a_ranking_is_scored_by_its_first_places_and_by_as_many_as_are_right() -> None:
    gold = GoldAnchor(panel="m/a#1", nodes=("anatomy:lung",), roles=("depicted",), polarity="affirmed", need="must")
    right = Right(gold=gold, keys=frozenset("L"), first=frozenset("L"), around=frozenset("L"))
    panels = [LabelledPanel(name=f"m/a#{key}", key=key, rights=[right] if key in "ac" else []) for key in "abcd"]
    facts = ranked_by(panels, lambda _: ["a", "unlabelled", "b", "c"])
    assert (facts["p_at_10"], facts["p_at_right"], facts["node_recall_at_10"]) == (2 / 3, 0.5, 1.0)
    assert ranked_by(panels, lambda _: [])["nodes_that_find"] == 0
