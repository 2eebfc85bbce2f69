"""Exported models of then, loaded as TensorFlow Serving loads them; a model root of then, rolled out."""

from __future__ import annotations

import pytest

from serving.client import Client
from serving.launch import launch
from serving.rollout import Rollout
from serving.rollout.history import changes
from serving.rollout.overview import overview
from tests.compatibility.conftest import Answers, Old
from trainer.export.check import session_translate

NAME = "old"


def test_an_exported_model_answers_the_same(unpacked: Old, answers: Answers) -> None:
    encoded = [source.encode() for source in answers.sources]
    [rows] = session_translate(unpacked.models / NAME / "1", [encoded])
    assert rows == answers.best(1)


def test_the_versions_of_a_model_root_are_served_promoted_and_rolled_back(old: Old, answers: Answers) -> None:
    with launch(old.models, backend="embedded") as server:
        rollout = Rollout(old.models, [server.address])

        def answer() -> list[str]:
            with Client(server.address, model=NAME) as client:
                return [translation.text for translation in client.translate(answers.sources)]

        assert answer() == answers.best(2)
        with Client(server.address, model=NAME) as client:
            alternatives = client.n_best(answers.sources)
        for ours, theirs in zip(alternatives, answers.hypotheses[2], strict=True):
            assert list(ours.texts) == [text for text, _ in theirs]
            assert list(ours.scores) == pytest.approx([score for _, score in theirs], rel=1e-4)
        assert rollout.rollback(NAME).to == 1
        assert answer() == answers.best(1)
        assert rollout.promote(NAME).to == 2
        assert answer() == answers.best(2)
    recorded = [(change.action, change.before, change.to) for change in changes(old.models, NAME)]
    assert recorded == [("promote", 2, 1), ("promote", 1, 2), ("rollback", 2, 1), ("promote", 1, 2)]


def test_what_is_known_of_the_versions_is_listed(old: Old) -> None:
    rows = overview(old.models, NAME, [])
    assert [(row["version"], row["labels"]) for row in rows] == [(1, []), (2, ["stable"])]
    assert [row["languages"] for row in rows] == ["en→de", "en→de"]
    assert all(row["chrf"] > 0 for row in rows)
