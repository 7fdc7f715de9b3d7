"""Wrong options: nodes apart from the answer in the tree, without any that could be right too."""

from collections.abc import Iterable, Iterator
from functools import cache

from met.keys import digest
from met.synth.fields import fields_of
from met.synth.options import Scene, option_of, scene_of, sorts_of
from met.tree.names import normal_form, tokens
from met.types import Dossier, Node, PlacedNode

WRONG = 3
# Two names that differ in these alone name the two sides of one thing, and an image may show both.
_SIDES = frozenset(("left", "right", "both", "upper", "lower", "superior", "inferior", "anterior", "posterior"))
# A name of these alone, or one of a finding or disease that ends so, is a heading of the tree, and right for whatever
# stands beside it.
_GENERAL = frozenset(("imaging", "image", "technique", "method", "procedure", "view", "plane", "entity", "structure"))
_HEADINGS = frozenset(("abnormality", "disorder", "disorders", "finding", "findings", "morphology", "physiology"))
_CLASS = ("infectious", "disease")
# No structure, though anatomies name them: what a smear is made of.
_SUBSTANCES = frozenset(("fluid", "mucus", "plasma", "pus", "saliva", "secretion", "serum", "sputum", "urine"))
_CELL = frozenset(("cell", "cells"))
_TISSUE = frozenset(("cartilage", "epithelium", "tissue", "tissues"))
# What one image seldom shows together with another of its kind; of structures, cells, devices, findings it holds many.
_EXCLUSIVE = ("modality", "disease", "organism", "procedure")


def distractors_of(dossier: Dossier, node: str) -> tuple[str, ...]:
    """Return up to three names of nodes that the image cannot show beside `node`, in an order fixed by their digest.

    For a kind of image, a disease, an organism or a procedure these are siblings. Structures, cells, devices and
    findings do not exclude their siblings. For structures and findings, nodes that every reader knows stand in
    (`met.synth.options`): of the level of the answer, in another organ system, and in a scan or photograph in another
    zone of the body than all that the caption names as shown.

    Left out are nodes above and below the answer, whatever a text of the figure names, anchored nodes whatever their
    role, names that contain that of the answer or of an anchored node of its facet or are contained in it
    ("parenchymal consolidation" beside "consolidation"), the other side of the same thing, and headings of the tree
    ("imaging technique").
    """
    placed = dossier.nodes[node]
    found = _siblings(placed) if placed.node.facet in _EXCLUSIVE else _elsewhere(dossier, placed)
    refused = names_in_text(dossier) | rivals_of(dossier, (node,))
    anchored = {anchor.node for anchor in dossier.anchors}
    rivals = [placed.node, *(one for one in _nodes(dossier, anchored) if one.facet == placed.node.facet)]
    text = text_of(dossier)
    names: dict[str, tuple[str, str]] = {}
    for name, other in found:
        forms = (name, other.name, *other.synonyms)
        if (
            other.key not in anchored
            and refused.isdisjoint(map(normal_form, forms))
            and not any(_overlaps(name, rival) for rival in rivals)
            and not is_heading(other)
            and not any(is_named(form, text) for form in forms)
        ):
            names.setdefault(normal_form(name), (other.key, name))
    ranked = sorted(names.values(), key=lambda option: digest([dossier.panel.key, *option]))
    return tuple(name for _, name in ranked[:WRONG])


def is_heading(node: Node) -> bool:
    """Say whether the node is a heading of the tree, or a fluid, and no thing that an image shows by itself.

    >>> from types import SimpleNamespace as N
    >>> [is_heading(N(name=name, facet="symptom")) for name in ("skin finding", "Abnormal lung morphology", "wheal")]
    [True, True, False]
    """
    words = tokens(node.name)
    if _GENERAL.issuperset(words) or (node.facet == "anatomy" and words[-1] in _SUBSTANCES):
        return True
    return node.facet in ("disease", "symptom") and (words[-1] in _HEADINGS or words[-2:] == _CLASS)


