"""What a request wants of its translations, from text to pieces: what they begin with, and what they contain.

A phrase is looked for as it stands at the beginning of a word; one whose script has no spaces between words
(as Han) anywhere. Its last word may go on: `Hund` is in `Hunde`.

Notation: `B` rows, `R` rows that are searched, `P` phrases of a row or pieces of a prefix, `L` pieces of a
phrase, `N` phrases of all rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from contracts.vocabulary import SPACE
from trainer.export.text import Text
from trainer.search.phrases import Phrases, fitting
from trainer.search.prefix import Prefixes
from trainer.vocabulary import UNK

MOST_PHRASES, MOST_PIECES, MOST_IN_ALL = 16, 32, 64
"""Phrases of a row, pieces of a phrase, and pieces of all phrases of a row: what is more is not looked for. A
request's cost grows with them, and so that of all others in its batch."""
# Alone it means nothing, and no piece has it, so what stands behind it is cut as inside of a text.
_INSIDE = "\ue000"
_WITHOUT_SPACES = r"(?s)[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}].*"
_COMPLETE = r"(?s).*[\s\p{Z}]"


class Wishes(NamedTuple):
    """Of all rows."""

    prefix: tf.Tensor
    """[B] string, as it was given."""
    lines: tf.Tensor
    """[B, P] string: the phrases as they were given, empty where there is none."""
    prefixes: Prefixes
    readable: tf.Tensor
    """[B] bool: whether there are pieces for all of the prefix."""
    phrases: Phrases
    """Length 0: none, or one that is not looked for."""

    def of(self, rows: tf.Tensor) -> Wishes:
        """Of some of the rows."""
        prefix, lines, readable = (tf.gather(part, rows) for part in (self.prefix, self.lines, self.readable))
        return Wishes(prefix, lines, self.prefixes.of(rows), readable, self.phrases.of(rows))

    def that_fit(self, limits: tf.Tensor) -> Phrases:
        """The phrases for which there is room behind the prefix, before the end and the limit [R]."""
        room = limits - 1 - self.prefixes.lengths - tf.cast(self.prefixes.complete, tf.int32)
        fit = fitting(self.phrases.lengths, room)
        return Phrases(
            tf.where(fit[:, :, None], self.phrases.pieces, -1), tf.where(fit, self.phrases.lengths, 0)
        )

    def unmet(self, sequences: tf.Tensor, limits: tf.Tensor) -> tf.Tensor:
        """What of it hypotheses [B, T] under limits [B] do not have, a line each: [B] string."""
        progress = tf.foldl(
            lambda so_far, tokens: self.phrases.after(so_far, tokens[:, None]),
            tf.transpose(sequences),
            self.phrases.start(1),
        )
        met = progress.met[:, 0] & (self.phrases.lengths > 0)
        met = tf.pad(met, [[0, 0], [0, tf.shape(self.lines)[1] - tf.shape(met)[1]]])
        exists = tf.reduce_any(sequences > 0, axis=1)
        has_prefix = exists & self.readable & (self.prefixes.lengths < limits)
        wanted = tf.concat([self.prefix[:, None], self.lines], axis=1)
        missing = ~tf.concat([has_prefix[:, None], met], axis=1) & (wanted != "")
        return tf.strings.reduce_join(tf.ragged.boolean_mask(wanted, missing), axis=1, separator="\n")


