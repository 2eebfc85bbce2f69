"""A translator with a recurrent cell of its own: `model: {architecture: minimal-gated}`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from trainer.models.base import ArchitectureConfig, Translator


class MinimalGatedConfig(ArchitectureConfig):
    """Minimal gated units (Zhou et al. 2016) on both sides, with attention."""

    architecture: Literal["minimal-gated"] = "minimal-gated"
    width: int = Field(64, ge=8, description="of states and embeddings")


def build(
    config: MinimalGatedConfig, source_vocabulary: int, target_vocabulary: int, *, shared: bool
) -> Translator:
    """Keras is imported by `layers` alone, so a configuration is checked without it."""
    from .layers import make_translator

    return make_translator(config, source_vocabulary, target_vocabulary, shared=shared)
