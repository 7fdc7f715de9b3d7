"""How much of JATS articles the harvest finds, against a count that shares no code with it."""

import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from met.errors import BadInput, NotFound
from met.evaluate.intervals import wilson
from met.harvest.jats import ParsedArticle, parse_article
from met.types import Drop

_COMMENT: Final = re.compile(r"<!--.*?-->", re.DOTALL)
_FIGURE: Final = re.compile(r"<fig(?=[\s>])([^>]*)>(.*?)</fig>", re.DOTALL)
_CAPTION: Final = re.compile(r"<caption(?=[\s>])[^>]*>(.*?)</caption>", re.DOTALL)
_LINK: Final = re.compile(r"<xref(?=[\s>])([^>]*)>")
_ID: Final = re.compile(r"""\bid\s*=\s*["']([^"']*)["']""")
_TARGET: Final = re.compile(r"""\brid\s*=\s*["']([^"']*)["']""")
_TAG: Final = re.compile(r"<[^>]*>")
# What a fault of the parser would look like; anything else is a fault of the machine and is not counted away.
_FAULTS: Final = (ValueError, TypeError, LookupError, AttributeError, RecursionError, AssertionError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """One article: for each figure in document order whether it has a caption, and how many links lead to it."""

    captions: tuple[bool, ...]
    links: tuple[int, ...]


def score_jats(gold: Sequence[Path], **_: object) -> dict[str, Any]:
    """Return what share of figures, captions and mentions the harvest finds in every JATS file under `gold`.

    What is expected comes from pattern matching over the text: `fig` elements, their captions with words, links by id
    from outside the figure. `extra_mentions` are those beyond it: ranges, numbers in words. Speed counts parsing alone,
    from bytes to values, on one core: processor time, of each file the best of three. Further arguments of a score have
    no meaning here.

    Raises:
        NotFound: a path does not exist.
        BadInput: there is no .xml or .nxml file.
    """
    files = sorted({file for path in gold for file in _files(path)})
    if not files:
        raise BadInput(what=", ".join(map(str, gold)), why="holds no JATS (.xml or .nxml) file")
    totals: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    seconds = 0.0
    for file in files:
        data = file.read_bytes()
        try:
            parsed, spent = _timed(data, file.name)
        except _FAULTS:
            totals["exceptions"] += 1
            continue
        seconds += spent
        if isinstance(parsed, Drop):
            refused[parsed.reason] += 1
        else:
            totals.update(_compare(parsed, count(data.decode("utf-8", "replace"))))
            totals.update(_noticed(parsed))
            totals["bytes"] += len(data)
    return _result(len(files), totals, refused, seconds)


def _timed(data: bytes, name: str) -> tuple[ParsedArticle | Drop, float]:
    spent = []
    for _ in range(3):
        start = time.process_time()
        parsed = parse_article(data, name)
        spent.append(time.process_time() - start)
    return parsed, min(spent)


def count(text: str) -> Counted:
    """Return what pattern matching finds in the text of a JATS file.

    >>> count('<p><xref rid="f1"/></p><fig id="f1"><caption><p>A lung.</p></caption></fig>')
    Counted(captions=(True,), links=(1,))
    """
    text = _COMMENT.sub("", text)
    figures = [(_id(found[1]), found) for found in _FIGURE.finditer(text)]
    links = [(found.start(), _TARGET.search(found[1])) for found in _LINK.finditer(text)]
    targets = [(at, name) for at, target in links if target for name in dict.fromkeys(target[1].split())]
    return Counted(
        captions=tuple(any(_words(caption[1]) for caption in _CAPTION.finditer(found[2])) for _, found in figures),
        links=tuple(
            sum(name == target and not found.start() <= at < found.end() for at, target in targets)
            for name, found in figures
        ),
    )


def _files(path: Path) -> Iterator[Path]:
    if not path.exists():
        raise NotFound(what="path", name=str(path), hint="")
    if path.is_file():
        yield path
    else:
        yield from (file for file in path.rglob("*") if file.suffix.lower() in {".xml", ".nxml"} and file.is_file())


def _compare(parsed: ParsedArticle, counted: Counted) -> dict[str, int]:
    figures = parsed.figures
    pairs = list(zip(figures, counted.captions, counted.links, strict=False))
    mentions = sum(len(figure.mentions) for figure in figures)
    found_links = sum(min(len(figure.mentions), links) for figure, _, links in pairs)
    return {
        "articles": 1,
        "figures": len(figures),
        "captions": sum(bool(figure.caption) for figure in figures),
        "mentions": mentions,
        "expected_figures": len(counted.captions),
        "expected_captions": sum(counted.captions),
        "expected_mentions": sum(counted.links),
        "found_figures": min(len(figures), len(counted.captions)),
        "found_captions": sum(bool(figure.caption) and captioned for figure, captioned, _ in pairs),
        "found_mentions": found_links,
        "extra_mentions": mentions - found_links,
    }


def _noticed(parsed: ParsedArticle) -> dict[str, int]:
    """Return what no count checks, for people to look at: rights of figures, panels cited, retractions, corrections."""
    figures = parsed.figures
    return {
        "credited_figures": sum(figure.credit is not None for figure in figures),
        "figures_of_other_licence": sum(figure.licence != parsed.front.rights.licence for figure in figures),
        "panel_mentions": sum(bool(mention.letters) for figure in figures for mention in figure.mentions),
        "retracted_articles": int(parsed.front.retracted),
        "related_articles": len(parsed.front.related),
    }


def _result(files: int, totals: Counter[str], refused: Counter[str], seconds: float) -> dict[str, Any]:
    kinds = ("figures", "captions", "mentions")
    expected = sum(totals[f"expected_{kind}"] for kind in kinds)
    found = sum(totals[f"found_{kind}"] for kind in kinds)
    counts = ("articles", *kinds, *(f"expected_{kind}" for kind in kinds), "extra_mentions", "exceptions")
    noticed = (
        "credited_figures",
        "figures_of_other_licence",
        "panel_mentions",
        "retracted_articles",
        "related_articles",
    )
    return {
        "n": expected,
        "headline": "recall",
        "recall": found / expected if expected else 1.0,
        "interval": wilson(found, expected),
        **{f"recall_{kind}": _share(totals[f"found_{kind}"], totals[f"expected_{kind}"]) for kind in kinds},
        **{name: totals[name] for name in (*counts, *noticed)},
        "files": files,
        "refused": dict(sorted(refused.items())),
        "articles_per_s": round(totals["articles"] / seconds, 1) if seconds else 0.0,
        "mb_per_s": round(totals["bytes"] / seconds / 1e6, 1) if seconds else 0.0,
        "bytes_per_article": round(totals["bytes"] / totals["articles"]) if totals["articles"] else 0,
    }


def _share(found: int, expected: int) -> float:
    return found / expected if expected else 1.0


def _id(attributes: str) -> str | None:
    found = _ID.search(attributes)
    return found[1] if found else None


def _words(markup: str) -> bool:
    return bool(_TAG.sub("", markup).strip())
