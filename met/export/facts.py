"""What the caller knows about a dataset beside its panels, and what an export hands back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from met.types import Drop, EngineName


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """An ontology or a kind of texts that the tree was grown from. An ontology is named by its prefix: MONDO, HP."""

    kind: Literal["ontology", "text"]
    name: str
    version: str
    licence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CardFacts:
    """Facts of the build for manifest and data card: no time, cost, run id or path of a machine may stand in them.

    `tree`, `inputs` and `tree_report` are key, inputs and report of the tree; `settings` are the build's, model and
    revision among them; `versions` maps a stage to the version of what it made; `funnel` has rows of stage, kept and
    dropped, `drops` of stage, reason and items; `limits` are further sentences for the section on known limits.
    `judge_error` is the measured error of the judge that made the pairs (`met.align.measured`), None where nobody
    measured that judge.
    """

    engine: EngineName
    tree: str
    inputs: Mapping[str, Any]
    tree_report: Mapping[str, Any]
    versions: Mapping[str, str]
    funnel: Sequence[Mapping[str, Any]]
    drops: Sequence[Mapping[str, Any]]
    settings: Mapping[str, Any] = field(default_factory=dict)
    materials: Sequence[Material] = ()
    limits: Sequence[str] = ()
    judge_error: Mapping[str, Any] | None = None


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
