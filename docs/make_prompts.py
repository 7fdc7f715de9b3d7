"""Write docs/prompts.md: each prompt as a model gets it for the sample, a reply, and what becomes of it.

met demo
python docs/make_prompts.py [HOME]
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, is_dataclass
from importlib.resources import files
from pathlib import Path
from types import ModuleType
from typing import Any

from pydantic import BaseModel
from sample_build import read_build

from met.align import judge, look
from met.align.judge import Case
from met.align.look import Look
from met.harvest.cited import summary
from met.llm.prompts import Prompt
from met.synth import caption, question
from met.tree import reading
from met.tree.attach.ground import Entity
from met.tree.reading import choosing
from met.tree.roots import FACET_ROOTS
from met.tree.texts.sentences import sentences
from met.types import Ask, Dossier, Drop, Reply

ARTICLE, FIGURE = "sample-liver-mri", 0
TEXT, SENTENCES = "chest.md", ("Lymphadenitis", "In lymphoma", "Vessels enter")
OUT = Path(__file__).with_name("prompts.md")
HEAD = """\
# Prompts

A model is asked five things about a panel, and two about the texts that the tree grows from. Each prompt is a Markdown
file whose first line names its holes; the rest is sent as one user message, with the panel's image behind it. Text from
articles, books and ontologies stands inside a fence that nothing in it can close. The reply must be one JSON object of
a bounded schema. What does not parse is a Drop that keeps the raw text; what says more than its source is a Drop that
names the fault.

With the engine `vllm` a changed prompt changes the version of its stage, or the key of the tree: the next build asks
again, and the old rows stay beside the new ones. The engine `rules` reads no prompt; its answers pass the same `read`.

`python docs/make_prompts.py` writes this page from the demo's figure `liver_mri.png` and the sample's text `chest.md`;
a test proves that it is up to date. The replies shown are those of the engine `rules`: a model gets the message above
them.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One model step: its prompt file, and the module that holds the prompt and the functions that take a subject."""

    title: str
    file: str
    module: ModuleType

    @property
    def prompt(self) -> Prompt:
        """The prompt with its holes."""
        prompt: Prompt = self.module.PROMPT
        return prompt


LOOK = Step(
    title="Look: what does the image show to somebody who has read nothing?",
    file="met/align/prompts/look.md",
    module=look,
)
JUDGE = Step(
    title="Judge: does the text describe the image, does the image show the node?",
    file="met/align/prompts/judge.md",
    module=judge,
)
PANEL_STEPS = (
    Step(
        title="Summary: which sentences of citing passages concern the panel, and what can each support?",
        file="met/harvest/prompts/summary.md",
        module=summary,
    ),
    Step(title="Caption: sentences that rest on a passage", file="met/synth/prompts/caption.md", module=caption),
    Step(title="Question: one right option of several", file="met/synth/prompts/question.md", module=question),
)
READ = Step(title="Read: which entities do these sentences name?", file="met/tree/prompts/read.md", module=reading)
CHOOSE = Step(
    title="Choose: under which of these does a new concept stand?", file="met/tree/prompts/choose.md", module=choosing
)


def sample_pack() -> reading.Pack:
    """Return the sentences of one paragraph of the sample, and terms that stand in them."""
    text = (files("met.sample") / "texts" / TEXT).read_text(encoding="utf-8")
    spans = [span for span in sentences(text) if text[slice(*span)].startswith(SENTENCES)]
    lines = [reading.Line(document=TEXT, span=span, text=text[slice(*span)]) for span in spans]
    return reading.pack_of(lines, [(0, "lymph node", "anatomy"), (1, "lymphoma", "disease")])


def sample_crossing() -> choosing.Crossing:
    """Return a concept of the sample between three nodes."""
    options = [
        Entity(key="1", names=("disease",), definition=FACET_ROOTS[0].definition),
        Entity(key="2", names=("inflammation of an air space",)),
        Entity(key="3", names=("bone cancer",)),
    ]
    return choosing.Crossing(
        concept=Entity(key="mastoiditis", names=("mastoiditis",)),
        sentence="Mastoiditis is an inflammation of the air cells in the mastoid process of temporal bone.",
        options=tuple(options),
        best="2",
    )


def reply_of(item: str, step: Step, text: str) -> Reply:
    """Return `text` as the engine `rules` would hand it over."""
    return Reply(
        item=item,
        step=step.module.STEP,
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
    """Return one value, or a list of values, by column name."""
    if isinstance(made, BaseModel):
        made = made.model_dump()
    rows = [asdict(row) for row in made] if isinstance(made, tuple) else asdict(made) if is_dataclass(made) else made
    return json.dumps(rows, ensure_ascii=False, indent=1, sort_keys=True)


def section(subject: Any, step: Step, *image: bytes) -> Iterator[str]:
    """Yield the lines of one step."""
    asked: Ask = step.module.ask(subject, *image)
    text = json.dumps(step.module.rules(subject), ensure_ascii=False, indent=1)
    made = step.module.read(subject, reply_of(asked.item, step, text))
    broken = step.module.read(subject, reply_of(asked.item, step, text[: len(text) // 2]))
    if step is READ:
        made, broken = made[0], broken[1][0]
    assert isinstance(broken, Drop)
    holes = ", ".join(f"`{hole}`" for hole in sorted(step.prompt.holes))
    yield from (f"## {step.title}", "")
    yield from (f"[`{step.file}`](../{step.file}), holes {holes}, at most {asked.max_tokens} tokens of reply.", "")
    yield from ("The message:", "")
    yield from as_block("text", asked.messages[0]["content"])
    yield from ("A reply:", "")
    yield from as_block("json", text)
    yield from ("What `read` makes of it:", "")
    yield from as_block("json", as_json(made))
    yield from (f"The same reply cut in half is a Drop with the reason `{broken.reason}`.", "")


def render(dossier: Dossier) -> str:
    """Return the whole page."""
    case = Case(dossier=dossier, look=Look.model_validate(look.rules(dossier)))
    judged = [*section(dossier, LOOK, b""), *section(case, JUDGE, b"")]
    panels = [*judged, *(line for step in PANEL_STEPS for line in section(dossier, step, b""))]
    texts = [*section(sample_pack(), READ), *section(sample_crossing(), CHOOSE)]
    return "\n".join([HEAD, *panels, *texts]).rstrip() + "\n"


def main(home: Path) -> None:
    """The page is written beside this file."""
    OUT.write_text(render(read_build(home).of(ARTICLE, FIGURE)), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else ".met"))
