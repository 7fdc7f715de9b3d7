"""Gates between stages: Great Expectations suites over queries of the build. A failed gate stops the flow."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from prefect import task
from prefect.artifacts import create_table_artifact
from prefect.cache_policies import NO_CACHE

from met.errors import GateFailed
from met.tree.scope import OTHER_SPECIES
from met.types import Facet, Role, Tag
from tasks import doors

FACETS, ROLES, TAGS = (list(get_args(words)) for words in (Facet, Role, Tag))
NAMED_ROWS = 50
BATCH = 100_000
RESULT_FORMAT = {"result_format": "COMPLETE", "unexpected_index_column_names": ["item"]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Expect:
    """One expectation of a suite: the Great Expectations class by name, and its arguments."""

    expectation: str
    arguments: Mapping[str, Any]


def _never_null(*columns: str) -> tuple[Expect, ...]:
    return tuple(
        Expect(expectation="ExpectColumnValuesToNotBeNull", arguments={"column": column}) for column in columns
    )


def _one_of(column: str, values: Sequence[Any]) -> Expect:
    return Expect(expectation="ExpectColumnValuesToBeInSet", arguments={"column": column, "value_set": list(values)})


def _between(column: str, low: float | None, high: float | None) -> Expect:
    return Expect(
        expectation="ExpectColumnValuesToBeBetween", arguments={"column": column, "min_value": low, "max_value": high}
    )


def _no_match(column: str, pattern: str) -> Expect:
    return Expect(expectation="ExpectColumnValuesToNotMatchRegex", arguments={"column": column, "regex": pattern})


# The columns are those of the queries gate_<name> in sql/queries/gates.sql; each names its rows in column `item`.
SUITES: Mapping[str, tuple[Expect, ...]] = {
    "tree": (
        *_never_null("name", "provenance", "licence"),
        _between("name_length", 1, None),
        _one_of("facet", FACETS),
        _one_of("primary_parents", [0, 1]),
        _one_of("rooted", [True]),
        _one_of("facet_mixing", [0]),
        *(_no_match(f"{facet}_name", pattern) for facet, pattern in OTHER_SPECIES.items()),
        _one_of("cycles", [0]),
        _one_of("own_ancestor_depth", [0]),
        _one_of("closure_missing", [0]),
        _one_of("closure_surplus", [0]),
        _one_of("closure_different", [0]),
    ),
    "ingest": (
        *_never_null("caption", "image", "licence"),
        _between("width", 1, None),
        _between("height", 1, None),
        _one_of("box_inside", [True]),
        _one_of("spans_inside", [True]),
        _one_of("unfinished", [0]),
    ),
    "anchor": (
        _between("score", 0, 1),
        _one_of("role", ROLES),
        _one_of("node_known", [True]),
        _one_of("offsets_inside", [True]),
    ),
    "filter": (
        _one_of("both_verdicts", [True]),
        _one_of("kept_twice", [True]),
        _one_of("node_known", [True]),
        _one_of("copies", [1]),
        _one_of("unflagged", [True]),
    ),
    "regions": (
        _between("score", 0, 1),
        _one_of("inside_panel", [True]),
    ),
    "summary": (
        _one_of("tag", TAGS),
        _one_of("of_its_figure", [True]),
        _one_of("offsets_inside", [True]),
    ),
    "synthesize": (
        *_never_null("text", "licence", "image_licence"),
        _between("text_length", 1, 4000),
        _one_of("licence_compatible", [True]),
        _one_of("nodes_known", [True]),
        _one_of("answer_offered", [True]),
    ),
}


def tree_gate(build: str, run: str) -> None:
    """Check the tree of a build, unless this tree, which never changes, has passed its gate before.

    Raises:
        GateFailed: as `gate` does.
    """
    if not doors.store().query("tree_gate_passed", build=build):
        gate("tree", build, run)


@task(name="gate", task_run_name="gate · {name}", cache_policy=NO_CACHE, persist_result=False)
def gate(name: str, build: str, run: str) -> None:
    """Check the suite `name` on the rows of a build; the result stands in table gate and as an artifact.

    Raises:
        GateFailed: with the number of failing rows; the artifact and the table name them.
    """
    results = validate(name, doors.store().batches(f"gate_{name}", BATCH, build=build))
    failing = sorted({item for result in results for item in result["items"]})
    doors.store().put_gate(
        build=build,
        name=name,
        run=run,
        passed=all(result["passed"] for result in results),
        expectations=results,
        failing=failing,
    )
    table = [
        {
            "expectation": result["expectation"],
            "passed": result["passed"],
            "rows": ", ".join(result["items"][:NAMED_ROWS]),
        }
        for result in results
    ]
    create_table_artifact(table=table, key=f"gate-{name}", description=f"gate {name}: {len(failing)} failing rows")
    broken = [result["expectation"] for result in results if not result["passed"]]
    if broken:
        why = f"{'; '.join(broken)}: {', '.join(failing[:NAMED_ROWS])}"
        raise GateFailed(name=name, rows=len(failing), why=why)


def validate(name: str, batches: Iterable[Sequence[Any]]) -> list[dict[str, Any]]:
    """Return for each expectation whether it holds on all batches of rows, and the items where it does not.

    Every expectation looks at single rows, so batches of any size give the same answer in constant memory.
    """
    # Great Expectations phones home unless told otherwise before its import, and costs seconds to import.
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx
    import pandas as pd
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    rows = context.data_sources.add_pandas("rows").add_dataframe_asset(name).add_batch_definition_whole_dataframe("all")
    suite = gx.ExpectationSuite(name=name)
    for expect in SUITES[name]:
        suite.add_expectation(getattr(gx.expectations, expect.expectation)(**expect.arguments))
    results: list[dict[str, Any]] = []
    for batch in batches:
        frame = pd.DataFrame([row._asdict() for row in batch])
        outcome = rows.get_batch({"dataframe": frame}).validate(suite, result_format=RESULT_FORMAT)
        results = _joined(results, [_result(result) for result in outcome.results])
    return results


def _joined(before: list[dict[str, Any]], now: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if not before:
        return now
    return [
        {**one, "passed": one["passed"] and other["passed"], "items": sorted({*one["items"], *other["items"]})}
        for one, other in zip(before, now, strict=True)
    ]


def _result(result: Any) -> dict[str, Any]:
    rows = (result.result or {}).get("unexpected_index_list") or []
    error = result.exception_info.get("exception_message") if isinstance(result.exception_info, dict) else None
    return {
        "expectation": f"{result.expectation_config.type}({result.expectation_config.kwargs.get('column')})",
        "passed": bool(result.success),
        "items": sorted({str(row["item"]) for row in rows}),
        "observed": str(error or (result.result or {}).get("partial_unexpected_list", ""))[:500],
    }
