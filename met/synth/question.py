"""Questions about a kept pair: how the image was made, which structure it shows, which disease or finding."""

from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from met.anchor.focus import focus_of
from met.keys import content_key, digest
from met.llm.prompts import as_data, load_prompt, panel_ask
from met.llm.reading import parse_reply
from met.synth.distractors import distractors_of, is_heading, is_named, names_in_text, rivals_of, text_of
from met.synth.facts import (
    can_be_seen,
    definition_of,
    knowledge_licence,
    label_of,
    licence_of,
    licence_of_text,
    nodes_by_label,
    passage_of,
    tagged_passages,
)
from met.synth.sentences import tells
from met.synth.settled import is_other_sight, is_own_name, is_settled
from met.tree.names import is_abbreviation, normal_form, tokens
from met.types import Anchor, Ask, Dossier, Drop, Facet, Needs, Node, Question, Reply

STEP = "question"
PROMPT = load_prompt("met.synth", "question")
MAX_TOKENS = 1_500
MAX_QUESTIONS = 3
MAX_RATIONALE = 800
MAX_NAME = 200
# An anchor below this score is too weak to be an answer.
MIN_SCORE = 0.5

Name: TypeAlias = Annotated[str, Field(min_length=1, max_length=MAX_NAME)]
Kind: TypeAlias = Literal["modality", "anatomy", "node"]
_TEXTS: dict[Kind, str] = {
    "modality": "Which imaging technique produced this image?",
    "anatomy": "Which of these structures does this image chiefly show?",
    "node": "Which of these does this image show?",
}
_FACETS: dict[Kind, tuple[Facet, ...]] = {
    "modality": ("modality",),
    "anatomy": ("anatomy",),
    "node": ("disease", "symptom", "organism", "cell", "device", "procedure"),
}
# Families whose members exclude each other, so that a sibling is a wrong answer.
_EXCLUSIVE = ("microscopy", "ophthalmic imaging")


class Draft(BaseModel):
    model_config = ConfigDict(extra="forbid")

    kind: Kind
    text: str = Field(min_length=10, max_length=300)
    options: list[Name] = Field(max_length=5)
    answer: Name
    rationale: str = Field(min_length=1, max_length=MAX_RATIONALE)
    needs: Needs
    nodes: list[Name] = Field(max_length=5)


class Asked(BaseModel):
    """The reply of the step."""

    model_config = ConfigDict(extra="forbid")

    questions: list[Draft] = Field(max_length=MAX_QUESTIONS)


def ask(dossier: Dossier, image: bytes) -> Ask:
    """Return the question to the engine; `image` is what a model sees of the panel."""
    shown = [dossier.nodes[anchor.node].node for anchor in _answers(dossier)]
    known = [node for node in shown if node.definition and knowledge_licence(dossier, node) is not None]
    definitions = "\n".join(f"{node.name}: {node.definition}" for node in known)
    content = PROMPT.fill(
        entities=as_data("entities", "\n".join(label_of(node) for node in shown)),
        caption=as_data("caption", dossier.subcaption[:3_000]),
        passages=as_data("passages", tagged_passages(dossier)[:2_000]),
        definitions=as_data("definitions", definitions[:2_000]),
    )
    return panel_ask(dossier, image, step=STEP, content=content, reply=Asked, max_tokens=MAX_TOKENS)


def read(dossier: Dossier, reply: Reply) -> tuple[Question, ...] | Drop:
    """Return the questions of the reply, options in an order that their own digest decides, or a Drop.

    Reasons besides those of the reply: `licence_incompatible`, `no_question` (there is none), `invalid_question` (the
    detail names every fault: fewer than three options, two that say the same, an answer that is none of them or that
    the question gives away, an unknown node, a wrong option that the text names, a repeated question).
    """
    licence = licence_of(dossier)
    if isinstance(licence, Drop):
        return licence
    asked = parse_reply(reply, Asked)
    if isinstance(asked, Drop):
        return asked
    if not asked.questions:
        return Drop(item=dossier.panel.key, reason="no_question")
    faults = [
        {"question": number, "why": why}
        for number, draft in enumerate(asked.questions)
        for why in (*_faults(dossier, draft), *_repeats(asked.questions, number))
    ]
    if faults:
        return Drop(item=dossier.panel.key, reason="invalid_question", detail={"faults": faults})
    return tuple(_question(dossier, draft, reply, licence) for draft in asked.questions)


