"""The page of a node: what it is, where it stands, what texts and panels say of it, and what is missing."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from met.errors import NotFound
from met.serve.desk import Card, Desk, Scope
from met.serve.items import ROLES
from met.serve.marked import Mark, Marked, marked
from met.tree.show import INVERSE, ORIGINS, origin_of, said_by, sources_of
from met.types import Node

WAYS: Final = 8
SENTENCES: Final = 12
RELATIONS: Final = 40
CHILDREN: Final = 60
PANELS: Final = 6
# Gathering the panels of a node costs as many steps as it has; looking through all panels in order until a page is full
# costs so many steps, times all panels, divided by those of the node. Both take some 15 µs a step.
STEPS: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way from a root to the node: nodes as (key, name, kind of the edge to it), the kind of a root empty."""

    steps: tuple[tuple[str, str, str], ...]
    primary: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A sentence of a text about the node."""

    kind: str
    text: Marked
    title: str
    authority: str
    licence: str
    denied: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleCards:
    """Panels that are anchored at the node itself in one role."""

    role: str
    panels: int
    cards: Sequence[Card]


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeBrief:
    """What is shown of a node beside the tree; `counted` are its counts, None where nothing is counted yet."""

    node: Node
    origin: str
    counted: Any
    ways: Sequence[Way]
    more_ways: bool
    children: Sequence[Any]
    said: Sequence[Said]
    missing: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class NodePage:
    """Everything that is shown of a node."""

    brief: NodeBrief
    sources: Sequence[str]
    relations: Sequence[Mapping[str, Any]]
    roles: Sequence[RoleCards]
    below: Sequence[Card]


def node_page(desk: Desk, scope: Scope, key: str) -> NodePage:
    """Return the page of the node that `key` means: a key, CURIE, alias or name.

    Raises:
        NotFound: the tree has no such node.
    """
    brief = node_brief(desk, scope, key)
    node = brief.node
    roles = _roles(desk, scope, node.key)
    relations = desk.store.query("serve_relations", tree=scope.tree, node=node.key, limit=RELATIONS)
    own = {card.key for role in roles for card in role.cards}
    below = [card for card in desk.cards(scope, panels_below(desk, scope, node.key, limit=12)) if card.key not in own]
    return NodePage(
        brief=brief,
        sources=sources_of(node),
        relations=[_relation(row) for row in relations],
        roles=roles,
        below=below[:PANELS],
    )


def node_brief(desk: Desk, scope: Scope, key: str) -> NodeBrief:
    """Return what is shown beside the tree of the node that `key` means: a key, CURIE, alias or name.

    Raises:
        NotFound: the tree has no such node.
    """
    store = desk.store
    found = store.query("node_lookup", tree=scope.tree, text=key)
    if not found:
        raise NotFound(what="node", name=key, hint=" in the newest tree")
    (node,) = store.select(Node, tree=scope.tree, key=found[0].key)
    counted = store.query("serve_nodes", scope=scope.key, tree=scope.tree, keys=[node.key])[0]
    ways, cut = _ways(desk, scope, node.key)
    children = store.query("serve_below", scope=scope.key, tree=scope.tree, node=node.key, limit=CHILDREN)
    said = _once(store.query("serve_evidence", tree=scope.tree, node=node.key, limit=4 * SENTENCES))
    return NodeBrief(
        node=node,
        origin=ORIGINS[origin_of(node)],
        counted=counted,
        ways=ways,
        more_ways=cut,
        children=children,
        said=[_said(row) for row in said],
        missing=_missing(node, counted, bool(said), children),
    )


def panels_below(desk: Desk, scope: Scope, node: str, *, after: str = "", limit: int) -> list[str]:
    """Return panels that show a node or something under it, in the order of their keys, behind `after`."""
    if scope.build is None:
        return []
    rows = desk.store.query("serve_nodes", scope=scope.key, tree=scope.tree, keys=[node])
    if not rows:
        return []
    own = int(rows[0].panels or 0)
    made = next((row.items for row in desk.counts(scope).get("made", ()) if row.name == "panels"), 0)
    where = {"build": scope.build, "tree": scope.tree, "after": after, "limit": limit}
    if own * own > STEPS * made:
        found = desk.store.query("serve_panels_below_many", id=rows[0].id, **where)
    else:
        found = desk.store.query("serve_panels_below_few", scope=scope.key, node=node, **where)
    return [str(row.panel) for row in found]


def _ways(desk: Desk, scope: Scope, key: str) -> tuple[list[Way], bool]:
    """Return the ways from roots down to a node, the primary one first, and whether some were left out."""
    edges = desk.store.query("serve_ways_up", tree=scope.tree, node=key)
    keys = sorted({key, *(row.parent for row in edges)})
    names = {row.key: row.name for row in desk.store.query("serve_node_names", tree=scope.tree, keys=keys)}
    above: defaultdict[str, list[Any]] = defaultdict(list)
    for row in edges:
        above[row.child].append(row)
    ways: list[Way] = []
    open_ways: list[tuple[tuple[tuple[str, str, str], ...], bool]] = [(((key, names.get(key, key), ""),), True)]
    while open_ways and len(ways) <= WAYS:
        steps, primary = open_ways.pop()
        over = above[steps[0][0]]
        if not over:
            ways.append(Way(steps=steps, primary=primary))
        for row in reversed(over):
            first = (steps[0][0], steps[0][1], row.kind)
            open_ways.append(
                (((row.parent, names[row.parent], ""), first, *steps[1:]), primary and bool(row.is_primary))
            )
    return ways[:WAYS], len(ways) > WAYS or bool(open_ways)


def _roles(desk: Desk, scope: Scope, key: str) -> list[RoleCards]:
    if scope.build is None:
        return []
    counted = {row.role: row.panels for row in desk.store.query("serve_roles", scope=scope.key, node=key)}
    roles = [role for role in (*ROLES, "denied") if role in counted]
    rows = desk.store.query("serve_panels_at", build=scope.build, node=key, roles=roles, limit=PANELS)
    cards = {card.key: card for card in desk.cards(scope, sorted({row.panel for row in rows}))}
    return [
        RoleCards(
            role=role,
            panels=counted[role],
            cards=[cards[row.panel] for row in rows if row.role == role and row.panel in cards],
        )
        for role in roles
    ]


def _once(rows: Sequence[Any]) -> list[Any]:
    """Return the first sentences, each once however often it names the node or stands in a document."""
    found = {" ".join(row.sentence.split()): row for row in reversed(rows)}
    kept = {id(row) for row in found.values()}
    return [row for row in rows if id(row) in kept][:SENTENCES]


def _relation(row: Any) -> Mapping[str, Any]:
    return {
        "kind": row.kind if row.outward else INVERSE[row.kind],
        "key": row.key,
        "name": row.name,
        "facet": row.facet,
        "confidence": row.confidence,
        "said_by": said_by(row.provenance),
        "sentence": row.sentence,
        "source": row.source,
    }


def _said(row: Any) -> Said:
    at = row.sentence.find(row.surface) if row.surface else -1
    marks = [Mark(start=at, end=at + len(row.surface), kind="said", title=row.kind)] if at >= 0 else []
    return Said(
        kind=row.kind if row.assertion == "affirmed" else f"{row.kind}, {row.assertion}",
        text=marked(row.sentence, marks, shown=600),
        title=row.title,
        authority=row.authority,
        licence=row.licence,
        denied=row.assertion == "negated",
    )


def _missing(node: Node, counted: Any, said: bool, children: Sequence[Any]) -> list[str]:
    """Return what a reader would want and the engine does not have."""
    bare = [child.name for child in children if not child.pairs]
    listed = f": {'; '.join(bare[:8])}{'; …' if len(bare) > 8 else ''}" if bare else ""
    checks = (
        (not node.definition, "It has no definition."),
        (not said, "No text of this tree speaks of it."),
        (not node.xrefs and node.curie is None, "No published ontology names it."),
        (not counted.panels, "No panel shows it or anything under it."),
        (bool(counted.panels) and not counted.pairs, "Panels show it, but the filter kept none of them."),
        (bool(bare) and bool(counted.pairs), f"{len(bare)} of {len(children)} children have no pair{listed}"),
    )
    return [what for holds, what in checks if holds]
