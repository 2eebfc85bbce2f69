"""Text to piece ids and back in a graph, normalised as `texts.normalisation` says."""

from __future__ import annotations

import hashlib

import tensorflow as tf
import tensorflow_text as tf_text

from texts.rules import DROPPED


class Tokenizer(tf.Module):
    """TF-Text's operations on one SentencePiece model, and the one step of normalisation that no rule of the
    model can do.
    """

    def __init__(self, model: bytes) -> None:
        super().__init__()
        # `tf.saved_model.load` creates each under the name of its node, and gives the first one of that name
        # to all who ask for it: in one export to both languages, and in one process to the models loaded
        # afterwards. So each has a name of its own.
        name = f"sentencepiece_{hashlib.sha256(model).hexdigest()[:16]}"
        # No add_bos or add_eos: tokenizers of one model share a processor, whose options each call sets
        # anew, so that calls side by side would get each other's.
        self._pieces = tf_text.SentencepieceTokenizer(model=model, name=name)

    def tokenize(self, sentences: tf.Tensor) -> tf.RaggedTensor:
        """Sentences [B] string → ids [B, pieces] int32."""
        return self._pieces.tokenize(tf.strings.regex_replace(sentences, DROPPED, ""))

    def detokenize(self, ids: tf.RaggedTensor) -> tf.Tensor:
        """Ids [B, pieces] → sentences [B] string."""
        return self._pieces.detokenize(ids)

    def pieces(self, ids: tf.Tensor) -> tf.Tensor:
        """Ids → pieces, string, of the same shape."""
        return self._pieces.id_to_string(ids)
