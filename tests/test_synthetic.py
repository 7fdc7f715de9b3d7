"""The generator makes the same corpus from the same seed, with the faults that were asked for and no others."""

import hashlib
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from met.evaluate.synthetic import LICENCES, NAMES, Faults, picture, synthetic_tree, write_articles
from met.harvest.jats import parse_article
from met.pixels import ImageRefused, inspect_image
from met.types import Drop

LINK = "{http://www.w3.org/1999/xlink}href"


def files(out: Path) -> dict[str, str]:
    paths = sorted(path for path in out.rglob("*") if path.is_file())
    return {path.relative_to(out).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def test_equal_seeds_make_equal_bytes_and_other_seeds_do_not(tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        write_articles(tmp_path / name, n=3, seed=seed, side=32)
    assert files(tmp_path / "a") == files(tmp_path / "b")
    assert not set(files(tmp_path / "a").values()) & set(files(tmp_path / "c").values())


def test_a_larger_corpus_begins_with_the_smaller(tmp_path: Path) -> None:
    write_articles(tmp_path / "small", n=2, seed=5, side=32)
    write_articles(tmp_path / "large", n=4, seed=5, side=32)
    assert files(tmp_path / "small").items() <= files(tmp_path / "large").items()


def test_what_is_counted_is_what_is_there(tmp_path: Path) -> None:
    written = write_articles(tmp_path, n=40, seed=3, figures_per_article=2, side=24)
    trees = [ET.parse(path) for path in sorted(tmp_path.rglob("*.nxml"))]
    assert written.articles == len(trees) == 40
    assert written.figures == sum(len(tree.findall(".//fig")) for tree in trees) == 80
    assert written.mentions == sum(len(tree.findall(".//xref")) for tree in trees) > 80
    assert sum(written.licences.values()) == 40
    assert set(written.licences) <= set(LICENCES)
    assert len(written.licences) > 3
    for path, tree in zip(sorted(tmp_path.rglob("*.nxml")), trees, strict=True):
        for graphic in tree.iter("graphic"):
            image = inspect_image((path.parent / graphic.attrib[LINK]).read_bytes(), max_pixels=10**6)
            assert (image.width, image.height) == (24, 24)
    assert {
        text.split(" with ")[1].split(" shows")[0]
        for tree in trees
        for text in tree.find(".//fig").itertext()
        if " with " in text
    } <= set(NAMES)


def test_the_articles_parse_as_counted(tmp_path: Path) -> None:
    written = write_articles(tmp_path, n=10, seed=3, side=24, faults=Faults(truncated_xml=0.3))
    parsed = [parse_article(path.read_bytes(), path.name) for path in sorted(tmp_path.rglob("*.nxml"))]
    assert sum(isinstance(one, Drop) for one in parsed) == written.truncated_xml > 0


def test_faults_come_as_ordered(tmp_path: Path) -> None:
    faults = Faults(missing_graphic=0.2, damaged_image=0.2, repeated_image=0.2)
    written = write_articles(tmp_path, n=60, seed=4, side=24, faults=faults)
    there = [path for path in tmp_path.rglob("*") if path.suffix in (".png", ".jpg")]
    assert written.figures - len(there) == written.missing_graphic
    assert 0.1 < written.missing_graphic / written.figures < 0.3
    damaged = sum(refused(path) for path in there)
    assert damaged == written.damaged_image > 0
    assert len(set(files(tmp_path).values())) < len(files(tmp_path))
    clean = write_articles(tmp_path / "clean", n=5, seed=4, side=24)
    assert (clean.missing_graphic, clean.damaged_image, clean.repeated_image, clean.truncated_xml) == (0, 0, 0, 0)


def refused(path: Path) -> bool:
    try:
        inspect_image(path.read_bytes(), max_pixels=10**6)
    except ImageRefused:
        return True
    return False


def test_pictures_of_different_seeds_are_no_duplicates() -> None:
    from met.pixels import encode_png

    hashes = [inspect_image(encode_png(picture((1, n), side=64)), max_pixels=10**6).phash for n in range(40)]
    distances = [((a ^ b) & (2**64 - 1)).bit_count() for n, a in enumerate(hashes) for b in hashes[:n]]
    assert min(distances) > 3


@settings(max_examples=30, deadline=None)
@given(n=st.integers(1, 300), seed=st.integers(0, 99), branching=st.integers(1, 20))
def test_a_tree_has_one_root_one_primary_parent_each_and_no_cycle(n: int, seed: int, branching: int) -> None:
    nodes, edges = synthetic_tree(n, seed=seed, branching=branching)
    place = {node.key: at for at, node in enumerate(nodes)}
    assert len(place) == len({node.name for node in nodes}) == n
    assert all(place[edge.parent] < place[edge.child] for edge in edges)
    assert sorted(place[edge.child] for edge in edges if edge.is_primary) == list(range(1, n))
    assert len({(edge.child, edge.parent) for edge in edges}) == len(edges)
    assert synthetic_tree(n, seed=seed, branching=branching) == (nodes, edges)


def test_the_share_of_several_parents_is_as_asked() -> None:
    for share in (0.0, 0.37):
        _, edges = synthetic_tree(4000, seed=1, multi_parent_share=share)
        assert sum(not edge.is_primary for edge in edges) / 4000 == pytest.approx(share, abs=0.03)
