"""How much money a run may spend on models, and how much it has."""

import threading
from decimal import Decimal

from met.types import Reply


class Purse:
    """The money of one run, shared by all threads and all models that answer. Without a limit it is never empty."""

    def __init__(self) -> None:
        """Hold any amount."""
        self._left: Decimal | None = None
        self._lock = threading.Lock()

    def fill(self, usd: Decimal | None) -> None:
        """So much may be spent from now on; None for any amount."""
        with self._lock:
            self._left = usd

    def spend(self, reply: Reply) -> None:
        """Take out what an answer cost."""
        with self._lock:
            if self._left is not None:
                self._left -= reply.usd

    @property
    def is_empty(self) -> bool:
        """Whether nothing more may be asked."""
        with self._lock:
            return self._left is not None and self._left <= 0
