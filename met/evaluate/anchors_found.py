"""What a build anchors, and the gold in the keys of its tree."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from met.evaluate.anchors_gold import GoldAnchor, PlacedPanel
from met.harvest.modality import ModalityModel
from met.types import Facet, Polarity, Role


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedNode:
    """A node of the tree by one of the CURIEs that mean it; None where it has none."""

    key: str
    facet: Facet
    name: str
    curie: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundAnchor:
    """An anchor of the build; `method` names what spoke for it, joined by `+`."""

    panel: str
    node: str
    role: Role
    polarity: Polarity
    score: float
    method: str


def _nobody(_panels: Iterable[str]) -> frozenset[str]:
    return frozenset()


def _nothing(_models: Mapping[str, ModalityModel]) -> tuple[FoundAnchor, ...]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchored:
    """What a build holds: panels, anchors, the nodes of its tree, and (child, parent) pairs around anchored nodes.

    `searches` by name return the panels that nodes find by the fused retrieval, the best first. `learnt` are those of
    some panels in whose image files the weights of the kind of image learnt, `again` the anchors of some panels where
    each is told its kind by another model.
    """

    panels: Sequence[PlacedPanel]
    anchors: Sequence[FoundAnchor]
    nodes: Sequence[NamedNode]
    near: frozenset[tuple[str, str]]
    searches: Mapping[str, Callable[[frozenset[str]], Sequence[str]]] = field(default_factory=dict)
    learnt: Callable[[Iterable[str]], frozenset[str]] = _nobody
    again: Callable[[Mapping[str, ModalityModel]], Sequence[FoundAnchor]] = _nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Right:
    """A line of the gold with the keys of its nodes in the tree; `first` are those that bear the name of the first."""

    gold: GoldAnchor
    keys: frozenset[str]
    first: frozenset[str]
    around: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledPanel:
    """A panel of the build and all that is right for it; `lacking` is asked for, and the tree has no node of it."""

    name: str
    key: str
    rights: Sequence[Right]
    lacking: Sequence[GoldAnchor] = ()


def finder(anchored: Anchored) -> Callable[[GoldAnchor], Right]:
    """Return what finds the keys of a line of the gold."""
    keys: dict[str, set[str]] = defaultdict(set)
    names = {node.key: node.name.casefold() for node in anchored.nodes}
    for node in anchored.nodes:
        keys[f"{node.facet}:{node.name.casefold()}"].add(node.key)
        if node.curie:
            keys[node.curie.casefold()].add(node.key)
    beside: dict[str, set[str]] = defaultdict(set)
    for child, parent in anchored.near:
        beside[child].add(parent)
        beside[parent].add(child)

    def find(line: GoldAnchor) -> Right:
        found = [frozenset(keys.get(node.casefold(), ())) for node in line.nodes]
        every = frozenset(key for some in found for key in some)
        lead = {names[key] for key in next((some for some in found if some), frozenset[str]())}
        return Right(
            gold=line,
            keys=every,
            first=frozenset(key for key in every if names[key] in lead),
            around=every | frozenset(key for one in every for key in beside.get(one, ())),
        )

    return find
