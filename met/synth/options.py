"""Nodes that every reader knows, as wrong options: of which facet and level, in which scenes, in which field.

A scene is a group of kinds of image in which the same things exclude each other: a scan shows a whole zone of the body,
a micrograph one organ, a photograph of a patient what lies outside.
"""

import csv
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final, Literal, NamedTuple, TypeAlias

from met.synth.fields import Sort, fields_of
from met.tree.names import normal_form
from met.types import Node

TABLE: Final = "options.tsv"

Scene: TypeAlias = Literal["scan", "micro", "photo", "gross", "inner"]
_SCENES: Final[Mapping[str, Scene]] = {
    **dict.fromkeys(("angiography", "ct", "fmri", "mri", "pet", "radiograph", "ultrasound"), "scan"),
    **dict.fromkeys(("electron_microscopy", "fluorescence_microscopy", "light_microscopy"), "micro"),
    **dict.fromkeys(("clinical_photo", "dermoscopy"), "photo"),
    **dict.fromkeys(("endoscopy", "fundus_photo", "gross_specimen", "oct", "otoscopy"), "gross"),
    "unknown": "inner",
}
# What may keep two things out of one image. A slide or a specimen is one organ, wherever in the body that lies.
_SORTS: Final[Mapping[Scene, frozenset[Sort]]] = {
    "scan": frozenset(("organ", "zone", "germ")),
    "photo": frozenset(("organ", "zone", "germ")),
    "inner": frozenset(("organ", "zone", "germ")),
    "micro": frozenset(("organ", "germ")),
    "gross": frozenset(("organ", "germ")),
}
_TISSUES: Final[frozenset[Sort]] = frozenset(("tissue",))


class Option(NamedTuple):
    """A row of the table; `fields` are named beside those that its name is about."""

    name: str
    level: str
    scenes: frozenset[str]
    fields: tuple[str, ...]

    def within(self, sorts: frozenset[Sort]) -> frozenset[str]:
        """Return the fields of these sorts that it lies in."""
        return fields_of((self.name, *self.fields), sorts)


@cache
def _table() -> Mapping[tuple[str, str], Option]:
    text = (files("met.synth") / TABLE).read_text(encoding="utf-8")
    return {
        (row["facet"], normal_form(row["name"])): Option(
            name=row["name"],
            level=row["level"],
            scenes=frozenset(row["scenes"].split()),
            fields=tuple(field for field in row["fields"].split("|") if field),
        )
        for row in csv.DictReader(text.splitlines(), delimiter="\t")
    }


def option_names() -> tuple[str, ...]:
    """Return the names of all options in lower case, sorted."""
    return tuple(sorted({option.name.lower() for option in _table().values()}))


def option_of(node: Node) -> Option | None:
    """Return the option that a node of the tree is, by any of its names; None where it is none."""
    found = (_table().get((node.facet, normal_form(name))) for name in (node.name, *node.synonyms))
    return next((option for option in found if option is not None), None)


def scene_of(label: str) -> Scene | None:
    """Return the scene of a kind of image, None where nothing is known to be kept out of it."""
    return _SCENES.get(label)


def sorts_of(scene: Scene, level: str) -> frozenset[Sort]:
    """Return the sorts of fields by which things of a level exclude each other in a scene."""
    return _TISSUES if level == "tissue" else _SORTS[scene]
