"""The command line: help with an example everywhere, exit codes, one clear line for an error, JSON for machines."""

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import command
import pytest
import store_rows
import typer.main
from command import MET

from flows.cli import app, run
from flows.cli.arguments import FLAGS, spread
from flows.cli.options import formats_of
from flows.cli.why import drop_line
from met.errors import BadInput
from met.keys import content_key
from met.store import Store
from met.types import Closure, Edge, Grown, Node

# Most of these end with another code than 0.
met = partial(command.met, check=None)


def commands() -> list[list[str]]:
    """Every command as the words that call it."""
    found: list[list[str]] = []

    def walk(command: Any, words: list[str]) -> None:
        inner = getattr(command, "commands", None)
        if inner is None:
            found.append(words)
        else:
            for name, below in inner.items():
                walk(below, [*words, name])

    walk(typer.main.get_command(app), [])
    return found


def test_the_commands_are_those_of_the_documentation() -> None:
    assert {" ".join(words) for words in commands()} == {
        "up", "down", "status", "demo", "ingest", "build", "backfill", "export", "why", "search", "coverage", "cost",
        "score", "fit", "serve", "look",
        "review plan", "review next", "review record", "review undo", "review report", "review agreement",
        "review export", "review size",
        "tree build", "tree show", "tree report", "tree plot", "tree export", "tree import", "tree versions",
        "tree diff", "tree merges", "tree apart", "tree rejoin",
    }  # fmt: skip


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_every_command_has_help_with_an_example(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*words, "--help"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert f"Example: met {' '.join(words)}" in shown
    assert "--json" in shown
    assert "--home" in shown


def test_help_imports_nothing_heavy() -> None:
    heavy = "prefect", "sqlalchemy", "psycopg", "torch", "numpy", "great_expectations", "pandas", "pydantic"
    code = f"import sys, flows.cli; flows.cli.run(['--help']); print([m for m in {heavy} if m in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown.strip().endswith("[]")


def test_the_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"met-engine {version('met-engine')}\n"


def test_what_a_dropped_item_measured_is_told_in_words() -> None:
    failed = {"medical": {"at_least": 0.5, "medical": 0.002, "label": None, "passed": False, "reason": "not_medical"}}
    drop = {
        "stage": "screen",
        "reason": "not_medical",
        "item": "panel:1",
        "detail": {**failed, "size": {"passed": True}},
    }
    assert drop_line(drop) == (
        "dropped at screen: not_medical (medical: not_medical, at_least 0.5, medical 0.002)  panel:1"
    )


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["nonsense"], "No such command 'nonsense'"),
        (["build"], "Missing argument 'SOURCE...'"),
        (["build", "nowhere", "--ontology", "x.json", "--out", "out"], "source nowhere: no such file or folder"),
        (["build", ".", "--ontology", "nowhere.json", "--out", "out"], "ontology nowhere.json: no such file or folder"),
        (
            ["build", ".", "--ontology", ".", "--texts", "nowhere", "--out", "out"],
            "text nowhere: no such file or folder",
        ),
        (["build", ".", "--ontology", ".", "--out", "out", "--engine", "magic"], "'--engine': 'magic' is not one of"),
        (["export", "--out", "out", "--format", " , "], "--format: names no format"),
        (["export", "--out", "out", "--format", "llava,paper"], "format 'paper': unknown; there are parquet, llava,"),
        (["backfill", "liver", "--stage", "captions"], "stage 'captions': choose one of modality, privacy, anchor,"),
        (["why", "PMC1"], "home .met: holds no installation: name another with --home, or begin one with"),
        (["tree", "show", "liver", "--home", "hom"], "home hom: holds no installation"),
        (["tree", "build", "--ontology", "nowhere.obo"], "ontology nowhere.obo: no such file or folder"),
        (["ingest", "nowhere"], "source nowhere: no such file or folder"),
        (["score", "nonsense", "--gold", "."], "score 'nonsense' not found; there are "),
        (["score", "tree", "--ontology", "nowhere.obo"], "ontology nowhere.obo: no such file or folder"),
        (["score", "jats", "--gold", "nowhere"], "gold nowhere: no such file or folder"),
        (["cost", "--node", "lung", "--item", "panel:1"], "met cost: takes one of --node, --item and --estimate"),
        (["score", "jats", "--gold", ".", "--hide", "leaves"], "score jats: has no --hide, an option of attach"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(
    arguments: list[str], line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert err.startswith("met: ")
    assert line in err
    assert list(tmp_path.iterdir()) == [], "bad input starts nothing"


def test_a_database_that_does_not_answer_is_one_line_and_exit_code_2(tmp_path: Path) -> None:
    done = met("cost", "--home", str(tmp_path / "home"), DATABASE_URL="postgresql://met:hidden@127.0.0.1:9/met")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "127.0.0.1:9" in done.stderr
    assert "hidden" not in done.stderr


def test_an_address_of_another_database_is_bad_input(tmp_path: Path) -> None:
    done = met("cost", "--home", str(tmp_path / "home"), DATABASE_URL="mysql://met:hidden@127.0.0.1:9/met")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "DATABASE_URL" in done.stderr
    assert "hidden" not in done.stderr


def test_a_prefect_server_that_does_not_answer_is_named(tmp_path: Path, database_url: str) -> None:
    done = met("up", "--home", str(tmp_path / "h"), DATABASE_URL=database_url, PREFECT_API_URL="http://127.0.0.1:9/api")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "http://127.0.0.1:9/api" in done.stderr


def test_a_home_that_is_a_file_is_bad_input(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = met("cost", "--home", str(tmp_path / "file"))
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)


def test_status_starts_nothing(tmp_path: Path) -> None:
    done = met("status", "--json", MET_HOME=str(tmp_path / "home"))
    assert json.loads(done.stdout) == {
        "home": str(tmp_path / "home"), "postgres": "stopped", "prefect": "stopped", "ui": None, "kept": False,
        "in_use": False,
    }  # fmt: skip
    assert not (tmp_path / "home").exists()


@pytest.fixture
def grown(store: Store, database_url: str, tmp_path: Path) -> dict[str, str]:
    """The environment of an installation whose store holds a tree of three nodes."""
    names = ("disease", "lung disease", "lung cancer")
    keys = [content_key("node", "disease", name) for name in names]
    store.put_tree(
        Grown(
            key="tree:test",
            inputs={"ontologies": []},
            version="1",
            lexicon_digest="lexicon",
            report={"nodes": {"disease": 3}, "cycles": 0},
            nodes=[
                Node(
                    key=key,
                    digest=key,
                    facet="disease",
                    curie=f"MONDO:{number}",
                    name=name,
                    synonyms=(f"{name} nos",),
                    definition=None,
                    xrefs=(),
                    provenance={},
                    licence="CC0-1.0",
                    text_digest=key,
                )
                for number, (key, name) in enumerate(zip(keys, names, strict=True))
            ],
            aliases=[],
            edges=[
                Edge(child=c, parent=p, kind="is_a", is_primary=True, provenance={})
                for c, p in zip(keys[1:], keys, strict=False)
            ],
            closure=[
                Closure(node=keys[below], ancestor=keys[above], relation="is_a", min_depth=below - above)
                for below in range(3)
                for above in range(below + 1)
            ],
            relations=[],
            documents=[],
            evidence=[],
            drops=[],
        )
    )
    return {"DATABASE_URL": database_url, "MET_HOME": str(tmp_path / "home")}


def test_tree_show_finds_a_node_by_name_synonym_and_curie(grown: dict[str, str]) -> None:
    for word in ("Lung Disease", "lung disease nos", "MONDO:1"):
        done = met("tree", "show", word, "--json", **grown)
        assert done.returncode == 0, done.stderr
        shown = json.loads(done.stdout)
        assert shown["path"] == ["disease"]
        assert shown["node"]["name"] == "lung disease"
        assert shown["children"] == ["lung cancer"]
    assert "disease > lung disease" in met("tree", "show", "lung disease", **grown).stdout


def test_a_node_that_is_not_there_is_answered_with_its_neighbours(grown: dict[str, str]) -> None:
    done = met("tree", "show", "lung diseese", **grown)
    assert done.returncode == 2
    assert done.stderr.startswith("met: node 'lung diseese' not found; near it: lung disease")


def test_tree_report_prints_what_the_tree_says_of_itself(grown: dict[str, str]) -> None:
    shown = json.loads(met("tree", "report", "--json", **grown).stdout)
    assert (shown["tree"], shown["cycles"], shown["nodes"]) == ("tree:test", 0, {"disease": 3})


def test_coverage_names_the_nodes_without_a_pair(grown: dict[str, str], store: Store) -> None:
    assert met("coverage", **grown).returncode == 2, "no build yet"
    store.put_build(sources=[], tree=store.find_tree("tree:test"), engine="rules", settings={})
    roots = json.loads(met("coverage", "--json", **grown).stdout)["nodes"]
    assert [(row["name"], row["pairs"], row["modalities"]) for row in roots] == [("disease", 0, {})]
    below = json.loads(met("coverage", "disease", "--json", **grown).stdout)["nodes"]
    assert [(row["name"], row["depth"]) for row in below] == [("disease", 0), ("lung disease", 1)]


def test_cost_of_nothing_is_nothing(grown: dict[str, str]) -> None:
    spent = json.loads(met("cost", "--json", **grown).stdout)
    assert spent == {"calls": 0, "seconds": 0, "steps": [], "tokens_in": 0, "tokens_out": 0, "usd": 0}


def test_cost_is_told_by_node_and_by_item(grown: dict[str, str], store: Store) -> None:
    build = store_rows.build_of(store, files=3)
    store_rows.finish(store, build)
    panels = store.query("panels_under", build=build, node=store_rows.node("MONDO:2", "pneumonia").key)
    assert len(panels) == 3
    above = json.loads(met("cost", "--node", "disease", "--json", **grown).stdout)
    assert (above["calls"], above["tokens_in"], above["tokens_out"]) == (3, 300, 60)
    assert [(row["name"], row["panels"], row["calls"], row["tokens_in"]) for row in above["children"]] == [
        ("pneumonia", 3, 3, 300)
    ]
    one = json.loads(met("cost", "--item", panels[0].panel, "--json", **grown).stdout)
    assert (one["calls"], one["tokens_in"]) == (1, 100)


def test_why_of_something_unknown_is_not_found(grown: dict[str, str], store: Store) -> None:
    store.put_build(sources=[], tree=store.find_tree("tree:test"), engine="rules", settings={})
    done = met("why", "PMC1", **grown)
    assert (done.returncode, done.stderr) == (2, "met: item 'PMC1' not found in any build\n")


@pytest.mark.parametrize(
    "name",
    ["why_articles", "why_figures", "why_panels", "why_anchors", "why_verdicts", "why_captions", "why_questions",
     "why_ledger", "why_drops", "covered_tree", "finished_samples", "stage_progress"],
)  # fmt: skip
def test_every_query_of_the_command_line_runs(store: Store, name: str) -> None:
    parameters = {"keys": ["figure:0"], "named": ["figure:0"], "panels": ["panel:0"], "limit": 3}
    wanted = {
        "why_drops": ("keys", "named"), "finished_samples": ("limit",), "covered_tree": (), "stage_progress": (),
        **dict.fromkeys(("why_articles", "why_figures", "why_panels", "why_ledger"), ("keys",)),
    }.get(name, ("panels",))  # fmt: skip
    build = {} if name == "stage_progress" else {"build": "build:0"}
    assert store.query(name, **build, **{word: parameters[word] for word in wanted}) == []


def test_options_that_take_many_values() -> None:
    assert spread(["tree", "build", "--ontology", "a", "b", "--texts", "c", "d"]) == [
        "tree", "build", "--ontology", "a", "--ontology", "b", "--texts", "c", "--texts", "d"
    ]  # fmt: skip
    assert spread(["build", "s1", "s2", "--ontology=a", "b"]) == [
        "build",
        "s1",
        "s2",
        "--ontology=a",
        "--ontology",
        "b",
    ]
    assert spread(["build", "--json", "--ontology", "a", "s"]) == ["build", "--json", "--ontology", "a", "s"]
    assert spread(["export", "--", "--texts", "a", "b"]) == ["export", "--", "--texts", "a", "b"]
    assert spread([]) == []


def test_flags_are_known_to_take_no_value() -> None:
    flags: set[str] = set()
    for words in commands():
        command: Any = typer.main.get_command(app)
        for word in words:
            command = command.commands[word]
        flags |= {name for option in command.params if getattr(option, "is_flag", False) for name in option.opts}
    assert flags <= FLAGS


def test_formats_are_a_list_of_words() -> None:
    assert formats_of("llava,, parquet ") == ["llava", "parquet"]
    with pytest.raises(BadInput):
        formats_of("")


def test_an_interrupt_is_one_line_and_exit_code_130(tmp_path: Path) -> None:
    # The command waits for a lock that this process holds, and is interrupted there.
    for name in ("services", "postgres"):
        (tmp_path / name).mkdir()
    with (tmp_path / "services" / "lock").open("a") as lock, interrupts_heard():
        fcntl.flock(lock, fcntl.LOCK_EX)
        process = subprocess.Popen([MET, "cost", "--home", str(tmp_path)], stderr=subprocess.PIPE, text=True)
        while not waits_for_lock(process.pid, inode=os.fstat(lock.fileno()).st_ino):
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (130, "met: interrupted; the next run resumes here\n")


@contextmanager
def interrupts_heard() -> Iterator[None]:
    """Inside, a process that is started hears SIGINT, also where a shell started these tests in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def waits_for_lock(pid: int, *, inode: int) -> bool:
    """Say whether the process waits for the lock on this file, and not for one that some library takes."""
    waiting = (line.split()[5:7] for line in Path("/proc/locks").read_text().splitlines() if line.split()[1] == "->")
    return any(who == str(pid) and place.endswith(f":{inode}") for who, place in waiting)
