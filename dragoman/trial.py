"""`dragoman canary --watch`: its options, sentences to ask for, progress, and how the trial ended."""

from __future__ import annotations

import importlib.util
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from dragoman.console import err, fail, print_json

if TYPE_CHECKING:
    from serving.rollout import Rollout
    from serving.rollout.comparison import CanaryComparison, CanaryLimits
    from serving.rollout.quality import JudgedSentence

_EVERY = 10.0  # seconds between two lines of progress
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600}


class WatchedTrial(NamedTuple):
    """How many seconds a canary is compared with stable, by what, and what it may be worse by."""

    seconds: float
    sentences: list[JudgedSentence]
    limits: CanaryLimits


@dataclass(frozen=True, kw_only=True)
class TrialOptions:
    """Whether and how a canary is watched."""

    watch: Annotated[
        str | None,
        typer.Option("--watch", metavar="TIME", help="Compare it with stable for so long (90s, 10m, 1h)."),
    ] = None
    sentences: Annotated[
        Path | None,
        typer.Option(
            "--sentences",
            help="With --watch: sources like real traffic, one a line; after a tab a reference, if known.",
        ),
    ] = None
    max_error_increase: Annotated[
        float,
        typer.Option(
            min=0, max=1, help="Withdraw when its share of failed requests exceeds stable's by more."
        ),
    ] = 0.01
    max_latency_ratio: Annotated[
        float,
        typer.Option(
            min=1, help="Withdraw when its 90th percentile of latency is more than so many times stable's."
        ),
    ] = 2.0
    max_quality_drop: Annotated[
        float,
        typer.Option(
            min=0, max=100, help="Withdraw when its chrF against references is further below stable's."
        ),
    ] = 2.0
    min_agreement: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=100,
            help="Withdraw when without references both versions' translations agree by less chrF; 65 if not "
            "given, 20 where writing does not part words.",
        ),
    ] = None
    max_length_change: Annotated[
        float,
        typer.Option(
            min=0, help="Withdraw when its translations together are longer or shorter by a larger share."
        ),
    ] = 0.2
    max_defect_increase: Annotated[
        float,
        typer.Option(
            min=0,
            max=1,
            help="Withdraw when its share of empty, copied, repeating, half as long, twice as long, or "
            "number-losing translations exceeds stable's by more.",
        ),
    ] = 0.02

    def prepare(self) -> WatchedTrial | None:
        """Refuse before anything is changed what would end at the first comparison; None: not watched.

        Raises:
            typer.BadParameter: no time, or no sentences.
        """
        if self.watch is None:
            return None
        if self.sentences is None:
            raise typer.BadParameter("--watch needs a version, servers to ask, and --sentences FILE")
        duration = seconds(self.watch)
        require_judge()
        return WatchedTrial(duration, read_sentences(self.sentences), self._limits())

    def _limits(self) -> CanaryLimits:
        from serving.rollout.comparison import CanaryLimits
        from serving.rollout.quality import QualityLimits

        translations = QualityLimits(
            self.max_quality_drop, self.min_agreement, self.max_length_change, self.max_defect_increase
        )
        return CanaryLimits(self.max_error_increase, self.max_latency_ratio, translations)


def seconds(text: str) -> float:
    """10m, 90s, 1.5h or a number of seconds.

    Raises:
        typer.BadParameter: it is none of these.
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", text)
    if match is None or not float(match[1]):
        raise typer.BadParameter(f"{text!r} is no time such as 90s, 10m or 1h")
    return float(match[1]) * _UNITS[match[2]]


def require_judge() -> None:
    """What compares translations has to be installed."""
    if importlib.util.find_spec("sacrebleu") is None:
        fail(
            "sacrebleu, by which translations are compared, is not installed: "
            "pip install '.[watch]' in Dragoman's checkout"
        )


def read_sentences(path: Path) -> list[JudgedSentence]:
    """The sentences of a file, one a line; sources and references parted by a tab where its name ends in
    `.tsv`, or where each line has exactly one.

    Raises:
        typer.BadParameter: there are none, or they are no UTF-8.
    """
    from serving.rollout.quality import JudgedSentence

    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise typer.BadParameter(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise typer.BadParameter(f"{path} is no UTF-8 text: convert it, or name another file") from error
    lines = [line.removesuffix("\r") for line in text.split("\n") if line.strip()]
    rows = [line.split("\t") for line in lines]
    if path.suffix == ".tsv" or all(len(cells) == 2 for cells in rows):
        sentences = [
            JudgedSentence(cells[0].strip(), cells[1].strip() if len(cells) > 1 else "") for cells in rows
        ]
    else:
        sentences = [JudgedSentence(line) for line in lines]
    sentences = list(dict.fromkeys(sentence for sentence in sentences if sentence.source))
    if not sentences:
        raise typer.BadParameter(f"{path} holds no sentence")
    return sentences


def watch_canary(
    rollout: Rollout,
    model: str,
    version: int,
    watched: WatchedTrial,
    report: dict[str, Any],
    as_json: bool,
) -> None:
    """Watch; `report` is what the JSON document says beside the trial."""
    from serving.rollout.watch import Watch

    trial = Watch(rollout, model, version, watched.sentences, watched.limits)
    if not as_json:
        known = sum(bool(sentence.reference) for sentence in watched.sentences)
        err.print(f"asking for {len(watched.sentences)} sentences, {known} with a reference", markup=False)
    try:
        trial.run(watched.seconds, _Progress(version))
    except KeyboardInterrupt:
        err.print(f"no longer watched: {version} stays canary", markup=False)
        raise
    finally:
        if as_json:
            print_json({**report, "watch": trial.comparison.as_json()})
    if not as_json:
        err.print(trial.comparison.verdict or _all_clear(version, trial.comparison), markup=False)


def _all_clear(version: int, comparison: CanaryComparison) -> str:
    """What it is worth, too."""
    return f"{version} is no worse than stable and stays canary ({comparison.quality})"


class _Progress:
    """A line now and then."""

    def __init__(self, version: int) -> None:
        self._version = version
        self._shown_at = time.monotonic()

    def __call__(self, comparison: CanaryComparison) -> None:
        if time.monotonic() - self._shown_at >= _EVERY:
            self._shown_at = time.monotonic()
            err.print(
                f"canary {self._version}: {comparison.canary}; stable: {comparison.stable}; "
                f"{comparison.quality}",
                markup=False,
            )
