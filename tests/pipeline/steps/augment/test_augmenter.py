"""Training pairs come a second time, always the same ones; all else stays as it was."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from tfx.dsl.components.base.base_executor import BaseExecutor
from tfx.types import artifact_utils, standard_artifacts

from contracts.settings import effective, effective_json
from pipeline.config import RunConfig
from pipeline.config.augmentation import AugmentationConfig
from pipeline.examples.shards import Pair, ShardWriter, pairs_of
from pipeline.recipes.base import run_steps
from pipeline.runs.build import build
from pipeline.runs.plan import plan
from pipeline.steps.augment.augmenting import Augmenting, AugmentPlan, source_key
from pipeline.steps.augment.component import Executor
from pipeline.steps.augment.word_links import WordLinks
from pipeline.steps.base import Done
from pipeline.workspace.workspace import Workspace
from tests.pipeline.steps.runs import config, pair_corpus

WORDS = {"one": "eins", "two": "zwei", "three": "drei", "four": "vier", "five": "fünf", "six": "sechs"}
TEXTS = [
    (f"{a} {b} {c}.", f"{WORDS[b]} {WORDS[a]} {WORDS[c]}.")  # the first two change places
    for a in WORDS
    for b in WORDS
    for c in WORDS
]
PAIRS = [Pair(source.encode(), target.encode(), b"c", line) for line, (source, target) in enumerate(TEXTS, 1)]


def plan_of(*disturbances: Any, seed: int = 1, protected: int = 0) -> AugmentPlan:
    section = {"seed": seed, "disturbances": list(disturbances)}
    return AugmentPlan.model_validate({"augmentation": section, "protected": protected})


def made(plan: AugmentPlan, pairs: list[Pair] = PAIRS, **given: Any) -> list[Pair]:
    return list(Augmenting(plan, given.get("held_out", ()), given.get("links")).pairs(pairs))


def test_each_pair_stays_and_is_followed_by_what_is_made_of_it() -> None:
    [first, upper, second, *_] = made(plan_of({"name": "upper-case", "rate": 1}))
    assert (first, second) == tuple(PAIRS[:2])
    assert upper == first._replace(source=b"ONE ONE ONE.", target=b"EINS EINS EINS.")


def test_as_many_come_as_the_rate_says_and_always_the_same() -> None:
    plan = plan_of({"name": "upper-case", "rate": 0.25}, "no-end")
    augmenting = Augmenting(plan, (), None)
    pairs = list(augmenting.pairs(PAIRS))
    assert 30 < augmenting.added["upper-case"] < 80  # of 216, within three standard deviations and more
    assert len(pairs) == len(PAIRS) + sum(augmenting.added.values())
    assert made(plan) == pairs
    assert made(plan_of({"name": "upper-case", "rate": 0.25}, "no-end", seed=2)) != pairs


def test_what_is_made_of_a_pair_does_not_depend_on_the_others() -> None:
    plan = plan_of({"name": "typos", "rate": 0.5})
    whole = made(plan)
    alone = [row for pair in PAIRS for row in made(plan, [pair])]
    assert alone == whole


def test_no_disturbed_pair_teaches_what_is_held_out() -> None:
    held_out = {source_key(b"ONE  one one")}
    pairs = made(plan_of({"name": "no-end", "rate": 1}), PAIRS[:2], held_out=held_out)
    assert [pair.source for pair in pairs] == [b"one one one.", b"one one two.", b"one one two"]


def test_sentences_of_two_corpora_are_no_neighbours() -> None:
    pairs = [PAIRS[0], PAIRS[1]._replace(corpus=b"d"), PAIRS[2]._replace(corpus=b"d")]
    joined = [pair.source for pair in made(plan_of({"name": "two-sentences", "rate": 1}), pairs)]
    assert joined == [*(pair.source for pair in pairs), b"one one two. one one three."]


def test_words_are_linked_by_what_stands_together_elsewhere() -> None:
    links = WordLinks.learn(TEXTS)
    assert links is not None
    linked = links.of([("two three four.", "drei zwei vier."), ("", "eins"), ("zzz", "one " * 200)])
    assert linked == [((1, 0), (0, 1), (2, 2)), (), ()]
    assert WordLinks.learn([("", "eins")]) is None


def test_placeholders_stand_where_the_words_were() -> None:
    plan = plan_of({"name": "placeholders", "rate": 1, "most": 1, "tags": 0}, protected=4)
    # Of the same word twice either may be meant.
    clear = [pair for pair in PAIRS if len({*pair.source.strip(b".").split()}) == 3][:40]
    pairs = made(plan, clear, links=WordLinks.learn(TEXTS))
    pairs = [pair for pair in pairs if "⟦" in pair.source.decode()]
    assert len(pairs) >= 30
    for pair in pairs:
        source, target = (side.decode().strip(".").split() for side in pair[:2])
        [place] = [place for place, word in enumerate(source) if "⟦" in word]
        assert target[(1, 0, 2)[place]] == source[place]


def test_the_executor_writes_train_anew_and_links_the_others(tmp_path: Path) -> None:
    given, written = standard_artifacts.Examples(), standard_artifacts.Examples()
    given.uri, written.uri = str(tmp_path / "in"), str(tmp_path / "out")
    given.split_names = artifact_utils.encode_split_names(["train", "dev", "test"])
    for split, pairs in (("train", PAIRS[2:]), ("dev", PAIRS[:2])):
        with ShardWriter(str(tmp_path / "in" / f"Split-{split}"), "data", shard_rows=150) as writer:
            for pair in pairs:
                writer.write(pair)
    plan = plan_of({"name": "placeholders", "rate": 0.5}, {"name": "no-end", "rate": 1}, protected=2)
    Executor(BaseExecutor.Context(tmp_dir=str(tmp_path), unique_id="1")).Do(
        {"cleaned_examples": [given]}, {"training_examples": [written]}, {"plan": effective_json(plan)}
    )

    def read(split: str) -> list[Pair]:
        return list(pairs_of([str(tmp_path / "out" / f"Split-{split}")]))

    added = json.loads(written.get_string_custom_property("added"))
    assert added["no-end"] == len(PAIRS) - 2
    assert added["placeholders"] > 50
    assert len(read("train")) == len(PAIRS) - 2 + sum(added.values())
    assert read("dev") == PAIRS[:2]
    assert read("test") == []
    summary = _step(tmp_path, plan).summary(
        _run(tmp_path, plan), Done({}, {"training_examples": {"added": json.dumps(added)}}, cached=False)
    )
    assert f"placeholders {added['placeholders']}" in summary.lines[0].text


def run_config(folder: Path, **sections: Any) -> RunConfig:
    corpus = pair_corpus(folder, train=TEXTS, dev=TEXTS[:3], test=TEXTS[3:6])
    places = {"workspace": str(folder / "runs"), "push": {"model_root": str(folder / "models")}}
    vocabulary = {"size": 300, **sections.pop("vocabulary", {})}
    return config(corpus, vocabulary=vocabulary, **places, **sections)


def _run_step(folder: Path, plan: AugmentPlan) -> Any:
    sections = {"augmentation": plan.augmentation.model_dump(), "vocabulary": {"protected": plan.protected}}
    made = run_config(folder, **sections)
    return next(
        run_step for run_step in run_steps(made, Workspace.of(made)) if run_step.use.step == "augment"
    )


def _step(folder: Path, plan: AugmentPlan) -> Any:
    return _run_step(folder, plan).step


def _run(folder: Path, plan: AugmentPlan) -> Any:
    return _run_step(folder, plan).run


def test_without_disturbances_there_is_no_such_component_and_nothing_is_said(tmp_path: Path) -> None:
    plain = run_config(tmp_path)
    nodes: Any = {node.id: node for node in build(plain, Workspace.of(plain)).pipeline.components}
    assert "Augmenter" not in nodes
    assert "Cleaner" in {node.id for node in nodes["Trainer"].upstream_nodes}
    assert not {"augmentation"} & plain.model_dump().keys()
    assert effective(AugmentationConfig()) == {}


def test_the_trainer_reads_what_was_made_and_the_vocabulary_does_not(tmp_path: Path) -> None:
    some = run_config(tmp_path, augmentation={"disturbances": ["typos", {"name": "no-end", "rate": 0.1}]})
    nodes: Any = {node.id: node for node in build(some, Workspace.of(some)).pipeline.components}
    above = {
        name: {node.id for node in nodes[name].upstream_nodes} for name in ("Trainer", "Tokenizer", "Push")
    }
    assert "Augmenter" in above["Trainer"]
    assert not any("Augmenter" in above[name] for name in ("Tokenizer", "Push"))
    planned = plan(some, Workspace.of(some))
    assert planned.as_json()["augmentation"] == {"typos": 0.05, "no-end": 0.1}
    assert "adds training pairs as users type them: typos 5%, no-end 10%" in planned.lines()


@pytest.mark.parametrize(
    ("sections", "said"),
    [
        ({"vocabulary": {"protected": 8}}, "name placeholders in augmentation.disturbances"),
        ({"augmentation": {"disturbances": ["placeholders"]}}, "give vocabulary.protected, as 8"),
        ({"vocabulary": {"context": True}}, "vocabulary.context is the piece of the disturbance context"),
        ({"augmentation": {"disturbances": ["context"]}}, "give both, or neither"),
        ({"augmentation": {"disturbances": ["typos", "typos"]}}, "typos is there twice"),
        ({"augmentation": {"seed": 2}}, "seed is of disturbances"),
        ({"augmentation": {"disturbances": ["typo"]}}, "did you mean `typos`"),
    ],
)
def test_what_fits_nothing_is_told_before_anything_starts(
    sections: dict[str, Any], said: str, tmp_path: Path
) -> None:
    with pytest.raises(ValidationError, match=said):
        run_config(tmp_path, **sections)
