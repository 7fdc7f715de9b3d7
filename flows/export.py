"""Write a dataset of the whole store, or of one subtree, on demand."""

from typing import Any, Literal

from prefect import flow

from tasks.export import write_dataset
from tasks.nodes import node_key
from tasks.planning import plan_whole_store
from tasks.runs import recorded


@flow(name="export", flow_run_name="export {out}", persist_result=False)
def export(
    out: str,
    formats: list[str] | None = None,
    node: str | None = None,
    licence: Literal["commercial"] | None = None,
    phi: Literal["strict"] | None = None,
) -> dict[str, Any]:
    """Export what is finished in the store: all sources, anchored in the tree of the newest build."""
    parameters = {"out": out, "formats": formats, "node": node, "licence": licence, "phi": phi}
    with recorded("export", parameters) as run:
        order = plan_whole_store(run.key)
        subtree = node_key(order.build, node) if node else None
        return write_dataset(order.build, out, formats or ["llava"], subtree, licence, phi, {"run": run.key})
