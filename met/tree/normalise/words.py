"""Words that keep two names apart, whatever else they share: numbers, sides, and what narrows an entity."""

import re
from typing import Final

from met.tree.normalise.keys import folded_words

_NUMBER: Final = re.compile(r"\d+[a-z]?|[a-z]")
# Words of which an entity bears one: those of a line exclude each other, and none of them is wider than each.
_CONTRASTS: Final = (
    "left right bilateral unilateral",
    "acute chronic subacute transient persistent",
    "benign malignant premalignant",
    "primary secondary metastatic",
    "congenital acquired",
    "upper lower middle",
    "anterior posterior medial lateral proximal distal dorsal ventral superior inferior central peripheral",
    "internal external inner outer superficial deep",
    "male female",
    "early late onset",
    "adult child juvenile infantile neonatal fetal embryonic",
    "isolated syndromic nonsyndromic",
    "dominant recessive linked autosomal",
    "hereditary sporadic",
    "partial complete total",
    "severe mild moderate",
    "atypical typical classic",
    "not",
    "increased decreased elevated reduced high low hyper hypo",
    "hemorrhagic ischemic",
    "small large",
    "maximum minimum",
    "focal diffuse generalized localized",
    "transitional possible suspected susceptibility",
)
QUALIFIERS: Final = frozenset(word for line in _CONTRASTS for word in line.split())


_SAME: Final = {
    "childhood": "child", "pediatric": "child", "familial": "hereditary", "inherited": "hereditary",
    "tumor": "neoplasm",
    "disorder": "disease", "non": "not", "without": "not", "classical": "classic",
}  # fmt: skip
# What is called so is malignant, whether its name says it or not.
_MALIGNANT: Final = frozenset(
    ["malignant", "cancer", "carcinoma", "sarcoma", "malignancy", "lymphoma", "leukemia", "melanoma"]
)
# Two words are one in two forms from this length and share of the shorter one on, counted from the first letter.
_STEM: Final = 4
_STEM_SHARE: Final = 0.7


def contrast(one: str, two: str) -> str | None:
    """Return what keeps two names apart: `number` or `qualifier` and the words; None where nothing does.

    >>> contrast("Usher syndrome type 1", "Usher syndrome type 2")
    'number: 1, 2'
    >>> contrast("left kidney", "kidney"), contrast("asthma", "bronchial asthma")
    ('qualifier: left', None)
    >>> contrast("lung neoplasm, malignant", "lung cancer")
    >>> contrast("maxillary neoplasm", "maxillary cancer")
    'qualifier: malignant'
    """
    first, second = _words(one), _words(two)
    differing = first ^ second
    malignant, others = sorted((first, second), key=lambda words: not words & _MALIGNANT)
    if malignant & _MALIGNANT and others & _MALIGNANT:
        differing -= {"malignant"}
    elif malignant & _MALIGNANT and "neoplasm" in others:
        return "qualifier: malignant"
    for what, words in (
        ("number", {word for word in differing if _NUMBER.fullmatch(word)}),
        ("qualifier", differing & QUALIFIERS),
    ):
        if words:
            return f"{what}: {', '.join(sorted(words))}"
    return None


def inflected(one: str, two: str) -> bool:
    """Say whether two names differ in the forms of their words alone.

    >>> inflected("tonsil squamous cell carcinoma", "tonsillar squamous cell carcinoma")
    True
    >>> inflected("maximum intensity", "minimum intensity"), inflected("adrenal adenoma", "adrenal cortex adenoma")
    (False, False)
    """
    first, second = sorted(_words(one) - _words(two)), sorted(_words(two) - _words(one))
    return len(first) == len(second) and all(map(_one_stem, first, second))


def _one_stem(one: str, two: str) -> bool:
    shared = next((at for at, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), min(len(one), len(two)))
    return shared >= max(_STEM, _STEM_SHARE * min(len(one), len(two)))


def _words(name: str) -> set[str]:
    """Return the words of a name, those of one meaning as one, without an article: "a" is a number after "type" and at
    the end ("hepatitis A").
    """
    words = folded_words(name)
    last = len(words) - 1
    kept = (word for at, word in enumerate(words) if word != "a" or at == last or words[at - 1 : at] == ("type",))
    return {_SAME.get(word, word) for word in kept}
