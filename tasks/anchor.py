"""Anchors panels in the tree: dictionary and vectors, fused."""

from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np
from prefect import task
from prefect.cache_policies import NO_CACHE

from met.anchor import NodeIndex, anchor_panel
from met.embed import text_digest
from met.stages import ANCHOR
from met.tree.lexicon import Lexicon, names_of
from met.tree.vectors import vector_text
from met.types import Made, Node, WorkItem
from tasks import doors
from tasks.dossier import load_dossiers
from tasks.work import Order, stage_task

TEXTS_A_TASK = 4096


@task(name="embed", task_run_name="embed · {label}", cache_policy=NO_CACHE, persist_result=False)
def embed_names(tree: int, digests: list[str], label: str) -> int:
    """Store the vectors of those node names of the tree that have none yet, and return how many were made."""
    nodes = doors.store().select(Node, tree=tree, text_digest=digests)
    texts = {node.text_digest: vector_text(node) for node in nodes}
    return remember_vectors(texts)


def remember_vectors(texts: dict[str, str]) -> int:
    """Embed the texts (by digest) that the store has no vector of, and return how many those were."""
    embedder, store = doors.embedder(), doors.store()
    known = store.vectors(list(texts), embedder.name)
    new = sorted(digest for digest in texts if digest not in known)
    if new:
        matrix = embedder.encode([texts[digest] for digest in new])
        store.put_vectors(embedder.name, dict(zip(new, matrix, strict=True)))
    return len(new)


@stage_task(ANCHOR)
def anchor(work: Sequence[WorkItem], order: Order) -> Iterator[Made]:
    """panel -> anchors, from its texts, the tree's names and vectors."""
    store = doors.store()
    tree = store.query("build_row", build=order.build)[0]
    lexicon, index = tree_guides(tree.tree, tree.lexicon_digest)
    dossiers = load_dossiers(store, order.build, [item.item for item in work])
    texts = {text_digest(dossier.subcaption): dossier.subcaption for dossier in dossiers}
    remember_vectors(texts)
    vectors = store.vectors(list(texts), doors.embedder().name)
    for dossier in dossiers:
        anchors = anchor_panel(dossier, lexicon=lexicon, index=index, vector=vectors[text_digest(dossier.subcaption)])
        yield Made(item=dossier.panel.key, rows=anchors)


@lru_cache(maxsize=2)
def tree_guides(tree: int, _lexicon_digest: str) -> tuple[Lexicon, NodeIndex]:
    """Return the dictionary and the vector index of a tree; the lexicon digest keeps the cache honest."""
    nodes = doors.store().select(Node, tree=tree)
    lexicon = Lexicon((name, node.key) for node in nodes for name in names_of(node))
    vectors = doors.store().vectors(sorted({node.text_digest for node in nodes}), doors.embedder().name)
    index = NodeIndex([node.key for node in nodes], np.stack([vectors[node.text_digest] for node in nodes]))
    return lexicon, index
