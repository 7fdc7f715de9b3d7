"""The values of the engine, in the words of ARCHITECTURE.md. Field names are column names (sql/schema.sql).

Boxes are `(x1, y1, x2, y2)` in pixels of the original image, x2 and y2 exclusive. Offsets are in characters, end
exclusive. Scores and probabilities lie in [0, 1] and are rounded to 4 decimals before anything is decided on them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

Facet: TypeAlias = Literal[
    "disease", "anatomy", "modality", "symptom", "cell", "organism", "device", "procedure", "normal"
]
EdgeKind: TypeAlias = Literal["is_a", "part_of", "unknown"]
RelationKind: TypeAlias = Literal["located_in", "has_symptom", "seen_on", "part_of"]
EvidenceKind: TypeAlias = Literal["mention", "synonym", "definition", "edge", "relation"]
Authority: TypeAlias = Literal["guideline", "textbook", "review", "article", "web"]
DataClass: TypeAlias = Literal["open", "restricted", "phi"]
Privacy: TypeAlias = Literal["clean", "flagged", "unscreened"]
Role: TypeAlias = Literal["depicted", "diagnosis", "control", "normal", "comparator", "history", "mentioned"]
Polarity: TypeAlias = Literal["affirmed", "negated"]
Assertion: TypeAlias = Literal["affirmed", "negated", "hypothetical"]
Certainty: TypeAlias = Literal["certain", "hedged"]
TextField: TypeAlias = Literal["subcaption", "caption", "mention", "title"]
Needs: TypeAlias = Literal["image", "image+context", "knowledge"]
EngineName: TypeAlias = Literal["rules", "vllm"]
Box: TypeAlias = tuple[int, int, int, int]
Span: TypeAlias = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop:
    """A "no" about one item. `item` is what was refused; its stage and work item are added where it is stored."""

    item: str
    reason: str
    detail: Mapping[str, Any] = field(default_factory=dict)


# ---------------------------------------------------------------- tree


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One medical entity. `text_digest` is the digest of the text that its vector embeds."""

    key: str
    digest: str
    facet: Facet
    curie: str | None
    name: str
    synonyms: tuple[str, ...]
    definition: str | None
    xrefs: tuple[str, ...]
    provenance: Mapping[str, Any]
    licence: str
    text_digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeAlias:
    """A former key, or a CURIE of a term that was merged into the node `key`."""

    alias: str
    key: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    child: str
    parent: str
    kind: EdgeKind
    is_primary: bool
    provenance: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Closure:
    """`node` stands under `ancestor` over edges of `relation`, at the smallest number of edges; itself at depth 0."""

    node: str
    ancestor: str
    relation: EdgeKind
    min_depth: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    key: str
    subject: str
    kind: RelationKind
    object: str
    confidence: float
    provenance: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A text that the tree grows from. `path` is relative to what the user named.

    A finished tree holds the number of `characters` and no longer the `text`.
    """

    key: str
    path: str
    title: str
    kind: str
    authority: Authority
    licence: str
    sha256: str
    characters: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The sentence that a node, an edge or a relation rests on; offsets are those of `surface` in the document.

    `assertion` is what the sentence says of what `surface` names. What it denies supports nothing.
    """

    key: str
    subject: str
    kind: EvidenceKind
    document: str
    start_char: int
    end_char: int
    sentence: str
    surface: str
    assertion: Assertion = "affirmed"


