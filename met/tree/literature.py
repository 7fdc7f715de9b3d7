"""Reads the texts of a tree once, one document after the other, for all that they can say of it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from met.tree.associate import Associations
from met.tree.discover import discover
from met.tree.discover.tagged import settled_by_tagger
from met.tree.evidence import Findings
from met.tree.extract import Extractor, Reading
from met.tree.extract.names import extractor_of
from met.tree.extract.words import DISEASES
from met.tree.link import Linker
from met.tree.merge import NOTHING_APART, Apart
from met.tree.novel import Choice, choose
from met.tree.reading import Reader
from met.tree.reading.candidates import read_with
from met.tree.texts import Text, TextFile, read_texts
from met.tree.variants import join_variants
from met.types import Document, Drop, Edge, Node

# Discovery compares all documents that it reads; it reads those of the smallest keys up to so many characters.
DISCOVERED_FROM: Final = 64 << 20
READ_AT_ONCE: Final = 1 << 20


@dataclass(slots=True, kw_only=True)
class Literature:
    """What the documents say: findings of known nodes, claims of relations, and the texts that discovery reads."""

    findings: Findings
    associations: Associations
    extractor: Extractor
    sample: "Sample"
    edges: tuple[Edge, ...] = ()
    documents: list[Document] = field(default_factory=list)
    drops: list[Drop] = field(default_factory=list)
    reading: Mapping[str, Any] = field(default_factory=dict)

    def choose(self, nodes: Sequence[Node], reader: Reader | None = None, *, apart: Apart = NOTHING_APART) -> Choice:
        """Return which terms, discovered or named by the reader in sentences of the texts, become nodes beside `nodes`;
        spellings of one term that are not kept `apart` are one.

        Raises:
            ModelUnavailable: the reader's engine cannot go on.
        """
        texts = self.sample.texts()
        candidates = discover(texts, self.extractor, nodes, readings=self.sample.readings).candidates
        if reader is not None:
            reading = read_with(reader, texts, candidates)
            candidates, self.reading = reading.candidates, reading.facts
            self.drops += reading.drops
        joined = join_variants(candidates, texts, nodes, apart=apart)
        self.drops += joined.drops
        documents = {text.document.key: text.document for text in texts}
        settled = settled_by_tagger(joined.candidates, documents, self.extractor)
        return choose(settled, nodes, documents, edges=self.edges, apart=apart)


class Sample:
    """Of all texts that come, those of the smallest keys whose lengths sum up to at most `most` characters; what was
    read in them stands in `readings`, by their keys.

    Which these are does not depend on the order in which they come.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._held = 0
        self._texts: dict[str, Text] = {}
        self.readings: dict[str, Reading] = {}
        self._first_left_out: str | None = None

    def add(self, text: Text, reading: Reading) -> None:
        """Take the text in, and let go of those that are too much by it."""
        key = text.document.key
        if self._first_left_out is not None and key > self._first_left_out:
            return
        self._texts[key], self.readings[key] = text, reading
        self._held += text.document.characters
        while self._held > self._most:
            self._first_left_out = max(self._texts)
            self._held -= self._texts.pop(self._first_left_out).document.characters
            del self.readings[self._first_left_out]

    def texts(self) -> list[Text]:
        """Return the texts by key."""
        return [self._texts[key] for key in sorted(self._texts)]


def read_literature(files: Sequence[TextFile], nodes: Sequence[Node], edges: Iterable[Edge] = ()) -> Literature:
    """Return what the documents of these files say of `nodes`, which stand under the `edges` among them; a file or
    document that gives nothing is a Drop.
    """
    extractor, held = extractor_of(nodes), tuple(edges)
    linker = Linker([node for node in nodes if node.facet in DISEASES], held)
    lexicon = extractor.lexicon
    literature = Literature(
        findings=Findings(lexicon=lexicon, facets={node.key: node.facet for node in nodes}),
        associations=Associations(lexicon, nodes),
        extractor=extractor,
        sample=Sample(DISCOVERED_FROM),
        edges=held,
    )
    for batch in _batches(read_texts(files)):
        literature.drops += [item for item in batch if isinstance(item, Drop)]
        texts = [item for item in batch if isinstance(item, Text)]
        found = lexicon.find_all([text.document.text for text in texts])
        for text, names in zip(texts, found, strict=True):
            literature.documents.append(replace(text.document, text=""))
            reading = extractor.read(text.document.text, names)
            focus = linker.focus(text.document.text.split("\n\n"))
            literature.findings.add(text, reading.names, focus)
            literature.associations.add(text.document, names)
            literature.sample.add(text, reading)
    return literature


def _batches(items: Iterable[Text | Drop]) -> Iterator[list[Text | Drop]]:
    """Yield the items in runs of documents that the dictionary reads at once."""
    batch: list[Text | Drop] = []
    held = 0
    for item in items:
        batch.append(item)
        held += item.document.characters if isinstance(item, Text) else 0
        if held >= READ_AT_ONCE:
            yield batch
            batch, held = [], 0
    yield batch
