"""Options that take several values after one name: `--ontology A B` reads like `--ontology A --ontology B`."""

from collections.abc import Sequence

MANY = frozenset({"--texts", "--ontology", "--gold", "--reference"})
FLAGS = frozenset({"--estimate", "--help", "--json", "--no-tagger", "--version"})
# The command and its first argument (`build SOURCE`), or group and command (`tree build`): until both are named, a word
# that follows a value is one of them.
LEADING_WORDS = 2


def spread(arguments: Sequence[str]) -> list[str]:
    """Return the arguments with the name of such an option repeated before each of its values.

    >>> spread(["build", "articles", "--ontology", "a.json", "b.obo", "--json"])
    ['build', 'articles', '--ontology', 'a.json', '--ontology', 'b.obo', '--json']
    >>> spread(["build", "--ontology", "a.json", "articles"])
    ['build', '--ontology', 'a.json', 'articles']
    """
    spreaded: list[str] = []
    words, many = 0, None
    rest = list(arguments)
    while rest:
        word = rest.pop(0)
        if word == "--":
            return [*spreaded, word, *rest]
        if word.startswith("-"):
            name, _, value = word.partition("=")
            many = name if name in MANY else None
            spreaded.append(word)
            if name not in FLAGS and not value and rest:
                spreaded.append(rest.pop(0))
        elif many and words >= LEADING_WORDS:
            spreaded += [many, word]
        else:
            words, many = words + 1, None
            spreaded.append(word)
    return spreaded
