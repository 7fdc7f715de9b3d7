"""The settings table of stage 1: thresholds.toml, which says what each value means, and files that override it."""

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from met.errors import BadInput

TABLE: Final = "thresholds.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """What a panel must reach; met/align/thresholds.toml says what each value means."""

    min_side: int
    min_chars: int
    min_words: int
    min_medical: float
    max_contradiction: float
    min_anchor: float
    min_filled: float
    min_sharpness: float
    min_similarity: float


@cache
def shipped() -> Thresholds:
    """Return the values of the table that ships."""
    return Thresholds(**tomllib.loads((files("met.align") / TABLE).read_text(encoding="utf-8")))


def load_thresholds(path: Path | None) -> Thresholds:
    """Return the shipped values, those of the file in their place where it names them.

    Raises:
        BadInput: it is no such file, names a threshold that there is none of, or gives something that is no number.
    """
    if path is None:
        return shipped()
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadInput(what=f"thresholds {path}", why=str(error).splitlines()[0]) from error
    return _overridden(path, given)


def _overridden(path: Path, given: Mapping[str, Any]) -> Thresholds:
    kinds = {field.name: type(getattr(shipped(), field.name)) for field in fields(Thresholds)}
    for name, value in given.items():
        if name not in kinds:
            raise BadInput(what=f"thresholds {path}", why=f"there is no {name!r}; there are {', '.join(kinds)}")
        whole = isinstance(value, int) and not isinstance(value, bool)
        if not (whole or (kinds[name] is float and isinstance(value, float))):
            raise BadInput(what=f"thresholds {path}", why=f"{name} = {value!r} is no {kinds[name].__name__}")
    return replace(shipped(), **{name: kinds[name](value) for name, value in given.items()})


def as_toml(thresholds: Thresholds, *, said: str) -> str:
    """Return a file that gives every value, under the comment `said`."""
    lines = [*(f"# {line}" for line in said.splitlines()), ""]
    return "\n".join([*lines, *(f"{name} = {value}" for name, value in asdict(thresholds).items())]) + "\n"
