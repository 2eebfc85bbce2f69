"""Label-smoothed cross entropy (Szegedy et al. 2016, https://arxiv.org/abs/1512.00567, section 7), in
`keras.ops`.
"""

from __future__ import annotations

from typing import Any

from keras import ops


def smoothed_cross_entropy(logits: Any, labels: Any, smoothing: float) -> Any:
    """Logits [N, V] and piece ids [N] → loss of each piece [N], in nats.

    The smoothed labels are `1 - e + e / V` at the label and `e / V` elsewhere. Given whole, they let
    TensorFlow use its fused operation: loss and gradient in one pass over the logits.
    """
    vocabulary = logits.shape[-1]
    rest = smoothing / vocabulary
    at_label = ops.equal(ops.arange(vocabulary, dtype=labels.dtype)[None, :], labels[:, None])
    smoothed = ops.where(at_label, 1.0 - smoothing + rest, rest)
    return ops.categorical_crossentropy(smoothed, logits, from_logits=True)
