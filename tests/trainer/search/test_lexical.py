"""Search with what a translation has to begin with and to contain, against the enumeration of all sequences
that do."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import example, given
from hypothesis import strategies as st

from contracts.vocabulary import SPACE
from tests.examples import examples
from tests.trainer.search.bigram import (
    END,
    PIECES,
    START,
    FewPieces,
    S,
    Table,
    V,
    enumerate_all,
    score,
    table,
)
from trainer.search.beam import beam_search
from trainer.search.constraints.no_repeat_ngram import NoRepeatNgram
from trainer.search.interface import Hypotheses
from trainer.search.lexical import LexicalSelection
from trainer.search.phrases import Phrases, fitting
from trainer.search.prefix import Prefixes

P, L, LONGEST = 3, 3, 4
"""Phrases, pieces of a phrase and pieces of a prefix, at most."""
TEXTS = (f"{SPACE}a", "b", "bc", "</s>", f"{SPACE}ab")
"""Of the pieces."""


class Asked(NamedTuple):
    """Of one sentence."""

    limit: int
    phrases: list[list[int]]
    prefix: list[int]
    complete: bool = False

    def fits(self) -> list[list[int]]:
        """The phrases that there is room for, each in turn."""
        room, kept = self.limit - 1 - len(self.prefix) - self.complete, []
        for phrase in self.phrases:
            if len(phrase) <= room:
                kept.append(phrase)
                room -= len(phrase)
        return kept

    def has(self, body: list[int]) -> bool:
        """Whether a sequence without its end is as asked, and never let the room for the phrases run out."""
        wanted = self.fits()
        room = self.limit - 1
        prefix = self.prefix[:room]
        starts = body[: len(prefix)] == prefix
        if self.complete and starts and len(body) > len(prefix):
            starts = TEXTS[body[len(prefix)]].startswith(SPACE)
        return (
            starts
            and len(body) <= room
            and all(contains(body, phrase) for phrase in wanted)
            and all(missing(body[:at], wanted) <= room - at for at in range(len(body) + 1))
        )


def contains(body: list[int], phrase: list[int]) -> bool:
    """Whether the phrase's pieces stand somewhere in it, one after the other."""
    return any(body[at : at + len(phrase)] == phrase for at in range(len(body) - len(phrase) + 1))


def missing(body: list[int], phrases: list[list[int]]) -> int:
    """Pieces that a beginning still needs, phrases counted apart."""
    left = [phrase for phrase in phrases if not contains(body, phrase)]
    begun = [
        size for phrase in left for size in range(len(phrase)) if not size or body[-size:] == phrase[:size]
    ]
    return sum(map(len, left)) - max(begun, default=0)


def prefixes(batch: list[Asked], rests: list[list[str]] | None = None) -> Prefixes:
    """As pieces; nothing of them is healed, unless told so."""
    pieces = np.zeros((len(batch), LONGEST + 1), np.int32)
    texts = np.full(pieces.shape, "", object)
    for row, asked in enumerate(batch):
        pieces[row, : len(asked.prefix)] = asked.prefix
        for place, text in enumerate(rests[row] if rests else []):
            texts[row, place] = text
    lengths = np.int32([len(asked.prefix) for asked in batch])
    complete = np.array([asked.complete and bool(asked.prefix) for asked in batch])
    return Prefixes(*map(tf.constant, (pieces, lengths, texts.tolist(), complete, list(TEXTS))))


def phrases(batch: list[list[list[int]]]) -> Phrases:
    """As tensors of the largest extents."""
    pieces, lengths = np.full((len(batch), P, L), -1, np.int32), np.zeros((len(batch), P), np.int32)
    for row, several in enumerate(batch):
        for number, phrase in enumerate(several):
            pieces[row, number, : len(phrase)] = phrase
            lengths[row, number] = len(phrase)
    return Phrases(tf.constant(pieces), tf.constant(lengths))


