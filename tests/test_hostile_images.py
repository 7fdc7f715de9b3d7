"""Odd and hostile image files: each is read rightly or is one Drop, in bounded memory; clean files keep every pixel."""

import io
import struct
import subprocess
import sys
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import PIL.ImageSequence
import pytest
from harvested import Stored
from hypothesis import given, settings
from hypothesis import strategies as st
from servers.picture import chunk

from met.pixels import ImageRefused, clean_container, decode_rgb, inspect_image
from met.settings import Settings
from met.sources.kinds import harvest_file, scan_source
from met.types import Figure

CAP = 64_000_000
# What one file may cost beside what the interpreter and its libraries take: three copies of a picture at the cap.
BOUND = 3 * CAP * 3
SECRET = b"SECRET Jane Roe 1950-01-01"


def scene(width: int = 64, height: int = 48, seed: int = 7) -> PIL.Image.Image:
    noise = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    return PIL.Image.fromarray(noise).resize((width, height), PIL.Image.Resampling.BICUBIC)


def encoded(image: PIL.Image.Image, kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def png(width: int, height: int, depth: int, colour: int, raw: bytes, *, interlaced: int = 0) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced)
    parts = (chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(raw)), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def behind_header(data: bytes, *chunks: bytes) -> bytes:
    """A PNG with more chunks behind its header."""
    return data[:33] + b"".join(chunks) + data[33:]


def interlaced(values: np.ndarray[Any, Any]) -> bytes:
    """A grey PNG whose rows come in the seven passes of Adam7."""
    passes = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1))
    raw = b"".join(
        b"\0" + row.tobytes() for top, left, down, right in passes for row in values[top::down, left::right] if row.size
    )
    return png(values.shape[1], values.shape[0], 8, 0, raw, interlaced=1)


def tiff(width: int, height: int, strip: bytes) -> bytes:
    """A grey TIFF of one deflated strip."""
    tags = [(256, width), (257, height), (258, 8), (259, 8), (262, 1), (273, 122), (277, 1), (278, height)]
    tags.append((279, len(strip)))
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    return struct.pack("<2sHIH", b"II", 42, 8, len(tags)) + entries + struct.pack("<I", 0) + strip


def profile() -> bytes:
    from PIL.ImageCms import ImageCmsProfile, createProfile

    return ImageCmsProfile(createProfile("sRGB")).tobytes()


