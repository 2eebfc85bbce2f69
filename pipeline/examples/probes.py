"""The probes: sentences that the serving check asks and that a pushed version warms up with: those of
`canary_sentences`, and some of the dev split."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from pipeline.config import ServingCheckConfig
from pipeline.examples.shards import Pair, first_pairs, pairs_of

SPLIT = "dev"
"""Where sentences are drawn from, beside those of the configuration."""
_DRAWN_FROM = 1000
"""Sentences of each direction."""
_READ = 1_000_000
"""Pairs at most, where there are several directions: corpora lie one behind the other."""


class Probe(NamedTuple):
    """A sentence and the language that it is translated into; empty: the model's first, or only one."""

    source: str
    language: str = ""


def draw_probes(uris: list[str], config: ServingCheckConfig) -> list[Probe]:
    """Those of the configuration, then sources of the split (its folders are `uris`), evenly spread over its
    first thousand sentences; of several directions as many of each, spread over its first thousand."""
    drawn: dict[str, list[Probe]] = {}
    for pair in _pairs(uris):
        sentences = drawn.setdefault(pair.direction, [])
        if len(sentences) < _DRAWN_FROM:
            source, language = pair.source.decode("utf-8", "replace"), pair.target_language.decode()
            sentences.append(Probe(source, language))
    probes = [Probe(sentence) for sentence in config.canary_sentences]
    for sentences in drawn.values():
        step = max(1, len(sentences) // config.sentences)
        probes += sentences[::step][: config.sentences]
    return probes


def _pairs(uris: list[str]) -> Iterator[Pair]:
    """The pairs among which directions are looked for; of a single direction no more than are drawn from."""
    several = any(pair.direction for pair in first_pairs(uris, 1))
    return islice(pairs_of(uris), _READ if several else _DRAWN_FROM)