def rules(dossier: Dossier) -> dict[str, Any]:
    """Return up to three template questions, each answered by a depicted, undoubted anchor with a score of at least
    0.5, whose sentence speaks of nothing but its node.

    Wrong options are what the image cannot show beside the answer (`met.synth.distractors`); a kind without two of
    them is left out, and so is an answer that is a heading of the tree or no finding of this kind of image.
    """
    return {"questions": [draft for kind in _TEXTS if (draft := _draft(dossier, kind)) is not None]}


def _draft(dossier: Dossier, kind: Kind) -> dict[str, Any] | None:
    anchor = _answer(dossier, kind)
    if anchor is None:
        return None
    node = dossier.nodes[anchor.node].node
    wrong = distractors_of(dossier, anchor.node)
    if len(wrong) < 2 or max(map(len, (label_of(node), *wrong))) > MAX_NAME:
        return None
    answer, *others = _alike(_called(node, anchor), *wrong)
    return {
        "kind": kind,
        "text": _TEXTS[kind],
        "options": [answer, *others],
        "answer": answer,
        "rationale": _rationale(dossier, anchor),
        "needs": "image",
        "nodes": [label_of(node)],
    }


def _answer(dossier: Dossier, kind: Kind) -> Anchor | None:
    """Return the anchor that answers a question of this kind: the first that fits, if nothing speaks against it."""
    anchors = [anchor for anchor in _answers(dossier) if _fits(dossier, anchor, kind)]
    # A figure that names two modalities shows both, and nothing tells which panel is which.
    if not anchors or (kind == "modality" and len(anchors) > 1):
        return None
    first = next(anchor for anchor in anchors if not _is_outdone(dossier, anchor, anchors))
    node = dossier.nodes[first.node].node
    asked = is_settled(dossier, first) and not is_heading(node) and not is_other_sight(dossier, first.node)
    return first if asked else None


def _is_outdone(dossier: Dossier, anchor: Anchor, anchors: Iterable[Anchor]) -> bool:
    """Say whether one of `anchors` is, by tree and name, a kind of this one's node: "smooth muscle" beside "muscle"."""
    general = dossier.nodes[anchor.node].node
    kinds = (dossier.nodes[other.node] for other in anchors if other.field == anchor.field == "subcaption")
    return any(
        general.name in placed.path and frozenset(tokens(general.name)) < frozenset(tokens(placed.node.name))
        for placed in kinds
    )


def _answers(dossier: Dossier) -> Iterator[Anchor]:
    """Yield the anchors that a question may rest on: depicted, affirmed, certain, strong enough; the focus first."""
    focus = focus_of(dossier)
    for anchor in sorted(dossier.anchors, key=lambda anchor: (anchor != focus, -anchor.score, anchor.key)):
        stated = (anchor.role, anchor.polarity, anchor.certainty) == ("depicted", "affirmed", "certain")
        if stated and anchor.score >= MIN_SCORE and can_be_seen(dossier, anchor):
            yield anchor


def _fits(dossier: Dossier, anchor: Anchor, kind: Kind) -> bool:
    placed = dossier.nodes[anchor.node]
    if kind == "modality" and len(placed.path) != 1 and placed.path[-1] not in _EXCLUSIVE:
        # Techniques under one modality do not exclude each other: a scan with contrast is also one of thin slices.
        return False
    return placed.node.facet in _FACETS[kind] and bool(placed.path)


def _called(node: Node, anchor: Anchor) -> str:
    """Return the name of a structure that the text uses: "tooth" where the tree says "calcareous tooth"."""
    said = anchor.surface.lower()
    plain = node.facet == "anatomy" and is_own_name(node, said) and not is_abbreviation(anchor.surface)
    return " ".join(said.split()) if plain else node.name


def _alike(*names: str) -> list[str]:
    """Return the names, all with a capital where one has it: the way of writing gives no answer away."""
    if any(name[0].isupper() for name in names):
        return [name[0].upper() + name[1:] for name in names]
    return list(names)