RAMP = np.arange(24 * 20, dtype=np.uint16).reshape(24, 20) * 100
GREY = (RAMP // 256).astype(np.uint8) * 20
PLAIN = encoded(scene(), "PNG")
PHOTO = encoded(scene(), "JPEG", quality=90)
EXIF = PIL.Image.Exif()
EXIF[274] = 6
FRAMES = [scene(seed=seed) for seed in (1, 2)]

# Name -> file, what kind it is, and the pixels that it must show (None: those that Pillow shows).
READ: Mapping[str, tuple[bytes, str, Any]] = {
    "cmyk": (encoded(scene().convert("CMYK"), "JPEG"), "image/jpeg", None),
    "sixteen_bit_grey": (encoded(PIL.Image.fromarray(RAMP), "PNG"), "image/png", None),
    "sixteen_bit_colour": (png(8, 1, 16, 2, b"\0" + bytes(range(48))), "image/png", None),
    "palette": (encoded(scene().convert("P"), "PNG"), "image/png", None),
    "interlaced": (interlaced(GREY), "image/png", np.repeat(GREY[..., None], 3, axis=2)),
    "rotated": (encoded(scene(), "JPEG", exif=EXIF), "image/jpeg", None),
    "with_profile": (encoded(scene(), "JPEG", icc_profile=profile()), "image/jpeg", None),
    "progressive": (encoded(scene(), "JPEG", progressive=True), "image/jpeg", None),
    "animated_gif": (encoded(FRAMES[0], "GIF", save_all=True, append_images=FRAMES[1:]), "image/gif", None),
    "animated_png": (encoded(FRAMES[0], "PNG", save_all=True, append_images=FRAMES[1:]), "image/png", None),
    "animated_webp": (encoded(FRAMES[0], "WEBP", save_all=True, append_images=FRAMES[1:]), "image/webp", None),
    "two_pictures": (encoded(FRAMES[0], "MPO", save_all=True, append_images=FRAMES[1:]), "image/jpeg", None),
    "page_behind": (PHOTO + b"<html><script>alert(1)</script></html>", "image/jpeg", decode_rgb(PHOTO)),
    "zip_behind": (PLAIN + b"PK\x03\x04" + bytes(200), "image/png", decode_rgb(PLAIN)),
    "long_text": (behind_header(PLAIN, chunk(b"tEXt", b"a\0" + b"x" * 9_000_000)), "image/png", decode_rgb(PLAIN)),
    "unknown_chunk": (behind_header(PLAIN, chunk(b"prVt", SECRET)), "image/png", decode_rgb(PLAIN)),
    "strip_that_inflates": (tiff(100, 100, zlib.compress(bytes(50_000_000))), "image/tiff", None),
    "one_pixel": (encoded(PIL.Image.new("RGB", (1, 1)), "PNG"), "image/png", None),
}
# Name -> file, and why it is refused.
REFUSED: Mapping[str, tuple[bytes, str]] = {
    "empty": (b"", "unreadable_image"),
    "cut_jpeg": (PHOTO[: len(PHOTO) // 2], "unreadable_image"),
    "cut_png": (PLAIN[: len(PLAIN) // 2], "unreadable_image"),
    "drawing": (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><rect/></svg>', "unreadable_image"),
    "film": (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", "unreadable_image"),
    "postscript": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n", "unreadable_image"),
    "archive_before": (b"PK\x03\x04" + PHOTO, "unreadable_image"),
    "text_that_inflates": (
        behind_header(PLAIN, chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(200_000_000)))),
        "unreadable_image",
    ),
    "profile_that_inflates": (
        behind_header(PLAIN, chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(200_000_000)))),
        "unreadable_image",
    ),
    "vast_png": (png(13_000, 13_000, 1, 0, b"".join(b"\0" + bytes(1625) for _ in range(13_000))), "too_many_pixels"),
    "vast_tiff": (tiff(60_000, 60_000, zlib.compress(bytes(1000))), "too_many_pixels"),
    "vast_gif": (
        b"GIF89a" + struct.pack("<HHBBB", 10, 10, 0x80, 0, 0) + bytes(6)
        + b"," + struct.pack("<HHHHB", 0, 0, 65535, 65535, 0) + b"\x02\x02\x44\x01\0;",
        "too_many_pixels",
    ),
    "vast_jpeg": (PHOTO.replace(struct.pack(">HH", 48, 64), struct.pack(">HH", 65535, 65535), 1), "too_many_pixels"),
    "strip_that_lies": (tiff(9000, 7000, zlib.compress(bytes(1000))), "unreadable_image"),
}  # fmt: skip


@pytest.mark.parametrize("name", READ)
def test_odd_files_are_read_rightly(name: str) -> None:
    data, media_type, expected = READ[name]
    found = inspect_image(data, max_pixels=CAP)
    pixels = decode_rgb(data)
    assert found.media_type == media_type
    assert pixels.shape == (found.height, found.width, 3)
    if expected is not None:
        assert (pixels == expected).all()
    clean = clean_container(data, media_type)
    assert (decode_rgb(clean) == pixels).all()
    assert SECRET not in clean


@pytest.mark.parametrize("name", REFUSED)
def test_hostile_files_are_refused(name: str) -> None:
    data, reason = REFUSED[name]
    with pytest.raises(ImageRefused) as refused:
        inspect_image(data, max_pixels=CAP)
    assert refused.value.reason == reason


def test_bombs_take_bounded_memory(tmp_path: Path) -> None:
    """Each bomb is looked at in one fresh process, whose peak is compared with its peak before."""
    for name, (data, _) in REFUSED.items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "strip").write_bytes(READ["strip_that_inflates"][0])
    program = f"""
import resource, sys
from pathlib import Path
from met.pixels import ImageRefused, inspect_image
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for path in sorted(Path(sys.argv[1]).iterdir()):
    try:
        inspect_image(path.read_bytes(), max_pixels={CAP})
    except ImageRefused as refused:
        assert refused.reason
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=True, timeout=120
    )
    kilobytes = 1 if sys.platform == "darwin" else 1024
    assert int(done.stdout) * kilobytes < BOUND


def test_an_ingest_reads_the_rest(tmp_path: Path) -> None:
    """One article shows all of these files, some under a wrong extension: a figure or a Drop for each."""
    files = {name: one[0] for name, one in READ.items()} | {name: one[0] for name, one in REFUSED.items()}
    names = {name: f"{name}.{'png' if number % 2 else 'jpg'}" for number, name in enumerate([*READ, *REFUSED])}
    for name, file in names.items():
        (tmp_path / file).write_bytes(files[name])
    figures = "".join(
        f'<fig id="{name}"><label>{name}</label><caption><p>Nothing.</p></caption><graphic xlink:href="{file}"/></fig>'
        for name, file in names.items()
    )
    (tmp_path / "a.xml").write_text(
        '<article xmlns:xlink="http://www.w3.org/1999/xlink"><front><article-meta>'
        '<article-id pub-id-type="pmcid">PMC1</article-id></article-meta></front>'
        f"<body>{figures}</body></article>"
    )
    chosen = Settings(home=tmp_path / "home", image_max_pixels=CAP)
    source, (article,) = scan_source(str(tmp_path), chosen)
    found = harvest_file(Stored(source, article), chosen)
    shown = {row.graphic: row.image for row in found.made.rows if isinstance(row, Figure)}
    assert shown.keys() == {names[name] for name in READ}
    dropped = sorted((drop.detail["graphic"], drop.reason) for drop in found.made.drops)
    assert dropped == sorted((names[name], reason) for name, (_, reason) in REFUSED.items())
    # The bytes are kept as they came.
    assert {found.blobs[shown[names[name]]] for name in READ} == {data for data, _, _ in READ.values()}


# ---------------------------------------------------------------- what a clean file keeps


def segment(marker: int, content: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(content) + 2) + content


JPEG_RIDERS = st.sampled_from(
    [
        segment(0xE1, b"Extra\0\0" + SECRET),
        segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + SECRET),
        segment(0xE0, b"JFXX\0\x10" + SECRET),
        segment(0xE2, b"MPF\0" + SECRET),
        segment(0xE2, b"FPXR\0" + SECRET),
        segment(0xE4, SECRET),
        segment(0xED, b"Photoshop 3.0\0" + SECRET),
        segment(0xEE, b"Adobe"[:4] + SECRET),
        segment(0xFE, SECRET),
    ]
)
PNG_RIDERS = st.sampled_from(
    [
        chunk(b"tEXt", b"Author\0" + SECRET),
        chunk(b"iTXt", b"Author\0\0\0\0\0" + SECRET),
        chunk(b"zTXt", b"Author\0\0" + zlib.compress(SECRET, 0)),
        chunk(b"tIME", struct.pack(">HBBBBB", 2020, 1, 1, 1, 1, 1)),
        chunk(b"prVt", SECRET),
    ]
)


@settings(max_examples=120, deadline=None)
@given(
    st.lists(JPEG_RIDERS, max_size=5),
    st.binary(max_size=40),
    st.sampled_from(["L", "RGB", "CMYK"]),
    st.booleans(),
    st.integers(1, 8),
    st.integers(0, 6),
)
def test_a_jpeg_keeps_its_pixels_alone(
    riders: list[bytes], tail: bytes, mode: str, progressive: bool, orientation: int, before: int
) -> None:
    exif = PIL.Image.Exif()
    exif[274], exif[315] = orientation, SECRET.decode()
    data = encoded(scene().convert(mode), "JPEG", progressive=progressive, exif=exif, restart_marker_blocks=before)
    # Right behind the start, and right before the first scan: odd places, and legal ones.
    scan = data.index(b"\xff\xda")
    dirty = data[:2] + b"".join(riders) + data[2:scan] + b"".join(reversed(riders)) + data[scan:] + tail + SECRET
    assert (decode_rgb(dirty) == decode_rgb(data)).all()
    clean = clean_container(dirty, "image/jpeg")
    assert SECRET not in clean
    assert clean.endswith(data[scan:])
    assert (decode_rgb(clean) == decode_rgb(data)).all()
    with PIL.Image.open(io.BytesIO(clean)) as image:
        assert dict(image.getexif()) == ({274: orientation} if orientation != 1 else {})
    assert clean_container(clean, "image/jpeg") == clean


@settings(max_examples=120, deadline=None)
@given(
    st.lists(PNG_RIDERS, max_size=5),
    st.lists(PNG_RIDERS, max_size=3),
    st.sampled_from(["1", "L", "LA", "P", "RGB", "RGBA", "I;16"]),
    st.integers(1, 8),
)
def test_a_png_keeps_its_pixels_alone(first: list[bytes], last: list[bytes], mode: str, orientation: int) -> None:
    exif = PIL.Image.Exif()
    exif[274], exif[315] = orientation, SECRET.decode()
    image = PIL.Image.fromarray(RAMP) if mode == "I;16" else scene().convert(mode)
    data = encoded(image, "PNG", exif=exif)
    dirty = behind_header(data, *first)[:-12] + b"".join(last) + data[-12:] + SECRET
    clean = clean_container(dirty, "image/png")
    assert SECRET not in clean
    assert b"tIME" not in clean
    assert (decode_rgb(clean) == decode_rgb(dirty)).all()
    with PIL.Image.open(io.BytesIO(clean)) as opened:
        assert opened.getexif().get(274, 1) == orientation
        assert np.array_equal(np.asarray(opened), np.asarray(PIL.Image.open(io.BytesIO(data))))
    assert clean_container(clean, "image/png") == clean


def test_a_thumbnail_page_goes_and_other_pages_stay() -> None:
    out = io.BytesIO()
    small = scene(16, 12)
    small.encoderinfo = {"tiffinfo": {254: 1}}
    scene().save(out, "TIFF", save_all=True, append_images=[small, scene(seed=9)])
    clean = clean_container(out.getvalue(), "image/tiff")
    with PIL.Image.open(io.BytesIO(clean)) as image:
        sizes = [frame.size for frame in PIL.ImageSequence.Iterator(image)]
    assert sizes == [(64, 48), (64, 48)]
    assert (decode_rgb(clean) == decode_rgb(out.getvalue())).all()


def test_words_between_frames_go() -> None:
    data = encoded(FRAMES[0], "GIF", save_all=True, append_images=FRAMES[1:], loop=0)
    plain_text = b"\x21\x01\x0c" + bytes(12) + bytes([len(SECRET)]) + SECRET + b"\0"
    xmp = b"\x21\xff\x0bXMP DataXMP" + bytes([len(SECRET)]) + SECRET + b"\0"
    loop = b"\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0" + bytes([len(SECRET)]) + SECRET + b"\0"
    dirty = data[:-1] + plain_text + xmp + loop + b";" + SECRET
    clean = clean_container(dirty, "image/gif")
    assert SECRET not in clean
    with PIL.Image.open(io.BytesIO(clean)) as image:
        assert (len(list(PIL.ImageSequence.Iterator(image))), image.info["loop"]) == (2, 0)
    assert (decode_rgb(clean) == decode_rgb(data)).all()


def test_chunks_of_a_frame_and_of_the_file_go() -> None:
    data = encoded(FRAMES[0], "WEBP", save_all=True, append_images=FRAMES[1:], exif=EXIF, xmp=SECRET)
    rider = b"prVt" + struct.pack("<I", len(SECRET)) + SECRET + b"\0" * (len(SECRET) % 2)
    at = data.index(b"ANMF")
    (size,) = struct.unpack_from("<I", data, at + 4)
    framed = data[: at + 4] + struct.pack("<I", size + len(rider)) + data[at + 8 : at + 8 + size] + rider
    body = framed + data[at + 8 + size :] + rider
    dirty = body[:4] + struct.pack("<I", len(body) - 8) + body[8:] + SECRET
    clean = clean_container(dirty, "image/webp")
    assert SECRET not in clean
    with PIL.Image.open(io.BytesIO(clean)) as image:
        assert (len(list(PIL.ImageSequence.Iterator(image))), dict(image.getexif())) == (2, {274: 6})
    assert (decode_rgb(clean) == decode_rgb(data)).all()


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA"])
def test_a_bmp_ends_with_its_pixels(mode: str) -> None:
    data = encoded(scene(61, 48).convert(mode), "BMP")
    clean = clean_container(data + SECRET, "image/bmp")
    assert SECRET not in clean
    assert (decode_rgb(clean) == decode_rgb(data)).all()
    assert clean_container(clean, "image/bmp") == clean
