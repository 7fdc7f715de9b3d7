"""Write docs/prompts.md: each prompt as a model gets it for one figure of the sample, a reply, and what becomes of it.

met demo
python docs/make_prompts.py [HOME]
"""

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sample_build import read_build

from met.align import judge
from met.llm.prompts import Prompt
from met.synth import caption, question
from met.types import Ask, Dossier, Drop, Reply

ARTICLE, FIGURE = "sample-liver-mri", 0
OUT = Path(__file__).with_name("prompts.md")
HEAD = """\
# Prompts

A model is asked three things about a panel. Each prompt is a Markdown file whose first line names its holes; the rest
is sent as one user message, with the panel's image behind it. Text from articles and ontologies stands inside a fence
that nothing in it can close. The reply must be one JSON object of a bounded schema. What does not parse is a Drop that
keeps the raw text; what says more than its source is a Drop that names the fault.

With the engine `vllm` a changed prompt changes the version of its stage: the next build asks again, and the old rows
stay beside the new ones. The engine `rules` reads no prompt; its answers pass the same `read`.

`python docs/make_prompts.py` writes this page from the demo's figure `liver_mri.png`; a test proves that it is up to
date. The replies shown are those of the engine `rules`: a model gets the message above them.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One model step: its prompt file and its three functions."""

    title: str
    file: str
    prompt: Prompt
    name: str
    ask: Callable[[Dossier, bytes], Ask]
    rules: Callable[[Dossier], dict[str, Any]]
    read: Callable[[Dossier, Reply], Any]


STEPS = (
    Step(
        title="Judge: does the text describe the image, does the image show the node?",
        file="met/align/prompts/judge.md",
        prompt=judge.PROMPT,
        name=judge.STEP,
        ask=judge.ask,
        rules=judge.rules,
        read=judge.read,
    ),
    Step(
        title="Caption: sentences that rest on a passage",
        file="met/synth/prompts/caption.md",
        prompt=caption.PROMPT,
        name=caption.STEP,
        ask=caption.ask,
        rules=caption.rules,
        read=caption.read,
    ),
    Step(
        title="Question: one right option of several",
        file="met/synth/prompts/question.md",
        prompt=question.PROMPT,
        name=question.STEP,
        ask=question.ask,
        rules=question.rules,
        read=question.read,
    ),
)


def reply_of(dossier: Dossier, step: Step, text: str) -> Reply:
    """Return `text` as the engine `rules` would hand it over."""
    return Reply(
        item=dossier.panel.key,
        step=step.name,
        text=text,
        refusal=None,
        engine="rules",
        model="none",
        tokens_in=0,
        tokens_out=0,
        seconds=0.0,
    )


def as_block(language: str, text: str) -> list[str]:
    """Return the lines of a fenced block and an empty one behind it."""
    return [f"```{language}", text, "```", ""]


def as_json(made: Any) -> str:
    """Return one row, or a list of rows, by column name."""
    rows = [asdict(row) for row in made] if isinstance(made, tuple) else asdict(made)
    return json.dumps(rows, ensure_ascii=False, indent=1, sort_keys=True)


def section(dossier: Dossier, step: Step) -> Iterator[str]:
    """Yield the lines of one step."""
    asked = step.ask(dossier, b"")
    text = json.dumps(step.rules(dossier), ensure_ascii=False, indent=1)
    broken = step.read(dossier, reply_of(dossier, step, text[: len(text) // 2]))
    assert isinstance(broken, Drop)
    holes = ", ".join(f"`{hole}`" for hole in sorted(step.prompt.holes))
    yield from (f"## {step.title}", "")
    yield from (f"[`{step.file}`](../{step.file}), holes {holes}, at most {asked.max_tokens} tokens of reply.", "")
    yield from ("The message:", "")
    yield from as_block("text", asked.messages[0]["content"])
    yield from ("A reply:", "")
    yield from as_block("json", text)
    yield from ("The rows that `read` makes of it:", "")
    yield from as_block("json", as_json(step.read(dossier, reply_of(dossier, step, text))))
    yield from (f"The same reply cut in half is a Drop with the reason `{broken.reason}`.", "")


def render(dossier: Dossier, steps: Iterable[Step] = STEPS) -> str:
    """Return the whole page."""
    lines = [HEAD, *(line for step in steps for line in section(dossier, step))]
    return "\n".join(lines).rstrip() + "\n"


def main(home: Path) -> None:
    """The page is written beside this file."""
    OUT.write_text(render(read_build(home).of(ARTICLE, FIGURE)), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else ".met"))
