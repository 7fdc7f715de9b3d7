"""The store: its shape, rows there and back, trees, vectors, runs, and clear errors."""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.rows import TupleRow
from store_rows import RUN, build_of, finish, node, source, tree_parts

from met.errors import BadInput, BadSetting, ChangedMigration, DatabaseUnavailable, NotFound
from met.stages import HARVEST, PANELS
from met.store import Store
from met.store.database import parse_address
from met.store.queries import named_queries, split_blocks
from met.store.schema import SCHEMA, schema_of
from met.types import (
    Article,
    Closure,
    Document,
    Drop,
    Edge,
    Evidence,
    Figure,
    Grown,
    Image,
    Node,
    NodeAlias,
    Panel,
    Relation,
    Source,
    SourceFile,
)

ROOT = Path(__file__).resolve().parents[1]
MODEL = "all-MiniLM-L6-v2"


@contextmanager
def connected(url: str) -> Iterator[psycopg.Connection[TupleRow]]:
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection


# ---------------------------------------------------------------- shape


def test_schema_file_is_what_the_migrations_make(database_url: str) -> None:
    assert schema_of(database_url) == SCHEMA.read_text(), "run `python -m met.store.schema`"


def test_migrating_twice_changes_nothing(store: Store, database_url: str) -> None:
    assert store.migrate() == []
    assert schema_of(database_url) == SCHEMA.read_text()


def test_processes_that_migrate_at_once_wait_for_each_other(empty_url: str) -> None:
    def migrate(_: int) -> list[str]:
        with Store.open(empty_url) as store:
            return store.migrate()

    with ThreadPoolExecutor(4) as pool:
        applied = list(pool.map(migrate, range(4)))
    migrations = sorted(path.name for path in (SCHEMA.parent / "migrations").glob("*.sql"))
    assert sorted(applied) == [[], [], [], migrations]
    assert schema_of(empty_url) == SCHEMA.read_text()


def test_changed_migration_is_refused(store: Store, database_url: str) -> None:
    with connected(database_url) as connection:
        connection.execute("update migration set checksum = 'other' where name = '0001_engine.sql'")
    with pytest.raises(ChangedMigration, match=r"0001_engine\.sql"):
        store.migrate()


def test_database_of_a_newer_engine_is_refused(store: Store, database_url: str) -> None:
    with connected(database_url) as connection:
        connection.execute("insert into migration (name, checksum) values ('9999_later.sql', 'x')")
    with pytest.raises(BadInput, match=r"9999_later\.sql"):
        store.migrate()


def test_changed_views_are_made_anew(store: Store, database_url: str) -> None:
    with connected(database_url) as connection:
        connection.execute("drop view drop_reason")
        connection.execute("create view drop_reason as select 1 as old")
        connection.execute("create view of_the_user as select 1 as one")
        connection.execute("update migration set checksum = 'older' where name like 'view:%'")
    store.migrate()
    with connected(database_url) as connection:
        assert connection.execute("select one from of_the_user").fetchone() == (1,)
        connection.execute("drop view of_the_user")
    assert schema_of(database_url) == SCHEMA.read_text()


def test_every_named_query_has_a_name_of_its_own() -> None:
    assert {"plan_clear", "lease", "close_work", "vectors"} <= named_queries().keys()
    assert list(split_blocks("-- note\n-- name: a\nselect 1;\n\n-- name: b\nselect 2")) == [
        ("a", "select 1"),
        ("b", "select 2"),
    ]


# ---------------------------------------------------------------- addresses


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_addresses_in_use_are_understood(database_url: str, scheme: str) -> None:
    with Store.open(database_url.replace("postgresql", scheme, 1)) as store:
        assert store.query("all_sources") == []


@pytest.mark.parametrize(
    "url",
    [
        "mysql://me:secret@host/db",
        "postgresql+asyncpg://me:secret@host/db",
        "secret",
        "",
        "postgresql://me:secret@host:port/db",
    ],
)
def test_address_of_something_else_is_refused(url: str) -> None:
    with pytest.raises(BadSetting) as caught:
        parse_address(url)
    assert "secret" not in str(caught.value)
    assert "DATABASE_URL" in str(caught.value)


def test_wrong_address_is_one_line_without_password(database_url: str) -> None:
    wrong = [
        "postgresql://met:s3cret@127.0.0.1:1/met",
        "postgresql://met:s3cret@no-such-host.invalid/met",
        f"{database_url}_that_is_not_there",
        database_url.replace("met:", "met:s3cret"),
    ]
    for url in wrong:
        with pytest.raises(DatabaseUnavailable) as caught:
            Store.open(url)
        message = str(caught.value)
        assert "s3cret" not in message and "\n" not in message and "database at" in message
        password = parse_address(url).password
        assert password is not None and password not in message


