"""PubMed Central's open articles, as its bucket lays them out: metadata, versions, files one by one, each with its md5.

`metadata/PMC<id>.<version>.json` says what a version is; its files lie under `PMC<id>.<version>/`. What was fetched is
kept in the same layout below a folder of the installation, so a second run fetches what is missing or was not whole.
"""

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from met.errors import BadInput, NotFound, Unavailable
from met.harvest.article import Harvest, content_digest, harvest_article
from met.harvest.jats.graphics import graphic_hrefs
from met.harvest.jats.notice import Notice
from met.keys import content_key, digest
from met.settings import Settings
from met.sources.fetching import Fetcher, FetchFailed
from met.sources.pmc_layout import MAX_SMALL, Metadata, Remote, files_below, graphics_wanted, is_file_of, metadata_of
from met.types import Drop, Made, Source, SourceFile
from met.xml import MAX_BYTES

KIND: Final = "pmc"
MAX_GRAPHIC_BYTES: Final = 256 * 1024 * 1024
_ID: Final = re.compile(r"(?:PMC)?(\d{1,12})(?:\.(\d{1,4}))?", re.IGNORECASE)


class SourceUnavailable(Unavailable):
    """the server of PubMed Central at {address} does not answer: {why}"""


def identifiers(place: str) -> tuple[str, ...]:
    """Return the ids that `place` names, sorted, each `PMC123` or `PMC123.2`: joined by commas, or lines of `@file`.

    Raises:
        BadInput: an id is none, there is none at all, or the file cannot be read.

    >>> identifiers("PMC2,pmc10.3")
    ('PMC10.3', 'PMC2')
    """
    words = _lines(Path(place[1:])) if place.startswith("@") else place.split(",")
    named = [word.strip() for word in words if word.strip()]
    if not named:
        raise BadInput(what=f"pmc:{place}"[:80], why="names no PMCID")
    found = [(name, _ID.fullmatch(name)) for name in named]
    if odd := [name for name, match in found if match is None]:
        raise BadInput(what=f"pmc:{place}"[:80], why=f"{odd[0][:40]!r} is no PMCID such as PMC123 or PMC123.2")
    return tuple(sorted({f"PMC{match[1]}" + (f".{match[2]}" if match[2] else "") for _, match in found if match}))


def scan(place: str, settings: Settings) -> tuple[Source, tuple[SourceFile, ...]]:
    """Fetch the articles that `place` names and return the source with one file for each, also for those refused.

    A file's digest covers the XML, the graphics that it names, licence and retraction in the metadata, and what was
    refused: an article is harvested anew when one of them changes. What was refused is tried again in the next run.

    Raises:
        BadInput: `place` names no articles.
        SourceUnavailable: the server answered nothing at all.
    """
    names = identifiers(place)
    folder = settings.pmc_folder
    pace = {"timeout_s": settings.pmc_timeout_s, "per_second": settings.pmc_requests_per_second}
    with Fetcher(settings.pmc_url, **pace) as fetcher, ThreadPoolExecutor(settings.pmc_in_flight) as pool:
        visit = _Visit(fetcher=fetcher, folder=folder, host=urlsplit(settings.pmc_url).hostname or "")
        # Two ids may mean one version, and what is fetched twice at once is not whole.
        located = {one.path: one for one in pool.map(visit.located, names)}
        found = list(pool.map(visit.article, located.values()))
        if all(one.refused is not None and one.refused["reason"] == "unreachable" for one in found):
            raise SourceUnavailable(address=settings.pmc_url, why=str((found[0].refused or {})["why"]))
        jobs = [(one.path, files, one.remotes) for one in found for files in visit.graphics(one)]
        lost = list(pool.map(lambda job: visit.graphic(job[1], job[2]), jobs))
    losses: defaultdict[str, dict[str, Mapping[str, str]]] = defaultdict(dict)
    for (path, _, _), loss in zip(jobs, lost, strict=True):
        losses[path].update([loss] if loss else [])
    for one in found:
        report = {"article": one.refused, "files": losses[one.path]}
        _write(folder / "reports" / f"{one.path}.json", json.dumps(report).encode())
    key = content_key("source", KIND, settings.pmc_url, names)
    paths = sorted({one.path for one in found})
    source = Source(key=key, kind=KIND, uri=str(folder.absolute()), data_class="open", licence=None)
    return source, tuple(
        SourceFile(item=content_key("file", key, path), path=path, digest=_digest(folder, path)) for path in paths
    )


