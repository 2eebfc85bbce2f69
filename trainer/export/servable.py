"""The SavedModel: four signatures (docs/contracts.md), strings in and out."""

from __future__ import annotations

import gc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import tensorflow as tf

from contracts.examples import SOURCE as SOURCE_FEATURE
from contracts.examples import TARGET_LANGUAGE as TARGET_LANGUAGE_FEATURE
from contracts.signatures import (
    ATTENTION,
    EVALUATE,
    EXPLAIN,
    N_BEST,
    REFUSAL,
    SCORE,
    SCORES,
    SOURCE,
    SOURCE_PIECES,
    TARGET_LANGUAGE,
    TARGET_PIECES,
    TRANSLATE,
    TRANSLATION,
    TRANSLATIONS,
    TRUNCATED,
)
from trainer.config import SearchConfig
from trainer.errors import ExportError
from trainer.export import weights
from trainer.export.directed import direct
from trainer.export.engine import make_decoder, search_sentences
from trainer.export.generic import GenericBody
from trainer.export.text import Text
from trainer.export.weights import Constants, Variables
from trainer.models.base import Hold, State, Translator, optional
from trainer.search.interface import Hypotheses, Model, StartingDecoder, loose_shapes
from trainer.vocabulary import BOS, Vocabulary

_SOURCE = tf.TensorSpec([None], tf.string, name=SOURCE)
_TARGET_LANGUAGE = tf.TensorSpec([None], tf.string, name=TARGET_LANGUAGE)
_EXAMPLES = tf.TensorSpec([None], tf.string, name="examples")


class Servable:
    """A translator with its search, ready to be saved."""

    def __init__(self, translator: Translator, vocabulary: Vocabulary, search: SearchConfig) -> None:
        self.text = Text(vocabulary)
        self._search = search
        self._decoder, self.variables = _decoder(search, translator, vocabulary)

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
        kept = self._search.beams
        ids, found = search_sentences(self._decoder, self.text, source, self._search, kept=kept)
        shape = tf.shape(found.sequences)
        texts = self.text.detokenize(tf.reshape(found.sequences, [shape[0] * kept, shape[2]]))
        return {
            TRANSLATIONS: tf.reshape(texts, [shape[0], kept]),
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
            ATTENTION: self._attention(ids.ids, found),
            TRANSLATION: self.text.detokenize(target),
            SCORE: found.scores[:, 0],
        }

    def _attention(self, source: tf.Tensor, found: Hypotheses) -> tf.Tensor:
        """Attention [B, T, S] of each piece of the best hypotheses; 0 at padding."""
        target = found.sequences[:, 0]
        shape = tf.shape(target)
        previous = tf.pad(target, [[0, 0], [1, 0]], constant_values=BOS)
        decoder = self._decoder

        def look(time: tf.Tensor, state: State, seen: tf.TensorArray) -> tuple[Any, ...]:
            step, state = decoder.step(previous[:, time][:, None], state, time)
            return time + 1, state, seen.write(time, step.attention[:, 0])

        state, _ = decoder.reserve(decoder.start(source, 1), shape[1] - 1)
        seen = tf.TensorArray(tf.float32, size=shape[1], element_shape=[None, None])
        *_, seen = tf.while_loop(
            lambda time, *_: time < shape[1],
            look,
            (tf.constant(0), state, seen),
            (tf.TensorShape([]), loose_shapes(state), None),
            parallel_iterations=1,
        )
        attention = tf.cond(
            shape[1] > 0,
            lambda: tf.transpose(seen.stack(), [1, 0, 2]),
            lambda: tf.zeros([shape[0], 0, tf.shape(source)[1]]),
        )
        real = tf.sequence_mask(found.lengths[:, 0], shape[1], tf.float32)
        return attention * real[:, :, None]


def _decoder(
    search: SearchConfig, translator: Translator, vocabulary: Vocabulary
) -> tuple[StartingDecoder, list[tf.Variable]]:
    """The architecture's fast body, or the generic one, with its head, and the variables that it reads."""
    longest = max(search.max_source_length, search.max_target_length)

    def decoder(hold: Hold) -> StartingDecoder:
        def model(one: Translator) -> Model:
            make = optional(one.config, "fast_body")
            fast: Model | None = make(one, longest, hold) if make else None
            return GenericBody(one, hold) if fast is None else fast

        return make_decoder(search, translator, vocabulary, model)

    constants, variables = Constants(), Variables()
    made = decoder(constants)
    if constants.bytes > weights.CONSTANT_BYTES:
        del made
        gc.collect()  # A decoder and its functions know each other, and hold what is made once more now.
        made = decoder(variables)
    return made, variables.variables


def _make_signature(text: Text, answer: Callable[[tf.Tensor], dict[str, tf.Tensor]]) -> Any:
    """What answers to sources, as a signature; of a model of several directions with the wanted language of
    each, and with a word on those that it does not have.
    """
    if not text.vocabulary.targets:
        return tf.function(answer, input_signature=[_SOURCE], autograph=False)

    def directed(source: tf.Tensor, target_language: tf.Tensor) -> dict[str, tf.Tensor]:
        rows = direct(text, source, target_language)
        return {**answer(rows.sources), REFUSAL: rows.refusal}

    return tf.function(directed, input_signature=[_SOURCE, _TARGET_LANGUAGE], autograph=False)


def export_translator(
    translator: Translator, vocabulary: Vocabulary, search: SearchConfig, directory: Path | str
) -> None:
    """Write a SavedModel.

    Raises:
        ExportError: the beam is wider than the vocabulary.
    """
    if search.beams >= vocabulary.target_size:
        raise ExportError(
            f"search.beams is {search.beams}, and the target vocabulary has {vocabulary.target_size} pieces, "
            f"the end among them: set search.beams to {vocabulary.target_size - 1} or less, or raise "
            "vocabulary.size"
        )
    servable = Servable(translator, vocabulary, search)
    default = _make_signature(servable.text, servable.serving_default)
    features = [SOURCE_FEATURE, *([TARGET_LANGUAGE_FEATURE] if vocabulary.targets else [])]

    def serving_examples(examples: tf.Tensor) -> dict[str, tf.Tensor]:
        feature = tf.io.FixedLenFeature([], tf.string, default_value="")
        parsed = tf.io.parse_example(examples, dict.fromkeys(features, feature))
        return default(*(parsed[name] for name in features))

    signatures = {
        TRANSLATE.name: default,
        N_BEST.name: _make_signature(servable.text, servable.n_best),
        EXPLAIN.name: _make_signature(servable.text, servable.explain),
        EVALUATE.name: tf.function(serving_examples, input_signature=[_EXAMPLES], autograph=False),
    }
    # Only tokenizers and variables are tracked: a tracked function would be stored, with its weights, beside
    # the signature.
    tracked = tf.Module()
    tracked.text, tracked.weights = servable.text, servable.variables
    concrete = {name: function.get_concrete_function() for name, function in signatures.items()}
    tf.saved_model.save(tracked, str(directory), signatures=concrete)
