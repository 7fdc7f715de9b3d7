"""What a build covers, what is empty and what a search finds for it; caps, quotas, and the rare before the common."""

import re
from pathlib import Path
from random import Random
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from panel_world import CANCER, HEART, LUNG, PNEUMONIA, ROOT, Said, world

from met.coverage import coverage_page
from met.errors import BadInput
from met.export.balance import Balance, Counted, Quota, balanced, read_quotas, unmet
from met.store import Store
from tasks.balance import Wanted, balanced_panels
from tasks.coverage import coverage_facts

# ------------------------------------------------------------ the map


@pytest.fixture
def facts(store: Store) -> dict[str, Any]:
    searched, _ = world(
        store,
        [
            Said(subcaption="CT shows lobar pneumonia.", anchors=[(PNEUMONIA, "depicted", "affirmed")]),
            Said(subcaption="No lobar pneumonia.", anchors=[(PNEUMONIA, "depicted", "negated")]),
            Said(subcaption="A patient with lung cancer <b>.", anchors=[(CANCER, "diagnosis", "affirmed")]),
        ],
        until="align",
    )
    covered = [dict(row._mapping) for row in store.query("covered_map", build=searched.build)]
    return {**coverage_facts(store, searched, None, empty=9), "map": covered, "searched": searched}


def test_nodes_without_a_pair_are_named_with_what_a_search_finds(facts: dict[str, Any]) -> None:
    (root,) = facts["nodes"]
    assert (root["name"], root["pairs"], root["nodes"], root["covered"]) == ("disease", 1, 5, 3)
    assert [(row["name"], row["named_by"]) for row in facts["empty"]] == [("lung cancer", 1), ("heart disease", 0)]
    (hit,) = facts["empty"][0]["found"]
    assert (hit["place"], hit["role"], hit["pair"]) == (1, "diagnosis", True)
    assert facts["empty"][1]["found"] == []


def test_coverage_of_a_node_looks_at_what_stands_below_it(store: Store, facts: dict[str, Any]) -> None:
    below = coverage_facts(store, facts["searched"], LUNG.key, empty=9)
    assert [row["name"] for row in below["nodes"]] == ["lung disease", "lobar pneumonia", "lung cancer"]
    assert [row["name"] for row in below["empty"]] == ["lung cancer"]
    assert coverage_facts(store, facts["searched"], LUNG.key, empty=0)["empty"] == []


def test_the_page_holds_the_map_and_runs_and_loads_nothing(facts: dict[str, Any]) -> None:
    page = coverage_page(facts, facts["map"], top=None)
    assert {row["name"] for row in facts["map"]} == {"disease", "lung disease", "lobar pneumonia"}
    assert page.index("lung disease") < page.index("Nodes without a pair") < page.index("lung cancer")
    assert "lung cancer &lt;b&gt;" in page
    assert not re.search(r"<script|src=|href=|url\(", page)
    assert "No pair shows it" in coverage_page(facts, facts["map"], top=HEART.key)


# ------------------------------------------------------------ caps and quotas

PAIRS = st.lists(
    st.builds(
        Counted,
        panel=st.text("abcdef", min_size=1, max_size=4),
        nodes=st.frozensets(st.sampled_from("uvwxyz"), max_size=3),
        strength=st.floats(0, 1),
    ),
    unique_by=lambda pair: pair.panel,
    max_size=30,
)


@given(PAIRS, st.integers(1, 4), st.randoms(use_true_random=False))
def test_no_node_gets_more_than_its_cap_and_order_plays_no_part(pairs: list[Counted], cap: int, chance: Random) -> None:
    balance = Balance(cap_per_node=cap, quotas={"u": Quota(node="u", at_least=1, at_most=6), "v": Quota(node="v")})
    kept, refused = balanced(pairs, balance)
    turned = sorted(pairs, key=lambda _: chance.random())
    assert balanced(turned, balance) == (kept, refused)
    assert sorted([*kept, *(drop.item for drop in refused)]) == sorted(pair.panel for pair in pairs)
    by_panel = {pair.panel: pair for pair in pairs}
    for node in "uvwxyz":
        held = sum(node in by_panel[panel].nodes for panel in kept)
        most = balance.cap(node)
        assert most is None or held <= most
    for drop in refused:
        full = drop.detail["node"]
        assert drop.reason == "over_cap"
        assert full in by_panel[drop.item].nodes
        assert sum(full in by_panel[panel].nodes for panel in kept) == drop.detail["at_most"]


