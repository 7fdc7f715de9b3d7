"""The door to a network that compares images with texts: CLIP or SigLIP in transformers' layout, never fetched."""

import os
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from met.embed.images import ImageEncoder
from met.errors import BadSetting

SETTING: Final = "MET_PAIR_ENCODER"
# Where neither tokenizer nor network says how long a text may be.
_TOKENS: Final = 77
_VOCABULARIES: Final = ("tokenizer.json", "vocab.json", "vocab.txt", "spiece.model")


class PairEncoder:
    """A loaded network with both sides. `name` tells its weights by content. Threads take turns."""

    def __init__(self, folder: Path) -> None:
        """Load the network of `folder`: what an `ImageEncoder` needs, and the files of its tokenizer.

        Raises:
            BadSetting: the folder holds no such network, or one without a side for texts.
        """
        self._images = ImageEncoder(folder, setting=SETTING)
        self.name = self._images.name
        self._tokenizer = _tokenizer(folder)
        try:
            self.similarity(np.zeros((2, 3, 3), dtype=np.uint8), "lung")
        except (AttributeError, ValueError, TypeError, RuntimeError, IndexError) as error:
            raise BadSetting(name=SETTING, why=f"{folder} cannot read a text: {error}") from error

    def similarity(self, pixels: npt.NDArray[np.uint8], text: str) -> float:
        """Return the cosine of an image, uint8 (H, W, 3) RGB, and a text, rounded to 4 decimals.

        A text counts with its beginning, as far as the network reads.
        """
        seen, read = self._images(pixels), self._images.text(self._tokens(text))
        return round(float(seen @ read), 4)

    def _tokens(self, text: str) -> Any:
        longest = min(self._tokenizer.model_max_length, self._images.text_length or _TOKENS)
        return self._tokenizer(text, truncation=True, max_length=longest, padding="max_length", return_tensors="pt")


def open_pair_encoder(folder: Path | None) -> PairEncoder | None:
    """Return the network of the setting, None where none is set.

    Raises:
        BadSetting: it cannot be loaded.
    """
    return None if folder is None else PairEncoder(folder)


def _tokenizer(folder: Path) -> Any:
    # Without one, transformers would make up a tokenizer that knows no word.
    if not any((folder / name).is_file() for name in _VOCABULARIES):
        raise BadSetting(name=SETTING, why=f"{folder} has no tokenizer: none of {', '.join(_VOCABULARIES)}")
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    from transformers import AutoTokenizer

    try:
        return AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadSetting(name=SETTING, why=f"{folder} has no tokenizer: {str(error).splitlines()[0]}") from error
