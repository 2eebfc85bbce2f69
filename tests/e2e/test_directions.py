"""One model for both directions of the embedded corpus: trained, gated, pushed, and asked in both; and from
French, which it is never trained to translate into English."""

from __future__ import annotations

import itertools
import json
import random
import re
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

DIRECTIONS = {"trained": ["en-de", "de-en", "fr-de"], "zero_shot": ["fr-en"], "temperature": 2.0}
NAMES = ["en-de", "de-en", "fr-de", "fr-en"]
SUBJECTS = (
    ("La femme", "Die Frau", "The woman"),
    ("Le garçon", "Der Junge", "The boy"),
    ("La fille", "Das Mädchen", "The girl"),
    ("Le médecin", "Der Arzt", "The doctor"),
    ("La voisine", "Die Nachbarin", "The neighbour"),
)
VERBS = (
    ("voit", "sieht", "sees"),
    ("trouve", "findet", "finds"),
    ("peint", "malt", "paints"),
    ("connaît", "kennt", "knows"),
)
OBJECTS = (
    ("le chien", "den Hund", "the dog"),
    ("la maison", "das Haus", "the house"),
    ("l'arbre", "den Baum", "the tree"),
    ("la rivière", "den Fluss", "the river"),
    ("le livre", "das Buch", "the book"),
)
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


def french(folder: Path) -> list[dict[str, Any]]:
    """Two corpora: French-German, and French-English, which has a test split alone."""
    parts = list(itertools.product(SUBJECTS, VERBS, OBJECTS))
    random.Random(1).shuffle(parts)
    sentences = [tuple(" ".join(words) + "." for words in zip(*part, strict=True)) for part in parts]
    splits = {
        "train-de": (1, sentences[:70]),
        "test-de": (1, sentences[70:85]),
        "test-en": (2, sentences[85:]),
    }
    for name, (other, chosen) in splits.items():
        lines = "".join(f"{sentence[0]}\t{sentence[other]}\n" for sentence in chosen)
        (folder / f"{name}.tsv").write_text(lines, encoding="utf-8")
    german = {"train": str(folder / "train-de.tsv"), "test": str(folder / "test-de.tsv")}
    return [
        {"name": to, "format": "tsv", "languages": {"source": "fr", "target": to}, **files}
        for to, files in (("de", german), ("en", {"test": str(folder / "test-en.tsv")}))
    ]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory, dragoman: Dragoman) -> Both:
    folder = tmp_path_factory.mktemp("both")
    floors = {"de-en": {"bleu_floor": 0.01}, "fr-de": {"bleu_floor": 0.0}}
    gate = {"bleu_floor": 0.02, "bootstrap_samples": 100, "directions": floors}
    corpora = [{"format": "embedded", "pairs": 1500}, *french(folder)]
    config = write(folder, settings(folder, directions=DIRECTIONS, corpora=corpora, evaluation=gate))
    return Both(folder, config, json.loads(dragoman("run", config, "--json").stdout))


def test_each_direction_is_gated_and_on_the_card(both: Both) -> None:
    reason = both.result["reason"]
    for name in ("en-de", "de-en"):
        assert re.search(rf"direction {name}: BLEU [\d.]+ is not below the floor 0\.0", reason), reason
    assert "fr-en" not in reason
    assert "direction fr-en" in both.result["slices"]
    assert min(both.result["slices"][f"direction {name}"] for name in ("en-de", "de-en")) > 0.02
    card = ModelCard.load(both.version)
    assert [direction.name for direction in card.directions] == NAMES
    assert [direction.name for direction in card.directions if direction.zero_shot] == ["fr-en"]
    assert {part.value for part in card.slices if part.feature == "direction"} == set(NAMES)
    page = Path(both.result["report"]).read_text(encoding="utf-8")
    assert "en → de, de → en, fr → de, fr → en (never trained)" in page
    assert "could not be shown" not in page
    untrained = (
        "en to de, de to en, fr to de (into de where no language is asked for); never trained: fr to en"
    )
    assert untrained in (both.version / "assets.extra" / "model_card.md").read_text(encoding="utf-8")


def test_the_report_has_the_statistics_of_each_direction(both: Both) -> None:
    page = Path(both.result["report"]).read_text(encoding="utf-8")
    shown = dict(re.findall(r">(\w+, .. → ..)</dt><dd dir=\"auto\">pairs before cleaning: ([\d,]+);", page))
    assert shown["train, fr → de"] == "70"
    assert shown["test, fr → en"] == "15"
    assert "train, fr → en" not in shown
    assert shown["dev, en → de"] == shown["dev, de → en"]


def test_versions_know_the_directions(both: Both, dragoman: Dragoman) -> None:
    [row] = overview(both.folder / "models", "e2e", [])
    assert row["languages"] == "en→de de→en fr→de fr→en"
    assert set(row["directions"]) == set(NAMES)
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
    assert asked == {"direction en-de": 0.02, "direction de-en": 0.01, "direction fr-de": 0.0}


def test_what_other_clients_ask_for_is_not_taken_from_them(both: Both) -> None:
    Rollout(both.folder / "models").promote("e2e")
    refuse_other_languages(load(both.config))
    alone = ["directions=null", "evaluation.directions={}", "corpora=[{format: embedded}]"]
    loaded = load(both.config, alone)
    with pytest.raises(ConfigurationError, match=r"has de-en, en-de, fr-de, fr-en, and this run one"):
        refuse_other_languages(loaded)
    with pytest.raises(ConfigurationError, match=r"a model into de, en, where this run .* one language"):
        check_vocabulary(loaded, both.version / "assets.extra" / "translator")
    check_vocabulary(load(both.config), both.version / "assets.extra" / "translator")
