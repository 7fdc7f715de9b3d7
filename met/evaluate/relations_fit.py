"""Fits how far a stated relation is believed: on axioms of an ontology, then calibrated on relations judged one by one.

Axioms are incomplete, so what they do not say is no proof; they order what speaks for a relation, and the judged ones
say how probable it is (positive and unlabelled examples; Elkan and Noto, 2008, and Platt, 1999).
"""

from collections.abc import Iterable, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from met.keys import digest
from met.tree.associate import Associations, stated_in
from met.tree.associate.confidence import features
from met.types import Edge, Relation, RelationKind

Triple = tuple[str, RelationKind, str]
_RIDGE: Final = 1.0
_STEEP: Final = (0.25, 4.0)
FOLDS: Final = 2


class Axioms:
    """What axioms say of each disease, with what its ancestors have, and how near an object is to what they say."""

    def __init__(self, stated: Iterable[Relation], edges: Iterable[Edge]) -> None:
        self.exact: dict[RelationKind, set[tuple[str, str]]] = {}
        self._objects: dict[tuple[RelationKind, str], set[str]] = {}
        for one in stated:
            self.exact.setdefault(one.kind, set()).add((one.subject, one.object))
            self._objects.setdefault((one.kind, one.subject), set()).add(one.object)
        self._above: dict[str, set[str]] = {}
        for edge in edges:
            self._above.setdefault(edge.child, set()).add(edge.parent)
        self._closed: dict[str, frozenset[str]] = {}

    def subjects(self, kind: RelationKind) -> set[str]:
        """Return the diseases that have an axiom of that kind themselves."""
        return {subject for subject, _ in self.exact.get(kind, set())}

    def ancestors(self, node: str) -> frozenset[str]:
        """Return all nodes above a node over edges of every kind, itself among them."""
        if node not in self._closed:
            found, open_nodes = {node}, [node]
            while open_nodes:
                new = self._above.get(open_nodes.pop(), set()) - found
                found |= new
                open_nodes += sorted(new)
            self._closed[node] = frozenset(found)
        return self._closed[node]

    def agree(self, subject: str, kind: RelationKind, target: str) -> bool:
        """Say whether an axiom of the subject, or of one above it, names the object, one above or one below it."""
        return any(
            self.near(target, said)
            for above in self.ancestors(subject)
            for said in self._objects.get((kind, above), ())
        )

    def near(self, one: str, other: str) -> bool:
        """Say whether one of two nodes stands above the other, or both are one."""
        return one in self.ancestors(other) or other in self.ancestors(one)


def rows_of(found: Associations, kind: RelationKind) -> tuple[list[Triple], NDArray[np.float64]]:
    """Return the stated relations of a kind and their features, shape (n, features)."""
    stated = stated_in(found)
    keys = sorted(key for key in stated if key[1] == kind)
    rows = [features(stated[key], found.counted(key[0], key[2])) for key in keys]
    return keys, np.array(rows, dtype=np.float64).reshape(len(keys), -1)


def fitted(rows: NDArray[np.float64], right: NDArray[np.bool_], *, ridge: float = _RIDGE) -> NDArray[np.float64]:
    """Return the weights of a ridge logistic regression, the first free, all others at least 0."""

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        score = rows @ weights
        found = 1 / (1 + np.exp(-score))
        doubt = float(np.logaddexp(0, np.where(right, -score, score)).sum())
        gradient = rows.T @ (found - right)
        return doubt + ridge * float(weights[1:] @ weights[1:]) / 2, gradient + ridge * np.concatenate(
            ([0.0], weights[1:])
        )

    bounds = [(None, None)] + [(0.0, None)] * (rows.shape[1] - 1)
    return np.asarray(minimize(loss, np.zeros(rows.shape[1]), jac=True, bounds=bounds, method="L-BFGS-B").x)


def calibrated(
    weights: NDArray[np.float64], rows: NDArray[np.float64], right: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Return `weights` scaled and shifted so that their logistic is the probability of the judged ones (Platt)."""
    score = rows[:, 1:] @ weights[1:]
    # One right and one wrong more than were judged keep the shift finite.
    both = np.r_[score, score.mean(), score.mean()] if len(score) else np.zeros(2)
    truth = np.r_[right, True, False]

    def loss(two: NDArray[np.float64]) -> float:
        value = two[0] + two[1] * both
        return float(np.logaddexp(0, np.where(truth, -value, value)).sum())

    shift, steep = minimize(loss, np.array([0.0, 1.0]), bounds=[(None, None), _STEEP], method="L-BFGS-B").x
    return np.concatenate(([shift], steep * weights[1:]))


def weights_for(
    found: Associations,
    kind: RelationKind,
    axioms: Axioms,
    labels: Mapping[Triple, bool],
    *,
    without: int | None = None,
) -> NDArray[np.float64]:
    """Return the weights of a kind: ordered by axioms where there are any, else by what was judged.

    Diseases of the half `without` are left out.
    """
    keys, rows = rows_of(found, kind)
    mine = [at for at, key in enumerate(keys) if half_of(key[0]) != without]
    judged = [at for at in mine if keys[at] in labels]
    right = np.array([labels[keys[at]] for at in judged], dtype=np.bool_)
    subjects = axioms.subjects(kind)
    asked = [at for at in mine if keys[at][0] in subjects]
    if asked:
        truth = np.array([axioms.agree(*keys[at]) for at in asked], dtype=np.bool_)
        order = fitted(rows[asked], truth)
    else:
        order = fitted(rows[judged], right)
    return np.round(calibrated(order, rows[judged], right), 4)


def half_of(subject: str) -> int:
    """Return the fold of a disease; keys are digests, so the folds are as good as drawn by lot."""
    return int(digest(subject)[:8], 16) % FOLDS
