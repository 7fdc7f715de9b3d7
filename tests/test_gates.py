"""Gates: each suite refuses rows that break its rules, names them, and holds over batches of any size."""

from collections import namedtuple
from typing import Any

import psycopg
import pytest
import store_rows

from met.store import Store
from tasks.gates import SUITES, validate

GOOD: dict[str, dict[str, Any]] = {
    "tree": {
        "name": "pneumonia",
        "name_length": 9,
        "facet": "disease",
        "licence": "CC0-1.0",
        "provenance": "{}",
        "primary_parents": 1,
        "rooted": True,
        "facet_mixing": 0,
        "anatomy_name": None,
        "disease_name": "pneumonia",
        "cycles": 0,
        "own_ancestor_depth": 0,
        "closure_missing": 0,
        "closure_surplus": 0,
        "closure_different": 0,
    },
    "ingest": {
        "caption": "A radiograph.",
        "image": "ab",
        "licence": "CC0-1.0",
        "width": 10,
        "height": 10,
        "box_inside": True,
        "spans_inside": True,
        "unfinished": 0,
    },
    "anchor": {"score": 0.5, "role": "depicted", "node_known": True, "offsets_inside": True},
    "filter": {"both_verdicts": True, "kept_twice": True, "node_known": True, "copies": 1, "unflagged": True},
    "regions": {"score": 0.5, "inside_panel": True},
    "summary": {"tag": "visible", "of_its_figure": True, "offsets_inside": True},
    "synthesize": {
        "text": "Lung.",
        "text_length": 5,
        "licence": "CC0-1.0",
        "image_licence": "CC0-1.0",
        "licence_compatible": True,
        "nodes_known": True,
        "answer_offered": True,
    },
}
BROKEN = [
    ("tree", "name_length", 0),
    ("tree", "facet", "vehicle"),
    ("tree", "primary_parents", 2),
    ("tree", "provenance", None),
    ("tree", "facet_mixing", 1),
    ("tree", "cycles", 1),
    ("tree", "disease_name", "non human animal disease"),
    ("tree", "closure_surplus", 1),
    ("ingest", "box_inside", False),
    ("ingest", "licence", None),
    ("ingest", "width", 0),
    ("anchor", "score", 1.5),
    ("anchor", "role", "shown"),
    ("anchor", "offsets_inside", False),
    ("filter", "kept_twice", False),
    ("filter", "copies", 2),
    ("filter", "unflagged", False),
    ("regions", "inside_panel", False),
    ("summary", "tag", "shown"),
    ("summary", "of_its_figure", False),
    ("summary", "offsets_inside", False),
    ("synthesize", "licence_compatible", False),
    ("synthesize", "answer_offered", False),
]


def rows(gate: str, **changes: dict[str, Any]) -> list[Any]:
    """Rows `a` and `b` of a gate's query, changed by item."""
    columns = GOOD[gate]
    kind = namedtuple("kind", ["item", *columns])  # type: ignore[misc]
    return [kind(item=item, **(columns | changes.get(item, {}))) for item in ("a", "b")]


@pytest.mark.parametrize("gate", sorted(SUITES))
def test_good_rows_pass(gate: str) -> None:
    assert set(GOOD) == set(SUITES)
    assert [result for result in validate(gate, [rows(gate)]) if not result["passed"]] == []


@pytest.mark.parametrize(("gate", "column", "value"), BROKEN)
def test_a_broken_row_is_named(gate: str, column: str, value: Any) -> None:
    failed = [result for result in validate(gate, [rows(gate), rows(gate, b={column: value})]) if not result["passed"]]
    assert [result["items"] for result in failed] == [["b"]]
    assert column in failed[0]["expectation"]


def test_no_rows_pass() -> None:
    assert validate("anchor", []) == []


@pytest.mark.parametrize("gate", sorted(SUITES))
def test_the_query_of_a_gate_has_the_columns_of_its_suite(store: Store, gate: str) -> None:
    build = store_rows.build_of(store)
    asked = {str(expect.arguments["column"]) for expect in SUITES[gate]}
    names = {name for batch in store.batches(f"gate_{gate}", 10, build=build) for name in batch[0]._fields}
    if gate == "tree":
        assert asked | {"item"} <= names
    else:
        assert not names, "nothing was made yet"


def test_a_cited_sentence_stands_in_a_mention_of_its_figure(store: Store, database_url: str) -> None:
    build = store_rows.build_of(store)
    store_rows.finish(store, build)
    assert [result["passed"] for result in validate("summary", store.batches("gate_summary", 10, build=build))] == [
        True
    ] * len(SUITES["summary"])
    with psycopg.connect(database_url.replace("+psycopg", ""), autocommit=True) as connection:
        changed = connection.execute("update cited_sentence set end_char = 100000 returning key").fetchone()
    assert changed is not None
    failed = [one for one in validate("summary", store.batches("gate_summary", 10, build=build)) if not one["passed"]]
    assert changed[0] in failed[0]["items"]
    assert ["offsets_inside" in one["expectation"] for one in failed] == [True]
