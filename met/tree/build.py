"""Assembles the tree of ontologies: nodes, aliases, typed edges with one primary parent each, relations."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any, Final

from met.keys import content_key, digest
from met.tree.findings import FACETS, findings_ontology
from met.tree.merge import NOTHING_APART, Apart, Concept, Concepts, Member, merge_terms, ontology_order, with_xrefs
from met.tree.modalities import LOCAL_PREFIX, modality_ontology
from met.tree.names import distinct_names, normal_form
from met.tree.normalise.names import Embed
from met.tree.ontology.terms import PREFIXES, Ontology, prefix_of
from met.tree.placing import Link, break_cycles, depths, joined_links, primary_links
from met.tree.relations import relations_of
from met.tree.roots import FACET_ROOTS, FacetRoot
from met.tree.scope import human_scope
from met.tree.vectors import vector_text
from met.types import Drop, Edge, Facet, Node, NodeAlias, Relation

OWN_LICENCE: Final = "Apache-2.0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Skeleton:
    """The tree that ontologies alone give. Digests of nodes are empty until `with_digests`; `unaltered` nodes stay as
    they are. `merges` counts joins by their signals and refusals by their reasons.
    """

    nodes: tuple[Node, ...]
    aliases: tuple[NodeAlias, ...]
    edges: tuple[Edge, ...]
    relations: tuple[Relation, ...]
    unaltered: frozenset[str]
    drops: tuple[Drop, ...]
    merges: Mapping[str, Any] = field(default_factory=dict)


def build_skeleton(
    ontologies: Sequence[Ontology], *, apart: Apart = NOTHING_APART, embed: Embed | None = None
) -> Skeleton:
    """Return the tree of these ontologies, our own modalities and findings. The first ontology of a facet is its
    skeleton.

    `apart` are pairs of terms that are never joined; `embed` gives unit vectors of the few names that are alike by
    their letters alone.
    """
    terms, drops = with_xrefs(ontologies)
    scoped = [human_scope(ontology) for ontology in terms]
    facets = [_facet_tree(root, _in_order(root.facet, scoped), apart, embed) for root in FACET_ROOTS]
    nodes = tuple(sorted(chain.from_iterable(facet.nodes for facet in facets), key=lambda node: node.key))
    relations, lost = relations_of(
        ontologies, nodes, {alias.alias: alias.key for facet in facets for alias in facet.aliases}
    )
    read = chain.from_iterable(
        ontology.drops for ontology in (*scoped, *(other for other in ontologies if other.holds != "terms"))
    )
    return Skeleton(
        nodes=nodes,
        aliases=tuple(
            sorted(chain.from_iterable(facet.aliases for facet in facets), key=lambda alias: (alias.alias, alias.key))
        ),
        edges=tuple(
            sorted(chain.from_iterable(facet.edges for facet in facets), key=lambda edge: (edge.child, edge.parent))
        ),
        relations=relations,
        unaltered=frozenset().union(*(facet.unaltered for facet in facets)),
        drops=(*read, *drops, *chain.from_iterable(facet.drops for facet in facets), *lost),
        merges={what: _summed(facet.merges[what] for facet in facets) for what in ("joined", "refused")},
    )


def _summed(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for each in counts:
        total.update(each)
    return dict(sorted(total.items()))


def node_key(facet: Facet, curie: str | None, name: str) -> str:
    """Return the key of a node: by its CURIE, and by the normal form of its name where it has none."""
    return content_key("node", facet, curie or normal_form(name))


def _in_order(facet: Facet, ontologies: Sequence[Ontology]) -> list[Ontology]:
    given = [ontology for ontology in ontologies if ontology.facet == facet]
    own = [modality_ontology()] if facet == "modality" else []
    # Last, so that where a published ontology knows a finding, its own words stay as they are.
    ours = [findings_ontology(facet)] if facet in FACETS else []
    return [*own, *given[:1], *sorted(given[1:], key=ontology_order), *ours]


# ---------------------------------------------------------------- one facet


def _facet_tree(root: FacetRoot, ontologies: Sequence[Ontology], apart: Apart, embed: Embed | None) -> Skeleton:
    found = merge_terms(root, ontologies, apart=apart, embed=embed)
    nodes = [_node(root.facet, concept) for concept in found.concepts]
    keys = [node.key for node in nodes]
    links, dangling = _links(found, ontologies)
    kept, closing = break_cycles(joined_links(links), keys=keys)
    placed = {link.child for link in kept}
    rootless = [
        Link(child=child, parent=0, kind="is_a", rank=0, said_by=("facet_root",))
        for child in range(1, len(nodes))
        if child not in placed
    ]
    kept += rootless
    primary = primary_links(kept, facet=root.facet, depth=depths(kept, roots=[0]), keys=keys)
    cycles = [
        Drop(item=f"{_title(nodes[link.child])} -> {_title(nodes[link.parent])}", reason="cycle") for link in closing
    ]
    return Skeleton(
        nodes=tuple(nodes),
        aliases=tuple(_aliases(root.facet, found, nodes)),
        edges=tuple(
            Edge(
                child=keys[link.child],
                parent=keys[link.parent],
                kind=link.kind,
                is_primary=(link.child, link.parent) in primary,
                provenance={"said_by": list(link.said_by)},
            )
            for link in kept
        ),
        relations=(),
        unaltered=frozenset(
            node.key
            for node, concept in zip(nodes, found.concepts, strict=True)
            if any(member.ontology.unaltered for member in concept.members[:1])
        ),
        drops=(*found.drops, *dangling, *cycles),
        merges={"joined": found.joined, "refused": found.refused},
    )


def _title(node: Node) -> str:
    return node.curie or node.name


def _links(found: Concepts, ontologies: Sequence[Ontology]) -> tuple[list[Link], list[Drop]]:
    rank = {id(ontology): index for index, ontology in enumerate(ontologies)}
    links, drops = [], []
    for child, concept in enumerate(found.concepts):
        for member in concept.members:
            for curie, kind in member.term.parents:
                parent = found.by_curie.get(curie)
                if parent is None and curie in found.replaced:
                    parent = found.by_curie.get(found.replaced[curie])
                if parent is None:
                    drops.append(Drop(item=f"{member.term.curie} -> {curie}", reason="unknown_parent"))
                elif child and parent != child:
                    said = (_source(member.ontology),)
                    links.append(
                        Link(child=child, parent=parent, kind=kind, rank=rank[id(member.ontology)], said_by=said)
                    )
    return links, drops


def _source(ontology: Ontology) -> str:
    return f"{ontology.name} {ontology.version}"


# ---------------------------------------------------------------- nodes


def _node(facet: Facet, concept: Concept) -> Node:
    root, base = concept.root, concept.members[0] if concept.members else None
    curie = None if root else _first_curie(concept)
    name = root.name if root else base.term.name.strip() if base else ""
    speaking = [] if root else _speaking(concept)
    definition, source = _definition(root, speaking)
    node = Node(
        key=node_key(facet, curie, name),
        digest="",
        facet=facet,
        curie=curie,
        name=name,
        synonyms=distinct_names(tuple(text for member in speaking for text in _names(member)), besides=name),
        definition=definition,
        xrefs=_xrefs(concept, curie),
        provenance={
            "terms": [_member(member) for member in concept.members] or [{"ontology": "met", "version": "1"}],
            **source,
        },
        licence=base.ontology.licence if base and not root else OWN_LICENCE,
        text_digest="",
    )
    return replace(node, text_digest=digest(vector_text(node)))


def _speaking(concept: Concept) -> list[Member]:
    """Return the members whose words the node may use: where one is unaltered, its words stand alone or not at all."""
    base = concept.members[0]
    if base.ontology.unaltered:
        return [base]
    return [member for member in concept.members if not member.ontology.unaltered]


def _names(member: Member) -> Iterable[str]:
    yield member.term.name
    yield from (synonym.text for synonym in member.term.synonyms if synonym.scope == "EXACT")


def _definition(root: FacetRoot | None, speaking: Sequence[Member]) -> tuple[str | None, dict[str, Any]]:
    if root:
        return root.definition, {}
    found = next((member for member in speaking if member.term.definition), None)
    if found is None:
        return None, {}
    other = found is not speaking[0]
    return found.term.definition, {"definition": {**_origin(found), "licence": found.ontology.licence}} if other else {}


def _member(member: Member) -> dict[str, Any]:
    """Return where a term comes from and, where it was merged into the node, its name and what agreed."""
    merged = {"merged": {"name": member.term.name, "signals": list(member.signals)}} if member.signals else {}
    return {**_origin(member), **merged}


def _origin(member: Member) -> dict[str, str]:
    origin = {"ontology": member.ontology.name, "version": member.ontology.version}
    return origin if prefix_of(member.term.curie) == LOCAL_PREFIX else {**origin, "curie": member.term.curie}


def _curies(concept: Concept) -> list[str]:
    own = dict.fromkeys(member.term.curie for member in concept.members)
    return sorted(
        (curie for curie in own if prefix_of(curie) != LOCAL_PREFIX), key=lambda curie: (_prefix_rank(curie), curie)
    )


def _prefix_rank(curie: str) -> int:
    prefix = prefix_of(curie)
    return PREFIXES.index(prefix) if prefix in PREFIXES else len(PREFIXES)


def _first_curie(concept: Concept) -> str | None:
    return next(iter(_curies(concept)), None)


def _xrefs(concept: Concept, curie: str | None) -> tuple[str, ...]:
    others = {*_curies(concept), *(xref for member in concept.members for xref in member.term.xrefs)}
    return tuple(sorted(others - {curie or ""}))


def _aliases(facet: Facet, found: Concepts, nodes: Sequence[Node]) -> Iterable[NodeAlias]:
    """Yield an alias for each other CURIE of a node, and for the key that the node would have by it."""
    reasons: dict[str, str] = {}
    for member in (member for concept in found.concepts for member in concept.members):
        reasons.setdefault(member.term.curie, "+".join(member.signals) or member.reason)
    other = {curie: (index, reasons.get(curie, "alt_id")) for curie, index in found.by_curie.items()}
    for curie, successor in found.replaced.items():
        if curie not in other and successor in found.by_curie:
            other[curie] = (found.by_curie[successor], "replaced_by")
    for curie, (index, reason) in other.items():
        node = nodes[index]
        if curie != node.curie and prefix_of(curie) != LOCAL_PREFIX:
            merged = "merged" if reason == "own" else reason
            yield NodeAlias(alias=curie, key=node.key, reason=merged)
            yield NodeAlias(alias=content_key("node", facet, curie), key=node.key, reason=merged)