class WishReader:
    """Reads them with the target language's pieces."""

    def __init__(self, text: Text, only: Sequence[int] | None = None) -> None:
        """`only`: the pieces that ever come, where these are not all of the vocabulary."""
        self._text = text
        comes = np.full(text.vocabulary.target_size, only is None)
        comes[list(only or ())] = True
        comes[UNK] = False
        self._comes = comes
        # A constant of the graph: else all of them would be asked for at each step.
        self._texts = text.target.pieces(tf.range(text.vocabulary.target_size)).numpy()
        self._before = len(text.vocabulary.encode_target([_INSIDE])[0]) - 1

    def read(self, prefix: tf.Tensor, constraints: tf.Tensor) -> Wishes:
        """Prefixes [B] and phrases [B], a line each."""
        prefixes, readable = self._prefixes(prefix)
        lines = tf.strings.strip(tf.strings.split(constraints, "\n"))
        lines = tf.ragged.boolean_mask(lines, tf.math.not_equal(lines, ""))
        return Wishes(tf.strings.strip(prefix), lines.to_tensor(""), prefixes, readable, self._phrases(lines))

    def _prefixes(self, prefix: tf.Tensor) -> tuple[Prefixes, tf.Tensor]:
        """And whether there were pieces for all of it [B] bool; else it is cut before the first that there is
        none for."""
        ragged = self._text.target.tokenize(prefix)
        pieces = tf.pad(ragged.to_tensor(0), [[0, 0], [0, 1]])
        real = tf.sequence_mask(ragged.row_lengths(), tf.shape(pieces)[1])
        known = tf.math.cumprod(tf.cast(real & tf.gather(self._comes, pieces), tf.int32), axis=1)
        lengths = tf.reduce_sum(known, axis=1)
        readable = tf.cast(lengths, tf.int64) == ragged.row_lengths()
        complete = tf.strings.regex_full_match(prefix, _COMPLETE) & (lengths > 0) & readable
        texts = tf.where(known > 0, self._text.target.pieces(pieces), "")
        begins = tf.strings.substr(texts, 0, len(SPACE.encode())) == SPACE
        places = tf.range(tf.shape(pieces)[1])
        last = tf.reduce_max(tf.where(begins, places, 0), axis=1)
        goes_on = (readable & ~complete)[:, None] & (places >= last[:, None]) & (known > 0)
        texts = tf.where(goes_on, texts, "")
        word = tf.strings.reduce_join(texts, axis=1)
        sizes = tf.strings.length(texts)
        offsets = tf.where(goes_on, tf.cumsum(sizes, axis=1, exclusive=True), 0)
        whole = tf.broadcast_to(word[:, None], tf.shape(texts))
        rests = tf.where(goes_on, tf.strings.substr(whole, offsets, tf.strings.length(whole)), "")
        return Prefixes(pieces, lengths, rests, complete, tf.constant(self._texts)), readable

    def _phrases(self, lines: tf.RaggedTensor) -> Phrases:
        """Of lines [B, P]."""
        flat = lines.flat_values
        inside = tf.strings.regex_full_match(flat, _WITHOUT_SPACES)
        ids = self._text.target.tokenize(tf.where(inside, tf.strings.join([_INSIDE, flat]), flat))
        dense = tf.pad(ids.to_tensor(-1), [[0, 0], [0, self._before]], constant_values=-1)
        skipped = tf.where(inside, self._before, 0)
        width = tf.shape(dense)[1] - self._before
        dense = tf.gather(dense, skipped[:, None] + tf.range(width), batch_dims=1)
        lengths = tf.cast(ids.row_lengths(), tf.int32) - skipped
        come = tf.reduce_all((dense < 0) | tf.gather(self._comes, tf.maximum(dense, 0)), axis=1)
        # An unknown first character would be one piece with the mark, if that is unknown.
        plain = self._text.target.tokenize(flat).to_tensor(-1)
        come &= tf.reduce_all(plain != UNK, axis=1)
        lengths = tf.where((lengths <= MOST_PIECES) & come, lengths, 0)
        dense, many = dense[:, :MOST_PIECES], lines.row_lengths()
        rows = tf.RaggedTensor.from_row_lengths(dense, many)[:, :MOST_PHRASES].to_tensor(-1)
        sizes = tf.RaggedTensor.from_row_lengths(lengths, many)[:, :MOST_PHRASES].to_tensor(0)
        sizes = tf.where(fitting(sizes, tf.fill(tf.shape(sizes)[:1], MOST_IN_ALL)), sizes, 0)
        return Phrases(tf.where(sizes[:, :, None] > 0, rows, -1), sizes)
