"""The whole engine on the bundled sample."""

from pathlib import Path
from typing import Any

from flows.build import build
from met.sources.sample import write_sample


def demo(out: Path, home: Path) -> dict[str, Any]:
    """Write the sample below `home`, build the dataset of it into `out`, and return the summary of the build."""
    sample = write_sample(home / "sample")
    return build(
        sources=[str(sample.articles)],
        texts=[str(sample.texts)],
        ontologies=[str(path) for path in sample.ontologies],
        out=str(out),
        formats=["llava", "sharegpt"],
    )