def _rationale(dossier: Dossier, anchor: Anchor) -> str:
    node = dossier.nodes[anchor.node].node
    parts = [f"The text says: “{passage_of(dossier, anchor)}”"]
    definition = definition_of(node)
    if definition and tells(node, definition) and knowledge_licence(dossier, node) is not None:
        parts.append(f"{node.name[0].upper()}{node.name[1:]}: {definition}.")
    parts.append("The text names none of the other options.")
    while len(" ".join(parts)) > MAX_RATIONALE and len(parts) > 1:
        parts.pop(-2)
    return " ".join(parts)[:MAX_RATIONALE]


# ---------------------------------------------------------------- checks and rows


def _faults(dossier: Dossier, draft: Draft) -> Iterable[str]:
    options = [normal_form(option) for option in draft.options]
    if len(options) < 3:
        yield "fewer than three options"
    if len(set(options)) < len(options) or not all(options):
        yield "two options say the same, or one says nothing"
    if draft.answer not in draft.options:
        yield "the answer is none of the options"
    if _says(draft.text, draft.answer):
        yield "the question gives the answer away"
    known = nodes_by_label(dossier)
    if licence_of_text(dossier, draft.rationale) is None:
        yield "the rationale quotes a definition whose licence forbids it"
    unknown = [label for label in draft.nodes if label not in known]
    if unknown or not draft.nodes:
        yield f"unknown nodes {unknown}"
        return
    answers = [known[label] for label in draft.nodes]
    if draft.needs != "knowledge":
        named = names_in_text(dossier, besides=answers) | rivals_of(dossier, answers)
        text = text_of(dossier)
        others = [option for option in draft.options if option != draft.answer]
        wrong = [option for option in others if normal_form(option) in named or is_named(option, text)]
        if wrong:
            yield f"wrong options that the text names or that are right too: {wrong}"


def _repeats(drafts: list[Draft], number: int) -> Iterable[str]:
    one = drafts[number]
    if any((one.kind, one.text) == (other.kind, other.text) for other in drafts[:number]):
        yield "asked before"


def _says(text: str, answer: str) -> bool:
    return f" {normal_form(answer)} " in f" {normal_form(text)} "


def _question(dossier: Dossier, draft: Draft, reply: Reply, licence: str) -> Question:
    known = nodes_by_label(dossier)
    nodes = tuple(sorted({known[label] for label in draft.nodes}))
    return Question(
        key=content_key("question", dossier.panel.key, draft.kind, draft.text),
        panel=dossier.panel.key,
        kind=draft.kind,
        text=draft.text,
        options=_ordered(dossier.panel.key, draft),
        answer=draft.answer,
        rationale=draft.rationale,
        nodes=nodes,
        edges=tuple(_edges(dossier, nodes, draft.options)),
        needs=draft.needs,
        licence=licence_of_text(dossier, draft.rationale) or licence,
        engine=reply.engine,
        model=reply.model,
    )


def _ordered(panel: str, draft: Draft) -> tuple[str, ...]:
    """Return the options in an order that no engine chooses: the answer stands at each place equally often."""
    wrong = sorted({*draft.options} - {draft.answer}, key=lambda option: digest([panel, draft.kind, option]))
    place = int(digest([panel, draft.kind, draft.text]), 16) % len(draft.options)
    return (*wrong[:place], draft.answer, *wrong[place:])


def _edges(dossier: Dossier, nodes: Iterable[str], options: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Yield what the options take from the tree: node and siblings under one parent, and nodes that are apart."""
    wanted = {normal_form(option) for option in options}
    for node in nodes:
        placed = dossier.nodes[node]
        siblings = [key for key, name in placed.siblings if normal_form(name) in wanted]
        if siblings and placed.path:
            yield {"child": node, "parent": placed.path[-1], "siblings": siblings}
        apart = [one.key for one in placed.others if one.key not in siblings and wanted & _forms(one)]
        if apart:
            yield {"child": node, "apart": apart}


def _forms(node: Node) -> set[str]:
    return {normal_form(name) for name in (node.name, *node.synonyms)}
