"""Captions in which every sentence rests on a passage: its own text, a citing passage, or the definition of the
node."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from met.anchor.context import Context
from met.anchor.focus import focus_of
from met.anchor.passages import passages_of
from met.harvest.jats.citations import plain_citations
from met.keys import content_key
from met.llm.prompts import as_data, load_prompt, panel_ask
from met.llm.reading import parse_reply
from met.rights import allows, made_licence
from met.synth.facts import definition_span, licence_of, why_unseen
from met.tree.names import normal_form, tokens
from met.types import Ask, Caption, Dossier, Drop, Mention, Node, Reply, Span

STEP = "caption"
PROMPT = load_prompt("met.synth", "caption")
MAX_TOKENS = 900
MAX_SENTENCES = 8
MAX_CHARS = 600
# So many sentences of its own text, and of passages that cite it, the extractive caption takes.
OWN = 5
CITING = 2

Source: TypeAlias = Literal["subcaption", "mention", "definition"]
# Words of grammar that a shortened sentence may need.
_GRAMMAR = "this that image shows shown seen with from within into there which these those also have been were"
_FILLERS = frozenset(_GRAMMAR.split())
_CITATION = re.compile(r"\s*[(\[][^()\[\]]*\bfigs?(?:ures?)?\b[^()\[\]]*[)\]]\s*\.?$", re.IGNORECASE)
_REFERS = re.compile(r"\b(?:figs?\.|figures?)\s*\d", re.IGNORECASE)
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


class Sentence(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: str = Field(min_length=1, max_length=MAX_CHARS + 1)
    source: Source
    quote: str = Field(min_length=1, max_length=2 * MAX_CHARS)


class Written(BaseModel):
    """The reply of the step."""

    model_config = ConfigDict(extra="forbid")

    sentences: list[Sentence] = Field(max_length=MAX_SENTENCES)


def ask(dossier: Dossier, image: bytes) -> Ask:
    """Return the question to the engine; `image` is what a model sees of the panel."""
    node = _node(dossier)
    content = PROMPT.fill(
        caption=as_data("caption", dossier.checkable[:3_000]),
        passages=as_data("passages", "\n".join(_text(*seen) for seen in dossier.visible)[:2_000]),
        knowledge=as_data("definition", (node.definition if node else None) or "none"),
    )
    return panel_ask(dossier, image, step=STEP, content=content, reply=Written, max_tokens=MAX_TOKENS)


def read(dossier: Dossier, reply: Reply) -> tuple[Caption, ...] | Drop:
    """Return the caption that the reply gives, every sentence with its support, or a Drop.

    A work that allows no derivative keeps its own caption, verbatim (kind `original`), as whole figure alone. Reasons
    of Drops besides those of the reply: `licence_incompatible`, `no_caption` (nothing that can be said), `ungrounded`
    (a quote that its source does not hold, or that no image shows, or a sentence that says more or other than its
    quote: a number, a name or a side, a denial, a doubt; the detail names each).
    """
    if not _may_derive(dossier):
        return _original(dossier, reply)
    licence = licence_of(dossier)
    if isinstance(licence, Drop):
        return licence
    written = parse_reply(reply, Written)
    if isinstance(written, Drop):
        return written
    sentences = [
        sentence for sentence in written.sentences if sentence.source != "definition" or _knowledge_licence(dossier)
    ]
    if not sentences:
        return Drop(item=dossier.panel.key, reason="no_caption")
    supports = [_support(dossier, number, sentence) for number, sentence in enumerate(sentences)]
    faults = [support["fault"] for support in supports if "fault" in support]
    if faults:
        return Drop(item=dossier.panel.key, reason="ungrounded", detail={"faults": faults})
    knows = any(sentence.source == "definition" for sentence in sentences)
    return (
        _caption(
            dossier,
            reply,
            kind="grounded",
            text=" ".join(sentence.text for sentence in sentences),
            supports=supports,
            licence=(_knowledge_licence(dossier) or licence) if knows else licence,
        ),
    )


def rules(dossier: Dossier) -> dict[str, Any]:
    """Return the extractive caption: sentences of the subcaption that can be checked in the image, sentences of citing
    passages that are tagged visible, and one from the node's definition.

    Sentences are verbatim, cut before a closing citation "(Fig. 2)". Laboratory values and sentences that send the
    reader to another place ("Figure 2 ...") stay out. Of one panel among several a passage speaks where it cites its
    letter; what it says of the others, or of all patients, is nothing that this panel shows. The definition is
    introduced by the node's name, so that it reads as knowledge, and stands where the sentences use that name.
    """
    own = [
        _sentence("subcaption", quote, quote)
        for passage in passages_of(dossier)
        if passage.field == "subcaption" and why_unseen(dossier, *passage.span) is None
        if (quote := _quote(passage.sentence))
    ]
    citing = [
        _sentence("mention", quote, quote)
        for seen in dossier.visible
        if _is_of_panel(dossier, _text(*seen)) and (quote := _quote(_text(*seen)))
    ]
    said = [*own[:OWN], *citing[:CITING]]
    unique = {normal_form(sentence["text"]): sentence for sentence in reversed(said)}
    sentences = [sentence for sentence in said if unique[normal_form(sentence["text"])] is sentence]
    return {"sentences": [*sentences, *_knowledge(dossier, sentences)] if sentences else []}


def _quote(sentence: str) -> str | None:
    """Return the part of the sentence that can stand in a caption, None where none can."""
    quote = _CITATION.sub("", sentence).rstrip()
    context = Context(quote)
    if not 2 < len(quote) <= MAX_CHARS or context.is_laboratory or _REFERS.search(quote):
        return None
    return quote


def _is_of_panel(dossier: Dossier, sentence: str) -> bool:
    """Say whether a sentence that cites the figure may stand below the panel."""
    letter = dossier.panel.letter
    return letter is None or any(
        letter.casefold() in one.letters for _, group in plain_citations(sentence) for one in group
    )


def _text(mention: Mention, span: Span) -> str:
    return mention.text[slice(*span)]


def _sentence(source: Source, quote: str, text: str) -> dict[str, str]:
    return {"text": text if text[-1] in ".!?" else f"{text}.", "source": source, "quote": quote}


def _knowledge(dossier: Dossier, said: Sequence[Mapping[str, str]]) -> Iterator[dict[str, str]]:
    node = _node(dossier)
    span = definition_span(node) if node else None
    if node is None or span is None or _knowledge_licence(dossier) is None:
        return
    words = {word for sentence in said for word in tokens(sentence["text"])}
    if not words.issuperset(tokens(node.name)):
        return
    quote = (node.definition or "")[slice(*span)]
    text = f"{node.name[0].upper()}{node.name[1:]}: {quote}"
    if len(text) <= MAX_CHARS:
        yield _sentence("definition", quote, text)


def _node(dossier: Dossier) -> Node | None:
    focus = focus_of(dossier)
    return dossier.nodes[focus.node].node if focus else None


def _may_derive(dossier: Dossier) -> bool:
    return allows(dossier.figure.licence, "derivative") and allows(dossier.article.licence, "derivative")


def _knowledge_licence(dossier: Dossier) -> str | None:
    """Return the licence of a caption that holds the node's definition, None where it may not."""
    licence, node = licence_of(dossier), _node(dossier)
    return None if isinstance(licence, Drop) or node is None else made_licence(licence, node.licence)


