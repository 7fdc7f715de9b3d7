"""Which pairs of a build leave: those under a node, for a use, and no more of a node than is asked for."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from met.errors import BadInput
from met.export.balance import EVERY, Balance, Counted, Quota, balanced, read_quotas, unmet
from met.export.samples import samples_of
from met.harvest.privacy import Phi
from met.store import Store
from met.store.dossiers import load_dossiers
from met.types import Dossier, Drop
from tasks.nodes import node_of

DOSSIERS_A_READ = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which part of a build is exported: under a node (key), for a use, by privacy, and how it is balanced."""

    node: str | None = None
    licence: Literal["commercial"] | None = None
    phi: Phi | None = None
    balance: Balance = EVERY

    def asked(self) -> list[Any]:
        """Return what tells one question from another; where nothing is balanced, not a word of balance."""
        balance = [self.balance.facts()] if self.balance.is_asked else []
        return [self.node, self.licence, *([self.phi] if self.phi else []), *balance]


def balance_of(build: str, cap_per_node: int | None, quotas: str | None) -> Balance:
    """Return the balance that a cap and a table of quotas ask for in the tree of a build.

    Raises:
        BadInput: the table cannot be used, or means one node twice.
        NotFound: the tree has no such node.
    """
    named = [(node_of(build, name), least, most) for name, least, most in (read_quotas(Path(quotas)) if quotas else [])]
    twice = [key for key, count in Counter(key for key, _, _ in named).items() if count > 1]
    if twice:
        raise BadInput(what=f"quotas {quotas}", why=f"two of its names mean the node {twice[0]}")
    return Balance(
        cap_per_node=cap_per_node,
        quotas={key: Quota(node=key, at_least=least, at_most=most) for key, least, most in named},
    )


def balanced_panels(
    store: Store, build: str, panels: Sequence[str], wanted: Wanted
) -> tuple[list[str], list[Drop], list[dict[str, Any]]]:
    """Return the panels that the balance keeps, Drops of those that it refuses, and the quotas that are not filled.

    What may not leave anyway takes nobody's place, and goes on to be refused for its own reason.
    """
    rows = store.query(
        "balance_rows",
        build=build,
        panels=panels,
        named=sorted(wanted.balance.quotas),
        every=wanted.balance.cap_per_node is not None,
    )
    leaving = {
        dossier.panel.key
        for dossier in dossiers_of(store, build, panels)
        if samples_of(dossier, use=wanted.licence or "any", phi=wanted.phi)[0]
    }
    counted = [
        Counted(panel=row.panel, nodes=frozenset(row.nodes), strength=row.strength)
        for row in rows
        if row.panel in leaving
    ]
    kept, refused = balanced(counted, wanted.balance)
    lacking = unmet([pair for pair in counted if pair.panel in set(kept)], wanted.balance)
    left_out = {drop.item for drop in refused}
    return [panel for panel in panels if panel not in left_out], refused, lacking


def dossiers_of(store: Store, build: str, panels: Sequence[str]) -> Iterator[Dossier]:
    """Yield the dossiers of panels, a few read at a time; they come in key order where `panels` do."""
    for start in range(0, len(panels), DOSSIERS_A_READ):
        yield from load_dossiers(store, build, panels[start : start + DOSSIERS_A_READ])
