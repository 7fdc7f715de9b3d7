"""What tokens of a model cost."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

PER: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """USD per million tokens of prompts and of replies; two models may have two."""

    tokens_in: Decimal = Decimal(0)
    tokens_out: Decimal = Decimal(0)

    def usd(self, tokens_in: int, tokens_out: int) -> Decimal:
        """Return the price of so many tokens.

        >>> Prices(tokens_in=Decimal(3), tokens_out=Decimal(10)).usd(200_000, 40_000)
        Decimal('1')
        """
        return (tokens_in * self.tokens_in + tokens_out * self.tokens_out) / PER


FREE: Final = Prices()
