"""Duplicates and leaks found by 64-bit fingerprints, packed: 16 bytes a pair instead of the pair.

With n pairs the chance that any two different ones collide is about n² / 2^65: one in 40,000 for 30 million.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

# Groups of fingerprints that workers compare apart from each other.
BUCKETS = 64
_BUCKET_SHIFT = np.uint64(58)  # 64 - log2(BUCKETS)
_RECORD = np.dtype([("print", "<u8"), ("place", "<u8")])


def text_prints(texts: Sequence[str]) -> np.ndarray:
    """Fingerprints of normalised texts, in which white space is single spaces: uint64 [N]."""
    return _prints(texts)


def pair_prints(
    sources: Sequence[str], targets: Sequence[str], target_languages: Sequence[bytes]
) -> np.ndarray:
    """Fingerprints of normalised pairs: uint64 [N]. The language of the targets is empty in a run of one
    direction; where there are several, one text may be right in two languages.
    """
    if not any(target_languages):
        return _prints(map("\n".join, zip(sources, targets, strict=True)))
    named = [language.decode() for language in target_languages]
    return _prints(map("\n".join, zip(sources, targets, named, strict=True)))


def _prints(keys: Iterable[str]) -> np.ndarray:
    digests = [hashlib.blake2b(key.encode(), digest_size=8).digest() for key in keys]
    return np.frombuffer(b"".join(digests), "<u8")


def pack_by_bucket(prints: np.ndarray, places: np.ndarray) -> Iterator[tuple[int, bytes]]:
    """Bucket numbers with packed records of fingerprint and place (both uint64 [N])."""
    records = np.empty(len(prints), _RECORD)
    records["print"], records["place"] = prints, places
    buckets = records["print"] >> _BUCKET_SHIFT
    for bucket in np.unique(buckets).tolist():
        yield bucket, records[buckets == bucket].tobytes()


def later_places(packed: Iterable[bytes]) -> bytes:
    """Packed places of all records of a bucket whose fingerprint has been seen at a smaller place."""
    records = np.concatenate([np.frombuffer(part, _RECORD) for part in packed])
    records = records[np.lexsort((records["place"], records["print"]))]
    repeated = np.flatnonzero(records["print"][1:] == records["print"][:-1]) + 1
    encoded: bytes = records["place"][repeated].tobytes()
    return encoded


class NumberSet:
    """A set of uint64 numbers at 8 bytes each, asked for many at once."""

    def __init__(self, packed: Iterable[bytes]) -> None:
        parts = [np.frombuffer(part, "<u8") for part in packed]
        self._sorted = np.unique(np.concatenate(parts)) if parts else np.empty(0, "<u8")

    def contain(self, numbers: np.ndarray) -> np.ndarray:
        """Which of the numbers (uint64 [N]) are in the set: bool [N]."""
        if not len(self._sorted):
            return np.zeros(len(numbers), bool)
        at = np.minimum(np.searchsorted(self._sorted, numbers), len(self._sorted) - 1)
        known: np.ndarray = self._sorted[at] == numbers
        return known
