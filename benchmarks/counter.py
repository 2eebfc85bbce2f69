"""What an export made use of, by the pieces that it read and wrote."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from benchmarks.pieces import count
from benchmarks.rates import Rates
from benchmarks.roofline import Batches, Share, searched_piece, share

if TYPE_CHECKING:
    from trainer.models.transformer import TransformerConfig
    from trainer.vocabulary import Vocabulary


class Counter:
    """Knows what the pieces of a translator cost."""

    def __init__(self, model: TransformerConfig, vocabulary: Vocabulary, beams: int, rates: Rates) -> None:
        self._model, self._vocabulary = model, vocabulary
        self._beams, self._rates = beams, rates

    def written(self, translations: Sequence[str]) -> int:
        """Target pieces, with each end."""
        return count(self._vocabulary.target_model, translations, ends=1)

    def share(self, batch: int, rate: float, sources: Sequence[str], translations: Sequence[str]) -> Share:
        """Of `rate` sentences a second, asked `batch` at a time."""
        read = count(self._vocabulary.source_model, sources, ends=1)
        written = self.written(translations)
        asking = Batches(self._beams, batch, written / len(sources), read / written)
        work = searched_piece(self._model, self._vocabulary.target_size, asking)
        return share(rate * asking.target_pieces, work, self._rates)
