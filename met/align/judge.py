"""Stage 2 of the filter: does this text describe this image, and does the image show the node?

The image is looked at before the text is read (`met.align.look`); here text and node are held against the image and
against what the blind look saw. Where they disagree, the pair goes.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from met.align.evidence import Evidence, evidence_of
from met.align.kinds import UNNAMED, agree, kinds_named
from met.align.look import SURE as SURE_LOOK
from met.align.look import Look
from met.anchor.focus import PLAIN, focus_of
from met.harvest.modality.taxonomy import NOT_MEDICAL
from met.keys import canonical_json, content_key
from met.llm.prompts import as_data, load_prompt, panel_ask
from met.llm.reading import parse_reply
from met.types import Anchor, Ask, Dossier, Drop, Reply, Verdict

STEP: Final = "judge"
PROMPT: Final = load_prompt("met.align", "judge")
MAX_TOKENS: Final = 600
CAPTION_CHARS: Final = 3_000
PASSAGE_CHARS: Final = 2_000
# Below this the judge itself doubts what it says.
SURE: Final = 0.5
# Less support than this no text of its own had among 167 pairs, and four of ten texts of other articles.
FOREIGN: Final = 0.1
# What a text says of itself counts so much of the score, what supports it from outside the rest.
_OWN: Final = 0.05

Answer = Literal["yes", "no", "unsure"]
Finding = Literal["supported", "contradicted", "unseen"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What the judge is asked about: a panel with its texts, and what the blind look saw in it."""

    dossier: Dossier
    look: Look


class Claim(BaseModel):
    """One claim of the text that an image can show."""

    model_config = ConfigDict(extra="forbid")

    claim: Annotated[str, Field(max_length=160)]
    verdict: Finding


class Judgement(BaseModel):
    """The reply of the step."""

    model_config = ConfigDict(extra="forbid")

    claims: list[Claim] = Field(max_length=6)
    matches_caption: Answer
    matches_node: Answer
    reason: str = Field(max_length=300)
    score: float = Field(ge=0, le=1)


def ask(case: Case, image: bytes) -> Ask:
    """Return the question to the engine; `image` is what a model sees of the panel."""
    dossier, anchor = case.dossier, rests_on(case.dossier)
    node = dossier.nodes[anchor.node].node if anchor else None
    passages = "\n".join(mention.text for mention in dossier.mentions)
    content = PROMPT.fill(
        look=as_data("look", canonical_json(case.look.model_dump())),
        node=as_data("entity", f"{node.name} ({node.facet})" if node else "none"),
        definition=as_data("definition", (node.definition if node else None) or "none"),
        caption=as_data("caption", dossier.subcaption[:CAPTION_CHARS]),
        passages=as_data("passages", passages[:PASSAGE_CHARS]),
    )
    asked = panel_ask(dossier, image, step=STEP, content=content, reply=Judgement, max_tokens=MAX_TOKENS)
    return replace(asked, subject=case)


def read(case: Case, reply: Reply) -> Verdict | Drop:
    """Return the verdict that look and reply give together, or a Drop of a reply that cannot be read.

    Kept where caption and node are both confirmed with a score of at least 0.5, no claim is contradicted and the look
    saw a kind of image that the text names, if it names any. A node that the text states as a diagnosis need not be
    visible: there "unsure" is enough. Else the reason is `modality_disagrees`, `caption_disagrees`, `node_disagrees` or
    `unsure`, in this order.
    """
    said = parse_reply(reply, Judgement)
    if isinstance(said, Drop):
        return said
    anchor, named = rests_on(case.dossier), kinds_named(case.dossier)
    reason = _reason(said, case.look, named, visible=anchor is None or anchor.role == "depicted")
    evidence = evidence_of(case.dossier)
    return Verdict(
        key=content_key("verdict", case.dossier.panel.key, "align"),
        panel=case.dossier.panel.key,
        stage="align",
        keep=reason == "agrees",
        reason=reason,
        node=anchor.node if anchor else None,
        signals={
            "look": case.look.model_dump(),
            "claims": [claim.model_dump() for claim in said.claims],
            "matches_caption": said.matches_caption,
            "matches_node": said.matches_node,
            "modality_in_text": sorted(named),
            "score": round(said.score, 4),
            "anchor_score": anchor.score if anchor else 0.0,
            "anchor_role": anchor.role if anchor else None,
            "evidence": _as_signal(evidence),
            "why": said.reason,
        },
        engine=reply.engine,
        model=reply.model,
    )


def _as_signal(evidence: Evidence) -> dict[str, float | None]:
    """Return what spoke for the text besides the judge, each by itself and together."""
    return {
        "pixels": evidence.pixels,
        "title": evidence.title,
        "file": evidence.file,
        "support": evidence.support,
    }


