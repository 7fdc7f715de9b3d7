"""What sentences of a caption rest on: where a quote stands, what is said beyond it, which nodes are spoken of."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from met.anchor.context import Context
from met.synth.facts import focus_node, why_unseen
from met.tree.names import tokens
from met.types import Dossier, Span

MAX_CHARS: Final = 600
Source: TypeAlias = Literal["subcaption", "mention", "definition"]
# Words of grammar that a shortened sentence may need.
_GRAMMAR: Final = "this that image shows shown seen with from within into there which these those also have been were"
_FILLERS: Final = frozenset(_GRAMMAR.split())
_NUMBER: Final = re.compile(r"\d+(?:[.,]\d+)*")


# A sentence that an engine wrote, the kind of text that it rests on, and what it quotes of that.
class Sentence(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: str = Field(min_length=1, max_length=MAX_CHARS + 1)
    source: Source
    quote: str = Field(min_length=1, max_length=2 * MAX_CHARS)


def support_of(dossier: Dossier, number: int, sentence: Sentence) -> dict[str, Any]:
    """Return where the sentence's quote stands, or its `fault`."""
    why = f"the quote is not in the {sentence.source}"
    for key, start in _places(dossier, sentence):
        end = start + len(sentence.quote)
        if sentence.source == "subcaption" and (unseen := why_unseen(dossier, start, end)):
            why = f"the quote tells of {unseen}, which no image shows"
            continue
        if fault := _fault(dossier, sentence):
            return {"fault": {"sentence": number, "why": fault}}
        return {
            "sentence": number,
            "field": sentence.source,
            "of": key,
            "start_char": start,
            "end_char": end,
            "claim": "knowledge" if sentence.source == "definition" else "text",
        }
    return {"fault": {"sentence": number, "why": why}}


def _places(dossier: Dossier, sentence: Sentence) -> Iterator[tuple[str, int]]:
    """Yield every place where the quote stands: the key of the text, and where in it the quote begins."""
    for key, text, (first, last) in _sources(dossier, sentence.source):
        start = text.find(sentence.quote, first, last)
        while start >= 0:
            yield key, start
            start = text.find(sentence.quote, start + 1, last)


def _sources(dossier: Dossier, source: Source) -> Iterator[tuple[str, str, Span]]:
    """Yield the texts that a quote may come from, each with its key and the stretch that counts."""
    if source == "subcaption":
        yield dossier.panel.key, dossier.subcaption, (0, len(dossier.subcaption))
    elif source == "mention":
        yield from ((mention.key, mention.text, span) for mention, span in dossier.visible)
    elif node := focus_node(dossier):
        definition = node.definition or ""
        yield node.key, definition, (0, len(definition))


def _fault(dossier: Dossier, sentence: Sentence) -> str | None:
    """Say what the sentence states beyond its quote; None where it states nothing else.

    Beside the quote, only the node's own name may stand in a sentence of knowledge.
    """
    node = focus_node(dossier)
    allowed = sentence.quote + (f" {node.name}" if node and sentence.source == "definition" else "")
    if set(_NUMBER.findall(sentence.text)) - set(_NUMBER.findall(allowed)):
        return "a number that the quote does not have"
    if _stance(sentence.text) != _stance(sentence.quote):
        return "a denial or a doubt that differs from the quote's"
    if {word for word in tokens(sentence.text) if len(word) > 3} - set(tokens(allowed)) - _FILLERS:
        return "a word that the quote does not have"
    return None


def _stance(text: str) -> Mapping[str, int]:
    kinds = [cue.kind for cue in Context(text).cues]
    return {kind: kinds.count(kind) for kind in ("absent", "absent_after", "maybe", "maybe_after")}


def nodes_within(dossier: Dossier, supports: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Return the nodes that sentences with these supports speak of: anchored within one, or defined; sorted."""
    named = set()
    for support in supports:
        if support["field"] == "definition":
            named.add(support["of"])
        named |= {
            anchor.node
            for anchor in dossier.anchors
            if anchor.field == support["field"]
            and anchor.start_char is not None
            and anchor.end_char is not None
            and support["start_char"] <= anchor.start_char
            and anchor.end_char <= support["end_char"]
            and _slice(dossier, support, anchor.start_char, anchor.end_char) == anchor.surface
        }
    return tuple(sorted(named))


def _slice(dossier: Dossier, support: Mapping[str, Any], start: int, end: int) -> str:
    texts = {dossier.panel.key: dossier.subcaption, dossier.figure.key: dossier.figure.caption}
    texts |= {mention.key: mention.text for mention in dossier.mentions}
    return texts.get(support["of"], "")[start:end]
