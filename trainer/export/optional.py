"""The signatures that a model has when its configuration asks for them (docs/contracts.md), with any form of
the translator: the export's, or the trainer's.

Notation: `B` rows, `K` hypotheses, `S` source pieces, `T` target pieces.
"""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

from contracts.attention import AligningHead
from contracts.signatures import (
    ALIGNMENT,
    SCORE,
    SCORES,
    SOURCE_PIECES,
    TARGET_PIECES,
    TRANSLATION,
    TRANSLATIONS,
    TRUNCATED,
    UNMET,
)
from trainer.config import ExportConfig, SearchConfig
from trainer.errors import ExportError
from trainer.export.attention import read_attention
from trainer.export.engine import Rows, configured_rules, search_rows, search_sentences
from trainer.export.text import Text, target_limits
from trainer.export.wishes import WishReader
from trainer.search.beam import beam_search
from trainer.search.candidates import Candidates
from trainer.search.interface import Hypotheses, StartingDecoder
from trainer.search.lexical import LexicalSelection
from trainer.search.sampling import Sampling, sample
from trainer.vocabulary import BOS, EOS, PAD

_ALIKE = 1.001
"""The largest attention of a row, in shares of what each source piece would have of it."""


class _AllPieces(NamedTuple):
    """A `Constraint` that forbids nothing: where a phrase has a piece that never comes, and nobody knows it,
    no hypothesis has the phrase, and so none is left.
    """

    head: str

    def apply(
        self, candidates: Candidates, sequences: tf.Tensor, time: tf.Tensor, rows: tf.Tensor
    ) -> Candidates:
        """See `Constraint.apply`.

        Raises:
            ExportError: when the search's graph is made, where the head gives some of the pieces.
        """
        del sequences, time, rows
        if candidates.ids is not None:
            raise ExportError(
                f"search.head: {self.head} gives some of the pieces and does not say which, so `constrained` "
                "could be asked for others: give them to BodyWithHead as `only` where it is built, or leave "
                "constrained out of export.signatures"
            )
        return candidates


class OptionalSignatures:
    """A function for each, of its name."""

    def __init__(
        self,
        decoder: StartingDecoder,
        text: Text,
        search: SearchConfig,
        export: ExportConfig,
        aligning: AligningHead | None = None,
    ) -> None:
        """`aligning`: what `align` goes by; None: what explains each step."""
        self._decoder, self._text, self._search, self._export = decoder, text, search, export
        self._aligning = aligning
        # What a user's own head builds may say nothing of it.
        only = getattr(decoder, "only", None)
        self._reader = WishReader(text, only)
        self._all_pieces = [_AllPieces(search.head.name)] if only is None else []

    def align(self, source: tf.Tensor) -> dict[str, tf.Tensor]:
        """The best translation, and the source piece that each of its pieces looked at most; none for the
        end, and for a piece that looked at the source's end, or at the tag of the wanted language.
        """
        rows, hypotheses = search_sentences(self._decoder, self._text, source, self._search, kept=1)
        target = hypotheses.sequences[:, 0]
        attention = read_attention(self._decoder, rows.ids, hypotheses, self._aligning)
        # Without a row a batch may have no source piece to take the best of.
        attention = tf.pad(attention, [[0, 0], [0, 0], [0, 1]], constant_values=-1.0)
        most = tf.argmax(attention, axis=2, output_type=tf.int32)
        # Where all is looked at alike, nothing is: so do architectures without attention.
        alike = tf.reduce_max(attention, axis=2) * tf.cast(rows.lengths[:, None], tf.float32) < _ALIKE
        nowhere = alike | (most >= rows.lengths[:, None] - 1) | (target == EOS) | (target == PAD)
        most -= self._text.tag_length
        nowhere |= most < 0
        return {
            SOURCE_PIECES: self._text.source_pieces(rows.ids),
            TARGET_PIECES: self._text.target_pieces(target),
            ALIGNMENT: tf.where(nowhere, -1, most),
            TRANSLATION: self._text.detokenize(target),
            SCORE: hypotheses.scores[:, 0],
        }

    def sample(
        self,
        source: tf.Tensor,
        temperature: tf.Tensor,
        top_k: tf.Tensor,
        top_p: tf.Tensor,
        seed: tf.Tensor,
    ) -> dict[str, tf.Tensor]:
        """K translations that were drawn for each source, in the order of their draws."""
        many = self._export.samples

        def run(rows: Rows) -> Hypotheses:
            # Each draw is a row of its own.
            seeds = tf.repeat(tf.gather(seed, rows.places), many)
            draws = tf.tile(tf.range(many, dtype=tf.int64), tf.shape(rows.places))
            temperatures, ks, ps = (
                tf.repeat(tf.gather(value, rows.places), many) for value in (temperature, top_k, top_p)
            )
            lengths = tf.repeat(rows.lengths, many)
            # A source is read once, whatever is drawn for it.
            state = self._decoder.start(rows.ids, 1)
            hypotheses = sample(
                self._decoder,
                self._decoder.select(state, tf.repeat(tf.range(tf.shape(rows.ids)[0]), many)),
                Sampling(temperatures, ks, ps, tf.stack([seeds, draws], axis=1)),
                start=BOS,
                end=EOS,
                limits=tf.repeat(rows.limits, many),
                longest=self._search.max_target_length,
                source_lengths=lengths,
                length_alpha=self._search.length_penalty,
                coverage_beta=self._search.coverage_penalty,
                constraints=configured_rules(self._text, self._search),
            )
            shape = tf.shape(hypotheses.sequences)
            return Hypotheses(
                tf.reshape(hypotheses.sequences, [shape[0] // many, many, shape[2]]),
                tf.reshape(hypotheses.scores, [shape[0] // many, many]),
                tf.reshape(hypotheses.lengths, [shape[0] // many, many]),
            )

        rows, hypotheses = search_rows(self._text, source, self._search, many, run)
        return {
            TRANSLATIONS: self._text.detokenize_all(hypotheses.sequences),
            SCORES: hypotheses.scores,
            TRUNCATED: rows.truncated,
        }

    def constrained(
        self, source: tf.Tensor, prefix: tf.Tensor, constraints: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        """The best translation that begins with the prefix and contains the phrases, and what it could not be
        given of them.
        """
        wishes = self._reader.read(prefix, constraints)
        beams = self._export.constrained_beams

        def run(rows: Rows) -> Hypotheses:
            wanted = wishes.of(rows.places)
            return beam_search(
                self._decoder,
                self._decoder.start(rows.ids, beams),
                start=BOS,
                end=EOS,
                limits=rows.limits,
                source_lengths=rows.lengths,
                beams=beams,
                length_alpha=self._search.length_penalty,
                coverage_beta=self._search.coverage_penalty,
                patience=self._search.patience,
                constraints=[*configured_rules(self._text, self._search), *self._all_pieces],
                selection=LexicalSelection(wanted.prefixes, wanted.that_fit(rows.limits), beams, EOS),
            )

        rows, hypotheses = search_rows(self._text, source, self._search, 1, run)
        target = hypotheses.sequences[:, 0]
        return {
            TRANSLATION: self._text.detokenize(target),
            SCORE: hypotheses.scores[:, 0],
            TRUNCATED: rows.truncated,
            UNMET: wishes.unmet(target, target_limits(rows.lengths, self._search)),
        }
