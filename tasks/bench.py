"""What the score of the judge needs of a build: its panels, and the steps that are done again on changed texts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from met.align import judge, look
from met.blobs import Blobs
from met.embed import Embedder
from met.embed.images import open_image_encoder
from met.evaluate.align import Bench
from met.evaluate.align_seeds import citing
from met.evaluate.anchors_found import FoundAnchor
from met.evaluate.screen import Fate
from met.harvest.modality import (
    ModalityModel,
    check_encoder,
    features_of,
    load_model,
    modality_of,
    modality_told,
)
from met.keys import digest
from met.llm import open_engine
from met.pixels import decode_rgb, shrink
from met.settings import Settings
from met.stages import ALIGN, version_of
from met.store import Store
from met.store.builds import newest_build
from met.store.dossiers import load_dossiers, load_nodes
from met.tree.lexicon import names_of
from met.types import Anchor, Box, Dossier, EngineName, Modality, Node, PlacedNode
from tasks.anchor import Guides, guides_from
from tasks.doors import PROMPTS


def bench_of(store: Store, settings: Settings, *, engine: EngineName, limit: int | None = None) -> Bench:
    """Return the panels of the newest build that stage 1 kept, at most `limit`, drawn by their keys.

    Raises:
        NotFound: there is no build with a tree.
        BadSetting, ModelUnavailable: the engine cannot be used.
    """
    newest = newest_build(store)
    build, tree = str(newest.key), int(newest.tree)
    kept = sorted((str(row.item) for row in store.query("kept_by", build=build, stage="screen")), key=digest)
    dossiers = load_dossiers(store, build, kept[:limit])
    again = _Again(store, build, tree, settings)
    asked = open_engine(engine, settings, {look.STEP: look.rules, judge.STEP: judge.rules})
    pairs = frozenset(str(row.item) for row in store.query("kept_by", build=build, stage="align"))
    return Bench(
        dossiers=dossiers,
        pairs=pairs & {one.panel.key for one in dossiers},
        engine=engine,
        model=asked.identity.model,
        version=version_of(ALIGN, prompts=_prompts(), engine=asked.identity),
        names=again.names,
        place=again.place,
        anchor=again.anchor,
        modality=again.modality,
        nodes_in=again.nodes_in,
        look=again.look if engine != "rules" else _nothing,
        answer=asked.answer,
        learnt_from=again.learnt_from(dossiers),
    )


def _prompts() -> Mapping[str, str]:
    return {name: prompt.text for name, prompt in PROMPTS[ALIGN.name].items()}


class _Again:
    """The steps of a build on texts that no stage has seen; nothing is stored."""

    def __init__(self, store: Store, build: str, tree: int, settings: Settings) -> None:
        self._store, self._build, self._settings = store, build, settings
        self._blobs = Blobs(settings.blobs)
        self._embedder = Embedder(settings.embed_model, threads=settings.threads)
        self._guides: Guides = guides_from(store, tree, self._embedder.name)
        self._names = {node.key: names_of(node) for node in store.select(Node, tree=tree)}
        self._model, self._encoder = (
            load_model(settings.modality_weights),
            open_image_encoder(settings.modality_encoder),
        )
        check_encoder(self._model, self._encoder)
        self._vectors: dict[str, NDArray[np.float32]] = {}
        self._forecasts: dict[tuple[str, Box], dict[str, float]] = {}

    def names(self, node: str) -> tuple[str, ...]:
        return self._names.get(node, ())

    def place(self, nodes: Iterable[str]) -> Mapping[str, PlacedNode]:
        return load_nodes(self._store, self._build, nodes)

    def anchor(self, dossiers: Sequence[Dossier]) -> list[tuple[Anchor, ...]]:
        if not dossiers:
            return []
        texts = [one.subcaption for one in dossiers]
        new = sorted(set(texts) - self._vectors.keys())
        if new:
            self._vectors.update(zip(new, self._embedder.encode(new), strict=True))
        return list(self._guides.anchored(dossiers, np.stack([self._vectors[text] for text in texts])))

    def modality(self, dossier: Dossier, cited: str) -> Modality:
        seen, settled = self._forecast(dossier.panel.image, dossier.panel.box), self._model.settled
        return modality_told(dossier.panel, seen, dossier.subcaption, settled, cited=cited, encoder=self._encoder)

    def modality_by(self, model: ModalityModel, dossier: Dossier) -> Modality:
        """Return the kind of image as a model of the appearance alone tells it."""
        pixels = self._pixels(dossier.panel.image, dossier.panel.box)
        return modality_of(dossier.panel, pixels, dossier.subcaption, model, cited=citing(dossier))

    def nodes_in(self, text: str) -> frozenset[str]:
        return frozenset(node for match in self._guides.lexicon.find_all([text])[0] for node in match.nodes)

    def look(self, dossier: Dossier) -> bytes:
        side = self._settings.model_image_side
        return shrink(self._blobs.get(dossier.panel.image), box=dossier.panel.box, side=side)

    def learnt_from(self, dossiers: Sequence[Dossier]) -> frozenset[str]:
        """Return the panels that stand in image files which the weights of the modality learnt from."""
        seen = files_learnt({one.panel.image for one in dossiers}, self._blobs, self._model)
        return frozenset(one.panel.key for one in dossiers if one.panel.image in seen)

    def _forecast(self, image: str, box: Box) -> dict[str, float]:
        if (image, box) not in self._forecasts:
            shares = self._model.forecast(features_of(self._pixels(image, box), self._encoder)[None, :])[0]
            self._forecasts[image, box] = dict(zip(self._model.labels, shares.tolist(), strict=True))
        return self._forecasts[image, box]

    def _pixels(self, image: str, box: Box) -> NDArray[np.uint8]:
        x1, y1, x2, y2 = box
        return decode_rgb(self._blobs.get(image))[y1:y2, x1:x2]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnchoredAgain:
    """The panels of a build, to be anchored again where other weights tell their kind of image."""

    store: Store
    build: str
    tree: int
    settings: Settings

    def learnt(self, panels: Iterable[str]) -> frozenset[str]:
        """Return those panels in whose image files the weights of the settings learnt."""
        dossiers = load_dossiers(self.store, self.build, sorted(panels))
        model = load_model(self.settings.modality_weights)
        seen = files_learnt({one.panel.image for one in dossiers}, Blobs(self.settings.blobs), model)
        return frozenset(one.panel.key for one in dossiers if one.panel.image in seen)

    def again(self, models: Mapping[str, ModalityModel]) -> list[FoundAnchor]:
        """Return the anchors of panels of which each is told its kind by the model under its key; nothing is stored.

        The models know the appearance alone.
        """
        again = _Again(self.store, self.build, self.tree, self.settings)
        dossiers = load_dossiers(self.store, self.build, sorted(models))
        told = [replace(one, modality=again.modality_by(models[one.panel.key], one)) for one in dossiers]
        return [
            FoundAnchor(
                panel=one.panel, node=one.node, role=one.role, polarity=one.polarity, score=one.score, method=one.method
            )
            for each in again.anchor(told)
            for one in each
        ]


def files_learnt(images: Iterable[str], blobs: Blobs, model: ModalityModel) -> frozenset[str]:
    """Return those of the image files that the weights of the modality learnt from."""
    known = set(model.seen.tolist())
    return frozenset(name for name in images if _file_number(blobs.get(name)) in known)


def fates_of(store: Store, settings: Settings) -> list[Fate]:
    """Return what the filter made of every panel of the newest build.

    Raises:
        NotFound: there is no build with a tree.
    """
    rows = store.query("score_fates", build=newest_build(store).key)
    learnt = files_learnt(
        {str(row.image) for row in rows}, Blobs(settings.blobs), load_model(settings.modality_weights)
    )
    return [
        Fate(
            article=row.article,
            graphic=row.graphic,
            refused=row.refused,
            duplicate=row.duplicate,
            learnt=row.image in learnt,
        )
        for row in rows
    ]


def _file_number(data: bytes) -> int:
    """Return the number by which weights remember a file (`LabelledImage.seen`)."""
    return int.from_bytes(blake2b(data, digest_size=8).digest())


def _nothing(_dossier: Dossier) -> bytes:
    """The engine `rules` looks at no pixels."""
    return b""
