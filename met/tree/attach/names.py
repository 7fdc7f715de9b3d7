"""What a name and a definition say about the parent of an entity: word stems, spans of words, the genus.

The genus is what the definition calls the entity before it says what sets it apart ("A *dermatitis* that ...").
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from typing import Final

from met.tree.names import tokens

MAX_SPAN: Final = 8
MAX_WORDS: Final = 40
# Names of a facet hold each of their words many times.
_REMEMBERED: Final = 1 << 17
_ARTICLE: Final = re.compile(
    r"^(?:(?:an?|the|any|one|either|each)\s+(?:of\s+(?:two|several|the|a group of)\s+)?)?"
    r"(?:(?:rare|common|very|type|form|kind|subtype|variant|group|class|of|an?)\s+)*",
    re.IGNORECASE,
)
_SETS_APART: Final = re.compile(
    r"[,.;:(\[]|\b(?:in which|of which|that|which|"
    r"who|where|when|whose|characteri[sz]ed|caused|causing|resulting|results|due|affecting|"
    r"involving|occurring|arising|located|found|marked|associated|consisting|composed|defined|with|without|"
    r"has|have|is|are|was|were|by|from|has_\w+|results_in|derives_from|located_in)\b",
    re.IGNORECASE,
)
_NUMERALS: Final = (
    "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x",
    "xi", "xii", "xiii", "xiv", "xv", "xvi", "xvii", "xviii", "xix", "xx",
)  # fmt: skip
_ROMAN: Final = {numeral: number for number, numeral in enumerate(_NUMERALS, 1)}
_MEMBER: Final = re.compile(rf"(\d+|{'|'.join(sorted(_ROMAN, key=len, reverse=True))})((?:[a-z]\d*|aa)?)")
_LETTER: Final = re.compile(r"[a-z]\d{0,2}")
# Words before a name that say how an entity comes about or runs, and not what it is.
_MODIFIERS: Final = frozenset(
    (
        *("autosomal", "dominant", "recessive", "x", "y", "linked", "inherited", "hereditary", "familial", "genetic"),
        *("congenital", "acquired", "primary", "secondary", "idiopathic", "isolated", "acute", "subacute", "chronic"),
        *("recurrent", "adult", "juvenile", "infantile", "childhood", "neonatal", "early", "late", "onset", "severe"),
        *("mild", "benign", "malignant", "localized", "diffuse", "generalized", "left", "right", "upper", "lower"),
        *("semi", "autoimmune", "and", "or", "of", "the", "with"),
    )
)
# Last words that every name could bear.
_GENERAL: Final = frozenset({"disease", "disorder", "structure"})
LITTLE: Final = frozenset({"of", "the", "in"})
# Words of a series' members that say nothing themselves: "type 2", "complementation group B".
_SERIES: Final = frozenset({"type", "group", "complementation", "form", "subtype", "grade", "stage", "variant"})


# One word for those of one meaning: adjectives of organs, and what registers of diseases write in several ways.
_SAME: Final = {
    "pulmonary": "lung", "hepatic": "liver", "renal": "kidney", "cardiac": "heart", "cutaneous": "skin",
    "dermal": "skin",
    "ocular": "eye", "gastric": "stomach", "ovarian": "ovary", "testicular": "testis", "uterine": "uterus",
    "laryngeal": "larynx", "pharyngeal": "pharynx", "tracheal": "trachea", "bronchial": "bronchus",
    "esophageal": "esophagus", "oesophageal": "esophagus", "intestinal": "intestine", "colonic": "colon",
    "rectal": "rectum", "anal": "anus", "duodenal": "duodenum", "ileal": "ileum", "jejunal": "jejunum",
    "cecal": "cecum", "appendiceal": "appendix", "pancreatic": "pancreas", "splenic": "spleen", "thymic": "thymus",
    "prostatic": "prostate", "penile": "penis", "vaginal": "vagina", "vulvar": "vulva", "retinal": "retina",
    "corneal": "cornea", "conjunctival": "conjunctiva", "scleral": "sclera", "choroidal": "choroid",
    "cerebellar": "cerebellum", "meningeal": "meninges", "aortic": "aorta", "arterial": "artery", "venous": "vein",
    "muscular": "muscle", "nasal": "nose", "dental": "tooth", "oral": "mouth", "osseous": "bone",
    "mammary": "breast", "placental": "placenta", "endometrial": "endometrium", "ureteral": "ureter",
    "urethral": "urethra", "pleural": "pleura", "peritoneal": "peritoneum", "pericardial": "pericardium",
    "lymphatic": "lymph", "vascular": "vessel", "articular": "joint", "auditory": "hearing", "tonsillar": "tonsil",
    "biliary": "bile", "neural": "nerve", "tumor": "neoplasm", "tumour": "neoplasm", "disorder": "disease",
    "inherited": "hereditary", "familial": "hereditary", "syndromal": "syndromic", "deficit": "deficiency",
    "hypersensitivity": "allergy", "allergic": "allergy", "tuberculous": "tuberculosis",
}  # fmt: skip
# Those of them that are no adjectives.
_NOUNS: Final = frozenset({"tumor", "tumour", "disorder", "deficit", "hypersensitivity"})
_SAME_PHRASES: Final = (
    (("intellectual", "developmental", "disease"), ("intellectual", "disability")),
    (("mental", "retardation"), ("intellectual", "disability")),
    (("malignant", "neoplasm"), ("cancer",)),
    (("hearing", "loss"), ("deafness",)),
    (("non", "syndromic"), ("nonsyndromic",)),
)
_OPENERS: Final = frozenset(phrase[0] for phrase, _ in _SAME_PHRASES)


@lru_cache(_REMEMBERED)
def without_plural(word: str) -> str:
    """Return `word` without a plural ending.

    >>> [without_plural(word) for word in ("cells", "biopsies", "virus", "iris", "lens")]
    ['cell', 'biopsy', 'virus', 'iris', 'lens']
    """
    if len(word) > 4 and word.endswith("ies"):
        return f"{word[:-3]}y"
    return word[:-1] if len(word) > 4 and word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


def stems(text: str) -> tuple[str, ...]:
    """Return the stems of the words of `text`, those of one meaning as one; the genitive s counts for nothing.

    An adjective in the plural or alone is a noun of its own: lymphatics are no lymph, an articular is no joint.

    >>> stems("Crohn's diseases"), stems("renal tumours"), stems("large lymphatics")
    (('crohn', 'disease'), ('kidney', 'neoplasm'), ('large', 'lymphatic'))
    """
    found = _tokens(text)
    words = tuple(map(without_plural, found))
    if not _SAME.keys().isdisjoint(words):
        words = tuple(_meant(token, alone=len(found) == 1) for token in found)
    return words if _OPENERS.isdisjoint(words) else _joined(words)


def _meant(token: str, *, alone: bool) -> str:
    word = without_plural(token)
    return word if (alone or word != token) and word not in _NOUNS else _SAME.get(word, word)


def spelt(text: str) -> tuple[str, ...]:
    """Return the stems of the words of `text` as they are spelt.

    >>> spelt("renal tumours")
    ('renal', 'tumour')
    """
    return tuple(map(without_plural, _tokens(text)))


def _tokens(text: str) -> tuple[str, ...]:
    return tokens(text.replace("'s ", " ").replace("’s ", " "))


def _joined(words: tuple[str, ...]) -> tuple[str, ...]:
    for phrase, other in _SAME_PHRASES:
        for at in range(len(words) - len(phrase), -1, -1):
            if words[at : at + len(phrase)] == phrase:
                words = (*words[:at], *other, *words[at + len(phrase) :])
    return words


def name_key(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return what names of the same words share, in whatever order.

    >>> name_key(("carcinoma", "of", "the", "lung")) == name_key(("lung", "carcinoma"))
    True
    """
    return tuple(sorted(set(words) - LITTLE)) if len(words) > 1 else words


