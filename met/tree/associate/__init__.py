"""Relations across facets as texts state them: patterns and headings, weighed with how often two nodes stand together.

Every claim keeps its sentence. What a text denies, what it says of the healthy, and what it says of something else than
the disease it speaks of is no claim. How far a relation is believed says `met.tree.associate.confidence`.
"""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from met.keys import content_key
from met.tree.assertion import assertions_of
from met.tree.associate.confidence import MIN_CONFIDENCE, Counted, confidence_of, excess
from met.tree.associate.found import PATTERNS, Found
from met.tree.associate.names import Sites
from met.tree.associate.patterns import claims_in_sentence
from met.tree.associate.subjects import Heading, Mention, heading_of
from met.tree.lexicon import Lexicon, Match, names_of
from met.tree.names import normal_form
from met.tree.texts.sentences import sentences
from met.types import Document, Evidence, Facet, Node, Relation, RelationKind, Span

MAX_SENTENCE: Final = 1500
MAX_MENTIONS: Final = 60
EVIDENCE_A_RELATION: Final = 5
# Who has a disease is no place of it.
_BODY: Final = frozenset({"adult organism", "multicellular organism", "organism", "anatomy", "embryo", "tissue"})
# "Electrophysiological finding" says where one looked, not what was found.
_NO_SIGN: Final = ("finding", "findings")
# What they say of such is not true of each disease under them.
_GENERAL: Final = frozenset(
    {"disease", "disorder", "cancer", "neoplasm", "tumor", "benign neoplasm", "malignant neoplasm", "infection",
     "infectious disease", "syndrome", "genetic disease", "hereditary disease", "inflammatory disease", "injury",
     "metastasis"}
)  # fmt: skip
_SHORT: Final = 6
_PAIRS: Final[Mapping[tuple[Facet, Facet], RelationKind]] = {
    ("disease", "symptom"): "has_symptom",
    ("disease", "anatomy"): "located_in",
    ("disease", "modality"): "seen_on",
}


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Claim:
    """A place that states a relation. Offsets are those of the object's name; `signals` are of SIGNALS."""

    subject: str
    kind: RelationKind
    object: str
    pattern: str
    signals: tuple[str, ...]
    document: str
    start: int
    end: int
    sentence: Span


class Associations:
    """Collects claims and counts document by document; the order of documents does not matter."""

    def __init__(self, lexicon: Lexicon, nodes: Iterable[Node]) -> None:
        self.lexicon = lexicon
        known = list(nodes)
        self.facets: dict[str, Facet] = {node.key: node.facet for node in known}
        self._names = {node.key: normal_form(node.name) for node in known}
        self._sites = Sites(known)
        self._acronyms = {(node.key, name.lower()) for node in known for name in names_of(node) if _is_acronym(name)}
        self.claims: set[Claim] = set()
        self.together: Counter[tuple[str, str]] = Counter()
        self.alone: Counter[str] = Counter()
        self.sentences = 0
        self._named: set[tuple[str, str, str]] = set()
        self.surfaces: dict[tuple[str, int, int], tuple[str, str]] = {}

    def add(self, document: Document, names: Sequence[Match] | None = None) -> None:
        """Take in what one document states; `names` are those that the dictionary finds in it, where that is known."""
        spans = list(sentences(document.text))
        by_sentence = self._by_sentence(spans, self.lexicon.find(document.text) if names is None else names)
        title = self._mentions(self.lexicon.find(document.title))
        heading = heading_of(document.title, title)
        topic = heading
        for span, mentions in zip(spans, by_sentence, strict=True):
            new = heading_of(document.text[slice(*span)], mentions, offset=span[0])
            if new:
                known = None if new.foreign or not topic else topic.topic
                heading = new if new.topic else Heading(topic=known, about=new.about)
                continue
            if span[1] - span[0] > MAX_SENTENCE or len(mentions) > MAX_MENTIONS:
                continue
            self._count(mentions)
            self._read_names(document, span, mentions)
            for stated in claims_in_sentence(document.text, span, mentions, heading):
                self._claim(document, span, stated)

    def _mentions(self, matches: Iterable[Match]) -> list[Mention]:
        return [
            Mention(start=match.start, end=match.end, nodes={facet: key for key, facet in self._one_each(match)})
            for match in matches
        ]

    def _one_each(self, match: Match) -> Iterator[tuple[str, Facet]]:
        """Yield the node of each facet that the name means: the only one, or the only one whose own name it is.

        Abbreviations name no disease here: the same letters stand for too many.
        """
        by_facet: dict[Facet, list[str]] = defaultdict(list)
        for key in match.nodes:
            by_facet[self.facets[key]].append(key)
        spelled = normal_form(match.surface)
        for facet, keys in by_facet.items():
            if len(keys) > 1:
                keys = [key for key in keys if self._names[key] == spelled]
            short = len(match.surface) <= _SHORT and sum(letter.isupper() for letter in match.surface) > 1
            written = match.surface.islower() and (keys[0], match.surface) in self._acronyms if keys else False
            if len(keys) == 1 and not written and not (short and facet == "disease"):
                yield keys[0], facet

    def _by_sentence(self, spans: Sequence[Span], matches: Iterable[Match]) -> list[list[Mention]]:
        starts = [start for start, _ in spans]
        found: list[list[Mention]] = [[] for _ in spans]
        for mention in self._mentions(matches):
            at = bisect_right(starts, mention.start) - 1
            if at >= 0 and mention.end <= spans[at][1]:
                found[at].append(mention)
        return found

    def _read_names(self, document: Document, span: Span, mentions: Sequence[Mention]) -> None:
        for mention in mentions:
            subject, at = mention.nodes.get("disease"), (mention.start, mention.end)
            for site in self._sites.in_name(document.text[slice(*at)]) if subject else ():
                if subject and (subject, site, document.key) not in self._named:
                    self._named.add((subject, site, document.key))
                    found = Found(kind="located_in", subject=subject, object=site, at=at, pattern="name_holds")
                    self._claim(document, span, found)

    def _count(self, mentions: Sequence[Mention]) -> None:
        self.sentences += 1
        nodes = sorted({key for mention in mentions for key in mention.nodes.values()})
        self.alone.update(nodes)
        subjects = [key for key in nodes if self.facets[key] == "disease"]
        others = [key for key in nodes if ("disease", self.facets[key]) in _PAIRS]
        self.together.update((one, other) for one in subjects for other in others)

    def _claim(self, document: Document, span: Span, found: Found) -> None:
        subject, target = self._names[found.subject], self._names[found.object]
        if subject in _GENERAL or target in _BODY:
            return
        if found.kind == "has_symptom" and (target.endswith(_NO_SIGN) or _same(subject, target)):
            return
        start, end = found.at
        self.claims.add(
            Claim(
                subject=found.subject,
                kind=found.kind,
                object=found.object,
                pattern=found.pattern,
                signals=found.signals,
                document=document.key,
                start=start,
                end=end,
                sentence=span,
            )
        )
        self.surfaces[document.key, start, end] = (document.text[slice(*span)], document.text[start:end])

    def counted(self, subject: str, target: str) -> Counted:
        """Return how often two nodes stand in one sentence, against chance."""
        both, one, other = self.together[subject, target], self.alone[subject], self.alone[target]
        return Counted(together=both, excess=excess(both, one, other, self.sentences))


