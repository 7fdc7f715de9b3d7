"""What stands in deploy/: deployments that fit their flows, schedules that run, files that their tools can read."""

import importlib
import inspect
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from flows import prefect_server, services
from met.settings import Settings
from met.stages import STAGES
from met.store import Store, embedded

ROOT = Path(__file__).resolve().parents[1]
DEPLOY = ROOT / "deploy"
DEPLOYMENTS: list[dict[str, Any]] = yaml.safe_load((DEPLOY / "prefect.yaml").read_text())["deployments"]
NAMES = [deployment["name"] for deployment in DEPLOYMENTS]

# ---------------------------------------------------------------- prefect


@dataclass(frozen=True, kw_only=True)
class Registered:
    home: Path
    database: str
    url: str


@pytest.fixture(scope="module")
def registered() -> Iterator[Registered]:
    """The API of a real Prefect server on the embedded Postgres, after deploy/init.sh has run."""
    with tempfile.TemporaryDirectory(prefix="met-deploy-") as folder:
        Path(folder).chmod(0o755)
        home = Path(folder) / "home"
        code = (
            "import sys; from pathlib import Path; from flows.services import up; i = up(Path(sys.argv[1]));"
            "print(i.database_url, i.prefect_url)"
        )
        try:
            started = subprocess.run(
                [sys.executable, "-W", "ignore", "-c", code, str(home)], capture_output=True, text=True
            )
            assert started.returncode == 0, started.stderr[-3000:]
            database, url = started.stdout.split()
            initialise(home, database, url)
            yield Registered(home=home, database=database, url=url)
        finally:
            services.down(home)
            embedded.remove(home / "postgres")


def initialise(home: Path, database: str, url: str) -> None:
    """Run deploy/init.sh as the container does: both services are somebody else's, and the home is its own."""
    environment = {
        **os.environ,
        **prefect_server.client_environment(home, url),
        "DATABASE_URL": database,
        "MET_HOME": str(home.parent / "container"),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    done = subprocess.run(
        ["bash", str(DEPLOY / "init.sh")], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]


def ask(url: str, path: str, body: Mapping[str, Any]) -> Any:
    request = urllib.request.Request(
        url + path, data=json.dumps(body).encode(), headers={"content-type": "application/json"}, method="POST"
    )
    with urllib.request.urlopen(request, timeout=30) as response:
        return json.load(response)


def test_a_cron_deployment_creates_scheduled_runs(registered: Registered) -> None:
    found = {deployment["name"]: deployment for deployment in ask(registered.url, "/deployments/filter", {})}
    nightly = found["nightly"]
    assert [schedule["schedule"]["cron"] for schedule in nightly["schedules"]] == ["0 2 * * *"]
    wanted = {
        "flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}},
        "deployments": {"id": {"any_": [nightly["id"]]}},
        "sort": "EXPECTED_START_TIME_ASC",
    }
    # The server's scheduler looks for deployments every minute.
    deadline = time.monotonic() + 100
    while not (runs := ask(registered.url, "/flow_runs/filter", wanted)) and time.monotonic() < deadline:
        time.sleep(1)
    assert len(runs) >= 2
    assert all(re.search(r"T02:00:00", run["expected_start_time"]) for run in runs)
    assert runs[0]["parameters"]["engine"] == "vllm"
    assert len({run["expected_start_time"] for run in runs}) == len(runs)


def test_every_deployment_is_registered_once_on_its_pool(registered: Registered) -> None:
    found = ask(registered.url, "/deployments/filter", {})
    assert sorted(deployment["name"] for deployment in found) == sorted(NAMES)
    pools = {deployment["name"]: deployment["work_pool_name"] for deployment in found}
    assert pools == {deployment["name"]: deployment["work_pool"]["name"] for deployment in DEPLOYMENTS}
    assert pools["filter"] == pools["synthesize"] == "gpu", "what asks a model runs beside one"


@pytest.mark.slow
def test_init_can_be_repeated(registered: Registered) -> None:
    before = ask(registered.url, "/deployments/filter", {})
    initialise(registered.home, registered.database, registered.url)
    after = ask(registered.url, "/deployments/filter", {})
    assert [deployment["id"] for deployment in after] == [deployment["id"] for deployment in before]
    assert len(ask(registered.url, "/automations/filter", {})) == 1


def test_runs_without_heartbeat_are_marked_by_the_server(registered: Registered) -> None:
    from flows.liveness import AUTOMATION

    (automation,) = ask(registered.url, "/automations/filter", {"automations": {"name": {"any_": [AUTOMATION]}}})
    assert automation["enabled"]
    assert automation["trigger"]["posture"] == "Proactive"
    assert [(action["type"], action["state"]) for action in automation["actions"]] == [
        ("change-flow-run-state", "CRASHED")
    ]


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=NAMES)
def test_entrypoints_exist_and_parameters_fit(deployment: dict[str, Any]) -> None:
    from prefect import Flow

    path, _, name = deployment["entrypoint"].partition(":")
    assert (ROOT / path).is_file()
    flow = getattr(importlib.import_module(path.removesuffix(".py").replace("/", ".")), name)
    assert isinstance(flow, Flow)
    given = deployment.get("parameters", {})
    signature = inspect.signature(flow.fn)
    assert set(given) <= set(signature.parameters)
    told = {name: about.get("description") for name, about in flow.parameters.properties.items()}
    assert all(told.values()), f"the form of the Prefect UI says nothing of {[name for name in told if not told[name]]}"
    missing = {
        parameter.name for parameter in signature.parameters.values() if parameter.default is parameter.empty
    } - set(given)
    assert missing <= {"node"}, "only the node of a backfill is given when it is run"
    flow.validate_parameters({**given, **dict.fromkeys(missing, "lung cancer")})


