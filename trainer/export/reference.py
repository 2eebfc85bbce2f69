"""The trainer's search: the same search over the Keras model itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import tensorflow as tf

from trainer.config import SearchConfig
from trainer.decoder import KerasBody
from trainer.export.directed import direct
from trainer.export.engine import make_decoder, search_sentences
from trainer.export.text import Text
from trainer.lexicon import Lexicon
from trainer.models.base import Translator
from trainer.vocabulary import Vocabulary

_ROWS = 32


class TranslatedSentence(NamedTuple):
    """A translated sentence."""

    text: str
    score: float
    truncated: bool


def translate(
    translator: Translator,
    vocabulary: Vocabulary,
    sources: Sequence[str],
    search: SearchConfig,
    languages: Sequence[str] | None = None,
    lexicon: Lexicon | None = None,
) -> list[TranslatedSentence]:
    """The best translation of each source, an empty one of a source without a piece.

    Args:
        languages: of a model of several directions, that of each translation; None: the model's first.
        lexicon: that the translator was stored with (`trainer.lexicon`).
    """
    text, decoder = Text(vocabulary), make_decoder(search, translator, vocabulary, KerasBody, lexicon)
    strings = tf.TensorSpec([None], tf.string)

    @tf.function(input_signature=[strings, strings], autograph=False)
    def run(sentences: tf.Tensor, wanted: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        rows = direct(text, sentences, wanted).sources if vocabulary.targets else sentences
        source, hypotheses = search_sentences(decoder, text, rows, search, kept=1)
        return text.detokenize(hypotheses.sequences[:, 0]), hypotheses.scores[:, 0], source.truncated

    translations: list[TranslatedSentence] = []
    every = [""] * len(sources) if languages is None else languages
    for first in range(0, len(sources), _ROWS):
        part = slice(first, first + _ROWS)
        rows = [source.encode("utf-8", "surrogateescape") for source in sources[part]]
        outputs = [
            answer.numpy()
            for answer in run(tf.constant(rows, tf.string), tf.constant(every[part], tf.string))
        ]
        translations += [
            TranslatedSentence(translated.decode("utf-8", "replace"), float(score), bool(truncated))
            for translated, score, truncated in zip(*outputs, strict=True)
        ]
    return translations
