"""Where an exported model reads its links from, and what is known of the attention of a translator.

Layers and heads are counted from 0, as in the names of weights; only layers that look at the source count.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal, TypeVar

from pydantic import ValidationError

from contracts.errors import RecordError
from contracts.scores import Record

HEAD_FILE = "aligning_head.json"
"""In `assets.extra` of a version that has the signature `align`: an `AligningHead`."""
STUDY_FILE = "attention.json"
"""Beside a trained translator: an `AttentionStudy`."""

Kept = TypeVar("Kept", bound=Record)


class AligningHead(Record):
    """What `align` goes by."""

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

    def save(self, folder: Path) -> None:
        """Write it; the folder is made."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / HEAD_FILE).write_text(self.model_dump_json(indent=2) + "\n", encoding="utf-8")

    @classmethod
    def of(cls, folder: Path) -> AligningHead | None:
        """Of this folder; None where there is none, as of versions from before it was chosen.

        Raises:
            RecordError: another version of Dragoman wrote it.
        """
        return _read(cls, folder / HEAD_FILE)


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


class AttentionStudy(Record):
    """What was found on dev sentences."""

    sentences: int
    heads: tuple[HeadFacts, ...]
    aligning: AligningHead | None = None
    """Where the model answers `align`."""
    error_rate: float | None = None
    """Of the aligning head, as in `HeadFacts`."""

    def save(self, folder: Path) -> None:
        """Write it."""
        (folder / STUDY_FILE).write_text(self.model_dump_json(indent=1) + "\n", encoding="utf-8")

    @classmethod
    def of(cls, folder: Path) -> AttentionStudy | None:
        """Of this folder; None where there is none.

        Raises:
            RecordError: another version of Dragoman wrote it.
        """
        return _read(cls, folder / STUDY_FILE)


def _read(kind: type[Kept], path: Path) -> Kept | None:
    try:
        return kind.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError as error:
        raise RecordError(f"{path} is of another version of Dragoman: {error}") from error
