"""Scores of the engine's capabilities against gold; `SCORES` names them. Each is imported when it is called."""

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, TypeAlias

Score: TypeAlias = Callable[..., dict[str, Any]]


def _score(module: str, function: str) -> Score:
    def run(
        gold: Sequence[Path], *, images: Path | None, root: Path | None, options: Mapping[str, Any]
    ) -> dict[str, Any]:
        result: dict[str, Any] = getattr(import_module(module), function)(
            gold, images=images, root=root, options=options
        )
        return result

    return run


# What a score returns are the facts of `met.evaluate.harness.line`: n, headline, the headline's own value, interval,
# and more.
SCORES: Mapping[str, Score] = {
    "align": _score("met.evaluate.align", "score_align"),
    "anchors": _score("met.evaluate.anchors", "score_anchors"),
    "attach": _score("met.evaluate.attach", "score_attach"),
    "duplicates": _score("met.evaluate.duplicates", "score_duplicates"),
    "entities": _score("met.evaluate.tagged", "score_entities"),
    "export": _score("met.evaluate.export", "score_export"),
    "glossary": _score("met.evaluate.glossary", "score_glossary"),
    "jats": _score("met.evaluate.jats", "score_jats"),
    "links": _score("met.evaluate.links", "score_links"),
    "mentions": _score("met.evaluate.mentions", "score_mentions"),
    "merges": _score("met.evaluate.merges", "score_merges"),
    "modality": _score("met.evaluate.modality", "score_modality"),
    "names": _score("met.evaluate.names", "score_names"),
    "panels": _score("met.evaluate.panels", "score_panels"),
    "polarity": _score("met.evaluate.polarity", "score_polarity"),
    "privacy": _score("met.evaluate.privacy", "score_privacy"),
    "relations": _score("met.evaluate.relations", "score_relations"),
    "screen": _score("met.evaluate.screen", "score_screen"),
    "subcaptions": _score("met.evaluate.subcaptions", "score_subcaptions"),
    "tree": _score("met.evaluate.tree", "score_tree"),
}
# Scores whose gold are the ontologies themselves, or that plant their own.
WITHOUT_GOLD = frozenset({"align", "attach", "merges", "privacy", "tree"})
