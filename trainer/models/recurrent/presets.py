"""Names for what recurrent translators are often given together."""

from __future__ import annotations

from typing import Any

from trainer.models.base import Preset

# base: a half of Luong et al. 2015 in depth and width; big: theirs, 4 layers of 1000.
PRESETS: dict[str, dict[str, float | int]] = {
    "tiny": dict(encoder_layers=1, decoder_layers=1, width=128, dropout=0.1),
    "small": dict(encoder_layers=2, decoder_layers=2, width=256, dropout=0.2),
    "base": dict(encoder_layers=2, decoder_layers=2, width=512, dropout=0.2),
    "big": dict(encoder_layers=4, decoder_layers=4, width=1024, dropout=0.2),
}
"""Sizes alone."""
VARIANTS: dict[str, dict[str, Any]] = {
    "elman": dict(cell="rnn", attention="none"),
    "sutskever": dict(cell="lstm", attention="none", bidirectional=False, reverse_source=True),
    "cho": dict(cell="gru", attention="none", context="transformed", context_enters="both"),
    "mean-context": dict(cell="gru", attention="none", context="mean", context_enters="every-step"),
    "bahdanau": dict(cell="gru", attention="bahdanau", score="additive"),
    "bahdanau-normalised": dict(cell="gru", attention="bahdanau", score="additive", scale="learned"),
    "luong": dict(cell="lstm", attention="luong", score="general", input_feeding=True),
    "luong-dot": dict(cell="lstm", attention="luong", score="dot"),
    "luong-concat": dict(cell="lstm", attention="luong", score="additive"),
    "luong-local": dict(cell="lstm", attention="luong", score="general", scope="local-p"),
    "luong-local-m": dict(cell="lstm", attention="luong", score="general", scope="local-m"),
    "luong-heads": dict(cell="lstm", attention="luong", score="general", scale="root", heads=4),
    "luong-hard": dict(cell="lstm", attention="luong", score="general", hard=True),
    "cosine": dict(cell="lstm", attention="luong", score="cosine", scale="learned"),
    "deep-residual": dict(
        cell="lstm",
        encoder_layers=4,
        decoder_layers=4,
        residual=True,
        recurrent_dropout=0.2,
        input_feeding=True,
    ),
}
"""Other networks, of the sizes of `small`."""
_NO_ATTENTION = "nothing beside its cells"
_WORDS = {
    "tiny": ("0.3 million weights beside the embeddings", "demonstrations and tests"),
    "small": ("2.0 million", "tens of thousands of short pairs"),
    "base": ("8.1 million", "hundreds of thousands of short pairs"),
    "big": ("62 million", "to compare with Luong et al. 2015"),
    "elman": (_NO_ATTENTION, "to see what gates are for: it forgets"),
    "sutskever": (
        _NO_ATTENTION,
        "sentences of a few words, and as the baseline that shows why attention came",
    ),
    "cho": (_NO_ATTENTION, "the same, with the context at every step"),
    "mean-context": (_NO_ATTENTION, "the same, with a context of all states"),
    "bahdanau": ("a comparison with all of the source, of one layer more, at each step", "free word order"),
    "bahdanau-normalised": (
        "the same, and a factor",
        "to compare scores, as `bahdanau` with a vector of any length",
    ),
    "luong": ("one product with all of the source at each step", "the recurrent one to begin with"),
    "luong-dot": ("as luong, but at once in training", "states of both sides that are alike"),
    "luong-concat": (
        "a tanh of each piece with each",
        "to compare scores: Luong et al. 2015 made little of it",
    ),
    "luong-local": (
        "as luong, and the place around which 21 pieces count is predicted",
        "languages of like word order; long sources",
    ),
    "luong-local-m": ("as luong, of which the 21 pieces around count", "languages of the same word order"),
    "luong-heads": ("as luong, in four parts", "pieces that come from several places"),
    "luong-hard": ("as luong; once trained, one piece of the source is read", "links from one piece to one"),
    "cosine": ("as luong-dot, and the lengths of states", "states of very different lengths"),
    "deep-residual": ("twice the layers of luong", "more pairs than `small` can learn from"),
}
ALL = {
    name: Preset({**PRESETS.get(name, PRESETS["small"]), **VARIANTS.get(name, {})}, *words)
    for name, words in _WORDS.items()
}
