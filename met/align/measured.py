"""The judge's own error, as measured by `met score align`: what ships for the engine `rules`, what a home measured."""

import json
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from met.errors import BadInput

SHIPPED: Final = "measured.json"
SAVED: Final = "align.json"
_FIGURES: Final = ("n", "auc", "auc_interval", "fpr", "fpr_interval", "fnr", "fnr_interval", "detectable")


def table_of(facts: Mapping[str, Any], *, version: str, model: str) -> dict[str, Any]:
    """Return what of a score is kept: the figures by kind of error, on how many pairs, and whose judgement it was.

    `version` is that of the stage `align`, so that a table is never shown for another judge.
    """
    return {
        "version": version,
        "engine": facts["engine"],
        "model": model,
        "pairs": facts["n"],
        "articles": facts["articles"],
        "fpr": facts["screened"]["fpr"],
        "fpr_interval": facts["screened"]["fpr_interval"],
        "screened": facts["screened"]["n"],
        "kinds": {kind: {name: found[name] for name in _FIGURES} for kind, found in facts["kinds"].items()},
    }


def measured_error(version: str, saved: Path) -> Mapping[str, Any] | None:
    """Return the table of the judge of this version: the one that is saved in the home, else the one that ships.

    None where neither is of this version. `here` says whether the home measured it.

    Raises:
        BadInput: the saved file is none that `met score align --save` wrote.
    """
    if saved.is_file():
        try:
            table: dict[str, Any] = json.loads(saved.read_text(encoding="utf-8"))
            if table["version"] == version:
                return {**table, "here": True}
        except (ValueError, KeyError, TypeError) as error:
            raise BadInput(what=str(saved), why="not written by `met score align --save`") from error
    shipped: dict[str, Any] = json.loads((files("met.align") / SHIPPED).read_text(encoding="utf-8"))
    return {**shipped, "here": False} if shipped["version"] == version else None
