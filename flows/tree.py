"""Grow the Medical Entity Tree."""

from typing import Any

from prefect import flow

from tasks.anchor import TEXTS_A_TASK, embed_names, index_names
from tasks.runs import recorded
from tasks.tree import grow_tree, names_without_vector


@flow(name="tree", flow_run_name="grow the tree", persist_result=False)
def grow(ontologies: list[str], texts: list[str]) -> dict[str, Any]:
    """Grow the tree of these files and embed the names that are new; return its id, key and counts."""
    with recorded("tree", {"ontologies": ontologies, "texts": texts}):
        tree = grow_tree(ontologies, texts)
        new = names_without_vector(tree["tree"])
        parts = [new[start : start + TEXTS_A_TASK] for start in range(0, len(new), TEXTS_A_TASK)]
        done = [
            embed_names.submit(tree["tree"], part, f"{number} of {len(parts)}") for number, part in enumerate(parts, 1)
        ]
        embedded = sum(future.result() for future in done)
        if embedded:
            index_names()
        return {**tree, "embedded": embedded}