# ---------------------------------------------------------------- rows

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0")) | st.sampled_from(
    ["\t", "\\N", "\\", "\\.", "NULL", '"', "'", "{}", "{a,b}", "\r\n", "\x7f", "🫁", "a\u0301", "\u2028", ""]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=TEXT,
    texts=st.lists(TEXT, max_size=4).map(tuple),
    definition=st.none() | TEXT,
    provenance=st.dictionaries(TEXT, JSON, max_size=3),
)
def test_any_text_comes_back_as_it_went_in(
    store: Store, name: str, texts: tuple[str, ...], definition: str | None, provenance: dict[str, Any]
) -> None:
    tree = store.put_tree(Grown(**tree_parts(f"tree:{uuid4().hex}") | {"nodes": [], "closure": [], "edges": []}))
    row = node("MONDO:7", name, synonyms=texts, xrefs=texts, definition=definition, provenance=provenance)
    store.add([row], tree=tree)
    assert store.select(Node, tree=tree) == [row]
    assert store.select(Node, tree=tree, name=name) == [row]


@pytest.mark.parametrize("bad", ["a\0b", "\ud800", "x\udfff"])
@pytest.mark.parametrize("where", ["name", "synonyms", "provenance", "keys"])
def test_text_that_postgres_cannot_hold_is_named(store: Store, bad: str, where: str) -> None:
    changes = {
        "name": {"name": bad},
        "synonyms": {"synonyms": ("fine", bad)},
        "provenance": {"provenance": {"a": [{"b": bad}]}},
        "keys": {"provenance": {bad: 1}},
    }[where]
    tree = store.put_tree(Grown(**tree_parts()))
    row = replace(node("MONDO:7", "fine"), **changes)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=rf"node \['{row.key}'\]: .*(NUL|surrogate)"):
        store.add([row], tree=tree)
    assert store.select(Node, tree=tree, key=row.key) == []


def test_row_that_is_there_stays(store: Store) -> None:
    image = Image(sha256="a" * 64, media_type="image/png", bytes=1, width=2, height=3, mode="L", phash=-1)
    store.add([image, image])
    store.add([replace(image, width=99)])
    assert store.select(Image) == [image]


def test_add_says_what_is_missing(store: Store) -> None:
    with pytest.raises(TypeError, match="tree"):
        store.add([node("MONDO:7", "x")])
    with pytest.raises(TypeError, match="Drop"):
        store.add([Drop(item="a", reason="b")])
    finish(store, build_of(store), [HARVEST])
    with pytest.raises(TypeError, match="input"):
        store.add(store.select(Article))


def test_select_takes_one_value_or_any_of_several(store: Store) -> None:
    build = build_of(store, files=3)
    finish(store, build, [HARVEST, PANELS])
    first, second, third = store.select(Article, build=build)
    assert [first.key, second.key, third.key] == sorted([first.key, second.key, third.key])
    assert store.select(Article, key=second.key) == [second]
    assert store.select(Article, key=[third.key, first.key]) == [first, third]
    assert store.select(Article, key=()) == []
    assert store.select(Article, id={first.id}, journal=None) == [first]
    assert store.select(Article, build="build:other") == []
    assert len(store.select(Panel, build=build, figure=[figure.key for figure in store.select(Figure)])) == 3
    with pytest.raises(TypeError, match="colour"):
        store.select(Article, colour="red")
    with pytest.raises(TypeError, match="build_node"):
        store.select(Node, build=build)


def test_batches_hold_every_row_once(store: Store) -> None:
    folder, files = source(25)
    store.put_source(folder, files)
    items = [file.item for file in files]
    batches = list(store.batches("files_of_items", 10, items=items))
    assert [len(batch) for batch in batches] == [10, 10, 5]
    assert sorted(row.item for batch in batches for row in batch) == sorted(items)


def test_source_stands_with_its_files_of_now(store: Store) -> None:
    folder, files = source(3)
    store.put_source(folder, files)
    changed = [replace(files[1], digest="new"), SourceFile(item="file:9", path="9.xml", digest="d")]
    store.put_source(replace(folder, uri="/moved"), changed)
    assert store.select(Source) == [replace(folder, uri="/moved")]
    assert store.select(SourceFile) == changed


def test_build_key_depends_on_what_it_covers_alone(store: Store) -> None:
    build = build_of(store)
    tree = store.find_tree("tree:1")
    facts: dict[str, Any] = {"sources": ["source:1"], "tree": tree, "engine": "rules", "settings": {"engine": "rules"}}
    assert store.put_build(**facts) == build
    assert store.put_build(**facts | {"engine": "vllm"}) != build
    assert store.put_build(**facts | {"sources": ["b", "a"]}) == store.put_build(**facts | {"sources": ["a", "b"]})
    with pytest.raises(NotFound, match="tree"):
        store.put_build(**facts | {"tree": 10**6})


