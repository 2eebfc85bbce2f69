"""Where an exported model reads its links from, and what is known of the attention of a translator.

Layers and heads are counted from 0, as in the names of weights; only layers that look at the source count.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from contracts.records import FiledRecord
from contracts.scores import Record

HEAD_FILE = "aligning_head.json"
"""In `assets.extra` of a version that has the signature `align`: an `AligningHead`."""
STUDY_FILE = "attention.json"
"""Beside a trained translator: an `AttentionStudy`."""


class AligningHead(FiledRecord):
    """What `align` goes by."""

    file: ClassVar[str] = HEAD_FILE

    layer: int
    head: int | None = None
    """None: the mean of the layer's heads."""
    ahead: bool = False
    """A piece's links are of the step after its own, when it has been read: Shift-Att of Chen et al. 2020
    (https://arxiv.org/abs/2004.14837).
    """
    by: Literal["guided", "aligner"]
    """It was trained to align, or agrees best with an aligner."""

    def __str__(self) -> str:
        """For people."""
        heads = "the mean of the heads" if self.head is None else f"head {self.head}"
        when = ", one step later" if self.ahead else ""
        why = (
            "guided by an aligner in training"
            if self.by == "guided"
            else "closest to an aligner on dev pairs"
        )
        return f"{heads} of layer {self.layer}{when} ({why})"


class HeadFacts(Record):
    """One head, in the mean over the target pieces of the sentences."""

    layer: int
    head: int
    entropy: float
    """Of where a piece looks, in bits: 0 at one source piece, log2 S at all alike."""
    distance: float
    """From a target piece to where it looks, in shares of a sentence's length: 0 on the diagonal."""
    importance: float | None = None
    """How much the loss of a target piece hangs on the head, in nats, to the first order; None: not known."""
    error_rate: float | None = None
    """AER against an aligner's links, from 0; None where none was learned."""


class AttentionStudy(FiledRecord):
    """What was found on dev sentences."""

    file: ClassVar[str] = STUDY_FILE
    indent: ClassVar[int] = 1

    sentences: int
    heads: tuple[HeadFacts, ...]
    aligning: AligningHead | None = None
    """Where the model answers `align`."""
    error_rate: float | None = None
    """Of the aligning head, as in `HeadFacts`."""