@cache
def searcher(beams: int, ngram: int, few: bool) -> Any:
    """A traced search over tables."""

    @tf.function(autograph=False, reduce_retracing=True)
    def run(scores: tf.Tensor, limits: tf.Tensor, prefixes: Prefixes, phrases: Phrases) -> Hypotheses:
        return beam_search(
            (FewPieces if few else Table)(scores, tf.zeros([tf.shape(limits)[0], V, S])),
            tf.tile(tf.range(tf.shape(limits)[0])[:, None], [1, beams]),
            start=START,
            end=END,
            limits=limits,
            source_lengths=tf.fill(tf.shape(limits), S),
            beams=beams,
            length_alpha=0.6,
            constraints=[NoRepeatNgram(ngram, END)] if ngram else [],
            selection=LexicalSelection(prefixes, phrases, beams, END),
        )

    return run


def search(
    scores: np.ndarray,
    batch: list[Asked],
    beams: int = 80,
    ngram: int = 0,
    few: bool = False,
    rests: list[list[str]] | None = None,
) -> list[tuple[float, list[int]] | None]:
    """Score and pieces of the best of each sentence."""
    limits = tf.constant([asked.limit for asked in batch])
    wanted = phrases([asked.fits() for asked in batch])
    hypotheses = searcher(beams, ngram, few)(tf.constant(scores), limits, prefixes(batch, rests), wanted)
    return [
        (float(value[0]), pieces[0, : size[0]].tolist()) if size[0] else None
        for value, pieces, size in zip(
            hypotheses.scores.numpy(), hypotheses.sequences.numpy(), hypotheses.lengths.numpy(), strict=True
        )
    ]


def total(sequence: list[int], scores: np.ndarray) -> float:
    return score(sequence, scores, np.zeros((V, S)), 0, 0.6, 0.0)


PIECE = st.sampled_from(PIECES)
PHRASES = st.lists(st.lists(PIECE, min_size=1, max_size=L), max_size=P)


@examples(60)
# Phrases that share a piece; one that is in the other; the same twice.
@example(seed=1, batch=[(5, [[1, 2], [2, 4]], []), (4, [[1], [1, 2]], []), (5, [[4], [4]], [0])])
@given(
    seed=st.integers(0, 10_000),
    batch=st.lists(
        st.tuples(st.integers(1, 5), PHRASES, st.lists(PIECE, max_size=LONGEST)), min_size=1, max_size=3
    ),
)
def test_wide_beams_find_the_best_of_all_sequences_with_what_was_asked_for(
    seed: int, batch: list[tuple[int, list[list[int]], list[int]]]
) -> None:
    scores, asked = table(seed, len(batch)), [Asked(*sentence) for sentence in batch]
    for row, best in enumerate(search(scores, asked, beams=340)):
        every = [sequence for sequence in enumerate_all(asked[row].limit) if asked[row].has(sequence[:-1])]
        assert best is not None
        value, pieces = best
        assert pieces in every
        assert value == pytest.approx(max(total(sequence, scores[row]) for sequence in every), abs=1e-4)
        assert value == pytest.approx(total(pieces, scores[row]), abs=1e-4)


def test_phrases_of_different_pieces_are_all_that_a_sequence_needs_to_contain() -> None:
    # Without a word about room: it can only run out on the way where phrases share pieces.
    scores, asked = table(7, 1), Asked(6, [[1, 2], [4]], [])
    every = [
        sequence for sequence in enumerate_all(6) if contains(sequence, [1, 2]) and contains(sequence, [4])
    ]
    ((value, _),) = (hypothesis for hypothesis in search(scores, [asked], beams=1000) if hypothesis)
    assert value == pytest.approx(max(total(sequence, scores[0]) for sequence in every), abs=1e-4)


