"""What anchoring knows of a tree beside its names: what stands above a node, and what one node's name says of another.

"Skin rash" is a rash of the skin and a blood smear shows blood; ground-glass opacity is said of the lung alone.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from met.anchor.sights import NODE_OF
from met.tree.lexicon import Lexicon
from met.types import Edge, Facet, Node

# Facets whose names tell what they are seen on.
_TELLING: Final[frozenset[Facet]] = frozenset({"modality", "symptom"})
_INFECTIONS: Final = frozenset({"infectious disease", "disease by infectious agent", "infection"})
# Organs that images are of by what they are, and findings that are said of one organ alone.
_OF_ORGAN: Final[tuple[tuple[str, str], ...]] = (
    ("breast", r"mammography|breast .*"),
    ("brain", r"functional magnetic resonance imaging|electroencephalography|diffusion tensor imaging"),
    ("heart", r"echocardiography|transthoracic echocardiography|transesophageal echocardiography|electrocardiography"),
    ("blood", r"blood smear"),
    ("retina", r"fundus photography|fluorescein angiography"),
    (
        "lung",
        r"ground[- ]glass opaci\w+|air bronchogram|honeycombing|crazy[- ]paving.*|tree-in-bud.*|interlobular septal"
        r" thickening|pulmonary .*|reticular pattern|centrilobular nodules|subsolid nodule|atelectasis|lung .*",
    ),
)
_PREPARED: Final = re.compile(r"(?:stain|smear|histochemistry|hybridization|section|imaging)$")
_BEHIND_OF: Final = re.compile(r" of (?:the )?", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Known:
    """`parents` of nodes; `names` of each, its own first; `kinds`: the node of each kind of image; `shown_on`: the
    anatomy that a node's name tells.

    `infections` are the nodes that head all infections, `preparations` modalities that tell how a slide was made.
    """

    parents: Mapping[str, Sequence[str]] = field(default_factory=dict)
    names: Mapping[str, Sequence[str]] = field(default_factory=dict)
    kinds: Mapping[str, str] = field(default_factory=dict)
    shown_on: Mapping[str, Sequence[str]] = field(default_factory=dict)
    infections: frozenset[str] = frozenset()
    preparations: frozenset[str] = frozenset()

    @cached_property
    def _above(self) -> dict[str, frozenset[str]]:
        return {}

    def above(self, node: str) -> frozenset[str]:
        """Return every node over `node`, without itself."""
        found = self._above.get(node)
        if found is None:
            seen: set[str] = set()
            open_ = list(self.parents.get(node, ()))
            while open_:
                parent = open_.pop()
                if parent not in seen:
                    seen.add(parent)
                    open_ += self.parents.get(parent, ())
            found = self._above[node] = frozenset(seen)
        return found

    def is_infection(self, node: str) -> bool:
        """Return whether a germ causes this disease."""
        return node in self.infections or not self.infections.isdisjoint(self.above(node))

    def agrees(self, node: str, kind: str) -> bool:
        """Say whether an image of that kind may be of the modality `node`; a technique of no kind agrees with all."""
        own = self.kinds.get(kind)
        line = self.above(node) | {node}
        if own is None or own in line or node in self.above(own):
            return True
        return not any(other in line for other in self.kinds.values())


NOTHING: Final = Known()


def known_of(nodes: Iterable[Node], edges: Iterable[Edge], lexicon: Lexicon) -> Known:
    """Return what is known of a tree whose names `lexicon` holds."""
    told = list(nodes)
    parents: defaultdict[str, list[str]] = defaultdict(list)
    for edge in edges:
        parents[edge.child].append(edge.parent)
    modalities = {node.name.casefold(): node.key for node in told if node.facet == "modality"}
    return Known(
        parents={child: tuple(sorted(own)) for child, own in parents.items()},
        names={node.key: (node.name, *node.synonyms) for node in told},
        kinds={kind: modalities[name] for kind, name in NODE_OF.items() if name in modalities},
        shown_on=_shown_on(told, lexicon),
        preparations=frozenset(
            node.key for node in told if node.facet == "modality" and _PREPARED.search(node.name) is not None
        ),
        infections=frozenset(node.key for node in told if node.name.casefold() in _INFECTIONS),
    )


def _shown_on(nodes: Sequence[Node], lexicon: Lexicon) -> dict[str, tuple[str, ...]]:
    anatomy = {node.key for node in nodes if node.facet == "anatomy"}
    telling = [node for node in nodes if node.facet in _TELLING and " " in node.name]
    # "Skin rash", "opacity of the lung": the part begins the name, or stands behind "of".
    parts = [(node.name.rpartition(" ")[0], (_BEHIND_OF.split(node.name, 1)[1:] or [""])[0]) for node in telling]
    found = iter(lexicon.find_all([part for each in parts for part in each]))
    on: defaultdict[str, set[str]] = defaultdict(set)
    for node in telling:
        for match in (*next(found), *next(found)):
            if match.start == 0:
                on[node.key] |= anatomy.intersection(match.nodes)
    organs = {node.name.casefold(): node.key for node in nodes if node.facet == "anatomy"}
    for organ, names in _OF_ORGAN:
        if organ in organs:
            said = re.compile(names, re.IGNORECASE)
            for node in nodes:
                if node.facet in _TELLING and said.fullmatch(node.name):
                    on[node.key].add(organs[organ])
    return {key: tuple(sorted(some)) for key, some in on.items() if some}