def test_nothing_runs_on_a_pool_that_init_does_not_make() -> None:
    assert {deployment["work_pool"]["name"] for deployment in DEPLOYMENTS} == {"cpu", "gpu"}
    assert "for pool in cpu gpu; do" in (DEPLOY / "init.sh").read_text()
    assert len(NAMES) == len(set(NAMES))


# ---------------------------------------------------------------- compose and kubernetes

DURATION = {"type": "string", "pattern": r"^(\d+(us|ms|s|m|h))+$"}
WORDS = {"type": "array", "items": {"type": "string"}, "minItems": 1}
SCALAR = {"type": ["string", "number", "boolean", "null"]}
# The parts of the Compose specification that our file uses, in our own words: what is not named here is a mistake.
COMPOSE: dict[str, Any] = {
    "type": "object",
    "required": ["services"],
    "additionalProperties": False,
    "patternProperties": {"^x-": {}},
    "properties": {
        "name": {"type": "string", "pattern": "^[a-z0-9][a-z0-9_-]*$"},
        "volumes": {"type": "object", "additionalProperties": {"type": ["object", "null"]}},
        "services": {"type": "object", "minProperties": 1, "additionalProperties": {"$ref": "#/$defs/service"}},
    },
    "$defs": {
        "service": {
            "type": "object",
            "additionalProperties": False,
            "anyOf": [{"required": ["image"]}, {"required": ["build"]}],
            "properties": {
                "image": {"type": "string", "pattern": r"^[a-z0-9./-]+:[A-Za-z0-9._-]+$"},
                "build": {
                    "type": "object",
                    "required": ["context"],
                    "additionalProperties": False,
                    "properties": {"context": {"type": "string"}, "dockerfile": {"type": "string"}},
                },
                "command": WORDS,
                "entrypoint": WORDS,
                "environment": {"type": "object", "additionalProperties": SCALAR},
                "restart": {"enum": ["no", "always", "on-failure", "unless-stopped"]},
                "ports": {"type": "array", "items": {"type": "string", "pattern": r"^([\d.]+:)?\d+:\d+$"}},
                "profiles": WORDS,
                "ipc": {"enum": ["host", "private", "shareable"]},
                "shm_size": {"type": "string", "pattern": "^[0-9]+(b|kb|mb|gb)$"},
                "volumes": {
                    "type": "array",
                    "items": {"type": "string", "pattern": r"^(\.{0,2}/[^:]*|[a-zA-Z0-9][^/:]*):/[^:]+(:(ro|rw))?$"},
                },
                "depends_on": {
                    "type": "object",
                    "additionalProperties": {
                        "type": "object",
                        "required": ["condition"],
                        "additionalProperties": False,
                        "properties": {
                            "condition": {
                                "enum": ["service_started", "service_healthy", "service_completed_successfully"]
                            }
                        },
                    },
                },
                "healthcheck": {
                    "type": "object",
                    "required": ["test"],
                    "additionalProperties": False,
                    "properties": {
                        "test": {
                            "type": "array",
                            "prefixItems": [{"enum": ["CMD", "CMD-SHELL"]}],
                            "items": {"type": "string"},
                            "minItems": 2,
                        },
                        "interval": DURATION,
                        "timeout": DURATION,
                        "start_period": DURATION,
                        "retries": {"type": "integer", "minimum": 1},
                    },
                },
                "deploy": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {
                        "resources": {
                            "type": "object",
                            "additionalProperties": False,
                            "properties": {
                                "reservations": {
                                    "type": "object",
                                    "additionalProperties": False,
                                    "properties": {
                                        "devices": {
                                            "type": "array",
                                            "items": {
                                                "type": "object",
                                                "required": ["capabilities"],
                                                "additionalProperties": False,
                                                "properties": {
                                                    "driver": {"type": "string"},
                                                    "count": {"type": ["integer", "string"]},
                                                    "capabilities": WORDS,
                                                },
                                            },
                                        }
                                    },
                                }
                            },
                        }
                    },
                },
            },
        }
    },
}


