"""Stage 2 of the filter: does this text describe this image, and does the image show the node?"""

import re
from collections.abc import Mapping
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from met.anchor.focus import focus_of
from met.harvest.modality.cues import NAMES, cues_in
from met.harvest.modality.taxonomy import NOT_MEDICAL
from met.keys import content_key
from met.llm.prompts import as_data, load_prompt, panel_ask
from met.llm.reading import parse_reply
from met.types import Anchor, Ask, Dossier, Drop, Reply, Verdict

STEP = "judge"
PROMPT = load_prompt("met.align", "judge")
MAX_TOKENS = 200
CAPTION_CHARS = 3_000
PASSAGE_CHARS = 2_000
# Below this the judge itself doubts what it says.
SURE = 0.5
STEM = 5

Answer = Literal["yes", "no", "unsure"]
Seen = Literal[
    "angiography", "chart", "clinical_photo", "ct", "culture_photo", "dermoscopy", "ecg_tracing", "eeg_tracing",
    "electron_microscopy", "endoscopy", "flow_diagram", "fluorescence_microscopy", "fmri", "fundus_photo",
    "gross_specimen", "illustration", "light_microscopy", "mri", "oct", "other_medical", "other_photo", "otoscopy",
    "pet", "radiograph", "table_image", "ultrasound", "unknown",
]  # fmt: skip
KINDS: tuple[str, ...] = get_args(Seen)
_UNNAMED = ("unknown", "other_medical")
# Kinds of image that captions name in one breath, or take for each other.
_ALIKE = (
    {"ct", "radiograph", "angiography", "pet"},
    {"mri", "fmri"},
    {"light_microscopy", "fluorescence_microscopy"},
    {"clinical_photo", "gross_specimen", "endoscopy", "otoscopy", "fundus_photo", "culture_photo"},
)


class Judgement(BaseModel):
    """The reply of the step."""

    model_config = ConfigDict(extra="forbid")

    modality: Seen
    matches_caption: Answer
    matches_node: Answer
    reason: str = Field(max_length=300)
    score: float = Field(ge=0, le=1)


def ask(dossier: Dossier, image: bytes) -> Ask:
    """Return the question to the engine; `image` is what a model sees of the panel."""
    focus = focus_of(dossier)
    node = dossier.nodes[focus.node].node if focus else None
    passages = "\n".join(mention.text for mention in dossier.mentions)
    content = PROMPT.fill(
        modalities=", ".join(KINDS),
        node=as_data("entity", f"{node.name} ({node.facet})" if node else "none"),
        definition=as_data("definition", (node.definition if node else None) or "none"),
        caption=as_data("caption", dossier.subcaption[:CAPTION_CHARS]),
        passages=as_data("passages", passages[:PASSAGE_CHARS]),
    )
    return panel_ask(dossier, image, step=STEP, content=content, reply=Judgement, max_tokens=MAX_TOKENS)


def read(dossier: Dossier, reply: Reply) -> Verdict | Drop:
    """Return the verdict that the reply gives, or a Drop of what cannot be read.

    Kept where caption and node are both confirmed with a score of at least 0.5 and the kind of image is one that the
    text names, if it names any. Else the reason is `modality_disagrees`, `caption_disagrees`, `node_disagrees` or
    `unsure`, in this order.
    """
    said = parse_reply(reply, Judgement)
    if isinstance(said, Drop):
        return said
    focus = focus_of(dossier)
    reason = _reason(said, _named(dossier))
    return Verdict(
        key=content_key("verdict", dossier.panel.key, "align"),
        panel=dossier.panel.key,
        stage="align",
        keep=reason == "agrees",
        reason=reason,
        node=focus.node if focus else None,
        signals={
            "matches_caption": said.matches_caption,
            "matches_node": said.matches_node,
            "modality": said.modality,
            "modality_in_text": sorted(_named(dossier)),
            "score": round(said.score, 4),
            "anchor_score": focus.score if focus else 0.0,
            "why": said.reason,
        },
        engine=reply.engine,
        model=reply.model,
    )


