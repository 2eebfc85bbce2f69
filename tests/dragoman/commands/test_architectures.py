"""`dragoman architectures` and `dragoman explain`: what there is, and where a model looked."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

import serving.client
from contracts.kinds import KindError
from dragoman.commands import architectures, explain
from serving.client.requests import Explanation
from trainer.models.base import ARCHITECTURES, ArchitectureConfig

EXPLANATION = Explanation(
    ("▁a", "▁$b", "</s>"), ("▁猫", "</s>"), ((0.1, 0.7, 0.2), (0.0, 0.0, 1.0)), "猫", -1.0
)


def _run(module: object, *arguments: object) -> tuple[int, str]:
    app = typer.Typer()
    module.register(app)  # type: ignore[attr-defined]
    done = CliRunner().invoke(app, list(map(str, arguments)))
    return done.exit_code, done.output


def test_every_architecture_and_preset_has_a_line_of_what_it_costs_and_where_it_is_good() -> None:
    code, said = _run(architectures)
    lines = said.partition("\n\n")[0].splitlines()
    assert code == 0
    assert (
        {line.split()[0] for line in lines[1:]} == set(ARCHITECTURES.names()) >= {"recurrent", "transformer"}
    )
    for name, architecture in ArchitectureConfig.things().items():
        first, *others = [" ".join(line.split()) for line in lines if line.startswith(f"{name} ")]
        assert architecture.costs
        assert architecture.suits
        assert first.endswith(f" {architecture.costs} {architecture.suits}")
        assert len(others) == len(architecture.presets) > 1
        for line, (word, preset) in zip(others, architecture.presets.items(), strict=True):
            assert preset.costs
            assert preset.suits
            assert line.startswith(f"{name} {word} ")
            assert line.endswith(f" {preset.costs} {preset.suits}")
    assert "transformer small the default 4 million" in " ".join(said.split())
    assert "transformer ssru decoder ssru a step of search" in " ".join(said.split())


def test_what_else_makes_a_translator_has_a_line_each() -> None:
    code, said = _run(architectures)
    lines = [" ".join(line.split()) for line in said.partition("\n\n")[2].splitlines()]
    assert code == 0
    assert "vocabulary.algorithm bpe, unigram, word, char, byte" in " ".join(lines[1].split()[:7])
    words = {tuple(line.split()[:2]) for line in lines[2:]}
    assert words >= {
        ("training.objective", "guided-alignment"),
        ("training.optimizer", "lion"),
        ("training.schedule", "noam"),
        ("search.head", "lexical-shortlist"),
        ("search.constraints", "forced-prefix"),
    }
    assert all(len(line.split()) > 4 for line in lines[1:])


def test_they_are_data_too_and_those_of_a_folder_are_among_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRAGOMAN_EXTENSIONS", "")
    folder = Path(__file__).parents[2] / "trainer" / "models"
    code, said = _run(architectures, "--json", "--extensions", folder)
    assert code == 0
    by_name = {row["architecture"]: row for row in json.loads(said)}
    assert by_name["gated"]["what"] == "Gated recurrent units (Cho et al. 2014) on both sides, with attention"
    assert [name for name, row in by_name.items() if row["default"]] == ["transformer"]
    assert by_name["recurrent"]["keys"]["attention"]["values"] == "none, luong, bahdanau"
    assert by_name["recurrent"]["presets"]["sutskever"]["keys"]["reverse_source"] is True
    assert by_name["gated"]["presets"] == {}


def test_the_keys_of_one_are_listed_with_what_they_can_be() -> None:
    code, said = _run(architectures, "recurrent")
    lines = {line.split()[0]: " ".join(line.split()) for line in said.splitlines()}
    assert code == 0
    assert lines["cell"].startswith("cell rnn, lstm, gru lstm ")
    assert lines["heads"].startswith("heads int 1 H, of the attention")
    assert "architecture" not in lines


def test_one_that_is_not_there_is_named_with_the_nearest() -> None:
    with pytest.raises(KindError, match="there is no architecture `recurent`: did you mean `recurrent`"):
        ArchitectureConfig.of({"architecture": "recurent"})


class _Client:
    """Answers as a server would."""

    def __init__(self, address: str, **settings: object) -> None:
        self.asked = (address, settings)

    def __enter__(self) -> _Client:
        return self

    def __exit__(self, *exception: object) -> None:
        pass

    def explain(self, sources: list[str]) -> list[Explanation]:
        return [EXPLANATION for _ in sources]


@pytest.fixture
def answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving.client, "Client", _Client)


@pytest.mark.usefixtures("answered")
def test_an_explanation_is_a_table_and_data() -> None:
    code, said = _run(explain, "a $b", "--model", "m")
    assert (code, said.split()) == (
        0,
        ["target", "source", "weight", "▁猫", "▁$b", "0.70", "</s>", "</s>", "1.00"],
    )
    code, said = _run(explain, "a $b", "--model", "m", "--json")
    assert json.loads(said)["attention"] == [[0.1, 0.7, 0.2], [0.0, 0.0, 1.0]]


@pytest.mark.usefixtures("answered")
def test_an_explanation_is_a_picture_whose_text_is_text(tmp_path: Path) -> None:
    for name, begin in (("a.svg", b"<?xml"), ("a.png", b"\x89PNG")):
        code, _ = _run(explain, "a $b", "--model", "m", "--picture", tmp_path / name)
        assert code == 0
        assert (tmp_path / name).read_bytes().startswith(begin)
    texts = {"".join(element.itertext()).strip() for element in ET.parse(tmp_path / "a.svg").iter()}
    assert {"▁a", "▁$b", "▁猫"} <= texts
    first = (tmp_path / "a.svg").read_bytes()
    _run(explain, "a $b", "--model", "m", "--picture", tmp_path / "a.svg")
    assert (tmp_path / "a.svg").read_bytes() == first


@pytest.mark.usefixtures("answered")
def test_a_picture_that_cannot_be_is_refused(tmp_path: Path) -> None:
    code, said = _run(explain, "a", "--model", "m", "--picture", tmp_path / "a.gif")
    assert code == 2
    assert "should end in .svg or .png" in " ".join(said.replace("│", " ").split())
    code, said = _run(explain, "a", "--model", "m", "--picture", tmp_path / "no" / "a.svg")
    assert code == 1