# ---------------------------------------------------------------- support


def _support(dossier: Dossier, number: int, sentence: Sentence) -> dict[str, Any]:
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
    elif node := _node(dossier):
        definition = node.definition or ""
        yield node.key, definition, (0, len(definition))


def _fault(dossier: Dossier, sentence: Sentence) -> str | None:
    """Say what the sentence states beyond its quote; None where it states nothing else.

    Beside the quote, only the node's own name may stand in a sentence of knowledge.
    """
    node = _node(dossier)
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


# ---------------------------------------------------------------- rows


def _original(dossier: Dossier, reply: Reply) -> tuple[Caption, ...] | Drop:
    text = dossier.figure.caption
    whole = dossier.panel.box == (0, 0, dossier.image.width, dossier.image.height)
    if not whole or not text.strip():
        detail = {"image": dossier.figure.licence, "text": dossier.article.licence, "whole": whole}
        return Drop(item=dossier.panel.key, reason="licence_incompatible", detail=detail)
    support = {
        "sentence": 0,
        "field": "caption",
        "of": dossier.figure.key,
        "start_char": 0,
        "end_char": len(text),
        "claim": "text",
    }
    return (_caption(dossier, reply, kind="original", text=text, supports=[support], licence=dossier.article.licence),)


def _caption(
    dossier: Dossier, reply: Reply, *, kind: str, text: str, supports: list[dict[str, Any]], licence: str
) -> Caption:
    return Caption(
        key=content_key("caption", dossier.panel.key, kind),
        panel=dossier.panel.key,
        kind=kind,
        text=text,
        supports=tuple(supports),
        nodes=_nodes(dossier, supports),
        licence=licence,
        engine=reply.engine,
        model=reply.model,
    )


def _nodes(dossier: Dossier, supports: list[dict[str, Any]]) -> tuple[str, ...]:
    """Return the nodes that the caption speaks of: anchored within a support, or defined; sorted."""
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
