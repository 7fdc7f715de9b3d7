"""Grow the Medical Entity Tree."""

from typing import Any

from prefect import flow

from met.tree.reading import LLM_SENTENCES
from met.types import EngineName
from tasks.anchor import TEXTS_A_TASK, embed_names
from tasks.runs import recorded
from tasks.tree import grow_tree, names_without_vector


@flow(name="tree", flow_run_name="grow the tree", persist_result=False)
def grow(
    ontologies: list[str], texts: list[str], engine: EngineName = "rules", llm_sentences: int = LLM_SENTENCES
) -> dict[str, Any]:
    """Grow the tree of these files and embed the names that are new; return its id, key and counts.

    Args:
        ontologies: Ontology files; the first one of a facet is its skeleton.
        texts: Texts that the tree grows from: folders, files or tar.gz.
        engine: vllm lets a model read sentences of the texts beside the rules.
        llm_sentences: How many sentences the engine vllm reads, at most; 0 is as the engine rules.
    """
    parameters = {"ontologies": ontologies, "texts": texts, "engine": engine, "llm_sentences": llm_sentences}
    with recorded("tree", parameters) as run:
        tree = grow_tree(ontologies, texts, engine, llm_sentences, run.key)
        new = names_without_vector(tree["tree"])
        parts = [new[start : start + TEXTS_A_TASK] for start in range(0, len(new), TEXTS_A_TASK)]
        done = [
            embed_names.submit(tree["tree"], part, f"{number} of {len(parts)}") for number, part in enumerate(parts, 1)
        ]
        embedded = sum(future.result() for future in done)
        return {**tree, "embedded": embedded}
