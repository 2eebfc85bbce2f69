"""`lexical-shortlist`: the softmax over the pieces that the words of the source are likely translated into.

Each source piece lists the target pieces that an alignment of the training pairs found likeliest for it
(`trainer.lexicon`), and with them come the most frequent ones: Jean et al. 2015
(https://arxiv.org/abs/1412.2007, section 3.3), L'Hostis et al. 2016 (https://arxiv.org/abs/1610.00072), and
Marian's `--shortlist`. The output layer is as much smaller as the pieces are fewer. What nobody lists has the
probability 0, and the others share it: scores are a little higher than, and do not compare with, those over
all pieces.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from contracts.vocabulary import MOST_CANDIDATES
from trainer.errors import ExportError
from trainer.search.heads.base import HeadConfig, Resources

if TYPE_CHECKING:
    from trainer.search.decoder import BodyWithHead


class LexicalShortlistConfig(HeadConfig):
    """Only pieces that the source's are likely written as may come next, and the most frequent ones."""

    name: Literal["lexical-shortlist"] = "lexical-shortlist"
    candidates: int = Field(
        50, ge=1, le=MOST_CANDIDATES, description="target pieces of each source piece, the likeliest"
    )
    frequent: int = Field(100, ge=0, description="most frequent target pieces, of every sentence")
    pairs: int = Field(
        100_000,
        ge=1,
        description="training pairs that the lexicon is learned from, drawn; of memory 11 KB each at 24 "
        "pieces a side",
    )

    def lexicon_pairs(self) -> int:
        """See `HeadConfig.lexicon_pairs`."""
        return self.pairs


def build(config: LexicalShortlistConfig, resources: Resources) -> BodyWithHead:
    """The body with what its sentences list.

    Raises:
        ExportError: the translator has no lexicon, or its body no output layer for some of the pieces.
    """
    import numpy as np

    from trainer.search.decoder import BodyWithHead
    from trainer.search.shortlisted import ListedPieces, Lister, ListingBody

    model, lexicon = resources.model, resources.lexicon
    if lexicon is None:
        raise ExportError(
            "search.head: lexical-shortlist asks for the lexicon of the training pairs, and the stored "
            "translator has none: train it with this head configured (a finished training is not repeated), "
            "or choose the head full"
        )
    if not hasattr(model, "output_layer"):
        raise ExportError(
            f"search.head: {type(model).__name__}, as which the architecture is exported, has no output "
            "layer for some of the pieces: give it output_layer and project "
            "(trainer.search.interface.Model), or choose the head full"
        )
    always = np.zeros(resources.pieces.size, bool)
    always[[*lexicon.fixed, *lexicon.frequent[: config.frequent], *resources.demanded]] = True
    candidates = np.column_stack([lexicon.same, lexicon.candidates[:, : config.candidates]])
    lister = Lister(model, candidates, always)
    return BodyWithHead(ListingBody(model, lister), ListedPieces(model))
