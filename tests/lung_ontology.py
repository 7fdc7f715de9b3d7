"""A small ontology for tests: lung disorders, in OBO."""

from collections.abc import Sequence


def lung_obo(*leaves: str, synonyms: Sequence[str] = ()) -> str:
    """Return OBO of a release of MONDO: MONDO:1 disease, MONDO:2 lung disorder below it, and `leaves` below that from
    MONDO:3 on; `synonyms` are exact ones of the last leaf.
    """
    head = "format-version: 1.2\nontology: mondo\n\n[Term]\nid: MONDO:1\nname: disease\n"
    terms = [("lung disorder", 1), *((leaf, 2) for leaf in leaves)]
    stanzas = [
        f"\n[Term]\nid: MONDO:{number}\nname: {name}\nis_a: MONDO:{parent}\n"
        for number, (name, parent) in enumerate(terms, 2)
    ]
    return "".join((head, *stanzas, *(f'synonym: "{name}" EXACT []\n' for name in synonyms)))
