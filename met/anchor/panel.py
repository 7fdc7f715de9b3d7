"""A panel's anchors: what the dictionary finds in its texts, what is near by vector, and the kind of image that the
stage of the modality tells, fused to one score per node.

    score = 1 - (1 - 0.5 v) * (1 - 0.8 p) * product over fields (1 - w)

w is the best hit of the node in a field (subcaption, caption, mention, title): worth of the place x weight of the
surface / number of nodes of the same facet that bear the surface. v = (cosine - 0.45) / 0.55, at least 0, is the
nearness of the subcaption's vector, p the probability of the kind of image where the node says that kind.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from met.anchor.cases import is_case_report, tells_of_case, tells_of_patient
from met.anchor.context import Context
from met.anchor.index import NodeIndex, Vectors
from met.anchor.known import NOTHING, Known
from met.anchor.passages import WORTH, Passage, passages_of
from met.anchor.roles import TELLING, role_of
from met.anchor.settle import settled
from met.anchor.sights import Sight, View, sight_of
from met.anchor.surfaces import NO_NAMES, weight_of
from met.harvest.modality.cues import names_any
from met.keys import content_key
from met.tree.lexicon import Lexicon, Match
from met.types import Anchor, Certainty, Dossier, Facet, Polarity, Role, TextField

MAX_ANCHORS = 20
NEIGHBOURS = 10
FLOOR = 0.45
# A vector alone must be at least so near to make an anchor.
ALONE = 0.55
VECTOR_WEIGHT = 0.5
_FIRST: Mapping[Role, int] = {"depicted": 0, "diagnosis": 1}
_NO_IMAGES = frozenset({"chart", "flow_diagram"})
_ACRONYM = re.compile(r"[A-Z]{2,3}s?")
# Panels that are read at once.
BLOCK = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One node named in one passage; offsets are into the whole text of the field."""

    node: str
    passage: Passage
    surface: str
    start: int
    end: int
    weight: float
    polarity: Polarity
    certainty: Certainty
    role: Role


def anchor_panel(
    dossier: Dossier,
    *,
    lexicon: Lexicon,
    facets: Mapping[str, Facet],
    index: NodeIndex,
    vector: Vectors,
    known: Known = NOTHING,
) -> tuple[Anchor, ...]:
    """Return the anchors of one panel; `vector` (dimensions,) embeds its subcaption."""
    rows = vector.reshape(1, -1)
    return next(anchor_panels([dossier], lexicon=lexicon, facets=facets, index=index, vectors=rows, known=known))


def anchor_panels(
    dossiers: Sequence[Dossier],
    *,
    lexicon: Lexicon,
    facets: Mapping[str, Facet],
    index: NodeIndex,
    vectors: Vectors,
    known: Known = NOTHING,
) -> Iterator[tuple[Anchor, ...]]:
    """Yield the anchors of each panel, at most 20, by falling score, then key: one per node.

    `facets` maps every node of `lexicon` and `index` to its facet; `vectors` (panels, dimensions) embed the
    subcaptions, and an empty one is near nothing. Where uses of a node disagree, the one in the place of most worth
    stands, then the most telling role; hits of another polarity add nothing to its score. A node near by vector alone
    is `mentioned`, with no offsets. A panel's anchors do not depend on the panels beside it.

    Where `known` tells of the tree and the dossier of its modality, the kind of image is `depicted`, and a modality of
    another kind that the text names beside it `mentioned`; a part of the body that the name of a depicted node tells is
    depicted; a disease or modality above another that is there is `mentioned`.
    """
    for start in range(0, len(dossiers), BLOCK):
        block, rows = dossiers[start : start + BLOCK], vectors[start : start + BLOCK]
        sights = [sight_of(dossier) for dossier in block]
        uses = [_by_node(hits) for hits in _hits_of(block, sights, lexicon, facets, known)]
        told = [bool(dossier.subcaption.strip()) for dossier in block]
        near = index.nearest(rows, NEIGHBOURS, least=ALONE)
        named = [
            [node for node in found if node in index] if known else [] for found, known in zip(uses, told, strict=True)
        ]
        cosines = index.cosines(rows, named)
        for at, dossier in enumerate(block):
            said = dict(zip(named[at], cosines[at], strict=True))
            panel, sight = dossier.panel.key, sights[at]
            anchors = [_anchor(panel, own, said.get(node)) for node, own in uses[at].items()]
            anchors += [_neighbour(panel, *one) for one in (near[at] if told[at] else ()) if one[0] not in uses[at]]
            yield _kept(settled(panel, anchors, sight, facets, known))


