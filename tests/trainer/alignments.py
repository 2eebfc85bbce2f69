"""How wrong an alignment is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from texts.alignments import Link, alignment_error_rate

Links = set[Link]
"""Of a sentence: target and source place, from 0."""


def error_rate(attention: np.ndarray, lengths: Sequence[int], known: Sequence[Links]) -> float:
    """AER of all sentences together, where every known link is sure.

    Args:
        attention: [B, T, S]; a target piece is linked to where it looks most.
        lengths: target pieces of each sentence that count.
    """
    proposed, sure, first = set[Link](), set[Link](), 0
    for rows, length, links in zip(attention, lengths, known, strict=True):
        ours = {(place, int(row.argmax())) for place, row in enumerate(rows[:length])}
        for all_links, here in ((proposed, ours), (sure, links)):
            all_links |= {(place + first, other + first) for place, other in here}
        first += max(rows.shape)
    return alignment_error_rate(sure, sure, proposed)
