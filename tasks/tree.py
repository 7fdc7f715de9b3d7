"""Grows the tree of these ontologies and texts, once: a tree that is already there is only looked up."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE

from met.embed import model_name
from met.stages import TREE_VERSION
from met.tree.grow import grow, tree_key
from tasks import doors


@task(name="grow", cache_policy=NO_CACHE, persist_result=False)
def grow_tree(ontologies: Sequence[str], texts: Sequence[str]) -> dict[str, Any]:
    """Return id and key of the tree of these files, and how many nodes had to be made for it."""
    paths = [Path(path) for path in ontologies], [Path(path) for path in texts]
    key, inputs = tree_key(*paths)
    known = doors.store().find_tree(key)
    if known is not None:
        return {"tree": known, "key": key, "grown": 0}
    grown = grow(*paths)
    tree = doors.store().put_tree(
        key=grown.key,
        inputs=inputs,
        version=TREE_VERSION,
        lexicon_digest=grown.lexicon_digest,
        report=grown.report,
        nodes=grown.nodes,
        aliases=grown.aliases,
        edges=grown.edges,
        closure=grown.closure,
        relations=grown.relations,
        documents=grown.documents,
        evidence=grown.evidence,
        drops=grown.drops,
    )
    return {"tree": tree, "key": key, "grown": len(grown.nodes)}


@task(name="names without vector", cache_policy=NO_CACHE, persist_result=False)
def names_without_vector(tree: int) -> list[str]:
    """Return the digests of the node names of a tree that were never embedded."""
    rows = doors.store().query("names_without_vector", tree=tree, model=model_name(doors.settings().embed_model))
    return [row.text_digest for row in rows]
