"""A panel's anchors: what the dictionary finds in its texts and what is near by vector, fused to one score per node.

    score = 1 - (1 - 0.5 v) * product over fields (1 - w)

w is the best hit of the node in a field (subcaption, caption, mention, title): worth of the place x weight of the
surface / number of nodes of the same facet that bear the surface. v = (cosine - 0.45) / 0.55, at least 0, is the
nearness of the subcaption's vector.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from met.anchor.context import Context
from met.anchor.index import NodeIndex, Vectors
from met.anchor.passages import WORTH, Passage, passages_of
from met.anchor.roles import TELLING, role_of
from met.anchor.surfaces import weight_of
from met.harvest.modality.cues import NAMES, cues_in
from met.keys import content_key
from met.tree.lexicon import Lexicon, Match
from met.types import Anchor, Certainty, Dossier, Facet, Polarity, Role, TextField

MAX_ANCHORS = 20
NEIGHBOURS = 10
FLOOR = 0.45
# A vector alone must be at least so near to make an anchor.
ALONE = 0.55
VECTOR_WEIGHT = 0.5
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
    dossier: Dossier, *, lexicon: Lexicon, facets: Mapping[str, Facet], index: NodeIndex, vector: Vectors
) -> tuple[Anchor, ...]:
    """Return the anchors of one panel; `vector` (dimensions,) embeds its subcaption."""
    rows = vector.reshape(1, -1)
    return next(anchor_panels([dossier], lexicon=lexicon, facets=facets, index=index, vectors=rows))


def anchor_panels(
    dossiers: Sequence[Dossier],
    *,
    lexicon: Lexicon,
    facets: Mapping[str, Facet],
    index: NodeIndex,
    vectors: Vectors,
) -> Iterator[tuple[Anchor, ...]]:
    """Yield the anchors of each panel, at most 20, by falling score, then key: one per node.

    `facets` maps every node of `lexicon` and `index` to its facet; `vectors` (panels, dimensions) embed the
    subcaptions, and an empty one is near nothing. Where uses of a node disagree, the one in the place of most worth
    stands, then the most telling role; hits of another polarity add nothing to its score. A node near by vector alone
    is `mentioned`, with no offsets. A panel's anchors do not depend on the panels beside it.
    """
    for start in range(0, len(dossiers), BLOCK):
        block, rows = dossiers[start : start + BLOCK], vectors[start : start + BLOCK]
        uses = [_by_node(hits) for hits in _hits_of(block, lexicon, facets)]
        told = [bool(dossier.subcaption.strip()) for dossier in block]
        near = index.nearest(rows, NEIGHBOURS, least=ALONE)
        named = [
            [node for node in found if node in index] if known else [] for found, known in zip(uses, told, strict=True)
        ]
        cosines = index.cosines(rows, named)
        for at, dossier in enumerate(block):
            yield _kept(
                dossier.panel.key,
                uses[at],
                dict(zip(named[at], cosines[at], strict=True)),
                near[at] if told[at] else (),
            )


def _kept(
    panel: str,
    uses: Mapping[str, Sequence[Hit]],
    cosines: Mapping[str, float],
    near: Iterable[tuple[str, float]],
) -> tuple[Anchor, ...]:
    anchors = [_anchor(panel, hits, cosines.get(node)) for node, hits in uses.items()]
    anchors += [_neighbour(panel, node, cosine) for node, cosine in near if node not in uses]
    # Under the cap what is depicted goes first; a long caption names much else.
    kept = sorted(anchors, key=lambda anchor: (anchor.role != "depicted", -anchor.score, anchor.key))[:MAX_ANCHORS]
    return tuple(sorted(kept, key=lambda anchor: (-anchor.score, anchor.key)))


def _hits_of(dossiers: Sequence[Dossier], lexicon: Lexicon, facets: Mapping[str, Facet]) -> Iterator[list[Hit]]:
    """Yield the hits of each dossier; the dictionary reads the sentences of all of them at once."""
    passages = [tuple(passages_of(dossier)) for dossier in dossiers]
    found = iter(lexicon.find_all([passage.sentence for each in passages for passage in each]))
    for dossier, own in zip(dossiers, passages, strict=True):
        imaged = _is_imaged(dossier)
        hits: list[Hit] = []
        for passage, matches in zip(own, islice(found, len(own)), strict=True):
            context = Context(passage.sentence if matches else "")
            for match in matches:
                hits += _uses(passage, context, match, facets=facets, imaged=imaged)
        yield hits


def _uses(
    passage: Passage, context: Context, match: Match, *, facets: Mapping[str, Facet], imaged: bool
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
            role=role_of(passage, context, span, facet=facet, polarity=polarity, imaged=imaged),
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
    cues = cues_in(dossier.subcaption or dossier.figure.caption)
    return not any(cues.get(label, 0.0) >= NAMES for label in ("chart", "flow_diagram"))


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
