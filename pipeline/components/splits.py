"""The split of a sentence whose corpus is split by hash."""

from __future__ import annotations

import hashlib

from contracts.examples import DEV, TEST, TRAIN
from texts.formats.base import HashSplit


def split_of(source: bytes, shares: HashSplit) -> str:
    """The split of a source sentence: the same for the same source, on every machine and in every run.

    Sources that differ only in spaces or in the case of ASCII letters share a split, so that a near copy of
    a test sentence is not trained on.
    """
    key = b" ".join(source.split()).lower()
    # 53 bits, so that the quotient is exact in a float.
    position = (int.from_bytes(hashlib.blake2b(key, digest_size=8).digest(), "big") >> 11) / (1 << 53)
    if position < shares.dev:
        return DEV
    return TEST if position < shares.dev + shares.test else TRAIN
