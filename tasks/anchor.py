"""Anchors panels in the tree: dictionary and vectors, fused."""

import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from prefect import task
from prefect.cache_policies import NO_CACHE

from met.anchor import Known, NodeIndex, anchor_panels, known_of, spoken_names
from met.anchor.texts import panel_text_of
from met.embed import model_name, text_digest
from met.embed.products import products_of
from met.review.heed import heard, heeded_anchors
from met.stages import ANCHOR
from met.store import Store
from met.store.builds import newest_build
from met.store.dossiers import load_dossiers
from met.tree.lexicon import Lexicon
from met.tree.vectors import vector_text
from met.types import Anchor, Dossier, Edge, Facet, Made, Node, WorkItem
from tasks import doors
from tasks.work import Order, stage_task

TEXTS_A_TASK = 4096
_GUIDES = threading.Lock()


@task(name="embed", task_run_name="embed · {label}", cache_policy=NO_CACHE, persist_result=False)
def embed_names(tree: int, digests: list[str], label: str) -> int:
    """Store the vectors of those node names of the tree that have none yet, and return how many were made."""
    nodes = doors.store().select(Node, tree=tree, text_digest=digests)
    texts = {node.text_digest: vector_text(node) for node in nodes}
    return remember_vectors(texts)


@task(name="index panels", cache_policy=NO_CACHE, persist_result=False)
def index_panels(build: str | None) -> int:
    """The panels of a build, the newest one where none is named, can be searched by vector at once."""
    store = doors.store()
    row = store.query("build_row", build=build)[0] if build else newest_build(store)
    return store.index_panels(row.key, model_name(doors.settings().embed_model), row.tree)


def remember_vectors(texts: dict[str, str]) -> int:
    """Embed the texts (by digest) that the store has no vector of, and return how many those were."""
    embedder, store = doors.embedder(), doors.store()
    return _put_new(store.vectors(list(texts), embedder.name), texts)


def vectors_of(texts: dict[str, str]) -> dict[str, NDArray[np.float32]]:
    """Return the vectors of the texts (by digest) as the store keeps them; those that it has not are made."""
    embedder, store = doors.embedder(), doors.store()
    known = store.vectors(list(texts), embedder.name)
    if _put_new(known, texts):
        # Read back: the store keeps half precision, and a first run must decide as every later one.
        known |= store.vectors(sorted(texts.keys() - known.keys()), embedder.name)
    return known


def _put_new(known: Collection[str], texts: dict[str, str]) -> int:
    new = sorted(digest for digest in texts if digest not in known)
    if new:
        matrix = doors.embedder().encode([texts[digest] for digest in new])
        doors.store().put_vectors(doors.embedder().name, dict(zip(new, matrix, strict=True)))
    return len(new)


@stage_task(ANCHOR)
def anchor(work: Sequence[WorkItem], order: Order) -> Iterator[Made]:
    """panel -> anchors, from its texts, its kind of image, the tree's names, edges and vectors."""
    store = doors.store()
    tree = store.query("build_row", build=order.build)[0]
    guides = tree_guides(tree.tree)
    dossiers = heard(load_dossiers(store, order.build, [item.item for item in work]), work)
    texts = {text_digest(dossier.subcaption): dossier.subcaption for dossier in dossiers}
    known = vectors_of(texts)
    vectors = np.stack([known[text_digest(dossier.subcaption)] for dossier in dossiers])
    found = guides.anchored(dossiers, vectors)
    for dossier, anchors in zip(dossiers, found, strict=True):
        searched = panel_text_of(dossier, text_digest(dossier.subcaption))
        heeded, drops = heeded_anchors(anchors, dossier, nodes=guides.facets.keys())
        yield Made(item=dossier.panel.key, rows=(*heeded, searched), drops=drops)


@dataclass(frozen=True, slots=True, kw_only=True)
class Guides:
    """What a tree offers to anchoring: dictionary, facets, vectors of names, and what its nodes say of each other."""

    lexicon: Lexicon
    facets: Mapping[str, Facet]
    index: NodeIndex
    known: Known

    def anchored(self, dossiers: Sequence[Dossier], vectors: NDArray[np.float32]) -> Iterator[tuple[Anchor, ...]]:
        """Yield the anchors of each panel; `vectors` (panels, dimensions) embed the subcaptions."""
        return anchor_panels(
            dossiers, lexicon=self.lexicon, facets=self.facets, index=self.index, vectors=vectors, known=self.known
        )


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
    lexicon = Lexicon(spoken_names(nodes))
    return Guides(
        lexicon=lexicon,
        facets={node.key: node.facet for node in nodes},
        index=NodeIndex(
            [node.key for node in nodes], np.stack([vectors[node.text_digest] for node in nodes]), products_of
        ),
        known=known_of(nodes, store.select(Edge, tree=tree), lexicon),
    )
