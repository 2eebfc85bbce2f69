"""The signatures of an exported model, with the names of their inputs and outputs (docs/contracts.md).

`B` rows, `K` hypotheses, `S` source pieces, `T` target pieces.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

SOURCE = "source"
"""Input, string [B]."""
EXAMPLES = "examples"
"""Input, string [B]: serialized tf.Examples."""
TEMPERATURE = "temperature"
"""Input, float32 [B]: above 1 flatter; towards 0, and below, the likeliest."""
TOP_K = "top_k"
"""Input, int32 [B]: of the likeliest pieces so many; not above 0: all."""
TOP_P = "top_p"
"""Input, float32 [B]: the fewest likeliest pieces that have this probability; not below 1: all."""
SEED = "seed"
"""Input, int64 [B]: fixes what is drawn for the row, whatever other rows there are."""
PREFIX = "prefix"
"""Input, string [B]: what the translation begins with; its last word may go on, unless a space ends it."""
CONSTRAINTS = "constraints"
"""Input, string [B]: phrases that the translation contains, a line each."""

TARGET_LANGUAGE = "target_language"
"""Input, string [B], of models of several directions only: BCP 47; empty: the model's first."""

TRANSLATION = "translation"
"""String [B]."""
SCORE = "score"
"""float32 [B]: of the translation, its log-probability normalised by length."""
TRUNCATED = "truncated"
"""bool [B]: the model read only the source's beginning."""
TRANSLATIONS = "translations"
"""String [B, K], the best first."""
SCORES = "scores"
"""float32 [B, K]."""
SOURCE_PIECES = "source_pieces"
"""String [B, S]."""
TARGET_PIECES = "target_pieces"
"""String [B, T]."""
ATTENTION = "attention"
"""float32 [B, T, S]."""
REFUSAL = "refusal"
"""String [B], of models of several directions only: empty, or why the row was not translated. A row of its
own, since an error would be that of all the requests in its batch."""
ALIGNMENT = "alignment"
"""int32 [B, T]: the source piece, from 0, that each target piece comes from; -1: none."""
UNMET = "unmet"
"""String [B]: prefix and phrases that the translation could not be given, a line each."""


@dataclass(frozen=True)
class TensorSpec:
    """What a name stands for, in whatever signature."""

    dtype: Literal["string", "float32", "int32", "int64", "bool"]
    axes: str
    """A letter each."""


TENSORS = {
    SOURCE: TensorSpec("string", "B"),
    EXAMPLES: TensorSpec("string", "B"),
    TEMPERATURE: TensorSpec("float32", "B"),
    TOP_K: TensorSpec("int32", "B"),
    TOP_P: TensorSpec("float32", "B"),
    SEED: TensorSpec("int64", "B"),
    PREFIX: TensorSpec("string", "B"),
    CONSTRAINTS: TensorSpec("string", "B"),
    TARGET_LANGUAGE: TensorSpec("string", "B"),
    TRANSLATION: TensorSpec("string", "B"),
    SCORE: TensorSpec("float32", "B"),
    TRUNCATED: TensorSpec("bool", "B"),
    TRANSLATIONS: TensorSpec("string", "BK"),
    SCORES: TensorSpec("float32", "BK"),
    SOURCE_PIECES: TensorSpec("string", "BS"),
    TARGET_PIECES: TensorSpec("string", "BT"),
    ATTENTION: TensorSpec("float32", "BTS"),
    ALIGNMENT: TensorSpec("int32", "BT"),
    UNMET: TensorSpec("string", "B"),
    REFUSAL: TensorSpec("string", "B"),
}

UNASKED: dict[str, float | int | str] = {
    TEMPERATURE: 1.0,
    TOP_K: 0,
    TOP_P: 1.0,
    SEED: 0,
    PREFIX: "",
    CONSTRAINTS: "",
    TARGET_LANGUAGE: "",
}
"""Of inputs beside the source, what asks for nothing in particular."""


@dataclass(frozen=True)
class Signature:
    """What is asked by a name: the tensors in and out."""

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


TRANSLATE = Signature("serving_default", (SOURCE,), (TRANSLATION, SCORE, TRUNCATED))
N_BEST = Signature("n_best", (SOURCE,), (TRANSLATIONS, SCORES, TRUNCATED))
EXPLAIN = Signature("explain", (SOURCE,), (SOURCE_PIECES, TARGET_PIECES, ATTENTION, TRANSLATION, SCORE))
EVALUATE = Signature("serving_examples", (EXAMPLES,), TRANSLATE.outputs)
ALIGN = Signature("align", (SOURCE,), (SOURCE_PIECES, TARGET_PIECES, ALIGNMENT, TRANSLATION, SCORE))
SAMPLE = Signature("sample", (SOURCE, TEMPERATURE, TOP_K, TOP_P, SEED), N_BEST.outputs)
CONSTRAINED = Signature("constrained", (SOURCE, PREFIX, CONSTRAINTS), (*TRANSLATE.outputs, UNMET))

ALWAYS = (TRANSLATE, N_BEST, EXPLAIN, EVALUATE)
"""Those that every model has."""
OPTIONAL = (ALIGN, SAMPLE, CONSTRAINED)
"""Those that a model has whose configuration asks for them; its card names them."""
