"""Recipes and steps are files that are added: what a plan, the report and the cache make of them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import ConfigurationError
from pipeline.examples.tasks import Ingestion
from pipeline.recipes.base import run_steps
from pipeline.recipes.translator import STEPS
from pipeline.runs.build import build
from pipeline.runs.plan import plan
from pipeline.steps.base import KIND
from pipeline.steps.ingest.window import _span, ingestion
from pipeline.workspace.workspace import Workspace
from tests.pipeline.recipes.added import OTHER, three
from tests.pipeline.steps.runs import config


@pytest.mark.usefixtures("extensions")
def test_a_plan_tells_the_steps_apart(tmp_path: Path) -> None:
    run_config = three(tmp_path, steps=OTHER)
    planned = plan(run_config, Workspace.of(run_config))
    lines = planned.lines()
    assert any(line.startswith("teacher: trains ") and "of width 32 " in line for line in lines)
    assert any(line.startswith("trains ") and "of width 16 " in line for line in lines)
    assert "counts o" in lines
    facts = planned.as_json()
    assert facts["steps"]["language-model"]["training"]["max_steps"] == 3
    assert (facts["training"]["max_steps"], facts["letter"]) == (2, "o")


@pytest.mark.usefixtures("extensions")
def test_the_report_takes_all_trainings_and_what_other_steps_have_for_it(tmp_path: Path) -> None:
    run_config = three(tmp_path, "with-report")
    nodes = {node.id: node for node in build(run_config, Workspace.of(run_config)).pipeline.components}
    report: Any = nodes["Report"]
    assert {node.id for node in report.upstream_nodes} >= {
        *("Trainer", "Trainer-teacher", "Trainer-language-model", "Counter", "Evaluator")
    }
    assert json.loads(report.exec_properties["reported"]) == [["count", "count"]]


def test_another_code_of_a_step_that_was_added_is_another_key_of_the_cache(
    extensions: Path, tmp_path: Path
) -> None:
    def code() -> str:
        run_config = three(tmp_path)
        nodes = {node.id: node for node in build(run_config, Workspace.of(run_config)).pipeline.components}
        return str(nodes["Counter"].exec_properties["code_version"])

    before = code()
    assert code() == before
    file = extensions / "steps" / "count.py"
    file.write_text(file.read_text().replace(".count(", ".lower().count("))
    assert code() != before


def test_the_report_has_the_code_of_the_steps_that_it_tells_of(extensions: Path, tmp_path: Path) -> None:
    def code() -> str:
        run_config = three(tmp_path, "with-report")
        nodes = {node.id: node for node in build(run_config, Workspace.of(run_config)).pipeline.components}
        return str(nodes["Report"].exec_properties["code_version"])

    before = code()
    file = extensions / "steps" / "count.py"
    file.write_text(file.read_text().replace('[("letters",', '[("all letters",'))
    assert code() != before


def test_what_a_head_reads_is_in_the_keys_of_those_who_search(tmp_path: Path) -> None:
    text = tmp_path / "short.txt"
    head = {"head": {"name": "shortlist", "text": str(text)}}

    def digests(**search: Any) -> list[Any]:
        run_config = three(tmp_path, "translator", search={"beams": 1, **search})
        nodes = {node.id: node for node in build(run_config, Workspace.of(run_config)).pipeline.components}
        return [
            nodes[name].exec_properties.get("files_digest") for name in ("Trainer", "ServingCheck", "Push")
        ]

    keys = []
    for content in ("ein Haus", "ein Baum"):
        text.write_text(content)
        keys.append(digests(**head))
    (first, same, push), (other, *_) = keys
    assert first == same != other
    assert push is None
    assert digests() == [None] * 3


@pytest.mark.parametrize(
    ("recipe", "steps", "said"),
    [
        ("threee", {}, "did you mean `three`"),
        (
            "three",
            {"student": {}},
            "steps.student: the recipe `three` has no such step; it has ingest,",
        ),
        ("three", {"teacher": {"cleaning": {}}}, "steps.teacher.cleaning: unknown; known here: model, train"),
        ("three", {"teacher": {"training": {"steps": 1}}}, "steps.teacher.training.steps: "),
        ("three", {"count": {"letters": "x"}}, "steps.count.letters: unknown; did you mean letter?"),
        (
            "three",
            {"teacher": {"search": {"head": 3}}},
            "steps.teacher.search.head: should be the name of the s",
        ),
        ("translator", {"push": {"push": {}}}, "steps.push.push: unknown; known here: serving_check"),
        ("translator", {"check": {"search": {}}}, "steps.check.search: unknown; known here: serving_check"),
        ("lacking", {}, "the step `train` takes `cleaned_examples`, which no step before it puts out"),
        ("twice", {}, "has two steps `ingest`: give one a name"),
        ("stray", {}, "there is no step `cook`"),
        ("blank", {}, "lacks STEPS: its file has to have STEPS"),
    ],
)
def test_what_makes_no_run_is_told_before_anything_starts(
    extensions: Path, recipe: str, steps: dict[str, Any], said: str, tmp_path: Path
) -> None:
    for name, uses in (("lacking", "train"), ("twice", "ingest ingest"), ("stray", "cook")):
        listed = ", ".join(f"Use({use!r})" for use in uses.split())
        text = f"from pipeline.recipes.base import Use\nSTEPS = ({listed},)\n"
        (extensions / "recipes" / f"{name}.py").write_text(text)
    (extensions / "recipes" / "blank.py").touch()
    run_config = three(tmp_path, recipe, steps=steps)
    with pytest.raises(ConfigurationError) as raised:
        run_steps(run_config, Workspace.of(run_config))
    assert said in str(raised.value)


def test_the_check_searches_as_the_model_that_it_takes(tmp_path: Path) -> None:
    search = {"beams": 3, "max_target_length": 8}
    run_config = three(tmp_path, "translator", steps={"train": {"search": search}})
    nodes: Any = {node.id: node for node in build(run_config, Workspace.of(run_config)).pipeline.components}
    assert json.loads(nodes["ServingCheck"].exec_properties["search"]) == {"beams": 3, "max_target_length": 8}
    run_config = three(tmp_path, "translator")
    nodes = {node.id: node for node in build(run_config, Workspace.of(run_config)).pipeline.components}
    assert json.loads(nodes["ServingCheck"].exec_properties["search"])["beams"] == 1


def test_two_uses_of_every_step_have_ids_of_their_own(extensions: Path, tmp_path: Path) -> None:
    steps = ("ingest", "validate", "clean", "vocabulary", "train", "evaluate", "check", "push", "report")
    channels = {name: f"other_{name}" for step in steps for name in KIND.module(step).STEP.gives}
    uses = "".join(f"Use({step!r}), Use({step!r}, 'other-{step}', {channels!r})," for step in steps)
    text = f"from pipeline.recipes.base import Use\nSTEPS = ({uses})\n"
    (extensions / "recipes" / "doubled.py").write_text(text)
    run_config = three(tmp_path, "doubled")
    ids = [node.id for node in build(run_config, Workspace.of(run_config)).pipeline.components]
    assert len(set(ids)) == len(ids)


def test_spans_of_several_ingestions_are_told_apart(tmp_path: Path) -> None:
    run_config = config({"format": "embedded"})
    parts = [Ingestion(span, run_config.corpora, {}) for span in (None, 9, 10)]
    ids = {name: [node.id for node in ingestion(run_config, parts, name)] for name in ("", "news-14")}
    assert ids[""] == ["CorpusExampleGen", "CorpusExampleGen-9", "CorpusExampleGen-10", "SpanWindow"]
    assert len({*ids[""], *ids["news-14"]}) == 8
    for readers in ids.values():
        places = [str(tmp_path / name / "examples" / "1") for name in readers[:3]]
        assert sorted([places[2], places[0], places[1]], key=_span) == places


def test_the_usual_recipe_is_in_no_cache_key(tmp_path: Path) -> None:
    assert not {"recipe", "steps"} & three(tmp_path, "translator").model_dump().keys()
    assert three(tmp_path, "three").model_dump()["recipe"] == "three"


def test_the_table_of_steps_in_the_documents_is_what_they_declare() -> None:
    text = (Path(__file__).parents[3] / "docs" / "pipeline.md").read_text()
    table = text.split("| step | takes |")[1].split("\n\n")[0].splitlines()[2:]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table]
    assert [row[0] for row in rows] == [use.step for use in STEPS]
    for name, *cells in rows:
        step = KIND.module(name).STEP
        takes, gives, sections = (set(re.findall(r"`(\w+)`", cell)) for cell in cells)
        assert takes == ({*step.takes, *step.may_take} if name != "report" else set())
        assert (gives, sections) == (set(step.gives), set(step.sections))
