"""Discovery: terms that no ontology holds, found in running text by what the texts show of them.

What is read is the text of the documents up to their glossary. Marks of the author (terms, glossary entries) are read
only where they are handed in (`told`), so a score can leave them out.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from met.tree.attach.names import genus_of
from met.tree.discover.facets import FacetWords
from met.tree.discover.kinds import Kinds, Source
from met.tree.discover.phrases import PLACES, Phrase, Phrases, phrase_key, read_phrases
from met.tree.discover.score import is_possible, termhood
from met.tree.extract import Extractor, Reading
from met.tree.texts import Text
from met.types import Facet, Node, Span

MIN_TERMHOOD: Final = 0.85
_TOLD_FIRST: Final = -1
_GENUS_AFTER: Final = re.compile(r"\b(?:is|are)\s+(?=(?:an?|the|one|any)\b)")
_DEFINITION_LENGTH: Final = range(30, 500)
_GENERA: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a candidate stands: offsets into the text of a document."""

    document: str
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """Another spelling of a candidate, and the signals that say so; `documents` hold or say it, `places` among them."""

    name: str
    signals: tuple[str, ...]
    documents: int
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A term that no node bears. `facet` is None where nothing speaks clearly for one; `score` is its termhood, 0 to 1.

    `support` counts the places that neither deny it nor only think of it, `documents` the documents that hold such a
    place, `marked` the places at which it is all of the name of a disease or symptom, by its words or by a short form
    of the document; `places` are the best five, defining ones first; `definition` is the sentence that defines it, at
    `defined_at`. `named` counts, by assertion, the places at which a model that read the texts named it. `variants`
    are other spellings that were joined with it. `settled` says whether its definition makes it an entity of the facet
    (`met.tree.discover.kinds`), `entry` whether that is an entry of a glossary, `is_open` that something else may
    settle it; `tagged` are the places at which the learned tagger marks it exactly, and those that it read.
    """

    key: str
    surface: str
    facet: Facet | None
    margin: float
    score: float
    support: int
    documents: int
    places: tuple[Place, ...]
    definition: str | None
    defined_at: Place | None
    named: Mapping[str, int] = field(default_factory=dict)
    variants: tuple[Variant, ...] = ()
    settled: bool = True
    entry: bool = False
    marked: int = 0
    is_open: bool = False
    tagged: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovery:
    """Candidates, the best first; and the facet that each known name of the texts would get if it were new."""

    candidates: tuple[Candidate, ...]
    known: Mapping[str, Facet | None]


def discover(
    texts: Sequence[Text],
    extractor: Extractor,
    nodes: Sequence[Node],
    *,
    readings: Mapping[str, Reading] | None = None,
    told: bool = True,
    least: float = MIN_TERMHOOD,
) -> Discovery:
    """Return the terms of the texts that no node of `nodes` bears and whose termhood is at least `least`.

    `readings` are what the extractor finds in the texts, by their keys, where it has read them already. With `told`,
    the glossaries of the texts count as definitions. The order of texts and nodes does not matter.
    """
    known_readings = readings or {}
    facets = {node.key: node.facet for node in nodes}
    order = sorted(texts, key=lambda text: text.document.key)
    read = [(text.document, running_end(text)) for text in order]
    phrases = read_phrases(
        read, lambda document: known_readings.get(document.key) or extractor.read(document.text), facets
    )
    entries = _glossary(order) if told else {}
    for key, (surface, place, _) in entries.items():
        phrase = phrases.found.setdefault(key, Phrase(surface=surface, count=1, affirmed=1))
        phrase.whole += 1
        phrase.defined += 1
        phrase.documents[place.document] = True
        phrase.places.append((_TOLD_FIRST, place.document, *place.span))
    names = sorted({(phrase_key(name.split()), node.facet) for node in nodes for name in (node.name, *node.synonyms)})
    own_names = frozenset(key for key, _ in names)
    possible = sorted(key for key, found in phrases.found.items() if is_possible(key, found, phrases.words))
    scores, is_known = termhood(phrases.found, possible, phrases.words, own_names)
    words, own = FacetWords(names), dict(names)
    kinds = Kinds(words, names)
    by_key = {text.document.key: text.document.text for text in order}
    known: dict[str, Facet | None] = {
        key: words.facet_of(key, genera=_genera(phrase, by_key), near=phrase.near, own=own[key])[0]
        for key, phrase in phrases.found.items()
        if key in own_names
    }
    candidates = []
    for key, score, named in zip(possible, scores.tolist(), is_known.tolist(), strict=True):
        phrase = phrases.found[key]
        if named or (score < least and key not in entries):
            continue
        facet, margin = words.facet_of(key, genera=_genera(phrase, by_key), near=phrase.near)
        found = _candidate(key, phrase, facet, margin, score, entries.get(key), by_key)
        within = phrase.within / max(1, phrase.count)
        source: Source = "glossary" if key in entries else "text"
        settled = kinds.settled(key, found.surface, facet, found.definition, within=within, source=source)
        is_open = not settled and kinds.is_open(key, found.surface, facet, found.definition, within=within)
        candidates.append(replace(found, settled=settled, is_open=is_open, entry=key in entries))
    ranked = sorted(candidates, key=lambda candidate: (-candidate.score, candidate.key))
    return Discovery(candidates=tuple(ranked), known=known)


def running_end(text: Text) -> int:
    """Return where the running text ends and the glossary begins."""
    return min((entry.term[0] for entry in text.glossary), default=len(text.document.text))


_Entry = tuple[str, Place, str]


def _glossary(texts: Iterable[Text]) -> dict[str, _Entry]:
    """Return the first entry of each term: surface, place of the term, meaning."""
    found: dict[str, _Entry] = {}
    for text in texts:
        for entry in text.glossary:
            surface = text.document.text[slice(*entry.term)]
            bare = " ".join(re.sub(r"\([^()]*\)", " ", surface).split())
            place = Place(document=text.document.key, span=entry.term)
            if bare:
                found.setdefault(phrase_key(bare.split()), (bare, place, text.document.text[slice(*entry.meaning)]))
    return found


def _genera(phrase: Phrase, texts: Mapping[str, str]) -> list[str]:
    found = []
    for document, (start, end) in sorted(phrase.definitions)[:_GENERA]:
        after = _GENUS_AFTER.search(texts[document], start, end)
        if after:
            found.append(genus_of(texts[document][after.end() : end]))
    return [genus for genus in found if genus]


def _candidate(
    key: str,
    phrase: Phrase,
    facet: Facet | None,
    margin: float,
    score: float,
    entry: _Entry | None,
    texts: Mapping[str, str],
) -> Candidate:
    places = tuple(Place(document=document, span=(a, b)) for _, document, a, b in sorted(phrase.places)[:PLACES])
    definition, defined_at = _definition(phrase, texts)
    if entry:
        definition, defined_at = entry[2], entry[1]
    first = places[0]
    return Candidate(
        key=key,
        surface=texts[first.document][slice(*first.span)],
        facet=facet,
        margin=margin,
        score=score,
        support=phrase.affirmed,
        documents=sum(phrase.documents.values()),
        marked=phrase.marked,
        places=places,
        definition=definition,
        defined_at=defined_at,
    )


def _definition(phrase: Phrase, texts: Mapping[str, str]) -> tuple[str | None, Place | None]:
    """Return the first sentence "X is a ..." of a length that a definition has, and where it stands."""
    for document, (start, end) in sorted(phrase.definitions):
        said = texts[document][start:end]
        if len(said) in _DEFINITION_LENGTH and said.endswith(".") and _GENUS_AFTER.search(said):
            return said, Place(document=document, span=(start, end))
    return None, None


__all__ = ["Candidate", "Discovery", "Phrases", "Place", "discover", "running_end"]
