"""What a reviewer may correct of an item, and which values of a correction are possible."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final, get_args

from met.errors import BadInput
from met.harvest.modality.taxonomy import GROUP_OF
from met.types import ItemKind, Question, Role, Span

CORRECTIONS: Final[Mapping[ItemKind, tuple[str, ...]]] = {
    "pair": ("role", "node", "modality", "spans"),
    "anchor": ("role", "node"),
    "question": ("question",),
}
"""What may be corrected of an item of each kind; others are only accepted or rejected."""

_TEXTS: Final = ("text", "answer", "rationale")


def check_correction(kind: ItemKind, correction: Mapping[str, Any]) -> None:
    """A build can make this correction of an item of that kind, as far as the correction itself tells.

    Raises:
        BadInput: a field is none of the item's, or a value is none of the field's; the message names both.
    """
    fields = CORRECTIONS.get(kind, ())
    for field, value in correction.items():
        if field not in fields:
            allowed = f"can change {', '.join(fields)}" if fields else "has none: accept or reject it"
            raise BadInput(what=f"correction of {field}", why=f"is none of a {kind}, which {allowed}")
        possible, says = _POSSIBLE[field]
        if not possible(value):
            raise BadInput(what=f"correction {field}={value!r}", why=says)


def spans_of(correction: Mapping[str, Any]) -> tuple[Span, ...]:
    """Return the parts of the caption that a correction gives, in order; none where it gives none that are possible.

    >>> spans_of({"spans": [[0, 12], [30, 44]]}), spans_of({"spans": [[12, 0]]}), spans_of({})
    (((0, 12), (30, 44)), (), ())
    """
    given = correction.get("spans", ())
    if not isinstance(given, (list, tuple)) or not all(_is_span(span) for span in given):
        return ()
    places = [place for span in given for place in span]
    ordered = places == sorted(places) and all(start < end for start, end in given)
    return tuple((start, end) for start, end in given) if ordered else ()


def corrected_question(row: Question, said: Any) -> Question | None:
    """Return the question with what is said of its text, options, answer and rationale; None where that is no question.

    A question has a text and an answer; where it has options, they are two or more, all different, and the answer is
    one of them.
    """
    if not _is_question(said):
        return None
    changes: dict[str, Any] = {name: said[name].strip() for name in _TEXTS if name in said}
    if "options" in said:
        changes["options"] = tuple(option.strip() for option in said["options"])
    made = replace(row, **changes)
    if not (made.text and made.answer):
        return None
    offered = len(set(made.options)) == len(made.options) >= 2 and made.answer in made.options
    return made if offered or not made.options else None


def _is_span(span: Any) -> bool:
    # True is an int to Python, and no place in a text.
    return (
        isinstance(span, (list, tuple))
        and len(span) == 2
        and all(isinstance(place, int) and not isinstance(place, bool) and place >= 0 for place in span)
    )


def _is_question(said: Any) -> bool:
    if not isinstance(said, Mapping) or not said or not said.keys() <= {*_TEXTS, "options"}:
        return False
    options = said.get("options", ())
    return (
        all(isinstance(said[name], str) for name in _TEXTS if name in said)
        and isinstance(options, (list, tuple))
        and all(isinstance(option, str) and option.strip() for option in options)
    )


_POSSIBLE: Final[Mapping[str, tuple[Callable[[Any], bool], str]]] = {
    "role": (lambda value: value in get_args(Role), f"choose one of {', '.join(get_args(Role))}"),
    "node": (lambda value: isinstance(value, str) and bool(value.strip()), "is no name, CURIE or key of a node"),
    "modality": (lambda value: value in GROUP_OF, f"choose one of {', '.join(sorted(GROUP_OF))}"),
    "spans": (
        lambda value: bool(spans_of({"spans": value})),
        "lists no places in the caption in order, as in [[0, 12], [30, 44]]",
    ),
    "question": (_is_question, "is an object with some of text, options, answer and rationale"),
}
