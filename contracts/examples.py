"""What TFX's `Examples` artifacts hold: sentence pairs as tf.Example, in three splits (docs/contracts.md)."""

from __future__ import annotations

TRAIN, DEV, TEST = SPLITS = ("train", "dev", "test")

SOURCE = "source"
"""UTF-8."""
TARGET = "target"
"""UTF-8."""
CORPUS = "corpus"
"""The name of its corpus; of one that splits itself, with the part of the test split."""
LINE = "line"
"""int64, from 1, in its file."""
SOURCE_LANGUAGE, TARGET_LANGUAGE = "source_language", "target_language"
"""BCP 47; in runs of several directions only."""
DIRECTION = "direction"
"""As `en-de`; in what the Evaluator writes, of runs of several directions."""
LENGTH = "length"
"""The name of the length slice; in what the Evaluator writes."""
