"""The push as a TFX component: blessings obeyed, the card filled in, the properties that the run reads."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from tfx.types import artifact_utils, standard_artifacts

from contracts.card import ModelCard
from contracts.errors import ExitCode
from contracts.scores import (
    BootstrapSettings,
    MetricScores,
    Scores,
    Signatures,
    SliceScores,
    System,
    Thresholds,
    Verdict,
)
from pipeline.config import RunConfig
from pipeline.errors import PushError
from pipeline.examples.shards import Pair, ShardWriter
from pipeline.steps.evaluate.component import EvaluationScores
from pipeline.steps.push.component import Executor
from pipeline.workspace.causes import cause
from tests.pipeline.conftest import fill
from tests.pipeline.steps.push.cards import missing, saved_model


def _scores() -> Scores:
    bleu = MetricScores(candidate=90.5, candidate_interval=(90.0, 91.0))
    return Scores(
        source_language="en",
        target_language="de",
        split="test",
        signatures=Signatures(bleu="b", chrf="c"),
        candidate=System(uri="x"),
        baseline=System(uri="y", version=3),
        overall=SliceScores(feature=None, value=None, sentences=2, bleu=bleu, chrf=bleu),
        slices=(),
        bootstrap=BootstrapSettings(samples=100, seed=1),
        thresholds=Thresholds(bleu_floor=85, max_drop=0.5),
        verdict=Verdict(blessed=True, reasons=("BLEU 90.50 against a floor of 85",)),
    )


def _inputs(folder: Path, blessed: int = 1, served: int = 1) -> dict[str, list[Any]]:
    artifacts: dict[str, Any] = {
        "model": standard_artifacts.Model(),
        "model_blessing": standard_artifacts.ModelBlessing(),
        "infra_blessing": standard_artifacts.InfraBlessing(),
        "scores": EvaluationScores(),
        "examples": standard_artifacts.Examples(),
    }
    for name, artifact in artifacts.items():
        artifact.uri = str(folder / name)
    saved_model(folder / "model" / "Format-Serving")
    artifacts["model_blessing"].set_int_custom_property("blessed", blessed)
    artifacts["infra_blessing"].set_int_custom_property("blessed", served)
    _scores().save(folder / "scores")
    artifacts["examples"].split_names = artifact_utils.encode_split_names(["train", "dev"])
    for split, count in (("train", 5), ("dev", 3)):
        with ShardWriter(str(folder / "examples" / f"Split-{split}"), "data") as writer:
            for line in range(count):
                writer.write(Pair(f"{split} {line}".encode(), b"t", b"c", line))
    return {name: [artifact] for name, artifact in artifacts.items()}


def _run(
    folder: Path, inputs: dict[str, list[Any]], models: Path | None = None
) -> standard_artifacts.PushedModel:
    config = RunConfig.model_validate(
        {
            "name": "demo",
            "languages": {"source": "en", "target": "de"},
            "corpora": [{"format": "embedded"}],
            "push": {"model_root": str(models or folder / "models")},
            "notify": {"url": "https://example.org/a-secret-path"},
        }
    )
    pushed = standard_artifacts.PushedModel()
    pushed.uri = str(folder / "pushed")
    Executor().Do(inputs, {"pushed_model": [pushed]}, {"config": config.model_dump_json()})
    return pushed


def test_a_blessed_candidate_is_pushed_with_its_card(tmp_path: Path) -> None:
    inputs = _inputs(tmp_path)
    pushed = _run(tmp_path, inputs)
    folder = tmp_path / "models" / "demo" / "1"
    assert pushed.get_int_custom_property("pushed") == 1
    assert pushed.get_string_custom_property("pushed_destination") == str(folder)
    assert pushed.get_string_custom_property("pushed_version") == "1"
    assert missing(folder) == []
    card = ModelCard.load(folder)
    assert (card.model, card.version, card.overall.bleu) == ("demo", 1, 90.5)
    assert card.data.pairs == {"train": 5, "dev": 3}
    assert card.gate.baseline_version == 3
    assert card.configuration["name"] == "demo"
    assert "a-secret-path" not in card.as_json()
    assert card.code.packages["tensorflow"].startswith("2.")
    # killed before TFX recorded the push: the next run finds the same version
    again = _run(tmp_path, inputs)
    assert again.get_string_custom_property("pushed_version") == "1"
    assert (pushed.get_int_custom_property("new"), again.get_int_custom_property("new")) == (1, 0)


def test_the_card_names_the_optional_signatures_that_are_there(tmp_path: Path) -> None:
    inputs = _inputs(tmp_path)
    shutil.rmtree(tmp_path / "model")
    saved_model(tmp_path / "model" / "Format-Serving", ("serving_default", "constrained", "align", "own"))
    _run(tmp_path, inputs)
    folder = tmp_path / "models" / "demo" / "1"
    assert ModelCard.load(folder).optional_signatures == ("align", "constrained")
    assert "align" in (folder / "assets.extra" / "model_card.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("blessed", "served", "reason"),
    [(0, 1, "gate refused the candidate: BLEU 90.50"), (1, 0, "serving check"), (0, 0, "gate")],
)
def test_what_is_not_blessed_is_not_pushed(tmp_path: Path, blessed: int, served: int, reason: str) -> None:
    pushed = _run(tmp_path, _inputs(tmp_path, blessed, served))
    assert pushed.get_int_custom_property("pushed") == 0
    assert reason in pushed.get_string_custom_property("reason")
    assert not (tmp_path / "models").exists()


def test_a_full_disk_is_told_and_the_next_run_goes_on(small_disk: Path, tmp_path: Path) -> None:
    inputs = _inputs(tmp_path)
    ballast = fill(small_disk, spare=0)
    with pytest.raises(PushError, match="free some space, or retire old versions") as raised:
        _run(tmp_path, inputs, small_disk)
    # What the runner makes of it is what the command says.
    assert str(cause(raised.value, "Push")) == str(raised.value)
    assert raised.value.exit_code == ExitCode.FAILED
    assert {path.name for path in small_disk.glob("demo/*")} <= {".push.lock", ".versions"}
    ballast.unlink()
    assert _run(tmp_path, inputs, small_disk).get_string_custom_property("pushed_version") == "1"
    assert missing(small_disk / "demo" / "1") == []
