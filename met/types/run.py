"""Values of a run: Drops, what is asked and answered, work and sources, and a panel with all that belongs to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from met.types.harvest import Article, Figure, Image, Mention, Modality, Panel, PrivacyCheck
from met.types.made import Anchor, Caption, CitedSentence, Question, Region, Verdict
from met.types.review import Review
from met.types.tree import Node
from met.types.words import DataClass, EngineName, Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop:
    """A "no" about one item. `item` is what was refused; its stage and work item are added where it is stored."""

    item: str
    reason: str
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A question to an engine: `messages` in the chat format, images as bytes, the JSON schema of the reply.

    `subject` is the value that the engine `rules` answers from. `item` says whose work it is; `data_class` is checked
    against the endpoint before anything is sent.
    """

    step: str
    item: str
    subject: Any
    messages: tuple[Mapping[str, Any], ...]
    images: tuple[bytes, ...]
    schema: Mapping[str, Any]
    max_tokens: int
    data_class: DataClass


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What an engine answered: `text` is meant to be JSON of the ask's schema. `refusal` says why there is no text.

    `usd` is what the tokens cost now: one that is remembered was paid for when it came.
    """

    item: str
    step: str
    text: str
    refusal: str | None
    engine: EngineName
    model: str
    tokens_in: int
    tokens_out: int
    seconds: float
    usd: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkItem:
    """One item of a stage's work list, leased. `said` are the keys of the reviews that its input names."""

    item: str
    input: str
    version: str
    said: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """All that a stage made of one work item: rows (values of this module), Drops, and the calls that it took.

    `kept` is False where the item itself goes no further; then `drops` says why.
    """

    item: str
    rows: tuple[Any, ...] = ()
    drops: tuple[Drop, ...] = ()
    replies: tuple[Reply, ...] = ()
    kept: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What a task did: items worked on, items kept, and Drops by reason."""

    stage: str
    worked: int
    kept: int
    drops: Mapping[str, int]
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What the user named: a folder of articles, say. `uri` stays inside the store and is never exported."""

    key: str
    kind: str
    uri: str
    data_class: DataClass
    licence: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """One file of a source; `digest` covers the file and every file that it refers to."""

    item: str
    path: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedNode:
    """A node with its place: names from the facet root down to the parent, and up to 50 siblings in key order.

    `others` are nodes of its facet, in key order, that have nothing in common with it: none stands above or below it,
    and nothing stands below both. The store fills them where questions are asked.
    """

    node: Node
    path: tuple[str, ...]
    siblings: tuple[tuple[str, str], ...]
    others: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """All that the store knows of a panel so far. Parts that later stages make are empty before them.

    `facts` are those of the article and of the figure, which hold where both name one. `reviews` are the judgements of
    the panel and of what was made of it that stand and hold for it as it is.
    `anchors` are sorted by falling score, then key; `nodes` holds every anchored node by its key.
    """

    panel: Panel
    figure: Figure
    article: Article
    image: Image
    mentions: tuple[Mention, ...]
    modality: Modality | None = None
    keeper: str | None = None
    privacy: PrivacyCheck | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    anchors: tuple[Anchor, ...] = ()
    nodes: Mapping[str, PlacedNode] = field(default_factory=dict)
    verdicts: tuple[Verdict, ...] = ()
    regions: tuple[Region, ...] = ()
    cited: tuple[CitedSentence, ...] = ()
    captions: tuple[Caption, ...] = ()
    questions: tuple[Question, ...] = ()
    reviews: tuple[Review, ...] = ()

    @property
    def subcaption(self) -> str:
        """The parts of the figure's caption that belong to the panel, joined by one space."""
        return " ".join(self.figure.caption[start:end] for start, end in self.panel.spans)

    @property
    def checkable(self) -> str:
        """The sentences of the subcaption that can be checked in the image; all of it where none is marked."""
        if not self.panel.sentences:
            return self.subcaption
        seen = (sentence for sentence in self.panel.sentences if sentence["why_not"] is None)
        return " ".join(self.figure.caption[sentence["start_char"] : sentence["end_char"]] for sentence in seen)

    @property
    def visible(self) -> tuple[tuple[Mention, Span], ...]:
        """The sentences of citing passages that state what can be seen, each with its mention."""
        mentions = {mention.key: mention for mention in self.mentions}
        return tuple(
            (mentions[one.mention], (one.start_char, one.end_char)) for one in self.cited if one.tag == "visible"
        )
