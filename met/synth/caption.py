"""Captions in which every sentence rests on a passage: its own text, a citing passage, or the definition of the
node."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from met.anchor.context import Context
from met.anchor.focus import focus_of
from met.anchor.passages import passages_of
from met.harvest.jats.citations import plain_citations
from met.keys import content_key
from met.llm.prompts import as_data, load_prompt, panel_ask
from met.llm.reading import parse_reply
from met.rights import allows
from met.synth.facts import definition_span, focus_node, knowledge_licence, licence_of, why_unseen
from met.synth.grounding import MAX_CHARS, Sentence, Source, nodes_within, support_of
from met.synth.sentences import is_fragment, is_general, lists_places, points_back, tells, without_tail
from met.synth.settled import is_other_sight, names_itself
from met.tree.names import normal_form
from met.types import Ask, Caption, Dossier, Drop, Mention, Reply, Span

STEP = "caption"
PROMPT = load_prompt("met.synth", "caption")
MAX_TOKENS = 900
MAX_SENTENCES = 8
# So many sentences of its own text, and of passages that cite it, the extractive caption takes.
OWN = 5
CITING = 2

# Why a sentence is left out that says nothing of what is shown.
_NO_LOSS = ("credit", "method")
_CITATION = re.compile(r"\s*[(\[][^()\[\]]*\bfigs?(?:ures?)?\b[^()\[\]]*[)\]]\s*\.?$", re.IGNORECASE)
_REFERS = re.compile(r"\b(?:figs?\.|figures?)\s*\d", re.IGNORECASE)


class Written(BaseModel):
    """The reply of the step."""

    model_config = ConfigDict(extra="forbid")

    sentences: list[Sentence] = Field(max_length=MAX_SENTENCES)


def ask(dossier: Dossier, image: bytes) -> Ask:
    """Return the question to the engine; `image` is what a model sees of the panel."""
    node = focus_node(dossier)
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
    supports = [support_of(dossier, number, sentence) for number, sentence in enumerate(sentences)]
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
    letter; what it says of the others, or of all patients, is nothing that this panel shows. Nor is what may be so
    elsewhere, and a sentence that only the one before it explains stands behind that one or not at all. The definition
    is introduced by the node's name, so that it reads as knowledge, and stands where the sentences use that name, word
    for word, for the node itself. Where nothing of what is said of this panel can stay, there is no caption: a heading
    alone says less than the text as it was.
    """
    own, citing = list(_own(dossier)), list(_citing(dossier))
    if not citing and _is_only_heading(dossier, [sentence["quote"] for sentence in own]):
        return {"sentences": []}
    said = [*own[:OWN], *citing[:CITING]]
    unique = {normal_form(sentence["text"]): sentence for sentence in reversed(said)}
    sentences = [sentence for sentence in said if unique[normal_form(sentence["text"])] is sentence]
    return {"sentences": [*sentences, *_knowledge(dossier, sentences)] if sentences else []}


def _own(dossier: Dossier) -> Iterator[dict[str, str]]:
    """Yield the sentences of the subcaption that can be checked, but for those that say nothing alone."""
    first, follows = True, False
    for passage in passages_of(dossier):
        if passage.field != "subcaption":
            continue
        quote = _quote(passage.sentence) if why_unseen(dossier, *passage.span) is None else None
        if quote is not None and dossier.panel.is_cut and lists_places(quote):
            continue
        follows = quote is not None and (follows or not points_back(quote)) and (first or not is_fragment(quote))
        if quote is not None and follows:
            first = False
            yield _sentence("subcaption", quote, quote)


def _is_only_heading(dossier: Dossier, quotes: Sequence[str]) -> bool:
    """Say whether all `quotes` stand in what heads the subcaption, and what is said behind it of the panel is lost.

    The title heads it, and what the caption says of all its panels, where that tells nothing that is shown but the kind
    of image. How an image was made and who made it is no loss.
    """
    title = len(dossier.figure.title or "") if dossier.subcaption.startswith(dossier.figure.title or "") else 0
    heads = max(title, _shared(dossier, title))
    if not heads or any(quote not in dossier.subcaption[:heads] for quote in quotes):
        return False
    behind = [passage.span for passage in passages_of(dossier) if passage.field == "subcaption"]
    whys = [why_unseen(dossier, *span) for span in behind if span[0] >= heads]
    return any(why not in (None, *_NO_LOSS) for why in whys)


def _shared(dossier: Dossier, title: int) -> int:
    """Return where what is said of all panels ends in the subcaption, 0 where that itself tells what is shown."""
    spans = dossier.panel.spans
    if dossier.panel.letter is None or len(spans) < 2 or spans[0][0] > 0:
        return 0
    shows = any(
        (anchor.field, anchor.role, anchor.polarity) == ("subcaption", "depicted", "affirmed")
        and anchor.start_char is not None
        and title <= anchor.start_char < spans[0][1]
        and dossier.nodes[anchor.node].node.facet != "modality"
        for anchor in dossier.anchors
    )
    return 0 if shows else spans[0][1]


def _citing(dossier: Dossier) -> Iterator[dict[str, str]]:
    """Yield the sentences of citing passages that say of this panel what is visible, and not what may be elsewhere."""
    end: tuple[str, int] | None = None
    for mention, span in dossier.visible:
        sentence = _text(mention, span)
        follows = end is not None and end[0] == mention.key and 0 <= span[0] - end[1] <= 1
        quote = _quote(sentence) if _is_of_panel(dossier, sentence) and not is_general(sentence) else None
        if quote is not None and (follows or not points_back(quote)):
            end = (mention.key, span[1])
            yield _sentence("mention", quote, quote)


def _quote(sentence: str) -> str | None:
    """Return the part of the sentence that can stand in a caption, None where none can."""
    quote = without_tail(_CITATION.sub("", sentence).rstrip())
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
    focus, node = focus_of(dossier), focus_node(dossier)
    span = definition_span(node) if node else None
    if focus is None or node is None or span is None or _knowledge_licence(dossier) is None:
        return
    quote = (node.definition or "")[slice(*span)]
    if is_other_sight(dossier, node.key) or not tells(node, quote):
        return
    if not any(names_itself(node, sentence["text"], focus.surface) for sentence in said):
        return
    text = f"{node.name[0].upper()}{node.name[1:]}: {quote}"
    if len(text) <= MAX_CHARS:
        yield _sentence("definition", quote, text)


def _may_derive(dossier: Dossier) -> bool:
    return allows(dossier.figure.licence, "derivative") and allows(dossier.article.licence, "derivative")


def _knowledge_licence(dossier: Dossier) -> str | None:
    """Return the licence of a caption that holds the node's definition, None where it may not."""
    node = focus_node(dossier)
    return None if node is None else knowledge_licence(dossier, node)


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
        nodes=nodes_within(dossier, supports),
        licence=licence,
        engine=reply.engine,
        model=reply.model,
    )
