"""The door to Postgres: rows, vectors, trees, the ledger. Nothing else in the engine speaks SQL."""

from met.store.ledger import Lease
from met.store.store import Store

__all__ = ["Lease", "Store"]
