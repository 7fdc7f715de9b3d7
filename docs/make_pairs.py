"""Write pairs.png: ten pairs that the filter kept and ten panels that it dropped, with text, scores and reasons.

met demo
python docs/make_pairs.py [HOME] [OUT]
"""

import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from sample_build import SampleBuild, read_build

from met.keys import digest
from met.pixels import crop_png
from met.pixels.sheets import contact_sheet
from met.types import Dossier, Verdict

EACH = 10
CHARS = 260


def refused(dossier: Dossier) -> Verdict | None:
    """Return the verdict that dropped a panel: stage 1's before stage 2's."""
    no = [verdict for verdict in dossier.verdicts if not verdict.keep]
    return min(no, key=lambda verdict: verdict.stage != "screen", default=None)


def drawn(dossiers: list[Dossier]) -> list[Dossier]:
    """Return up to ten panels that are drawn by their keys, one for each reason in turn."""
    by_reason: defaultdict[str, list[Dossier]] = defaultdict(list)
    for one in sorted(dossiers, key=lambda one: digest(one.panel.key)):
        no = refused(one)
        by_reason[f"{no.stage} {no.reason}" if no else "kept"].append(one)
    turns = max((len(some) for some in by_reason.values()), default=0)
    found = [some[turn] for turn in range(turns) for _, some in sorted(by_reason.items()) if turn < len(some)]
    return found[:EACH]


def lines(dossier: Dossier) -> Iterator[str]:
    """Yield what stands below a panel: its fate and why, what was measured, the node, the text."""
    no = refused(dossier)
    yield "KEPT" if no is None else f"DROPPED by {no.stage}: {no.reason}"
    said = {verdict.stage: verdict.signals for verdict in dossier.verdicts}
    if "align" in said:
        signals = said["align"]
        look, evidence = signals["look"], signals["evidence"]
        yield f"judge {signals['score']:.2f}, text supported {evidence['support']:.2f}"
        named = ", ".join(signals["modality_in_text"]) or "no kind"
        yield f"blind look: {look['modality']} {look['score']:.2f}; the text names: {named}"
        yield f"why: {signals['why']}"
    else:
        for name, signal in said["screen"].items():
            if not signal["passed"]:
                measured = {key: value for key, value in signal.items() if key not in ("passed", "reason")}
                yield f"{name}: " + ", ".join(f"{key} {value}" for key, value in measured.items())
    node = next((verdict.node for verdict in dossier.verdicts if verdict.node), None)
    if node is not None and node in dossier.nodes:
        yield f"node: {dossier.nodes[node].node.name}"
    text = dossier.subcaption
    yield f"text: {text[:CHARS]}{'…' if len(text) > CHARS else ''}"


def tiles(build: SampleBuild) -> Iterator[tuple[bytes, list[str]]]:
    """Yield ten kept and then ten dropped panels with their lines."""
    judged = [one for one in build.dossiers if one.verdicts]
    for some in ([one for one in judged if not refused(one)], [one for one in judged if refused(one)]):
        for one in drawn(some):
            yield crop_png(build.blobs.get(one.panel.image), box=one.panel.box), list(lines(one))


def main(home: Path, out: Path) -> None:
    """The sheet is written to the file `out`."""
    contact_sheet(list(tiles(read_build(home))), out, columns=5, side=300)


if __name__ == "__main__":
    given = sys.argv[1:]
    main(Path(given[0] if given else ".met"), Path(given[1] if len(given) > 1 else "pairs.png"))
