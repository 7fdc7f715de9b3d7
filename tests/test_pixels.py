"""Image files: what they are, what they show, what is refused, and what is stripped without touching a pixel."""

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from servers.picture import chunk

from met.pixels import (
    ImageRefused,
    clean_container,
    containers,
    crop_png,
    decode_rgb,
    encode_png,
    file_hash,
    inspect_image,
    shrink,
)
from met.pixels.containers.entry import NotCleanable
from met.pixels.sheets import contact_sheet

CAP = 64_000_000


def scene(width: int = 320, height: int = 240, seed: int = 7) -> PIL.Image.Image:
    """A smooth random picture: low frequencies, as photographs have."""
    noise = np.random.default_rng(seed).integers(0, 256, (9, 12, 3), dtype=np.uint8)
    return PIL.Image.fromarray(noise).resize((width, height), PIL.Image.Resampling.BICUBIC)


def encoded(image: PIL.Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def distance(one: bytes, other: bytes) -> int:
    hashes = [inspect_image(data, max_pixels=CAP).phash for data in (one, other)]
    return ((hashes[0] ^ hashes[1]) & (2**64 - 1)).bit_count()


def huge_png(side: int = 13_000) -> bytes:
    """A PNG of a few hundred bytes whose header announces side x side pixels."""
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


# ---------------------------------------------------------------- inspect


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "GIF", "WEBP", "BMP"])
def test_kinds_of_files(kind: str) -> None:
    found = inspect_image(encoded(scene(), kind), max_pixels=CAP)
    assert (found.media_type, found.width, found.height) == (f"image/{kind.lower()}", 320, 240)
    assert found.bytes == len(encoded(scene(), kind))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "I;16", "I", "F"])
def test_every_mode_becomes_rgb(mode: str) -> None:
    picture = scene().convert("L") if mode.startswith(("I", "F")) else scene()
    image = PIL.Image.fromarray(np.asarray(picture, dtype=np.uint16) * 9) if mode == "I;16" else picture.convert(mode)
    data = encoded(image, "JPEG" if mode in {"CMYK", "YCbCr"} else "TIFF")
    pixels = decode_rgb(data)
    assert (pixels.shape, pixels.dtype) == ((240, 320, 3), np.uint8)
    assert int(pixels.max()) - int(pixels.min()) > 100
    assert inspect_image(data, max_pixels=CAP).width == 320


def test_sixteen_bits_are_spread_over_eight() -> None:
    ramp = np.arange(1000, 1256, dtype=np.uint16).reshape(16, 16)
    pixels = decode_rgb(encoded(PIL.Image.fromarray(ramp), "PNG"))
    assert (int(pixels.min()), int(pixels.max())) == (0, 255)
    assert (np.diff(pixels[..., 0].ravel().astype(int)) == 1).all()


def test_transparency_stands_on_white() -> None:
    clear = PIL.Image.new("RGBA", (4, 4), (10, 20, 30, 0))
    assert (decode_rgb(encoded(clear, "PNG")) == 255).all()
    keyed = encoded(PIL.Image.new("L", (4, 4), 0), "PNG", transparency=0)
    assert (decode_rgb(keyed) == 255).all()


def test_of_an_animated_file_the_first_frame_counts() -> None:
    first, second = PIL.Image.new("P", (8, 8), 0), PIL.Image.new("P", (8, 8), 1)
    for frame in (first, second):
        frame.putpalette([255, 0, 0, 0, 255, 0] + [0] * 762)
    data = encoded(first, "GIF", save_all=True, append_images=[second])
    assert inspect_image(data, max_pixels=CAP).mode == "P;first-frame"
    assert decode_rgb(data)[0, 0].tolist() == [255, 0, 0]


def test_stored_orientation_is_kept_everywhere() -> None:
    exif = PIL.Image.Exif()
    exif[274] = 6
    data = encoded(scene(320, 200), "JPEG", exif=exif)
    found = inspect_image(data, max_pixels=CAP)
    assert (found.width, found.height) == (320, 200)
    assert decode_rgb(data).shape == (200, 320, 3)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not an image",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        encoded(scene(), "JPEG")[:2000],
        encoded(scene(), "PNG")[:2000],
        encoded(scene(), "GIF")[:2000],
        encoded(scene(), "TIFF")[:2000],
        encoded(scene(), "WEBP")[:2000],
        encoded(scene(), "BMP")[:2000],
        encoded(scene(), "PNG")[:20],
        b"\xff\xd8\xff\xd9",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n",
    ],
    ids=range(12),
)
def test_what_does_not_decode_is_refused(data: bytes) -> None:
    with pytest.raises(ImageRefused) as refused:
        inspect_image(data, max_pixels=CAP)
    assert refused.value.reason == "unreadable_image"
    assert refused.value.why
    assert "0x" not in refused.value.why


