"""The test split with what each system made of it: one tf.Example a sentence, for the gate and the report.

Features: `source`, `target` (the reference), `corpus`, `line` as ingested; `length` (name of its length
slice); `candidate` and, where there is one, `baseline` (the systems' translations); where there are several
directions also `direction`, as `en-de`, and `target_language`; where the baseline does not translate into
some language also `uncompared`, 1 in those rows, whose `baseline` is empty.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import tensorflow as tf

from contracts.errors import DataError
from contracts.examples import (
    CORPUS,
    DIRECTION,
    LENGTH,
    LINE,
    SOURCE,
    SOURCE_LANGUAGE,
    TARGET,
    TARGET_LANGUAGE,
)
from pipeline.examples.text import as_text
from pipeline.steps.evaluate.slices import length_slice

CANDIDATE, BASELINE, UNCOMPARED = "candidate", "baseline", "uncompared"

_FILE_NAME = "translations-00000-of-00001.gz"


@dataclass(frozen=True)
class EvaluatedSentence:
    """A test sentence, its reference and the systems' translations."""

    source: str
    reference: str
    corpus: str
    line: int
    length: str
    candidate: str
    baseline: str | None
    """None: there is no baseline, or it does not translate into the language."""
    direction: str = ""
    """As `en-de`, where there are several."""
    target_language: str = ""


@dataclass(frozen=True)
class TestSentence:
    """An ingested test sentence: the features used here."""

    __test__ = False  # pytest: no test, in spite of the name

    source: bytes
    target: bytes
    corpus: bytes
    line: int
    source_language: bytes = b""
    target_language: bytes = b""
    """Both empty where there is one direction."""


def read_sentences(folders: Sequence[str | Path]) -> list[TestSentence]:
    """The sentences in the TFRecord files of the folders (one per artifact), in their order.

    Raises:
        DataError: there is none.
    """
    sentences = [_sentence(record) for folder in folders for record in _records(Path(folder))]
    if not sentences:
        raise DataError(
            f"no sentence to evaluate on in {', '.join(map(str, folders))}: "
            "name `test` files or give `split.test` a share"
        )
    return sentences


def write_translations(
    folder: Path,
    sentences: Sequence[TestSentence],
    candidate: Sequence[bytes],
    baseline: Sequence[bytes] | None,
    length_bounds: Sequence[int],
    refused: Collection[str] = (),
) -> None:
    """Writes the examples into the folder (made if needed) as one gzip TFRecord file; `refused`: languages
    that the baseline does not translate into.
    """
    folder.mkdir(parents=True, exist_ok=True)
    options = tf.io.TFRecordOptions(compression_type="GZIP")
    with tf.io.TFRecordWriter(str(folder / _FILE_NAME), options) as writer:
        for row, sentence in enumerate(sentences):
            length = length_slice(as_text(sentence.source), length_bounds)
            features = {
                SOURCE: _text(sentence.source),
                TARGET: _text(sentence.target),
                CORPUS: _text(sentence.corpus),
                LINE: _number(sentence.line),
                LENGTH: _text(length.encode()),
                CANDIDATE: _text(candidate[row]),
            }
            if sentence.target_language:
                features[DIRECTION] = _text(b"-".join((sentence.source_language, sentence.target_language)))
                features[TARGET_LANGUAGE] = _text(sentence.target_language)
            if baseline is not None:
                features[BASELINE] = _text(baseline[row])
            if refused:
                features[UNCOMPARED] = _number(int(sentence.target_language.decode() in refused))
            example = tf.train.Example(features=tf.train.Features(feature=features))
            writer.write(example.SerializeToString())


def read_translations(folder: str | Path) -> list[EvaluatedSentence]:
    """What `write_translations` wrote."""
    return [_translation(record) for record in _records(Path(folder))]


def _records(folder: Path) -> Iterator[bytes]:
    for file in sorted(folder.iterdir()):
        if file.is_file() and not file.name.startswith("."):
            compression = "GZIP" if file.suffix == ".gz" else ""
            yield from tf.data.TFRecordDataset(str(file), compression).as_numpy_iterator()


def _sentence(record: bytes) -> TestSentence:
    features = tf.train.Example.FromString(record).features.feature
    return TestSentence(
        source=_bytes(features[SOURCE]),
        target=_bytes(features[TARGET]),
        corpus=_bytes(features[CORPUS]),
        line=_integer(features[LINE]),
        source_language=_bytes(features[SOURCE_LANGUAGE]),
        target_language=_bytes(features[TARGET_LANGUAGE]),
    )


def _translation(record: bytes) -> EvaluatedSentence:
    features = tf.train.Example.FromString(record).features.feature
    return EvaluatedSentence(
        source=as_text(_bytes(features[SOURCE])),
        reference=as_text(_bytes(features[TARGET])),
        corpus=as_text(_bytes(features[CORPUS])),
        line=_integer(features[LINE]),
        length=as_text(_bytes(features[LENGTH])),
        candidate=as_text(_bytes(features[CANDIDATE])),
        baseline=(
            as_text(_bytes(features[BASELINE]))
            if BASELINE in features and not _integer(features[UNCOMPARED])
            else None
        ),
        direction=as_text(_bytes(features[DIRECTION])),
        target_language=as_text(_bytes(features[TARGET_LANGUAGE])),
    )


def _text(value: bytes) -> tf.train.Feature:
    return tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))


def _number(value: int) -> tf.train.Feature:
    return tf.train.Feature(int64_list=tf.train.Int64List(value=[value]))


def _bytes(feature: tf.train.Feature) -> bytes:
    return feature.bytes_list.value[0] if feature.bytes_list.value else b""


def _integer(feature: tf.train.Feature) -> int:
    return feature.int64_list.value[0] if feature.int64_list.value else 0
