"""The kinds of sources by the word before the colon, and what each can do."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from met.errors import BadInput
from met.harvest.article import Harvest, harvest_article
from met.keys import content_key, digest
from met.settings import Settings
from met.sources import dataset, dicom_folder, folder, images, pmc
from met.sources.places import Place
from met.types import DataClass, Drop, Made, Source, SourceFile

_REFUSED: Final = "refused member: "
_NAMED: Final = re.compile(r"([a-z]+):(?!//)(.*)", re.DOTALL)


class File(Protocol):
    """A file of a source, as the store gives it back."""

    @property
    def item(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def digest(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def uri(self) -> str: ...
    @property
    def data_class(self) -> DataClass: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of source. `check` reads no content, `scan` lists the files, `harvest` makes rows of one of them."""

    check: Callable[[str], object]
    scan: Callable[[str, Settings], tuple[Source, tuple[SourceFile, ...]]]
    harvest: Callable[[File, Settings], Harvest]


def check_source(text: str) -> None:
    """Return if `text` (a folder, or KIND:PLACE) is a source as far as can be told without reading it.

    Raises:
        BadInput: it is not; the message says why.
    """
    kind, place = _split(text)
    KINDS[kind].check(place)


def scan_source(text: str, settings: Settings) -> tuple[Source, tuple[SourceFile, ...]]:
    """Return the source that `text` names and its files as they are now; members of a zip that are not read, too.

    Raises:
        BadInput: it is no source.
        Unavailable: a server that holds it does not answer.
    """
    kind, place = _split(text)
    source, files = KINDS[kind].scan(place, settings)
    refused = Place.open(source.uri).refused if _is_zip(source.uri) else {}
    return source, (*files, *(_refused_file(source, name, why) for name, why in sorted(refused.items())))


def harvest_file(file: File, settings: Settings) -> Harvest:
    """Return the rows, Drops and image bytes of one file of a source; of a member that is not read, one Drop.

    Raises:
        NotFound: the file is gone.
    """
    name = file.path.removeprefix(_REFUSED)
    if name != file.path and _is_zip(file.uri) and (why := Place.open(file.uri).refused.get(name)):
        drop = Drop(item=file.item, reason="unsafe_member", detail={"member": name[:200], "why": why})
        return Harvest(made=Made(item=file.item, drops=(drop,), kept=False), blobs={})
    return KINDS[file.kind].harvest(file, settings)


def _is_zip(uri: str) -> bool:
    return uri.lower().endswith(".zip")


def _refused_file(source: Source, name: str, why: str) -> SourceFile:
    path = _REFUSED + name
    return SourceFile(item=content_key("file", source.key, path), path=path, digest=digest([path, why]))


def _split(text: str) -> tuple[str, str]:
    """Return kind and place; what has no kind before a colon, or is a path that exists, is a folder of JATS."""
    found = _NAMED.fullmatch(text)
    if found is None or Path(text).exists():
        return folder.KIND, text
    if found[1] not in KINDS or found[1] == folder.KIND:
        known = ", ".join(sorted(f"{kind}:" for kind in KINDS.keys() - {folder.KIND}))
        raise BadInput(
            what=f"source {text}"[:80], why=f"no kind {found[1]}: of sources; there are {known} and a folder"
        )
    return found[1], found[2]


def _folder(file: File, settings: Settings) -> Harvest:
    xml, graphics = folder.read_file(file.uri, file.path)
    return harvest_article(
        item=file.item,
        path=file.path,
        xml=xml,
        graphics=graphics,
        max_pixels=settings.image_max_pixels,
        data_class=file.data_class,
    )


def _images(file: File, settings: Settings) -> Harvest:
    return images.harvest(
        item=file.item, path=file.path, uri=file.uri, max_pixels=settings.image_max_pixels, digest=file.digest
    )


def _dicom(file: File, settings: Settings) -> Harvest:
    return dicom_folder.harvest(item=file.item, path=file.path, uri=file.uri, settings=settings)


def _of(harvest: Callable[..., Harvest]) -> Callable[[File, Settings], Harvest]:
    return lambda file, settings: harvest(
        item=file.item, path=file.path, uri=file.uri, max_pixels=settings.image_max_pixels
    )


KINDS: Final[dict[str, Kind]] = {
    folder.KIND: Kind(
        check=folder.check_folder,
        scan=lambda place, _: folder.scan_folder(place),
        harvest=_folder,
    ),
    dataset.KIND: Kind(check=dataset.check, scan=dataset.scan, harvest=_of(dataset.harvest)),
    images.KIND: Kind(check=images.check, scan=images.scan, harvest=_images),
    dicom_folder.KIND: Kind(check=dicom_folder.check, scan=dicom_folder.scan, harvest=_dicom),
    pmc.KIND: Kind(check=pmc.identifiers, scan=pmc.scan, harvest=_of(pmc.harvest)),
}
