"""The whole engine on real services: a dataset comes out, a second run does nothing, and a killed run loses nothing."""

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from command import MET, build_arguments, met
from homes import BuiltSample, running_home

from met.sources.sample import Sample
from met.store import embedded

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def sample(sample_build: BuiltSample) -> Sample:
    return sample_build.sample


@pytest.fixture(scope="module")
def kept_home(sample_build: BuiltSample) -> Iterator[Path]:
    """A home whose services run for all tests of the module, and in which the sample is built."""
    with running_home(sample_build.home) as home:
        yield home


def build(sample: Sample, home: Path, out: Path) -> dict[str, Any]:
    summary = json.loads(met(*build_arguments(sample, home, out)).stdout.strip().splitlines()[-1])
    assert isinstance(summary, dict)
    return summary


@pytest.fixture(scope="module")
def first(sample_build: BuiltSample) -> tuple[dict[str, Any], Path]:
    return sample_build.summary, sample_build.out


def test_the_sample_becomes_a_dataset(first: tuple[dict[str, Any], Path]) -> None:
    summary, out = first
    assert summary["articles"] == 8
    # Twelve figures have a file and one was never deposited.
    assert summary["figures"] == 12
    assert summary["drops"]["missing_graphic"] == 1
    assert summary["drops"]["duplicate"] == 1
    assert summary["drops"]["not_medical"] == 3
    assert summary["drops"]["too_small"] == 1
    assert summary["pairs"] >= 5
    assert summary["questions"] >= 5
    assert summary["work"] > 0
    manifest = json.loads((out / "manifest.json").read_text())
    assert {"rows.parquet", "llava.json", "DATA_CARD.md"} <= {file["path"] for file in manifest["files"]}


def test_a_second_run_does_no_work(
    first: tuple[dict[str, Any], Path], sample: Sample, kept_home: Path, tmp_path: Path
) -> None:
    again = build(sample, kept_home, tmp_path / "again")
    assert again["work"] == 0
    assert again["manifest_sha256"] == first[0]["manifest_sha256"]
    assert again["drops"] == first[0]["drops"]


def test_an_export_passes_its_own_check(first: tuple[dict[str, Any], Path], kept_home: Path) -> None:
    line = json.loads(met("score", "export", "--gold", str(first[1])).stdout.strip().splitlines()[-1])
    assert line["missing"] == 0
    assert line["hash_mismatch"] == 0
    assert line["rows"] > 0


def test_one_subtree_can_be_redone(
    first: tuple[dict[str, Any], Path], sample: Sample, kept_home: Path, tmp_path: Path
) -> None:
    done = json.loads(
        met("backfill", "liver", "--stage", "caption", "--home", str(kept_home), "--json")
        .stdout.strip()
        .splitlines()[-1]
    )
    assert 0 < done["work"] < first[0]["work"]
    assert build(sample, kept_home, tmp_path / "after")["manifest_sha256"] == first[0]["manifest_sha256"]


def test_a_subtree_can_be_exported(first: tuple[dict[str, Any], Path], kept_home: Path, tmp_path: Path) -> None:
    part = json.loads(
        met("export", "--out", str(tmp_path / "part"), "--node", "lymph node", "--home", str(kept_home), "--json")
        .stdout.strip()
        .splitlines()[-1]
    )
    whole = json.loads((first[1] / "manifest.json").read_text())
    assert 0 < part["rows"] < next(file["rows"] for file in whole["files"] if file["path"] == "rows.parquet")


def test_a_cap_lets_out_no_more_pairs_of_a_node(
    first: tuple[dict[str, Any], Path], kept_home: Path, tmp_path: Path
) -> None:
    quotas = tmp_path / "quotas.tsv"
    quotas.write_text("node\tat_least\tat_most\ntrunk\t999\t\n")
    capped = ("export", "--cap-per-node", "1", "--quotas", str(quotas), "--home", str(kept_home), "--json", "--out")
    done = [json.loads(met(*capped, str(tmp_path / name)).stdout.strip().splitlines()[-1]) for name in "ab"]
    assert done[0]["manifest_sha256"] == done[1]["manifest_sha256"] != first[0]["manifest_sha256"]
    assert 0 < done[0]["rows"] < first[0]["rows"]
    assert done[0]["drops"]["over_cap"] > 0
    assert [(row["at_least"], row["kept"] < 999) for row in done[0]["unmet"]] == [(999, True)]


def test_why_tells_the_way_of_a_dropped_panel(first: tuple[dict[str, Any], Path], kept_home: Path) -> None:
    rows = met("why", "sample-counting", "--home", str(kept_home), "--json", check=None)
    assert rows.returncode == 0, rows.stderr
    assert "missing_graphic" in rows.stdout
    panel = json.loads(rows.stdout)["panels"][0]["key"]
    (cut,) = json.loads(met("why", panel[:16], "--home", str(kept_home), "--json").stdout)["panels"]
    assert cut["key"] == panel, "tables show the beginning of the key"


