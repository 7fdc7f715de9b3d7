"""What a browser sends, as values."""

from typing import Annotated, Final, TypeAlias
from urllib.parse import parse_qsl

from fastapi import Query
from fastapi.responses import HTMLResponse

Text: TypeAlias = Annotated[str, Query(max_length=400)]
LONGEST: Final = 200_000
FIELDS: Final = 40


def plain(text: str) -> str:
    """Return a text that a browser sent as the store can take it: without the zero character."""
    return text.replace("\0", "")


def fields_of(body: bytes) -> dict[str, str]:
    """Return the fields of a form (application/x-www-form-urlencoded) by name, the last of each.

    >>> fields_of(b"a=1&b=x+y")
    {'a': '1', 'b': 'x y'}
    """
    if len(body) > LONGEST:
        return {}
    try:
        pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=FIELDS)
    except ValueError:
        return {}
    # A browser ends lines with two characters.
    return {name: plain(value).replace("\r\n", "\n") for name, value in pairs}


def page_of(text: str, status: int = 200) -> HTMLResponse:
    """Return a page as an answer."""
    return HTMLResponse(text, status_code=status)
