"""The probes: sentences that the serving check asks and that a pushed version warms up with: those of
`canary_sentences`, and some of the dev split."""

from __future__ import annotations

from typing import NamedTuple

from pipeline.config import ServingCheckConfig
from pipeline.examples.shards import first_pairs

SPLIT = "dev"
"""Where sentences are drawn from, beside those of the configuration."""
_DRAWN_FROM = 1000


class Probe(NamedTuple):
    """A sentence and the language that it is translated into; empty: the model's first, or only one."""

    source: str
    language: str = ""


def draw_probes(uris: list[str], config: ServingCheckConfig) -> list[Probe]:
    """Those of the configuration, then sources of the split (its folders are `uris`), evenly spread over its
    first thousand sentences; of several target languages as many for each."""
    drawn: dict[str, list[Probe]] = {}
    for pair in first_pairs(uris, _DRAWN_FROM):
        language = pair.target_language.decode()
        drawn.setdefault(language, []).append(Probe(pair.source.decode("utf-8", "replace"), language))
    probes = [Probe(sentence) for sentence in config.canary_sentences]
    for sentences in drawn.values():
        step = max(1, len(sentences) // config.sentences)
        probes += sentences[::step][: config.sentences]
    return probes
