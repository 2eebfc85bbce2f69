"""A model server loads the candidate and answers as the trainer does."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import ConfigurationError, ServingCheckError
from pipeline.steps.base import Components, Done, Run, Step, Summary
from serving.backends import EMBEDDED, choose, find_binary
from serving.errors import BackendError

if TYPE_CHECKING:
    from tfx.types import BaseChannel


class Check(Step):
    """The serving check; where Docker is used, TFX's own InfraValidator goes before it."""

    takes = ("model", "model_run", "cleaned_examples")
    gives = ("infra_blessing",)
    sections = ("serving_check",)
    follows = {"search": "model"}  # noqa: RUF012

    def components(self, run: Run, channels: Mapping[str, BaseChannel]) -> Components:
        from pipeline.steps.check.component import ServingCheck

        model, examples = channels["model"], channels["cleaned_examples"]
        backend = choose(run.config.serving_check.backend)
        validators = []
        if backend == "docker":
            from pipeline.steps.check.infra import infra_validator

            validators.append(infra_validator(model, examples).with_id(run.component("InfraValidator")))
        check = ServingCheck(
            model,
            channels["model_run"],
            examples,
            run.config.serving_check,
            run.config.search,
            infra_blessing=validators[0].outputs["blessing"] if validators else None,
            programs=(EMBEDDED,) if backend == "embedded" else (),
        ).with_id(run.component("ServingCheck"))
        return Components((*validators, check), {"infra_blessing": check.outputs["blessing"]})

    def preflight(self, run: Run) -> list[Path]:
        backend = run.config.serving_check.backend
        try:
            # The embedded server is TensorFlow, which a dry run does without.
            if backend in ("binary", "docker"):
                choose(backend)
            elif backend == "auto":
                find_binary()
        except BackendError as error:
            raise ConfigurationError(f"serving_check.backend: {error}") from None
        return []

    def summary(self, run: Run, done: Done) -> Summary:
        from pipeline.steps.check.result import CheckResult

        del run
        result = CheckResult.load(done.folders["infra_blessing"])
        refusal = ServingCheckError(f"the serving check refused the candidate: {result.reason}")
        return Summary(refusal=None if result.passed else refusal)


STEP = Check()