def names_in_text(dossier: Dossier, *, besides: Iterable[str] = ()) -> frozenset[str]:
    """Return the normal forms of all names of the anchored nodes, those of `besides` left out."""
    left_out = frozenset(besides)
    anchored = {anchor.node for anchor in dossier.anchors} - left_out
    return frozenset(name for node in anchored for name in _names(dossier.nodes[node]))


def rivals_of(dossier: Dossier, nodes: Iterable[str]) -> frozenset[str]:
    """Return the normal forms of the names that are right wherever one of `nodes` is: its own and its ancestors'."""
    placed = [dossier.nodes[node] for node in nodes]
    own = {name for one in placed for name in _names(one)}
    return frozenset(own | {normal_form(name) for one in placed for name in one.path})


def text_of(dossier: Dossier) -> str:
    """Return every text of the figure, word by word: caption, titles, and the passages that cite it."""
    mentions = (mention.text for mention in dossier.mentions)
    texts = (dossier.article.title, dossier.figure.title or "", dossier.figure.caption, *mentions)
    return f" {' | '.join(normal_form(text) for text in texts)} "


def is_named(name: str, text: str) -> bool:
    """Say whether a text of normal form names something by this name, or by its plural.

    >>> is_named("Pulmonary nodule", " a pulmonary nodules b ")
    True
    """
    form = normal_form(name)
    return any(f" {each} " in text for each in (form, *_plurals(form))) if form else False


@cache
def _plurals(form: str) -> tuple[str, ...]:
    ends = {"y": "ies", "is": "es", "us": "i", "um": "a"}
    turned = (form[: -len(end)] + plural for end, plural in ends.items() if form.endswith(end))
    return (f"{form}s", f"{form}es", *turned)


def _siblings(placed: PlacedNode) -> Iterator[tuple[str, Node]]:
    siblings = {key for key, _ in placed.siblings}
    yield from ((other.name, other) for other in placed.others if other.key in siblings)


def _elsewhere(dossier: Dossier, placed: PlacedNode) -> Iterator[tuple[str, Node]]:
    """Yield the known nodes of the answer's level that lie in none of the fields that the panel is about."""
    scene = scene_of(dossier.modality.label if dossier.modality else "unknown")
    if scene is None:
        return
    names = (placed.node.name, *placed.node.synonyms)
    level = _level(placed.node)
    sorts = sorts_of(scene, level)
    shown = [dossier.nodes[anchor.node].node.name for anchor in dossier.anchors if anchor.role == "depicted"]
    fields = fields_of((*names, *placed.path, *shown, dossier.checkable, dossier.figure.title or ""), sorts)
    seen = _seen_as(scene, fields) if level == "organ" else scene
    for other in placed.others:
        option = option_of(other)
        if option is None or option.level != level or seen not in option.scenes:
            continue
        there = option.within(sorts)
        if fields and there and there.isdisjoint(fields):
            yield option.name, other


def _seen_as(scene: Scene, fields: frozenset[str]) -> Scene:
    """Return the scene; where nothing says what part of the body is shown, parts of the body may be in the image."""
    return "inner" if scene in ("photo", "scan") and fields.isdisjoint(("head", "trunk", "limb")) else scene


def _level(node: Node) -> str:
    if node.facet == "symptom":
        return "finding"
    if not _CELL.isdisjoint(tokens(node.name)[-1:]):
        # A cell is in many organs, so none of them is wrong where it is shown.
        return "cell"
    return "organ" if _TISSUE.isdisjoint(tokens(node.name)) else "tissue"


def _nodes(dossier: Dossier, keys: Iterable[str]) -> list[Node]:
    return [dossier.nodes[key].node for key in sorted(keys)]


def _names(placed: PlacedNode) -> tuple[str, ...]:
    return tuple(normal_form(name) for name in (placed.node.name, *placed.node.synonyms))


def _overlaps(name: str, rival: Node) -> bool:
    words = frozenset(tokens(name)) - _SIDES
    for other in (rival.name, *rival.synonyms):
        answer = frozenset(tokens(other)) - _SIDES
        if words <= answer or answer <= words:
            return True
    return False
