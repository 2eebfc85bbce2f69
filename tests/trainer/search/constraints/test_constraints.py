"""Each rule by hand, and all of them together against the enumeration of every sequence that keeps them."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from tests.examples import examples
from tests.trainer.search.bigram import (
    END,
    PIECES,
    START,
    S,
    Table,
    V,
    attention,
    enumerate_all,
    score,
    table,
)
from trainer.search.beam import beam_search
from trainer.search.candidates import Candidates
from trainer.search.constraints.forced_prefix import ForcedPrefix
from trainer.search.constraints.minimum_length import MinimumLength
from trainer.search.constraints.no_repeat_ngram import NoRepeatNgram
from trainer.search.greedy import greedy_search
from trainer.search.interface import Constraint, Hypotheses
from trainer.search.sampling import Sampling, sample

LONGEST = 5
"""Pieces of the longest prefix."""


def every(beams: int, chosen: list[int] | None = None) -> Candidates:
    """All pieces of one sentence, or chosen ones, each as likely as the others."""
    if chosen is None:
        return Candidates(tf.zeros([1, beams, V]), tf.zeros([1, beams]))
    ids = tf.tile(tf.constant(chosen, tf.int32, [1, 1, len(chosen)]), [1, beams, 1])
    return Candidates(tf.zeros(ids.shape), tf.zeros([1, beams]), ids)


def forbidden(candidates: Candidates) -> list[list[int]]:
    """The pieces with minus infinity, for each hypothesis of the first sentence."""
    pieces = np.broadcast_to(candidates.pieces.numpy(), candidates.logits.shape)[0]
    return [
        ids[np.isneginf(row)].tolist() for ids, row in zip(pieces, candidates.logits[0].numpy(), strict=True)
    ]


def test_minimum_length_forbids_the_end_and_nothing_else() -> None:
    rule, rows = MinimumLength(2, END), tf.constant([0])
    sequences = tf.zeros([1, 1, 4], tf.int32)
    assert [forbidden(rule.apply(every(1), sequences, tf.constant(time), rows)) for time in range(4)] == [
        [[END]],
        [[END]],
        [[]],
        [[]],
    ]


def test_forced_prefix_leaves_one_piece_and_goes_by_the_row() -> None:
    rule = ForcedPrefix(tf.constant([[1, 0], [4, 2]]), tf.constant([0, 2]))
    sequences = tf.zeros([1, 2, 4], tf.int32)
    for time, row, wanted in ((0, 0, []), (0, 1, [0, 1, 2, 3]), (1, 1, [0, 1, 3, 4]), (2, 1, []), (3, 1, [])):
        given_ = rule.apply(every(2), sequences, tf.constant(time), tf.constant([row]))
        assert forbidden(given_) == [wanted, wanted]


@pytest.mark.parametrize(
    ("size", "history", "wanted"),
    [
        (1, [1, 4], [1, 4]),
        (2, [1, 4, 1], [4]),
        (2, [1, 4, 4], [4]),
        (2, [1], []),
        (2, [], []),
        (3, [1, 4, 0, 1, 4], [0]),
        (3, [1, 4, 0, 4, 4], []),
    ],
)
def test_no_repeat_ngram_by_hand(size: int, history: list[int], wanted: list[int]) -> None:
    sequences = tf.constant([[history + [0] * (7 - len(history))]], tf.int32)
    rule = NoRepeatNgram(size, END)
    given_ = rule.apply(every(1), sequences, tf.constant(len(history)), tf.constant([0]))
    assert forbidden(given_) == [wanted]


def test_constraints_hold_in_a_batch_whose_sentences_end_at_different_times() -> None:
    sentences = 12
    scores, looks = table(5, sentences, 3.0), attention(5, sentences)
    prefixes = np.random.default_rng(1).choice(PIECES, (sentences, 3)).astype(np.int32)
    sizes = np.arange(sentences, dtype=np.int32) % 4
    hypotheses = beam_search(
        Table(tf.constant(scores), tf.constant(looks)),
        tf.tile(tf.range(sentences)[:, None], [1, 3]),
        start=START,
        end=END,
        limits=tf.constant([8 + row % 5 for row in range(sentences)]),
        source_lengths=tf.fill([sentences], S),
        beams=3,
        kept=3,
        length_alpha=0.6,
        constraints=[ForcedPrefix(prefixes, sizes), MinimumLength(4, END)],
    )
    for row in range(sentences):
        for sequence, size in zip(
            hypotheses.sequences[row].numpy(), hypotheses.lengths[row].numpy(), strict=True
        ):
            assert sequence[: sizes[row]].tolist() == prefixes[row, : sizes[row]].tolist()
            assert size >= 5
            assert sequence[size - 1] == END


class Rules(NamedTuple):
    """What holds for a sentence."""

    limit: int
    minimum: int
    prefix: list[int]
    ngram: int
    """0: any may come again."""

    def allow(self, sequence: list[int]) -> bool:
        """Whether a sequence that ends keeps them; the limit cuts the prefix and caps the minimum."""
        body, room = sequence[:-1], self.limit - 1
        forced = self.prefix[:room]
        grams = [tuple(body[at : at + self.ngram]) for at in range(len(body) - self.ngram + 1)]
        return (
            min(self.minimum, room) <= len(body) <= room
            and body[: len(forced)] == forced
            and (not self.ngram or len(grams) == len(set(grams)))
        )


@st.composite
def batches(draw: st.DrawFn) -> list[Rules]:
    """One to four sentences; a batch has one minimum and one size of n-grams."""
    minimum, ngram = draw(st.integers(0, 6)), draw(st.integers(0, 3))
    prefixes = st.lists(st.sampled_from(PIECES), max_size=LONGEST)
    sentences = draw(st.lists(st.tuples(st.integers(1, 4), prefixes), min_size=1, max_size=4))
    return [Rules(limit, minimum, prefix, ngram) for limit, prefix in sentences]


@cache
def searcher(method: str, ngram: int) -> Any:
    """A traced search over tables with all of the rules."""
    numbers = tf.TensorSpec([None], tf.int32)

    @tf.function(
        input_signature=[
            tf.TensorSpec([None, V, V]),
            numbers,
            tf.TensorSpec([], tf.int32),
            tf.TensorSpec([None, LONGEST], tf.int32),
            numbers,
        ]
    )
    def run(
        scores: tf.Tensor, limits: tf.Tensor, minimum: tf.Tensor, prefixes: tf.Tensor, sizes: tf.Tensor
    ) -> Hypotheses:
        constraints: list[Constraint] = [ForcedPrefix(prefixes, sizes), MinimumLength(minimum, END)]
        constraints += [NoRepeatNgram(ngram, END)] if ngram else []
        decoder = Table(scores, tf.zeros([tf.shape(limits)[0], V, S]))
        beams = 64 if method == "beam" else 1
        state = tf.tile(tf.range(tf.shape(limits)[0])[:, None], [1, beams])
        common: dict[str, Any] = {
            "start": START,
            "end": END,
            "limits": limits,
            "source_lengths": tf.fill(tf.shape(limits), S),
            "length_alpha": 0.6,
            "constraints": constraints,
        }
        if method == "beam":
            return beam_search(decoder, state, beams=beams, kept=3, **common)
        if method == "sample":
            rows = tf.range(tf.shape(limits)[0])
            seeds = tf.cast(tf.stack([tf.fill(tf.shape(rows), minimum), rows], axis=1), tf.int64)
            same = tf.zeros_like(rows, tf.float32)
            sampling = Sampling(same + 1.5, tf.zeros_like(rows), same + 1.0, seeds)
            return sample(decoder, state, sampling, longest=8, **common)
        return greedy_search(decoder, state, **common)

    return run


def hypotheses_by(method: str, scores: np.ndarray, batch: list[Rules]) -> list[list[tuple[float, list[int]]]]:
    """Score and pieces of each hypothesis of each sentence."""
    prefixes = np.zeros((len(batch), LONGEST), np.int32)
    for row, rules in enumerate(batch):
        prefixes[row, : len(rules.prefix)] = rules.prefix
    hypotheses = searcher(method, batch[0].ngram)(
        scores,
        np.int32([rules.limit for rules in batch]),
        np.int32(batch[0].minimum),
        prefixes,
        np.int32([len(rules.prefix) for rules in batch]),
    )
    values = zip(
        hypotheses.scores.numpy(), hypotheses.sequences.numpy(), hypotheses.lengths.numpy(), strict=True
    )
    return [
        [(float(value), pieces[:size].tolist()) for value, pieces, size in zip(*row, strict=True) if size]
        for row in values
    ]


def best_of_all(scores: np.ndarray, rules: Rules) -> list[tuple[float, list[int]]]:
    """Every sequence that keeps the rules, best first."""
    looks = np.zeros((V, S), np.float32)
    allowed = [sequence for sequence in enumerate_all(rules.limit) if rules.allow(sequence)]
    return sorted(
        ((score(sequence, scores, looks, 0, 0.6, 0.0), sequence) for sequence in allowed), reverse=True
    )


@examples(60)
@given(seed=st.integers(0, 10_000), batch=batches())
def test_wide_beams_find_the_best_of_all_sequences_that_keep_the_rules(seed: int, batch: list[Rules]) -> None:
    scores = table(seed, len(batch))
    for row, hypotheses in enumerate(hypotheses_by("beam", scores, batch)):
        every = best_of_all(scores[row], batch[row])
        wanted, values = every[:3], {tuple(pieces): value for value, pieces in every}
        # Of sequences within rounding of each other either may come first.
        assert len({tuple(pieces) for _, pieces in hypotheses}) == len(wanted)
        assert [values[tuple(pieces)] for _, pieces in hypotheses] == pytest.approx(
            [value for value, _ in wanted], abs=1e-4
        )
        assert [value for value, _ in hypotheses] == pytest.approx([value for value, _ in wanted], abs=1e-4)


@pytest.mark.parametrize("method", ["greedy", "sample"])
@examples(40)
@given(seed=st.integers(0, 10_000), batch=batches())
def test_walks_keep_the_rules_and_score_what_they_found(method: str, seed: int, batch: list[Rules]) -> None:
    scores = table(seed, len(batch))
    for row, hypotheses in enumerate(hypotheses_by(method, scores, batch)):
        allowed = best_of_all(scores[row], batch[row])
        # Nothing is allowed where the prefix repeats an n-gram.
        assert len(hypotheses) == min(1, len(allowed))
        for value, pieces in hypotheses:
            assert value == pytest.approx(
                {tuple(sequence): total for total, sequence in allowed}[tuple(pieces)], abs=1e-4
            )


def test_rules_that_mean_nothing_are_refused() -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match="forced prefix is shorter than its length"):
        ForcedPrefix(tf.constant([[1, 0]]), tf.constant([3]))
    with pytest.raises(ValueError, match="leave the constraint out"):
        NoRepeatNgram(0, END)
