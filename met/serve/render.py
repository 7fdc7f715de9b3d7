"""Templates to HTML. Every text is escaped where it is put in; nothing is marked as safe."""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from met.serve.links import Links
from met.serve.marked import marked
from met.serve.outlines import box_path, outline_of

# Files of met/serve/static by the media type that a browser is told.
STATIC: Mapping[str, str] = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


# What a signal says of each claim of a text.
CLAIM = {"claim", "verdict"}


def render(template: str, links: Links, /, **values: Any) -> str:
    """Return the page of a template of met/serve/templates."""
    return environment().get_template(template).render(links=links, **values)


@cache
def environment() -> Environment:
    """Return the environment of all templates; a name that is not given is an error."""
    made = Environment(
        loader=PackageLoader("met.serve", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "words": words,
        "shown": shown,
        "whole": whole,
        "many": many,
        "outline": outline_of,
        "around": box_path,
        "marked": marked,
        "short": short,
    }
    return made


def static_files() -> dict[str, bytes]:
    """Return the style sheet and the scripts of the pages by name."""
    folder = files("met.serve") / "static"
    return {
        file.name: file.read_bytes()
        for file in sorted(folder.iterdir(), key=lambda file: file.name)
        if file.name[file.name.rfind(".") :] in STATIC
    }


def words(name: str) -> str:
    """Return a name of the engine as words.

    >>> words("not_medical")
    'not medical'
    """
    return name.replace("_", " ")


def whole(number: float | None) -> str:
    """Return a count with its thousands apart, and nothing for None."""
    return "" if number is None else f"{number:,.0f}"


def many(number: int, what: str) -> str:
    """Return a count of things.

    >>> many(1, "pair"), many(1200, "pair")
    ('1 pair', '1,200 pairs')
    """
    return f"{whole(number)} {what}{'' if number == 1 else 's'}"


def shown(value: Any) -> str:
    """Return a value of a signal as people read it.

    >>> shown(0.83780001), shown(True), shown(None), shown(["ct", "mri"]), shown({"a": 1})
    ('0.8378', 'yes', '–', 'ct, mri', '{"a": 1}')
    >>> shown([{"claim": "liver", "verdict": "unseen"}, {"claim": "MRI", "verdict": "supported"}])
    'liver: unseen; MRI: supported'
    """
    if value is None or value == "" or value == []:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list) and all(isinstance(part, Mapping) and part.keys() == CLAIM for part in value):
        return "; ".join(f"{part['claim']}: {words(part['verdict'])}" for part in value)
    if isinstance(value, float):
        return f"{value:.4f}".rstrip("0").rstrip(".")
    if isinstance(value, (list, tuple)) and not any(isinstance(part, (list, tuple, Mapping)) for part in value):
        return ", ".join(shown(part) for part in value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def short(text: str | None, length: int = 140) -> str:
    """Return the beginning of a text, on one line.

    >>> short("one two", 4)
    'one…'
    """
    line = " ".join((text or "").split())
    return line if len(line) <= length else f"{line[: length - 1].rstrip()}…"
