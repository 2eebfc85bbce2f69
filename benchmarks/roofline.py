"""What the machine allows, by counting (the roofline of Williams, Waterman and Patterson 2009,
https://doi.org/10.1145/1498765.1498785): a piece costs A floating-point operations and B bytes of weights, so
with F operations and M bytes a second on all cores no more pieces come than

    roof = 1 / max(A / F, B / M)

Counted for a Transformer are its products with weights, and these weights in float32; the weights of a

    row of the decoder (one hypothesis, one step)    R = L_d (6 D² + 2 D F_ff) + D V
                                                     (self-attention 4 D², cross-attention's queries and
                                                     output 2 D², feed-forward 2 D F_ff; output projection)
    source piece                                     E = L_e (4 D² + 2 D F_ff) + L_d 2 D²
                                                     (the encoder; keys and values of the memory)

**Search** with K beams, N sentences a batch, T target pieces and s source pieces for each target piece: a
step multiplies N K rows with the decoder's weights, which it reads once, and makes N pieces; the encoder's
are read once a batch. A target piece costs

    A = 2 (K R + s E)        B = 4 (R / N + E / (N T))

**Training**: backwards costs twice of forwards, so a source piece costs 6 E and a target piece 6 R, and with
a share q of source pieces A = 6 (q E + (1 - q) R). The weights pass ten times a step: read forwards and
backwards, the gradient written and read, Adam's two moments and the weight itself read and written; with n
pieces a batch B = 40 (E + R) / n.

Not counted: attention between pieces, norms, softmax, top-k, embeddings looked up, the caches of keys and
values, steps after a sentence's best hypothesis is complete, and padding. So nobody reaches 100 % by
arithmetic; more than 100 % of memory may mean that weights stay in the processor's caches, or only that
reading is faster than the copy that M is measured with, whose writes may read the line first, uncounted.
"""

from __future__ import annotations

from typing import NamedTuple

from benchmarks.rates import Rates
from trainer.models.transformer import TransformerConfig

_FLOAT = 4
"""Bytes."""
_PASSES = 10
"""Of the weights through memory in a step of training."""


class Work(NamedTuple):
    """What a piece costs."""

    megaflops: float
    """A, in millions."""
    megabytes: float
    """B, in millions."""


def row_weights(model: TransformerConfig, vocabulary: int) -> int:
    """R: of the decoder, that each row is multiplied with."""
    width, inner = model.width, model.feed_forward
    return model.decoder_layers * (6 * width * width + 2 * width * inner) + width * vocabulary


def source_weights(model: TransformerConfig) -> int:
    """E: those that each source piece is multiplied with."""
    width, inner = model.width, model.feed_forward
    encoder = model.encoder_layers * (4 * width * width + 2 * width * inner)
    return encoder + model.decoder_layers * 2 * width * width


class Batches(NamedTuple):
    """How a search is asked."""

    beams: int
    """K."""
    sentences: int
    """N, of a batch."""
    target_pieces: float
    """T, of a sentence."""
    source_per_target: float
    """s."""


def searched_piece(model: TransformerConfig, vocabulary: int, batches: Batches) -> Work:
    """Of one target piece; `vocabulary`: pieces of the target side."""
    row, source = row_weights(model, vocabulary), source_weights(model)
    arithmetic = 2 * (batches.beams * row + batches.source_per_target * source)
    read = row / batches.sentences + source / (batches.sentences * batches.target_pieces)
    return Work(arithmetic / 1e6, _FLOAT * read / 1e6)


def trained_piece(
    model: TransformerConfig, vocabulary: int, source_share: float, batch_pieces: float
) -> Work:
    """Of one source or target piece; `source_share`: q; `batch_pieces`: n, of both sides, without padding."""
    row, source = row_weights(model, vocabulary), source_weights(model)
    arithmetic = 6 * (source_share * source + (1 - source_share) * row)
    return Work(arithmetic / 1e6, _FLOAT * _PASSES * (row + source) / batch_pieces / 1e6)


class Share(NamedTuple):
    """A rate beside its roof."""

    roof: float
    """Pieces a second that the machine allows."""
    arithmetic: float
    """The rate's part of the GFLOP/s."""
    memory: float
    """Its part of the GB/s."""

    @property
    def text(self) -> str:
        """Of the two, what is nearer to its limit."""
        if self.arithmetic >= self.memory:
            return f"{self.arithmetic:.0%} of arithmetic"
        return f"{self.memory:.0%} of memory"


def share(rate: float, work: Work, rates: Rates, precision: str = "float32") -> Share:
    """Of `rate` pieces a second, whose products are in `precision`."""
    gflops = rates.bfloat16 if precision == "bfloat16" else rates.float32
    seconds = work.megaflops / 1e3 / gflops, work.megabytes / 1e3 / rates.memory
    return Share(1 / max(seconds), rate * seconds[0], rate * seconds[1])
