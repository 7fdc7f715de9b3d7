"""Every exception of the engine. The docstring of each is its message, with named holes.

MetError
├── BadInput          the user gave something that cannot be used: exit code 2, one line
│   ├── BadOntology
│   ├── BadSetting
│   └── NotFound
├── Unavailable       an outside service does not answer: retried, then exit code 2, one line
│   ├── DatabaseUnavailable
│   ├── ServerUnavailable
│   └── ModelUnavailable
├── ChangedMigration
├── LateWriter        another worker holds the lease: this one's rows are rolled back
├── GateFailed        the flow stops and says which rows
├── BudgetSpent       what had been asked is kept; the next run goes on
└── ShardFailed       a share of a stage, on another machine, did not complete

A permanent "no" about one item is no exception but a `Drop` (met/types).
"""

from string import Formatter
from typing import Any


class MetError(Exception):
    """{message}"""

    def __init__(self, **holes: Any) -> None:
        template = (type(self).__doc__ or "").split("\n")[0]
        missing = {name for _, name, _, _ in Formatter().parse(template) if name} - holes.keys()
        if missing:
            raise TypeError(f"{type(self).__name__} needs {sorted(missing)}")
        self.holes = holes
        super().__init__(template.format(**holes))

    def __reduce__(self) -> tuple[Any, ...]:
        # Prefect pickles exceptions, and keyword-only construction does not survive the default.
        return (_rebuild, (type(self), self.holes))


def _rebuild(cls: type[MetError], holes: dict[str, Any]) -> MetError:
    return cls(**holes)


class BadInput(MetError):
    """{what}: {why}"""


class BadOntology(BadInput):
    """ontology {path}: {why}"""


class BadSetting(BadInput):
    """setting {name}: {why}"""


class NotFound(BadInput):
    """{what} {name!r} not found{hint}"""


class Unavailable(MetError):
    """{service} does not answer: {why}"""


class DatabaseUnavailable(Unavailable):
    """the database at {address} does not answer: {why}"""


class ServerUnavailable(Unavailable):
    """the Prefect server at {address} does not answer: {why}"""


class ModelUnavailable(Unavailable):
    """the model endpoint {address} does not answer: {why}"""


class ChangedMigration(MetError):
    """migration {name} was applied with other content: restore the file, and add a new migration instead"""


class LateWriter(MetError):
    """the lease on {items} items of stage {stage} was taken over by another worker: nothing was written"""


class GateFailed(MetError):
    """gate {name} failed on {rows} rows: {why}"""


class BudgetSpent(MetError):
    """the budget is spent: {left} items of stage {stage} wait, and the next run goes on with them"""


class ShardFailed(MetError):
    """shard {number} of {shards} of stage {stage} ended as {state}: see its flow run"""
