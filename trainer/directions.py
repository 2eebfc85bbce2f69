"""Several directions in one model (Johnson et al. 2017, https://arxiv.org/abs/1611.04558): a piece before the
source says which language is wanted, and directions with few pairs are sampled more often.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import tensorflow as tf

from contracts.examples import CORPUS, SOURCE_LANGUAGE, TARGET_LANGUAGE
from contracts.vocabulary import TAG

_FEATURES = {
    CORPUS: tf.io.FixedLenFeature([], tf.string, ""),
    SOURCE_LANGUAGE: tf.io.FixedLenFeature([], tf.string, ""),
    TARGET_LANGUAGE: tf.io.FixedLenFeature([], tf.string, ""),
}


def tag_sources(sources: tf.Tensor, languages: tf.Tensor) -> tf.Tensor:
    """Sources [B] and the languages [B] that they are translated into, string → sources [B] with the tags
    before them; what looks like a tag in a source is none.
    """
    plain = tf.strings.regex_replace(sources, TAG, " ")
    return tf.strings.join(["<2", languages, "> ", plain])


def direction(row: Mapping[str, tf.Tensor]) -> tf.Tensor:
    """Parsed examples [B] → their directions [B], as `en-de`."""
    return tf.strings.join([row[SOURCE_LANGUAGE], row[TARGET_LANGUAGE]], "-")


def count_directions(files: Sequence[Path], weights: Mapping[str, float]) -> dict[str, float]:
    """The pairs in gzip TFRecords by direction; of a corpus with a weight as many as an epoch has of it."""
    records = tf.data.TFRecordDataset(sorted(map(str, files)), compression_type="GZIP").batch(4096)
    pairs: Counter[tuple[bytes, bytes]] = Counter()
    for batch in records.map(lambda serialized: tf.io.parse_example(serialized, _FEATURES)):
        pairs.update(zip(direction(batch).numpy(), batch[CORPUS].numpy(), strict=True))
    counts: Counter[str] = Counter()
    for (name, corpus), count in pairs.items():
        counts[name.decode()] += count * weights.get(corpus.decode(), 1.0)  # type: ignore[assignment]
    return dict(counts)


def sampling_weights(counts: Mapping[str, float], temperature: float) -> dict[str, float]:
    """How often each pair of a direction comes in an epoch, 1 for the direction with the most pairs: with a
    share p of them it is sampled in proportion to p^(1/temperature) (Arivazhagan et al. 2019,
    https://arxiv.org/abs/1907.05019, section 4.1).
    """
    most = max(counts.values(), default=0)
    return {name: (most / count) ** (1 - 1 / temperature) for name, count in counts.items()}
