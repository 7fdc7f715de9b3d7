"""Loads dossiers: all that the store knows of panels so far, in a few queries for many panels."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from met.errors import NotFound
from met.review.heed import holding
from met.store.review import standing_of
from met.store.store import Store
from met.types import (
    Anchor,
    Article,
    Caption,
    CitedSentence,
    Dossier,
    Duplicate,
    Fact,
    Figure,
    Image,
    Mention,
    Modality,
    Node,
    Panel,
    PlacedNode,
    PrivacyCheck,
    Question,
    Region,
    Verdict,
)


def load_dossiers(store: Store, build: str, panels: Sequence[str]) -> list[Dossier]:
    """Return the dossiers of these panels of a build, in key order."""
    rows = store.select(Panel, build=build, key=list(panels))
    figures = store.select(Figure, build=build, key=sorted({row.figure for row in rows}))
    articles = store.select(Article, build=build, key=sorted({figure.article for figure in figures}))
    mentions = store.select(Mention, build=build, figure=sorted(figure.key for figure in figures))
    facts = store.select(Fact, build=build, article=sorted(article.key for article in articles))
    return _assembled(store, build, rows, (figures, articles, mentions, facts))


def load_dossier(store: Store, build: str, panel: str) -> Dossier:
    """Return the dossier of one panel, read by keys alone: as fast in a large build as in a small one.

    Raises:
        NotFound: the build has no such panel.
    """
    rows = store.select(Panel, build=build, key=panel)
    found = store.query("read_from", build=build, figure=rows[0].figure) if rows else []
    if not found:
        raise NotFound(what="item", name=panel, hint=f" in {build}")
    place = {"input": found[0].input, "version": found[0].version}
    figures = store.select(Figure, key=rows[0].figure, **place)
    articles = store.select(Article, key=found[0].article, **place)
    mentions = store.select(Mention, figure=rows[0].figure, **place)
    facts = store.select(Fact, article=found[0].article, **place)
    return _assembled(store, build, rows, (figures, articles, mentions, facts))[0]


def _assembled(
    store: Store,
    build: str,
    rows: Sequence[Panel],
    read: tuple[Sequence[Figure], Sequence[Article], Sequence[Mention], Sequence[Fact]],
) -> list[Dossier]:
    """Return the dossiers of panels of which the source is read already."""
    figures, articles = _by_key(read[0]), _by_key(read[1])
    mentions = _grouped(read[2], "figure")
    facts = {fact.subject: fact.facts for fact in read[3]}
    images = {image.sha256: image for image in store.select(Image, sha256=sorted({row.image for row in rows}))}
    keys = [row.key for row in rows]
    of_panel = {
        kind: _grouped(store.select(kind, build=build, panel=keys), "panel")
        for kind in (Modality, Duplicate, PrivacyCheck, Anchor, Verdict, Region, CitedSentence, Caption, Question)
    }
    nodes = load_nodes(store, build, {anchor.node for anchors in of_panel[Anchor].values() for anchor in anchors})
    said = _grouped(standing_of(store, keys), "panel")
    return [
        Dossier(
            panel=panel,
            figure=figures[panel.figure],
            article=articles[figures[panel.figure].article],
            image=images[panel.image],
            facts={**facts.get(figures[panel.figure].article, {}), **facts.get(panel.figure, {})},
            mentions=tuple(sorted(mentions[panel.figure], key=lambda mention: mention.position)),
            modality=next(iter(of_panel[Modality][panel.key]), None),
            keeper=next((row.keeper for row in of_panel[Duplicate][panel.key]), None),
            privacy=next(iter(of_panel[PrivacyCheck][panel.key]), None),
            anchors=tuple(sorted(of_panel[Anchor][panel.key], key=lambda anchor: (-anchor.score, anchor.key))),
            nodes={anchor.node: nodes[anchor.node] for anchor in of_panel[Anchor][panel.key]},
            verdicts=tuple(of_panel[Verdict][panel.key]),
            regions=tuple(of_panel[Region][panel.key]),
            cited=in_reading_order(of_panel[CitedSentence][panel.key], mentions[panel.figure]),
            captions=tuple(of_panel[Caption][panel.key]),
            questions=tuple(of_panel[Question][panel.key]),
            reviews=holding(said[panel.key], panel, figures[panel.figure].digest),
        )
        for panel in rows
    ]


def in_reading_order(cited: Iterable[CitedSentence], mentions: Iterable[Mention]) -> tuple[CitedSentence, ...]:
    """Return the sentences as the article has them."""
    position = {mention.key: mention.position for mention in mentions}
    return tuple(sorted(cited, key=lambda one: (position[one.mention], one.start_char, one.key)))


def load_nodes(store: Store, build: str, keys: Iterable[str]) -> Mapping[str, PlacedNode]:
    """Return the nodes of these keys with their place in the tree of the build."""
    tree = store.query("build_row", build=build)[0].tree
    wanted = sorted(keys)
    if tree is None or not wanted:
        return {}
    paths = {row.key: tuple(row.path) for row in store.query("node_paths", tree=tree, keys=wanted)}
    siblings: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for row in store.query("node_siblings", tree=tree, keys=wanted):
        siblings[row.key].append((row.sibling, row.name))
    return {
        node.key: PlacedNode(node=node, path=paths.get(node.key, ()), siblings=tuple(siblings[node.key]))
        for node in store.select(Node, tree=tree, key=wanted)
    }


def _by_key(rows: Sequence[Any]) -> dict[str, Any]:
    return {row.key: row for row in rows}


def _grouped(rows: Sequence[Any], column: str) -> defaultdict[str, list[Any]]:
    groups: defaultdict[str, list[Any]] = defaultdict(list)
    for row in rows:
        groups[getattr(row, column)].append(row)
    return groups
