"""Reads the texts of a tree once, one document after the other, for all that they can say of it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from met.tree.associate import Associations
from met.tree.discover import discover
from met.tree.evidence import Findings
from met.tree.lexicon import Lexicon, names_of
from met.tree.merge import NOTHING_APART, Apart
from met.tree.novel import Choice, choose
from met.tree.reading import Reader
from met.tree.reading_candidates import read_with
from met.tree.texts import Text, TextFile, read_texts
from met.tree.variants import join_variants
from met.types import Document, Drop, Node

# Discovery compares all documents that it reads; it reads those of the smallest keys up to so many characters.
DISCOVERED_FROM: Final = 64 << 20
READ_AT_ONCE: Final = 1 << 20


@dataclass(slots=True, kw_only=True)
class Literature:
    """What the documents say: findings of known nodes, claims of relations, and the texts that discovery reads."""

    findings: Findings
    associations: Associations
    lexicon: Lexicon
    sample: "Sample"
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
        candidates = discover(texts, self.lexicon, nodes).candidates
        if reader is not None:
            reading = read_with(reader, texts, candidates)
            candidates, self.reading = reading.candidates, reading.facts
            self.drops += reading.drops
        joined = join_variants(candidates, texts, nodes, apart=apart)
        self.drops += joined.drops
        return choose(joined.candidates, nodes, {text.document.key: text.document for text in texts})


class Sample:
    """Of all texts that come, those of the smallest keys whose lengths sum up to at most `most` characters.

    Which these are does not depend on the order in which they come.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._held = 0
        self._texts: dict[str, Text] = {}
        self._first_left_out: str | None = None

    def add(self, text: Text) -> None:
        """Take the text in, and let go of those that are too much by it."""
        key = text.document.key
        if self._first_left_out is not None and key > self._first_left_out:
            return
        self._texts[key] = text
        self._held += text.document.characters
        while self._held > self._most:
            self._first_left_out = max(self._texts)
            self._held -= self._texts.pop(self._first_left_out).document.characters

    def texts(self) -> list[Text]:
        """Return the texts by key."""
        return [self._texts[key] for key in sorted(self._texts)]


def read_literature(files: Sequence[TextFile], nodes: Sequence[Node]) -> Literature:
    """Return what the documents of these files say of `nodes`; a file or document that gives nothing is a Drop."""
    lexicon = lexicon_of(nodes)
    literature = Literature(
        findings=Findings(lexicon=lexicon, facets={node.key: node.facet for node in nodes}),
        associations=Associations(lexicon, nodes),
        lexicon=lexicon,
        sample=Sample(DISCOVERED_FROM),
    )
    for batch in _batches(read_texts(files)):
        literature.drops += [item for item in batch if isinstance(item, Drop)]
        texts = [item for item in batch if isinstance(item, Text)]
        found = lexicon.find_all([text.document.text for text in texts])
        for text, names in zip(texts, found, strict=True):
            literature.documents.append(replace(text.document, text=""))
            literature.findings.add(text, names)
            literature.associations.add(text.document, names)
            literature.sample.add(text)
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


def lexicon_of(nodes: Iterable[Node]) -> Lexicon:
    """Return the dictionary of all names of `nodes`."""
    return Lexicon((name, node.key) for node in nodes for name in names_of(node))
