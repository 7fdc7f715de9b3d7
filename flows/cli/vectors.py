"""The vectors of names for commands that open no database: made once, kept in a file of the installation."""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from met.embed import DIMENSIONS, Embedder, Vectors, model_name, text_digest

_CHUNK = 4096


class RememberedVectors:
    """Gives the vectors of texts; calling it loads the model only where a text is new. Without a home nothing is kept
    after the command.
    """

    def __init__(self, home: Path | None) -> None:
        self._home = home
        self._rows: dict[str, int] = {}
        self._vectors = np.zeros((0, DIMENSIONS), np.float32)
        self._embedder: Embedder | None = None
        self._read = False

    def __call__(self, texts: Sequence[str]) -> Vectors:
        """Return the unit vectors of `texts`, float32 (n, 384)."""
        if not self._read:
            self._load()
        digests = [text_digest(text) for text in texts]
        new = {digest: text for digest, text in zip(digests, texts, strict=True) if digest not in self._rows}
        if new:
            self._add(new)
        found: Vectors = self._vectors[[self._rows[digest] for digest in digests]]
        return found

    def _add(self, new: dict[str, str]) -> None:
        if self._embedder is None:
            self._embedder = Embedder()
        names = list(new.values())
        parts = [self._embedder.encode(names[start : start + _CHUNK]) for start in range(0, len(names), _CHUNK)]
        self._rows.update((digest, len(self._vectors) + place) for place, digest in enumerate(new))
        self._vectors = np.concatenate([self._vectors, *parts])
        if (path := self._path()) is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            # Its own name, so that two commands at once do not take each other's.
            whole = path.with_suffix(f".{os.getpid()}.npz")
            np.savez(whole, digests=np.array(list(self._rows)), vectors=self._vectors, allow_pickle=False)
            whole.replace(path)

    def _load(self) -> None:
        self._read = True
        path = self._path()
        if path is not None and path.is_file():
            with np.load(path, allow_pickle=False) as stored:
                self._rows = {digest: place for place, digest in enumerate(stored["digests"].tolist())}
                self._vectors = stored["vectors"]

    def _path(self) -> Path | None:
        return self._home / f"vectors-{model_name()}.npz" if self._home else None