def pair(panel: str, *nodes: str, strength: float = 0.5) -> Counted:
    return Counted(panel=panel, nodes=frozenset(nodes), strength=strength)


def test_what_is_rare_comes_before_what_is_common_and_the_surer_before_the_less_sure() -> None:
    pairs = [pair("a", "lung"), pair("b", "lung", strength=0.9), pair("c", "lung", "mole"), pair("d", "lung")]
    kept, refused = balanced(pairs, Balance(cap_per_node=2))
    assert kept == ["b", "c"]
    assert [(drop.item, drop.detail) for drop in refused] == [
        ("a", {"node": "lung", "at_most": 2, "pairs": 4}),
        ("d", {"node": "lung", "at_most": 2, "pairs": 4}),
    ]


def test_a_quota_is_filled_first_and_what_it_lacks_is_told() -> None:
    pairs = [pair("a", "lung"), pair("b", "lung", "ct"), pair("c", "lung", "ct"), pair("d", "mole")]
    quotas = {"ct": Quota(node="ct", at_least=3), "lung": Quota(node="lung", at_most=2)}
    balance = Balance(quotas=quotas)
    kept, refused = balanced(pairs, balance)
    assert kept == ["b", "c", "d"]
    assert [drop.item for drop in refused] == ["a"]
    assert unmet([one for one in pairs if one.panel in kept], balance) == [{"node": "ct", "at_least": 3, "kept": 2}]


def test_a_table_of_quotas_is_read_and_a_bad_one_is_named(tmp_path: Path) -> None:
    path = tmp_path / "quotas.tsv"
    path.write_text("# wanted\nnode\tat_least\tat_most\nlung\t5\t20\nMONDO:1\t\t3\nmole\t2\n")
    assert read_quotas(path) == [("lung", 5, 20), ("MONDO:1", None, 3), ("mole", 2, None)]
    for rows in ("lung\t5\t2", "lung\tmany\t2", "lung\t\t", "\t1\t2", "lung\t1\nlung\t2"):
        path.write_text(f"node\tat_least\tat_most\n{rows}\n")
        with pytest.raises(BadInput, match=r"quotas\.tsv"):
            read_quotas(path)
    path.write_text("lung\t5\n")
    with pytest.raises(BadInput, match="columns node, at_least, at_most"):
        read_quotas(path)


def test_pairs_are_counted_for_what_they_show_and_all_above_it(store: Store) -> None:
    searched, panels = world(
        store,
        [
            Said(anchors=[(PNEUMONIA, "depicted", "affirmed"), (HEART, "diagnosis", "affirmed")]),
            Said(anchors=[(LUNG, "depicted", "affirmed"), (CANCER, "depicted", "negated")]),
            Said(anchors=[(HEART, "mentioned", "affirmed")]),
        ],
        until="align",
    )
    asked = {"build": searched.build, "panels": panels}
    every = store.query("balance_rows", named=[], every=True, **asked)
    assert {row.panel: set(row.nodes) for row in every} == {panels[0]: {PNEUMONIA.key, LUNG.key}, panels[1]: {LUNG.key}}
    named = store.query("balance_rows", named=[ROOT.key], every=False, **asked)
    assert [set(row.nodes) for row in named] == [{ROOT.key}, {ROOT.key}]


def test_an_export_keeps_to_its_caps_and_tells_what_is_lacking(store: Store, database_url: str) -> None:
    shown = [(PNEUMONIA, "depicted", "affirmed")]
    heart = [(HEART, "depicted", "affirmed")]
    said = [Said(anchors=shown), Said(anchors=shown, score=0.9), Said(), Said(anchors=heart), Said(anchors=shown)]
    searched, panels = world(store, said, until="question")
    # The last one may not leave for another reason, so it takes nobody's place.
    with psycopg.connect(database_url) as connection:
        connection.execute("update privacy_check set status = 'clean' where panel <> %s", [panels[4]])
    wanted = Wanted(balance=Balance(cap_per_node=1, quotas={HEART.key: Quota(node=HEART.key, at_least=2)}))
    kept, refused, lacking = balanced_panels(store, searched.build, sorted(panels), wanted)
    assert kept == sorted(panels[1:])
    assert [(drop.item, drop.reason, drop.detail["at_most"]) for drop in refused] == [(panels[0], "over_cap", 1)]
    assert lacking == [{"node": HEART.key, "at_least": 2, "kept": 1}]
    assert wanted.asked() != Wanted().asked() == [None, None]
