"""One model for both directions of the embedded corpus: trained, gated, pushed, and asked in both."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from contracts.card import CardSummary, ModelCard
from contracts.scores import Scores
from pipeline.config.load import load
from pipeline.errors import ConfigurationError
from pipeline.steps.baseline.fitting import check_vocabulary
from pipeline.steps.push.succession import refuse_other_languages
from serving.client import Client
from serving.launch import launch
from serving.rollout import Rollout
from serving.rollout.overview import overview
from tests.e2e.conftest import Dragoman, settings, write
from trainer.config import SearchConfig
from trainer.export import check_export, translate
from trainer.store import load_translator

BOTH = {"trained": ["en-de", "de-en"], "temperature": 2.0}
ENGLISH, GERMAN = "The woman sees the dog.", "Die Frau sieht den Hund."


@dataclass(frozen=True)
class Both:
    """A run that pushed version 1 of a model of both directions."""

    folder: Path
    config: Path
    result: dict[str, Any]

    @property
    def version(self) -> Path:
        return Path(self.result["pushed"])


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory, dragoman: Dragoman) -> Both:
    folder = tmp_path_factory.mktemp("both")
    gate = {"bleu_floor": 0.02, "bootstrap_samples": 100, "directions": {"de-en": {"bleu_floor": 0.01}}}
    corpora = [{"format": "embedded", "pairs": 1500}]
    config = write(folder, settings(folder, directions=BOTH, corpora=corpora, evaluation=gate))
    return Both(folder, config, json.loads(dragoman("run", config, "--json").stdout))


def test_each_direction_is_gated_and_on_the_card(both: Both) -> None:
    reason = both.result["reason"]
    assert "direction en-de: BLEU" in reason
    assert "not below the floor 0.0" in reason
    assert "direction de-en: BLEU" in reason
    assert "not below the floor 0.0" in reason
    assert min(both.result["slices"][f"direction {name}"] for name in ("en-de", "de-en")) > 0.02
    card = ModelCard.load(both.version)
    assert [direction.name for direction in card.directions] == ["en-de", "de-en"]
    assert {part.value for part in card.slices if part.feature == "direction"} == {"en-de", "de-en"}
    page = Path(both.result["report"]).read_text(encoding="utf-8")
    assert "en → de, de → en" in page
    assert "could not be shown" not in page
    assert "en to de, de to en (into de where no language is asked for)" in (
        both.version / "assets.extra" / "model_card.md"
    ).read_text(encoding="utf-8")


def test_versions_know_the_directions(both: Both, dragoman: Dragoman) -> None:
    [row] = overview(both.folder / "models", "e2e", [])
    assert row["languages"] == "en→de de→en"
    assert set(row["directions"]) == {"en-de", "de-en"}
    said = dragoman("versions", both.folder / "models", "--replica", "127.0.0.1:1").stderr
    assert "e2e 1, BLEU / chrF: de-en " in said
    assert CardSummary.of(both.version).directions == ModelCard.load(both.version).directions


def test_a_fresh_process_answers_as_the_trainer_does_in_both(both: Both) -> None:
    translator, vocabulary = load_translator(both.version / "assets.extra" / "translator")
    assert vocabulary.targets == ("de", "en")
    search = SearchConfig.model_validate(settings(both.folder)["search"])
    sources, languages = [ENGLISH, GERMAN, ""], ["de", "en", "en"]
    check_export(
        both.version,
        sources,
        lambda: [
            translation.text for translation in translate(translator, vocabulary, sources, search, languages)
        ],
        languages,
    )


def test_a_server_is_asked_in_both_directions(both: Both, dragoman: Dragoman, tmp_path: Path) -> None:
    shutil.copytree(both.version, tmp_path / "e2e" / "1")
    Rollout(tmp_path).promote("e2e")
    with launch(tmp_path, backend="embedded") as server:
        answers = {}
        for to in ("de", "en", None):
            with Client(server.address, model="e2e", to=to) as client:
                answers[to] = client.translate([ENGLISH])[0].text
        assert answers[None] == answers["de"] != answers["en"]
        asked = ["translate", "--address", server.address, "--model-root", tmp_path, ENGLISH]
        assert dragoman(*asked, "--to", "en").stdout == answers["en"] + "\n"
        assert dragoman(*asked).stdout == answers["de"] + "\n"
        refused = dragoman(*asked, "--to", "fr", code=7).stderr
    assert "no translation into fr: this model translates into de, en" in " ".join(refused.split())


def test_every_direction_must_pass(both: Both, dragoman: Dragoman, tmp_path: Path) -> None:
    high = "evaluation.directions={de-en: {bleu_floor: 99}}"
    root = f"push.model_root={tmp_path}"
    said = dragoman("run", both.config, "--set", high, "--set", root, code=5).stderr.strip()
    assert "the gate refused the candidate: direction de-en: BLEU" in said.splitlines()[-1]
    assert "is below the floor 99.0" in said.splitlines()[-1]


def test_scores_say_what_was_asked_of_each(both: Both) -> None:
    evaluated = both.folder / "runs" / "e2e" / "artifacts" / "Evaluator" / "scores"
    scores = Scores.load(min(evaluated.iterdir(), key=lambda folder: int(folder.name)))
    assert scores.thresholds.bleu_floor is None
    asked = {name: part.bleu_floor for name, part in scores.thresholds.parts.items()}
    assert asked == {"direction en-de": 0.02, "direction de-en": 0.01}


def test_what_other_clients_ask_for_is_not_taken_from_them(both: Both) -> None:
    Rollout(both.folder / "models").promote("e2e")
    refuse_other_languages(load(both.config))
    loaded = load(both.config, ["directions=null", "evaluation.directions={}"])
    with pytest.raises(ConfigurationError, match=r"has de-en, en-de, and this run one direction"):
        refuse_other_languages(loaded)
    with pytest.raises(ConfigurationError, match=r"a model into de, en, where this run .* one language"):
        check_vocabulary(loaded, both.version / "assets.extra" / "translator")
    check_vocabulary(load(both.config), both.version / "assets.extra" / "translator")