def interpolated(text: str, variables: Mapping[str, str]) -> str:
    """Replace ${NAME}, ${NAME:-default} and ${NAME:?message} as Compose does."""

    def value(match: re.Match[str]) -> str:
        name, sign, word = match.groups()
        if variables.get(name):
            return variables[name]
        assert sign != ":?", f"{name}: {word}"
        return word or ""

    return re.sub(r"\$\{(\w+)(?:(:[-?])([^}]*))?\}", value, text)


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    text = (ROOT / "docker-compose.yml").read_text()
    whole = yaml.safe_load(interpolated(text, {"POSTGRES_PASSWORD": "s3cret"}))
    assert isinstance(whole, dict)
    return whole


def test_compose_file_keeps_the_schema(compose: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator.check_schema(COMPOSE)
    jsonschema.Draft202012Validator(COMPOSE).validate(compose)
    wrong = {**compose, "services": {**compose["services"], "worker": {"image": "met:1", "restart": "sometimes"}}}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(COMPOSE).validate(wrong)


def test_compose_file_refers_to_what_exists(compose: dict[str, Any]) -> None:
    made = compose["services"]
    assert set(made) == {"postgres", "prefect", "init", "worker", "worker-gpu", "vllm"}
    for name, service in made.items():
        assert set(service.get("depends_on", {})) <= set(made) - {name}
        for needed, how in service.get("depends_on", {}).items():
            assert how["condition"] != "service_healthy" or "healthcheck" in made[needed]
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert source == "./data" or (ROOT / source).exists() or source in compose["volumes"]
        if "build" in service:
            assert (ROOT / service["build"]["dockerfile"]).is_file()
        assert name == "init" or "healthcheck" in service
    assert made["vllm"]["profiles"] == ["vllm"]
    assert all("profiles" not in service for name, service in made.items() if name != "vllm")


def test_every_setting_reaches_the_workers(compose: dict[str, Any]) -> None:
    names = {str(field.validation_alias or f"MET_{name.upper()}") for name, field in Settings.model_fields.items()}
    for worker in ("init", "worker", "worker-gpu"):
        assert set(compose["services"][worker]["environment"]) == names


def test_no_secret_is_written_down() -> None:
    for path in (ROOT / "docker-compose.yml", *sorted(DEPLOY.rglob("*"))):
        for line in path.read_text().splitlines() if path.is_file() else ():
            bare = re.sub(r"\$\{[^}]*\}", "", line)
            assert not re.search(r"://[^/:@\s]+:[^@\s]+@", bare), f"{path}: {line}"
            named = re.search(r"(?i)\b\w*(password|secret|token|api_key)\s*[:=]\s*\S+", bare)
            assert not named, f"{path}: {line}"
    with pytest.raises(AssertionError, match="POSTGRES_PASSWORD"):
        interpolated((ROOT / "docker-compose.yml").read_text(), {})


def test_kubernetes_manifests_hold_together() -> None:
    parts = list(yaml.safe_load_all((DEPLOY / "k8s" / "worker.yaml").read_text()))
    assert [(part["apiVersion"], part["kind"]) for part in parts] == [("v1", "ConfigMap"), ("apps/v1", "Deployment")]
    spec = parts[1]["spec"]
    assert spec["selector"]["matchLabels"] == spec["template"]["metadata"]["labels"]
    pod = spec["template"]["spec"]
    volumes = {volume["name"] for volume in pod["volumes"]}
    for container in pod["containers"]:
        assert {mount["name"] for mount in container["volumeMounts"]} <= volumes
        assert "livenessProbe" in container
        maps = [source["configMapRef"] for source in container["envFrom"] if "configMapRef" in source]
        assert {one["name"] for one in maps if not one.get("optional")} == {parts[0]["metadata"]["name"]}
    assert [container["name"] for container in pod["containers"]] == ["vllm", "worker"]


# ---------------------------------------------------------------- scripts and images


def test_the_model_server_is_started_with_a_pinned_revision(tmp_path: Path) -> None:
    fake = tmp_path / "vllm"
    fake.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    fake.chmod(0o755)
    script = ["bash", str(DEPLOY / "vllm.sh"), "--seed", "0"]
    path = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    assert subprocess.run(script, env=path, capture_output=True).returncode != 0, "a model must be named"
    done = subprocess.run(
        script,
        env={**path, "MET_LLM_MODEL": "org/model", "MET_LLM_REVISION": "abc"},
        capture_output=True,
        text=True,
        check=True,
    )
    said = done.stdout.split("\n")
    assert said[:4] == ["serve", "org/model", "--revision", "abc"]
    assert said[-3:-1] == ["--seed", "0"]
    for flag in ("--limit-mm-per-prompt", "--structured-outputs-config"):
        assert isinstance(json.loads(said[said.index(flag) + 1]), dict)


def test_the_image_copies_what_exists_and_runs_as_nobody_special() -> None:
    lines = (DEPLOY / "Dockerfile").read_text().splitlines()
    copied = [word for line in lines if line.startswith("COPY ") for word in line.split()[1:-1]]
    assert [name for name in copied if not (ROOT / name).exists()] == []
    assert set(copied) >= {"met", "tasks", "flows", "sql", "deploy"}
    users = [line for line in lines if line.startswith("USER ")]
    assert users == ["USER met"]
    assert lines.index("RUN pip install torch==2.13.0") < lines.index(
        'RUN pip install -c constraints.txt -e ".[ocr]" && pip check'
    )


@pytest.mark.parametrize("script", ["deploy/init.sh", "deploy/vllm.sh", ".ci/run"])
def test_scripts_parse_and_stop_at_the_first_error(script: str) -> None:
    assert subprocess.run(["bash", "-n", str(ROOT / script)]).returncode == 0
    assert "set -euo pipefail" in (ROOT / script).read_text()
    assert os.access(ROOT / script, os.X_OK)


# ---------------------------------------------------------------- dashboards


def dashboard_queries() -> list[tuple[str, str]]:
    board = json.loads((DEPLOY / "dashboards" / "engine.json").read_text())
    return [(panel["title"], target["rawSql"]) for panel in board["panels"] for target in panel["targets"]]


@pytest.mark.parametrize(("title", "query"), dashboard_queries(), ids=[title for title, _ in dashboard_queries()])
def test_dashboards_run_on_an_empty_store(database_url: str, title: str, query: str) -> None:
    import psycopg

    with psycopg.connect(database_url) as connection:
        cursor = connection.execute(query)
        assert cursor.fetchall() == []
        assert cursor.description


def test_the_dashboard_shows_open_work_of_any_stage(store: Store, database_url: str) -> None:
    import psycopg

    query = dict(dashboard_queries())["Open work"]
    with psycopg.connect(database_url) as connection:
        for stage in STAGES:
            connection.execute(
                "insert into ledger (stage, item, input, version, status) values (%s, 'x', 'x', '1', 'pending')",
                [stage.name],
            )
        assert len(connection.execute(query).fetchall()) == len(STAGES)
