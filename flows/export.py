"""Write a dataset of the whole store, or of one subtree, on demand."""

from typing import Any, Literal

from prefect import flow

from tasks.balance import Wanted, balance_of
from tasks.export import write_dataset
from tasks.nodes import node_of
from tasks.planning import plan_whole_store
from tasks.runs import recorded


@flow(name="export", flow_run_name="export {out}", persist_result=False)
def export(
    out: str,
    formats: list[str] | None = None,
    node: str | None = None,
    licence: Literal["commercial"] | None = None,
    phi: Literal["strict"] | None = None,
    cap_per_node: int | None = None,
    quotas: str | None = None,
) -> dict[str, Any]:
    """Export what is finished in the store: all sources, anchored in the tree of the newest build.

    Args:
        out: Folder of the dataset; an earlier export there is replaced.
        formats: llava, sharegpt, webdataset; llava where none is named. rows.parquet comes with all.
        node: Only pairs at this node or below: a name, a synonym or a CURIE.
        licence: commercial keeps only rows whose licence allows this use.
        phi: strict keeps panels back in which patients may be recognised, and which nothing has looked at.
        cap_per_node: How many pairs of a node may leave, those below it counted.
        quotas: Table (tsv) of nodes with how many pairs of each there shall be at least and at most.
    """
    parameters: dict[str, Any] = {"out": out, "formats": formats, "node": node, "licence": licence, "phi": phi}
    parameters |= {"cap_per_node": cap_per_node, "quotas": quotas}
    with recorded("export", parameters) as run:
        order = plan_whole_store(run.key)
        subtree = node_of(order.build, node) if node else None
        balance = balance_of(order.build, cap_per_node, quotas)
        wanted = Wanted(node=subtree, licence=licence, phi=phi, balance=balance)
        return write_dataset(order.build, out, formats or ["llava"], wanted, {"run": run.key})
