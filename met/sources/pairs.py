"""One row of somebody's pairs, in whatever words its columns are named, to one image with its text."""

import base64
import binascii
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, Final, TypeAlias

from met.harvest.brought import Brought, Picture
from met.harvest.jats.notice import licence_of_code
from met.rights import UNKNOWN
from met.types import Drop

# Columns are found by these names, in this order, whatever their capitals.
IDS: Final = ("id", "row_id", "uid", "uuid", "image_id", "key", "__key__", "question_id", "media_id")
IMAGES: Final = (
    "image", "images", "jpg", "jpeg", "png", "webp", "tif", "tiff", "bmp", "gif", "img", "image_bytes", "image_path",
    "image_file", "file_name", "filename", "media_name", "path",
)  # fmt: skip
CAPTIONS: Final = (
    "caption", "text", "txt", "subcaption", "sub_caption", "caption_text", "description", "report", "findings",
    "impression", "alt_text",
)  # fmt: skip
TURNS: Final = ("conversations", "conversation", "messages")
LICENCES: Final = ("license", "licence", "license_code", "license_url", "licence_url", "rights")
PMCIDS: Final = ("pmcid", "pmc_id", "pmc")
TITLES: Final = ("title", "article_title")
_WRITERS: Final = frozenset({"gpt", "assistant", "model", "bot"})
_ASKERS: Final = frozenset({"human", "user"})
_IMAGE_MARK: Final = re.compile(r"\s*<image(?:_\d+)?>\s*|<img>.*?</img>", re.IGNORECASE)
_PMCID: Final = re.compile(r"(?:^|[/_])PMC(\d{3,12})(?=[._/-]|$)")
_MOST_IMAGES: Final = 64
_MOST_FACTS: Final = 48
_LONGEST_FACT: Final = 2000
ReadImage: TypeAlias = Callable[[str], bytes | None]


def brought_of(
    record: Mapping[str, Any], *, number: str, path: str, read_image: ReadImage, licence: str | None
) -> Brought | Drop:
    """Return the row with its own id, images, text, licence and, as facts, every other column with a plain value.

    `number` names a row without an id or an image's name; `licence` is that of the whole dataset. The caption is the
    text of the row, or in a conversation all that the assistant says: what is asked is a fact, as no answer, and never
    text about the image. An address on the web is not followed.

    Drop: `malformed_row`, where the row has neither an image nor a text.
    """
    columns = {str(name).lower(): value for name, value in record.items()}
    images = _images(columns)
    said, asked = _turns(columns)
    caption = said or _text(columns, CAPTIONS) or ""
    name = images[0] if images and isinstance(images[0], str) and not images[0].startswith("data:") else None
    own = _text(columns, IDS) or (name and name.strip()) or number
    if not images and not caption:
        return Drop(item="", reason="malformed_row", detail={"row": own[:200], "why": "neither an image nor a text"})
    given = _text(columns, LICENCES) or licence
    pmcid = _pmcid(columns, name or _name_in(images))
    pictures = tuple(_picture(image, caption, read_image) for image in images[:_MOST_IMAGES])
    return Brought(
        id=own,
        path=path,
        pictures=pictures or (Picture(name=None, data=None, caption=caption),),
        title=_text(columns, TITLES) or "",
        doi=_text(columns, ("doi",)),
        pmcid=pmcid,
        licence=licence_of_code(given) if given else UNKNOWN,
        licence_url=given if given and given.startswith(("http://", "https://")) else None,
        facts={"row": _facts(columns), "asked": asked or None, "licence_given": given},
        drops=(Drop(item="", reason="too_many_images", detail={"row": own[:200], "images": len(images)}),)
        if len(images) > _MOST_IMAGES
        else (),
    )


def _images(columns: Mapping[str, Any]) -> list[Any]:
    for column in IMAGES:
        value = columns.get(column)
        if isinstance(value, (str, bytes, Mapping)) and value:
            return [value]
        if isinstance(value, Sequence) and value:
            return [image for image in value if isinstance(image, (str, bytes, Mapping))]
    return []


def _picture(image: Any, caption: str, read_image: ReadImage) -> Picture:
    """Return the picture of a path, of bytes, of {bytes, path}, or of a data address."""
    if isinstance(image, Mapping):
        data, name = image.get("bytes"), image.get("path")
        if isinstance(data, bytes):
            return Picture(name=_base(name), data=data, caption=caption)
        image = name if isinstance(name, str) else ""
    if isinstance(image, bytes):
        return Picture(name=None, data=image, caption=caption)
    if image.startswith("data:"):
        return Picture(name="data", data=_decoded(image), caption=caption)
    if re.match(r"[a-z][a-z0-9+.-]*://", image, re.IGNORECASE):
        refused = Drop(item="", reason="remote_image", detail={"graphic": image[:300]})
        return Picture(name=_base(image), data=None, caption=caption, refused=refused)
    return Picture(name=image or None, data=read_image(image) if image else None, caption=caption)


def _base(name: Any) -> str | None:
    return (PurePosixPath(name).name or None) if isinstance(name, str) else None


def _decoded(address: str) -> bytes:
    """Return the bytes of a data address; none at all where it is broken, which no image is."""
    try:
        return base64.b64decode(address.partition("base64,")[2], validate=True)
    except (binascii.Error, ValueError):
        return b""


def _turns(columns: Mapping[str, Any]) -> tuple[str, list[str]]:
    """Return what the assistant says, joined by line breaks, and what it was asked."""
    turns = next((columns[name] for name in TURNS if isinstance(columns.get(name), Sequence)), ())
    said, asked = [], []
    for turn in turns:
        if not isinstance(turn, Mapping):
            continue
        who = str(turn.get("from") or turn.get("role") or "").lower()
        text = " ".join(_words(turn.get("value", turn.get("content")))).strip()
        if text and who in _WRITERS:
            said.append(text)
        elif text and who in _ASKERS:
            asked.append(text)
    return "\n".join(said), asked


def _words(content: Any) -> Iterator[str]:
    if isinstance(content, str):
        yield _IMAGE_MARK.sub(" ", content).strip()
    elif isinstance(content, Sequence):
        for part in content:
            if isinstance(part, Mapping) and isinstance(part.get("text"), str):
                yield _IMAGE_MARK.sub(" ", part["text"]).strip()


def _text(columns: Mapping[str, Any], names: Sequence[str]) -> str | None:
    for name in names:
        value = columns.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        if isinstance(value, str) and value.strip():
            return _IMAGE_MARK.sub(" ", value).strip()
    return None


def _name_in(images: Sequence[Any]) -> str | None:
    return next((str(image["path"]) for image in images if isinstance(image, Mapping) and image.get("path")), None)


def _pmcid(columns: Mapping[str, Any], name: str | None) -> str | None:
    given = re.fullmatch(r"(?:PMC)?(\d+)(?:\.\d+)?", _text(columns, PMCIDS) or "", re.IGNORECASE)
    found = given or (_PMCID.search(name) if name else None)
    return f"PMC{found[1]}" if found else None


def _facts(columns: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the columns with plain values that are neither id, image nor text of the row."""
    taken = {*IMAGES, *CAPTIONS, *TURNS, *TITLES}
    plain = {
        name: value[:_LONGEST_FACT] if isinstance(value, str) else value
        for name, value in columns.items()
        if name not in taken and isinstance(value, (str, int, float, bool)) and value == value
    }
    return dict(sorted(plain.items())[:_MOST_FACTS]) or None
