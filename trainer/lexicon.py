"""Which target pieces each source piece is likely to be written as, learned from aligned training pairs: the
dictionary from which the head `lexical-shortlist` lists what may come next.

Notation: `S` source pieces of the vocabulary, `N` candidates of each, `V` target pieces.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from contracts.vocabulary import MOST_CANDIDATES
from trainer.aligner import encode_texts, learn_model
from trainer.arrays import read_arrays, write_arrays
from trainer.errors import TrainerError
from trainer.vocabulary import PAD, Vocabulary

_FILE = "lexicon.npz"
"""In the folder of a stored translator."""
_FORMAT = 1
_LEAST = 1e-4
"""Candidates of less probability are none: pieces that were in one sentence pair by chance."""


class Lexicon(NamedTuple):
    """Ids of pieces, int32."""

    same: np.ndarray
    """[S]: the target piece that is written as the source piece is, since names are copied; `PAD`: none."""
    candidates: np.ndarray
    """[S, N]: the target pieces that a source piece is likeliest written as, the likeliest first, then `PAD`.
    """
    frequent: np.ndarray
    """[V]: all target pieces, those with the most occurrences first."""
    fixed: np.ndarray
    """Pieces that may come in every translation: special ones, bytes, and those that are never cut, as
    protected ones and those of the user.
    """

    def save(self, folder: Path) -> None:
        """Write it into the folder of a stored translator, where `load_lexicon` finds it."""
        write_arrays(folder / _FILE, list(self), {"format": _FORMAT})


def load_lexicon(folder: Path) -> Lexicon | None:
    """That of a stored translator; None where it has none.

    Raises:
        TrainerError: it is damaged, or of a format that is not known.
    """
    path = folder / _FILE
    if not path.exists():
        return None
    arrays, meta = read_arrays(path)
    if meta.get("format") != _FORMAT or len(arrays) != len(Lexicon._fields):
        raise TrainerError(
            f"{path} has format {meta.get('format')}, and this version reads {_FORMAT}: train again, or use "
            "the version that wrote it"
        )
    return Lexicon(*arrays)


def learn_lexicon(pairs: Sequence[tuple[str, str]], vocabulary: Vocabulary, longest: int) -> Lexicon:
    """From source and target texts; the same pairs give the same lexicon.

    Args:
        longest: pieces on a side, the end counted; longer pairs are left out.

    Raises:
        DataError: no pair is left.
    """
    encoded = encode_texts(pairs, vocabulary, longest)
    base = max(vocabulary.source_size, vocabulary.target_size)
    model = learn_model(encoded, base)
    counts = np.bincount(np.concatenate([target for _, target in encoded]), minlength=vocabulary.target_size)
    return Lexicon(
        same=_same(vocabulary),
        candidates=_likeliest(
            model.pairs.numpy() // base,
            model.pairs.numpy() % base,
            model.probabilities.numpy(),
            vocabulary.source_size,
        ),
        frequent=np.argsort(-counts, kind="stable").astype(np.int32),
        fixed=np.array(vocabulary.fixed_targets(), np.int32),
    )


def _likeliest(given: np.ndarray, written: np.ndarray, probabilities: np.ndarray, size: int) -> np.ndarray:
    """[S, N] from pairs of pieces, of equally likely ones the lower first."""
    kept = probabilities >= _LEAST
    given, written, probabilities = given[kept], written[kept], probabilities[kept]
    order = np.lexsort((written, -probabilities, given))
    given, written = given[order], written[order]
    firsts = np.searchsorted(given, np.arange(size))
    ranks = np.arange(len(given)) - firsts[given]
    kept = (ranks < MOST_CANDIDATES) & (given != PAD)  # `PAD`: written without a source piece.
    candidates = np.full((size, MOST_CANDIDATES), PAD, np.int32)
    candidates[given[kept], ranks[kept]] = written[kept]
    return candidates


def _same(vocabulary: Vocabulary) -> np.ndarray:
    """See `Lexicon.same`."""
    if vocabulary.shared:
        return np.arange(vocabulary.source_size, dtype=np.int32)
    targets = {piece: place for place, piece in enumerate(vocabulary.target_pieces())}
    return np.array([targets.get(piece, PAD) for piece in vocabulary.source_pieces()], np.int32)
