"""What each step is known by in the cache, beside its inputs and its code: the settings that it uses, as far
as they are set.

`settings_of_steps.json` holds it for today's examples. A change there makes the step run again for everybody:
it is right where the step does something else, and wrong where a key was added that changes nothing.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import create_model
from tfx.dsl.components.base.base_node import BaseNode

from pipeline.code import PROPERTY
from pipeline.config import RunConfig
from pipeline.config.load import load
from pipeline.runs import build
from pipeline.runs.runner import assemble, execute
from pipeline.steps import check
from pipeline.steps.clean.component import Cleaner
from pipeline.steps.ingest.component import CorpusExampleGen
from pipeline.workspace.workspace import Workspace
from tests.pipeline.runs.test_runner import Notes
from tests.pipeline.steps.runs import config as small
from tests.pipeline.steps.runs import pair_corpus

ROOT = Path(__file__).parents[2]
RECORDED = Path(__file__).with_name("settings_of_steps.json")
EXAMPLES = sorted((ROOT / "examples").glob("*.yaml"))
OF_TFX = {"stats_options_json", "exclude_splits"}
"""Parameters of StatisticsGen, whose executor alone is ours."""
WHOLE = {"Push", "Report"}
"""Steps that use all settings: the card and the report show them."""


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder, and no Docker, so that all steps are the same on every machine."""
    monkeypatch.setattr(check, "choose", lambda _: "embedded")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def settings_of(node: BaseNode, place: Path) -> dict[str, Any]:
    """Its parameters that hold settings of ours."""
    texts = {
        name: value.replace(str(place), "PLACE")
        for name, value in node.exec_properties.items()
        if isinstance(value, str) and name not in (PROPERTY, *OF_TFX)
    }
    if "custom_config" in texts and "settings" not in texts["custom_config"]:
        packed = json.loads(texts["custom_config"])["custom_config"]["value"]
        return {"plan": json.loads(packed)}
    if "custom_config" in texts:
        return {"settings": json.loads(json.loads(texts["custom_config"])["settings"])}
    return {name: json.loads(text) for name, text in texts.items() if text.startswith(("{", "["))}


def steps(config: RunConfig, place: Path) -> dict[str, dict[str, Any]]:
    """By component, those that have settings."""
    nodes = build.build(config, Workspace.of(config)).pipeline.components
    ours = {node.id: settings_of(node, place) for node in nodes if PROPERTY in node.exec_properties}
    return {name: settings for name, settings in ours.items() if settings}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_the_steps_of_the_examples_are_known_by_what_they_were(example: Path, place: Path) -> None:
    recorded = json.loads(RECORDED.read_text(encoding="utf-8"))
    assert steps(load(example), place) == recorded[example.stem]


@pytest.mark.parametrize(
    ("section", "users"),
    [
        ("languages", {"CorpusExampleGen", "Cleaner", "Trainer", "Evaluator"}),
        ("ingest", {"CorpusExampleGen"}),
        ("cleaning", {"Cleaner"}),
        ("vocabulary", {"Tokenizer"}),
        ("model", {"Trainer"}),
        ("training", {"Trainer"}),
        ("search", {"Trainer", "ServingCheck"}),
        ("evaluation", {"Evaluator"}),
        ("serving_check", {"ServingCheck"}),
        ("retention", set()),
    ],
)
def test_a_new_key_runs_the_steps_again_that_use_it_and_only_where_it_is_set(
    section: str, users: set[str], place: Path
) -> None:
    config = load(ROOT / "examples" / "embedded.yaml")
    had = getattr(config, section)
    later = create_model(f"Later{section}", __base__=type(had), new_key=(int, 1))

    before = steps(config, place)

    def changed(**given: int) -> set[str]:
        values = {name: getattr(had, name) for name in type(had).model_fields}
        grown = config.model_copy(update={section: later(**{**values, **given})})
        after = steps(grown, place)
        return {name for name in before if before[name] != after[name]}

    assert changed() == set()
    assert changed(new_key=1) == set()
    assert changed(new_key=2) == users | WHOLE


def test_what_was_made_before_a_key_was_added_is_taken(place: Path) -> None:
    corpus = pair_corpus(place, train=[("a house", "ein Haus")], dev=[("d", "e")], test=[("t", "u")])
    before = small(corpus)
    later = create_model("LaterCleaning", __base__=type(before.cleaning), new_key=(int, 1))
    workspace = Workspace(place / "run")

    def cached(config: RunConfig) -> dict[str, bool]:
        ingest = CorpusExampleGen(config)
        cleaner = Cleaner(ingest.outputs["examples"], config)
        with workspace.locked():
            done = execute(assemble("t", [ingest, cleaner], workspace), workspace, Notes())
        return {component: execution.cached for component, execution in done.items()}

    assert cached(before) == {"CorpusExampleGen": False, "Cleaner": False}
    after = before.model_copy(update={"cleaning": later()})
    assert cached(after) == {"CorpusExampleGen": True, "Cleaner": True}


def test_the_weight_of_a_corpus_is_the_trainings_business(place: Path) -> None:
    config = load(ROOT / "examples" / "embedded.yaml")
    [corpus] = config.corpora
    weighed = config.model_copy(update={"corpora": (corpus.model_copy(update={"weight": 0.5}),)})
    before, after = steps(config, place), steps(weighed, place)
    assert {name for name in before if before[name] != after[name]} == {"Trainer"} | WHOLE


def test_all_that_was_written_for_a_step_is_read_again_as_it_was(place: Path) -> None:
    for example in EXAMPLES:
        config = load(example)
        pushed = steps(config, place)["Push"]["config"]
        root = {"push": {**pushed.get("push", {}), "model_root": config.push.model_root}}
        assert RunConfig.model_validate({**pushed, **root}) == config
