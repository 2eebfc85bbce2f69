"""An exported model as the gate and the report use it: through its signatures, nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tensorflow as tf

from contracts.signatures import (
    ALIGN,
    ALIGNMENT,
    ATTENTION,
    EVALUATE,
    EXAMPLES,
    EXPLAIN,
    REFUSAL,
    SOURCE,
    SOURCE_PIECES,
    TARGET_LANGUAGE,
    TARGET_PIECES,
    TRANSLATION,
)
from pipeline.errors import PipelineError
from pipeline.examples.shards import Pair, serialize
from pipeline.examples.text import as_text


def saved_model_folder(uri: str | Path) -> Path:
    """The SavedModel of a TFX Model artifact (`Format-Serving` in it) or of a pushed version (itself).

    Raises:
        PipelineError: neither holds a SavedModel.
    """
    for folder in (Path(uri), Path(uri) / "Format-Serving"):
        if (folder / "saved_model.pb").is_file():
            return folder
    raise PipelineError(
        f"no SavedModel in {uri} or its Format-Serving folder: was the version retired or moved?"
    )


def pushed_version(uri: str | Path) -> int | None:
    """The version number of a pushed model, MODEL_ROOT/NAME/VERSION; None for a model that was not pushed."""
    name = Path(uri).name
    return int(name) if name.isascii() and name.isdigit() else None


@dataclass(frozen=True)
class Explanation:
    """Attention of one translation, T target pieces by S source pieces."""

    source_pieces: list[str]
    target_pieces: list[str]
    attention: np.ndarray


@dataclass(frozen=True)
class Alignment:
    """Of one translation: `links[t]`, the place of the source piece that target piece t comes from; None: of
    none.
    """

    source_pieces: list[str]
    target_pieces: list[str]
    links: list[int | None]


class ExportedModel:
    """A loaded SavedModel."""

    def __init__(self, uri: str | Path) -> None:
        # Registers the SentencePiece operations of the graph; with Keras, so loaded when a model is.
        import tensorflow_text  # noqa: F401

        self.folder = saved_model_folder(uri)
        self._model = tf.saved_model.load(str(self.folder))

    def translate_examples(
        self, serialized: Sequence[bytes], lengths: Sequence[int], batch: int
    ) -> list[bytes]:
        """Translations of serialized tf.Examples, in their order.

        Sentences of like length share a batch, so that little of it is padding; the longest come first, so
        that a batch too large for the memory fails at once.

        Args:
            serialized: tf.Examples with a `source` feature [B]; for a model of several directions with
                `target_language`, too.
            lengths: length of each source, in any unit [B].
            batch: sentences in a batch.

        Raises:
            PipelineError: the model has no such signature, does not translate into a language that is
                wanted, or answered with another number of rows.
        """
        signature = self._signature(EVALUATE.name)
        order = sorted(range(len(serialized)), key=lambda row: -lengths[row])
        translations = [b""] * len(serialized)
        for start in range(0, len(order), batch):
            rows = order[start : start + batch]
            asked = {EXAMPLES: tf.constant([serialized[row] for row in rows])}
            answered = signature(**asked)
            answers = answered[TRANSLATION].numpy()
            if len(answers) != len(rows):
                raise PipelineError(
                    f"{self.folder} answered {len(answers)} rows to {len(rows)}: export it again"
                )
            if refusals := _refusals(answered):
                raise PipelineError(
                    f"{self.folder}: {refusals[0]}: give a model that does, or leave the direction out"
                )
            for row, answer in zip(rows, answers, strict=True):
                translations[row] = answer
        return translations

    def refused(self, languages: Sequence[str]) -> frozenset[str]:
        """Those of the languages that it does not translate into, of a model of several directions."""
        signature = self._signature(EVALUATE.name)
        return frozenset(
            language
            for language in dict.fromkeys(languages)
            if _refusals(signature(**{EXAMPLES: tf.constant([_wanted(language)])}))
        )

    def explain(self, sources: Sequence[str], language: str = "") -> list[Explanation]:
        """Pieces and attention of a few sentences, one by one; `language`: the one that is wanted, of a model
        of several directions.
        """
        explanations = []
        for outputs in self._ask_one_by_one(EXPLAIN.name, sources, language):
            source, target = _pieces(outputs, SOURCE_PIECES), _pieces(outputs, TARGET_PIECES)
            attention = outputs[ATTENTION].numpy()[0][: len(target), : len(source)]
            explanations.append(Explanation(source, target, attention))
        return explanations

    @property
    def aligns(self) -> bool:
        """Whether it has the optional signature that `align` asks."""
        return ALIGN.name in self._model.signatures

    def align(self, sources: Sequence[str], language: str = "") -> list[Alignment]:
        """Pieces and their links of a few sentences, one by one; `language` as of `explain`."""
        alignments = []
        for outputs in self._ask_one_by_one(ALIGN.name, sources, language):
            source, target = _pieces(outputs, SOURCE_PIECES), _pieces(outputs, TARGET_PIECES)
            links = outputs[ALIGNMENT].numpy()[0][: len(target)].tolist()
            alignments.append(Alignment(source, target, [link if link >= 0 else None for link in links]))
        return alignments

    def _ask_one_by_one(
        self, name: str, sources: Sequence[str], language: str
    ) -> Iterator[Mapping[str, tf.Tensor]]:
        signature = self._signature(name)
        several = TARGET_LANGUAGE in signature.structured_input_signature[1]
        wanted = {TARGET_LANGUAGE: tf.constant([language])} if several else {}
        for source in sources:
            yield signature(**{SOURCE: tf.constant([source.encode("utf-8", errors="replace")])}, **wanted)

    def _signature(self, name: str) -> tf.types.experimental.ConcreteFunction:
        try:
            return self._model.signatures[name]
        except KeyError:
            known = ", ".join(self._model.signatures)
            raise PipelineError(
                f"{self.folder} has no signature `{name}`, only {known}: export it again"
            ) from None


def _pieces(outputs: Mapping[str, tf.Tensor], name: str) -> list[str]:
    """Of the only row. Empty pieces are padding, which a search that grows its caches by blocks leaves at the
    end.
    """
    return [as_text(piece) for piece in outputs[name].numpy()[0] if piece]


def _refusals(answered: Mapping[str, tf.Tensor]) -> list[str]:
    """Why rows were not translated; a model of one direction refuses none."""
    return (
        [as_text(refusal) for refusal in answered[REFUSAL].numpy() if refusal] if REFUSAL in answered else []
    )


def _wanted(language: str) -> bytes:
    """An example of whatever that is wanted in the language."""
    return serialize(Pair(b"a", b"", b"", 0, b"", language.encode()))
