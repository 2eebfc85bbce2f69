"""Kill -9 anywhere: the next run finishes, trains nothing twice, and no half version is ever visible."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.workspace.metadata import open_store
from pipeline.workspace.workspace import Workspace
from tests.e2e.conftest import settings, write
from tests.e2e.forked import Change, KillAt, KillAtStep, KillInPush, run_forked

STEPS, EVALUATE_EVERY = 20, 5
COMPONENTS = (
    "CorpusExampleGen",
    "StatisticsGen",
    "SchemaGen",
    "ExampleValidator",
    "AnomalyGate",
    "Cleaner",
    "Tokenizer",
    "Trainer",
    "Evaluator",
    "ServingCheck",
    "Push",
    "Report",
)


def micro(folder: Path) -> Path:
    """A run of seconds; its model is useless, and its gate open."""
    values = settings(
        folder,
        corpora=[{"format": "embedded", "pairs": 400}],
        vocabulary={"size": 600},
        model={
            "preset": "tiny",
            "encoder_layers": 1,
            "decoder_layers": 1,
            "width": 32,
            "feed_forward": 64,
            "heads": 2,
        },
        training={
            "max_steps": STEPS,
            "evaluate_every": EVALUATE_EVERY,
            "evaluate_sentences": 8,
            "batch_tokens": 512,
            "patience": STEPS,
        },
        search={"beams": 2, "max_target_length": 16, "max_source_length": 64},
        evaluation={"bleu_floor": 0.0, "bootstrap_samples": 100},
    )
    return write(folder, values)


def assert_versions_are_whole(model_root: Path) -> list[str]:
    """Every numbered folder holds a model that was written to its end; returns their names."""
    versions = [path for path in model_root.glob("*/*") if path.name.isdigit()]
    for version in versions:
        assert (version / "saved_model.pb").stat().st_size
        assert (version / "variables" / "variables.index").stat().st_size
        assert (version / "assets.extra" / "tf_serving_warmup_requests").stat().st_size
        assert (version / "assets.extra" / "model_card.json").stat().st_size
    return sorted(version.name for version in versions)


def kill_in_turn(folder: Path, kills: list[Change], repeated_steps: int) -> None:
    """One killed run after the other in the same workspace, then one to the end."""
    config, diary = micro(folder), folder / "diary"
    for kill in kills:
        assert run_forked(config, diary, kill) == -9, vars(kill)
        assert_versions_are_whole(folder / "models")
    assert run_forked(config, diary) == 0
    # One version; its number is not 1 where a push was killed between taking the number and the rename.
    [version] = assert_versions_are_whole(folder / "models")
    assert not list((folder / "models" / "e2e").glob(".pushing-*"))
    assert len(diary.read_text().split()) == STEPS + repeated_steps
    assert not list((folder / "runs").rglob("half-written"))
    done = [
        execution.last_known_state
        for execution in open_store(Workspace(folder / "runs" / "e2e")).get_executions()
    ]
    assert set(done) <= {3, 4, 5}  # COMPLETE, FAILED, CACHED: none NEW or RUNNING
    # And a run after it has nothing left to do.
    before = (folder / "diary").read_text()
    assert run_forked(config, diary) == 0
    assert (folder / "diary").read_text() == before
    assert assert_versions_are_whole(folder / "models") == [version]


def test_killed_while_training_and_while_pushing(tmp_path: Path) -> None:
    kills: list[Change] = [KillAtStep(EVALUATE_EVERY + 2), KillInPush("copying")]
    # The two steps since the last checkpoint are made again, nothing else.
    kill_in_turn(tmp_path, kills, repeated_steps=2)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_killed_at_every_component_in_turn(tmp_path: Path) -> None:
    kills: list[Change] = []
    for component in COMPONENTS:
        kills.append(KillAt(component, "before"))
        if component == "Trainer":
            kills += [KillAtStep(3), KillAtStep(EVALUATE_EVERY + 1), KillAtStep(1)]
        if component == "Push":
            kills += [KillInPush("copying"), KillInPush("copied"), KillInPush("renamed")]
        kills.append(KillAt(component, "after"))
    # Steps made twice: 3 before the first checkpoint, then 1 after it, then 1 more.
    kill_in_turn(tmp_path, kills, repeated_steps=5)
