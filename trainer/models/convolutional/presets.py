"""Names for what convolutional translators are often given together."""

from __future__ import annotations

from trainer.models.base import Preset

# base: a half of Gehring et al. 2017 in depth, with their width of most layers.
PRESETS: dict[str, dict[str, float | int]] = {
    "tiny": dict(encoder_layers=2, decoder_layers=2, width=128, dropout=0.1),
    "small": dict(encoder_layers=4, decoder_layers=4, width=256, dropout=0.2),
    "base": dict(encoder_layers=8, decoder_layers=8, width=512, dropout=0.2),
}
_WORDS = {
    "tiny": ("0.5 million weights beside the embeddings", "demonstrations and tests"),
    "small": ("3.8 million", "tens of thousands of short pairs"),
    "base": ("30 million", "hundreds of thousands of pairs, and a GPU"),
}
ALL = {name: Preset(PRESETS[name], *words) for name, words in _WORDS.items()}
