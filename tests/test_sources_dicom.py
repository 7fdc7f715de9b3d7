"""DICOM objects to figures: every syntax that can be decoded, a Drop for every other, and no name in anything."""

import io
import struct
import zlib
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pydicom.data
import pytest
from harvested import harvested, of_type, reasons
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from met.errors import BadInput, BadSetting
from met.harvest.article import Harvest
from met.pixels import decode_rgb
from met.settings import Settings
from met.sources.dicom import DicomRefused, claimed_size, frames_of, read_object
from met.sources.dicom import test_file as shipped
from met.sources.dicom_folder import salt_of
from met.sources.dicom_profile import caption_of, kept_of, keyed
from met.sources.kinds import check_source
from met.types import Article, Fact, Figure

SALT = "a salt of the tests"
SETTINGS = Settings(image_max_pixels=10**6, patient_salt=SALT)
SHIPPED = Path(pydicom.data.__file__).parent / "test_files"


def ingest(place: Path, settings: Settings = SETTINGS) -> dict[str, Harvest]:
    return harvested(f"dicom:{place}", settings)


def copy(name: str, to: Path, **changes: Any) -> None:
    to.parent.mkdir(parents=True, exist_ok=True)
    dataset = pydicom.dcmread(shipped(name))
    for tag, value in changes.items():
        setattr(dataset, tag, value)
    dataset.save_as(to)


def facts_of(found: Harvest) -> list[dict[str, Any]]:
    return [fact.facts["dicom"] for fact in of_type(found, Fact) if "dicom" in fact.facts]


def pixels_of(found: Harvest) -> list[Any]:
    return [decode_rgb(found.blobs[figure.image]) for figure in of_type(found, Figure)]


# ---------------------------------------------------------------- pixels


@pytest.mark.parametrize(
    ("name", "shape", "caption"),
    [
        ("CT_small.dcm", (128, 128), "Axial CT."),
        ("693_J2KI.dcm", (512, 512), "Axial CT."),
        ("J2K_pixelrep_mismatch.dcm", (512, 512), "Axial CT of the head."),
        ("MR_small_RLE.dcm", (64, 64), "MRI."),
        ("MR_small_bigendian.dcm", (64, 64), "MRI."),
        ("examples_overlay.dcm", (300, 484), "MRI of the abdomen."),
        ("examples_palette.dcm", (350, 800), "Ultrasound."),
        ("examples_rgb_color.dcm", (240, 320), "Ultrasound."),
        ("examples_jpeg2k.dcm", (480, 640), "Ultrasound."),
        ("JPEG2000.dcm", (1024, 256), "Nuclear medicine scan of the whole body."),
        ("SC_ybr_full_422_uncompressed.dcm", (100, 100), ""),
        ("SC_rgb_rle_32bit.dcm", (100, 100), ""),
        ("image_dfl.dcm", (512, 512), ""),
    ],
)
def test_objects_become_pictures(tmp_path: Path, name: str, shape: tuple[int, int], caption: str) -> None:
    copy(name, tmp_path / name)
    (found,) = ingest(tmp_path).values()
    (figure,) = of_type(found, Figure)
    (pixels,) = pixels_of(found)
    assert (pixels.shape[:2], figure.caption.replace("Axial MRI", "MRI")) == (shape, caption)
    assert pixels.std() > 5
    assert of_type(found, Article)[0].data_class == "phi"


def test_colour_spaces_agree(tmp_path: Path) -> None:
    for name in ("SC_rgb_rle.dcm", "SC_ybr_full_422_uncompressed.dcm", "SC_rgb_rle_16bit.dcm", "SC_rgb_rle_32bit.dcm"):
        copy(name, tmp_path / name)
    (first, *others) = (pixels_of(found)[0].astype(int) for found in ingest(tmp_path).values())
    assert all(np.abs(first - other).mean() < 3 for other in others)


def test_frames_are_spread_over_all_and_the_rest_is_counted(tmp_path: Path) -> None:
    copy("examples_ybr_color.dcm", tmp_path / "cine.dcm")
    (found,) = ingest(tmp_path).values()
    assert [facts["frame"] for facts in facts_of(found)] == [0, 10, 19, 29]
    assert [(drop.reason, drop.detail) for drop in found.made.drops] == [
        ("frames_left_out", {"taken": 4, "frames": 30})
    ]
    (one,) = ingest(tmp_path, SETTINGS.model_copy(update={"dicom_frames": 1})).values()
    assert [facts["frame"] for facts in facts_of(one)] == [15]