def inside_chain(name: str) -> frozenset[int]:
    """Return the places of the words at which no name of its own begins: those after the first of a chain of persons.

    Scott is one of those whom Aarskog-Scott syndrome is named after, and it is no Scott syndrome.

    >>> sorted(inside_chain("Aarskog-Scott syndrome")), sorted(inside_chain("X-linked gout"))
    ([1], [])
    """
    inside, at = set(), 0
    for word in name.replace("'s ", " ").replace("’s ", " ").split():
        parts = [part for part in word.split("-") if tokens(part)]
        for before, part in pairwise(["", *parts]):
            if _is_person(before) and _is_person(part):
                inside.add(at)
            at += len(tokens(part))
    return frozenset(inside)


def _is_person(word: str) -> bool:
    return len(word) > 1 and word[0].isupper() and not word.isupper()


def spans(words: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of every run of at most MAX_SPAN words, the longest first, of equally long ones the last."""
    for length in range(min(len(words), MAX_SPAN), 0, -1):
        for start in range(len(words) - length, -1, -1):
            yield start, start + length


def genus_of(definition: str) -> str:
    """Return what the definition calls the entity, without article; empty where it begins otherwise.

    >>> genus_of("A rare skin disease that is characterized by blisters.")
    'skin disease'
    """
    said = definition.strip()[:400]
    start = _ARTICLE.match(said)
    rest = said[start.end() :] if start else said
    end = _SETS_APART.search(rest)
    return " ".join((rest[: end.start()] if end else rest).split()[:10])


@lru_cache(_REMEMBERED)
def is_number(word: str) -> bool:
    """Say whether a folded word is a number, a letter, a Roman numeral, or a number with letters."""
    return _MEMBER.fullmatch(word) is not None or _LETTER.fullmatch(word) is not None


def number_in_series(words: tuple[str, ...]) -> tuple[tuple[str, ...], str, str] | None:
    """Return what a numbered name is a member of, its number in Arabic figures, and what follows it; None for others.

    >>> number_in_series(("mucopolysaccharidosis", "type", "iiia"))
    (('mucopolysaccharidosis',), '3', 'a')
    >>> number_in_series(("skin", "cancer")) is None
    True
    """
    found = _MEMBER.fullmatch(words[-1]) if len(words) > 1 else None
    if not found:
        return None
    number, tail = found.groups()
    base = words[:-2] if len(words) > 2 and words[-2] in _SERIES else words[:-1]
    return base, number if number.isdecimal() else str(_ROMAN[number]), tail


def core(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return `words` without a series' number, a general last word, and modifiers at either end; one word stays.

    >>> core(("autosomal", "recessive", "cutis", "laxa", "type", "2b"))
    ('cutis', 'laxa')
    >>> core(("robinow", "syndrome", "autosomal", "dominant", "2"))
    ('robinow', 'syndrome')
    >>> core(("primary", "immunodeficiency", "disease"))
    ('immunodeficiency',)
    """
    rest = series_stem(words)
    start, end = 0, len(rest) - (len(rest) > 1 and rest[-1] in _GENERAL)
    while start < end - 1 and rest[start] in _MODIFIERS:
        start += 1
    while end > start + 1 and rest[end - 1] in _MODIFIERS:
        end -= 1
    return rest[start:end]


def is_modifier(word: str) -> bool:
    """Say whether a stem stands before names without saying what they are."""
    return word in _MODIFIERS


def series_stem(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return `words` without the trailing words that number a member of a series; all of them where there are none.

    >>> series_stem(("retinitis", "pigmentosa", "type", "12"))
    ('retinitis', 'pigmentosa')
    >>> series_stem(("skin", "cancer"))
    ('skin', 'cancer')
    """
    end = len(words)
    while end > 1 and (is_number(words[end - 1]) or (end < len(words) and words[end - 1] in _SERIES)):
        end -= 1
    return words[:end]
