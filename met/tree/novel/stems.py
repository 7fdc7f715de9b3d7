"""What the noun and the adjective of one part share, by which words of definitions are compared."""

from collections.abc import Iterable
from typing import Final

from met.tree.normalise.keys import LITTLE

_STEM: Final = 6
# Words of every definition.
_EVERYWHERE_WORDS: Final = (
    "that which who whose where when is are was were be been has have its it this these those there from into between "
    "through one two three also each both other others more most several many any some called known found located"
)
_EVERYWHERE: Final = frozenset(_EVERYWHERE_WORDS.split())
_SAME: Final = {
    "hepatic": "liver", "renal": "kidney", "cardiac": "heart", "pulmonary": "lung", "gastric": "stomach",
    "cerebral": "brain", "musculus": "muscle", "muscular": "muscle", "uterine": "uterus", "nasal": "nose",
    "femoral": "femur", "tibial": "tibia", "ovarian": "ovary", "spinal": "spine", "cutaneous": "skin",
}  # fmt: skip


def told_stems(words: Iterable[str]) -> frozenset[str]:
    """Return the stems of the words of a definition that say something."""
    return frozenset(kindred_stem(word) for word in words if word not in LITTLE and word not in _EVERYWHERE)


def kindred_stem(word: str) -> str:
    """Return what the noun and the adjective of one part share: its first letters, or the noun where they differ.

    >>> kindred_stem("epidermis") == kindred_stem("epidermal"), kindred_stem("renal")
    (True, 'kidney')
    """
    return _SAME.get(word, word)[:_STEM]
