"""Veins are no arteries: what keeps a vessel of the one kind from standing under one of the other.

Of 1,897 edges of UBERON whose child is called a vein or an artery, 3 lead to what its names and definition call the
other kind alone.
"""

import re
from typing import Final

from met.tree.attach.ground import Entity

_VEIN: Final = re.compile(r"\b(?:veins?|venous|ven(?:a|ae)|venules?)\b", re.IGNORECASE)
_ARTERY: Final = re.compile(r"\b(?:arter(?:y|ies|ial|ioles?)|aort(?:a|ic))\b", re.IGNORECASE)
_KINDS: Final = ((_VEIN, _ARTERY), (_ARTERY, _VEIN))


def other_vessel(concept: Entity) -> tuple[re.Pattern[str], re.Pattern[str]] | None:
    """Return what speaks of the kind of vessel that the name of a concept says, and of the other; None for others.

    >>> other_vessel(Entity(key="a", names=("heart",))) is None
    True
    """
    name = concept.names[0]
    return next((kinds for kinds in _KINDS if kinds[0].search(name) and not kinds[1].search(name)), None)


def is_of(parent: Entity, kinds: tuple[re.Pattern[str], re.Pattern[str]]) -> bool:
    """Say whether names and definition of `parent` speak of the other kind alone.

    >>> kinds = other_vessel(Entity(key="a", names=("plantar venous arch",)))
    >>> arch = Entity(key="b", names=("plantar arch",), definition="Formed from plantar arteries.")
    >>> kinds is not None and is_of(arch, kinds)
    True
    """
    own, other = kinds
    said = " ".join((*parent.names, parent.definition or ""))
    return other.search(said) is not None and own.search(said) is None
