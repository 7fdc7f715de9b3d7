"""The word of the learned tagger on discovered terms whose definition leaves open what kind of thing they are.

All texts would take it minutes, so it reads the few sentences that a candidate rests on. Where it marks the candidate,
and no word more or less, at nearly all of its places, the candidate is of the facet; one place is enough for what head
nouns mark as a disease nearly everywhere (`met.tree.extract`). That it marks one nowhere says nothing: of 46 terms that
a definition settles and that it never marked most were right all the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from met.tree.discover import Candidate
from met.tree.extract import Extractor
from met.tree.extract.tokens import TOKEN
from met.tree.tagger import FACET_OF, load_tagger, marked_in
from met.tree.tagger.words import dictionary_of
from met.tree.texts.sentences import sentence_around
from met.types import Document, Span

# Of the places that were read, those at which the tagger must mark the candidate exactly.
LEAST_SHARE: Final = 0.8
LEAST_READ: Final = 2
_LONGEST: Final = 1000

_Sentence = tuple[str, Span]


def settled_by_tagger(
    candidates: Sequence[Candidate], documents: Mapping[str, Document], extractor: Extractor
) -> tuple[Candidate, ...]:
    """Return the candidates in their order, those settled that are open and that the tagger marks as of their facet.

    `documents` are those of their places, by key; the dictionary of the tagger is that of the extractor.
    """
    by_key = {candidate.key: candidate for candidate in candidates}
    for name, facet in FACET_OF.items():
        asked = [each for each in candidates if each.is_open and not each.settled and each.facet == facet]
        if asked:
            tagger = load_tagger(name, find=dictionary_of(extractor.lexicon, extractor.facets))
            places = {each.key: _places(each, documents) for each in asked}
            order = sorted({sentence for found in places.values() for sentence, _ in found})
            tokens = [[match.span() for match in TOKEN.finditer(documents[key].text, *span)] for key, span in order]
            words = [
                [documents[key].text[start:end] for start, end in spans]
                for (key, _), spans in zip(order, tokens, strict=True)
            ]
            marks = {
                sentence: {(spans[first][0], spans[last - 1][1]) for first, last in marked_in(tags)}
                for sentence, spans, tags in zip(order, tokens, tagger.tag_each(words), strict=True)
            }
            for each in asked:
                by_key[each.key] = _voted(each, [span in marks[sentence] for sentence, span in places[each.key]])
    return tuple(by_key[candidate.key] for candidate in candidates)


def _places(candidate: Candidate, documents: Mapping[str, Document]) -> list[tuple[_Sentence, Span]]:
    found = []
    for place in candidate.places:
        around = sentence_around(documents[place.document].text, place.span)
        if around[1] - around[0] <= _LONGEST:
            found.append(((place.document, around), place.span))
    return found


def _voted(candidate: Candidate, votes: Sequence[bool]) -> Candidate:
    exact, read = sum(votes), len(votes)
    # Head nouns and the tagger know different things: where the one is sure, a single word of the other will do.
    by_heads = candidate.facet == "disease" and exact > 0 and candidate.marked >= LEAST_SHARE * candidate.support
    settled = read >= LEAST_READ and (by_heads or exact >= LEAST_SHARE * read)
    return replace(candidate, settled=settled, tagged=(exact, read))
