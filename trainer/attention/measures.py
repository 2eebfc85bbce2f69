"""What is said of a head's weights.

Notation: `B` sentences, `T` target length, `S` source length, of the real pieces alone; ends count.
"""

from __future__ import annotations

import numpy as np


def entropies(weights: np.ndarray) -> np.ndarray:
    """Weights [..., S], rows of sum 1 → how spread they are, `-Σ a log2 a`, in bits (Ghader and Monz 2017,
    https://arxiv.org/abs/1710.03348).
    """
    return -np.sum(weights * np.log2(np.maximum(weights, 1e-12)), axis=-1)


def distances(weights: np.ndarray) -> np.ndarray:
    """Weights [..., T, S], rows of sum 1 → how far from the diagonal each target piece looks, [..., T].

    `Σ_s a(t, s) |s/S - t/T|` over the middles of pieces: the mean attention distance of Vig and Belinkov 2019
    (https://arxiv.org/abs/1906.04284) with the distance of Dyer et al. 2013
    (https://aclanthology.org/N13-1073, section 2), as two sentences have no places in common.
    """
    targets, sources = weights.shape[-2:]
    apart = np.abs(_middles(sources)[None, :] - _middles(targets)[:, None])
    return np.sum(weights * apart, axis=-1)


def _middles(length: int) -> np.ndarray:
    return (np.arange(length) + 0.5) / length
