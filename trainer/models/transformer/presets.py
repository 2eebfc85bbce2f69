"""Names for what Transformers are often given together."""

from __future__ import annotations

from typing import Any

from trainer.models.base import Preset

# tiny: Wu et al. 2021 (arXiv 2105.14462) halved in depth; base and big: Vaswani et al. 2017, table 3;
# deep-shallow: Kasai et al. 2021 (arXiv 2006.10369), at the width of `small`.
PRESETS: dict[str, dict[str, float | int]] = {
    "tiny": dict(encoder_layers=2, decoder_layers=2, width=128, feed_forward=256, heads=4, dropout=0.1),
    "small": dict(encoder_layers=3, decoder_layers=3, width=256, feed_forward=512, heads=4, dropout=0.2),
    "base": dict(encoder_layers=6, decoder_layers=6, width=512, feed_forward=2048, heads=8, dropout=0.1),
    "big": dict(encoder_layers=6, decoder_layers=6, width=1024, feed_forward=4096, heads=16, dropout=0.3),
    "deep-shallow": dict(
        encoder_layers=6, decoder_layers=1, width=256, feed_forward=512, heads=4, dropout=0.2
    ),
}
"""Sizes alone."""
VARIANTS: dict[str, dict[str, Any]] = {
    "ssru": dict(decoder="ssru"),
    "average-attention": dict(decoder="average-attention"),
    "hybrid": dict(decoder="recurrent"),
    "hybrid-other-way": dict(encoder="recurrent"),
    "shared-depth": dict(shared_depth=True, embedding_width=128),
    "windowed": dict(encoder_window=64, decoder_window=64, positions="rotary"),
    "rotary-rms-swiglu": dict(positions="rotary", normalisation="rms", activation="swiglu", feed_forward=341),
    "post-norm": dict(norm="post"),
    "gelu-learned": dict(activation="gelu", positions="learned"),
    "relative": dict(positions="relative"),
    "relative-buckets": dict(positions="relative-buckets"),
}
"""Other networks, of the sizes of `small`."""
_WORDS = {
    "tiny": ("0.7 million weights beside the embeddings", "demonstrations and tests"),
    "small": ("4 million", "tens of thousands of pairs, trained and served without a GPU"),
    "base": ("44 million", "a million pairs, and a GPU"),
    "big": ("176 million", "many millions of pairs, and several GPUs"),
    "deep-shallow": ("4 million, most of which are used once a sentence", "fast answers"),
    "ssru": ("a step of search costs the same however long the target", "long targets, many beams"),
    "average-attention": (
        "a step of search costs the same however long the target",
        "long targets; the order of pieces is in their positions alone",
    ),
    "hybrid": (
        "training goes piece by piece on the target's side; steps of search cost the same",
        "long targets, with a Transformer's encoder",
    ),
    "hybrid-other-way": (
        "training goes piece by piece on the source's side; time grows with its length, not the square",
        "to compare what reads the source",
    ),
    "shared-depth": ("1.4 million weights beside the embeddings, in the time of 4", "small files"),
    "windowed": (
        "time and memory grow with the length, not with its square",
        "sources of thousands of pieces",
    ),
    "rotary-rms-swiglu": ("4 million; no decoder of its own for export", "parts that came after 2017"),
    "post-norm": (
        "4 million; wants more warm-up steps",
        "to compare with Vaswani et al. 2017, who had it so",
    ),
    "gelu-learned": ("4 million; no decoder of its own for export", "weights that other tools understand"),
    "relative": ("a product more for each pair of pieces", "order by distances (Shaw et al. 2018)"),
    "relative-buckets": ("a number for each pair of pieces", "order by distances, as T5 has it"),
}
ALL = {
    name: Preset({**PRESETS.get(name, PRESETS["small"]), **VARIANTS.get(name, {})}, *words)
    for name, words in _WORDS.items()
}
