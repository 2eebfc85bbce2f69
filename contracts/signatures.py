"""The signatures of an exported model, with the names of their inputs and outputs (docs/contracts.md).

`B` rows, `K` hypotheses, `S` source pieces, `T` target pieces.
"""

from __future__ import annotations

from dataclasses import dataclass

SOURCE = "source"
"""Input, string [B]."""
EXAMPLES = "examples"
"""Input, string [B]: serialized tf.Examples."""

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

ALWAYS = (TRANSLATE, N_BEST, EXPLAIN, EVALUATE)
"""Those that every model has."""
OPTIONAL = ("align", "sample", "constrained")
"""Names of those that a model may have; its card says which."""
