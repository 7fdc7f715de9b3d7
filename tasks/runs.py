"""A run: one execution of a flow, recorded with its parameters and the seconds of each stage."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from prefect.runtime import flow_run

from tasks import doors


@dataclass(slots=True, kw_only=True)
class Run:
    """The key of the run, and the seconds that its stages took so far."""

    key: str
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Add the seconds of the block to the stage."""
        began = time.monotonic()
        try:
            yield
        finally:
            self.seconds[stage] = round(self.seconds.get(stage, 0.0) + time.monotonic() - began, 3)


@contextmanager
def recorded(flow: str, parameters: Mapping[str, Any]) -> Iterator[Run]:
    """Record a run for the length of the block: completed, or failed where an exception leaves it."""
    run = Run(
        key=doors.store().start_run(flow, dict(parameters), prefect_run=str(flow_run.id) if flow_run.id else None)
    )
    status = "failed"
    try:
        yield run
        status = "completed"
    except KeyboardInterrupt:
        status = "stopped"
        raise
    finally:
        doors.store().end_run(run.key, status=status, seconds=run.seconds)
