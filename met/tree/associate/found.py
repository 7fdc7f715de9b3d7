"""What a sentence can state of two entities: the patterns by name, and one statement."""

from dataclasses import dataclass
from typing import Final

from met.types import RelationKind, Span

PATTERNS: Final = (
    "symptoms_include", "symptom_section", "causes", "patients_have", "characterized_by", "symptom_of", "affects",
    "disease_of", "name_holds", "shows", "seen_by", "part_of", "consists_of",
)  # fmt: skip
# The subject is named in the sentence, it states a possibility, it names another disease, the object is named like a
# disease too, the object is one of several listed.
SIGNALS: Final = ("named", "hedged", "other", "also", "listed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A relation that a sentence states; `at` are the offsets of the object's name."""

    kind: RelationKind
    subject: str
    object: str
    at: Span
    pattern: str
    signals: tuple[str, ...] = ()
