"""Sentences to hypotheses, with any form of the translator: what the export and the trainer's search have in
common.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import tensorflow as tf

from trainer.config import SearchConfig
from trainer.errors import ExportError
from trainer.export.text import SourceRows, Text, target_limits
from trainer.lexicon import Lexicon
from trainer.models.base import Translator
from trainer.search.beam import beam_search
from trainer.search.constraints.base import build_constraints
from trainer.search.constraints.no_repeat_ngram import NoRepeatNgram
from trainer.search.diverse import DiverseGroups
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
    lexicon: Lexicon | None = None,
) -> StartingDecoder:
    """The translator with the head that the configuration names.

    Args:
        make_model: of this translator, and of those that the head asks for.
        lexicon: that the translator was stored with, for heads that go by it.

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

    pieces = _pieces(vocabulary)
    demanded = [piece for rule in search.constraints for piece in rule.demanded(pieces)]
    return build_decoder(
        search.head, Resources(make_model(translator), pieces, stored, lexicon, tuple(demanded))
    )


class Rows(NamedTuple):
    """The sentences that have a piece, `R` of them, as search takes them."""

    places: tf.Tensor
    """[R] int32: in the whole batch."""
    ids: tf.Tensor
    """[R, S] int32"""
    lengths: tf.Tensor
    """[R] int32: of the sources, the end counted."""
    limits: tf.Tensor
    """[R] int32: of the translations, the end counted."""


def search_sentences(
    decoder: StartingDecoder, text: Text, sentences: tf.Tensor, search: SearchConfig, kept: int
) -> tuple[SourceRows, Hypotheses]:
    """The `kept` best hypotheses [B, N, T] of the sentences [B]."""
    return search_rows(text, sentences, search, kept, lambda rows: _search(decoder, rows, text, search, kept))


def search_rows(
    text: Text, sentences: tf.Tensor, search: SearchConfig, kept: int, run: Callable[[Rows], Hypotheses]
) -> tuple[SourceRows, Hypotheses]:
    """Hypotheses [B, N, T] of the sentences [B], `kept` of each, as `run` finds them; a row without a piece
    costs nothing and has none.
    """
    source = text.tokenize(sentences, search.max_source_length)
    places = tf.cast(tf.where(source.lengths > 1)[:, 0], tf.int32)
    lengths = tf.gather(source.lengths, places)
    hypotheses = run(Rows(places, tf.gather(source.ids, places), lengths, target_limits(lengths, search)))
    batch, longest = tf.shape(sentences)[0], tf.shape(hypotheses.sequences)[2]
    at = places[:, None]
    return source, Hypotheses(
        tf.scatter_nd(at, hypotheses.sequences, [batch, kept, longest]),
        tf.scatter_nd(at, hypotheses.scores, [batch, kept]),
        tf.scatter_nd(at, hypotheses.lengths, [batch, kept]),
    )


def configured_rules(text: Text, search: SearchConfig) -> list[Constraint]:
    """What the configuration says about what may come next."""
    rules = build_constraints(search.constraints, _pieces(text.vocabulary))
    if search.no_repeat_ngram:
        rules.append(NoRepeatNgram(search.no_repeat_ngram, EOS))
    return rules


def _search(decoder: StartingDecoder, rows: Rows, text: Text, search: SearchConfig, kept: int) -> Hypotheses:
    state = decoder.start(rows.ids, search.beams)
    if search.beams == 1:
        return greedy_search(
            decoder,
            state,
            start=BOS,
            end=EOS,
            limits=rows.limits,
            source_lengths=rows.lengths,
            length_alpha=search.length_penalty,
            coverage_beta=search.coverage_penalty,
            constraints=configured_rules(text, search),
        )
    groups = search.diverse_groups
    diverse = DiverseGroups(groups, search.diversity_penalty, search.beams, EOS) if groups > 1 else None
    return beam_search(
        decoder,
        state,
        start=BOS,
        end=EOS,
        limits=rows.limits,
        source_lengths=rows.lengths,
        beams=search.beams,
        kept=kept,
        length_alpha=search.length_penalty,
        coverage_beta=search.coverage_penalty,
        patience=search.patience,
        constraints=configured_rules(text, search),
        selection=diverse,
    )


def _pieces(vocabulary: Vocabulary) -> Pieces:
    return Pieces(vocabulary.target_size, EOS, vocabulary.encode_target)