def test_a_bomb_is_refused_by_its_header() -> None:
    with pytest.raises(ImageRefused) as refused:
        inspect_image(huge_png(), max_pixels=CAP)
    assert (refused.value.reason, refused.value.why) == ("too_many_pixels", "13000 x 13000")


def test_trailing_data_does_not_hide_an_image() -> None:
    for kind in ("JPEG", "PNG", "GIF"):
        data = encoded(scene(), kind) + b"PK\x03\x04 and more"
        assert inspect_image(data, max_pixels=CAP).width == 320
        assert b"PK\x03\x04" not in clean_container(data, f"image/{kind.lower()}")


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(["JPEG", "PNG", "TIFF", "GIF", "WEBP", "BMP"]), st.data())
def test_damaged_files_are_read_or_refused(kind: str, data: st.DataObject) -> None:
    whole = bytearray(encoded(scene(40, 30), kind))
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(0, min(len(whole) - 1, 700)))] = data.draw(st.integers(0, 255))
    try:
        found = inspect_image(bytes(whole), max_pixels=1_000_000)
    except ImageRefused as refused:
        assert refused.reason in {"unreadable_image", "too_many_pixels"}
    else:
        assert clean_container(bytes(whole), found.media_type)


# ---------------------------------------------------------------- hash


def test_the_hash_survives_recompression_and_resizing() -> None:
    for seed in range(20):
        original = encoded(scene(800, 600, seed), "PNG")
        assert distance(original, encoded(scene(800, 600, seed), "JPEG", quality=60)) <= 3
        assert distance(original, encoded(scene(800, 600, seed).resize((400, 300)), "JPEG")) <= 3


def test_other_pictures_have_other_hashes() -> None:
    files = [encoded(scene(seed=seed), "JPEG") for seed in range(20)]
    assert min(distance(files[one], files[other]) for one in range(20) for other in range(one)) > 10


def test_flat_pictures_do_not_hash_noise() -> None:
    flat = [encoded(PIL.Image.new("L", (size, size), 200), "PNG") for size in (50, 333)]
    assert distance(*flat) == 0


# ---------------------------------------------------------------- shrink, crop, sheet


def test_shrink_never_enlarges_and_crop_is_lossless() -> None:
    data = encoded(scene(), "PNG")
    assert decode_rgb(shrink(data, box=(0, 0, 320, 240), side=64)).shape == (48, 64, 3)
    assert decode_rgb(shrink(data, box=(0, 0, 20, 10), side=64)).shape == (10, 20, 3)
    box = (30, 40, 131, 90)
    assert (decode_rgb(crop_png(data, box=box)) == decode_rgb(data)[40:90, 30:131]).all()


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA"])
def test_crops_keep_the_mode(mode: str) -> None:
    data = encoded(scene().convert(mode), "PNG")
    crop = crop_png(data, box=(10, 10, 60, 50))
    assert PIL.Image.open(io.BytesIO(crop)).mode == mode
    assert (decode_rgb(crop) == decode_rgb(data)[10:50, 10:60]).all()


def test_crops_keep_sixteen_bits() -> None:
    values = np.arange(64 * 64, dtype=np.uint16).reshape(64, 64) * 16
    crop = crop_png(encode_png(values), box=(8, 8, 24, 24))  # type: ignore[arg-type]
    assert (np.asarray(PIL.Image.open(io.BytesIO(crop))) == values[8:24, 8:24]).all()


