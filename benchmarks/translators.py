"""Translators for benchmarks that are told none: trained ones that lie about, and random ones."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from grammar import generate

if TYPE_CHECKING:
    from trainer.models.base import Translator
    from trainer.models.transformer import TransformerConfig
    from trainer.vocabulary import Vocabulary

_ROOT = Path(__file__).resolve().parents[1]


def newest_translator(*folders: str) -> Path | None:
    """The one that was written last in the first of the repository's folders that has any."""
    for folder in folders:
        written = sorted((_ROOT / folder).glob("**/translator/translator.json"), key=os.path.getmtime)
        if written:
            return written[-1].parent
    return None


def random_translator(config: TransformerConfig, pieces: int) -> tuple[Translator, Vocabulary]:
    """One of random weights, and its vocabulary of so many pieces, learnt from the embedded grammar."""
    from trainer.models.build import build_translator

    vocabulary = grammar_vocabulary(pieces)
    return (
        build_translator(config, vocabulary.source_size, vocabulary.target_size, shared=vocabulary.shared),
        vocabulary,
    )


def grammar_vocabulary(pieces: int) -> Vocabulary:
    """Of the embedded grammar, for both sides."""
    from trainer.config import VocabularyConfig
    from trainer.vocabulary import learn_vocabulary

    pairs = generate(2000, seed=1).train
    return learn_vocabulary(
        VocabularyConfig(size=pieces), (pair.source for pair in pairs), (pair.target for pair in pairs)
    )
