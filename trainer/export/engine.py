"""Sentences to hypotheses, with any form of the translator: what the export and the trainer's search have in
common.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import tensorflow as tf

from trainer.config import SearchConfig
from trainer.errors import ExportError
from trainer.export.text import Source, Text, target_limits
from trainer.models.base import Translator
from trainer.search.beam import beam_search
from trainer.search.constraints.base import build_constraints
from trainer.search.constraints.no_repeat_ngram import NoRepeatNgram
from trainer.search.greedy import greedy_search
from trainer.search.heads.base import Resources, build_decoder
from trainer.search.interface import Constraint, Hypotheses, Model, Pieces, StartingDecoder
from trainer.store import load_translator
from trainer.vocabulary import BOS, EOS, Vocabulary


def make_decoder(
    search: SearchConfig,
    translator: Translator,
    vocabulary: Vocabulary,
    make_model: Callable[[Translator], Model],
) -> StartingDecoder:
    """The translator with the head that the configuration names.

    Args:
        make_model: of this translator, and of those that the head asks for.

    Raises:
        ExportError: the head asks for a translator of another vocabulary.
    """

    def stored(folder: Path) -> Model:
        other, theirs = load_translator(folder)
        if theirs.renewed() != vocabulary.renewed():
            raise ExportError(
                f"search.head: the translator in {folder} has another vocabulary than this one: give one "
                "that was trained with the same, as one that goes on from the other's weights (init_from)"
            )
        return make_model(other)

    return build_decoder(search.head, Resources(make_model(translator), _pieces(vocabulary), stored))


def search_sentences(
    decoder: StartingDecoder, text: Text, sentences: tf.Tensor, search: SearchConfig, kept: int
) -> tuple[Source, Hypotheses]:
    """The `kept` best hypotheses [B, N, T] of the sentences [B]; a row without a piece costs nothing and has
    none.
    """
    source = text.tokenize(sentences, search.max_source_length)
    rows = tf.cast(tf.where(source.lengths > 1)[:, 0], tf.int32)
    constraints = build_constraints(search.constraints, _pieces(text.vocabulary))
    if search.no_repeat_ngram:
        constraints.append(NoRepeatNgram(search.no_repeat_ngram, EOS))
    ids, lengths = tf.gather(source.ids, rows), tf.gather(source.lengths, rows)
    found = _search(decoder, ids, lengths, search, kept, constraints)
    batch, longest = tf.shape(sentences)[0], tf.shape(found.sequences)[2]
    places = rows[:, None]
    return source, Hypotheses(
        tf.scatter_nd(places, found.sequences, [batch, kept, longest]),
        tf.scatter_nd(places, found.scores, [batch, kept]),
        tf.scatter_nd(places, found.lengths, [batch, kept]),
    )


def _search(
    decoder: StartingDecoder,
    ids: tf.Tensor,
    lengths: tf.Tensor,
    search: SearchConfig,
    kept: int,
    constraints: list[Constraint],
) -> Hypotheses:
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


def _pieces(vocabulary: Vocabulary) -> Pieces:
    return Pieces(vocabulary.target_size, EOS, vocabulary.encode_target)
