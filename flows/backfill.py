"""Redo or complete one subtree only."""

from typing import Any

from prefect import flow

from met.stages import ANCHOR, stages_from
from tasks.anchor import anchor
from tasks.builds import order_of, summarise
from tasks.filter import align, screen
from tasks.gates import gate
from tasks.ingest import check_privacy, tell_modality
from tasks.nodes import node_key, panels_by_node
from tasks.planning import redo, stage_to_redo
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
    """Work on the panels anchored at `node` or below, one task a node: complete them, or redo them from `stage` on."""
    with recorded("backfill", {"node": node, "stage": stage}) as run:
        order = order_of(build, run.key)
        groups = panels_by_node(order.build, node_key(order.build, node))
        if stage is not None:
            redo(order, stage_to_redo(stage), groups)
        wanted = stages_from(stage_to_redo(stage) if stage else ANCHOR)
        tallies = [cover(work, order, groups) for work in SUBTREE_STAGES if work.stage in wanted]
        for name in ("anchor", "filter", "regions", "summary", "synthesize"):
            gate(name, order.build, run.key)
        return summarise(order.build, tallies)
