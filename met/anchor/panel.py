"""A panel's anchors: what the dictionary finds in its texts, what is near by vector, and the kind of image that the
stage of the modality tells, fused to one score per node.

    score = 1 - (1 - 0.5 v) * (1 - 0.8 p) * product over fields (1 - w)

w is the best hit of the node in a field (subcaption, caption, mention, title): worth of the place x weight of the
surface / number of nodes of the same facet that bear the surface. v = (cosine - 0.45) / 0.55, at least 0, is the
nearness of the subcaption's vector, p the probability of the kind of image where the node says that kind.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from met.anchor.cases import is_case_report, tells_of_case, tells_of_patient
from met.anchor.context import Context
from met.anchor.hits import Hit, by_node
from met.anchor.index import NodeIndex, Vectors
from met.anchor.known import NOTHING, Known
from met.anchor.meanings import Meaning, meanings_in
from met.anchor.passages import WORTH, Passage, passages_of
from met.anchor.roles import TELLING, role_of
from met.anchor.settle import settled
from met.anchor.short import with_short_forms_meant
from met.anchor.sights import SeenKind, View, seen_kind
from met.anchor.support import Bearing
from met.anchor.surfaces import weight_of
from met.harvest.modality.cues import names_any
from met.keys import content_key
from met.tree.lexicon import Lexicon
from met.types import Anchor, Dossier, Facet, Role, TextField

MAX_ANCHORS = 20
NEIGHBOURS = 10
FLOOR = 0.45
# A vector alone must be at least so near to make an anchor.
ALONE = 0.55
VECTOR_WEIGHT = 0.5
_FIRST: Mapping[Role, int] = {"depicted": 0, "diagnosis": 1}
_NO_IMAGES = frozenset({"chart", "flow_diagram"})
# Panels that are read at once.
BLOCK = 256


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
    is `mentioned`, with no offsets, where the subcaption bears it (met.anchor.support). A panel's anchors do not depend
    on the panels beside it.

    Where `known` tells of the tree and the dossier of its modality, the kind of image is `depicted`, and a modality of
    another kind that the text names beside it `mentioned`; a part of the body that the name of a depicted node tells is
    depicted; a disease or modality above another that is there is `mentioned`.
    """
    for start in range(0, len(dossiers), BLOCK):
        block, rows = dossiers[start : start + BLOCK], vectors[start : start + BLOCK]
        sights = [seen_kind(dossier) for dossier in block]
        uses = [by_node(hits) for hits in _hits_of(block, sights, lexicon, facets, known)]
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
            new = [one for one in near[at] if one[0] not in uses[at]] if told[at] else []
            anchors += [_neighbour(panel, *one) for one in _borne(new, dossier.subcaption, known)]
            yield _kept(settled(panel, anchors, sight, facets, known))


def _kept(anchors: Iterable[Anchor]) -> tuple[Anchor, ...]:
    # Under the cap what is depicted goes first, then what the subject has; a long caption names much else.
    kept = sorted(anchors, key=lambda anchor: (_FIRST.get(anchor.role, 2), -anchor.score, anchor.key))[:MAX_ANCHORS]
    return tuple(sorted(kept, key=lambda anchor: (-anchor.score, anchor.key)))


def _hits_of(
    dossiers: Sequence[Dossier],
    sights: Sequence[SeenKind],
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
    meanings = {
        sentence: meanings_in(contexts[sentence], matches, facets, known) for sentence, matches in found.items()
    }
    for dossier, sight, own in zip(dossiers, sights, passages, strict=True):
        imaged = _is_imaged(dossier) and sight.view != "none"
        hits: list[Hit] = []
        for passage in own:
            for meaning in meanings.get(passage.sentence, ()):
                hits += _uses(passage, contexts[passage.sentence], meaning, known, imaged=imaged, view=sight.view)
        hits = with_short_forms_meant(hits, dossier, lexicon, facets)
        yield _with_title(hits, dossier, facets) if imaged and sight.view != "unknown" else hits


def _uses(
    passage: Passage, context: Context, meaning: Meaning, known: Known, *, imaged: bool, view: View
) -> Iterable[Hit]:
    match, nodes = meaning
    span = (match.start, match.end)
    polarity, certainty = context.polarity(span)
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


def _is_imaged(dossier: Dossier) -> bool:
    """Say whether the caption tells of an image of something, and not of statistics or the course of a study."""
    return not names_any(dossier.subcaption or dossier.figure.caption, _NO_IMAGES)


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


def _borne(near: Sequence[tuple[str, float]], text: str, known: Known) -> Iterator[tuple[str, float]]:
    """Yield those near nodes whose name the text bears and does not deny."""
    if not near:
        return
    bearing = Bearing(text)
    for node, cosine in near:
        places = bearing.places(known.names.get(node, ()))
        if any(Context(sentence).polarity(span)[0] == "affirmed" for sentence, span in places):
            yield node, cosine


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
