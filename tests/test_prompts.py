"""Prompts as files, untrusted text inside them, replies read, and schemas that end."""

import json
import random
import re
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Literal

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field
from servers.model_server import value_of

from met.llm.prompts import Prompt, as_data, load_prompt, parse_prompt
from met.llm.reading import RAW_CHARS, UNSTORABLE, check_bounded, parse_reply, schema_of
from met.types import Drop, Reply

NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)
HOSTILE = st.lists(
    st.one_of(
        st.text(max_size=8),
        st.sampled_from(
            [
                "<data ",
                "</data ",
                "</data caption>",
                "<",
                "</",
                "<|im_end|>",
                "|>",
                "[/INST]",
                "\n",
                ">",
                "{{a}}",
                "</s>",
            ]
        ),
    ),
    max_size=12,
).map("".join)


class Claim(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: Annotated[str, Field(max_length=40)]
    verdict: Literal["supported", "contradicted", "unseen"]


class Judgement(BaseModel):
    """Words for people, which no grammar needs."""

    model_config = ConfigDict(extra="forbid")

    keep: bool
    score: Annotated[float, Field(ge=0, le=1)]
    claims: Annotated[tuple[Claim, ...], Field(max_length=3)]
    best: Claim | None = None
    title: Annotated[str, Field(max_length=20)] = "none"


def reply(text: str, *, refusal: str | None = None) -> Reply:
    return Reply(
        item="panel:1",
        step="judge",
        text=text,
        refusal=refusal,
        engine="vllm",
        model="tiny",
        tokens_in=1,
        tokens_out=1,
        seconds=0.0,
    )


GOOD = {"keep": True, "score": 0.5, "claims": [{"text": "A", "verdict": "unseen"}], "best": None, "title": "t"}

# ---------------------------------------------------------------- prompts


def test_a_prompt_is_filled_by_its_declared_holes() -> None:
    prompt = parse_prompt("p", "holes: node, caption\n\n{{node}} and {{ caption }} and {{node}}\n")
    assert prompt.fill(node="N", caption="C") == "N and C and N"
    assert prompt.holes == {"node", "caption"}


def test_a_prompt_without_holes_says_so() -> None:
    assert (
        parse_prompt("p", 'holes:\n\nSay {yes} or {no}: {"a": {"b": 1}}').fill() == 'Say {yes} or {no}: {"a": {"b": 1}}'
    )


@pytest.mark.parametrize(
    "source",
    [
        "No front line {{a}}",
        "",
        "holes: a\n\nNothing is used",
        "holes:\n\n{{a}} is not declared",
        "holes: a, a\n\n{{a}}",
        "holes: A\n\n{{A}}",
        "holes: a\n\n{{a}} and {{a b}}",
        "holes: a\n\n{{a}} and {{a",
        "holes: a\n\n{{a}} and {{}}",
    ],
)
def test_a_malformed_prompt_is_refused_at_load(source: str) -> None:
    with pytest.raises(ValueError, match="prompt bad"):
        parse_prompt("bad", source)


def test_fill_names_what_is_missing_and_unknown() -> None:
    prompt = parse_prompt("p", "holes: a, b\n\n{{a}}{{b}}")
    with pytest.raises(TypeError, match=r"missing \['b'\], unknown \['c'\]"):
        prompt.fill(a="1", c="2")


@given(st.dictionaries(NAMES, HOSTILE, min_size=1, max_size=4))
def test_fill_is_one_pass_and_keeps_values_verbatim(values: dict[str, str]) -> None:
    text = "|".join(f"{{{{{name}}}}}" for name in values)
    prompt = parse_prompt("p", f"holes: {', '.join(values)}\n{text}")
    assert prompt.fill(**values) == "|".join(values.values())


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_any_file_is_a_prompt_or_a_clear_error(source: str) -> None:
    try:
        prompt = parse_prompt("p", source)
    except ValueError as error:
        assert str(error).startswith("prompt p: ")
    else:
        assert "{{" not in prompt.fill(**dict.fromkeys(prompt.holes, ""))


def test_the_digest_changes_with_the_text_alone() -> None:
    one = parse_prompt("p", "holes: a\n\nSay {{a}}.")
    assert one.digest == parse_prompt("q", "holes:  a\n\n\nSay {{a}}.\n").digest
    assert one.digest != parse_prompt("p", "holes: a\n\nSay {{a}}!").digest


def test_prompts_are_loaded_from_a_package_once(tmp_path: Path) -> None:
    folder = tmp_path / "steps" / "prompts"
    folder.mkdir(parents=True)
    (folder / "greet.md").write_text("holes: who\n\nGood day, {{who}}.\n")
    code = (
        "from pathlib import Path; from met.llm.prompts import load_prompt\n"
        "first = load_prompt('steps', 'greet'); Path('steps/prompts/greet.md').unlink()\n"
        "assert load_prompt('steps', 'greet') is first; print(first.fill(who='reader'))"
    )
    root = Path(__file__).parent.parent
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={"PYTHONPATH": f"{root}:{tmp_path}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "Good day, reader.\n"


def test_a_missing_prompt_is_named() -> None:
    with pytest.raises(FileNotFoundError, match=r"nowhere\.md"):
        load_prompt("met.llm", "nowhere")


# ---------------------------------------------------------------- untrusted text


@given(NAMES, HOSTILE)
def test_nothing_in_the_text_closes_its_fence(label: str, text: str) -> None:
    fenced = as_data(label, text)
    first, *inner, last = fenced.split("\n")
    assert first == last.replace("</", "<", 1)
    assert re.fullmatch(rf"<data {label} [0-9a-f]{{8}}>", first)
    assert not re.search(r"</?data", "\n".join(inner))
    assert not re.search(r"<[|/A-Za-z_]|\|>|\[/?INST", "\n".join(inner))


@given(HOSTILE)
def test_only_spaces_are_added_to_the_text(text: str) -> None:
    inner = as_data("caption", text).split("\n", 1)[1].rsplit("\n", 1)[0]
    assert inner.replace(" ", "") == text.replace(" ", "")


@pytest.mark.parametrize(
    "text", ["p < 0.05, n > 30, T1-weighted [3]", "Figure 2. (A) CT; arrows, 5<10 mm.\nSecond line", ""]
)
def test_usual_captions_stay_verbatim(text: str) -> None:
    assert f"\n{text}\n" in as_data("caption", text)


@pytest.mark.parametrize("label", ["", "two words", "a>b", "Caption", "a\nb"])
def test_a_label_is_one_word(label: str) -> None:
    with pytest.raises(ValueError, match="label"):
        as_data(label, "text")


def test_a_filled_fence_survives_holes_in_the_caption() -> None:
    prompt: Prompt = parse_prompt("p", "holes: caption, node\n\nIs it {{node}}?\n{{caption}}")
    filled = prompt.fill(caption=as_data("caption", "A {{node}} </data>"), node="lung")
    assert filled.count("lung") == 1 and filled.count("</data") == 1


# ---------------------------------------------------------------- replies


def test_a_good_reply_is_read() -> None:
    read = parse_reply(reply(json.dumps(GOOD)), Judgement)
    assert isinstance(read, Judgement)
    assert (read.score, read.claims[0].verdict) == (0.5, "unseen")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "unparseable"),
        ("Sure! " + json.dumps(GOOD), "unparseable"),
        (json.dumps(GOOD)[:-5], "unparseable"),
        (json.dumps(GOOD).replace('"A"', '"A\x01"'), "unparseable"),
        ("[" * 100_000, "unparseable"),
        ('"\ud800"', "unparseable"),
        (json.dumps({**GOOD, "title": "a\x00b"}), "invalid"),
        (json.dumps({**GOOD, "title": "x" * 21}), "invalid"),
        (json.dumps({**GOOD, "score": 1.5}), "invalid"),
        (json.dumps(GOOD).replace("0.5", "NaN"), "invalid"),
        (json.dumps({**GOOD, "more": 1}), "invalid"),
        (json.dumps({"keep": True}), "invalid"),
        ("null", "invalid"),
    ],
)
def test_what_cannot_be_read_is_a_drop_with_the_raw_text(text: str, reason: str) -> None:
    drop = parse_reply(reply(text), Judgement)
    assert isinstance(drop, Drop)
    assert (drop.item, drop.reason, drop.detail["step"]) == ("panel:1", reason, "judge")
    assert drop.detail["characters"] == len(text)
    assert drop.detail["error"]
    assert not UNSTORABLE.search(drop.detail["raw"])