@pytest.mark.parametrize(("beams", "few"), [(1, False), (4, False), (4, True)])
@examples(15)
@given(
    seed=st.integers(0, 10_000),
    batch=st.lists(
        st.tuples(st.integers(1, 12), PHRASES, st.lists(PIECE, max_size=LONGEST), st.booleans()),
        min_size=1,
        max_size=4,
    ),
)
def test_narrow_beams_meet_all_that_there_is_room_for(
    beams: int, few: bool, seed: int, batch: list[tuple[int, list[list[int]], list[int], bool]]
) -> None:
    # Also where the configured rule forbids a piece of it.
    asked = [
        Asked(
            limit,
            [_without_last(phrase, few) for phrase in wanted],
            _without_last(prefix, few),
            ends and bool(prefix),
        )
        for limit, wanted, prefix, ends in batch
    ]
    for row, best in enumerate(search(table(seed, len(asked)), asked, beams, ngram=2, few=few)):
        assert best is not None
        assert best[1][-1] == END
        assert asked[row].has(best[1][:-1])


def _without_last(pieces: list[int], few: bool) -> list[int]:
    """Without the piece that is none of the candidates where these are few."""
    return [0 if few and piece == 4 else piece for piece in pieces]


def test_without_a_wish_it_is_beam_search() -> None:
    scores = table(4, 3)
    plain = beam_search(
        Table(tf.constant(scores), tf.zeros([3, V, S])),
        tf.tile(tf.range(3)[:, None], [1, 4]),
        start=START,
        end=END,
        limits=tf.constant([9, 5, 7]),
        source_lengths=tf.fill([3], S),
        beams=4,
        length_alpha=0.6,
    )
    hypotheses = search(scores, [Asked(9, [], []), Asked(5, [], []), Asked(7, [], [])], beams=4)
    assert [hypothesis[0] for hypothesis in hypotheses if hypothesis] == pytest.approx(
        plain.scores[:, 0].numpy().tolist(), abs=1e-5
    )


def test_banks_keep_hypotheses_that_are_on_their_way() -> None:
    # A phrase that costs much: of three hypotheses that compete with all others none would have it before the
    # room runs out, as no piece is likelier than 0.
    logits = np.full((1, V, V), -8.0, np.float32)
    logits[:, :, 0], logits[:, :, END], logits[:, 0, 4] = 0.0, -1.0, -6.0
    scores = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    (best,) = search(scores, [Asked(12, [[4, 1]], [])], beams=3)
    assert best is not None
    assert contains(best[1], [4, 1])
    assert best[1].index(4) < 8


@pytest.mark.parametrize(
    ("rests", "first", "ended"),
    [
        # The pieces of `▁a` `b` themselves, or `▁ab` in their place.
        ([f"{SPACE}ab", "b"], [[0, 1], [0, 2], [4]], False),
        # A word that is complete is its pieces.
        (["", ""], [[0, 1]], True),
    ],
)
def test_a_word_that_was_broken_off_may_go_on_in_other_pieces(
    rests: list[str], first: list[list[int]], ended: bool
) -> None:
    for seed in range(6):
        asked = Asked(4, [], [0, 1], ended)
        scores = table(seed, 1)
        (best,) = search(scores, [asked], beams=80, rests=[rests])
        allowed = [
            sequence
            for sequence in enumerate_all(4)
            if any(sequence[: len(start)] == start for start in first)
            and (not ended or sequence[2] == END or TEXTS[sequence[2]].startswith(SPACE))
        ]
        assert best is not None
        assert best[1] in allowed
        assert best[0] == pytest.approx(max(total(sequence, scores[0]) for sequence in allowed), abs=1e-4)


def test_each_phrase_in_turn_is_taken_that_still_fits() -> None:
    lengths = tf.constant([[2, 3, 1], [4, 0, 1], [1, 1, 1]])
    assert fitting(lengths, tf.constant([4, 3, -1])).numpy().tolist() == [
        [True, False, True],
        [False, True, True],
        [False, False, False],
    ]
