"""Grows the tree of these ontologies and texts, once: a tree that is already there is only looked up."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from prefect import task
from prefect.cache_policies import NO_CACHE

from met.embed import DIMENSIONS, model_name, text_digest
from met.errors import BadInput
from met.keys import canonical_json, content_key, digest
from met.stages import TREE_VERSION
from met.store import Store
from met.tree.closure import closure_of
from met.tree.formats import read_export
from met.tree.grow import grow, tree_key
from met.tree.growing import Vectors
from met.tree.lexicon import lexicon_digest
from met.tree.reading import Reader
from met.tree.report import report_of
from met.types import EngineName, Grown
from tasks import doors
from tasks.anchor import vectors_of
from tasks.asking import remembered_answers


@task(name="grow", cache_policy=NO_CACHE, persist_result=False)
def grow_tree(
    ontologies: Sequence[str], texts: Sequence[str], engine: EngineName, llm_sentences: int, run: str
) -> dict[str, Any]:
    """Return id and key of the tree of these files, and how many nodes had to be made for it. What people keep apart in
    the store stays apart in the tree.

    Raises:
        BadInput: a file or the engine's settings cannot be used.
        ModelUnavailable: the engine does not answer, or stopped answering; what it had answered is remembered.
    """
    reader = reader_of(engine, llm_sentences, run)
    paths = [Path(path) for path in ontologies], [Path(path) for path in texts]
    vectors = Vectors(name=model_name(doors.settings().embed_model), embed=remembered)
    apart = doors.store().kept_apart()
    key, _ = tree_key(*paths, vectors=vectors, reader=reader, apart=apart)
    known = doors.store().find_tree(key)
    if known is not None:
        doors.store().execute("tree_asked_again", tree=known)
        (row,) = doors.store().query("tree_row", tree=known)
        return {"tree": known, "key": key, "grown": 0, **_read(row.report)}
    grown = grow(*paths, vectors=vectors, reader=reader, apart=apart)
    tree = doors.store().put_tree(grown)
    return {"tree": tree, "key": key, "grown": len(grown.nodes), **_read(grown.report)}


def _read(report: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a model read for the tree, where one did."""
    return {"reading": report["reading"]} if "reading" in report else {}


def reader_of(engine: EngineName, sentences: int, run: str) -> Reader | None:
    """Return who reads sentences for the tree, checked; None for the engine `rules`, which has read them anyway.

    Raises:
        BadInput: the engine's settings cannot be used.
        ModelUnavailable: it does not answer.
    """
    if engine == "rules" or not sentences:
        return None
    identity = doors.engine(engine).identity
    # No image is sent, so its size changes no answer.
    said = {"engine": identity.name, "model": identity.model, "revision": identity.revision}
    return Reader(
        identity={**said, "sampling": dict(identity.sampling)},
        lines=sentences,
        answer=lambda asks: remembered_answers(asks, engine, stage="tree", run=run),
    )


def remembered(texts: Sequence[str]) -> NDArray[np.float32]:
    """Return the vectors of the texts, shape (n, 384): from the store, where each is made once."""
    if not texts:
        return np.zeros((0, DIMENSIONS), np.float32)
    digests = [text_digest(text) for text in texts]
    found = vectors_of(dict(zip(digests, texts, strict=True)))
    rows: NDArray[np.float32] = np.stack([found[digest] for digest in digests])
    return rows


def put_export(store: Store, path: Path) -> dict[str, Any]:
    """Return number, key and size of the tree of an export; its key is that of its content, not of the first build.

    Raises:
        BadInput: the file is no export of a tree.
    """
    forest = read_export(path)
    try:
        closure = closure_of([node.key for node in forest.nodes], forest.edges)
    except ValueError as error:
        raise BadInput(what=f"export {path.name}", why=str(error)) from error
    inputs = {"import": digest(canonical_json(asdict(forest)))}
    key = content_key("tree", inputs)
    empty: dict[str, Any] = {"documents": (), "evidence": (), "drops": ()}
    parts = {name: getattr(forest, name) for name in ("nodes", "aliases", "edges", "relations")}
    tree = store.put_tree(
        Grown(
            key=key,
            inputs=inputs,
            version=TREE_VERSION,
            lexicon_digest=lexicon_digest(forest.nodes),
            report=report_of(**parts, **empty, closure=closure),
            closure=closure,
            **parts,
            **empty,
        )
    )
    return {"tree": tree, "key": key, "nodes": len(forest.nodes), "edges": len(forest.edges)}


@task(name="names without vector", cache_policy=NO_CACHE, persist_result=False)
def names_without_vector(tree: int) -> list[str]:
    """Return the digests of the node names of a tree that were never embedded."""
    rows = doors.store().query("names_without_vector", tree=tree, model=model_name(doors.settings().embed_model))
    return [row.text_digest for row in rows]
