"""The SavedModel: four signatures (docs/contracts.md), and those that are asked for, strings in and out."""

from __future__ import annotations

import gc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import tensorflow as tf

from contracts.attention import AligningHead
from contracts.examples import SOURCE as SOURCE_FEATURE
from contracts.examples import TARGET_LANGUAGE as TARGET_LANGUAGE_FEATURE
from contracts.signatures import (
    ATTENTION,
    CONSTRAINED,
    EVALUATE,
    EXPLAIN,
    N_BEST,
    OPTIONAL,
    REFUSAL,
    SCORE,
    SCORES,
    SOURCE_PIECES,
    TARGET_LANGUAGE,
    TARGET_PIECES,
    TENSORS,
    TRANSLATE,
    TRANSLATION,
    TRANSLATIONS,
    TRUNCATED,
    Signature,
)
from trainer.config import ExportConfig, SearchConfig
from trainer.errors import ExportError
from trainer.export import weights
from trainer.export.attention import read_attention
from trainer.export.directed import direct
from trainer.export.engine import make_decoder, search_sentences
from trainer.export.generic import GenericBody
from trainer.export.optional import OptionalSignatures
from trainer.export.text import Text
from trainer.export.weights import Constants, Variables
from trainer.lexicon import Lexicon
from trainer.models.base import Hold, Translator, optional
from trainer.search.interface import Model, StartingDecoder
from trainer.vocabulary import Vocabulary

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
        aligning: AligningHead | None = None,
        lexicon: Lexicon | None = None,
    ) -> None:
        self.text = Text(vocabulary)
        self._search = search
        self._aligning = aligning
        self._decoder, self.variables = _decoder(search, translator, vocabulary, lexicon)
        self.optional = OptionalSignatures(self._decoder, self.text, search, export, aligning)

    def serving_default(self, source: tf.Tensor) -> dict[str, tf.Tensor]:
        """The best translation of each source."""
        ids, hypotheses = search_sentences(self._decoder, self.text, source, self._search, kept=1)
        return {
            TRANSLATION: self.text.detokenize(hypotheses.sequences[:, 0]),
            SCORE: hypotheses.scores[:, 0],
            TRUNCATED: ids.truncated,
        }

    def n_best(self, source: tf.Tensor) -> dict[str, tf.Tensor]:
        """The K best translations of each source."""
        ids, hypotheses = search_sentences(
            self._decoder, self.text, source, self._search, kept=self._search.beams
        )
        return {
            TRANSLATIONS: self.text.detokenize_all(hypotheses.sequences),
            SCORES: hypotheses.scores,
            TRUNCATED: ids.truncated,
        }

    def explain(self, source: tf.Tensor) -> dict[str, tf.Tensor]:
        """The best translation, its pieces, and where in the source each of them looked: the head that
        `align` goes by, if one was chosen, or what explains each step.
        """
        ids, hypotheses = search_sentences(self._decoder, self.text, source, self._search, kept=1)
        target = hypotheses.sequences[:, 0]
        attention = read_attention(self._decoder, ids.ids, hypotheses, self._aligning)
        return {
            SOURCE_PIECES: self.text.source_pieces(ids.ids),
            TARGET_PIECES: self.text.target_pieces(target),
            ATTENTION: attention[:, :, self.text.tag_length :],
            TRANSLATION: self.text.detokenize(target),
            SCORE: hypotheses.scores[:, 0],
        }


def _decoder(
    search: SearchConfig, translator: Translator, vocabulary: Vocabulary, lexicon: Lexicon | None
) -> tuple[StartingDecoder, list[tf.Variable]]:
    """The architecture's fast body, or the generic one, with its head, and the variables that it reads."""
    longest = max(search.max_source_length, search.max_target_length)

    def decoder(hold: Hold) -> StartingDecoder:
        def model(wrapped: Translator) -> Model:
            make = optional(wrapped.config, "fast_body")
            fast: Model | None = make(wrapped, longest, hold) if make else None
            return GenericBody(wrapped, hold) if fast is None else fast

        return make_decoder(search, translator, vocabulary, model, lexicon)

    constants, variables = Constants(), Variables()
    made = decoder(constants)
    if constants.bytes > weights.CONSTANT_BYTES:
        del made
        gc.collect()  # A decoder and its functions know each other, and hold what is made once more now.
        made = decoder(variables)
    return made, variables.variables


def _make_signature(text: Text, signature: Signature, answer: Callable[..., dict[str, tf.Tensor]]) -> Any:
    """What answers to the signature's inputs, the source the first of them; of a model of several directions
    with the wanted language of each row beside it, and with a word on those that it does not have.
    """
    specs = [_spec(name) for name in signature.inputs]
    if not text.vocabulary.targets:
        return tf.function(answer, input_signature=specs, autograph=False)

    def directed(source: tf.Tensor, target_language: tf.Tensor, *others: tf.Tensor) -> dict[str, tf.Tensor]:
        rows = direct(text, source, target_language)
        return {**answer(rows.sources, *others), REFUSAL: rows.refusal}

    first, *others = specs
    return tf.function(directed, input_signature=[first, _spec(TARGET_LANGUAGE), *others], autograph=False)


def _spec(name: str) -> tf.TensorSpec:
    return tf.TensorSpec([None], TENSORS[name].dtype, name=name)


def export_translator(
    translator: Translator,
    vocabulary: Vocabulary,
    search: SearchConfig,
    directory: Path | str,
    export: ExportConfig = _NOTHING_MORE,
    aligning: AligningHead | None = None,
    lexicon: Lexicon | None = None,
) -> None:
    """Write a SavedModel; `aligning`: what its signature `align`, if it has one, and `explain` go by, as
    `trainer.attention.study` chooses it; `lexicon`: that the translator was stored with, for heads of
    search that go by it.

    Raises:
        ExportError: a beam is wider than the vocabulary, there is no such head, or one that lacks something.
    """
    _check_beams("search.beams", search.beams, vocabulary)
    if CONSTRAINED.name in export.signatures:
        _check_beams("export.constrained_beams", export.constrained_beams, vocabulary)
    servable = Servable(translator, vocabulary, search, export, aligning, lexicon)
    default = _make_signature(servable.text, TRANSLATE, servable.serving_default)
    features = [SOURCE_FEATURE, *([TARGET_LANGUAGE_FEATURE] if vocabulary.targets else [])]

    def serving_examples(examples: tf.Tensor) -> dict[str, tf.Tensor]:
        feature = tf.io.FixedLenFeature([], tf.string, default_value="")
        parsed = tf.io.parse_example(examples, dict.fromkeys(features, feature))
        return default(*(parsed[name] for name in features))

    signatures = {
        TRANSLATE.name: default,
        N_BEST.name: _make_signature(servable.text, N_BEST, servable.n_best),
        EXPLAIN.name: _make_signature(servable.text, EXPLAIN, servable.explain),
        EVALUATE.name: tf.function(serving_examples, input_signature=[_EXAMPLES], autograph=False),
    }
    for signature in OPTIONAL:
        if signature.name in export.signatures:
            answer = getattr(servable.optional, signature.name)
            signatures[signature.name] = _make_signature(servable.text, signature, answer)
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
            f"the end among them: set {key} to {vocabulary.target_size - 1} or less"
        )
