"""Sentences to hypotheses, with any decoder of the translator: what the export and the trainer's search have
in common.
"""

from __future__ import annotations

from typing import Any, Protocol

import tensorflow as tf

from trainer.config import SearchConfig
from trainer.export.text import Source, Text, target_limits
from trainer.search import Decoder, Hypotheses, NoRepeatNgram, beam_search, greedy_search
from trainer.vocabulary import BOS, EOS


class StartingDecoder(Decoder, Protocol):
    """A decoder that reads the source by itself."""

    def start(self, source: tf.Tensor, beams: int) -> Any:
        """Source ids [B, S] → the state before the first step."""


def find(
    decoder: StartingDecoder, text: Text, sentences: tf.Tensor, search: SearchConfig, kept: int
) -> tuple[Source, Hypotheses]:
    """The `kept` best hypotheses [B, N, T] of the sentences [B]; a row without a piece costs nothing and has
    none.
    """
    source = text.tokenize(sentences, search.max_source_length)
    rows = tf.cast(tf.where(source.lengths > 1)[:, 0], tf.int32)
    found = _search(decoder, tf.gather(source.ids, rows), tf.gather(source.lengths, rows), search, kept)
    batch, longest = tf.shape(sentences)[0], tf.shape(found.sequences)[2]
    places = rows[:, None]
    return source, Hypotheses(
        tf.scatter_nd(places, found.sequences, [batch, kept, longest]),
        tf.scatter_nd(places, found.scores, [batch, kept]),
        tf.scatter_nd(places, found.lengths, [batch, kept]),
    )


def _search(
    decoder: StartingDecoder, ids: tf.Tensor, lengths: tf.Tensor, search: SearchConfig, kept: int
) -> Hypotheses:
    constraints = [NoRepeatNgram(search.no_repeat_ngram, EOS)] if search.no_repeat_ngram else []
    state = decoder.start(ids, search.beams)
    limits = target_limits(lengths, search)
    if search.beams == 1:
        return greedy_search(
            decoder,
            state,
            start=BOS,
            end=EOS,
            limits=limits,
            source_lengths=lengths,
            length_alpha=search.length_penalty,
            coverage_beta=search.coverage_penalty,
            constraints=constraints,
        )
    return beam_search(
        decoder,
        state,
        start=BOS,
        end=EOS,
        limits=limits,
        source_lengths=lengths,
        beams=search.beams,
        kept=kept,
        length_alpha=search.length_penalty,
        coverage_beta=search.coverage_penalty,
        constraints=constraints,
    )