def _same(one: str, other: str) -> bool:
    """Say whether one of two names is the other with more words before it: hepatitis B is no sign of hepatitis."""
    first, second = one.split(), other.split()
    few, many = (first, second) if len(first) <= len(second) else (second, first)
    return set(few) <= set(many) and (few[-1] == many[-1] or few == many[: len(few)])


def _is_acronym(name: str) -> bool:
    return " " not in name and sum(letter.isupper() for letter in name) > 1


def relations_in(
    found: Associations, *, least: float = MIN_CONFIDENCE
) -> tuple[tuple[Relation, ...], tuple[Evidence, ...]]:
    """Return the relations that the texts state with at least `least` confidence, and up to five places for each.

    Both are sorted by key. The provenance of a relation holds how often its ends stand together in a sentence, in how
    many documents it is stated, and by which patterns.
    """
    relations, evidence = [], {}
    for (subject, kind, target), claims in stated_in(found).items():
        counted = found.counted(subject, target)
        confidence = confidence_of(kind, claims, counted)
        if confidence < least:
            continue
        key = content_key("relation", subject, kind, target)
        provenance = {
            "texts": {
                "sentences_together": counted.together,
                "documents": len({claim.document for claim in claims}),
                "patterns": dict(sorted(Counter(claim.pattern for claim in claims).items())),
            }
        }
        relations.append(
            Relation(key=key, subject=subject, kind=kind, object=target, confidence=confidence, provenance=provenance)
        )
        best = sorted(claims, key=lambda claim: (PATTERNS.index(claim.pattern), claim))[:EVIDENCE_A_RELATION]
        for row in (_evidence(found, key, claim) for claim in best):
            evidence[row.key] = row
    return (
        tuple(sorted(relations, key=lambda relation: relation.key)),
        tuple(evidence[key] for key in sorted(evidence)),
    )


def stated_in(found: Associations) -> dict[tuple[str, RelationKind, str], list[Claim]]:
    """Return the claims of each (subject, kind, object), sorted."""
    stated: dict[tuple[str, RelationKind, str], list[Claim]] = defaultdict(list)
    for claim in sorted(found.claims):
        stated[claim.subject, claim.kind, claim.object].append(claim)
    return stated


def _evidence(found: Associations, relation: str, claim: Claim) -> Evidence:
    sentence, surface = found.surfaces[claim.document, claim.start, claim.end]
    return Evidence(
        key=content_key("evidence", relation, "relation", claim.document, claim.start, claim.end),
        subject=relation,
        kind="relation",
        document=claim.document,
        start_char=claim.start,
        end_char=claim.end,
        sentence=sentence,
        surface=surface,
        assertion=assertions_of(sentence).of((claim.start - claim.sentence[0], claim.end - claim.sentence[0])),
    )