def test_contact_sheet(tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.png"
    tiles = [(decode_rgb(encoded(scene(), "PNG")), ["kept", "a long label " * 6]), (encoded(scene(), "JPEG"), [])]
    contact_sheet(tiles * 3, sheet, columns=4, side=100)
    assert decode_rgb(sheet.read_bytes()).shape[1] == 4 * 108 + 8
    assert decode_rgb(sheet.read_bytes()).shape[0] > 2 * 100


# ---------------------------------------------------------------- containers


@settings(max_examples=150)
@given(cut=st.integers(0, 4000), at=st.integers(0, 4000), byte=st.integers(0, 255))
def test_a_jpeg_passes_the_check_where_it_can_be_cleaned(cut: int, at: int, byte: int) -> None:
    data = bytearray(encoded(scene(64, 48), "JPEG", quality=60)[: cut or None])
    if data:
        data[at % len(data)] = byte

    def refused(look: Callable[[bytes, str], object]) -> bool:
        try:
            look(bytes(data), "image/jpeg")
        except NotCleanable:
            return True
        return False

    assert refused(containers.check_container) == refused(containers.clean_container)


def test_the_hash_alone_is_that_of_the_inspection() -> None:
    for kind in ("JPEG", "PNG"):
        data = encoded(scene(), kind)
        assert file_hash(data) == inspect_image(data, max_pixels=CAP).phash
    with pytest.raises(ImageRefused):
        file_hash(b"no image")


def exif_with_everything(orientation: int) -> PIL.Image.Exif:
    exif = PIL.Image.Exif()
    exif[274] = orientation
    exif[315] = "SECRET artist"
    exif.get_ifd(0x8825)[29] = "SECRET gps"
    return exif


@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_metadata_goes_and_pixels_and_orientation_stay(kind: str, orientation: int) -> None:
    profile = b"profile" * 40
    data = encoded(scene(), kind, exif=exif_with_everything(orientation), icc_profile=profile)
    assert b"SECRET" in data
    clean = clean_container(data, f"image/{kind.lower()}")
    assert b"SECRET" not in clean
    assert (decode_rgb(clean) == decode_rgb(data)).all()
    image = PIL.Image.open(io.BytesIO(clean))
    assert image.getexif().get(274, 1) == orientation
    assert image.info.get("icc_profile") == profile
    assert clean_container(clean, f"image/{kind.lower()}") == clean


def test_jpeg_loses_comments_thumbnails_and_other_segments() -> None:
    data = encoded(scene(), "JPEG", progressive=True, comment=b"SECRET comment")
    segment = b"\xff\xed" + struct.pack(">H", 2 + 20) + b"Photoshop 3.0\0SECRET"
    second = b"\xff\xe1" + struct.pack(">H", 2 + 35) + b"http://ns.adobe.com/xap/1.0/\0SECRET"
    dirty = data[:2] + segment + second + data[2:]
    clean = clean_container(dirty, "image/jpeg")
    assert b"SECRET" not in clean
    assert (decode_rgb(clean) == decode_rgb(data)).all()
    scans = data[data.index(b"\xff\xda") :]
    assert clean.endswith(scans)


def test_cmyk_jpeg_keeps_its_colour_transform() -> None:
    data = encoded(scene().convert("CMYK"), "JPEG")
    assert (decode_rgb(clean_container(data, "image/jpeg")) == decode_rgb(data)).all()


def test_png_loses_text_and_unknown_chunks() -> None:
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_text("Author", "SECRET")
    info.add_itxt("Comment", "SECRET", zip=False)
    info.add(b"prVt", b"SECRET")
    data = encoded(scene(), "PNG", pnginfo=info, dpi=(300, 300))
    clean = clean_container(data, "image/png")
    assert b"SECRET" in data
    assert b"SECRET" not in clean
    assert PIL.Image.open(io.BytesIO(clean)).info["dpi"] == pytest.approx((300, 300), abs=0.1)


def test_gif_loses_comments_and_keeps_frames() -> None:
    frames = [scene(seed=seed).convert("P") for seed in range(3)]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:], loop=0, comment=b"SECRET")
    clean = clean_container(data, "image/gif")
    assert b"SECRET" not in clean
    image = PIL.Image.open(io.BytesIO(clean))
    assert (image.n_frames, image.info["loop"]) == (3, 0)


@pytest.mark.parametrize("compression", ["raw", "tiff_lzw", "tiff_deflate", "jpeg", "group4"])
def test_tiff_is_rebuilt_from_its_strips(compression: str) -> None:
    image = scene().convert("1") if compression == "group4" else scene()
    data = encoded(image, "TIFF", compression=compression, description="SECRET", software="SECRET")
    clean = clean_container(data, "image/tiff")
    assert b"SECRET" not in clean
    assert (decode_rgb(clean) == decode_rgb(data)).all()


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ImageRefused):
        clean_container(b"x", "image/x-unknown")


@pytest.mark.shared
def test_real_figures_are_cleaned_without_touching_a_pixel(shared_data: Path) -> None:
    files = [path for path in sorted((shared_data / "articles").rglob("*.*")) if path.suffix in {".jpg", ".png"}][::8]
    assert len(files) > 40
    for path in files:
        data = path.read_bytes()
        image = inspect_image(data, max_pixels=CAP)
        clean = clean_container(data, image.media_type)
        assert inspect_image(clean, max_pixels=CAP).phash == image.phash
        assert clean_container(clean, image.media_type) == clean
    assert (decode_rgb(clean) == decode_rgb(data)).all()
