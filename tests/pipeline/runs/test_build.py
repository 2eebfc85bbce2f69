"""Which components a run has."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.config.load import parse
from pipeline.runs import build
from pipeline.steps import check
from pipeline.workspace.workspace import Workspace

RUN = "{name: a, languages: {source: en, target: de}, corpora: [{format: embedded}], workspace: %s}"


def components(folder: Path) -> dict[str, object]:
    """By id, in their order."""
    config = parse(RUN % folder)
    return {node.id: node for node in build.build(config, Workspace.of(config)).pipeline.components}


@pytest.mark.parametrize("backend", ["embedded", "binary"])
def test_without_docker_the_serving_check_is_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, backend: str
) -> None:
    monkeypatch.setattr(check, "choose", lambda _: backend)
    assert "InfraValidator" not in components(tmp_path)


def test_with_docker_tfxs_own_validator_comes_before_it_and_knows_the_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check, "choose", lambda _: "docker")
    monkeypatch.setenv("DOCKER_HOST", "unix:///elsewhere/docker.sock")
    assembled = components(tmp_path)
    names = list(assembled)
    assert names.index("InfraValidator") == names.index("ServingCheck") - 1
    assert "unix:///elsewhere/docker.sock" in str(assembled["InfraValidator"].exec_properties["serving_spec"])  # type: ignore[attr-defined]


@pytest.mark.parametrize("several", [False, True])
def test_statistics_are_put_out_by_every_run_and_reported_by_one_of_several_directions(
    tmp_path: Path, several: bool
) -> None:
    directions = ", directions: {trained: [de-en, en-de]}" if several else ""
    config = parse(f"{RUN[:-1]}, serving_check: {{backend: embedded}}{directions}}}" % tmp_path)
    assembled = build.build(config, Workspace.of(config))
    validate = next(step for step in assembled.steps if step.run_step.use.step == "validate")
    assert "statistics" in validate.channels
    report = next(node for node in assembled.pipeline.components if node.id == "Report")
    assert ("of_validate" in report.inputs) is several
    assert ("reported" in report.exec_properties) is several


STARTED = """
import sys
from pathlib import Path
from pipeline.runs.late import starting
with starting():
    from pipeline.config.load import parse
    from pipeline.runs.build import build
    from pipeline.workspace.workspace import Workspace
    config = parse(sys.argv[1])
    assert len(build(config, Workspace.of(config)).pipeline.components) > 9
print(*sorted(set(sys.argv[2:]) & set(sys.modules)))
"""
LATER = (
    "tfx.components.transform",
    "tfx.components.infra_validator.component",
    "tensorflow_transform",
    "tensorflow_model_analysis.api.model_eval_lib",
    "tensorflow_model_analysis.metrics",
    "kubernetes.client",
    "keras",
    "keras_tuner",
    "jax",
    "matplotlib.figure",
    "IPython.terminal",
    "google.cloud.bigquery.client",
    "google.cloud.pubsub_v1",
    "nltk",
    "tensorflow_text",
    "trainer.export",
)
"""What no first component needs: it is loaded by the component that does, or never."""


def test_a_run_starts_without_what_its_first_component_does_not_need(tmp_path: Path) -> None:
    config = f"{RUN[:-1]}, serving_check: {{backend: embedded}}}}" % tmp_path
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", STARTED, config, *LATER],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout.split()) == (0, []), done.stderr
