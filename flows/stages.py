"""One flow a stage: each completes its stage of a build, the newest one where none is named, and passes its gate."""

from prefect import flow

from met.types import Tally
from tasks.anchor import anchor as anchor_task
from tasks.builds import order_of
from tasks.filter import align, screen
from tasks.gates import gate
from tasks.ingest import find_duplicates, harvest, split_panels, tell_modality
from tasks.regions import locate
from tasks.runs import recorded
from tasks.synthesize import write_captions, write_questions
from tasks.work import StageTask, cover


@flow(name="ingest", flow_run_name="ingest", persist_result=False)
def ingest(build: str | None = None) -> list[Tally]:
    """Files of the sources become articles, figures, panels, modalities and duplicate clusters."""
    return _complete("ingest", build, harvest, split_panels, tell_modality, find_duplicates)


@flow(name="anchor", flow_run_name="anchor", persist_result=False)
def anchor(build: str | None = None) -> list[Tally]:
    """Panels are anchored in the tree."""
    return _complete("anchor", build, anchor_task)


@flow(name="filter", flow_run_name="filter", persist_result=False)
def filter_panels(build: str | None = None) -> list[Tally]:
    """Cheap signals, then the judgement of text and node against the image: what stays is a pair."""
    return _complete("filter", build, screen, align)


@flow(name="regions", flow_run_name="regions", persist_result=False)
def regions(build: str | None = None) -> list[Tally]:
    """Pairs get their regions of interest."""
    return _complete("regions", build, locate)


@flow(name="synthesize", flow_run_name="synthesize", persist_result=False)
def synthesize(build: str | None = None) -> list[Tally]:
    """Pairs get captions and questions."""
    return _complete("synthesize", build, write_captions, write_questions)


def _complete(name: str, build: str | None, *stages: StageTask) -> list[Tally]:
    with recorded(name, {"build": build}) as run:
        order = order_of(build, run.key)
        tallies = [cover(stage, order) for stage in stages]
        gate(name, order.build, run.key)
        return tallies
