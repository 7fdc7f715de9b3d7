"""Choosing: a model says under which of its best candidate parents a new concept stands.

A model step: `ask` lists the candidates of the scorer with their definitions, `read` takes one of them or none. A
choice puts a candidate before the others of its concept; the arborescence still decides, so the tree stays a tree.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field

from met.llm.prompts import as_data, load_prompt
from met.llm.reading import parse_reply, schema_of
from met.tree.attach import Prefer
from met.tree.attach.ground import Entity, Ground
from met.tree.attach.places import SURE_AT, Weighed
from met.tree.novel import Novel
from met.tree.reading import Reader
from met.types import Ask, Drop, Reply

STEP: Final = "choose"
PROMPT: Final = load_prompt("met.tree", "choose")
MAX_TOKENS: Final = 20
OPTIONS: Final = 5
# Where the scorer is as sure as this, nobody is asked.
SURE: Final = 0.9
_TEXT_CHARS: Final = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """A concept, a sentence that names it, and its candidates by key, numbered from 1; `best` is that of the scorer."""

    concept: Entity
    sentence: str
    options: tuple[Entity, ...]
    best: str


class Answer(BaseModel):
    """The reply of the step."""

    model_config = ConfigDict(extra="forbid")

    parent: Annotated[int, Field(ge=0, le=OPTIONS)]


def ask(crossing: Crossing) -> Ask:
    """Return the question under which candidate the concept stands."""
    options = (f"{number}. {_told(option)}" for number, option in enumerate(crossing.options, 1))
    content = PROMPT.fill(
        concept=as_data("concept", _told(crossing.concept)),
        sentence=as_data("sentence", _line(crossing.sentence) or "none"),
        options=as_data("options", "\n".join(options)),
    )
    return Ask(
        step=STEP,
        item=crossing.concept.key,
        subject=crossing,
        messages=({"role": "user", "content": content},),
        images=(),
        schema=schema_of(Answer),
        max_tokens=MAX_TOKENS,
        data_class="open",
    )


def rules(crossing: Crossing) -> dict[str, Any]:
    """Return the reply of the engine without a model: the candidate that the scorer puts first."""
    return {"parent": [option.key for option in crossing.options].index(crossing.best) + 1}


def read(crossing: Crossing, reply: Reply) -> str | Drop | None:
    """Return the key of the chosen candidate, None for none of them, or a Drop.

    Reasons: `no_such_option`, and those of a reply that cannot be read.
    """
    answer = parse_reply(reply, Answer)
    if isinstance(answer, Drop):
        return answer
    if answer.parent > len(crossing.options):
        return Drop(item=reply.item, reason="no_such_option", detail={"step": STEP, "parent": answer.parent})
    return crossing.options[answer.parent - 1].key if answer.parent else None


class Chooser:
    """Puts the candidate first that the reader chose among the best five of a concept, and counts what was asked.

    `parents` maps concepts to what was chosen for them, `drops` are replies that could not be used.
    """

    def __init__(self, reader: Reader, novel: Iterable[Novel]) -> None:
        self.parents: dict[str, str] = {}
        self.drops: list[Drop] = []
        self.name = f"{reader.identity['engine']}:{reader.identity['model']}"
        self._reader = reader
        self._sentences = {each.node.key: each.evidence[0].sentence for each in novel if each.evidence}
        self._replies: list[Reply] = []

    def on(self, ground: Ground) -> Prefer:
        """Return what orders the candidates on this ground. The chosen one takes the score of the first.

        Nobody is asked where there is one candidate only or the scorer is sure.

        When it is called it raises ModelUnavailable where the engine cannot go on.
        """

        def prefer(concepts: Sequence[Entity], weighed: Sequence[Weighed]) -> list[Weighed]:
            crossings = {
                concept.key: _crossing(ground, concept, found, self._sentences.get(concept.key, ""))
                for concept, found in zip(concepts, weighed, strict=True)
                if len(found.parents) > 1 and found.scores[0] < SURE
            }
            self._ask(crossings)
            return [
                _put_first(found, self.parents.get(concept.key))
                for concept, found in zip(concepts, weighed, strict=True)
            ]

        return prefer

    def counts(self) -> dict[str, int]:
        """Return what was asked and what it cost, for the report."""
        return {
            "asked": len(self._replies),
            "chosen": len(self.parents),
            "drops": len(self.drops),
            "tokens_in": sum(reply.tokens_in for reply in self._replies),
            "tokens_out": sum(reply.tokens_out for reply in self._replies),
        }

    def _ask(self, crossings: Mapping[str, Crossing]) -> None:
        for reply in sorted(self._reader.answer(map(ask, crossings.values())), key=lambda reply: reply.item):
            self._replies.append(reply)
            taken = read(crossings[reply.item], reply)
            if isinstance(taken, Drop):
                self.drops.append(taken)
            elif taken is not None:
                self.parents[reply.item] = taken


def _crossing(ground: Ground, concept: Entity, found: Weighed, sentence: str) -> Crossing:
    options = sorted(found.parents[:OPTIONS])
    return Crossing(
        concept=concept,
        sentence=sentence,
        # By key: the place in the list must not say what the scorer thinks.
        options=tuple(ground.entities[ground.place[key]] for key in options),
        best=found.parents[0],
    )


def _put_first(found: Weighed, parent: str | None) -> Weighed:
    if parent is None:
        return found
    at = found.parents.index(parent)
    others = [pair for place, pair in enumerate(found.best(len(found.parents))) if place != at]
    # What was chosen is at least as likely as what the scorer found best, and likely enough to stand.
    score = max(found.scores[0], SURE_AT)
    return replace(
        found, parents=(parent, *(key for key, _ in others)), scores=(score, *(value for _, value in others))
    )


def _told(entity: Entity) -> str:
    definition = _line(entity.definition or "")
    return f"{entity.names[0]}: {definition}" if definition else entity.names[0]


def _line(text: str) -> str:
    return " ".join(text.split())[:_TEXT_CHARS]
