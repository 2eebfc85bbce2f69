"""Label-smoothed cross entropy (Szegedy et al. 2016, https://arxiv.org/abs/1512.00567, section 7), in
`keras.ops`.
"""

from __future__ import annotations

from typing import Any

from keras import ops


def smoothed_cross_entropy(logits: Any, labels: Any, smoothing: float) -> Any:
    """Logits [N, V] and piece ids [N] → loss of each piece [N], in nats.

    With q the smoothed labels, `H(q, p) = (1 - e) * -log p(label) + e / V * sum_v -log p(v)`: the second
    term needs no one-hot labels, only the mean of the logits.
    """
    normaliser = ops.logsumexp(logits, axis=-1)
    label_logits = ops.squeeze(ops.take_along_axis(logits, labels[:, None], axis=-1), axis=-1)
    return normaliser - (1.0 - smoothing) * label_logits - smoothing * ops.mean(logits, axis=-1)
