"""What a dataset holds, counted as its rows stream by."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from met.export.rows import Row

PANEL_COLUMNS = (
    "node_facet",
    "modality",
    "image_licence",
    "image_pixels",
    "privacy",
    "data_class",
    "retracted",
    "repository",
)
ROW_COLUMNS = ("sample", "kind", "needs", "engine", "model", "text_licence", "made_licence")


class Census:
    """Counts of panels and of rows by column. Memory grows with the number of articles and figures: one key each."""

    def __init__(self) -> None:
        self.panels: dict[str, Counter[Any]] = {column: Counter() for column in PANEL_COLUMNS}
        self.rows: dict[str, Counter[Any]] = {column: Counter() for column in ROW_COLUMNS}
        self.totals: Counter[str] = Counter(rows=0, panels=0, captions=0, questions=0, figures=0, articles=0, nodes=0)
        self.sources: dict[tuple[str, str, str, str], Counter[str]] = {}
        self.nodes: Counter[tuple[str, str, str]] = Counter()
        self.credits: Counter[str] = Counter()
        self.reviews: Counter[tuple[str, str]] = Counter()
        self.examples: dict[str, Row] = {}
        self._seen: set[str] = set()

    def add(self, rows: Sequence[Row]) -> None:
        """Count the rows of one panel."""
        panel = rows[0]
        for column, counts in self.panels.items():
            counts[panel[column]] += 1
        for row in rows:
            for column, counts in self.rows.items():
                counts[row[column]] += 1
            self.examples.setdefault(row["sample"], row)
        questions = sum(row["sample"] == "vqa" for row in rows)
        self.totals.update(rows=len(rows), panels=1, questions=questions, captions=len(rows) - questions)
        self.totals.update(figures=self._first(panel["figure"]))
        self._count_source(panel, len(rows))
        if panel["node"]:
            self.nodes[panel["node_facet"] or "", panel["node_name"] or "", panel["node"]] += 1
            self.totals["nodes"] = len(self.nodes)
        # What is said of the panel stands in each of its rows, and is counted once.
        said = {(one["item"], one["by"], one["judgement"]): one for row in rows for one in row["reviews"]}
        self.reviews.update((by, judgement) for _, by, judgement in said)
        if panel["credit"]:
            self.credits[panel["credit"]] += 1

    def _count_source(self, panel: Row, rows: int) -> None:
        key = (panel["repository"], panel["journal"] or "", panel["text_licence"], panel["image_licence"])
        article = self._first(panel["article"])
        self.totals["articles"] += article
        self.sources.setdefault(key, Counter()).update(articles=article, panels=1, rows=rows)

    def _first(self, key: str) -> int:
        known = key in self._seen
        self._seen.add(key)
        return 0 if known else 1
