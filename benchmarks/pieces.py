"""How many pieces texts have."""

from __future__ import annotations

from collections.abc import Sequence

import sentencepiece


def count(model: bytes, texts: Sequence[str], ends: int = 0) -> int:
    """In all texts together, cut by a SentencePiece model; `ends`: that are added to each text."""
    processor = sentencepiece.SentencePieceProcessor(model_proto=model)
    return sum(len(ids) + ends for ids in processor.encode(list(texts)))