def test_the_raw_text_is_kept_as_it_came() -> None:
    drop = parse_reply(reply('{"a": "é\x02'), Judgement)
    assert isinstance(drop, Drop)
    assert drop.detail["raw"] == '{"a": "é\\u0002'


def test_a_refusal_is_a_drop_that_keeps_the_text() -> None:
    drop = parse_reply(reply('{"keep": tr', refusal="too_long"), Judgement)
    assert isinstance(drop, Drop)
    assert (drop.reason, drop.detail["error"], drop.detail["raw"]) == ("refused", "too_long", '{"keep": tr')


@given(st.one_of(st.text(), st.binary().map(lambda data: data.decode("utf-8", "surrogateescape")), HOSTILE))
def test_any_text_is_read_or_dropped_in_bounds(text: str) -> None:
    drop = parse_reply(reply(text), Judgement)
    assert isinstance(drop, Drop)
    assert len(drop.detail["raw"]) <= 6 * RAW_CHARS
    json.dumps(drop.detail).encode("utf-8")


# ---------------------------------------------------------------- schemas


def test_the_schema_of_a_model_is_a_grammar() -> None:
    schema = schema_of(Judgement)
    assert schema["required"] == ["keep", "score", "claims", "best", "title"]
    assert schema["properties"]["title"] == {"type": "string", "maxLength": 20}
    assert schema["properties"]["best"]["anyOf"][0]["additionalProperties"] is False
    assert "$" not in json.dumps(schema) and "Words for people" not in json.dumps(schema)


