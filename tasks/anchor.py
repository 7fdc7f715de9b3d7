"""Anchors panels in the tree: dictionary and vectors, fused."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from prefect import task
from prefect.cache_policies import NO_CACHE

from met.anchor import NodeIndex, anchor_panels
from met.embed import text_digest
from met.stages import ANCHOR
from met.store import Store
from met.tree.lexicon import Lexicon, names_of
from met.tree.vectors import vector_text
from met.types import Facet, Made, Node, WorkItem
from tasks import doors
from tasks.dossier import load_dossiers
from tasks.work import Order, stage_task

TEXTS_A_TASK = 4096
_GUIDES = threading.Lock()


@task(name="embed", task_run_name="embed · {label}", cache_policy=NO_CACHE, persist_result=False)
def embed_names(tree: int, digests: list[str], label: str) -> int:
    """Store the vectors of those node names of the tree that have none yet, and return how many were made."""
    nodes = doors.store().select(Node, tree=tree, text_digest=digests)
    texts = {node.text_digest: vector_text(node) for node in nodes}
    return remember_vectors(texts)


@task(name="index names", cache_policy=NO_CACHE, persist_result=False)
def index_names() -> None:
    """Searches by vector are fast again: loading many vectors takes the index away."""
    doors.store().index_vectors()


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
    guides = tree_guides(tree.tree)
    dossiers = load_dossiers(store, order.build, [item.item for item in work])
    texts = {text_digest(dossier.subcaption): dossier.subcaption for dossier in dossiers}
    remember_vectors(texts)
    known = store.vectors(list(texts), doors.embedder().name)
    vectors = np.stack([known[text_digest(dossier.subcaption)] for dossier in dossiers])
    found = anchor_panels(dossiers, lexicon=guides.lexicon, facets=guides.facets, index=guides.index, vectors=vectors)
    for dossier, anchors in zip(dossiers, found, strict=True):
        yield Made(item=dossier.panel.key, rows=anchors)


@dataclass(frozen=True, slots=True, kw_only=True)
class Guides:
    """What a tree offers to anchoring: its dictionary, the facet of every node, and the vectors of its names."""

    lexicon: Lexicon
    facets: Mapping[str, Facet]
    index: NodeIndex


def tree_guides(tree: int) -> Guides:
    """Return the guides of a tree. A tree never changes, so its id is all that the cache needs to know."""
    # Partitions are threads, and a cache alone would let each of them make its own.
    with _GUIDES:
        return _made_guides(tree)


@lru_cache(maxsize=2)
def _made_guides(tree: int) -> Guides:
    return guides_from(doors.store(), tree, doors.embedder().name)


def guides_from(store: Store, tree: int, model: str) -> Guides:
    """Return the guides of a tree with the vectors that `model` made of its names."""
    nodes = store.select(Node, tree=tree)
    vectors = store.vectors(sorted({node.text_digest for node in nodes}), model)
    return Guides(
        lexicon=Lexicon((name, node.key) for node in nodes for name in names_of(node)),
        facets={node.key: node.facet for node in nodes},
        index=NodeIndex([node.key for node in nodes], np.stack([vectors[node.text_digest] for node in nodes])),
    )
