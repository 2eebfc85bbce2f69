"""Sources with the language that each is wanted in, for models of several directions."""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

from trainer.directions import tag_sources
from trainer.export.text import Text


class Directed(NamedTuple):
    """Sources as the model reads them."""

    sources: tf.Tensor
    """[B] string; empty where there is nothing to translate, or it is refused."""
    refusal: tf.Tensor
    """[B] string: why a row is not translated, or empty."""


def direct(text: Text, sources: tf.Tensor, languages: tf.Tensor) -> Directed:
    """Sources [B] and target languages [B], the model's first where empty, both string."""
    targets = text.vocabulary.targets
    wanted = tf.where(languages == "", targets[0], languages)
    known = tf.reduce_any(wanted[:, None] == tf.constant(targets)[None], axis=1)
    said = text.source.tokenize(sources).row_lengths() > 0
    refusals = tf.strings.join(
        ["no translation into ", wanted, f": this model translates into {', '.join(targets)}"]
    )
    tagged = tag_sources(sources, wanted)
    return Directed(tf.where(known & said, tagged, ""), tf.where(known, "", refusals))
