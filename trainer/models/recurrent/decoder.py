"""The decoder: layers of cells, what enters them beside the last piece, and what they look at.

Notation: `N` rows, `T` target length, `S` source length, `G` gates, `D` model width.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import keras
from keras import ops

from trainer.models.base import Tensor
from trainer.models.parts.cells import CELLS, CellState
from trainer.models.parts.linear import Linear
from trainer.models.parts.scan import scan
from trainer.models.parts.scores import SCORES
from trainer.models.parts.sequence_dropout import SequenceDropout
from trainer.models.parts.state_attention import AttendedStates, StateAttention
from trainer.models.parts.window import LocalWindow, PredictedWindow
from trainer.models.recurrent import RecurrentConfig


class DecoderSource(NamedTuple):
    """What the decoder is given of the source; what it has no use for is `()`."""

    real: Tensor
    """[N, S] float32: 1 where there is a piece, 0 on padding."""
    context: Any
    """A tensor [N, D], of a decoder that reads it at every step."""
    looked: AttendedStates | tuple[()]
    """Of one with attention."""


class Reached(NamedTuple):
    """What moves on from step to step."""

    cells: tuple[CellState, ...]
    """Of each layer."""
    output: Tensor
    """[N, D] float32: what the step before gave, which input feeding reads."""


_Moving = tuple[Reached, Any]
"""In teacher forcing; with where the step looked, [N, S], or `()` where that is told after the loop."""


class Looking(NamedTuple):
    """Where queries looked."""

    contexts: Tensor
    """[N, T, D] float32"""
    explained: Tensor
    """[N, T, S] float32"""


class Dropped(NamedTuple):
    """What is drawn for a sentence before the loop; None: nothing is dropped."""

    between: tuple[Tensor, ...]
    """[N, T, D] of each layer but the first; none where nothing is dropped."""
    kept: tuple[Tensor | None, ...]
    """[N, D] of each layer, see `Cell.step`."""


class RecurrentDecoder(keras.layers.Layer):
    """Cells, and an output layer `tanh([h; c] W)` where there is a context c at each step (Luong et al. 2015,
    equation 5).
    """

    def __init__(self, config: RecurrentConfig, name: str = "decoder") -> None:
        super().__init__(name=name, autocast=False)
        width, layers = config.width, config.decoder_layers
        self.residual = config.residual
        self.cells = [CELLS[config.cell](width, width, f"layer_{index}") for index in range(layers)]
        self.attention = _attention(config)
        self.looks_before = config.attention == "bahdanau"
        self.feeds = config.input_feeding
        self.repeats = config.context_enters != "start"
        entered = self.looks_before or self.feeds or self.repeats
        gates = self.cells[0].gates * width
        self.entering = Linear(width, gates, "entering", bias=False) if entered else None
        shown = self.attention is not None or self.repeats
        self.readout = Linear(2 * width, width, "readout", bias=False) if shown else None
        self.dropouts = [
            SequenceDropout(config.dropout, f"dropout_{index}", variational=config.variational)
            for index in range(layers + 1)
        ]
        self.recurrent_dropout = SequenceDropout(
            config.recurrent_dropout, "recurrent_dropout", variational=True
        )

    def build(self, input_shape: Any = None) -> None:
        """Embeddings and states are of width D."""
        for layer in (*self.cells, self.attention, self.entering, self.readout):
            if layer is not None:
                layer.build()
        self.built = True

    def call(
        self, vectors: Tensor, source: DecoderSource, first: Reached, training: bool = False
    ) -> tuple[Tensor, Tensor | None]:
        """Teacher forcing: embeddings [N, T, D] → states [N, T, D] float32, and what explains them,
        [N, T, S] float32; None without attention.

        In the loop is only what a step needs of the one before it: luong's attention without input feeding
        looks for all positions at once, after it.
        """
        bound = self.looks_before or self.feeds
        projected = self._project(self.dropouts[0](vectors, training=training), source)
        positions = ops.arange(ops.shape(vectors)[1], dtype="float32")[None]
        dropped = self._draw(vectors, training)

        def advance(before: _Moving, here: list[Tensor]) -> _Moving:
            entering, position, *between = here
            now = Dropped(tuple(between), dropped.kept)
            cells, top, looking = self._move(entering, before[0], source, position, now, training)
            if not bound:
                return Reached(cells, top), ()
            shown, looking = self._show(top[:, None], source, position, looking, training)
            assert looking is not None
            return Reached(cells, shown[:, 0]), looking.explained[:, 0]

        everywhere = ops.zeros_like(projected[:, :, :1], dtype="float32") + positions[:, :, None]
        start: _Moving = first, ops.zeros_like(source.real) if bound else ()
        _, (moved, explained) = scan(advance, start, [projected, everywhere, *dropped.between])
        outputs = moved.output
        if not bound:
            outputs, looking = self._show(outputs, source, positions, None, training)
            explained = None if looking is None else looking.explained
        return self.dropouts[-1](outputs, training=training), explained

    def step(
        self, vectors: Tensor, source: DecoderSource, reached: Reached, position: Any
    ) -> tuple[Reached, Tensor]:
        """Embeddings [N, D] of the pieces at `position` → what was reached, and what explains it [N, S]."""
        positions = ops.reshape(ops.cast(position, "float32"), (1, 1))
        projected = self._project(vectors[:, None], source)[:, 0]
        nothing = Dropped((), (None,) * len(self.cells))
        cells, top, looking = self._move(projected, reached, source, positions, nothing, False)
        outputs, looking = self._show(top[:, None], source, positions, looking, False)
        if looking is None:
            explained = source.real * (1.0 / ops.sum(source.real, axis=1, keepdims=True))
        else:
            explained = looking.explained[:, 0]
        return Reached(cells, outputs[:, 0]), explained

    def _project(self, vectors: Tensor, source: DecoderSource) -> Tensor:
        """[N, T, D] → [N, T, G x D]: what enters the first layer but for what the step before gave."""
        projected = self.cells[0].project(vectors)
        if not self.repeats:
            return projected
        assert self.entering is not None
        return projected + self.entering(source.context)[:, None]

    def _draw(self, vectors: Tensor, training: bool) -> Dropped:
        draws = [dropout.kept(vectors, training=training) for dropout in self.dropouts[1:-1]]
        between = tuple(ops.broadcast_to(draw, ops.shape(vectors)) for draw in draws if draw is not None)
        kept = [self.recurrent_dropout.kept(vectors, training=training) for _ in self.cells]
        return Dropped(between, tuple(None if draw is None else draw[:, 0] for draw in kept))

    def _move(
        self,
        projected: Tensor,
        reached: Reached,
        source: DecoderSource,
        positions: Tensor,
        dropped: Dropped,
        training: bool,
    ) -> tuple[tuple[CellState, ...], Tensor, Looking | None]:
        """What enters the first layer, [N, G x D] → the cells, what the top one shows [N, D], and where
        bahdanau looked, which is before that.
        """
        looking = None
        if self.looks_before:
            looking = self._look(reached.cells[-1][0][:, None], source, positions, training)
        if looking is not None or self.feeds:
            assert self.entering is not None
            enters = reached.output if looking is None else looking.contexts[:, 0]
            projected = projected + ops.cast(self.entering(enters), projected.dtype)
        cells: list[CellState] = []
        shown: Tensor | None = None
        for index, (cell, before) in enumerate(zip(self.cells, reached.cells, strict=True)):
            if shown is not None:
                kept = dropped.between[index - 1] if dropped.between else 1.0
                projected = cell.project(shown * kept)
            state = cell.step(projected, before, dropped.kept[index])
            shown = state[0] + shown if self.residual and shown is not None else state[0]
            cells.append(state)
        assert shown is not None
        return tuple(cells), shown, looking

    def _show(
        self, tops: Tensor, source: DecoderSource, positions: Tensor, looking: Looking | None, training: bool
    ) -> tuple[Tensor, Looking | None]:
        """What the top cell shows, [N, T, D] → states [N, T, D] float32, and where they looked."""
        if self.readout is None:
            return tops, None
        if self.attention is None:
            assert not isinstance(source.context, tuple)
            contexts = ops.broadcast_to(source.context[:, None], ops.shape(tops))
        else:
            looking = looking or self._look(tops, source, positions, training)
            contexts = looking.contexts
        joined = self.readout(ops.concatenate([tops, contexts], axis=-1))
        return ops.tanh(ops.cast(joined, "float32")), looking

    def _look(self, queries: Tensor, source: DecoderSource, positions: Tensor, training: bool) -> Looking:
        assert self.attention is not None
        return Looking(*self.attention(queries, source.looked, positions, training=training))


def _attention(config: RecurrentConfig) -> StateAttention | None:
    if config.attention == "none":
        return None
    score = SCORES[config.score](config.heads, config.width // config.heads, config.scale)
    windows: dict[str, LocalWindow | None] = {
        "global": None,
        "local-m": LocalWindow(config.reach),
        "local-p": PredictedWindow(config.reach, config.width),
    }
    return StateAttention(config.width, score, windows[config.scope], hard=config.hard)
