"""What a piece costs is counted as by hand, with the weights that a translator has; a rate is a share."""

from __future__ import annotations

import pytest

from benchmarks.rates import Rates
from benchmarks.roofline import (
    Batches,
    Work,
    row_weights,
    searched_piece,
    share,
    source_weights,
    trained_piece,
)
from trainer.models.transformer import TransformerConfig

MODEL = TransformerConfig(encoder_layers=1, decoder_layers=2, width=8, feed_forward=16, heads=2)


def test_the_weights_by_hand() -> None:
    assert row_weights(MODEL, vocabulary=10) == 2 * (6 * 64 + 2 * 128) + 8 * 10 == 1360
    assert source_weights(MODEL) == 4 * 64 + 2 * 128 + 2 * 2 * 64 == 768


def test_they_are_all_the_matrices_that_a_translator_has() -> None:
    from trainer.models.build import build_translator

    translator = build_translator(MODEL, 10, 10, shared=True)
    matrices = [
        variable
        for variable in translator.trainable_variables
        if "bias" not in variable.path and len(variable.shape) > 1
    ]
    assert sum(matrix.shape.num_elements() for matrix in matrices) == 1360 + 768


def test_a_searched_piece_by_hand() -> None:
    batches = Batches(beams=3, sentences=2, target_pieces=4, source_per_target=0.5)
    work = searched_piece(MODEL, 10, batches)
    assert work.megaflops == pytest.approx(2 * (3 * 1360 + 0.5 * 768) / 1e6)
    assert work.megabytes == pytest.approx(4 * (1360 / 2 + 768 / (2 * 4)) / 1e6)


def test_a_trained_piece_by_hand() -> None:
    work = trained_piece(MODEL, 10, source_share=0.25, batch_pieces=100)
    assert work.megaflops == pytest.approx(6 * (0.25 * 768 + 0.75 * 1360) / 1e6)
    assert work.megabytes == pytest.approx(10 * 4 * (1360 + 768) / 100 / 1e6)


def test_a_rate_is_a_share_of_what_the_machine_allows() -> None:
    rates = Rates(float32=1.0, bfloat16=2.0, memory=1.0, blas=1.0)
    by_memory = share(100, Work(megaflops=1, megabytes=4), rates)
    assert by_memory.roof == pytest.approx(250)
    assert (by_memory.arithmetic, by_memory.memory) == pytest.approx((0.1, 0.4))
    assert by_memory.text == "40% of memory"
    by_arithmetic = share(100, Work(megaflops=4, megabytes=1), rates)
    assert by_arithmetic.text == "40% of arithmetic"
    assert share(100, Work(megaflops=4, megabytes=1), rates, "bfloat16").roof == pytest.approx(500)
