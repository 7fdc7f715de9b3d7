"""How far a stated relation is believed: a calibrated logistic over what speaks for it.

Its weights are not negative, so that more claims never lower the confidence; benchmarks/train_relations.py fits them on
axioms of an ontology and on relations that were judged one by one.
"""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import exp, log, log2
from typing import Final, Protocol

from met.tree.associate.found import PATTERNS
from met.types import RelationKind

MIN_CONFIDENCE: Final = 0.9
TABLE: Final = "weights/relations.tsv"
BIAS: Final = "bias"
# One claim a document and pattern counts, and of one pattern so many.
_MOST: Final = 4
_EXCESS: Final = 10.83  # chi-square with one degree of freedom, p = 0.001
FEATURES: Final = (
    BIAS, *PATTERNS, "documents", "patterns", "named", "certain", "alone", "only_a_sign", "listed", "together",
    "excess",
)  # fmt: skip


class Claimed(Protocol):
    """What the confidence needs to know of a claim."""

    @property
    def pattern(self) -> str: ...
    @property
    def signals(self) -> tuple[str, ...]: ...
    @property
    def document(self) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """In how many sentences two nodes stand together; `excess` is the signed log-likelihood ratio against chance."""

    together: int
    excess: float


def excess(both: int, one: int, other: int, total: int) -> float:
    """Return the log-likelihood ratio (Dunning, 1993) of two nodes in `both` of `total` sentences; below 0 where that
    is rarer than chance.
    """
    if not both:
        return 0.0
    cells = (
        (both, one * other),
        (one - both, one * (total - other)),
        (other - both, other * (total - one)),
        (total - one - other + both, (total - one) * (total - other)),
    )
    ratio = 2 * sum(seen * log(seen * total / chance) for seen, chance in cells if seen > 0 and chance > 0)
    return ratio if both * total > one * other else -ratio


def features(claims: Iterable[Claimed], counted: Counted) -> tuple[float, ...]:
    """Return the values of FEATURES, each of which grows with what speaks for the relation."""
    known = list(claims)
    # A name says the same in every document.
    said = {(claim.pattern, "" if claim.pattern == "name_holds" else claim.document) for claim in known}
    of = {pattern: sum(one == pattern for one, _ in said) for pattern in PATTERNS}
    return (
        1.0,
        *(log2(1 + min(_MOST, of[pattern])) for pattern in PATTERNS),
        log2(len({document for _, document in said}) or 1),
        log2(sum(map(bool, of.values())) or 1),
        float(any("named" in claim.signals for claim in known)),
        float(any("hedged" not in claim.signals for claim in known)),
        float(any("other" not in claim.signals for claim in known)),
        float(any("also" not in claim.signals for claim in known)),
        float(any("listed" in claim.signals for claim in known)),
        log2(1 + min(_MOST, counted.together)),
        log(1 + max(0.0, counted.excess) / _EXCESS),
    )


def confidence_of(kind: RelationKind, claims: Iterable[Claimed], counted: Counted) -> float:
    """Return the probability, 0 to 1 at 4 decimals, that claims for one relation are right; 0 where there is none."""
    known = list(claims)
    if not known:
        return 0.0
    return probability(features(known, counted), weights()[kind])


def probability(row: Sequence[float], weight: Sequence[float]) -> float:
    """Return the logistic of the weighted sum at 4 decimals."""
    return round(1 / (1 + exp(-sum(value * share for value, share in zip(row, weight, strict=True)))), 4)


@cache
def weights() -> Mapping[str, tuple[float, ...]]:
    """Return the weights of FEATURES for each kind of relation, as they ship.

    Raises:
        ValueError: the table was written for other features.
    """
    text = (files("met.tree") / TABLE).read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines(), delimiter="\t"))
    if tuple(row["feature"] for row in rows) != FEATURES:
        raise ValueError(f"{TABLE} was written for other features: run benchmarks/train_relations.py")
    return {kind: tuple(float(row[kind]) for row in rows) for kind in rows[0] if kind != "feature"}
