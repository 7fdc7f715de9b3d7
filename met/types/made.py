"""Values that the engine makes of panels: anchors, verdicts, regions, captions, questions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from met.types.words import Box, Certainty, EngineName, Needs, Polarity, Role, Tag, TextField


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """panel -> node. Offsets are into the text that `field` names; None where no text speaks for it.

    `method` names what does, joined by `+`: dictionary, vector, modality (the kind of image), implied (another name).
    """

    key: str
    panel: str
    node: str
    role: Role
    polarity: Polarity
    certainty: Certainty
    score: float
    method: str
    field: TextField
    surface: str
    start_char: int | None
    end_char: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelText:
    """What is said of a panel, by place; searches for panels read it. `text_digest` is that of the subcaption.

    `caption` is what of the caption belongs to no part of the subcaption, `mentions` the passages that cite the figure.
    """

    key: str
    panel: str
    text_digest: str
    subcaption: str
    caption: str
    mentions: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Keep or drop, from one stage of the filter, with every signal that spoke."""

    key: str
    panel: str
    stage: Literal["screen", "align"]
    keep: bool
    reason: str
    node: str | None
    signals: Mapping[str, Any]
    engine: EngineName
    model: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CitedSentence:
    """A sentence of a passage that concerns a panel: `start_char` to `end_char` of the text of `mention`.

    `tag` says what it can support: what is visible in the image, an outcome that no image shows, or context.
    """

    key: str
    panel: str
    mention: str
    start_char: int
    end_char: int
    tag: Tag
    engine: EngineName
    model: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """A region of interest in original pixel coordinates: a box, or a run-length mask over the box."""

    key: str
    panel: str
    box: Box
    rle: str | None
    node: str | None
    producer: str
    producer_version: str
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Caption:
    """A written caption. `supports` names, sentence by sentence, the source field and offsets that it rests on."""

    key: str
    panel: str
    kind: str
    text: str
    supports: Sequence[Mapping[str, Any]]
    nodes: tuple[str, ...]
    licence: str
    engine: EngineName
    model: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question with its answer. Without options it is open; `answer` is otherwise one of `options`, word for word."""

    key: str
    panel: str
    kind: str
    text: str
    options: tuple[str, ...]
    answer: str
    rationale: str
    nodes: tuple[str, ...]
    edges: Sequence[Mapping[str, Any]]
    needs: Needs
    licence: str
    engine: EngineName
    model: str
