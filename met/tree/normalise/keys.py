"""Spellings of a name for the dictionary, and keys under which two names of one entity meet."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from met.tree.names import GREEK, fold, tokens

_TYPE: Final = re.compile(r",? type (?=[0-9IVX])")
_ROMAN: Final = {
    "I": "1", "II": "2", "III": "3", "IV": "4", "V": "5", "VI": "6", "VII": "7", "VIII": "8", "IX": "9", "X": "10",
}  # fmt: skip
_ARABIC: Final = {arabic: roman for roman, arabic in _ROMAN.items()}
_NUMBER: Final = re.compile(r"(?<=\btype )(?P<number>[IVX]+|\d+)(?P<letter>[A-Za-z]?)\b")
_EPONYM: Final = re.compile(r"^(?P<name>[A-Z][a-z]+s) (?=disease|syndrome)", re.IGNORECASE)


def spellings(name: str) -> tuple[str, ...]:
    """Return `name` and the ways in which running text spells it otherwise: commas left out or put before "type",
    Roman and Arabic numbers of types, quotation marks and spaced hyphens left out, the possessive of a name in s.
    """
    found = dict.fromkeys((name,))
    for change in (_plain, _without_commas, _numbered, _type_comma, _possessive):
        for spelling in tuple(found):
            found.update(dict.fromkeys(change(spelling)))
    return tuple(found)


def _plain(name: str) -> Iterator[str]:
    if any(mark in name for mark in ("'", '"', " - ", "- ", "/")):
        yield re.sub(r"(?<!\w)'|'(?!\w)|\"", "", name.replace(" - ", "-").replace("- ", "-").replace("/", " "))


def _without_commas(name: str) -> Iterator[str]:
    if ", " in name:
        yield name.replace(", ", " ")


def _numbered(name: str) -> Iterator[str]:
    found = _NUMBER.search(name)
    if found:
        other = _ROMAN.get(found["number"]) or _ARABIC.get(found["number"])
        if other:
            yield f"{name[: found.start()]}{other}{found['letter']}{name[found.end() :]}"


def _type_comma(name: str) -> Iterator[str]:
    if _TYPE.search(name):
        yield _TYPE.sub(" type ", name)
        yield _TYPE.sub(", type ", name)


def _possessive(name: str) -> Iterator[str]:
    found = _EPONYM.match(name)
    if found:
        yield f"{found['name']}' {name[found.end() :]}"


# ---------------------------------------------------------------- keys

# British spellings by the part of the word that differs; each is rewritten to the American one.
_BRITISH: Final = tuple(
    (re.compile(british), american)
    for british, american in (
        (r"haem", "hem"), (r"aem(?=i)", "em"), (r"oed(?=e)", "ed"), (r"oesoph", "esoph"), (r"paed(?=i|o)", "ped"),
        (r"anaes", "anes"), (r"foet", "fet"), (r"rrhoe", "rrhe"), (r"caec", "cec"), (r"coel(?=i|o)", "cel"),
        (r"faec", "fec"), (r"gynaec", "gynec"), (r"leuc(?=o)", "leuk"), (r"sulph", "sulf"), (r"aetio", "etio"),
        (r"tumour", "tumor"), (r"fibre", "fiber"), (r"centre", "center"), (r"colour", "color"), (r"odour", "odor"),
        (r"behaviour", "behavior"), (r"dyspnoe", "dyspne"), (r"apnoe", "apne"), (r"manoe", "mane"),
        (r"lyse(?=d)", "lyze"),
        (r"isation", "ization"), (r"ised\b", "ized"), (r"oestr", "estr"), (r"homoeo", "homeo"), (r"naev", "nev"),
    )
)  # fmt: skip
# Few names hold any of them, and one search is cheaper than thirty.
_ANY_BRITISH: Final = re.compile("|".join(british.pattern for british, _ in _BRITISH))
_SYMBOL: Final = {symbol: word for word, symbol in GREEK.items()}
_POSSESSIVE: Final = re.compile(r"['’]s\b|(?<=s)['’](?=\s|$)")
_ROMAN_WORD: Final = {roman.lower(): arabic for roman, arabic in _ROMAN.items() if len(roman) > 1 or roman in "IVX"}
_NUMBERED: Final = re.compile(r"^(?P<roman>[ivx]+)(?P<letter>[a-e]?)$")
LITTLE: Final = frozenset(
    [
        "a",
        "an",
        "and",
        "the",
        "of",
        "in",
        "on",
        "at",
        "by",
        "to",
        "for",
        "from",
        "with",
        "without",
        "due",
        "or",
        "type",
        "as",
        "not",
        "nos",
    ]
)
TAILS: Final = frozenset(["disease", "disorder", "syndrome", "condition", "infection", "illness", "problem"])
_EQUAL_WORDS: Final = {
    "mental retardation": "intellectual disability", "cancer": "carcinoma", "malignant tumor": "carcinoma",
    "malignant neoplasm": "carcinoma", "neoplasm": "tumor", "renal": "kidney", "hepatic": "liver", "cardiac": "heart",
    "pulmonary": "lung", "gastric": "stomach", "cerebral": "brain", "ocular": "eye", "cutaneous": "skin",
    "hemorrhage": "bleeding", "haemorrhage": "bleeding", "childhood": "child", "juvenile": "child",
    "pediatric": "child",
    "hypertension": "high blood pressure", "inherited": "hereditary", "familial": "hereditary", "uterine": "uterus",
    "ovarian": "ovary", "prostatic": "prostate", "thyroid gland": "thyroid", "urinary bladder": "bladder",
    "myocardial infarction": "heart attack", "failure": "insufficiency", "dental": "tooth", "nasal": "nose",
    "deficient": "deficiency", "allergy": "allergic", "vertigo": "dizziness", "osseous": "bone",
    "gallstone": "cholelithiasis",
}  # fmt: skip
# Where none of these stands, no phrase does.
_OPENERS: Final = frozenset(phrase.partition(" ")[0] for phrase in _EQUAL_WORDS)


@lru_cache(maxsize=1 << 18)
def folded_words(name: str) -> tuple[str, ...]:
    """Return the words of `name` in one spelling: lower case, American, singular, Greek letters by name, Roman numbers
    as Arabic, possessives left out.

    >>> folded_words("Graves' disease, type II"), folded_words("haemolytic anaemias")
    (('grave', 'disease', 'type', '2'), ('hemolytic', 'anemia'))
    """
    text = _POSSESSIVE.sub("", fold(name))
    if not text.isascii():
        for symbol, word in _SYMBOL.items():
            text = text.replace(symbol, f" {word} ")
    if _ANY_BRITISH.search(text):
        for british, american in _BRITISH:
            text = british.sub(american, text)
    words = tokens(text)
    return (singular(words[0]), *map(_behind_the_first, words[1:])) if words else ()


@lru_cache(maxsize=1 << 16)
def _behind_the_first(word: str) -> str:
    """Return a word in the singular, as a number in Arabic figures."""
    return _number(singular(word))


def singular(word: str) -> str:
    """Return the singular of a plural in -s, -es or -ies; words in -ss, -us, -is and short ones stay.

    >>> [singular(word) for word in ("tumors", "biopsies", "abscesses", "diabetes", "sinus", "diagnosis")]
    ['tumor', 'biopsy', 'abscess', 'diabetes', 'sinus', 'diagnosis']
    """
    if len(word) <= 3 or not word.endswith("s") or word.endswith(("ss", "us", "is", "betes", "pes", "ds")):
        return word[:-1] if word.endswith("ds") and len(word) > 3 and word not in ("aids", "sids") else word
    if word.endswith("ies") and len(word) > 4:
        return f"{word[:-3]}y"
    if word.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    return word[:-1]


def _number(word: str) -> str:
    found = _NUMBERED.match(word)
    return _ROMAN_WORD[found["roman"]] + found["letter"] if found and found["roman"] in _ROMAN_WORD else word


@lru_cache(maxsize=1 << 18)
def name_key(name: str) -> str:
    """Return what two spellings of one name share: their folded words in order.

    >>> name_key("Crohn's disease") == name_key("Crohn disease")
    True
    """
    return " ".join(folded_words(name))


def loose_keys(name: str) -> tuple[str, ...]:
    """Return keys of falling strictness: words without order and little words; the same with words of equal meaning
    made one; the same without a tail such as "disease"; the same joined without spaces.

    >>> set(loose_keys("leukemia, acute")) & set(loose_keys("acute leukemia")) != set()
    True
    """
    words = folded_words(name)
    bag = " ".join(sorted({word for word in words if word not in LITTLE}))
    text = f" {' '.join(words)} "
    for phrase, other in () if _OPENERS.isdisjoint(words) else _EQUAL_WORDS.items():
        text = text.replace(f" {phrase} ", f" {other} ")
    equal = sorted({word for word in text.split() if word not in LITTLE})
    core = [word for word in equal if word not in TAILS] or equal
    joined = "".join(word for word in words if word not in LITTLE and word not in TAILS)
    return (f"bag:{bag}", f"equal:{' '.join(equal)}", f"core:{' '.join(core)}", f"joined:{joined}")
