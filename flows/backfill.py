"""Redo or complete one subtree only."""

from typing import Any

from prefect import flow

from met.stages import ANCHOR, stage_to_redo, stages_from
from tasks.anchor import anchor
from tasks.builds import order_of, summarise
from tasks.filter import align, screen
from tasks.gates import gate
from tasks.ingest import check_privacy, tell_modality
from tasks.nodes import node_of, panels_by_node
from tasks.planning import redo
from tasks.regions import locate
from tasks.runs import recorded
from tasks.synthesize import condense_mentions, write_captions, write_questions
from tasks.work import cover

SUBTREE_STAGES = (
    tell_modality,
    check_privacy,
    anchor,
    screen,
    align,
    locate,
    condense_mentions,
    write_captions,
    write_questions,
)


@flow(name="backfill", flow_run_name="backfill {node}", persist_result=False)
def backfill(node: str, stage: str | None = None, build: str | None = None) -> dict[str, Any]:
    """Work on the panels anchored at `node` or below, one task a node: complete them, or redo them from `stage` on.

    Args:
        node: A name, a synonym or a CURIE; everything below it belongs to it.
        stage: Redo from this stage on: modality, privacy, anchor, screen, align, regions, summary, caption, question.
            Without it only what is missing is done.
        build: Key of the build; the newest one where none is named.

    Raises:
        NotFound: no node of the build's tree answers to `node`.
        BadInput: a subtree cannot be redone from such a stage.
    """
    first = stage_to_redo(stage) if stage else None
    with recorded("backfill", {"node": node, "stage": stage}) as run:
        order = order_of(build, run.key)
        groups = panels_by_node(order.build, node_of(order.build, node))
        if first is not None:
            redo(order, first, groups)
        wanted = stages_from(first or ANCHOR)
        tallies = [cover(work, order, groups) for work in SUBTREE_STAGES if work.stage in wanted]
        for name in ("anchor", "filter", "regions", "summary", "synthesize"):
            gate(name, order.build, run.key)
        return summarise(order.build, tallies)
