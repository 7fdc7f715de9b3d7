"""NIfTI-1 volumes: one slice as it is looked at, and the same slice of the mask (https://nifti.nimh.nih.gov/nifti-1)."""

import gzip
import io
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

_TYPES: Final = {2: "u1", 4: "i2", 8: "i4", 16: "f4", 64: "f8", 256: "i1", 512: "u2", 768: "u4", 1024: "i8", 1280: "u8"}
_HEADER: Final = 352
MAX_VOLUME: Final = 1024 * 1024 * 1024
# By the world axis that a slice stands on: x runs to the patient's left-right, y to the front, z to the head.
_PLANES: Final = ("sagittal", "coronal", "axial")


class NotNifti(ValueError):
    """The bytes are no NIfTI-1 volume that is read here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """Values (x, y, z) turned to the axes right, anterior, superior, nearest to those of the file, and voxel sizes."""

    values: NDArray[Any]
    spacing: tuple[float, float, float]
    orientation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """One slice, grey, uint8 (H, W), the mask's values on it (H, W) where there is a mask, and how it was chosen."""

    pixels: NDArray[np.uint8]
    labels: NDArray[np.int64] | None
    facts: Mapping[str, Any]


def read_volume(data: bytes) -> Volume:
    """Return the volume of a .nii or .nii.gz file; of several in one file the first.

    Raises:
        NotNifti: it is none, is a pair of files, breaks off, has values that are no plain numbers, or is larger than
            1 GiB unpacked.
    """
    try:
        return _volume(data)
    except (struct.error, OSError, EOFError, zlib.error, ValueError, OverflowError) as error:
        raise NotNifti(str(error) or "the file breaks off") from error


def look(volume: Volume, mask: Volume | None) -> Slice:
    """Return the slice to be looked at: across the axis of the largest voxels, where the mask is largest, else midway.

    Ties go to the axial plane, and to the lower slice. The 1st to the 99th percentile of the volume fill the grey
    scale.
    Rows run from the front (axial) or the head; columns from the patient's right to the left, as radiologists look, or
    from the front to the back (sagittal).

    Raises:
        NotNifti: the mask has another shape than the volume.
    """
    if mask is not None and mask.values.shape != volume.values.shape:
        raise NotNifti(f"the mask has the shape {mask.values.shape}, the volume {volume.values.shape}")
    axis = max((2, 1, 0), key=lambda index: (round(volume.spacing[index], 3), index == 2))
    others = tuple(index for index in range(3) if index != axis)
    areas = None if mask is None else np.count_nonzero(np.nan_to_num(mask.values), axis=others)
    chosen = int(np.argmax(areas)) if areas is not None and areas.any() else volume.values.shape[axis] // 2
    low, high = _window(volume.values)
    grey = np.clip((np.nan_to_num(_face(volume.values, axis, chosen)) - low) / max(high - low, 1e-9), 0, 1)
    labels = None if mask is None else np.rint(np.nan_to_num(_face(mask.values, axis, chosen))).astype(np.int64)
    facts = {
        "plane": _PLANES[axis],
        "slice": chosen,
        "slices": volume.values.shape[axis],
        "chosen_by": "middle" if areas is None or not areas.any() else "largest mask",
        "orientation_of_file": volume.orientation,
        "columns_run": "front to back" if axis == 0 else "patient's right to left",
        "spacing_mm": [round(volume.spacing[index], 4) for index in others],
        "window": [round(low, 4), round(high, 4)],
    }
    return Slice(pixels=np.rint(grey * 255).astype(np.uint8), labels=labels, facts=facts)


def _face(values: NDArray[Any], axis: int, index: int) -> NDArray[np.float64]:
    """Return the slice with rows from front or head down, and columns from the patient's right, or from the front."""
    flat = np.take(values, index, axis=axis).astype(np.float64)
    # x runs to the patient's right in RAS+ only as it grows; the right side stands left on the screen.
    flat = flat[::-1].T[::-1]
    return np.ascontiguousarray(flat)


