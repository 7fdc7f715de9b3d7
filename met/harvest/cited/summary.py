"""The passages that cite a figure, condensed to what concerns one panel: sentences by offset, each with what it can
support.

No engine writes a word here. It names sentences by number, so whatever it answers is verbatim by construction.
"""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from met.harvest.cited import LIMIT, MOST, Said, condensed, said_of, tag_of
from met.keys import content_key
from met.llm.prompts import as_data, load_prompt, panel_ask
from met.llm.reading import parse_reply
from met.types import Ask, CitedSentence, Dossier, Drop, Reply, Tag

STEP = "summary"
PROMPT = load_prompt("met.harvest", "summary")
MAX_TOKENS = 300
MAX_SENTENCES = sum(MOST.values())
SENTENCE_CHARS = 600


class Chosen(BaseModel):
    model_config = ConfigDict(extra="forbid")

    number: int = Field(ge=1, le=LIMIT)
    tag: Tag


class Summary(BaseModel):
    """The reply of the step."""

    model_config = ConfigDict(extra="forbid")

    sentences: list[Chosen] = Field(max_length=MAX_SENTENCES)


def ask(dossier: Dossier, image: bytes) -> Ask:
    """Return the question to the engine; `image` is what a model sees of the panel."""
    said = sentences_about(dossier)
    listed = "\n".join(f"{number}. {one.text[:SENTENCE_CHARS]}" for number, one in enumerate(said, 1))
    figure = f"{dossier.figure.label or 'figure'}, panel {dossier.panel.letter or 'whole'}"
    content = PROMPT.fill(
        figure=as_data("figure", figure),
        caption=as_data("caption", dossier.subcaption[:3_000]),
        sentences=as_data("sentences", listed),
    )
    return panel_ask(dossier, image, step=STEP, content=content, reply=Summary, max_tokens=MAX_TOKENS)


def read(dossier: Dossier, reply: Reply) -> tuple[CitedSentence, ...] | Drop:
    """Return the sentences that the reply names, in reading order, or a Drop.

    A sentence that speaks of tests, treatment, course or counts is never `visible`, whoever says so: its tag becomes
    `outcome`. Reasons of Drops besides those of the reply: `no_such_sentence` (a number that was not listed, or one
    that is named twice).
    """
    said = sentences_about(dossier)
    summary = parse_reply(reply, Summary)
    if isinstance(summary, Drop):
        return summary
    numbers = [chosen.number for chosen in summary.sentences]
    wrong = sorted({number for number in numbers if number > len(said) or numbers.count(number) > 1})
    if wrong:
        return Drop(item=dossier.panel.key, reason="no_such_sentence", detail={"numbers": wrong, "listed": len(said)})
    return tuple(
        _row(dossier, said[chosen.number - 1], chosen.tag, reply)
        for chosen in sorted(summary.sentences, key=lambda chosen: chosen.number)
    )


def rules(dossier: Dossier) -> dict[str, Any]:
    """Return the extractive summary: the sentences that cite the figure, their neighbours, and what is visible near
    them."""
    said = sentences_about(dossier)
    return {"sentences": [{"number": said.index(one) + 1, "tag": one.tag} for one in condensed(said)]}


def sentences_about(dossier: Dossier) -> tuple[Said, ...]:
    """Return the sentences of the mentions that may speak of the panel; a reply counts them from 1."""
    return said_of(
        dossier.mentions,
        label=dossier.figure.label,
        letter=dossier.panel.letter,
        modality=_modality(dossier),
    )


def _modality(dossier: Dossier) -> str | None:
    return dossier.modality.label if dossier.modality else None


def _row(dossier: Dossier, said: Said, tag: Tag, reply: Reply) -> CitedSentence:
    unseen = tag == "visible" and tag_of(said.text, modality=_modality(dossier), cites=said.distance == 0) == "outcome"
    return CitedSentence(
        key=content_key("cited_sentence", dossier.panel.key, said.mention, *said.span),
        panel=dossier.panel.key,
        mention=said.mention,
        start_char=said.span[0],
        end_char=said.span[1],
        tag="outcome" if unseen else tag,
        engine=reply.engine,
        model=reply.model,
    )
