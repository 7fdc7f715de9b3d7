"""How PubMed Central's bucket is laid out: its metadata, its listings, the files of an article."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from met.harvest.jats.graphics import EXTENSIONS, by_small_letters, resolve_graphic
from met.sources.fetching import Fetcher, FetchFailed
from met.xml import XmlRefused, parse_xml

BUCKET: Final = "pmc-oa-opendata"
HOSTS: Final = frozenset({f"{BUCKET}.s3.amazonaws.com", f"{BUCKET}.s3.us-east-1.amazonaws.com"})
MAX_SMALL: Final = 4 * 1024 * 1024
_PAGES: Final = 100
_MD5: Final = re.compile(r"[0-9a-f]{32}", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """A file of the bucket, and what is known of it before it is fetched."""

    key: str
    md5: str | None = None
    size: int | None = None

    @property
    def name(self) -> str:
        return PurePosixPath(self.key).name


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """What the bucket says of one version of an article. `media` are files that it names beside XML, text and PDF."""

    licence: str | None
    retracted: bool
    xml: Remote
    media: tuple[Remote, ...]


def metadata_of(raw: bytes, path: str, *, host: str) -> Metadata:
    """Return the metadata of the version `path` (PMC<id>.<version>); `host` is the server's own name.

    Raises:
        FetchFailed: `bad_metadata` where it is no such JSON or of another article; `redirected` where it names a file
            that lies elsewhere than under `path` in this bucket.
    """
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise FetchFailed("bad_metadata", "the metadata are no JSON") from error
    if not isinstance(found, dict) or not isinstance(found.get("xml_url"), str):
        raise FetchFailed("bad_metadata", "the metadata name no xml_url")
    if str(found.get("pmcid", path.split(".")[0])).split(".")[0] != path.split(".")[0]:
        raise FetchFailed("bad_metadata", f"the metadata are of {str(found['pmcid'])[:20]!a}")
    lists = [found[name] for name in ("media_urls", "figure_urls") if isinstance(found.get(name), list)]
    media = [url for urls in lists for url in urls if isinstance(url, str)]
    licence = found.get("license_code")
    return Metadata(
        licence=licence if isinstance(licence, str) and licence.strip() else None,
        retracted=str(found.get("is_retracted", "")).strip().lower() in {"true", "yes", "y", "1"},
        xml=_remote(found["xml_url"], path, host),
        media=tuple(_remote(url, path, host) for url in media),
    )


def files_below(fetcher: Fetcher, prefix: str) -> tuple[Remote, ...] | None:
    """Return the files whose key begins with `prefix`; None where the server gives no listings.

    Raises:
        FetchFailed: the server gives a listing and not its end.
    """
    files: list[Remote] = []
    token = ""
    for page in range(_PAGES):
        query = {"list-type": "2", "prefix": prefix, **({"continuation-token": token} if token else {})}
        try:
            raw = fetcher.get("?" + urlencode(query), limit=MAX_SMALL)
        except FetchFailed as failure:
            if page == 0 and failure.reason in {"missing", "refused", "redirected"}:
                return None
            raise
        listed = _listing(raw)
        if listed is None:
            return None
        files += [file for file in listed[0] if file.key.startswith(prefix)]
        token = listed[1]
        if not token:
            break
    return tuple(files)


def graphics_wanted(
    path: str, hrefs: Iterable[str], known: Sequence[Remote], *, listed: bool
) -> list[tuple[Remote, ...]]:
    """Return for each graphic that the XML names the files that it may be, to be tried in order.

    Where the bucket's files are known that is one of them, or none; else every name that the bucket may use.
    """
    by_name = {file.name: file for file in known if PurePosixPath(file.name).suffix.lower() in EXTENSIONS}
    names = by_small_letters(by_name)
    wanted: list[tuple[Remote, ...]] = []
    for href in hrefs:
        name = resolve_graphic(href, names)
        if name:
            wanted.append((by_name[name],))
        elif not listed:
            wanted.append(tuple(Remote(key=f"{path}/{guess}") for guess in _guesses(href)))
    return [files for files in dict.fromkeys(wanted) if files]


def _guesses(href: str) -> Iterator[str]:
    base = PurePosixPath(unquote(href.strip()).replace("\\", "/")).name
    if not base or base.startswith("."):
        return
    stem, dot, last = base.rpartition(".")
    if dot and "." + last.lower() in EXTENSIONS:
        yield base
    else:
        stem = base
    yield from (stem + extension for extension in (".jpg", ".png", ".tif", ".gif"))


def _remote(url: str, path: str, host: str) -> Remote:
    """Return the file that an address of the metadata means; the md5 is the one that the address carries."""
    try:
        parts = urlsplit(url.strip())
    except ValueError as error:
        raise FetchFailed("redirected", "the metadata lead to an address without a meaning") from error
    if parts.scheme == "s3":
        inside = parts.netloc == BUCKET
    else:
        inside = not parts.netloc or (parts.scheme in {"http", "https"} and parts.hostname in {*HOSTS, host})
    if not inside:
        raise FetchFailed("redirected", f"the metadata lead to {parts.netloc[:80]!a}")
    key = unquote(parts.path).lstrip("/")
    # A mirror may keep the bucket below a folder of its own.
    key = key[key.rfind(f"{path}/") :] if f"{path}/" in key else key
    if not is_file_of(key, path):
        raise FetchFailed("redirected", f"the metadata lead to {key[:80]!a}, which is not under {path}/")
    md5 = parse_qs(parts.query).get("md5", [""])[0]
    return Remote(key=key, md5=md5.lower() if _MD5.fullmatch(md5) else None)


def is_file_of(key: str, path: str) -> bool:
    """Return whether `key` is a file right under the article's own folder, with a name that a file may have.

    >>> is_file_of("PMC1.1/a.jpg", "PMC1.1"), is_file_of("PMC1.1/../a.jpg", "PMC1.1"), is_file_of("PMC1.1/.a", "PMC1.1")
    (True, False, False)
    """
    folder, _, name = key.rpartition("/")
    return folder == path and bool(name) and not name.startswith(".") and not re.search(r"[\\\x00-\x1f]", name)


def _listing(raw: bytes) -> tuple[list[Remote], str] | None:
    """Return the files of one page of a listing and where the next begins; None for what is no listing."""
    try:
        root = parse_xml(raw)
    except XmlRefused:
        return None
    if root.tag.rpartition("}")[2] != "ListBucketResult":
        return None
    files = []
    for element in root.iterfind("{*}Contents"):
        facts: dict[str, Any] = {child.tag.rpartition("}")[2]: (child.text or "").strip() for child in element}
        etag, size = facts.get("ETag", "").strip('"'), facts.get("Size", "")
        # The tag of a file that was uploaded in parts is no md5, and looks different.
        md5 = etag.lower() if _MD5.fullmatch(etag) else None
        files.append(Remote(key=facts.get("Key", ""), md5=md5, size=int(size) if size.isdigit() else None))
    return files, (root.findtext("{*}NextContinuationToken") or "").strip()
