"""Reading: a model names the entities of many sentences in one request; only what stands there word for word counts.

A model step: `ask` packs the sentences, `read` finds every returned mention at its offsets or drops it with a reason.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, get_args

from pydantic import BaseModel, ConfigDict, Field

from met.keys import content_key
from met.llm.prompts import as_data, load_prompt
from met.llm.reading import parse_reply, schema_of
from met.tree.assertion import assertions_of
from met.tree.roots import FACET_ROOTS
from met.types import Ask, Assertion, Drop, Facet, Reply, Span

STEP: Final = "read"
PROMPT: Final = load_prompt("met.tree", "read")
MAX_TOKENS: Final = 1000
# So many sentences, and so many characters of them, stand in one request.
PACK_LINES: Final = 16
PACK_CHARS: Final = 2400
MAX_MENTIONS: Final = 40
MENTION_CHARS: Final = 120

# So many sentences a model reads for a tree unless the user says otherwise: a few minutes of one server.
LLM_SENTENCES: Final = 2000

ASSERTIONS: Final[tuple[Assertion, ...]] = get_args(Assertion)
FACETS: Final[tuple[Facet, ...]] = tuple(root.facet for root in FACET_ROOTS)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Line:
    """A sentence to read: `text` stands at `span` of the document."""

    document: str
    span: Span
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """The sentences of one request, numbered from 1. `terms` are (index of the line, name, facet) that texts show."""

    key: str
    lines: tuple[Line, ...]
    terms: tuple[tuple[int, str, Facet], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class ReadMention:
    """A name that stands at `span` of the document, with the facet and the assertion that the engine gave it."""

    document: str
    span: Span
    surface: str
    facet: Facet
    assertion: Assertion


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """An engine for the tree: `identity` is all that changes its answers, `lines` how many sentences it reads at most.

    `answer` yields one reply for each ask, in any order.
    """

    identity: Mapping[str, Any]
    lines: int
    answer: Callable[[Iterable[Ask]], Iterator[Reply]]


class Said(BaseModel):
    """One mention of a reply. What the schema bounds is checked here mention by mention, so that one is lost alone."""

    model_config = ConfigDict(extra="forbid")

    sentence: Annotated[int, Field(json_schema_extra={"minimum": 1, "maximum": PACK_LINES})]
    text: Annotated[str, Field(json_schema_extra={"maxLength": MENTION_CHARS})]
    facet: Annotated[str, Field(json_schema_extra={"enum": list(FACETS)})]
    assertion: Annotated[str, Field(json_schema_extra={"enum": list(ASSERTIONS)})]


class Answer(BaseModel):
    """The reply of the step."""

    model_config = ConfigDict(extra="forbid")

    mentions: Annotated[tuple[Said, ...], Field(json_schema_extra={"maxItems": MAX_MENTIONS})]


def pack_of(lines: Sequence[Line], terms: Iterable[tuple[int, str, Facet]] = ()) -> Pack:
    """Return the pack of these lines; its key is that of the places it reads."""
    key = content_key("pack", [[line.document, *line.span] for line in lines])
    return Pack(key=key, lines=tuple(lines), terms=tuple(terms))


def ask(pack: Pack) -> Ask:
    """Return the request for the entities that the lines of the pack name."""
    numbered = "\n".join(f"{number}. {line.text}" for number, line in enumerate(pack.lines, 1))
    content = PROMPT.fill(
        facets="\n".join(f"- {root.facet}: {root.definition}" for root in FACET_ROOTS),
        sentences=as_data("sentences", numbered),
    )
    return Ask(
        step=STEP,
        item=pack.key,
        subject=pack,
        messages=({"role": "user", "content": content},),
        images=(),
        schema=schema_of(Answer),
        max_tokens=MAX_TOKENS,
        data_class="open",
    )


def rules(pack: Pack) -> dict[str, Any]:
    """Return the reply of the engine without a model: the terms that texts themselves show, each where it stands."""
    found = []
    for at, name, facet in pack.terms:
        start = pack.lines[at].text.find(name)
        assertion = assertions_of(pack.lines[at].text).of((start, start + len(name)))
        found.append({"sentence": at + 1, "text": name, "facet": facet, "assertion": assertion})
    return {"mentions": found}


def read(pack: Pack, reply: Reply) -> tuple[tuple[ReadMention, ...], tuple[Drop, ...]]:
    """Return the mentions of the reply, sorted by place, and a Drop for each part of it that cannot be used.

    A mention is found at the first occurrence between word boundaries that no longer or earlier one has taken. What is
    said of a place twice in the same words is one mention. Reasons for one mention: `no_such_sentence`, `bad_facet`,
    `bad_assertion`, `empty_mention`, `not_in_text`, `already_claimed` (all its places belong to other mentions). For
    the whole reply: `refused`, `unparseable`, `invalid`.
    """
    answer = parse_reply(reply, Answer)
    if isinstance(answer, Drop):
        return (), (answer,)
    found: list[ReadMention] = []
    drops: list[Drop] = []
    # The longest names first: what is said does not depend on the order in which it is said.
    for said in sorted(answer.mentions, key=_order):
        taken = _placed(pack, said, found)
        if isinstance(taken, ReadMention):
            found.append(taken)
        elif taken is not None:
            drops.append(Drop(item=_shown(said.text), reason=taken, detail=_detail(pack, said)))
    return tuple(sorted(found)), tuple(drops)


def _order(said: Said) -> tuple[int, int, str, str, str]:
    return said.sentence, -len(said.text), said.text, said.facet, said.assertion


def _placed(pack: Pack, said: Said, found: Sequence[ReadMention]) -> ReadMention | str | None:
    """Return the mention, the reason why it is none, or None where it only repeats another."""
    if not 1 <= said.sentence <= len(pack.lines):
        return "no_such_sentence"
    facet = next((facet for facet in FACETS if facet == said.facet), None)
    if facet is None:
        return "bad_facet"
    assertion = next((assertion for assertion in ASSERTIONS if assertion == said.assertion), None)
    if assertion is None:
        return "bad_assertion"
    name = said.text.strip()
    if not any(letter.isalpha() for letter in name):
        return "empty_mention"
    line = pack.lines[said.sentence - 1]
    places = [(line.span[0] + start, line.span[0] + start + len(name)) for start in occurrences(line.text, name)]
    if not places:
        return "not_in_text"
    for span in places:
        if not any(_meet(mention, line.document, span) for mention in found):
            return ReadMention(document=line.document, span=span, surface=name, facet=facet, assertion=assertion)
    same = (line.document, name, facet)
    repeated = (
        (mention.document, mention.surface, mention.facet) == same and mention.span in places for mention in found
    )
    return None if any(repeated) else "already_claimed"


def _meet(mention: ReadMention, document: str, span: Span) -> bool:
    return mention.document == document and mention.span[0] < span[1] and span[0] < mention.span[1]


def occurrences(text: str, name: str) -> Iterator[int]:
    """Yield where `name` stands in `text` letter for letter, not inside a word.

    >>> list(occurrences("A cyst, a cystic cyst.", "cyst"))
    [2, 17]
    """
    start = text.find(name)
    while start >= 0:
        before, after = text[:start][-1:], text[start + len(name) :][:1]
        if not ((before.isalnum() and name[0].isalnum()) or (after.isalnum() and name[-1].isalnum())):
            yield start
        start = text.find(name, start + 1)


def _shown(text: str) -> str:
    return text.strip()[:MENTION_CHARS] or "(empty)"


def _detail(pack: Pack, said: Said) -> dict[str, Any]:
    detail: dict[str, Any] = {"pack": pack.key, "sentence": said.sentence, "facet": said.facet[:MENTION_CHARS]}
    if 1 <= said.sentence <= len(pack.lines):
        line = pack.lines[said.sentence - 1]
        detail |= {"document": line.document, "start_char": line.span[0], "line": line.text}
    return detail