def _window(values: NDArray[Any]) -> tuple[float, float]:
    sample = values.ravel()[:: max(1, values.size // 2_000_000)].astype(np.float64)
    finite = sample[np.isfinite(sample)]
    if not finite.size:
        return 0.0, 0.0
    low, high = np.percentile(finite, [1, 99])
    return float(low), float(high)


def _volume(data: bytes) -> Volume:
    stream = gzip.GzipFile(fileobj=io.BytesIO(data)) if data[:2] == b"\x1f\x8b" else io.BytesIO(data)
    head = stream.read(_HEADER)
    order = next(
        (sign for sign in "<>" if len(head) == _HEADER and struct.unpack_from(sign + "i", head)[0] == 348), None
    )
    if order is None or head[344:348] != b"n+1\0":
        raise NotNifti("no NIfTI-1 file")
    dims = struct.unpack_from(order + "8h", head, 40)
    kind = _TYPES.get(struct.unpack_from(order + "h", head, 70)[0])
    if kind is None or not 2 <= dims[0] <= 4 or min(dims[1 : dims[0] + 1]) < 1:
        raise NotNifti("values or dimensions that are not read here")
    shape = tuple(dims[1:4]) if dims[0] >= 3 else (*dims[1:3], 1)
    size = int(np.prod(shape, dtype=np.int64)) * np.dtype(kind).itemsize
    if size > MAX_VOLUME:
        raise NotNifti(f"{size} bytes unpacked")
    offset = int(struct.unpack_from(order + "f", head, 108)[0])
    if not _HEADER <= offset <= 1 << 24:
        raise NotNifti("no place of the values")
    stream.read(offset - _HEADER)
    raw = stream.read(size)
    if len(raw) < size:
        raise NotNifti("the values break off")
    values = np.frombuffer(raw, dtype=np.dtype(order + kind)).reshape(shape, order="F")
    slope, inter = struct.unpack_from(order + "2f", head, 112)
    if np.isfinite([slope, inter]).all() and slope and (slope, inter) != (1, 0):
        values = values.astype(np.float32) * slope + inter
    return _turned(values, _affine(head, order))


def _affine(head: bytes, order: str) -> NDArray[np.float64]:
    """Return the 3 x 3 part of the affine: of the sform, else of the quaternion, else voxel sizes alone."""
    pixdim = np.array(struct.unpack_from(order + "8f", head, 76), dtype=np.float64)
    qform, sform = struct.unpack_from(order + "2h", head, 252)
    if sform > 0:
        return np.array(struct.unpack_from(order + "12f", head, 280), dtype=np.float64).reshape(3, 4)[:, :3].copy()
    if qform > 0:
        b, c, d = struct.unpack_from(order + "3f", head, 256)
        a = np.sqrt(max(0.0, 1.0 - b * b - c * c - d * d))
        turned = np.array(
            [
                [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
                [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
                [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c],
            ]
        )
        sizes = np.array([pixdim[1], pixdim[2], pixdim[3] * (-1 if pixdim[0] < 0 else 1)])
        return np.asarray(turned * sizes, dtype=np.float64)
    return np.diag(pixdim[1:4])


def _turned(values: NDArray[Any], affine: NDArray[np.float64]) -> Volume:
    if not np.isfinite(affine).all():
        raise NotNifti("no orientation")
    lengths = np.linalg.norm(affine, axis=0)
    left = np.abs(affine / np.where(lengths > 0, lengths, 1))
    axes = [0, 0, 0]  # voxel axis -> world axis
    for _ in range(3):
        world, voxel = np.unravel_index(int(np.argmax(left)), left.shape)
        axes[int(voxel)] = int(world)
        left[world, :] = left[:, voxel] = -1
    flips = [affine[axes[voxel], voxel] < 0 for voxel in range(3)]
    orientation = "".join(("LPI" if flips[voxel] else "RAS")[axes[voxel]] for voxel in range(3))
    order = [axes.index(world) for world in range(3)]
    turned = values[tuple(slice(None, None, -1) if flip else slice(None) for flip in flips)].transpose(order)
    spacing = tuple(float(lengths[voxel]) or 1.0 for voxel in order)
    return Volume(values=turned, spacing=(spacing[0], spacing[1], spacing[2]), orientation=orientation)
