"""The inputs beside the source, checked before they are sent: the model refuses no value, as that would fail
all others of its batch."""

from __future__ import annotations

from collections.abc import Sequence

from contracts.signatures import CONSTRAINTS, PREFIX, SEED, TEMPERATURE, TOP_K, TOP_P
from serving.client.requests import CONSTRAINED, SAMPLE, Alternatives, SignatureReader, Translation

_MOST = 2**31


def sampling(temperature: float, top_k: int, top_p: float, seed: int | None) -> SignatureReader[Alternatives]:
    """
    Raises:
        ValueError: a value that means nothing.
    """
    if not 0 < temperature < float("inf"):
        raise ValueError(f"temperature must be above 0, not {temperature}: 1 is the model's own")
    if not 0 <= top_k < _MOST:
        raise ValueError(f"top_k must be from 0 (all pieces) to {_MOST - 1}, not {top_k}")
    if not 0 < top_p <= 1:
        raise ValueError(f"top_p must be above 0 and at most 1, not {top_p}")
    if seed is not None and not 0 <= seed < 2**63:
        raise ValueError(f"seed must be from 0 to 2^63 - 1, not {seed}")
    inputs: dict[str, float | int | str] = {TEMPERATURE: temperature, TOP_K: top_k, TOP_P: top_p}
    return SAMPLE.asking(inputs if seed is None else {**inputs, SEED: seed})


def constraints(must_contain: Sequence[str], prefix: str) -> SignatureReader[Translation]:
    """
    Raises:
        TypeError: one string for a list of phrases.
        ValueError: a phrase that is none, or a prefix of several lines.
    """
    if isinstance(must_contain, str):
        raise TypeError("give a list of phrases, as must_contain=['Hund'], not one string")
    for phrase in must_contain:
        if not phrase.strip() or len(phrase.splitlines()) > 1:
            raise ValueError(f"{phrase!r} is no phrase: give words of one line")
    if len(prefix.splitlines()) > 1:
        raise ValueError(f"{prefix!r} is no prefix: give the beginning of one line")
    return CONSTRAINED.asking({PREFIX: prefix, CONSTRAINTS: "\n".join(must_contain)})
