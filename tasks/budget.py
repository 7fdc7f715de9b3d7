"""The money that a run may spend on models."""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal

from met.errors import BadInput
from tasks import doors


@contextmanager
def spending(budget: float | None, run: str) -> Iterator[None]:
    """Bound what this process spends on models for the length of the block.

    Raises:
        BadInput: there is a budget and no price, so it would never be spent.
    """
    if budget is not None and not _has_price():
        raise BadInput(what="--budget", why="nothing has a price: set MET_PRICE_IN and MET_PRICE_OUT")
    doors.purse().fill(None if budget is None else Decimal(str(budget_left(budget, run))))
    try:
        yield
    finally:
        doors.purse().fill(None)


def _has_price() -> bool:
    first = doors.settings()
    asked = (first,) if first.verifier_url is None else (first, doors.second_settings(first))
    return any(given.price_in or given.price_out for given in asked)


def budget_left(budget: float | None, run: str) -> float | None:
    """Return what is left of the budget of a run, whoever spent of it since the run began; None for any amount."""
    if budget is None:
        return None
    (row,) = doors.store().query("spent_since", run=run)
    return max(0.0, budget - float(row.usd))
