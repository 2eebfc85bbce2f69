"""`scores.json`: what the gate measured and decided. For the model card, the report and `dragoman run`."""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from contracts.errors import RecordError

FILE_NAME = "scores.json"
SCHEMA = 1


class Record(BaseModel):
    """Frozen, and no key that is not known."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class MetricScores(Record):
    """One metric on one set of sentences, 0 to 100; what concerns the baseline is None without one."""

    candidate: float
    candidate_interval: tuple[float, float]  # 95 %, bootstrap
    baseline: float | None = None
    baseline_interval: tuple[float, float] | None = None
    difference: float | None = None  # candidate minus baseline
    difference_interval: tuple[float, float] | None = None
    p_value: float | None = None  # as sacreBLEU computes it (see `bootstrap`); None on few sentences

    @property
    def significant(self) -> bool:
        """The 95 % interval of the difference does not hold 0, and there are enough sentences for it.

        The p-value does not decide: below 0.05 it is more often than in 5 % of cases without a difference.
        """
        if self.p_value is None or self.difference_interval is None:
            return False
        low, high = self.difference_interval
        return low > 0 or high < 0


class Slice(Record):
    """A part of the test split; `feature` and `value` are None on all of it."""

    feature: str | None = None  # "direction", "length" (source words) or "corpus"
    value: str | None = None
    sentences: int

    @property
    def name(self) -> str:
        """For people: `length ≤ 10`."""
        return "all sentences" if self.feature is None else f"{self.feature} {self.value}"


class SliceScores(Slice):
    """Both metrics on a slice."""

    bleu: MetricScores
    chrf: MetricScores


class Signatures(Record):
    """sacreBLEU's, without which a score cannot be compared."""

    bleu: str
    chrf: str


class System(Record):
    """A model that was evaluated; the version is None for the candidate, which has none yet."""

    uri: str
    version: int | None = None


class PartThresholds(Record):
    """Of a slice; None where the configuration asks nothing."""

    bleu_floor: float | None = None
    max_drop: float | None = None


class DisturbedScores(Record):
    """What is left of the candidate's scores where dev sentences are as users type them."""

    disturbance: str
    sentences: int
    """Those that could be disturbed; what stands beside is of the same ones."""
    bleu: float
    chrf: float
    undisturbed_bleu: float
    undisturbed_chrf: float
    max_drop: float | None = None
    """BLEU, at most; None where nothing is asked."""

    @property
    def drop(self) -> float:
        """BLEU that is lost; below 0 where it rose."""
        return self.undisturbed_bleu - self.bleu

    @property
    def passed(self) -> bool:
        """Whether no more is lost than may be."""
        return self.max_drop is None or self.drop <= self.max_drop


class Thresholds(Record):
    """From the configuration; `parts` by the name of the slice, as `corpus news`.

    Of all sentences together None where a run has several directions, each of which has its own.
    """

    bleu_floor: float | None
    max_drop: float | None
    parts: dict[str, PartThresholds] = {}


class BootstrapSettings(Record):
    """Paired bootstrap resampling, Koehn 2004."""

    samples: int
    seed: int


class Verdict(Record):
    """Blessed or not, and why, in words and numbers: one sentence for each threshold that was checked.

    A warning is of a slice that fell, and that no threshold is asked of; or of a direction that could not be
    compared.
    """

    blessed: bool
    reasons: tuple[str, ...]
    warnings: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The reasons as one line."""
        return "; ".join(self.reasons)


class Scores(Record):
    """The whole file."""

    schema_version: int = SCHEMA
    source_language: str
    target_language: str
    split: str
    signatures: Signatures
    candidate: System
    baseline: System | None
    overall: SliceScores
    slices: tuple[SliceScores, ...]
    bootstrap: BootstrapSettings
    thresholds: Thresholds
    verdict: Verdict
    disturbed: tuple[DisturbedScores, ...] = ()

    def save(self, folder: str | Path) -> Path:
        """Writes `scores.json` into the folder, which is made if needed."""
        path = Path(folder) / FILE_NAME
        path.parent.mkdir(parents=True, exist_ok=True)
        # As before there were any: older programs refuse keys that they do not know.
        unsaid = set() if self.disturbed else {"disturbed"}
        text = json.dumps(self.model_dump(mode="json", exclude=unsaid), ensure_ascii=False, indent=2)
        path.write_text(text + "\n", encoding="utf-8")
        return path

    @classmethod
    def load(cls, folder: str | Path) -> Scores:
        """Reads `scores.json` of an artifact's folder.

        Raises:
            RecordError: the file is missing or was written by another version of Dragoman.
        """
        path = Path(folder) / FILE_NAME
        try:
            return cls.model_validate_json(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise RecordError(f"no {path}: run the Evaluator again") from None
        except ValidationError as error:
            raise RecordError(
                f"{path} is not what this version writes ({error}): run the Evaluator again"
            ) from error
