"""A translator of any architecture, from its configuration."""

from __future__ import annotations

from typing import cast

import keras

from trainer.models.base import ARCHITECTURES, Architecture, ArchitectureConfig, Translator


def build_translator(
    config: ArchitectureConfig,
    source_vocabulary: int,
    target_vocabulary: int,
    *,
    shared: bool,
    precision: str = "float32",
) -> Translator:
    """A translator with fresh weights, all of them created.

    Args:
        shared: one vocabulary, so source and target pieces have one embedding table.
        precision: of the matrix products, `float32` or `bfloat16`; weights are float32 in both.

    Raises:
        KindError: the architecture is not there any more, cannot be loaded, or fails to build.
    """
    architecture = cast(Architecture, ARCHITECTURES.module(config.architecture))
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16" if precision == "bfloat16" else "float32")
    try:
        with ARCHITECTURES.running(config.architecture):
            return architecture.build(config, source_vocabulary, target_vocabulary, shared=shared)
    finally:
        keras.config.set_dtype_policy(policy)
