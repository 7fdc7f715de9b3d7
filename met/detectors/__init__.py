"""The door to trained panel detectors: weights from a file, run by PyTorch on this machine.

PyTorch takes seconds to import, so it is imported where a detector is opened.

`benchmarks/train_panels.py` trains such a file on made figures. The classical method needs none and is the default.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, Final

import numpy as np

from met.detectors.cores import boxes_of_cores, scaled
from met.errors import BadSetting
from met.harvest.panels import Found, reading_order
from met.harvest.panels.page import Pixels

SETTING: Final = "MET_PANEL_DETECTOR"


class CoreNet:
    """Finds sub-images by a small convolutional network that marks the core of each."""

    def __init__(self, path: Path) -> None:
        """Open the weights.

        Raises:
            BadSetting: the file cannot be read or holds other weights.
        """
        import torch

        from met.detectors.network import network

        try:
            data = path.read_bytes()
            held: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
            self._network = network(int(held["width"]))
            self._network.load_state_dict(held["weights"])
        except OSError as error:
            raise BadSetting(name=SETTING, why=f"{path}: {error.strerror or error}") from error
        except (UnpicklingError, EOFError, RuntimeError, KeyError, TypeError, ValueError) as error:
            raise BadSetting(name=SETTING, why=f"{path}: no weights of benchmarks/train_panels.py") from error
        self._network.eval()
        self.method = f"core_net@{hashlib.sha256(data).hexdigest()[:12]}"

    def __call__(self, pixels: Pixels) -> Sequence[Found]:
        """Return the sub-images of an image, uint8 (H, W, 3), in reading order; none where it is single."""
        import torch

        small = scaled(pixels)
        with torch.inference_mode():
            marks = self._network(torch.from_numpy(small[None]))[0, 0].sigmoid().numpy()
        found = boxes_of_cores(np.asarray(marks, dtype=np.float32), pixels.shape[0], pixels.shape[1])
        if len(found) < 2:
            return ()
        return tuple(Found(box=box, confidence=found[box]) for box in reading_order(list(found)))


def open_detector(path: Path | None) -> CoreNet | None:
    """Return the detector with the weights of a file, None for the classical one.

    Raises:
        BadSetting: the file cannot be used.
    """
    return CoreNet(path) if path else None
