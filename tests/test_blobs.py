"""Image bytes by their sha256."""

import hashlib
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from met.blobs import Blobs
from met.errors import BadInput, BadSetting, NotFound

DATA = b"\x89PNG not really"
SHA = hashlib.sha256(DATA).hexdigest()


def path_of(folder: Path, sha256: str) -> Path:
    return folder / sha256[:2] / sha256[2:4] / sha256


def test_bytes_lie_at_their_hash(tmp_path: Path) -> None:
    blobs = Blobs(str(tmp_path / "blobs"))
    assert not blobs.has(SHA)
    assert blobs.put(DATA) == SHA
    assert blobs.has(SHA)
    assert blobs.get(SHA) == DATA
    assert path_of(tmp_path / "blobs", SHA).read_bytes() == DATA


@settings(deadline=None, max_examples=50)
@given(data=st.binary(max_size=2000))
def test_any_bytes_come_back_from_any_kind_of_place(data: bytes) -> None:
    blobs = Blobs("memory://test/blobs")
    sha256 = blobs.put(data)
    assert blobs.get(sha256) == data
    assert blobs.put(data) == sha256


def test_nothing_is_made_before_the_first_put(tmp_path: Path) -> None:
    assert not Blobs(str(tmp_path / "blobs")).has(SHA)
    assert not (tmp_path / "blobs").exists()


def test_equal_bytes_are_written_once_and_no_part_is_left(tmp_path: Path) -> None:
    blobs = Blobs(str(tmp_path))
    blobs.put(DATA)
    before = path_of(tmp_path, SHA).stat().st_ino
    threads = [threading.Thread(target=blobs.put, args=(DATA,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path_of(tmp_path, SHA).stat().st_ino == before
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [SHA]


def test_damaged_bytes_are_never_returned(tmp_path: Path) -> None:
    blobs = Blobs(str(tmp_path))
    blobs.put(DATA)
    path_of(tmp_path, SHA).write_bytes(DATA[:-1] + b"?")
    with pytest.raises(BadInput, match="damaged"):
        blobs.get(SHA)


def test_half_of_the_bytes_are_replaced_by_the_next_put(tmp_path: Path) -> None:
    blobs = Blobs(str(tmp_path))
    blobs.put(DATA)
    path_of(tmp_path, SHA).write_bytes(DATA[:3])
    blobs.put(DATA)
    assert blobs.get(SHA) == DATA


def test_missing_bytes_are_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=SHA):
        Blobs(str(tmp_path)).get(SHA)


@pytest.mark.parametrize("name", ["", "../../../etc/passwd", SHA.upper(), SHA[:-1], f"{SHA}\n"])
def test_what_is_no_hash_is_no_path(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="not a sha256"):
        Blobs(str(tmp_path)).get(name)


def test_unknown_kind_of_address_is_a_bad_setting() -> None:
    with pytest.raises(BadSetting, match="MET_BLOBS_URL"):
        Blobs("nonsense://bucket/blobs")
