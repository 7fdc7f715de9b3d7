"""The stages of the engine: what each works on, what must be finished before, and when its results are made anew."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from met.errors import BadInput
from met.keys import digest
from met.types import EngineName


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One stage. `code` counts up when its code makes other rows of the same input; `tables` hold what it makes."""

    name: str
    code: int
    item: Literal["file", "image", "figure", "panel", "corpus"]
    tables: tuple[str, ...]
    asks: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineIdentity:
    """Who answers asks, and all that changes its answers. `rules` has no model."""

    name: EngineName
    model: str
    revision: str
    sampling: Mapping[str, float | int]
    image_side: int


HARVEST = Stage(
    name="harvest", code=2, item="file", tables=("article_file", "article", "figure", "mention", "known_region", "fact")
)
OCR = Stage(name="ocr", code=1, item="image", tables=("drawn_text",))
PANELS = Stage(name="panels", code=8, item="figure", tables=("panel",))
MODALITY = Stage(name="modality", code=4, item="panel", tables=("modality",))
PRIVACY = Stage(name="privacy", code=1, item="panel", tables=("privacy_check",))
DUPLICATES = Stage(name="duplicates", code=4, item="corpus", tables=("duplicate",))
ANCHOR = Stage(name="anchor", code=7, item="panel", tables=("anchor", "panel_text"))
SCREEN = Stage(name="screen", code=5, item="panel", tables=("verdict",))
ALIGN = Stage(name="align", code=7, item="panel", tables=("verdict",), asks=True)
REGIONS = Stage(name="regions", code=3, item="panel", tables=("region",))
SUMMARY = Stage(name="summary", code=1, item="panel", tables=("cited_sentence",), asks=True)
CAPTION = Stage(name="caption", code=5, item="panel", tables=("caption",), asks=True)
QUESTION = Stage(name="question", code=6, item="panel", tables=("question",), asks=True)

# In the order in which they run: each needs those before it.
STAGES: tuple[Stage, ...] = (
    HARVEST, OCR, PANELS, MODALITY, PRIVACY, DUPLICATES, ANCHOR, SCREEN, ALIGN, REGIONS, SUMMARY, CAPTION, QUESTION
)  # fmt: skip
TREE_VERSION = "7"


def stage_named(name: str) -> Stage:
    """Return the stage of that name.

    Raises:
        KeyError: there is none.
    """
    return {stage.name: stage for stage in STAGES}[name]


def stage_to_redo(name: str) -> Stage:
    """Return the stage of that name, if a subtree can be redone from it.

    Raises:
        BadInput: it is no stage of panels.
    """
    known = {stage.name: stage for stage in STAGES if stage.item == "panel"}
    if name not in known:
        raise BadInput(what=f"stage {name!r}", why=f"choose one of {', '.join(known)}")
    return known[name]


def stages_from(stage: Stage) -> tuple[Stage, ...]:
    """Return `stage` and all that rest on it."""
    return STAGES[STAGES.index(stage) :]


def version_of(stage: Stage, *, prompts: Mapping[str, str], engine: EngineIdentity) -> str:
    """Return the version of what `stage` makes: its code number, and for a model step the prompts, model and sampling.

    `prompts` maps the prompt's name to its text. With the engine `rules` the version depends on the code alone.
    """
    if not stage.asks:
        return str(stage.code)
    if engine.name == "rules":
        return f"{stage.code}-rules"
    what = [prompts, engine.model, engine.revision, dict(engine.sampling), engine.image_side]
    return f"{stage.code}-{engine.name}-{digest(what)[:12]}"
