"""The doors of this process, each opened once: Prefect runs tasks in threads of one process, and all share them."""

import os
from collections.abc import Mapping
from functools import lru_cache

from met.align import judge
from met.blobs import Blobs
from met.embed import Embedder
from met.errors import BadSetting
from met.harvest.modality import ModalityModel, load_model
from met.llm import Engine, Step, open_engine
from met.llm.prompts import Prompt
from met.settings import Settings, load_settings
from met.stages import EngineIdentity, Stage, version_of
from met.store import Store
from met.synth import caption, question
from met.tree import choosing, reading
from met.types import EngineName

# The pure functions by which the engine `rules` answers each step.
RULES: Mapping[str, Step] = {step.STEP: step.rules for step in (judge, caption, question, reading, choosing)}
PROMPTS: Mapping[str, Mapping[str, Prompt]] = {
    "align": {"judge": judge.PROMPT},
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
    return Store.open(url.get_secret_value(), prices=(settings().price_in, settings().price_out))


def worker_count() -> int:
    """Return how many partitions this process works on at a time."""
    return settings().threads or os.cpu_count() or 1


@lru_cache(maxsize=1)
def blobs() -> Blobs:
    return Blobs(settings().blobs)


@lru_cache(maxsize=1)
def embedder() -> Embedder:
    return Embedder(settings().embed_model, threads=settings().threads)


@lru_cache(maxsize=1)
def modality_model() -> ModalityModel:
    return load_model()


@lru_cache(maxsize=2)
def engine(name: EngineName) -> Engine:
    return open_engine(name, settings(), RULES)


def version(stage: Stage, engine_name: EngineName) -> str:
    """Return the version of what `stage` makes with this engine and today's prompts."""
    prompts = {name: prompt.text for name, prompt in PROMPTS.get(stage.name, {}).items()}
    return version_of(stage, prompts=prompts, engine=engine(engine_name).identity if stage.asks else NO_ENGINE)


NO_ENGINE = EngineIdentity(name="rules", model="none", revision="none", sampling={}, image_side=0)