# ---------------------------------------------------------------- harvest


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A decoded image file. `phash` is a signed 64-bit perceptual hash; width and height are in pixels."""

    sha256: str
    media_type: str
    bytes: int
    width: int
    height: int
    mode: str
    phash: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """A JATS article. `path` is relative to its source; `edition` is its version and the digest of its files."""

    key: str
    repository: str
    id: str
    edition: str
    digest: str
    title: str
    journal: str | None
    year: int | None
    doi: str | None
    pmcid: str | None
    article_type: str | None
    licence: str
    licence_url: str | None
    copyright: str | None
    retracted: bool
    abstract: str | None
    keywords: tuple[str, ...]
    data_class: DataClass
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleFile:
    """The work item of a file of a source, and the article that it holds."""

    item: str
    article: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One `fig` of an article with its image file. `position` counts the figures of the document from 0."""

    key: str
    article: str
    position: int
    digest: str
    xml_id: str | None
    label: str | None
    title: str | None
    caption: str
    graphic: str
    image: str
    licence: str
    licence_url: str | None
    credit: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A passage that cites a figure; `text[start_char:end_char]` is the citation."""

    key: str
    figure: str
    position: int
    text: str
    start_char: int
    end_char: int
    panel_letters: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """What a source says of an article or a figure (`subject`) that has no field of its own: slice, window, split."""

    key: str
    article: str
    subject: str
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownRegion:
    """A region of a figure that its source gives. `concept` is a CURIE or a name; None: the label means no node."""

    key: str
    article: str
    figure: str
    box: Box
    rle: str | None
    label: str
    concept: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One sub-image. `spans` are offsets into the figure's caption: the subcaption, verbatim.

    `phash` is the signed 64-bit perceptual hash of the pixels in the box.
    """

    key: str
    figure: str
    image: str
    box: Box
    phash: int
    position: int
    letter: str | None
    spans: tuple[Span, ...]
    method: str
    confidence: float
    privacy: Privacy
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Modality:
    """What kind of image a panel is; `medical` is the probability that it is a medical image at all."""

    key: str
    panel: str
    label: str
    probability: float
    medical: float
    method: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicate:
    """`panel` repeats `keeper`: their perceptual hashes differ in `distance` bits."""

    key: str
    panel: str
    keeper: str
    distance: int
    method: str


# ---------------------------------------------------------------- anchor, filter, regions, synthesis


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """panel -> node. Offsets are into the text that `field` names; None where a vector alone speaks for it."""

    key: str
    panel: str
    node: str
    role: Role
    polarity: Polarity
    certainty: Certainty
    score: float
    method: str
    field: TextField
    surface: str
    start_char: int | None
    end_char: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Keep or drop, from one stage of the filter, with every signal that spoke."""

    key: str
    panel: str
    stage: Literal["screen", "align"]
    keep: bool
    reason: str
    node: str | None
    signals: Mapping[str, Any]
    engine: EngineName
    model: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """A region of interest in original pixel coordinates: a box, or a run-length mask over the box."""

    key: str
    panel: str
    box: Box
    rle: str | None
    node: str | None
    producer: str
    producer_version: str
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Caption:
    """A written caption. `supports` names, sentence by sentence, the source field and offsets that it rests on."""

    key: str
    panel: str
    kind: str
    text: str
    supports: Sequence[Mapping[str, Any]]
    nodes: tuple[str, ...]
    licence: str
    engine: EngineName
    model: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question with its answer. Without options it is open; `answer` is otherwise one of `options`, word for word."""

    key: str
    panel: str
    kind: str
    text: str
    options: tuple[str, ...]
    answer: str
    rationale: str
    nodes: tuple[str, ...]
    edges: Sequence[Mapping[str, Any]]
    needs: Needs
    licence: str
    engine: EngineName
    model: str


# ---------------------------------------------------------------- engines and the ledger


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
    """What an engine answered: `text` is meant to be JSON of the ask's schema. `refusal` says why there is no text."""

    item: str
    step: str
    text: str
    refusal: str | None
    engine: EngineName
    model: str
    tokens_in: int
    tokens_out: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkItem:
    """One item of a stage's work list, leased."""

    item: str
    input: str
    version: str


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
    """A node with its place: names from the facet root down to the parent, and up to 50 siblings in key order."""

    node: Node
    path: tuple[str, ...]
    siblings: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """All that the store knows of a panel so far. Parts that later stages make are empty before them.

    `facts` are those of the article and of the figure, which hold where both name one.
    `anchors` are sorted by falling score, then key; `nodes` holds every anchored node by its key.
    """

    panel: Panel
    figure: Figure
    article: Article
    image: Image
    mentions: tuple[Mention, ...]
    modality: Modality | None = None
    keeper: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    anchors: tuple[Anchor, ...] = ()
    nodes: Mapping[str, PlacedNode] = field(default_factory=dict)
    verdicts: tuple[Verdict, ...] = ()
    regions: tuple[Region, ...] = ()
    captions: tuple[Caption, ...] = ()
    questions: tuple[Question, ...] = ()

    @property
    def subcaption(self) -> str:
        """The parts of the figure's caption that belong to the panel, joined by one space."""
        return " ".join(self.figure.caption[start:end] for start, end in self.panel.spans)
