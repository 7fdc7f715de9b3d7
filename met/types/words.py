"""The closed sets of words that rows use, and what a box and a span are."""

from typing import Literal, TypeAlias

Facet: TypeAlias = Literal[
    "disease", "anatomy", "modality", "symptom", "cell", "organism", "device", "procedure", "normal"
]
EdgeKind: TypeAlias = Literal["is_a", "part_of", "unknown"]
RelationKind: TypeAlias = Literal["located_in", "has_symptom", "seen_on", "part_of"]
EvidenceKind: TypeAlias = Literal["mention", "synonym", "definition", "edge", "relation"]
Authority: TypeAlias = Literal["guideline", "textbook", "review", "article", "web"]
Assertion: TypeAlias = Literal["affirmed", "negated", "hypothetical"]
DataClass: TypeAlias = Literal["open", "restricted", "phi"]
Privacy: TypeAlias = Literal["clean", "flagged", "unscreened"]
Role: TypeAlias = Literal["depicted", "diagnosis", "control", "normal", "comparator", "history", "mentioned"]
Polarity: TypeAlias = Literal["affirmed", "negated"]
Certainty: TypeAlias = Literal["certain", "hedged"]
TextField: TypeAlias = Literal["subcaption", "caption", "mention", "title"]
Needs: TypeAlias = Literal["image", "image+context", "knowledge"]
Tag: TypeAlias = Literal["visible", "context", "outcome"]
EngineName: TypeAlias = Literal["rules", "vllm"]
Box: TypeAlias = tuple[int, int, int, int]
Span: TypeAlias = tuple[int, int]
