"""The probes: sentences that the serving check asks and that a pushed version warms up with: those of
`canary_sentences`, and some of the dev split."""

from __future__ import annotations

from pipeline.config import ServingCheckConfig
from pipeline.examples.shards import first_sources

SPLIT = "dev"
"""Where sentences are drawn from, beside those of the configuration."""
_DRAWN_FROM = 1000


def draw_probes(uris: list[str], config: ServingCheckConfig) -> list[str]:
    """Those of the configuration, then sources of the split (its folders are `uris`), evenly spread over its
    first thousand sentences."""
    sources = first_sources(uris, _DRAWN_FROM)
    step = max(1, len(sources) // config.sentences)
    return [*config.canary_sentences, *sources[::step][: config.sentences]]
