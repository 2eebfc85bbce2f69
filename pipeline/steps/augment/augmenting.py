"""Sentence pairs in, the same and more out: what the executor does to each shard."""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice

from contracts.sections import Section
from contracts.vocabulary import protected_pieces
from pipeline.config.augmentation import AugmentationConfig
from pipeline.examples.shards import Pair
from pipeline.examples.text import as_text
from pipeline.steps.augment.word_links import Links, WordLinks
from texts.disturbances.base import DISTURBANCES, DisturbanceConfig, SentencePair, Sides
from texts.normalisation import normalise

_TOGETHER = 256
"""Pairs that are aligned at once."""


class AugmentPlan(Section):
    """What the executor needs of the run's configuration; its JSON is part of the cache key."""

    augmentation: AugmentationConfig
    protected: int = 0
    """Of the vocabulary."""


class Augmenting:
    """What is made of pairs, one shard after another."""

    def __init__(self, plan: AugmentPlan, held_out: Collection[bytes], links: WordLinks | None) -> None:
        """
        Args:
            held_out: `source_key` of what dev and test have: a disturbed pair must not teach them.
            links: None where no disturbance asks for them.
        """
        self._plan, self._held_out, self._links = plan, held_out, links
        self._pieces = protected_pieces(plan.protected)
        self.added: Counter[str] = Counter(
            {disturbance.name: 0 for disturbance in plan.augmentation.disturbances}
        )
        """Pairs, by disturbance."""

    def pairs(self, given: Iterable[Pair]) -> Iterator[Pair]:
        """Each pair, and behind it what is made of it."""
        before: Pair | None = None
        pairs = iter(given)
        while batch := list(islice(pairs, _TOGETHER)):
            chosen = [self._chosen(pair) for pair in batch]
            links = self._aligned(batch, chosen)
            for pair, disturbances, its in zip(batch, chosen, links, strict=True):
                yield pair
                yield from self._disturbed(pair, before, disturbances, its)
                before = pair

    def _chosen(self, pair: Pair) -> list[DisturbanceConfig]:
        return [
            disturbance
            for disturbance in self._plan.augmentation.disturbances
            if self._chance(disturbance, pair).random() < disturbance.rate
        ]

    def _chance(self, disturbance: DisturbanceConfig, pair: Pair) -> random.Random:
        """The pair's own, wherever it stands, so that what is made of it does not depend on others."""
        parts = (pair.source, pair.target, pair.corpus, str(pair.line).encode(), pair.target_language)
        seed = f"{self._plan.augmentation.seed} {disturbance.name}".encode()
        return random.Random(hashlib.blake2b(b"\0".join((seed, *parts)), digest_size=16).digest())

    def _aligned(self, pairs: Sequence[Pair], chosen: Sequence[list[DisturbanceConfig]]) -> list[Links]:
        """Of those that a disturbance asks for; of others none."""
        asked = [place for place, its in enumerate(chosen) if any(disturbance.aligns for disturbance in its)]
        links: list[Links] = [()] * len(pairs)
        if self._links is not None and asked:
            for place, its in zip(asked, self._links.of([as_texts(pairs[at]) for at in asked]), strict=True):
                links[place] = its
        return links

    def _disturbed(
        self, pair: Pair, before: Pair | None, disturbances: Sequence[DisturbanceConfig], links: Links
    ) -> Iterator[Pair]:
        source, target = as_texts(pair)
        neighbours = before is not None and (before.corpus, before.direction) == (pair.corpus, pair.direction)
        given = SentencePair(
            source, target, links, as_texts(before) if before and neighbours else None, self._pieces
        )
        for disturbance in disturbances:
            chance = self._chance(disturbance, pair)
            chance.random()  # It said that the pair is chosen.
            with DISTURBANCES.running(disturbance.name):
                sides = disturbance.disturb(given, chance)
            if sides is None:
                continue
            made, reference = map(normalise, sides)
            if made and reference and source_key(made.encode()) not in self._held_out:
                self.added[disturbance.name] += 1
                yield pair._replace(source=made.encode(), target=reference.encode())


def source_key(source: bytes) -> bytes:
    """The same for sources that differ in case and spaces alone."""
    text = " ".join(source.decode("utf-8", "replace").lower().split())
    return hashlib.blake2b(text.encode(), digest_size=8).digest()


def as_texts(pair: Pair) -> Sides:
    """Its two sides."""
    return as_text(pair.source), as_text(pair.target)