def _kept(anchors: Iterable[Anchor]) -> tuple[Anchor, ...]:
    # Under the cap what is depicted goes first, then what the subject has; a long caption names much else.
    kept = sorted(anchors, key=lambda anchor: (_FIRST.get(anchor.role, 2), -anchor.score, anchor.key))[:MAX_ANCHORS]
    return tuple(sorted(kept, key=lambda anchor: (-anchor.score, anchor.key)))


def _hits_of(
    dossiers: Sequence[Dossier],
    sights: Sequence[Sight],
    lexicon: Lexicon,
    facets: Mapping[str, Facet],
    known: Known,
) -> Iterator[list[Hit]]:
    """Yield the hits of each dossier; the dictionary reads the sentences of all of them at once."""
    passages = [tuple(passages_of(dossier)) for dossier in dossiers]
    # Panels of one figure share most of their texts: a sentence is read once.
    sentences = list(dict.fromkeys(passage.sentence for each in passages for passage in each))
    found = {
        sentence: matches for sentence, matches in zip(sentences, lexicon.find_all(sentences), strict=True) if matches
    }
    contexts = {sentence: Context(sentence) for sentence in found}
    for dossier, sight, own in zip(dossiers, sights, passages, strict=True):
        imaged = _is_imaged(dossier) and sight.view != "none"
        hits: list[Hit] = []
        for passage in own:
            for match in found.get(passage.sentence, ()):
                if match.surface.lower() not in NO_NAMES:
                    context = contexts[passage.sentence]
                    hits += _uses(passage, context, match, facets, known, imaged=imaged, view=sight.view)
        hits = _without_loose_acronyms(hits, facets)
        yield _with_title(hits, dossier, facets) if imaged and sight.view != "unknown" else hits


def _uses(
    passage: Passage,
    context: Context,
    match: Match,
    facets: Mapping[str, Facet],
    known: Known,
    *,
    imaged: bool,
    view: View,
) -> Iterable[Hit]:
    span = (match.start, match.end)
    polarity, certainty = context.polarity(span)
    nodes = _meant(match, facets)
    bearers = list(nodes.values())
    for node, facet in nodes.items():
        yield Hit(
            node=node,
            passage=passage,
            surface=match.surface,
            start=passage.span[0] + match.start,
            end=passage.span[0] + match.end,
            weight=WORTH[passage.place] * weight_of(match.surface, imaged=imaged) / bearers.count(facet),
            polarity=polarity,
            certainty=certainty,
            role=role_of(
                passage,
                context,
                span,
                facet=facet,
                polarity=polarity,
                imaged=imaged,
                view=view,
                of_germ=view == "small" and facet == "disease" and known.is_infection(node),
            ),
        )


def _meant(match: Match, facets: Mapping[str, Facet]) -> dict[str, Facet]:
    """Return the nodes that a match may mean, with their facets.

    Ontologies list an organ among the loose synonyms of its inflammation ("epididymis"), so what names anatomy names
    no disease.
    """
    nodes = {node: facets[node] for node in match.nodes}
    if "anatomy" in nodes.values():
        return {node: facet for node, facet in nodes.items() if facet != "disease"}
    return nodes


def _is_imaged(dossier: Dossier) -> bool:
    """Say whether the caption tells of an image of something, and not of statistics or the course of a study."""
    return not names_any(dossier.subcaption or dossier.figure.caption, _NO_IMAGES)


