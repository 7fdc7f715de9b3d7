"""The section of the data card on the judge's own error."""

from collections.abc import Mapping
from typing import Any, Final

from met.export.facts import CardFacts
from met.export.render import Section, Table

_SEEDED: Final = {
    "random_swap": "the text of another article",
    "article_swap": "the text of another figure of the article",
    "sibling_swap": "another entity of the same kind",
    "modality": "another kind of image",
    "laterality": "left for right",
    "negation": "a finding denied, or a denied one affirmed",
    "number": "another number",
}


def judge_section(facts: CardFacts) -> Section:
    """Return how often the judge errs, as far as anybody measured that."""
    title, error = "How far the judge can be trusted", facts.judge_error
    if error is None:
        why = (
            "Nobody measured the judge that chose these pairs; `met score align --save` does, on errors that it seeds."
        )
        return Section(title=title, blocks=(why,))
    whose = (
        "the home that this was exported from" if error["here"] else "the articles that the engine is developed with"
    )
    rows = [
        (
            _SEEDED.get(kind, kind),
            found["n"],
            _with_interval(found, "auc"),
            _with_interval(found, "fpr"),
            _with_interval(found, "fnr"),
            found["detectable"],
        )
        for kind, found in sorted(error["kinds"].items(), key=lambda one: (-one[1]["auc"], one[0]))
    ]
    return Section(
        title=title,
        blocks=(
            f"Measured on {error['pairs']} pairs of {error['articles']} articles, of {whose}, by `met score align`: "
            "errors were seeded into the texts of real pairs, and the judge was asked about both. AUC is how often it "
            "believes the true text more (0.5 is chance), with 95 % intervals; a true pair refused is a false "
            "positive, an error kept a false negative. What only the image shows cannot be detected without eyes.",
            Table(
                header=("error in the text", "pairs", "AUC", "true pairs refused", "errors kept", "by this engine"),
                rows=tuple(rows),
            ),
            f"Of {error['screened']} unchanged panels that stage 1 kept, it refused {_with_interval(error, 'fpr')}.",
        ),
    )


def _with_interval(found: Mapping[str, Any], name: str) -> str:
    low, high = found[f"{name}_interval"]
    return f"{found[name]:.2f} ({low:.2f} to {high:.2f})"
