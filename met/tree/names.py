"""How names are compared: one folding for ontologies, lexicon and evidence, so that equal means the same everywhere."""

import re
from typing import Final

# Letters whose lower case has another length, so that folding keeps every offset.
_SAFE: Final = str.maketrans({"\u0130": "I"})
_TOKEN: Final = re.compile(r"[^\W_]+")
GREEK: Final = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "zeta": "ζ", "eta": "η", "theta": "θ",
    "kappa": "κ",    "lambda": "λ", "mu": "μ", "sigma": "σ", "tau": "τ", "omega": "ω",
}  # fmt: skip


def fold(text: str) -> str:
    """Return `text` in lower case, character by character: every offset of the result is one of `text`.

    >>> fold("Crohn's DISEASE")
    "crohn's disease"
    """
    return text.translate(_SAFE).lower()


def tokens(text: str) -> tuple[str, ...]:
    """Return the runs of letters and digits of the folded `text`.

    >>> tokens("T1-weighted MRI")
    ('t1', 'weighted', 'mri')
    """
    return tuple(_TOKEN.findall(fold(text)))


def normal_form(name: str) -> str:
    """Return what two spellings of one name share: case, punctuation, hyphens and spaces do not count.

    >>> normal_form("Non-Hodgkin  lymphoma") == normal_form("non hodgkin lymphoma")
    True
    """
    return " ".join(tokens(name))


def distinct_names(names: tuple[str, ...], *, besides: str) -> tuple[str, ...]:
    """Return `names` in their order without blanks and without what already has the same normal form, `besides`
    included.

    Abbreviations differ from words of the same letters ("AIDS", "aids"), so case counts where a name is all capitals.
    """
    seen = {_identity(besides)}
    kept = []
    for name in (" ".join(name.split()) for name in names):
        identity = _identity(name)
        if identity[0] and identity not in seen:
            seen.add(identity)
            kept.append(name)
    return tuple(kept)


def _identity(name: str) -> tuple[str, bool]:
    return normal_form(name), is_abbreviation(name)


def is_abbreviation(name: str) -> bool:
    """Say whether `name` is short enough and written so that only its own case means it.

    >>> [is_abbreviation(name) for name in ("CT", "MRI", "ARDS", "PaO2", "lung", "Gram", "COPD1")]
    [True, True, True, True, False, False, False]
    """
    return len(name) <= 4 and sum(letter.isupper() for letter in name) >= 2
