"""The door to a pretrained vision network: a folder of transformers' layout on this machine, never fetched from a hub.

CLIP and SigLIP give the features of their image side, a vision transformer those of its first token or its pooler.
"""

import hashlib
import json
import os
import threading
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from met.errors import BadSetting

SETTING: Final = "MET_MODALITY_ENCODER"
# Where the folder has no preprocessor_config.json.
_GREY: Final = (0.5, 0.5, 0.5)
_SIDE: Final = 224


class ImageEncoder:
    """A loaded network. `name` tells its weights by content. Threads may share one: they take turns."""

    def __init__(self, folder: Path, *, setting: str = SETTING) -> None:
        """Load the network of `folder`: config.json, model.safetensors and, if there is one, preprocessor_config.json.

        Raises:
            BadSetting: the folder holds no such network, or it cannot look at an image.
        """
        weights = folder / "model.safetensors"
        if not weights.is_file() or not (folder / "config.json").is_file():
            raise BadSetting(name=setting, why=f"{folder} is no folder with a config.json and a model.safetensors")
        with weights.open("rb") as file:
            self.name = f"{folder.name}@{hashlib.file_digest(file, 'sha256').hexdigest()[:12]}"
        self._model = _load(folder, setting)
        self._side, self._mean, self._spread = _preparation(folder)
        self._lock = threading.Lock()
        try:
            self(np.zeros((2, 3, 3), dtype=np.uint8))
        except (AttributeError, ValueError, TypeError, RuntimeError) as error:
            raise BadSetting(name=setting, why=f"{folder} cannot look at an image: {error}") from error

    def __call__(self, pixels: npt.NDArray[np.uint8], /) -> npt.NDArray[np.float32]:
        """Return the features of an image, uint8 (H, W, 3) RGB: float32 of unit length, (D,).

        The whole image is scaled to the square that the network takes: a figure has no middle that could stand for it.
        """
        import torch

        image = torch.from_numpy(np.ascontiguousarray(pixels)).permute(2, 0, 1)[None].float() / 255
        small = torch.nn.functional.interpolate(image, size=(self._side, self._side), mode="bilinear", antialias=True)
        with self._lock, torch.inference_mode():
            row = _features(self._model, (small - self._mean) / self._spread)[0].to(torch.float32).numpy()
        return _unit(row)

    @property
    def text_length(self) -> int | None:
        """How many tokens the side for texts takes; None where the network has none, or does not say."""
        return getattr(getattr(self._model.config, "text_config", None), "max_position_embeddings", None)

    def text(self, tokens: Any) -> npt.NDArray[np.float32]:
        """Return the features of one text, as the network's tokenizer made it: float32 of unit length, (D,).

        Raises:
            AttributeError: the network has no side for texts.
        """
        import torch

        with self._lock, torch.inference_mode():
            given = self._model.get_text_features(**tokens)
            row = (given if hasattr(given, "numpy") else given.pooler_output)[0].to(torch.float32).numpy()
        return _unit(row)


def open_image_encoder(folder: Path | None) -> ImageEncoder | None:
    """Return the network of the setting, None where none is set.

    Raises:
        BadSetting: it cannot be loaded.
    """
    return None if folder is None else ImageEncoder(folder)


def _unit(row: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return np.asarray(row / max(float(np.linalg.norm(row)), 1e-12), dtype=np.float32)


def _features(model: Any, images: Any) -> Any:
    if hasattr(model, "get_image_features"):
        given = model.get_image_features(pixel_values=images)
        return given if hasattr(given, "numpy") else given.pooler_output
    given = model(pixel_values=images)
    pooled = getattr(given, "pooler_output", None)
    return given.last_hidden_state[:, 0] if pooled is None else pooled.flatten(1)


def _load(folder: Path, setting: str) -> Any:
    # Set before the import, which reads it: nothing is fetched.
    os.environ["HF_HUB_OFFLINE"] = "1"
    import torch
    from safetensors import SafetensorError
    from transformers import AutoModel
    from transformers.utils import logging

    logging.disable_progress_bar()
    torch.set_num_threads(1)
    try:
        return AutoModel.from_pretrained(str(folder), local_files_only=True, use_safetensors=True).eval()
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise BadSetting(name=setting, why=f"{folder} cannot be loaded: {str(error).splitlines()[0]}") from error


def _preparation(folder: Path) -> tuple[int, Any, Any]:
    """Return the side of the square, and mean and spread of each channel as (1, 3, 1, 1) tensors."""
    import torch

    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    prepared = folder / "preprocessor_config.json"
    said = json.loads(prepared.read_text(encoding="utf-8")) if prepared.is_file() else {}
    side = config.get("vision_config", config).get("image_size", _SIDE)
    mean, spread = (
        torch.tensor(said.get(name, _GREY), dtype=torch.float32).view(1, 3, 1, 1)
        for name in ("image_mean", "image_std")
    )
    return int(side), mean, spread
