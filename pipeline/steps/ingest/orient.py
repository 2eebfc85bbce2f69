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
    as_it_is = languages.source, languages.target
    for direction in directions:
        asked = direction.source_language, direction.target_language
        if asked in (as_it_is, as_it_is[::-1]) and (split == TEST or not direction.zero_shot):
            # A rewriting has one language on both sides, and is not turned round.
            source, target = (pair.source, pair.target)[:: 1 if asked == as_it_is else -1]
            yield pair._replace(
                source=source,
                target=target,
                source_language=direction.source_language.encode(),
                target_language=direction.target_language.encode(),
            )
