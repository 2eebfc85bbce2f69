"""Two components that take no time: one makes a number, one doubles it."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from tfx import types
from tfx.dsl.components.base import base_beam_executor, base_component, base_executor, executor_spec
from tfx.types import artifact_utils, standard_artifacts
from tfx.types.component_spec import ChannelParameter, ComponentSpec, ExecutionParameter

from pipeline.errors import DataError

Artifacts = dict[str, list[types.Artifact]]


def _note(properties: dict[str, Any], word: str) -> None:
    """Leave a trace of each execution outside the workspace's control."""
    with Path(properties["diary"]).open("a") as diary:
        diary.write(f"{word}\n")


class MakeExecutor(base_executor.BaseExecutor):
    """Writes `number`."""

    def Do(self, input_dict: Artifacts, output_dict: Artifacts, exec_properties: dict[str, Any]) -> None:  # noqa: N802
        del input_dict
        _note(exec_properties, "make")
        Path(artifact_utils.get_single_uri(output_dict["made"]), "number").write_text(
            exec_properties["number"]
        )


class DoubleExecutor(base_beam_executor.BaseBeamExecutor):
    """Doubles it in a Beam pipeline; fails when asked to."""

    def Do(self, input_dict: Artifacts, output_dict: Artifacts, exec_properties: dict[str, Any]) -> None:  # noqa: N802
        import apache_beam as beam

        _note(exec_properties, "double")
        target = Path(artifact_utils.get_single_uri(output_dict["doubled"]))
        (target / "half-written").write_text("")
        failure = exec_properties["failure"]
        if failure == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if failure == "disk":
            raise OSError(28, "No space left on device", "somewhere")
        if failure == "exit":
            sys.exit(0)
        number = int(Path(artifact_utils.get_single_uri(input_dict["made"]), "number").read_text())

        def double(value: int) -> int:
            if failure == "data":
                raise DataError("line 3 of corpus.de has no partner: check the file")
            if failure == "beamexit":
                sys.exit(0)
            if failure == "bug":
                raise KeyError("nobody expected this")
            return 2 * value

        with self._make_beam_pipeline() as pipeline:
            result = pipeline | beam.Create([number]) | beam.Map(double)
            _ = result | beam.Map(lambda value: (target / "number").write_text(str(value)))


class MakeSpec(ComponentSpec):
    PARAMETERS = {"number": ExecutionParameter(type=str), "diary": ExecutionParameter(type=str)}  # noqa: RUF012
    INPUTS = {}  # noqa: RUF012
    OUTPUTS = {"made": ChannelParameter(type=standard_artifacts.Model)}  # noqa: RUF012


class DoubleSpec(ComponentSpec):
    PARAMETERS = {"failure": ExecutionParameter(type=str), "diary": ExecutionParameter(type=str)}  # noqa: RUF012
    INPUTS = {"made": ChannelParameter(type=standard_artifacts.Model)}  # noqa: RUF012
    OUTPUTS = {"doubled": ChannelParameter(type=standard_artifacts.Model)}  # noqa: RUF012


class Make(base_component.BaseComponent):
    SPEC_CLASS = MakeSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(MakeExecutor)

    def __init__(self, number: str, diary: str) -> None:
        super().__init__(
            MakeSpec(number=number, diary=diary, made=types.Channel(type=standard_artifacts.Model))
        )


class Double(base_component.BaseComponent):
    SPEC_CLASS = DoubleSpec
    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(DoubleExecutor)

    def __init__(self, made: types.BaseChannel, failure: str, diary: str) -> None:
        channel = types.Channel(type=standard_artifacts.Model)
        super().__init__(DoubleSpec(made=made, failure=failure, diary=diary, doubled=channel))
