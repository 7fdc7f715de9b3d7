"""Values between a source and its panels: articles, figures, mentions, panels, and what is known of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from met.types.words import Box, DataClass, Privacy, Span


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
    """A JATS article. `path` is relative to its source; `edition` is its version and the digest of its files.

    `published` is the day, month or year of first publication, `dates` all dates by kind (ISO 8601). `related` are
    links to other articles, each {kind, target}, corrections above all; kinds are JATS's own (`correction-forward`).
    """

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
    published: str | None = None
    dates: Mapping[str, str] = field(default_factory=dict)
    related: Sequence[Mapping[str, Any]] = ()
    subjects: tuple[str, ...] = ()


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
class TextLine:
    """A line of text that is drawn into an image: its upright box, what it reads, and how sure the reader is."""

    box: Box
    text: str
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnText:
    """A line of text drawn into an image file; `position` counts its lines from 0, top to bottom."""

    key: str
    image: str
    position: int
    box: Box
    text: str
    score: float

    @property
    def line(self) -> TextLine:
        """The line by itself, as rules take it."""
        return TextLine(box=self.box, text=self.text, score=self.score)


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One sub-image. `spans` are offsets into the figure's caption: the subcaption, verbatim.

    `sentences` are the sentences of `spans`, each {start_char, end_char, why_not}: `why_not` is None where it can be
    checked in the image. `phash` is the signed 64-bit perceptual hash of the pixels in the box, `windows` are hashes of
    windows that the content places: cropped copies share some. `method` is what found the box, "whole" where the panel
    is its whole figure.
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
    digest: str
    sentences: Sequence[Mapping[str, Any]] = ()
    windows: tuple[int, ...] = ()

    @property
    def is_cut(self) -> bool:
        """Whether it is one part of its figure."""
        return self.method != "whole"


@dataclass(frozen=True, slots=True, kw_only=True)
class Modality:
    """What kind of image a panel is; `medical` is the probability that it is a medical image at all.

    `signals` hold what text and pixels said, each by itself.
    """

    key: str
    panel: str
    label: str
    probability: float
    medical: float
    method: str
    signals: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicate:
    """`panel` repeats `keeper`, maybe by way of others; their perceptual hashes differ in `distance` bits."""

    key: str
    panel: str
    keeper: str
    distance: int
    method: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivacyCheck:
    """What looked for identifiers in a panel and its texts, and what was found.

    `reasons` are {kind, where, box} or {kind, where, key, start_char, end_char}: never the words themselves. `looked`
    names what looked (text, drawn, tags, faces), `lacking` what would have to look before the panel can be clean.
    """

    key: str
    panel: str
    status: Privacy
    reasons: Sequence[Mapping[str, Any]]
    looked: tuple[str, ...]
    lacking: tuple[str, ...]
