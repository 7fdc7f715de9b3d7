"""Reads and writes the weights of the tagger: arrays alone, no pickle."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from met.tree.names import normal_form
from met.tree.tagger.features import Chain, Wordlist
from met.tree.tagger.network import Floats, Head, Network

_WAYS: Final = ("forward", "backward")
_HEAD: Final = ("weight", "bias", "steps", "start")


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """Everything that the tagger learnt. The heads of `chain` and the columns of `style` are in the order of
    `guidelines`.
    """

    guidelines: tuple[str, ...]
    known: Wordlist
    network: Network | None  # none where the chain was learnt alone
    chain: Chain
    chain_steps: Floats  # (guidelines, 3, 3)
    chain_start: Floats  # (guidelines, 3)
    style: Floats  # (fine clusters, guidelines): log share of the cluster among the words of the guideline's texts
    sentences: NDArray[np.uint64]  # digests of the training sentences, sorted, so that a score can tell
    names: NDArray[np.uint64]  # digests of the names marked in them, sorted


def text_number(text: str) -> int:
    """Return a digest of `text` as a number below 2 ** 64."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


def sentence_number(tokens: Sequence[str]) -> int:
    """Return the digest by which a training sentence is known again."""
    return text_number(" ".join(tokens))


def name_number(name: str) -> int:
    """Return the digest by which a name of the training sentences is known again, whatever its case and punctuation."""
    return text_number(normal_form(name) or name)


def write_weights(weights: Weights, path: Path) -> None:
    """Write `weights` into one file: word vectors with a byte a number, the network with half precision."""
    chain = weights.chain
    arrays: dict[str, Any] = {
        "guidelines": np.array(weights.guidelines),
        "vocabulary": np.frombuffer("\n".join(weights.known.row).encode(), dtype=np.uint8),
        "stats": weights.known.stats,
        "clusters": weights.known.clusters,
        "chain_hashes": chain.hashes,
        "chain_weights": chain.weights,
        "chain_scale": chain.scale,
        "chain_steps": weights.chain_steps,
        "chain_start": weights.chain_start,
        "style": weights.style,
        "sentences": weights.sentences,
        "names": weights.names,
        **({} if weights.network is None else _arrays(weights.network, weights.guidelines)),
    }
    halved = {
        name: array.astype(np.float16) if array.dtype in (np.float32, np.float64) else array
        for name, array in arrays.items()
    }
    np.savez_compressed(path, allow_pickle=False, **halved)


def _arrays(network: Network, guidelines: Sequence[str]) -> dict[str, Any]:
    heads = [network.heads[name] for name in guidelines]
    return {
        **{name: getattr(network, name) for name in ("words", "word_scale", "letters", "cases")},
        **{f"filter_{at}": part for at, part in enumerate(network.filters)},
        **{f"filter_bias_{at}": part for at, part in enumerate(network.filter_biases)},
        **{f"into_{way}": part for way, part in zip(_WAYS, network.into, strict=True)},
        **{f"across_{way}": part for way, part in zip(_WAYS, network.across, strict=True)},
        **{f"gate_bias_{way}": part for way, part in zip(_WAYS, network.gate_bias, strict=True)},
        **{f"head_{part}": np.stack([getattr(head, part) for head in heads]) for part in _HEAD},
    }


@cache
def load_weights() -> Weights:
    """Return the shipped weights (met/tree/weights/tagger.npz), read once a process."""
    with files("met.tree").joinpath("weights", "tagger.npz").open("rb") as stream, np.load(stream) as stored:
        arrays = {name: _widened(stored[name]) for name in stored.files}
    words = arrays["vocabulary"].tobytes().decode().split("\n")
    row = {word: at for at, word in enumerate(words)}
    guidelines = tuple(str(name) for name in arrays["guidelines"])
    return Weights(
        guidelines=guidelines,
        known=Wordlist(row=row, stats=arrays["stats"], clusters=arrays["clusters"]),
        network=_network(arrays, row, guidelines) if "words" in arrays else None,
        chain=Chain(hashes=arrays["chain_hashes"], weights=arrays["chain_weights"], scale=arrays["chain_scale"]),
        **{name: arrays[name] for name in ("chain_steps", "chain_start", "style", "sentences", "names")},
    )


def _network(arrays: Mapping[str, Any], row: Mapping[str, int], guidelines: Sequence[str]) -> Network:
    widths = range(sum(name.startswith("filter_bias_") for name in arrays))
    return Network(
        row=row,
        **{name: arrays[name] for name in ("words", "word_scale", "stats", "letters", "cases")},
        filters=tuple(arrays[f"filter_{at}"] for at in widths),
        filter_biases=tuple(arrays[f"filter_bias_{at}"] for at in widths),
        into=(arrays["into_forward"], arrays["into_backward"]),
        across=(arrays["across_forward"], arrays["across_backward"]),
        gate_bias=(arrays["gate_bias_forward"], arrays["gate_bias_backward"]),
        heads={
            name: Head(**{part: arrays[f"head_{part}"][at] for part in _HEAD}) for at, name in enumerate(guidelines)
        },
    )


def _widened(array: NDArray[Any]) -> NDArray[Any]:
    return array.astype(np.float32) if array.dtype == np.float16 else array
