"""Strings to rows for the encoder, and from what a search found back to strings."""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

from contracts.vocabulary import target_tag
from trainer.config import SearchConfig
from trainer.tokenizer import Tokenizer
from trainer.vocabulary import EOS, PAD, Vocabulary


class SourceRows(NamedTuple):
    """Rows of source ids, ready for the encoder."""

    ids: tf.Tensor
    """[B, S] int32, `EOS` at the end of each row, padding after it."""
    lengths: tf.Tensor
    """[B] int32: `EOS` counted; 1 where a row holds no piece."""
    truncated: tf.Tensor
    """[B] bool: the row was longer than the limit."""


class Text(tf.Module):
    """The vocabulary of both languages in the graph."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        super().__init__()
        self.vocabulary = vocabulary
        self.source = Tokenizer(vocabulary.source_model)
        self.target = self.source if vocabulary.shared else Tokenizer(vocabulary.target_model)
        tags = [target_tag(language) for language in vocabulary.targets[:1]]
        empty, *tagged = map(len, vocabulary.encode_source(["", *tags]))
        self.tag_length = sum(tagged, start=-empty * len(tagged))
        """Pieces of the wanted language, before those that the user sent; 0: of a model of one direction."""

    def tokenize(self, sentences: tf.Tensor, longest: int) -> SourceRows:
        """Sentences [B] string, at most `longest` pieces of each, `EOS` counted."""
        pieces = self.source.tokenize(sentences)
        truncated = pieces.row_lengths() > longest - 1
        ids = pieces[:, : longest - 1]
        ends = tf.ones_like(ids.row_lengths(), tf.int32)[:, None] * EOS
        ids = tf.concat([ids, ends], axis=1)
        return SourceRows(ids.to_tensor(PAD), tf.cast(ids.row_lengths(), tf.int32), truncated)

    def detokenize(self, sequences: tf.Tensor) -> tf.Tensor:
        """Target ids [N, T] → sentences [N] string; padding and other special pieces leave nothing behind."""
        return self.target.detokenize(tf.ragged.boolean_mask(sequences, sequences > EOS))

    def detokenize_all(self, sequences: tf.Tensor) -> tf.Tensor:
        """Target ids [B, N, T] → sentences [B, N] string."""
        shape = tf.shape(sequences)
        texts = self.detokenize(tf.reshape(sequences, [shape[0] * shape[1], shape[2]]))
        return tf.reshape(texts, shape[:2])

    def source_pieces(self, ids: tf.Tensor) -> tf.Tensor:
        """Source ids [B, S] → pieces [B, S] string, empty at padding; without those of the wanted language,
        which users did not send: S is less by `tag_length` then.
        """
        ids = ids[:, self.tag_length :]
        return tf.where(ids == PAD, "", self.source.pieces(ids))

    def target_pieces(self, ids: tf.Tensor) -> tf.Tensor:
        """Target ids [B, T] → pieces [B, T] string, empty at padding."""
        return tf.where(ids == PAD, "", self.target.pieces(ids))


def target_limits(lengths: tf.Tensor, search: SearchConfig) -> tf.Tensor:
    """Source lengths [B] → the most pieces a translation may have [B], the end counted."""
    allowed = tf.cast(search.max_target_ratio * tf.cast(lengths, tf.float32), tf.int32) + 10
    return tf.minimum(allowed, search.max_target_length)
