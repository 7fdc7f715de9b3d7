"""The command `met` as a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

from met.sources.sample import Sample

MET = str(Path(sys.executable).parent / "met")


def met(
    *arguments: str, check: int | None = 0, timeout: float = 300, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run the command with no settings but `environment`; it ends with the code `check`, or any where that is None."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MET_", "PREFECT_", "DATABASE_"))}
    done = subprocess.run(
        [MET, *arguments], capture_output=True, text=True, timeout=timeout, check=False, env={**kept, **environment}
    )
    if check is not None:
        assert done.returncode == check, f"{arguments}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
    return done


def build_arguments(sample: Sample, home: Path, out: Path) -> list[str]:
    """Return the words that build the sample."""
    ontologies = [part for path in sample.ontologies for part in ("--ontology", str(path))]
    inputs = [str(sample.articles), "--texts", str(sample.texts), *ontologies]
    return ["build", *inputs, "--out", str(out), "--home", str(home), "--json"]
