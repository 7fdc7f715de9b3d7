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
    settings = doors.settings()
    if budget is not None and not (settings.price_in or settings.price_out):
        raise BadInput(what="--budget", why="nothing has a price: set MET_PRICE_IN and MET_PRICE_OUT")
    doors.purse().fill(None if budget is None else Decimal(str(budget_left(budget, run))))
    try:
        yield
    finally:
        doors.purse().fill(None)


def budget_left(budget: float | None, run: str) -> float | None:
    """Return what is left of the budget of a run, whoever spent of it since the run began; None for any amount."""
    if budget is None:
        return None
    (row,) = doors.store().query("spent_since", run=run)
    return max(0.0, budget - float(row.usd))
