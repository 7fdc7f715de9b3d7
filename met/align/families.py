"""Whether two models are of one family: two that learnt alike err alike, and confirm each other's errors."""

import re
from typing import Final

from met.errors import BadSetting

_LETTERS: Final = re.compile(r"[a-z]+")


def family_of(model: str) -> str:
    """Return the family in the name of a model: the letters that its last part begins with.

    >>> family_of("Qwen/Qwen2.5-VL-7B-Instruct"), family_of("google/medgemma-4b-it")
    ('qwen', 'medgemma')
    """
    name = model.rpartition("/")[2].lower()
    letters = _LETTERS.search(name)
    return letters[0] if letters else name


def check_families(first: str, second: str) -> None:
    """Return where the models are of two families; one whose name holds the other's is a child of it.

    Raises:
        BadSetting: they are of one.
    """
    one, other = family_of(first), family_of(second)
    if one in other or other in one:
        why = f"{second!r} is of the family of {first!r}; what it confirms would prove little"
        raise BadSetting(name="MET_VERIFIER_MODEL", why=why)
