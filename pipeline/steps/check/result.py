"""`check.json`: what the serving check came to. For Push, the report and the summary."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from contracts.sections import Section
from pipeline.errors import PipelineError

FILE_NAME = "check.json"


class ProbeAnswer(Section):
    """One canary sentence."""

    source: str
    expected: str
    answered: str


class CheckResult(Section):
    """`check.json`."""

    passed: bool
    reason: str
    backend: str
    load_seconds: float | None
    answers: tuple[ProbeAnswer, ...]

    @classmethod
    def load(cls, folder: Path) -> CheckResult:
        """Read it from an InfraBlessing's folder."""
        try:
            return cls.model_validate_json((folder / FILE_NAME).read_text(encoding="utf-8"))
        except (OSError, ValidationError) as error:
            raise PipelineError(
                f"no readable {folder / FILE_NAME} ({error}): run with --from-scratch"
            ) from None
