"""A pair as it is in each of several directions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from contracts.directions import Direction
from contracts.examples import TEST
from pipeline.config import Languages
from pipeline.examples.shards import Pair
from texts.formats.base import SideLanguages


def orient(
    pair: Pair, split: str, languages: Languages | SideLanguages, directions: Sequence[Direction]
) -> Iterator[Pair]:
    """The pair in every direction of its two languages, in its split: a sentence is in no two splits,
    whichever side it is on. One that is never trained is in `test` alone; without directions the pair is as
    it is.
    """
    if not directions:
        yield pair
    sides = {languages.source: pair.source, languages.target: pair.target}
    for one in directions:
        source, target = one.source_language, one.target_language
        if {source, target} == sides.keys() and (split == TEST or not one.zero_shot):
            yield pair._replace(
                source=sides[source],
                target=sides[target],
                source_language=source.encode(),
                target_language=target.encode(),
            )
