"""The examples of files that add a thing work where they lie."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from contracts.kinds import FOLDERS, KindError, add_folders
from pipeline.config import CleaningConfig
from pipeline.steps.clean.rules import active_rules, first_reasons
from serving.gateway.interfaces.base import chosen
from tests.texts.cascade.models import Model, marked
from texts.cascade import Options, translate
from texts.cleaning.scores.base import TextBatch
from trainer.config import SearchConfig
from trainer.models.base import ArchitectureConfig
from trainer.models.build import build_translator
from trainer.search.candidates import Candidates
from trainer.search.constraints.base import build_constraints
from trainer.search.interface import Pieces
from trainer.vocabulary import BOS, EOS, PAD

EXAMPLES = Path(__file__).parents[1] / "examples" / "extensions"


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDERS, "")
    add_folders([EXAMPLES])


def test_a_score_rejects_pairs() -> None:
    rules = active_rules(CleaningConfig.model_validate({"max_digit_share": True}))
    batch = TextBatch(
        ["12 34 56", "Room 12 is free."], ["12 34 56 a", "Zimmer 12 ist frei."], ["en"] * 2, ["de"] * 2
    )
    assert first_reasons(batch, [rule for rule in rules if rule.score.reasons == ("mostly digits",)]) == [
        "mostly digits",
        None,
    ]


def test_a_stage_takes_sentences_from_what_is_asked() -> None:
    model = Model(marked)
    [answer] = translate(["One. © 2026 Anna Meier."], Options("de", source="en"), model)
    assert answer.text == "[One.] © 2026 Anna Meier."
    assert model.asked == ["One."]


def test_an_interface_is_found_with_its_table() -> None:
    [interface] = chosen(("plain",))
    assert [call.path for call in interface.calls] == ["/plain"]


def test_a_constraint_forbids_the_last_piece() -> None:
    search = SearchConfig.model_validate({"constraints": ["no-piece-twice-in-a-row"]})
    [rule] = build_constraints(search.constraints, Pieces(4, 3, lambda texts: [[3] for _ in texts]))
    candidates = Candidates(tf.zeros([1, 2, 4]), tf.zeros([1, 2]))
    sequences, rows = tf.constant([[[1, 0], [2, 0]]]), tf.constant([0])
    forbidden = tf.math.is_inf(rule.apply(candidates, sequences, tf.constant(1), rows).logits).numpy()
    assert forbidden.tolist() == [[[False, True, False, False], [False, False, True, False]]]
    assert not tf.math.is_inf(rule.apply(candidates, sequences, tf.constant(0), rows).logits).numpy().any()


def test_an_architecture_steps_as_it_reads_all_at_once() -> None:
    config = ArchitectureConfig.model_validate({"architecture": "minimal-gated", "width": 8})
    translator = build_translator(config, 20, 20, shared=True)
    memory = translator.encode(tf.constant([[5, 6, EOS, PAD], [7, 8, 9, EOS]]))
    target = tf.constant([[BOS, 4, 5], [BOS, 6, 4]])
    states, state = translator.decode(target, memory), translator.start(memory)
    for position in range(3):
        step = translator.step(target[:, position], state, position)
        np.testing.assert_allclose(np.asarray(step.states), np.asarray(states[:, position]), atol=1e-5)
        state = step.state
    alone = translator.encode(tf.constant([[5, 6, EOS]]))
    shorter = translator.decode(target[:1], alone)
    np.testing.assert_allclose(np.asarray(shorter), np.asarray(states[:1]), atol=1e-5)


def test_an_architecture_of_a_users_that_cannot_be_built_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FOLDERS, "")
    copy = tmp_path / "architectures" / "half_gated"
    shutil.copytree(EXAMPLES / "architectures" / "minimal_gated", copy)
    for name, old, new in (
        ("__init__", "minimal-gated", "half-gated"),
        ("layers", "width = config.width", "1 / 0"),
    ):
        text = (copy / f"{name}.py").read_text()
        assert old in text
        (copy / f"{name}.py").write_text(text.replace(old, new))
    add_folders([tmp_path])
    config = ArchitectureConfig.model_validate({"architecture": "half-gated"})
    with pytest.raises(
        KindError, match=r"the architecture `half-gated` .* in line \d+ of layers\.py: division"
    ):
        build_translator(config, 20, 20, shared=True)


def test_a_constraint_of_a_users_that_cannot_be_built_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FOLDERS, "")
    text = (EXAMPLES / "constraints" / "no_piece_twice_in_a_row.py").read_text()
    (tmp_path / "constraints").mkdir()
    file = tmp_path / "constraints" / "never.py"
    file.write_text(
        text.replace("no-piece-twice-in-a-row", "never").replace("return NoPieceTwice()", "return [][9]")
    )
    add_folders([tmp_path])
    search = SearchConfig.model_validate({"constraints": ["never"]})
    with pytest.raises(
        KindError, match=r"the constraint `never` \(.*never\.py\) failed \(IndexError in line \d+"
    ):
        build_constraints(search.constraints, Pieces(4, 3, lambda texts: [[3] for _ in texts]))
