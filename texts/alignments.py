"""Which word of a source stands for which word of its translation, and how far a guess is from what is known.

A link is a pair of places, source word and target word, from 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set

from contracts.vocabulary import SPACE

Link = tuple[int, int]


def alignment_error_rate(sure: Set[Link], possible: Set[Link], links: Set[Link]) -> float:
    """AER (Och and Ney 2003, https://aclanthology.org/J03-1002, section 5): from 0, all sure links and no
    impossible one, to 1.

    `1 - (|A ∩ S| + |A ∩ P|) / (|A| + |S|)`, of the links A that were found, the sure S and the possible P, of
    which sure ones always are; 0 where there is neither A nor S.

    To score a corpus, number its words through, so that the sums are over all sentences.
    """
    if not links and not sure:
        return 0.0
    agreed = len(links & sure) + len(links & (possible | sure))
    return 1.0 - agreed / (len(links) + len(sure))


def word_places(pieces: Iterable[str]) -> list[int | None]:
    """The word, from 0, that each piece is a part of; None for the end and padding."""
    word, places = -1, list[int | None]()
    for piece in pieces:
        ends = piece in ("", "</s>")
        word += not ends and (piece.startswith(SPACE) or word < 0)
        places.append(None if ends else word)
    return places


def words_of_links(
    source_pieces: Sequence[str], target_pieces: Sequence[str], links: Sequence[int | None]
) -> set[Link]:
    """The words that are linked by a piece: target piece t with source piece `links[t]`, or with none."""
    source_words, target_words = word_places(source_pieces), word_places(target_pieces)
    words = set[Link]()
    for word, link in zip(target_words, links, strict=False):
        source = None if link is None else source_words[link]
        if source is not None and word is not None:
            words.add((source, word))
    return words


def link_words(
    source_pieces: Sequence[str], target_pieces: Sequence[str], attention: Sequence[Sequence[float]]
) -> set[Link]:
    """Each target word with the source word that its pieces looked at most, from `attention[t][s]`; a word
    that looked most at the end of the source is linked with none.
    """
    source_words, target_words = word_places(source_pieces), word_places(target_pieces)
    looked: dict[int, dict[int | None, float]] = {}
    for word, weights in zip(target_words, attention, strict=False):
        if word is not None:
            sums = looked.setdefault(word, {})
            for place, weight in zip(source_words, weights, strict=False):
                sums[place] = sums.get(place, 0.0) + weight
    best = {word: max(sums, key=lambda place: sums[place]) for word, sums in looked.items()}
    return {(place, word) for word, place in best.items() if place is not None}
