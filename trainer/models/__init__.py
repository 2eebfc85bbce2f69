"""Translators: written in `keras.ops` alone, so that they train on every Keras backend."""

from trainer.models.transformer import Memory, Transformer, build_translator

__all__ = ["Memory", "Transformer", "build_translator"]
