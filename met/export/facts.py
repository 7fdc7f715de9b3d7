"""What the caller knows about a dataset beside its panels, and what an export hands back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from met.stages import EngineIdentity
from met.types import Drop


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """An ontology or a set of texts that the tree was grown from. `name` and `version` are as its authors give them."""

    kind: Literal["ontology", "text"]
    name: str
    version: str
    licence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CardFacts:
    """Facts of the build for manifest and data card: no time, cost, run id or path of a machine may stand in them.

    `versions` maps a stage to the version of what it made; `funnel` holds (stage, kept, dropped) and `drops` (stage,
    reason, items); `limits` are further sentences for the card's section on known limits.
    """

    tree: str
    tree_version: str
    tree_report: Mapping[str, Any]
    settings: Mapping[str, Any]
    versions: Mapping[str, str]
    funnel: Sequence[tuple[str, int, int]]
    drops: Sequence[tuple[str, str, int]]
    engine: EngineIdentity
    materials: Sequence[Material] = ()
    limits: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFact:
    """One file of a dataset. `rows` counts the rows that it holds or, of an image, the rows that use it; else None."""

    path: str
    sha256: str
    bytes: int
    rows: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """A finished export. `sha256` is the hash of manifest.json; `drops` are the panels and texts that may not leave."""

    sha256: str
    rows: int
    files: tuple[FileFact, ...]
    drops: tuple[Drop, ...]