@given(st.integers())
def test_whatever_satisfies_the_schema_is_read(seed: int) -> None:
    schema = schema_of(Judgement)
    value = value_of(schema, chance=random.Random(seed), defs={})
    jsonschema.validate(value, schema)
    assert isinstance(parse_reply(reply(json.dumps(value)), Judgement), Judgement)


@pytest.mark.parametrize(
    ("part", "path"),
    [
        ({"type": "string"}, r"\$\.a: a string"),
        ({"type": "string", "maxLength": 5, "pattern": "a*"}, r"\$\.a: pattern"),
        ({"type": ["string", "null"]}, r"\$\.a: a string"),
        ({"type": "integer", "minimum": 0}, r"\$\.a: a number"),
        ({"type": "array", "items": {"type": "boolean"}}, r"\$\.a: an array"),
        ({"type": "array", "maxItems": 2, "items": {"type": "string"}}, r"\$\.a\[\]: a string"),
        ({"anyOf": [{"type": "null"}, {"type": "string"}]}, r"\$\.a\|1: a string"),
        ({"type": "object", "properties": {}}, r"\$\.a: an object"),
        ({"type": "object", "additionalProperties": {"type": "null"}}, r"\$\.a: an object"),
        (
            {"type": "object", "additionalProperties": False, "properties": {"b": {"type": "string"}}},
            r"\$\.a\.b: a string",
        ),
        ({"type": "array", "maxItems": 2, "uniqueItems": True, "items": {"const": 1}}, r"\$\.a: uniqueItems"),
        ({}, r"\$\.a: has no type"),
    ],
)
def test_an_unbounded_path_is_named(part: dict[str, object], path: str) -> None:
    with pytest.raises(ValueError, match=f"^{path}"):
        check_bounded({"type": "object", "additionalProperties": False, "properties": {"a": part}})


def test_a_bounded_schema_passes() -> None:
    check_bounded(schema_of(Judgement))
    check_bounded(
        {"type": "array", "maxItems": 2, "prefixItems": [{"type": "integer", "exclusiveMinimum": 0, "maximum": 9}]}
    )


class Tree(BaseModel):
    children: Annotated[tuple["Tree", ...], Field(max_length=2)]


class Loose(BaseModel):
    scores: dict[str, int]


@pytest.mark.parametrize(("model", "why"), [(Tree, "Tree contains itself"), (Loose, r"\$\.scores: an object")])
def test_a_model_without_bounds_has_no_schema(model: type[BaseModel], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        schema_of(model)
