"""Derives is_a and part_of for anatomy, where the source gives edges without a kind. What cannot be derived is
`unknown`.
"""

import re
from typing import Final

from met.tree.names import normal_form, tokens
from met.types import EdgeKind

_NO_SUBTYPE: Final = frozenset({"future", "presumptive", "pre", "developing", "of", "in", "to", "by", "from"})
_GENUS: Final = re.compile(
    r"^(?:an?|the|any|one of the)\s+(.{3,60}?)\s+(?:that|which|of|in|located|found|within|forming)\b", re.IGNORECASE
)
_WHOLE: Final = re.compile(
    r"\b(?:part of|portion of|subdivision of|region of|component of|layer of|segment of)\s+(?:an?|the|"
    r"one)?\s*([^,.;()\[\]]{3,60})",
    re.IGNORECASE,
)


def edge_kind(*, curie: str, name: str, definition: str, parent: str) -> EdgeKind:
    """Return the kind of the edge from the term `curie` to the term called `parent`.

    MONDO's edges are is_a. For others the name speaks first: "left kidney" is a kidney, "wall of stomach" is part of
    the stomach; then the definition, by its genus ("A vein that ...") and by "part of a ...".

    >>> edge_kind(curie="UBERON:1", name="left kidney", definition="", parent="kidney")
    'is_a'
    >>> edge_kind(curie="UBERON:2", name="wall of stomach", definition="", parent="stomach")
    'part_of'
    >>> edge_kind(curie="UBERON:3", name="renal vein", definition="A vein that drains.", parent="vein")
    'is_a'
    >>> edge_kind(curie="UBERON:4", name="spleen", definition="", parent="immune system")
    'unknown'
    """
    if curie.startswith("MONDO:"):
        return "is_a"
    child, above = tokens(name), tokens(parent)
    if not above:
        return "unknown"
    if "of" in child:
        head, whole = child[: child.index("of")], child[child.index("of") + 1 :]
        if whole in (above, ("the", *above)):
            return "part_of"
        if head[-len(above) :] == above:
            return "is_a"
    elif len(child) > len(above) and child[-len(above) :] == above and not _NO_SUBTYPE & set(child[: -len(above)]):
        return "is_a"
    return _kind_by_definition(definition, normal_form(parent))


def _kind_by_definition(definition: str, parent: str) -> EdgeKind:
    genus = _GENUS.match(definition)
    if genus and normal_form(genus.group(1)) == parent:
        return "is_a"
    first = definition.partition(". ")[0]
    wholes = (normal_form(match.group(1)) for match in _WHOLE.finditer(first))
    return (
        "part_of"
        if any(whole == parent or whole.startswith(f"{parent} automatically") for whole in wholes)
        else "unknown"
    )
