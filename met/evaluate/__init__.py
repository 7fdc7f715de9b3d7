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
    "export": _score("met.evaluate.export", "score_export"),
    "jats": _score("met.evaluate.jats", "score_jats"),
    "modality": _score("met.evaluate.modality", "score_modality"),
}
