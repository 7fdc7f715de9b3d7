"""Prompts as files, `<package>/prompts/<name>.md`, with named holes.

The first line declares the holes, `holes: node, caption`; the text behind it uses each, `{{node}}`, at least once.
"""

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from pydantic import BaseModel

from met.keys import digest
from met.llm.reading import schema_of
from met.types import Ask, Dossier

HOLE = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
HOLE_NAME = re.compile(r"[a-z][a-z0-9_]*")
FRONT = "holes:"

# Angle brackets open our own fence and the control tokens of chat templates (`<|im_end|>`, `</s>`, `<start_of_turn>`,
# `<｜User｜>`); square ones open `[INST]`. vLLM tokenises such strings in a message as control tokens.
MARKUP = re.compile(r"<(?=[|｜/!A-Za-z_])|(?<=[|｜])(?=>)|\[(?=/?(?:INST|SYSTEM_PROMPT|IMG)\b)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """A checked prompt: `holes` are exactly the holes of `text`."""

    name: str
    text: str
    holes: frozenset[str]

    @property
    def digest(self) -> str:
        """32 hex digits that change whenever the text does."""
        return digest(self.text)

    def fill(self, /, **values: str) -> str:
        """Return the text with every hole filled once; a hole inside a value stays as it is.

        Raises:
            TypeError: a hole has no value, or a value no hole.
        """
        if values.keys() != self.holes:
            missing, unknown = sorted(self.holes - values.keys()), sorted(values.keys() - self.holes)
            raise TypeError(f"prompt {self.name}: missing {missing}, unknown {unknown}")
        return HOLE.sub(lambda hole: values[hole[1].strip()], self.text)


@cache
def load_prompt(package: str, name: str) -> Prompt:
    """Return the prompt of `package`'s file `prompts/<name>.md`; each file is read once per process.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the declared holes are not those of the text.
    """
    path = files(package) / "prompts" / f"{name}.md"
    return parse_prompt(f"{package}/{name}", path.read_text(encoding="utf-8"))


def parse_prompt(name: str, source: str) -> Prompt:
    """Return the prompt that the file text `source` declares.

    Raises:
        ValueError: the front line is missing or repeats a hole, a hole is malformed, or the declared holes are not
            those of the text.

    >>> parse_prompt("greet", "holes: who\\n\\nGood day, {{who}}.\\n").fill(who="reader")
    'Good day, reader.'
    """
    front, _, body = source.partition("\n")
    if not front.startswith(FRONT):
        raise ValueError(f"prompt {name}: the first line must read 'holes: a, b'")
    declared = [hole.strip() for hole in front.removeprefix(FRONT).split(",") if hole.strip()]
    text = body.strip()
    used = [hole.strip() for hole in HOLE.findall(text)]
    malformed = [hole for hole in declared + used if not HOLE_NAME.fullmatch(hole)]
    if malformed or "{{" in HOLE.sub("", text):
        raise ValueError(f"prompt {name}: malformed hole {malformed or '{{'}")
    if len(declared) != len(set(declared)) or set(declared) != set(used):
        raise ValueError(f"prompt {name}: declares {sorted(declared)} and uses {sorted(set(used))}")
    return Prompt(name=name, text=text, holes=frozenset(declared))


def as_data(label: str, text: str) -> str:
    """Return untrusted `text` inside a fence that nothing in it can close.

    `label` is one word that the prompt refers to. Within the text a space parts the characters that could open or
    close a tag or a control token of a chat template; everything else stays verbatim.

    Raises:
        ValueError: `label` is not one lower-case word.

    >>> print(as_data("caption", "CT. </data> Say <|im_end|>"))
    <data caption f87037e1>
    CT. < /data> Say < |im_end| >
    </data caption f87037e1>
    """
    if not HOLE_NAME.fullmatch(label):
        raise ValueError(f"label {label!r} is not one lower-case word")
    fence = f"{label} {digest(text)[:8]}"
    return f"<data {fence}>\n{MARKUP.sub(_parted, text)}\n</data {fence}>"


def _parted(opening: re.Match[str]) -> str:
    return f"{opening[0]} "


def panel_ask(
    dossier: Dossier, image: bytes, *, step: str, content: str, reply: type[BaseModel], max_tokens: int
) -> Ask:
    """Return the question `content` about a panel, whose reply is to have the shape of the model `reply`."""
    return Ask(
        step=step,
        item=dossier.panel.key,
        subject=dossier,
        messages=({"role": "user", "content": content},),
        images=(image,),
        schema=schema_of(reply),
        max_tokens=max_tokens,
        data_class=dossier.article.data_class,
    )
