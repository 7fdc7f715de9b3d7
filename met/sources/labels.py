"""What a dataset's own labels mean: a file that maps each to a node of the tree and to words."""

import csv
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from met.errors import BadInput
from met.keys import digest
from met.sources.places import Place

FILES: Final = ("label_map.tsv", "label_map.csv", "label_map.json")
# The row of the map that speaks of every image.
EVERY: Final = "*"
_MAX_BYTES: Final = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What one label means. `node` is a CURIE or a name of the tree; `text` is what a caption says for it."""

    node: str | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelMap:
    """The meanings of a dataset's labels, by label in small letters; `licence` is what the map says of the dataset."""

    meanings: Mapping[str, Meaning] = field(default_factory=dict)
    licence: str | None = None

    def text(self, label: str) -> str:
        """Return the words for a label: the map's, else its own with spaces for underscores."""
        known = self.meanings.get(label.lower())
        return known.text if known else label.replace("_", " ").strip()

    def concept(self, label: str) -> str | None:
        """Return the node that a label means; None where the map names none, for nothing is guessed."""
        known = self.meanings.get(label.lower())
        return known.node if known else None

    def caption(self, labels: Iterable[str]) -> str:
        """Return a coarse caption: what every image is, and what this one is labelled as.

        >>> LabelMap(meanings={"*": Meaning(node=None, text="Chest radiograph")}).caption(["pleural_effusion"])
        'Chest radiograph: pleural effusion.'
        """
        every = self.meanings.get(EVERY)
        said = ", ".join(dict.fromkeys(text for label in labels if (text := self.text(label))))
        parts = [part for part in (every.text if every else "", said) if part]
        sentence = ": ".join(parts)
        return sentence[:1].upper() + sentence[1:] + "." if sentence else ""

    @property
    def digest(self) -> str:
        """A digest of all that it says."""
        said = {label: [meaning.node, meaning.text] for label, meaning in self.meanings.items()}
        return digest([said, self.licence])


def read_label_map(place: Place) -> LabelMap:
    """Return the map of the dataset: `label_map.tsv`, `.csv` (columns label, node, text) or `.json` (label -> those).

    `node` is a CURIE or a name, `text` the words for it; each may be empty. The row `*` speaks of every image, and its
    column `licence` of the dataset. An empty map where there is no such file.

    Raises:
        BadInput: the file is not as said; the message names it.
    """
    for name in FILES:
        data = place.read(name, limit=_MAX_BYTES)
        if data is not None:
            rows = _json_rows(data, name) if name.endswith(".json") else table_rows(data, name)
            return _map_of(rows, name)
    return LabelMap()


def table_rows(data: bytes, name: str) -> list[dict[str, str]]:
    """Return the rows of a table with a header, its columns in small letters; tabs in .tsv, else commas.

    Raises:
        BadInput: it is no UTF-8, or no table.
    """
    try:
        text = data.decode("utf-8-sig")
        lines = csv.reader(io.StringIO(text, newline=""), delimiter="\t" if name.endswith(".tsv") else ",")
        header = [column.strip().lower() for column in next(lines, [])]
        return [dict(zip(header, map(str.strip, line), strict=False)) for line in lines if any(line)]
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadInput(what=name, why=f"no table in UTF-8: {error}") from error


def _json_rows(data: bytes, name: str) -> list[dict[str, Any]]:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise BadInput(what=name, why="no JSON") from error
    if not isinstance(found, dict):
        raise BadInput(what=name, why="must be an object: label -> node, or label -> {node, text}")
    return [{"label": label, **(said if isinstance(said, dict) else {"node": said})} for label, said in found.items()]


def _map_of(rows: Iterable[Mapping[str, Any]], name: str) -> LabelMap:
    meanings: dict[str, Meaning] = {}
    licence = None
    for row in rows:
        label = str(row.get("label") or "").strip()
        if not label:
            raise BadInput(what=name, why="a row has no label: columns are label, node, text")
        node = str(row.get("node") or "").strip() or None
        words = str(row.get("text") or "").strip()
        # A CURIE is no word of a caption; a name is.
        text = words or (node if node and ":" not in node else "" if label == EVERY else label.replace("_", " "))
        if meanings.setdefault(label.lower(), Meaning(node=node, text=text)) != Meaning(node=node, text=text):
            raise BadInput(what=name, why=f"the label {label!r} has two meanings")
        if label == EVERY:
            licence = str(row.get("licence") or row.get("license") or "").strip() or None
    return LabelMap(meanings=meanings, licence=licence)
