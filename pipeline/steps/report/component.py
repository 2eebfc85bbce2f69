"""The report: one HTML page per run, also of a refused candidate.

| channel | artifact | content |
|---|---|---|
| in `examples` | Examples | as ingested, with `ingest.json` |
| in `cleaning_report` | CleaningReport | `cleaning.json` |
| in `model_run` | ModelRun | `history.json`, at any depth; of each training |
| in `model` | Model | the candidate, for its attention |
| in `scores`, `translations` | EvaluationScores, Examples | the Evaluator's |
| in `infra_blessing` | InfraBlessing | the serving check's, with its reason |
| in `pushed_model` | PushedModel | Push's: version, or nothing pushed |
| out `report` | RunReport | `report.html` |

Every input but `scores` may be missing; what other steps have for the report (`Step.report`) comes as inputs
`of_STEP`. When the run began is read from its id, not from a parameter, which
would keep a run without news from being all cached.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from tfx import types
from tfx.dsl.components.base import base_component, base_executor, executor_spec
from tfx.types import artifact, artifact_utils, component_spec, standard_artifacts

from contracts.settings import effective_json
from pipeline.config import ELSEWHERE, RunConfig
from pipeline.steps.base import KIND, Reported
from pipeline.steps.check.result import CheckResult
from pipeline.steps.clean.component import CleaningReportArtifact
from pipeline.steps.evaluate.component import SPLIT, EvaluationScores

FILE_NAME = "report.html"


class RunReport(artifact.Artifact):
    """A folder with `report.html`."""

    TYPE_NAME = "dragoman.RunReport"


class ReportSpec(component_spec.ComponentSpec):
    """Channels and parameters of the report."""

    PARAMETERS = {  # noqa: RUF012
        "config": component_spec.ExecutionParameter(type=str),
        "reported": component_spec.ExecutionParameter(type=str, optional=True),
    }
    INPUTS = {  # noqa: RUF012
        name: component_spec.ChannelParameter(type=type_, optional=name != "scores")
        for name, type_ in (
            ("scores", EvaluationScores),
            ("translations", standard_artifacts.Examples),
            ("examples", standard_artifacts.Examples),
            ("cleaning_report", CleaningReportArtifact),
            ("model_run", standard_artifacts.ModelRun),
            ("model", standard_artifacts.Model),
            ("infra_blessing", standard_artifacts.InfraBlessing),
            ("pushed_model", standard_artifacts.PushedModel),
        )
    }
    OUTPUTS = {"report": component_spec.ChannelParameter(type=RunReport)}  # noqa: RUF012


def _spec_with(more: Mapping[str, types.BaseChannel]) -> type[ReportSpec]:
    """The specification with inputs of other types more."""
    inputs = {name: component_spec.ChannelParameter(type=channel.type) for name, channel in more.items()}
    return type("ReportSpec", (ReportSpec,), {"INPUTS": {**ReportSpec.INPUTS, **inputs}})


class Executor(base_executor.BaseExecutor):
    """Gathers and writes."""

    def Do(  # noqa: N802 - TFX's name
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        # With Matplotlib and Keras: a run's start waits for neither.
        from pipeline.steps.report.page import write
        from pipeline.steps.report.sources import Folders, gather

        def folder(name: str) -> Path | None:
            return Path(input_dict[name][0].uri) if input_dict.get(name) else None

        translations = input_dict.get("translations")
        split = artifact_utils.get_split_uri(translations, SPLIT) if translations else None
        content = gather(
            config=RunConfig.model_validate_json(exec_properties["config"]),
            folders=Folders(
                ingested=folder("examples"),
                cleaning=folder("cleaning_report"),
                trainings={_training(run.uri): Path(run.uri) for run in input_dict.get("model_run", ())},
                scores=folder("scores"),
                translations=None if split is None else Path(split),
                model=folder("model"),
                steps=[
                    (title, step, Path(input_dict[_input(title)][0].uri))
                    for title, step in json.loads(exec_properties.get("reported") or "[]")
                ],
            ),
            started=_began(self._context),
            finished=datetime.now(timezone.utc),
            pushed_version=_pushed_version(input_dict.get("pushed_model")),
            refusal=_refusal(input_dict.get("infra_blessing")),
        )
        write(content, Path(artifact_utils.get_single_uri(output_dict["report"])) / FILE_NAME)


def _training(uri: str) -> str:
    """The name of a training, of an artifact ARTIFACTS/COMPONENT/model_run/EXECUTION; empty: it has none."""
    return Path(uri).parents[1].name.partition("-")[2]


def _input(title: str) -> str:
    return f"of_{title}"


def _began(context: base_executor.BaseExecutor.Context | None) -> datetime:
    """LocalDagRunner names a run by the moment when it begins, in local time."""
    if context is None or not context.pipeline_run_id:
        return datetime.now(timezone.utc)
    return datetime.fromisoformat(context.pipeline_run_id).astimezone(timezone.utc)


def _pushed_version(pushed: list[types.Artifact] | None) -> int | None:
    """The version that Push made visible, from the property that TFX's Pusher sets too."""
    if not pushed or not pushed[0].get_int_custom_property("pushed"):
        return None
    return int(Path(pushed[0].get_string_custom_property("pushed_destination")).name)


def _refusal(results: list[types.Artifact] | None) -> str | None:
    """Why the serving check refused the candidate; None if it did not."""
    if not results:
        return None
    result = CheckResult.load(Path(results[0].uri))
    return None if result.passed else f"The serving check refused it: {result.reason}"


class Report(base_component.BaseComponent):
    """See the table of channels above."""

    SPEC_CLASS = ReportSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)

    def __init__(
        self,
        config: RunConfig,
        channels: Mapping[str, types.BaseChannel],
        reported: Sequence[Reported] = (),
    ) -> None:
        """`channels`: the inputs of the table that there are, by name."""
        more = {_input(extra.title): extra.channel for extra in reported}
        titles = [(extra.title, extra.step) for extra in reported]
        spec = _spec_with(more)(
            config=effective_json(config, ELSEWHERE),
            report=types.Channel(type=RunReport),
            **({"reported": json.dumps(titles)} if titles else {}),
            **channels,
            **more,
        )
        super().__init__(spec=spec)
        self.things = [(KIND, extra.step) for extra in reported]
