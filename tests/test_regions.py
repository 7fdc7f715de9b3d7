"""Regions: the whole panel in original pixel coordinates."""

from dossiers import BY_NAME, HEIGHT, WIDTH, anchored, dossier

from met.regions.whole import region_of


def test_the_region_is_the_panel_with_what_it_shows() -> None:
    one = anchored(dossier("CT shows tuberculosis.", box=(10, 20, 300, 400)))
    (region,) = region_of(one)
    assert (region.box, region.rle, region.producer, region.producer_version) == (
        one.panel.box,
        None,
        "whole-panel",
        "1",
    )
    assert region.node == BY_NAME["tuberculosis"].key
    assert region.score == next(anchor.score for anchor in one.anchors if anchor.node == region.node)


def test_without_a_depicted_node_the_region_claims_nothing() -> None:
    (region,) = region_of(anchored(dossier("Forest plot of fever.")))
    assert (region.node, region.score, region.box) == (None, 0.0, (0, 0, WIDTH, HEIGHT))