def test_a_failed_gate_stops_the_build_and_names_the_row(
    first: tuple[dict[str, Any], Path], sample: Sample, kept_home: Path, tmp_path: Path
) -> None:
    server = embedded.status(kept_home / "postgres")
    assert server is not None
    with psycopg.connect(server.url, autocommit=True) as connection:
        region = connection.execute("select key, score from region order by key limit 1").fetchone()
        assert region is not None
        connection.execute("update region set score = 7 where key = %s", region[:1])
        stopped = met(*build_arguments(sample, kept_home, tmp_path / "stopped"), check=3)
        assert region[0] in stopped.stderr
        assert "regions" in stopped.stderr
        assert not (tmp_path / "stopped").exists()
        connection.execute("update region set score = %s where key = %s", region[::-1])
    resumed = build(sample, kept_home, tmp_path / "resumed")
    assert resumed["manifest_sha256"] == first[0]["manifest_sha256"]


SPREAD = """
import json, sys
from pathlib import Path
from flows.services import running
with running(Path(sys.argv[1])):
    import subprocess
    from flows.build import build
    from flows.stages import STAGE_FLOWS
    prefect = str(Path(sys.executable).parent / "prefect")
    pool = ["work-pool", "create", "cpu", "--type", "process", "--overwrite"]
    subprocess.run([prefect, "--no-prompt", *pool], check=True)
    for flow in STAGE_FLOWS:
        place = flow.from_source(sys.argv[2], entrypoint=f"flows/stages.py:{flow.fn.__name__}")
        place.deploy(name=flow.name, work_pool_name="cpu", print_next_steps=False)
    worker = subprocess.Popen([prefect, "worker", "start", "--pool", "cpu"], stdout=subprocess.DEVNULL)
    try:
        print(json.dumps(build(shards=2, **json.loads(sys.argv[3]))))
    finally:
        # Prefect's worker sometimes hears the signal and goes on waiting; all that it had to do is done.
        worker.terminate()
        try:
            worker.wait(timeout=20)
        except subprocess.TimeoutExpired:
            worker.kill()
            worker.wait()
"""


@pytest.mark.slow
def test_two_shards_on_workers_make_the_same_dataset(
    first: tuple[dict[str, Any], Path], sample: Sample, tmp_path: Path
) -> None:
    with tempfile.TemporaryDirectory(prefix="met-shards-") as folder:
        Path(folder).chmod(0o755)
        parameters = {
            "sources": [str(sample.articles)],
            "texts": [str(sample.texts)],
            "ontologies": [str(path) for path in sample.ontologies],
            "out": str(tmp_path / "out"),
        }
        arguments = [folder + "/home", str(ROOT), json.dumps(parameters)]
        done = subprocess.run(
            [sys.executable, "-c", SPREAD, *arguments], capture_output=True, text=True, timeout=580, check=False
        )
        assert done.returncode == 0, done.stderr[-4000:]
        summary = json.loads(done.stdout.strip().splitlines()[-1])
    assert summary["manifest_sha256"] == first[0]["manifest_sha256"]
    # All but the tree and the duplicates was worked on by the shards.
    assert summary["work"] < first[0]["work"]


def finished_items(home: Path) -> int:
    """How many ledger rows a home holds; 0 while its schema is not there yet."""
    server = embedded.status(home / "postgres")
    assert server is not None
    with psycopg.connect(server.url) as connection:
        there = connection.execute("select to_regclass('ledger')").fetchone()
        if there is None or there[0] is None:
            return 0
        row = connection.execute("select count(*) from ledger where status in ('done', 'dropped')").fetchone()
        return int(row[0]) if row else 0


def kill_once_finished(count: int, arguments: list[str], home: Path) -> None:
    """Start a build and kill it with SIGKILL as soon as `count` items are finished."""
    process = subprocess.Popen([MET, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None and finished_items(home) < count:
        time.sleep(0.02)
    assert process.poll() is None, "the build ended before it could be killed"
    os.kill(process.pid, signal.SIGKILL)
    process.wait()


@pytest.mark.slow
def test_a_build_killed_ten_times_ends_the_same(
    first: tuple[dict[str, Any], Path], sample: Sample, tmp_path: Path
) -> None:
    items = sum(stage["kept"] + stage["dropped"] for stage in first[0]["funnel"])
    moments = sorted(random.Random(20261122).sample(range(items - 3), 10))
    with tempfile.TemporaryDirectory(prefix="met-crash-") as folder:
        Path(folder).chmod(0o755)
        home, out = Path(folder) / "home", tmp_path / "out"
        met("up", "--home", str(home))
        try:
            for moment in moments:
                kill_once_finished(moment, build_arguments(sample, home, out), home)
            assert build(sample, home, out)["manifest_sha256"] == first[0]["manifest_sha256"]
        finally:
            met("down", "--home", str(home), check=None)
