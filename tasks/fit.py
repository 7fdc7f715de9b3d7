"""What fitting the thresholds of stage 1 needs of a build: labelled panels with every signal, pixels looked at."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from met.align.thresholds import Thresholds
from met.blobs import Blobs
from met.embed.pairs import open_pair_encoder
from met.errors import BadInput
from met.evaluate.screen import Fate, matches, read_labels
from met.evaluate.screen_fit import LabelledPanel, labelled
from met.settings import Settings
from met.store import Store
from met.store.builds import newest_build
from met.store.dossiers import load_dossiers
from met.types import Panel
from tasks.filter import sight_at

AT_ONCE = 200


def labelled_panels(store: Store, settings: Settings, gold: Sequence[Path], limits: Thresholds) -> list[LabelledPanel]:
    """Return the panels of the newest build that the gold labels, in key order.

    A gold file is a TSV with the columns `panel` and `keep` (yes, no), or one of `met score screen`.

    Raises:
        NotFound: there is no build.
        BadInput: a file is no such gold, or labels nothing of the build.
    """
    build = newest_build(store).key
    keep = {key: kept for path in gold for key, kept in _labels(store, build, path).items()}
    if not keep:
        raise BadInput(what="fit screen", why="the newest build holds nothing that the gold labels")
    blobs, encoder = Blobs(settings.blobs), open_pair_encoder(settings.pair_encoder)
    found: list[LabelledPanel | None] = []
    for start in range(0, len(keep), AT_ONCE):
        for dossier in load_dossiers(store, build, sorted(keep)[start : start + AT_ONCE]):
            sight = sight_at(dossier, blobs, encoder)
            found.append(labelled(dossier, sight, limits, keep=keep[dossier.panel.key]))
    return [one for one in found if one is not None]


def _labels(store: Store, build: str, path: Path) -> Mapping[str, bool]:
    """Return by the key of the panel whether it should be kept."""
    with path.open(encoding="utf-8", newline="") as stream:
        table = list(csv.DictReader(stream, delimiter="\t"))
    if table and {"panel", "keep"} <= table[0].keys():
        known = {panel.key for panel in store.select(Panel, build=build)}
        return {row["panel"]: row["keep"] == "yes" for row in table if row["panel"] in known}
    panels = store.query("score_panels", build=build)
    places = [Fate(article=row.article, graphic=row.graphic, refused=row.key, duplicate=False) for row in panels]
    return {str(fate.refused): row.medical for row, fate in matches(read_labels(path), places)}
