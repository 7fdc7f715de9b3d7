"""What harvesting a source makes, file by file, without a store."""

from collections.abc import Iterable
from typing import Any

from met.harvest.article import Harvest
from met.settings import Settings
from met.sources.kinds import harvest_file, scan_source
from met.types import Source, SourceFile


class Stored:
    """A file of a source as the store would give it."""

    def __init__(self, source: Source, file: SourceFile) -> None:
        self.item, self.path, self.digest = file.item, file.path, file.digest
        self.kind, self.uri, self.data_class = source.kind, source.uri, source.data_class


def harvested(text: str, settings: Settings) -> dict[str, Harvest]:
    """Return what a source as a user names it (`images:DIR`) holds, by the paths of its files."""
    source, files = scan_source(text, settings)
    return {file.path: harvest_file(Stored(source, file), settings) for file in files}


def of_type(found: Harvest | Iterable[Harvest], kind: type) -> list[Any]:
    """Return the rows of a type that one file gave, or several."""
    several = (found,) if isinstance(found, Harvest) else found
    return [row for one in several for row in one.made.rows if isinstance(row, kind)]


def reasons(found: Harvest) -> list[str]:
    """Return why parts of a file were dropped."""
    return [drop.reason for drop in found.made.drops]
