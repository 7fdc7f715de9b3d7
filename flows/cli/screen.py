"""What commands write: tables and JSON lines on stdout, progress on stderr, the log of flows to a file."""

import json
import logging
import os
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.tree import Tree

from met.export.render import Section

POLL_SECONDS = 1.0


def print_json(value: Mapping[str, Any]) -> None:
    """Write `value` as one line of JSON with sorted keys."""
    print(json.dumps(value, sort_keys=True, ensure_ascii=False, default=str), flush=True)


def as_dict(row: Any) -> dict[str, Any]:
    """Return a row of the store by column name."""
    return dict(row._mapping)


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Write a table; columns that hold numbers alone are right-aligned."""
    table = Table(title=title or None, title_justify="left", title_style="bold", header_style="bold")
    for number, name in enumerate(columns):
        numeric = bool(rows) and all(isinstance(row[number], int | float) for row in rows)
        table.add_column(name, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(
            *("" if cell is None else f"{cell:,}" if isinstance(cell, int | float) else str(cell) for cell in row)
        )
    console().print(table)


def print_sections(sections: Sequence[Section]) -> None:
    """Write sections with their tables and paragraphs, as a page has them."""
    for section in sections:
        console().print(f"\n{section.title}", style="bold underline")
        for block in section.blocks:
            if isinstance(block, str):
                console().print(block)
            elif block.rows:
                print_table("", block.header, block.rows)


def print_tree(title: str, nodes: Sequence[Any]) -> None:
    """Write nodes (key, name, parent, pairs) as a tree; a node whose parent is not among them is a root."""
    tree = Tree(title, guide_style="dim")
    branches: dict[str, Tree] = {}
    below: defaultdict[str | None, list[Any]] = defaultdict(list)
    keys = {node.key for node in nodes}
    for node in nodes:
        below[node.parent if node.parent in keys else None].append(node)
    left = list(reversed(below[None]))
    while left:
        node = left.pop()
        over = branches.get(node.parent, tree)
        branches[node.key] = over.add(f"{node.name}  {node.pairs}")
        left += reversed(below[node.key])
    console().print(tree)


def console() -> Console:
    """Return the console on stdout; words in brackets are text, never markup."""
    width = None if sys.stdout.isatty() else 120
    return Console(width=width, markup=False, highlight=False)


def silence_prefect() -> None:
    """Log lines of flows do not reach the terminal. Prefect reads this from the environment when it is imported."""
    os.environ.setdefault("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "CRITICAL")


@contextmanager
def logged_to(path: Path) -> Iterator[None]:
    """Inside, log lines and warnings of this process go to the file, and warnings not to the terminal."""
    path.parent.mkdir(parents=True, exist_ok=True)
    file = logging.FileHandler(path, encoding="utf-8")
    file.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.getLogger().addHandler(file)
    logging.captureWarnings(True)
    try:
        yield
    finally:
        logging.captureWarnings(False)
        logging.getLogger().removeHandler(file)
        file.close()


@contextmanager
def progress_of(database_url: str) -> Iterator[None]:
    """Inside, a bar a stage follows the ledger on stderr, where that is a terminal."""
    if not sys.stderr.isatty():
        yield
        return
    bars = Progress(
        SpinnerColumn(),
        TextColumn("{task.description:<12}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    ended = threading.Event()
    follower = threading.Thread(target=_follow, args=(database_url, bars, ended), name="progress", daemon=True)
    with bars:
        follower.start()
        try:
            yield
        finally:
            ended.set()
            follower.join()


def _follow(database_url: str, bars: Progress, ended: threading.Event) -> None:
    from met.errors import Unavailable
    from met.store import Store

    known: dict[str, Any] = {}
    pause = POLL_SECONDS
    with Store.open(database_url) as store:
        while not ended.wait(pause):
            began = time.monotonic()
            try:
                rows = store.query("stage_progress")
            except Unavailable:
                return  # The flow itself reports this better.
            for row in rows:
                if row.stage not in known:
                    known[row.stage] = bars.add_task(row.stage, total=row.items)
                bars.update(known[row.stage], completed=row.finished, total=row.items)
            # A count over millions of rows takes a second; looking stays a small part of the work.
            pause = max(POLL_SECONDS, 20 * (time.monotonic() - began))
