"""The pieces that may come next: all of the vocabulary, or fewer with their ids."""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

from trainer.search.topk import top_k

FORBIDDEN = float("-inf")


def log_normalizer(logits: tf.Tensor) -> tf.Tensor:
    """The logarithm of the sum of exp(logits) along the last axis, one finite logit in each row at least.

    (`tf.reduce_logsumexp`, which also takes rows of infinities, is twice as many operations a step.)
    """
    most = tf.reduce_max(logits, axis=-1, keepdims=True)
    return tf.math.log(tf.reduce_sum(tf.exp(logits - most), axis=-1)) + tf.squeeze(most, -1)


class Candidates(NamedTuple):
    """What may come next after each hypothesis: log-probabilities are `logits - log_normalizer`, none of them
    above 0, which the early stop of beam search needs.

    The two are apart because search needs the difference for a few pieces only, not for the whole vocabulary.
    """

    logits: tf.Tensor
    """[B, K, C] float32. Where `ids` is None an exported model may have more than V, which never come: rows
    of [V] numbers do not fit then, but `forbid` takes them.
    """
    log_normalizer: tf.Tensor
    """[B, K] float32: the logarithm of the sum of exp(logits) where probabilities sum to 1; 0 where logits
    are log-probabilities already.
    """
    ids: tf.Tensor | None = None
    """[B, K, C] int32, or [1, 1, C] where they are the same after all hypotheses: which pieces they are,
    ascending and no one twice, the end among them. A place that is none has a logit of minus infinity and any
    id of the vocabulary. None: all V pieces in their order.
    """

    @property
    def pieces(self) -> tf.Tensor:
        """The ids, also of all V pieces: [B, K, C], [1, 1, C] or [1, 1, V] int32."""
        return tf.range(tf.shape(self.logits)[2])[None, None, :] if self.ids is None else self.ids

    @property
    def _shared(self) -> tf.Tensor | None:
        """The ids [C], where it is known that they are the same after all hypotheses."""
        if self.ids is None or not self.ids.shape[0] == self.ids.shape[1] == 1:
            return None
        return self.ids[0, 0]

    def named(self, places: tf.Tensor) -> tf.Tensor:
        """Which pieces stand at places [B, K, k] int32 among the candidates: their ids, of the same shape."""
        if self.ids is None:
            return places
        if self._shared is not None:
            return tf.gather(self._shared, places)
        return tf.gather(self.ids, places, batch_dims=2)

    def after(self, hypotheses: slice) -> Candidates:
        """The same after some of the K hypotheses."""
        ids = self.ids if self.ids is None or self._shared is not None else self.ids[:, hypotheses]
        return Candidates(self.logits[:, hypotheses], self.log_normalizer[:, hypotheses], ids)

    def of(self, piece: int) -> tf.Tensor:
        """The logits [B, K] of one piece; minus infinity where it is no candidate."""
        if self.ids is None:
            return self.logits[:, :, piece]
        if self._shared is not None:
            places = tf.where(self._shared == piece)[:, 0]
            return tf.reduce_max(tf.gather(self.logits, places, axis=2), axis=2)  # of none: minus infinity
        return tf.reduce_max(tf.where(self.ids == piece, self.logits, FORBIDDEN), axis=2)

    def best(self, k: int | tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Logits and ids [B, K, k] of the k likeliest, the likeliest first; of equals the lowest piece."""
        values, places = top_k(self.logits, k)
        return values, self.named(places)

    def at(self, pieces: tf.Tensor) -> tf.Tensor:
        """The logits of the pieces [B, K, P] int32, of the same shape; minus infinity where one is no
        candidate.
        """
        if self.ids is None:
            return tf.gather(self.logits, pieces, batch_dims=2)
        same = self.ids[:, :, :, None] == pieces[:, :, None, :]
        return tf.reduce_max(tf.where(same, self.logits[:, :, :, None], FORBIDDEN), axis=2)

    def among(self, pieces: tf.Tensor, chosen: tf.Tensor) -> tf.Tensor:
        """[B, K, C] bool: which candidates are one of the pieces [B, K, P] int32 that are `chosen` [B, K, P]
        bool.
        """
        if self.ids is None:
            where = tf.where(chosen)
            indices = tf.concat([where[:, :2], tf.cast(tf.gather_nd(pieces, where), tf.int64)[:, None]], 1)
            marks = tf.fill([tf.shape(indices)[0]], True)
            return tf.tensor_scatter_nd_update(tf.zeros(tf.shape(self.logits), tf.bool), indices, marks)
        same = self.ids[:, :, :, None] == pieces[:, :, None, :]
        return tf.reduce_any(same & chosen[:, :, None, :], axis=3)

    def forbid(self, forbidden: tf.Tensor) -> Candidates:
        """The same without those where `forbidden`, bool, is true; it has the shape of `pieces` or one that
        broadcasts with it; [..., V] of all pieces will do.
        """
        size, given = self.logits.shape[-1], forbidden.shape[-1]
        if self.ids is None and size is not None and given is not None and 1 < given < size:
            forbidden = tf.pad(forbidden, [*[[0, 0]] * (forbidden.shape.rank - 1), [0, size - given]])
        return self._replace(logits=tf.where(forbidden, FORBIDDEN, self.logits))

    def forbid_pieces(self, pieces: tf.Tensor, forbidden: tf.Tensor) -> Candidates:
        """The same without those of the pieces [B, K, P] int32 that are `forbidden` [B, K, P] bool."""
        if self.ids is None:
            where = tf.where(forbidden)
            indices = tf.concat([where[:, :2], tf.cast(tf.gather_nd(pieces, where), tf.int64)[:, None]], 1)
            values = tf.fill([tf.shape(indices)[0]], FORBIDDEN)
            return self._replace(logits=tf.tensor_scatter_nd_update(self.logits, indices, values))
        return self.forbid(self.among(pieces, forbidden))