# ---------------------------------------------------------------- trees and vectors


def test_tree_comes_back_whole(store: Store) -> None:
    parts = tree_parts()
    tree = store.put_tree(Grown(**parts))
    assert store.find_tree("tree:1") == tree
    kinds: dict[str, type[Any]] = {
        "nodes": Node,
        "aliases": NodeAlias,
        "edges": Edge,
        "closure": Closure,
        "relations": Relation,
        "evidence": Evidence,
    }
    for name, kind in kinds.items():
        assert sorted(store.select(kind, tree=tree), key=repr) == sorted(parts[name], key=repr)
    assert store.select(Drop, stage="tree", work_item="tree:1") == parts["drops"]
    assert store.query("tree_row", tree=tree)[0].report == {"nodes": 2}
    with pytest.raises(TypeError, match="text"):
        # The text itself stays in its file.
        store.select(Document)


def test_tree_that_is_there_is_returned(store: Store) -> None:
    tree = store.put_tree(Grown(**tree_parts()))
    assert store.put_tree(Grown(**tree_parts() | {"nodes": []})) == tree
    assert len(store.select(Node, tree=tree)) == 2
    other = store.put_tree(Grown(**tree_parts("tree:2")))
    assert other != tree
    assert store.select(Node, tree=other) == store.select(Node, tree=tree)


def test_broken_tree_leaves_nothing(store: Store) -> None:
    stray = Closure(node="node:stray", ancestor="node:stray", relation="is_a", min_depth=0)
    with pytest.raises(ValueError, match="node:stray"):
        store.put_tree(Grown(**tree_parts() | {"closure": [stray]}))
    assert store.find_tree("tree:1") is None
    assert store.select(Node) == []


def test_tree_that_two_put_at_once_is_put_once(database_url: str) -> None:
    def put(_: int) -> int:
        with Store.open(database_url) as store:
            return store.put_tree(Grown(**tree_parts()))

    with ThreadPoolExecutor(3) as pool:
        assert len(set(pool.map(put, range(3)))) == 1


def test_vectors_come_back_in_half_precision(store: Store) -> None:
    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(20, 384)).astype(np.float32)
    matrix /= np.linalg.norm(matrix, axis=1, keepdims=True)
    vectors = {f"{number:032x}": row for number, row in enumerate(matrix)}
    store.put_vectors(MODEL, vectors)
    found = store.vectors([*vectors, "f" * 32], MODEL)
    assert found.keys() == vectors.keys()
    for digest, vector in vectors.items():
        assert found[digest].dtype == np.float32
        assert np.array_equal(found[digest], vector.astype(np.float16).astype(np.float32))
    assert store.vectors(list(vectors), "other model") == {}


def test_vector_that_is_there_stays(store: Store) -> None:
    first, second = np.ones(384, np.float32), np.zeros(384, np.float32)
    store.put_vectors(MODEL, {"a": first})
    store.put_vectors(MODEL, {"a": second, "b": second})
    assert store.vectors(["a"], MODEL)["a"][0] == 1.0
    assert store.vectors(["b"], MODEL)["b"][0] == 0.0
    store.put_vectors(MODEL, {})


# ---------------------------------------------------------------- runs


def test_runs_and_gates_are_recorded(store: Store, database_url: str) -> None:
    build = build_of(store)
    run = store.start_run("build", {"out": "x", "n": [1, None]}, prefect_run="p-1")
    store.put_gate(
        build=build,
        name="tree",
        run=run,
        passed=False,
        expectations=[{"expectation": "e", "passed": False}],
        failing=["node:1", 'a"b'],
    )
    store.end_run(run, status="completed", seconds={"harvest": 1.5})
    with connected(database_url) as connection:
        row = connection.execute(
            "select flow, parameters, status, seconds, prefect_run, ended_at >= started_at from run"
        ).fetchone()
        assert row == ("build", {"out": "x", "n": [1, None]}, "completed", {"harvest": 1.5}, "p-1", True)
        gate = connection.execute("select run, passed, expectations, failing from gate").fetchone()
        assert gate == (run, False, [{"expectation": "e", "passed": False}], ["node:1", 'a"b'])
    assert run != RUN


def test_store_is_open_without_the_libraries_of_orchestration() -> None:
    code = "import sys, met.store; print(sorted({'prefect', 'great_expectations', 'torch'} & sys.modules.keys()))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert found.stdout.strip() == "[]"
