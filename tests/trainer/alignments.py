"""How wrong an alignment is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

Links = set[tuple[int, int]]
"""Of a sentence: target and source place, from 0."""


def error_rate(attention: np.ndarray, lengths: Sequence[int], known: Sequence[Links]) -> float:
    """1 - 2 |A and S| / (|A| + |S|) (Och and Ney 2003, https://aclanthology.org/J03-1002, equation 5, where
    every known link is sure).

    Args:
        attention: [B, T, S]; a target piece is linked to where it looks most.
        lengths: target pieces of each sentence that count.
    """
    both = found = sure = 0
    for rows, length, links in zip(attention, lengths, known, strict=True):
        ours = {(place, int(row.argmax())) for place, row in enumerate(rows[:length])}
        both, found, sure = both + len(ours & links), found + len(ours), sure + len(links)
    return 1.0 - 2.0 * both / (found + sure)
