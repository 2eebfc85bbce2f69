"""Parts of a sentence pair that translate each other, by the links of its words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Phrase(NamedTuple):
    """Words of the source from `begin` up to `end`, and of the target from `first` up to `last`."""

    begin: int
    end: int
    first: int
    last: int


def phrases(links: Sequence[tuple[int, int]], longest: int) -> list[Phrase]:
    """Those of at most so many source words, all of them linked, with nothing else between their partners
    (Och and Ney 2004, https://aclanthology.org/J04-4002, section 3.2).

    Args:
        links: source and target word, each in one at most.
    """
    partner = dict(links)
    consistent = []
    for begin in sorted(partner):
        partners: list[int] = []
        for end in range(begin + 1, begin + longest + 1):
            if end - 1 not in partner:
                break
            partners.append(partner[end - 1])
            first, last = min(partners), max(partners) + 1
            if last - first == len(partners):
                consistent.append(Phrase(begin, end, first, last))
    return consistent