def rules(dossier: Dossier) -> dict[str, Any]:
    """Return the reply of the engine without eyes, from the text and the signals of earlier stages alone.

    The kind of image is the classifier's. The caption is confirmed where something in it can be checked in an image (a
    depicted anchor) and the kinds of image do not contradict each other; it is never confirmed for a chart or a
    drawing. The node is confirmed by a depicted anchor that the text states without doubt. The score is the anchor's,
    lowered by the classifier's doubt. From 0.5 on it is lowered further by what speaks against the text (`_support`)
    and stays at least 0.5: neither the pixels nor a title are sure enough to refuse a pair by themselves.
    """
    focus = focus_of(dossier)
    seen = dossier.modality.label if dossier.modality else "unknown"
    label = seen if seen in KINDS else "unknown"
    caption, why = _caption_by_text(dossier, focus, label)
    medical = dossier.modality.medical if dossier.modality else 0.5
    score = (focus.score if focus else 0.0) * (0.5 + 0.5 * medical)
    return {
        "modality": label,
        "matches_caption": caption,
        "matches_node": "yes" if focus and focus.certainty == "certain" else "unsure",
        "reason": why,
        "score": round(SURE + (1 - SURE) * score * _support(dossier) if score >= SURE else score, 4),
    }


def _support(dossier: Dossier) -> float:
    """Return how far pixels and article agree with the text, in [0, 1]; 0.5 where they say nothing.

    Half comes from the pixels alone against the kinds of image that the text names, half from the words of the
    article's title that the texts of the figure repeat.
    """
    pixels = dossier.modality.signals.get("pixels") if dossier.modality else None
    named = _named(dossier)
    said = 0.0
    if pixels and named and pixels["label"] != "unknown":
        said = pixels["probability"] if agree(pixels["label"], named) else -pixels["probability"]
    title = _words(dossier.article.title)
    texts = _words(" ".join((dossier.figure.caption, *(mention.text for mention in dossier.mentions))))
    repeated = len(title & texts) / len(title) if title else 0.5
    return min(1.0, max(0.0, 0.5 + 0.5 * said + 0.5 * (repeated - 0.5)))


def _words(text: str) -> frozenset[str]:
    """Return the beginnings of the longer words of a text, so that inflections are one."""
    return frozenset(word[:STEM] for word in re.findall(r"[a-z]{4,}", text.lower()))


def _caption_by_text(dossier: Dossier, focus: Anchor | None, label: str) -> tuple[Answer, str]:
    named = _named(dossier)
    if label in NOT_MEDICAL:
        return "no", f"the pixels look like {label}"
    if not agree(label, named):
        return "no", f"the text names {', '.join(sorted(named))}, the pixels look like {label}"
    if focus is None:
        return "unsure", "the text names nothing that it says is shown"
    return "yes", f"the text says that {focus.surface} is shown, and the kind of image does not contradict it"


def _named(dossier: Dossier) -> frozenset[str]:
    """Return the kinds of image that the caption names outright."""
    cues: Mapping[str, float] = cues_in(dossier.subcaption or dossier.figure.caption)
    return frozenset(label for label, strength in cues.items() if strength >= NAMES)


def agree(seen: str, named: frozenset[str]) -> bool:
    """Say whether an image of the kind `seen` may be of a kind that is `named`; whatever is unnamed may be any."""
    if not named or seen in _UNNAMED or seen in named:
        return True
    return any(seen in alike and not named.isdisjoint(alike) for alike in _ALIKE)


def _reason(said: Judgement, named: frozenset[str]) -> str:
    if not agree(said.modality, named):
        return "modality_disagrees"
    if said.matches_caption == "no":
        return "caption_disagrees"
    if said.matches_node == "no":
        return "node_disagrees"
    if "unsure" in (said.matches_caption, said.matches_node) or said.score < SURE:
        return "unsure"
    return "agrees"
