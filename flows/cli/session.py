"""A command that runs flows: services up, the terminal quiet, a progress bar a stage."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flows.services import Installation


@contextmanager
def flows_of(home: Path) -> "Iterator[Installation]":
    """Inside, flows can be imported and called; the services stop at the end unless somebody keeps or uses them."""
    from flows.cli.screen import progress_of, quiet_prefect
    from flows.services import running

    with quiet_prefect(home), running(home) as installation, progress_of(installation.database_url):
        yield installation