def confirmed(verdict: Verdict, second: Verdict | Drop) -> Verdict:
    """Return the verdict with that of a second family of models beside it: kept only where both keep.

    Where the second refuses, its reason follows "verifier_".
    """
    read_by = None if isinstance(second, Drop) else second.model
    keep = not isinstance(second, Drop) and second.keep
    beside = {
        "keep": keep,
        "reason": second.reason,
        "model": read_by,
        "signals": dict(second.detail if isinstance(second, Drop) else second.signals),
    }
    return replace(
        verdict,
        keep=verdict.keep and keep,
        reason=verdict.reason if keep or not verdict.keep else f"verifier_{second.reason}",
        signals={**verdict.signals, "verifier": beside},
    )


def rests_on(dossier: Dossier) -> Anchor | None:
    """Return the anchor that a pair is kept for.

    What the panel's own text says plainly and for certain comes first: what is depicted, in the order of `focus_of`,
    then a diagnosis. Then what anything says to be depicted, then a diagnosis in the rest of the caption, and last the
    kind of image itself, where pixels and words leave no doubt of it.
    """
    plain = [one for one in dossier.anchors if one.certainty == "certain" and one.score >= PLAIN]
    own = tuple(one for one in plain if one.field == "subcaption")
    return (
        focus_of(replace(dossier, anchors=own))
        or _diagnosis(own)
        or focus_of(dossier)
        or _diagnosis([one for one in plain if one.field == "caption"])
        or _kind(plain)
    )


def _diagnosis(anchors: Iterable[Anchor]) -> Anchor | None:
    stated = [one for one in anchors if (one.role, one.polarity) == ("diagnosis", "affirmed")]
    return min(stated, key=lambda one: (-one.score, one.key), default=None)


def _kind(anchors: Iterable[Anchor]) -> Anchor | None:
    shown = [one for one in anchors if (one.method, one.role, one.polarity) == ("modality", "depicted", "affirmed")]
    return min(shown, key=lambda one: (-one.score, one.key), default=None)


def rules(case: Case) -> dict[str, Any]:
    """Return the reply of the engine without eyes, from the text and the signals of earlier stages alone.

    The caption is confirmed where something in it can be checked in an image (`rests_on`), the kinds of image do not
    contradict each other, and pixels, title and file name do not together speak for the text of another article; it is
    never confirmed for a chart or a drawing. The node is confirmed by an anchor that the text states without doubt.
    The score is what supports the text from outside, and a little of the anchor's own: from 0.5 on where an anchor is
    plain, the image medical and not everything speaks for another text, below it elsewhere.
    """
    dossier = case.dossier
    anchor, support = rests_on(dossier), evidence_of(dossier).support
    label = dossier.modality.label if dossier.modality else "unknown"
    caption, why = _caption_by_text(dossier, anchor, label, support)
    medical = dossier.modality.medical if dossier.modality else 0.5
    own = (anchor.score if anchor else 0.0) * (0.5 + 0.5 * medical)
    belief = _OWN * own + (1 - _OWN) * support
    is_sure = own >= SURE and support >= FOREIGN
    return {
        "claims": _claims(dossier, label),
        "matches_caption": caption,
        "matches_node": "yes" if anchor and anchor.certainty == "certain" else "unsure",
        "reason": why[:300],
        "score": round(SURE + (1 - SURE) * belief if is_sure else SURE * belief, 4),
    }


def _claims(dossier: Dossier, label: str) -> list[dict[str, str]]:
    """Return the kinds of image and the depicted nodes that the text claims: without eyes, only the first are seen."""
    named = kinds_named(dossier)
    found = "unseen" if label in UNNAMED else "supported" if agree(label, named) else "contradicted"
    kinds = [{"claim": f"kind of image: {', '.join(sorted(named))}"[:160], "verdict": found}] if named else []
    shown = [one.surface for one in dossier.anchors if one.role == "depicted" and one.polarity == "affirmed"]
    return [*kinds, *({"claim": name[:160], "verdict": "unseen"} for name in dict.fromkeys(filter(None, shown)))][:6]


def _caption_by_text(dossier: Dossier, anchor: Anchor | None, label: str, support: float) -> tuple[Answer, str]:
    named = kinds_named(dossier)
    if label in NOT_MEDICAL:
        return "no", f"the pixels look like {label}"
    if not agree(label, named):
        return "no", f"the text names {', '.join(sorted(named))}, the pixels look like {label}"
    if anchor is None:
        return "unsure", "the text names nothing that it says is shown"
    if support < FOREIGN:
        return "unsure", "pixels, title and file name speak for another text"
    if not anchor.surface:
        return "yes", "the text names nothing else that is shown, but nothing contradicts the kind of image"
    says = "is shown" if anchor.role == "depicted" else "is the diagnosis"
    return "yes", f"the text says that {anchor.surface} {says}, and the kind of image does not contradict it"


def _reason(said: Judgement, look: Look, named: frozenset[str], *, visible: bool) -> str:
    if look.score >= SURE_LOOK and not any(agree(kind, named) for kind in (look.modality, *look.could_be)):
        return "modality_disagrees"
    if said.matches_caption == "no" or any(claim.verdict == "contradicted" for claim in said.claims):
        return "caption_disagrees"
    if said.matches_node == "no":
        return "node_disagrees"
    doubted = said.matches_caption == "unsure" or (visible and said.matches_node == "unsure")
    return "unsure" if doubted or said.score < SURE else "agrees"