def _without_loose_acronyms(hits: list[Hit], facets: Mapping[str, Facet]) -> list[Hit]:
    """Return the hits; a short acronym of a disease that no text of the panel spells out is merely mentioned.

    Two or three capitals mean many things: MI, RA, CC.
    """
    if not any(_ACRONYM.fullmatch(hit.surface) for hit in hits):
        return hits
    spelt = {hit.node for hit in hits if not _ACRONYM.fullmatch(hit.surface)}
    return [
        replace(hit, role="mentioned")
        if facets[hit.node] == "disease" and hit.node not in spelt and hit.role in _FIRST
        else hit
        for hit in hits
    ]


def _with_title(hits: list[Hit], dossier: Dossier, facets: Mapping[str, Facet]) -> list[Hit]:
    """Return the hits; where the panel is of a patient and its texts say no disease, the title's is the diagnosis.

    Where the caption tells of a case, or the article calls itself a report of cases, what else ails the patient is part
    of the story and no other diagnosis of the image. That the title's disease is this patient's is likely and not said,
    so it is hedged.
    """
    diseases = [hit for hit in hits if facets[hit.node] == "disease" and hit.polarity == "affirmed"]
    title = {hit.node for hit in diseases if hit.passage.place == "title"}
    roles = {hit.role for hit in diseases}
    if not title or "depicted" in roles:
        return hits
    is_case = is_case_report(dossier.article) or tells_of_case(dossier.subcaption)
    if not is_case and ("diagnosis" in roles or not tells_of_patient(dossier.subcaption)):
        return hits
    return [
        replace(hit, role="diagnosis", certainty="hedged")
        if hit.node in title and hit.role == "mentioned" and hit.polarity == "affirmed"
        else hit
        for hit in hits
    ]


def _by_node(hits: Iterable[Hit]) -> dict[str, list[Hit]]:
    nodes: dict[str, list[Hit]] = {}
    for hit in hits:
        nodes.setdefault(hit.node, []).append(hit)
    return nodes


def _anchor(panel: str, hits: Sequence[Hit], cosine: float | None) -> Anchor:
    best = min(hits, key=_rank)
    fields: dict[TextField, float] = {}
    for hit in hits:
        if hit.polarity == best.polarity:
            fields[hit.passage.field] = max(fields.get(hit.passage.field, 0.0), hit.weight)
    missed = 1.0 - VECTOR_WEIGHT * _nearness(cosine)
    for weight in fields.values():
        missed *= 1.0 - weight
    return Anchor(
        key=content_key("anchor", panel, best.node, best.role, best.passage.field, best.start),
        panel=panel,
        node=best.node,
        role=best.role,
        polarity=best.polarity,
        certainty=best.certainty,
        score=round(1.0 - missed, 4),
        method="dictionary+vector" if _nearness(cosine) else "dictionary",
        field=best.passage.field,
        surface=best.surface,
        start_char=best.start,
        end_char=best.end,
    )


def _rank(hit: Hit) -> tuple[float, int, bool, bool, str, int]:
    return (
        -WORTH[hit.passage.place],
        TELLING[hit.role],
        hit.polarity == "negated",
        hit.certainty == "hedged",
        hit.passage.field,
        hit.start,
    )


def _nearness(cosine: float | None) -> float:
    return 0.0 if cosine is None else max(0.0, (cosine - FLOOR) / (1.0 - FLOOR))


def _neighbour(panel: str, node: str, cosine: float) -> Anchor:
    return Anchor(
        key=content_key("anchor", panel, node, "mentioned", "subcaption", None),
        panel=panel,
        node=node,
        role="mentioned",
        polarity="affirmed",
        certainty="hedged",
        score=round(VECTOR_WEIGHT * _nearness(cosine), 4),
        method="vector",
        field="subcaption",
        surface="",
        start_char=None,
        end_char=None,
    )
