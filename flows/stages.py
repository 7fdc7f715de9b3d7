"""One flow a stage: each completes its stage of a build, the newest one where none is named, and passes its gates.

With `shards` above 1 a flow run works on its share of the items alone and leaves the gate to whoever started it.
"""

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any, TypeVar

from prefect import flow

from met.types import Tally
from tasks.anchor import anchor as anchor_task
from tasks.anchor import index_panels
from tasks.budget import spending
from tasks.builds import order_of
from tasks.filter import align, screen
from tasks.gates import gate
from tasks.ingest import check_privacy, find_duplicates, harvest, read_text, split_panels, tell_modality
from tasks.regions import locate
from tasks.runs import recorded
from tasks.shards import work_shard
from tasks.synthesize import condense_mentions, write_captions, write_questions
from tasks.work import StageTask, cover

F = TypeVar("F", bound=Callable[..., Any])
PARAMETERS = """

Args:
    build: Key of the build; the newest one where none is named.
    shard: Which share of the items this run works on, from 0.
    shards: How many shares there are; with more than 1 whoever started them passes the gates.
    budget: USD that this run may spend on models; then it stops, and the next run goes on from there.
"""


def _with_parameters(stage: F) -> F:
    """Return the flow's function, whose docstring tells the form of the Prefect UI what its parameters are."""
    stage.__doc__ = f"{stage.__doc__}{PARAMETERS}"
    return stage


@flow(name="ingest", flow_run_name="ingest", persist_result=False)
@_with_parameters
def ingest(build: str | None = None, shard: int = 0, shards: int = 1, budget: float | None = None) -> list[Tally]:
    """Files of the sources become articles, figures, panels, modalities, privacy checks and duplicate clusters."""
    # Duplicates look at all panels at once, so no shard can tell them.
    whole = (find_duplicates,) if shards == 1 else ()
    return _complete(
        "ingest", build, (harvest, read_text, split_panels, tell_modality, check_privacy, *whole), shard, shards, budget
    )


@flow(name="anchor", flow_run_name="anchor", persist_result=False)
@_with_parameters
def anchor(build: str | None = None, shard: int = 0, shards: int = 1, budget: float | None = None) -> list[Tally]:
    """Panels are anchored in the tree, and can be searched for by vector."""
    tallies = _complete("anchor", build, (anchor_task,), shard, shards, budget)
    if shards == 1:
        index_panels(build)
    return tallies


@flow(name="filter", flow_run_name="filter", persist_result=False)
@_with_parameters
def filter_panels(
    build: str | None = None, shard: int = 0, shards: int = 1, budget: float | None = None
) -> list[Tally]:
    """Cheap signals, then the judgement of text and node against the image: what stays is a pair."""
    return _complete("filter", build, (screen, align), shard, shards, budget)


@flow(name="regions", flow_run_name="regions", persist_result=False)
@_with_parameters
def regions(build: str | None = None, shard: int = 0, shards: int = 1, budget: float | None = None) -> list[Tally]:
    """Pairs get their regions of interest."""
    return _complete("regions", build, (locate,), shard, shards, budget)


@flow(name="synthesize", flow_run_name="synthesize", persist_result=False)
@_with_parameters
def synthesize(build: str | None = None, shard: int = 0, shards: int = 1, budget: float | None = None) -> list[Tally]:
    """Pairs get the sentences that cite them, captions and questions."""
    stages = (condense_mentions, write_captions, write_questions)
    return _complete("synthesize", build, stages, shard, shards, budget, gates=("summary", "synthesize"))


STAGE_FLOWS = (ingest, anchor, filter_panels, regions, synthesize)


def on_workers(stage: str, build: str, shards: int, budget: float | None = None) -> None:
    """Every shard of the stage has run as a deployment run of its own, on whichever workers took them.

    Each may spend an equal part of the budget.

    Raises:
        ShardFailed: one did not complete; the others ran to their end, and the next run resumes what is left.
    """
    part = None if budget is None else budget / shards
    runs = [work_shard.submit(stage, build, shard, shards, shard + 1, part) for shard in range(shards)]
    for run in runs:
        run.wait()
    for run in runs:
        run.result()


def _complete(
    name: str,
    build: str | None,
    stages: tuple[StageTask, ...],
    shard: int,
    shards: int,
    budget: float | None = None,
    *,
    gates: tuple[str, ...] = (),
) -> list[Tally]:
    """Complete the stages and pass the gates, the one of the flow's own name where none is given."""
    with recorded(name, {"build": build, "shard": shard, "shards": shards, "budget": budget}) as run:
        order = order_of(build, run.key, shard=shard, shards=shards)
        # Within a build the money is the build's, and bounded there.
        with nullcontext() if budget is None else spending(budget, run.key):
            tallies = [cover(stage, order) for stage in stages]
        if shards == 1:
            for passed in gates or (name,):
                gate(passed, order.build, run.key)
        return tallies
