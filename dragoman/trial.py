"""What `dragoman canary --watch` does: sentences to ask for, progress, and how the trial ended."""

from __future__ import annotations

import importlib.util
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from dragoman.console import err, fail, print_json

if TYPE_CHECKING:
    from serving.rollout import Rollout
    from serving.rollout.comparison import Comparison, Limits
    from serving.rollout.quality import Sentence

_EVERY = 10.0  # seconds between two lines of progress


def require_judge() -> None:
    """Refuse before anything is changed what would end at the first comparison."""
    if importlib.util.find_spec("sacrebleu") is None:
        fail(
            "sacrebleu, by which translations are compared, is not installed: "
            "pip install '.[watch]' in Dragoman's checkout"
        )


def read_sentences(path: Path) -> list[Sentence]:
    """The sentences of a file, one a line; sources and references parted by a tab where its name ends in
    `.tsv`, or where each line has exactly one.

    Raises:
        typer.BadParameter: there are none, or they are no UTF-8.
    """
    from serving.rollout.quality import Sentence

    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise typer.BadParameter(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise typer.BadParameter(f"{path} is no UTF-8 text: convert it, or name another file") from error
    lines = [line.removesuffix("\r") for line in text.split("\n") if line.strip()]
    rows = [line.split("\t") for line in lines]
    if path.suffix == ".tsv" or all(len(cells) == 2 for cells in rows):
        sentences = [Sentence(cells[0].strip(), cells[1].strip() if len(cells) > 1 else "") for cells in rows]
    else:
        sentences = [Sentence(line) for line in lines]
    sentences = list(dict.fromkeys(sentence for sentence in sentences if sentence.source))
    if not sentences:
        raise typer.BadParameter(f"{path} holds no sentence")
    return sentences


def watch_canary(
    rollout: Rollout,
    model: str,
    version: int,
    sentences: list[Sentence],
    limits: Limits,
    duration: float,
    report: dict[str, Any],
    as_json: bool,
) -> None:
    """Watch for `duration` seconds; `report` is what the JSON document says beside the trial."""
    from serving.rollout.watch import Watch

    trial = Watch(rollout, model, version, sentences, limits)
    if not as_json:
        known = sum(bool(sentence.reference) for sentence in sentences)
        err.print(f"asking for {len(sentences)} sentences, {known} with a reference", markup=False)
    try:
        trial.run(duration, _Progress(version))
    except KeyboardInterrupt:
        err.print(f"no longer watched: {version} stays canary", markup=False)
        raise
    finally:
        if as_json:
            print_json({**report, "watch": trial.comparison.as_json()})
    if not as_json:
        err.print(trial.comparison.verdict or _all_clear(version, trial.comparison), markup=False)


def _all_clear(version: int, comparison: Comparison) -> str:
    """What it is worth, too."""
    return f"{version} is no worse than stable and stays canary ({comparison.quality})"


class _Progress:
    """A line now and then."""

    def __init__(self, version: int) -> None:
        self._version = version
        self._shown_at = time.monotonic()

    def __call__(self, comparison: Comparison) -> None:
        if time.monotonic() - self._shown_at >= _EVERY:
            self._shown_at = time.monotonic()
            err.print(
                f"canary {self._version}: {comparison.canary}; stable: {comparison.stable}; "
                f"{comparison.quality}",
                markup=False,
            )
