"""The store: everything that the engine remembers, in one Postgres."""

import platform
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray
from psycopg.types.json import Jsonb
from sqlalchemy import Row

from met.stages import Stage
from met.store import inputs, ledger, pages, replies, search, tree, vectors
from met.store.database import Database, batches_of, run_query, run_statement
from met.store.ledger import Lease
from met.store.migrate import migrate
from met.store.rows import Placed, add_rows, select_rows
from met.store.search import Found, Near
from met.store.tables import relation_of
from met.store.worker import Worker
from met.types import Drop, Grown, Made, Reply, Source, SourceFile, WorkItem

T = TypeVar("T")

# A work list that is longer than this changes the tables so much that the planner needs new statistics at once.
MANY = 1000


class Store:
    """An open store. Threads may share it; a forked child may go on with it, with connections of its own.

    Every method is one transaction, and raises DatabaseUnavailable where the server cannot be reached.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._worker = Worker(database)

    @classmethod
    def open(cls, url: str) -> Self:
        """Return the store at a Postgres address.

        Raises:
            BadSetting: the address is not that of a Postgres.
            DatabaseUnavailable: nothing answers there; the message has the address without user and password.
        """
        database = Database(url)
        try:
            database.dedicated().close()
        except BaseException:
            database.close()
            raise
        return cls(database)

    def close(self) -> None:
        """Close every connection; what this process still leases is anybody's."""
        self._worker.close()
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def migrate(self) -> list[str]:
        """Bring the database to today's shape and return the names of the migrations that were applied.

        Raises:
            ChangedMigration: a file was changed after it was applied.
            BadInput: the database is of a newer version, or cannot have the extensions.
        """
        with self._database.session() as connection:
            return migrate(connection)

    # ------------------------------------------------------------ rows

    def query(self, name: str, /, **params: Any) -> list[Row[Any]]:
        """Return the rows of a named query of sql/queries."""
        with self._database.transaction() as connection:
            return run_query(connection, name, **params)

    def batches(self, name: str, size: int, /, **params: Any) -> Iterator[Sequence[Row[Any]]]:
        """Yield the rows of a named query in lists of at most `size`, in constant memory and one transaction."""
        with self._database.transaction() as connection:
            yield from batches_of(connection, name, size, **params)

    def execute(self, name: str, /, **params: Any) -> int:
        """Run a named statement of sql/queries and return the number of rows that it touched."""
        with self._database.transaction() as connection:
            return run_statement(connection, name, **params)

    def select(self, kind: type[T], /, *, build: str | None = None, tree: int | None = None, **columns: Any) -> list[T]:
        """Return the values of a type by key: those that a build covers now, those of a tree, or all there are.

        `columns` select by equality; a list, tuple or set means any of its values.

        Raises:
            TypeError: what is read has no such column.
        """
        where = dict(columns) if tree is None else {"tree": tree, **columns}
        if build is not None:
            where["build"] = build
        with self._database.transaction() as connection:
            return select_rows(connection, kind, relation=relation_of(kind, build=build), where=where)

    def add(
        self,
        rows: Iterable[Any],
        *,
        input: str | None = None,  # noqa: A002 - the name of the column
        version: str | None = None,
        tree: int | None = None,
    ) -> None:
        """Add values of mixed types; those that are there already stay as they are.

        Raises:
            TypeError: a type has no table, or its table needs `tree`, or `input` and `version`.
            ValueError: a text holds NUL or half of a surrogate pair.
        """
        place = {"input": input, "version": version, "tree": tree}
        with self._database.transaction() as connection:
            add_rows(connection, (Placed(row=row, place=place) for row in rows))

    # ------------------------------------------------------------ sources, trees, builds

    def put_source(self, source: Source, files: Sequence[SourceFile]) -> None:
        """The source stands in the store with exactly these files."""
        with self._database.transaction() as connection:
            inputs.put_source(connection, source, files)

    def put_build(self, *, sources: Sequence[str], tree: int | None, engine: str, settings: Mapping[str, Any]) -> str:
        """Return the key of the build of these sources (by key), tree, engine and settings.

        Raises:
            NotFound: there is no such tree.
        """
        with self._database.transaction() as connection:
            return inputs.put_build(connection, sources=sources, tree=tree, engine=engine, settings=settings)

    def find_tree(self, key: str) -> int | None:
        """Return the id of the tree of that key, or None."""
        with self._database.transaction() as connection:
            return tree.find_tree(connection, key)

    def put_tree(self, grown: Grown) -> int:
        """Add a tree, all of it in one transaction, and return its id.

        A tree of that key that is there already is returned as it is.
        """
        with self._database.transaction() as connection:
            number = tree.put_tree(connection, grown)
        self.execute("analyze_tree")
        return number

    def kept_apart(self) -> frozenset[tuple[str, str]]:
        """Return the pairs of concepts that people keep apart, the smaller first: CURIEs, or normal forms of names."""
        return frozenset((str(row.one), str(row.other)) for row in self.query("kept_apart"))

    def vectors(self, digests: Sequence[str], model: str) -> dict[str, NDArray[np.float32]]:
        """Return the vectors of a model that are there, by the digest of their text; kept in half precision."""
        with self._database.transaction() as connection:
            return vectors.read_vectors(connection, digests, model)

    def put_vectors(self, model: str, by_digest: Mapping[str, NDArray[Any]]) -> None:
        """Add the vectors of a model, by the digest of their text; what is there already stays."""
        with self._database.transaction() as connection:
            vectors.put_vectors(connection, model, by_digest)

    def nearest_panels(self, near: Near) -> list[Found]:
        """Return the panels whose subcaptions are nearest, nearest first, ties by key.

        Up to `search.MOST_COMPARED` panels are compared one by one, so that the result is exact; of more a walk through
        an index proposes. The first search in a build, and after it has changed, makes the table that is searched.
        """
        while True:
            with self._database.transaction() as connection:
                if search.is_ready(connection, near.build, near.model):
                    return search.nearest(connection, near)
            self.index_panels(near.build, near.model, near.tree)

    def index_panels(self, build: str, model: str, tree: int | None) -> int:
        """The panels of a build can be searched by vectors of `model` at once; return how many they are."""
        with self._database.transaction() as connection:
            return search.make_ready(connection, build, model, tree)

    def counts_are_due(self, scope: str, tree: int) -> bool:
        """Return whether the counts that pages show of a scope (a build or a tree) are older than what happened."""
        with self._database.transaction() as connection:
            return pages.counts_are_due(connection, scope, tree)

    def count_pages(self, scope: str, tree: int) -> float:
        """The counts that pages show of a scope are made anew; return the seconds that it took."""
        with self._database.transaction() as connection:
            seconds = pages.count_pages(connection, scope, tree)
        self.execute("analyze_pages")
        return seconds

    # ------------------------------------------------------------ replies

    def replies(self, keys: Sequence[str]) -> dict[str, Reply]:
        """Return the replies that are remembered, by the key of their request; their `item` is that key."""
        with self._database.transaction() as connection:
            return replies.read_replies(connection, keys)

    def put_replies(self, stage: str, by_key: Mapping[str, Reply], *, run: str) -> None:
        """Remember replies by the key of their request, and what each cost."""
        with self._database.transaction() as connection:
            replies.put_replies(connection, by_key)
            answers = [by_key[key] for key in sorted(by_key)]
            ledger.add_calls(connection, stage, answers, run=run)

    # ------------------------------------------------------------ the ledger

    def plan(self, build: str, stage: Stage, version: str) -> int:
        """Write the work list of a stage anew and return how many items it has; what is done stays done."""
        with self._database.transaction() as connection:
            planned = ledger.plan(connection, build, stage, version)
        if planned >= MANY:
            self.execute("analyze_work")
        return planned

    def pending(self, build: str, stage: str) -> list[str]:
        """Return the items of the work list that anybody can lease now, in the order of their keys."""
        return [str(row.item) for row in self.query("pending", build=build, stage=stage)]

    def unfinished(self, build: str, stage: str) -> list[str]:
        """Return the items of the work list that are open or that somebody holds, in the order of their keys."""
        return [str(row.item) for row in self.query("unfinished", build=build, stage=stage)]

    def lease(self, build: str, stage: str, items: Sequence[str], *, run: str) -> Lease:
        """Lease those of `items` that are open or that a dead worker holds, and leave the others out of the lease."""
        worker = self._worker.number()
        with self._database.transaction() as connection:
            return ledger.lease(connection, build, stage, items, worker=worker, run=run)

    def commit(self, lease: Lease, made: Sequence[Made], *, run: str, seconds: float) -> None:
        """Write all that was made of a lease, and close it, in one transaction; `seconds` are those of the whole lease.

        Raises:
            ValueError: `made` is not exactly one value per leased item, or an item is not kept and no Drop says why.
            LateWriter: the lease was taken over; nothing was written.
        """
        with self._database.transaction() as connection:
            ledger.commit(connection, lease, made, run=run, seconds=seconds)

    def put_drops(self, stage: str, work: WorkItem, drops: Sequence[Drop], *, run: str) -> None:
        """Add Drops that rest on no lease: those of an export, under the question that it answered."""
        with self._database.transaction() as connection:
            ledger.add_drops(connection, ((work, drop) for drop in drops), stage=stage, run=run)

    def release(self, lease: Lease) -> None:
        """Open the items of a lease again, those that are still its own."""
        with self._database.transaction() as connection:
            ledger.release(connection, lease)

    def reopen(self, build: str, stages: Sequence[str], items: Sequence[str]) -> int:
        """Forget what these stages made of these items, so that it is made anew; return how many items were opened."""
        with self._database.transaction() as connection:
            return ledger.reopen(connection, build, stages, items)

    # ------------------------------------------------------------ runs and gates

    def start_run(self, flow: str, parameters: Mapping[str, Any], *, prefect_run: str | None = None) -> str:
        """Record that a flow starts on this machine and return the key of the run."""
        key = f"run:{uuid4().hex}"
        self.execute(
            "start_run", key=key, flow=flow, parameters=parameters, machine=platform.node(), prefect_run=prefect_run
        )
        return key

    def end_run(self, key: str, *, status: str, seconds: Mapping[str, float]) -> None:
        """Record how a run ended (completed, failed, stopped) and the seconds of its stages."""
        self.execute("end_run", key=key, status=status, seconds=seconds)

    def put_gate(
        self,
        *,
        build: str,
        name: str,
        run: str,
        passed: bool,
        expectations: Sequence[Mapping[str, Any]],
        failing: Sequence[str],
    ) -> None:
        """Record the result of a gate: each expectation, and the items that failed."""
        row = {"build": build, "name": name, "run": run, "passed": passed}
        self.execute("put_gate", **row, expectations=Jsonb(list(expectations)), failing=list(failing))
