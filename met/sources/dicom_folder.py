"""A folder of DICOM objects: frames as they are meant to be seen, a coarse caption, and no header."""

import hashlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

from met.errors import BadInput, BadSetting
from met.harvest.article import Harvest
from met.harvest.brought import Brought, Picture, harvest_brought
from met.keys import content_key, digest
from met.pixels import encode_png
from met.settings import Settings
from met.sources.dicom import MAX_OBJECT, DicomRefused, frames_of, read_object
from met.sources.dicom_profile import NO_PICTURES, burned_in, caption_of, kept_of, keyed
from met.sources.places import Place
from met.types import DataClass, Drop, Source, SourceFile

KIND: Final = "dicom"
# Headers do not leave, but nobody has looked at the pixels.
DATA_CLASS: Final[DataClass] = "phi"
_ENDINGS: Final = frozenset({".dcm", ".dicom", ".ima"})
_SALT_BYTES: Final = 16


def check(place: str) -> None:
    """Return if `place` holds DICOM objects; no more than their first bytes are read.

    Raises:
        BadInput: it does not, or is not there.
    """
    _objects(Place.open(place), place)


def scan(place: str, settings: Settings) -> tuple[Source, tuple[SourceFile, ...]]:
    """Return the folder as a source with one file for each DICOM object.

    Files are known by `DICM` behind their preamble, or by the endings .dcm, .dicom and .ima; others are no part of it.

    Raises:
        BadInput: there is none.
        BadSetting: the salt of patients is too short.
    """
    files = Place.open(place)
    source = Source(
        key=content_key("source", KIND, files.uri), kind=KIND, uri=files.uri, data_class=DATA_CLASS, licence=None
    )
    mark = keyed(salt_of(settings), "mark", KIND)
    return source, tuple(
        SourceFile(
            item=content_key("file", source.key, name),
            path=name,
            digest=digest([hashlib.sha256(_read(files, name)).hexdigest(), mark, settings.dicom_frames]),
        )
        for name in _objects(files, place)
    )


def harvest(*, item: str, path: str, uri: str, settings: Settings) -> Harvest:
    """Return the frames of one object as figures, each a PNG, under a key that only the salt leads back from.

    Rows hold what `met.sources.dicom_profile` keeps, and neither the name nor the folder of the file.

    Drops: `no_picture` (reports, segmentations, doses), `burned_in_annotation`, `frames_left_out` with their number,
    the reasons of `met.sources.dicom.DicomRefused`, and those of `met.harvest.brought`.
    """
    place = Place.open(uri)
    row = _row(item, _read(place, path), settings)
    return harvest_brought(
        item=item, repository=KIND, rows=[row], max_pixels=settings.image_max_pixels, data_class=DATA_CLASS
    )


def salt_of(settings: Settings) -> bytes:
    """Return the secret that makes keys of patients: MET_PATIENT_SALT, else one that is made once for the installation.

    The file `patient-salt` in the home is readable by its owner alone. Without it, keys cannot be made again.

    Raises:
        BadSetting: the salt is shorter than 16 bytes.
    """
    if settings.patient_salt is not None:
        salt = settings.patient_salt.get_secret_value().encode()
    else:
        salt = _kept_salt(settings.home.absolute() / "patient-salt")
    if len(salt) < _SALT_BYTES:
        raise BadSetting(name="MET_PATIENT_SALT", why=f"shorter than {_SALT_BYTES} bytes")
    return salt


def _kept_salt(path: Path) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    if not path.exists():
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(32))
        try:
            # Of two processes that make one at once, the first wins and the other takes over what it made.
            os.link(fresh, path)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path.read_bytes()


def _objects(place: Place, text: str) -> list[str]:
    names = [name for name in place.names() if PurePosixPath(name).name != "DICOMDIR" and _is_object(place, name)]
    if not names:
        raise BadInput(what=f"dicom {text}"[:200], why="holds no DICOM object")
    return names


def _is_object(place: Place, name: str) -> bool:
    if PurePosixPath(name).suffix.lower() in _ENDINGS:
        return True
    with place.opened(name) as stream:
        return stream.read(132)[128:] == b"DICM"


def _read(place: Place, name: str) -> bytes:
    return place.read(name, limit=MAX_OBJECT) or b""


def _row(item: str, data: bytes, settings: Settings) -> Brought | Drop:
    salt = salt_of(settings)
    try:
        dataset = read_object(data)
        modality = str(dataset.get("Modality", ""))
        if modality in NO_PICTURES:
            return Drop(item=item, reason="no_picture", detail={"modality": modality})
        if burned_in(dataset):
            return Drop(item=item, reason="burned_in_annotation")
        frames, total = frames_of(dataset, most=settings.dicom_frames, max_pixels=settings.image_max_pixels)
    except DicomRefused as refused:
        return Drop(item=item, reason=refused.reason, detail={"why": refused.why})
    facts = kept_of(dataset, salt)
    # An object without a UID is known by its bytes.
    own = keyed(salt, "uid", str(dataset.get("SOPInstanceUID", "")) or hashlib.sha256(data).hexdigest()) or ""
    pictures = tuple(
        Picture(
            name=f"{own}-{frame.number}.png",
            data=encode_png(frame.pixels),
            caption=caption_of(facts),
            facts={"dicom": {**facts, **frame.facts}},
        )
        for frame in frames
    )
    return Brought(id=own, path=own, pictures=pictures, drops=tuple(_left_out(len(frames), total)))


def _left_out(taken: int, total: int) -> Iterator[Drop]:
    if taken < total:
        yield Drop(item="", reason="frames_left_out", detail={"taken": taken, "frames": total})