def harvest(*, item: str, path: str, uri: str, max_pixels: int) -> Harvest:
    """Return what the fetched article at `path` holds.

    A retracted article is the one Drop `retracted`, whether the metadata or the article says so. Licences are compared
    and the stricter holds; a disagreement is a fact of the article. A file that was refused is a Drop with the reason
    of FetchFailed, and an article that was refused is one such Drop.

    Raises:
        NotFound: the article was not fetched into this folder.
    """
    folder = Path(uri)
    report, metadata = _fetched(folder, path)
    if report["article"]:
        return _refused(item, report["article"]["reason"], {"path": path, "why": report["article"]["why"]})
    if metadata is None or metadata.retracted:
        return _refused(item, "retracted", {"path": path, "said_by": "metadata"})
    xml, graphics = _content(folder, path, metadata)
    found = harvest_article(
        item=item,
        path=path,
        xml=xml,
        graphics=graphics,
        max_pixels=max_pixels,
        data_class="open",
        notice=Notice(licence=metadata.licence),
    )
    drops = tuple(_with_reason(drop, report["files"]) for drop in found.made.drops)
    return replace(found, made=replace(found.made, drops=drops))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What became of one article: `path` is PMC<id>.<version>, or the id where no version was found.

    `remotes` are the files below it, None where the server gives no listings.
    """

    path: str
    refused: Mapping[str, str] | None = None
    metadata: Metadata | None = None
    remotes: tuple[Remote, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Visit:
    fetcher: Fetcher
    folder: Path
    host: str

    def located(self, name: str) -> _Found:
        """Find the newest version of an article where `name` asks for none."""
        try:
            return _Found(path=name if "." in name else self._newest(name))
        except FetchFailed as failure:
            return _Found(path=name, refused={"reason": failure.reason, "why": failure.why})

    def article(self, found: _Found) -> _Found:
        """Fetch metadata and XML of a version."""
        if found.refused is not None:
            return found
        path = found.path
        try:
            raw = self.fetcher.get(f"metadata/{path}.json", limit=MAX_SMALL)
            metadata = metadata_of(raw, path, host=self.host)
            remotes = None
            if not metadata.retracted:
                remotes = files_below(self.fetcher, f"{path}/")
                self._whole(metadata.xml, MAX_BYTES, remotes or ())
            _write(self.folder / "metadata" / f"{path}.json", raw)
        except FetchFailed as failure:
            return _Found(path=path, refused={"reason": failure.reason, "why": failure.why})
        return _Found(path=path, metadata=metadata, remotes=remotes)

    def graphics(self, found: _Found) -> Sequence[tuple[Remote, ...]]:
        """Return for each graphic that the XML names the files that it may be."""
        if found.metadata is None or found.metadata.retracted:
            return ()
        xml = (self.folder / found.metadata.xml.key).read_bytes()
        known = found.metadata.media if found.remotes is None else found.remotes
        known = tuple(file for file in known if is_file_of(file.key, found.path))
        listed = found.remotes is not None
        return graphics_wanted(found.path, graphic_hrefs(xml), known, listed=listed)

    def graphic(self, files: Sequence[Remote], listed: Iterable[Remote] | None) -> tuple[str, Mapping[str, str]] | None:
        """Fetch the first of `files` that is there; return the name of one that failed and why, else None."""
        for file in files:
            try:
                self._whole(file, MAX_GRAPHIC_BYTES, listed or ())
                return None
            except FetchFailed as failure:
                if failure.reason != "missing":
                    return file.name, {"reason": failure.reason, "why": failure.why}
        return None

    def _newest(self, name: str) -> str:
        listed = files_below(self.fetcher, f"metadata/{name}.")
        if listed is None:
            versions = self._probed(name)
        else:
            matches = [re.fullmatch(rf"{name}\.(\d{{1,4}})\.json", file.name) for file in listed]
            versions = [int(match[1]) for match in matches if match]
        if not versions:
            raise FetchFailed("missing", f"there is no {name} in the open subset")
        return f"{name}.{max(versions)}"

    def _probed(self, name: str) -> list[int]:
        """Return the versions that are there, where nothing can be listed: 1, 2, ... up to the first that is not."""
        found: list[int] = []
        while True:
            try:
                self.fetcher.get(f"metadata/{name}.{len(found) + 1}.json", limit=MAX_SMALL)
            except FetchFailed as failure:
                if failure.reason != "missing":
                    raise
                return found
            found.append(len(found) + 1)

    def _whole(self, remote: Remote, limit: int, listed: Iterable[Remote]) -> None:
        """The file is in the folder; one that is there, as long and with the md5 as known, is not fetched again."""
        known = next((file for file in listed if file.key == remote.key), remote)
        md5, size = remote.md5 or known.md5, known.size
        path = self.folder / remote.key
        if path.exists() and size in (None, path.stat().st_size) and md5 in (None, _md5(path)):
            return
        path.unlink(missing_ok=True)
        self.fetcher.download(remote.key, path, limit=limit, md5=md5, size=size)


def _fetched(folder: Path, path: str) -> tuple[dict[str, Any], Metadata | None]:
    """Return the report of an article and, where it was not refused, its metadata."""
    try:
        report = json.loads((folder / "reports" / f"{path}.json").read_bytes())
        if report["article"]:
            return report, None
        raw = (folder / "metadata" / f"{path}.json").read_bytes()
    except FileNotFoundError as error:
        raise NotFound(what="article", name=path, hint=f" in {folder}: ingest its source again") from error
    host = json.loads(raw)["xml_url"]
    return report, metadata_of(raw, path, host=urlsplit(host).hostname or "")


def _content(folder: Path, path: str, metadata: Metadata) -> tuple[bytes, dict[str, bytes | None]]:
    xml = (folder / metadata.xml.key).read_bytes()
    known = [Remote(key=f"{path}/{file.name}") for file in sorted((folder / path).iterdir()) if file.is_file()]
    files = [file for wanted in graphics_wanted(path, graphic_hrefs(xml), known, listed=True) for file in wanted]
    return xml, {file.name: (folder / file.key).read_bytes() for file in files}


def _digest(folder: Path, path: str) -> str:
    report, metadata = _fetched(folder, path)
    if metadata is None or metadata.retracted:
        return digest([path, report["article"], metadata is not None])
    content = content_digest(*_content(folder, path, metadata))
    return digest([path, metadata.licence, report["files"], content])


def _with_reason(drop: Drop, lost: Mapping[str, Mapping[str, str]]) -> Drop:
    """Return the Drop with the reason for which its graphic could not be fetched, where that is why it is missing."""
    graphic = str(drop.detail.get("graphic") or "")
    if drop.reason != "missing_graphic" or not graphic:
        return drop
    wanted = graphics_wanted("", [graphic], [Remote(key=name) for name in lost], listed=True)
    if not wanted:
        return drop
    loss = lost[wanted[0][0].name]
    return replace(drop, reason=loss["reason"], detail={**drop.detail, "why": loss["why"]})


def _refused(item: str, reason: str, detail: Mapping[str, Any]) -> Harvest:
    return Harvest(made=Made(item=item, drops=(Drop(item=item, reason=reason, detail=detail),), kept=False), blobs={})


def _lines(path: Path) -> list[str]:
    try:
        return [line.split("#")[0] for line in path.read_text("utf-8").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(what=f"pmc:@{path}", why="no file of text that can be read") from error


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, partial(hashlib.md5, usedforsecurity=False)).hexdigest()


def _write(path: Path, data: bytes) -> None:
    """Write a file that gets its name when it is whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(data)
    part.replace(path)
