"""The doors of this process, each opened once: Prefect runs tasks in threads of one process, and all share them."""

import os
from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import lru_cache

from met.align import judge, look
from met.align.families import check_families
from met.align.thresholds import Thresholds, load_thresholds
from met.blobs import Blobs
from met.detectors import CoreNet, open_detector
from met.embed import Embedder
from met.embed.images import ImageEncoder, open_image_encoder
from met.embed.pairs import PairEncoder, open_pair_encoder
from met.errors import BadSetting
from met.harvest.cited import summary
from met.harvest.modality import ModalityModel, check_encoder, load_model
from met.harvest.privacy.faces import Faces, load_faces
from met.keys import digest
from met.llm import Engine, Step, open_engine
from met.llm.prompts import Prompt
from met.llm.purse import Purse
from met.ocr import Reader, open_reader
from met.settings import Settings, load_settings
from met.stages import ALIGN, EngineIdentity, Stage, version_of
from met.store import Store
from met.synth import caption, question
from met.tree import reading
from met.tree.reading import choosing
from met.types import EngineName

# Partitions of a stage that asks servers, at a time.
ASKING = 4
# The pure functions by which the engine `rules` answers each step.
RULES: Mapping[str, Step] = {
    step.STEP: step.rules for step in (look, judge, summary, caption, question, reading, choosing)
}
PROMPTS: Mapping[str, Mapping[str, Prompt]] = {
    "align": {"look": look.PROMPT, "judge": judge.PROMPT},
    "summary": {"summary": summary.PROMPT},
    "caption": {"caption": caption.PROMPT},
    "question": {"question": question.PROMPT},
}


@lru_cache(maxsize=1)
def settings() -> Settings:
    return load_settings()


@lru_cache(maxsize=1)
def store() -> Store:
    """Return the store at `DATABASE_URL`, migrated by whoever started the services.

    Raises:
        BadSetting: the address is not set.
    """
    url = settings().database_url
    if url is None:
        raise BadSetting(name="DATABASE_URL", why="not set; run through `met`, which starts the embedded database")
    return Store.open(url.get_secret_value())


def worker_count() -> int:
    """Return how many partitions this process works on at a time."""
    return settings().threads or os.cpu_count() or 1


def partitions_at_once(stage: Stage, engine_name: EngineName) -> int:
    """Return how many partitions of a stage this process works on at a time.

    While one of them waits for the last answers of a piece, or commits it, others keep the servers busy.
    """
    return max(worker_count(), ASKING) if stage.asks and engine_name == "vllm" else worker_count()


@lru_cache(maxsize=1)
def blobs() -> Blobs:
    return Blobs(settings().blobs)


@lru_cache(maxsize=1)
def embedder() -> Embedder:
    return Embedder(settings().embed_model, threads=settings().threads)


@lru_cache(maxsize=1)
def modality_model() -> ModalityModel:
    """Return the weights of the setting, else the shipped ones.

    Raises:
        BadInput: they are none, or were trained with another encoder than the one that is set.
    """
    model = load_model(settings().modality_weights)
    check_encoder(model, modality_encoder())
    return model


@lru_cache(maxsize=1)
def modality_encoder() -> ImageEncoder | None:
    """Return the pretrained network that adds its features to the classifier's, None where none is set."""
    return open_image_encoder(settings().modality_encoder)


@lru_cache(maxsize=1)
def thresholds() -> Thresholds:
    """Return what a panel must reach in stage 1: the table that ships, and what the setting's file overrides.

    Raises:
        BadInput: the file cannot be used.
    """
    return load_thresholds(settings().screen_file)


@lru_cache(maxsize=1)
def pair_encoder() -> PairEncoder | None:
    """Return what compares images with texts, None where none is set."""
    return open_pair_encoder(settings().pair_encoder)


@lru_cache(maxsize=1)
def reader() -> Reader | None:
    """Return what reads text that is drawn into images, None where none is set."""
    return open_reader(settings().ocr)


@lru_cache(maxsize=1)
def faces() -> Faces | None:
    """Return what finds faces, None where none is set."""
    return load_faces(settings().faces)


@lru_cache(maxsize=1)
def panel_detector() -> CoreNet | None:
    """Return the trained detector of panels, None where the classical method finds them."""
    return open_detector(settings().panel_detector)


@lru_cache(maxsize=2)
def engine(name: EngineName) -> Engine:
    return open_engine(name, settings(), RULES, purse=purse())


@lru_cache(maxsize=1)
def verifier() -> Engine | None:
    """Return the second family of models that must keep what the engine `vllm` keeps, None where none is set.

    Raises:
        BadSetting: its address or model cannot be used, or it is of the family of the first.
        ModelUnavailable: nothing answers at the address.
    """
    first, given = engine("vllm").identity, settings()
    if given.verifier_url is None:
        return None
    try:
        second = open_engine("vllm", second_settings(given), RULES, purse=purse())
    except BadSetting as error:
        name = error.holes["name"].replace("MET_LLM", "MET_VERIFIER")
        raise BadSetting(name=name, why=error.holes["why"]) from error
    check_families(first.model, second.identity.model)
    return second


def second_settings(given: Settings) -> Settings:
    """Return the settings by which the second family of models is spoken to; it has no metrics of its own.

    A price that it is not given is that of the first.
    """
    told = {"llm_url": given.verifier_url, "llm_model": given.verifier_model, "llm_revision": given.verifier_revision}
    own = {"price_in": given.verifier_price_in, "price_out": given.verifier_price_out}
    prices = {name: price for name, price in own.items() if price is not None}
    return given.model_copy(update={**told, **prices, "llm_key": given.verifier_key, "metrics_port": 0})


@lru_cache(maxsize=1)
def purse() -> Purse:
    """Return the money that this process may spend on models: any amount, until a flow fills it."""
    return Purse()


def version(stage: Stage, engine_name: EngineName) -> str:
    """Return the version of what `stage` makes with this engine, today's prompts, reader and finder of faces."""
    prompts = {name: prompt.text for name, prompt in PROMPTS.get(stage.name, {}).items()}
    made_by = version_of(stage, prompts=prompts, engine=engine(engine_name).identity if stage.asks else NO_ENGINE)
    if stage == ALIGN and engine_name == "vllm" and (second := verifier()) is not None:
        made_by = f"{made_by}-{digest(asdict(second.identity))[:12]}"
    return f"{made_by}-{PLUGINS[stage.name]()}" if stage.name in PLUGINS else made_by


# What a stage uses beside its code, by name and weights. Each version ends in it: "none" where nothing is set.
PLUGINS: Mapping[str, Callable[[], str]] = {
    "ocr": lambda: getattr(reader(), "name", "none"),
    "panels": lambda: getattr(panel_detector(), "method", "none"),
    "modality": lambda: modality_model().identity,
    "privacy": lambda: getattr(faces(), "name", "none"),
    "screen": lambda: f"{digest(asdict(thresholds()))[:12]}-{getattr(pair_encoder(), 'name', 'none')}",
}


NO_ENGINE = EngineIdentity(name="rules", model="none", revision="none", sampling={}, image_side=0)