def test_windows_are_those_of_the_file_and_stated(tmp_path: Path) -> None:
    copy("CT_small.dcm", tmp_path / "a.dcm")
    copy("CT_small.dcm", tmp_path / "b.dcm", WindowCenter=[300, 40], WindowWidth=[1500, 80])
    copy("MR_small.dcm", tmp_path / "c.dcm", WindowCenter="", WindowWidth="")
    copy("CT_small.dcm", tmp_path / "d.dcm", PhotometricInterpretation="MONOCHROME1")
    found = ingest(tmp_path)
    windows = {path: facts_of(one)[0]["window"] for path, one in found.items()}
    assert windows["a.dcm"] == {"centre": 40.0, "width": 400.0, "by": "soft tissue"}
    assert windows["b.dcm"] == {"centre": 300.0, "width": 1500.0, "by": "file"}
    assert windows["c.dcm"]["by"] == "percentiles 1-99"
    assert (pixels_of(found["d.dcm"])[0] == 255 - pixels_of(found["a.dcm"])[0]).all()


def test_every_file_that_pydicom_ships_is_pictures_or_one_drop(tmp_path: Path) -> None:
    for path in SHIPPED.rglob("*.dcm"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    found = ingest(tmp_path)
    assert len(found) > 60
    known = {"no_picture", "no_pixels", "not_dicom", "unsupported_syntax", "unreadable_image", "frames_left_out"}
    known.add("too_many_pixels")
    for one in found.values():
        assert set(reasons(one)) <= known
        assert bool(of_type(one, Figure)) is one.made.kept
    assert sum(one.made.kept for one in found.values()) > 30
    assert not [path for path, one in found.items() if path.startswith(("JPEGLS", "JPEG-LL")) and not one.made.kept]
    lacking = {path for path, one in found.items() if "unsupported_syntax" in reasons(one)}
    assert lacking == {"JPEG-lossy.dcm", "JPGExtended.dcm"}


# ---------------------------------------------------------------- nothing identifying leaves

PLANTED = (
    "Doe^Jane",
    "MRN0815",
    "St Elsewhere",
    "19530214",
    "053Y",
    "Dr Who",
    "1.2.3.4.5",
    "Secret Street",
    "SCANNER9",
)


def planted() -> Dataset:
    dataset = pydicom.dcmread(shipped("CT_small.dcm"))
    name, number, place, date, age, doctor, uid, street, device = PLANTED
    dataset.PatientName, dataset.PatientID, dataset.InstitutionName = name, number, place
    dataset.PatientBirthDate = dataset.StudyDate = date
    dataset.PatientAge, dataset.ReferringPhysicianName, dataset.PatientAddress = age, doctor, street
    dataset.StudyInstanceUID = dataset.SeriesInstanceUID = dataset.SOPInstanceUID = f"{uid}.1"
    dataset.StationName, dataset.PatientSex = device, "F"
    # Words where a term should stand, free text, private attributes, nested sequences.
    dataset.BodyPartExamined = dataset.ViewPosition = "DOE JANE"
    dataset.StudyDescription = dataset.ImageComments = f"{name} at {place}"
    dataset.add_new((0x0009, 0x0010), "LO", place)
    dataset.add_new((0x0009, 0x1001), "LO", name)
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = "1", "SCT", name
    dataset.AnatomicRegionSequence = Sequence([code])
    return dataset


def words_of(value: Any) -> str:
    """Return every text and every byte within a value, however deep."""
    if is_dataclass(value) and not isinstance(value, type):
        return " ".join(words_of(getattr(value, field.name)) for field in fields(value))
    if isinstance(value, dict):
        return " ".join(f"{words_of(key)} {words_of(part)}" for key, part in value.items())
    if isinstance(value, (list, tuple)):
        return " ".join(map(words_of, value))
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def test_no_planted_word_is_in_any_row_drop_or_image(tmp_path: Path) -> None:
    (tmp_path / "Doe_Jane").mkdir()
    planted().save_as(tmp_path / "Doe_Jane" / "MRN0815.dcm")
    broken = planted()
    broken.NumberOfFrames = "7"
    broken.save_as(tmp_path / "Doe_Jane" / "frames.dcm")
    burned = planted()
    burned.BurnedInAnnotation = "YES"
    burned.save_as(tmp_path / "Doe_Jane" / "burned.dcm")
    found = ingest(tmp_path)
    said = words_of([[one.made, dict(one.blobs)] for one in found.values()]).lower()
    for word in (*PLANTED, "doe", "jane", "elsewhere"):
        assert word.lower() not in said, word
    assert of_type(found["Doe_Jane/MRN0815.dcm"], Figure)[0].caption == "Axial CT."
    assert {path: reasons(one) for path, one in found.items() if reasons(one)} == {
        "Doe_Jane/burned.dcm": ["burned_in_annotation"],
        "Doe_Jane/frames.dcm": ["unreadable_image"],
    }


def test_keys_are_the_same_for_one_salt_alone(tmp_path: Path) -> None:
    dataset = planted()
    one, again, other = (kept_of(dataset, salt) for salt in (b"one", b"one", b"other"))
    assert one == again
    assert all(one[name] != other[name] for name in ("patient", "study", "series"))
    assert keyed(b"one", "patient", "1.2.3.4.5.1") != one["study"]
    assert keyed(b"one", "patient", " ") is None
    assert "patient" in one and "patient" not in kept_of(Dataset(), b"one")


def test_the_salt_is_made_once_and_belongs_to_its_owner(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    salt = salt_of(settings)
    assert salt == salt_of(settings)
    assert (tmp_path / "home" / "patient-salt").stat().st_mode & 0o077 == 0
    assert salt != salt_of(Settings(home=tmp_path / "other"))
    with pytest.raises(BadSetting, match="MET_PATIENT_SALT"):
        salt_of(Settings(patient_salt="short"))


@pytest.mark.parametrize(
    ("tags", "caption"),
    [
        ({"Modality": "DX", "BodyPartExamined": "CHEST", "ViewPosition": "PA"},
         "Radiograph of the chest, posteroanterior view."),
        ({"Modality": "MG", "BodyPartExamined": "BREAST", "ImageLaterality": "R", "ViewPosition": "MLO"},
         "Mammogram of the right breast, mediolateral oblique view."),
        ({"Modality": "DX", "Laterality": "L"}, "Radiograph."),
        ({"Modality": "MR", "ImageOrientationPatient": [0, 1, 0, 0, 0, -1]}, "Sagittal MRI."),
        ({"Modality": "CT", "ImageOrientationPatient": [1, 0, 0, 0, 0.7, 0.7]}, "CT."),
        ({"Modality": "OT"}, ""),
        ({}, ""),
    ],
)  # fmt: skip
def test_captions_say_what_the_object_says(tags: dict[str, Any], caption: str) -> None:
    dataset = Dataset()
    for name, value in tags.items():
        setattr(dataset, name, value)
    assert caption_of(kept_of(dataset, b"salt")) == caption


# ---------------------------------------------------------------- bad input


def test_sizes_are_told_before_anything_is_decoded(tmp_path: Path) -> None:
    copy("CT_small.dcm", tmp_path / "rows.dcm", Rows=65535, Columns=65535)
    lying = pydicom.dcmread(shipped("693_J2KI.dcm"))
    at = lying.PixelData.find(b"\xff\x4f\xff\x51")
    lying.PixelData = lying.PixelData[: at + 8] + struct.pack(">2I", 60000, 60000) + lying.PixelData[at + 16 :]
    lying.save_as(tmp_path / "stream.dcm")
    found = ingest(tmp_path)
    assert [reasons(one) for one in found.values()] == [["too_many_pixels"]] * 2


def test_a_file_that_unfolds_to_gigabytes_is_refused() -> None:
    meta = pydicom.dcmread(shipped("image_dfl.dcm"))
    out = io.BytesIO()
    meta.save_as(out)
    data = out.getvalue()
    end = 144 + struct.unpack_from("<I", data, 140)[0]
    folding = zlib.compressobj(9, zlib.DEFLATED, -15)
    zeros = b"".join([folding.compress(bytes(1 << 24)) for _ in range(66)]) + folding.flush()
    with pytest.raises(DicomRefused, match="too_large"):
        read_object(data[:end] + zeros)


def test_the_size_of_a_frame_is_read_past_its_thumbnail() -> None:
    thumbnail = bytes.fromhex("ffd8ffc0000b08000100010101110000")
    frame = b"\xff\xd8\xff\xe1" + struct.pack(">H", len(thumbnail) + 2) + thumbnail
    frame += bytes.fromhex("ffc2000b08001000200101110000")
    assert claimed_size(frame) == (32, 16)
    assert claimed_size(b"") is None


@given(st.binary(max_size=400), st.integers(0, 6000))
def test_broken_objects_are_refused(noise: bytes, at: int) -> None:
    whole = shipped("MR_small_RLE.dcm").read_bytes()
    for data in (noise, whole[:at], whole[:at] + noise + whole[at + len(noise) :]):
        try:
            frames, _ = frames_of(read_object(data), most=1, max_pixels=10**6)
            assert frames[0].pixels.dtype == np.uint8
        except DicomRefused as refused:
            assert refused.reason


def test_what_holds_no_object_is_bad_input(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("no object")
    with pytest.raises(BadInput, match="holds no DICOM object"):
        check_source(f"dicom:{tmp_path}")


@pytest.mark.shared
def test_the_real_objects_become_pictures(shared_data: Path) -> None:
    found = ingest(shared_data / "gold" / "modality" / "dicom")
    assert {path: reasons(one) for path, one in found.items() if reasons(one)} == {"waveform_ecg.dcm": ["no_picture"]}
