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
    from flows.cli.screen import logged_to, progress_of, silence_prefect
    from flows.services import running

    silence_prefect()
    with (
        running(home) as installation,
        logged_to(installation.home / "logs" / "met.log"),
        progress_of(installation.database_url),
    ):
        yield installation
