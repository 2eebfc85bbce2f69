"""Draws against probabilities worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from tests.trainer.search.bigram import END, FewPieces, table, walker
from trainer.search.sampling import Sampling, sample

# Of the five pieces, in their order; the fourth is the end.
PROBABILITIES = [0.4, 0.3, 0.15, 0.05, 0.1]


@pytest.mark.parametrize(
    ("sampling", "wanted"),
    [
        (Sampling(), PROBABILITIES),
        # The squares are 0.16, 0.09, 0.0225, 0.0025 and 0.01: together 0.285.
        (Sampling(temperature=0.5), [0.5614, 0.3158, 0.0789, 0.0088, 0.0351]),
        (Sampling(top_k=2), [4 / 7, 3 / 7, 0, 0, 0]),
        # 0.4 + 0.3 reaches 0.5; 0.4 alone does not.
        (Sampling(top_p=0.5), [4 / 7, 3 / 7, 0, 0, 0]),
        # Of the three likeliest the first has 0.4 / 0.85 = 0.47, the first two 0.82.
        (Sampling(top_k=3, top_p=0.75), [4 / 7, 3 / 7, 0, 0, 0]),
        # Cooled, the first two have 0.877; 0.16 / 0.25 and 0.09 / 0.25.
        (Sampling(temperature=0.5, top_p=0.8), [0.64, 0.36, 0, 0, 0]),
    ],
)
def test_draws_have_the_probabilities_worked_out_by_hand(sampling: Sampling, wanted: list[float]) -> None:
    draws = 4000
    scores = np.tile(np.log(np.float32(PROBABILITIES)), (draws, 5, 1))

    @tf.function(autograph=False)
    def first_pieces() -> tf.Tensor:
        found = walker(sample, sampling, tf.constant(1), scores=scores, limits=[2] * draws)
        return found.sequences[:, 0, 0]

    shares = np.bincount(first_pieces().numpy(), minlength=5) / draws
    for share, probability in zip(shares, wanted, strict=True):
        # Five standard deviations of a binomial share; what may not be drawn has none.
        margin = 5 * np.sqrt(probability * (1 - probability) / draws)
        assert share == pytest.approx(probability, abs=margin + 1e-9)


def test_of_few_candidates_a_piece_is_drawn_and_scored() -> None:
    draws = 2000
    # 0 and 2 are none: 0.3, 0.05 and 0.1 are left of 1, the end and 4.
    scores = np.float32([-np.inf, np.log(0.3 / 0.45), -np.inf, np.log(0.05 / 0.45), np.log(0.1 / 0.45)])
    tables = np.tile(scores, (draws, 5, 1))
    found = walker(sample, Sampling(), tf.constant(1), scores=tables, limits=[3] * draws, decoder=FewPieces)
    first = found.sequences[:, 0, 0].numpy()
    for piece, probability in ((1, 0.3 / 0.45), (END, 0.05 / 0.45), (4, 0.1 / 0.45)):
        margin = 5 * np.sqrt(probability * (1 - probability) / draws)
        assert np.mean(first == piece) == pytest.approx(probability, abs=margin)
    for pieces, size, score in zip(
        found.sequences[:50, 0].numpy(),
        found.lengths[:50, 0].numpy(),
        found.scores[:50, 0].numpy(),
        strict=True,
    ):
        assert score == pytest.approx(scores[pieces[:size]].sum(), abs=1e-4)


def test_a_draw_depends_on_the_seed_and_the_row_alone() -> None:
    scores = table(3, 6)
    first, again, other = (
        walker(sample, Sampling(temperature=1.2), tf.constant(seed), scores=scores, limits=[9] * 6)
        for seed in (1, 1, 2)
    )
    fewer = walker(sample, Sampling(temperature=1.2), tf.constant(1), scores=scores[:2], limits=[9] * 2)
    assert (first.sequences.numpy() == again.sequences.numpy()).all()
    assert (first.sequences.numpy() != other.sequences.numpy()).any()
    assert (first.sequences[:2].numpy() == fewer.sequences.numpy()).all()


def test_filters_by_hand() -> None:
    logits = tf.math.log([[0.5, 0.25, 0.15, 0.1]])

    def left(sampling: Sampling) -> list[int]:
        return np.flatnonzero(np.isfinite(sampling.filter(logits).numpy()[0])).tolist()

    assert left(Sampling(top_k=2)) == [0, 1]
    assert left(Sampling(top_k=9)) == [0, 1, 2, 3]
    assert left(Sampling(top_p=0.4)) == [0]
    assert left(Sampling(top_p=0.6)) == [0, 1]
    assert left(Sampling(top_p=0.8)) == [0, 1, 2]
    assert left(Sampling(top_p=1.0)) == [0, 1, 2, 3]
    assert Sampling(temperature=0.5).filter(logits).numpy()[0] == pytest.approx(2 * logits.numpy()[0])
    with pytest.raises(ValueError, match="temperature"):
        Sampling(temperature=0.0)
