"""The SavedModel: four signatures (docs/contracts.md), and those that are asked for, strings in and out."""

from __future__ import annotations

import gc
from pathlib import Path

import tensorflow as tf

from contracts.examples import SOURCE as SOURCE_FEATURE
from contracts.signatures import (
    ATTENTION,
    CONSTRAINED,
    EVALUATE,
    EXPLAIN,
    N_BEST,
    OPTIONAL,
    SCORE,
    SCORES,
    SOURCE,
    SOURCE_PIECES,
    TARGET_PIECES,
    TENSORS,
    TRANSLATE,
    TRANSLATION,
    TRANSLATIONS,
    TRUNCATED,
)
from trainer.config import ExportConfig, SearchConfig
from trainer.errors import ExportError
from trainer.export import weights
from trainer.export.attention import read_attention
from trainer.export.engine import make_decoder, search_sentences
from trainer.export.generic import GenericBody
from trainer.export.optional import OptionalSignatures
from trainer.export.text import Text
from trainer.export.weights import Constants, Variables
from trainer.models.base import Hold, Translator, optional
from trainer.search.interface import Model, StartingDecoder
from trainer.vocabulary import Vocabulary

_SOURCE = tf.TensorSpec([None], tf.string, name=SOURCE)
_NOTHING_MORE = ExportConfig()
_EXAMPLES = tf.TensorSpec([None], tf.string, name="examples")


class Servable:
    """A translator with its search, ready to be saved."""

    def __init__(
        self,
        translator: Translator,
        vocabulary: Vocabulary,
        search: SearchConfig,
        export: ExportConfig = _NOTHING_MORE,
    ) -> None:
        self.text = Text(vocabulary)
        self._search = search
        self._decoder, self.variables = _decoder(search, translator, vocabulary)
        self.optional = OptionalSignatures(self._decoder, self.text, search, export)

    def serving_default(self, source: tf.Tensor) -> dict[str, tf.Tensor]:
        """The best translation of each source."""
        ids, found = search_sentences(self._decoder, self.text, source, self._search, kept=1)
        return {
            TRANSLATION: self.text.detokenize(found.sequences[:, 0]),
            SCORE: found.scores[:, 0],
            TRUNCATED: ids.truncated,
        }

    def n_best(self, source: tf.Tensor) -> dict[str, tf.Tensor]:
        """The K best translations of each source."""
        ids, found = search_sentences(self._decoder, self.text, source, self._search, kept=self._search.beams)
        return {
            TRANSLATIONS: self.text.detokenize_all(found.sequences),
            SCORES: found.scores,
            TRUNCATED: ids.truncated,
        }

    def explain(self, source: tf.Tensor) -> dict[str, tf.Tensor]:
        """The best translation, its pieces, and where in the source each of them looked."""
        ids, found = search_sentences(self._decoder, self.text, source, self._search, kept=1)
        target = found.sequences[:, 0]
        return {
            SOURCE_PIECES: self.text.source_pieces(ids.ids),
            TARGET_PIECES: self.text.target_pieces(target),
            ATTENTION: read_attention(self._decoder, ids.ids, found),
            TRANSLATION: self.text.detokenize(target),
            SCORE: found.scores[:, 0],
        }


def _decoder(
    search: SearchConfig, translator: Translator, vocabulary: Vocabulary
) -> tuple[StartingDecoder, list[tf.Variable]]:
    """The architecture's fast body, or the generic one, with its head, and the variables that it reads."""
    longest = max(search.max_source_length, search.max_target_length)

    def decoder(hold: Hold) -> StartingDecoder:
        def model(one: Translator) -> Model:
            make = optional(one.config, "fast_body")
            made: Model = make(one, longest, hold) if make else GenericBody(one, hold)
            return made

        return make_decoder(search, translator, vocabulary, model)

    constants, variables = Constants(), Variables()
    made = decoder(constants)
    if constants.bytes > weights.CONSTANT_BYTES:
        del made
        gc.collect()  # A decoder and its functions know each other, and hold what is made once more now.
        made = decoder(variables)
    return made, variables.variables


def export_translator(
    translator: Translator,
    vocabulary: Vocabulary,
    search: SearchConfig,
    directory: Path | str,
    export: ExportConfig = _NOTHING_MORE,
) -> None:
    """Write a SavedModel.

    Raises:
        ExportError: a beam is wider than the vocabulary.
    """
    _check_beams("search.beams", search.beams, vocabulary)
    if CONSTRAINED.name in export.signatures:
        _check_beams("export.constrained_beams", export.constrained_beams, vocabulary)
    servable = Servable(translator, vocabulary, search, export)
    default = tf.function(servable.serving_default, input_signature=[_SOURCE], autograph=False)

    def serving_examples(examples: tf.Tensor) -> dict[str, tf.Tensor]:
        feature = tf.io.FixedLenFeature([], tf.string, default_value="")
        return default(tf.io.parse_example(examples, {SOURCE_FEATURE: feature})[SOURCE_FEATURE])

    signatures = {
        TRANSLATE.name: default,
        N_BEST.name: tf.function(servable.n_best, input_signature=[_SOURCE], autograph=False),
        EXPLAIN.name: tf.function(servable.explain, input_signature=[_SOURCE], autograph=False),
        EVALUATE.name: tf.function(serving_examples, input_signature=[_EXAMPLES], autograph=False),
    }
    for signature in OPTIONAL:
        if signature.name in export.signatures:
            specs = [tf.TensorSpec([None], TENSORS[name].dtype, name=name) for name in signature.inputs]
            graph = getattr(servable.optional, signature.name)
            signatures[signature.name] = tf.function(graph, input_signature=specs, autograph=False)
    # Only tokenizers and variables are tracked: a tracked function would be stored, with its weights, beside
    # the signature.
    tracked = tf.Module()
    tracked.text, tracked.weights = servable.text, servable.variables
    concrete = {name: function.get_concrete_function() for name, function in signatures.items()}
    tf.saved_model.save(tracked, str(directory), signatures=concrete)


def _check_beams(key: str, beams: int, vocabulary: Vocabulary) -> None:
    if beams >= vocabulary.target_size:
        raise ExportError(
            f"{key} is {beams}, and the target vocabulary has {vocabulary.target_size} pieces, "
            f"the end among them: set {key} to {vocabulary.target_size - 1} or less, or raise "
            "vocabulary.size"
        )
