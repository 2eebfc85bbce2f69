"""One file adds an architecture: it is configured, trained, stored, searched, exported and served."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import pytest
import tensorflow as tf

from pipeline.config.load import parse
from pipeline.errors import ConfigurationError
from tests.contract.server import State, running, spec
from tests.trainer.conftest import Pairs
from trainer.config import SearchConfig, TrainingConfig
from trainer.errors import ExportError, TrainerError
from trainer.export import check_export, export_translator, translate
from trainer.export.ctranslate2 import export_ctranslate2
from trainer.models.base import ArchitectureConfig
from trainer.models.build import build_translator
from trainer.store import load_translator, save_translator
from trainer.training import train
from trainer.vocabulary import Vocabulary

RUN = """
name: mine
languages: {source: en, target: de}
corpora: [{format: embedded}]
"""


@pytest.mark.usefixtures("brought")
def test_yaml_names_it_and_checks_its_keys() -> None:
    config = parse(f"{RUN}model: {{architecture: gated, width: 24}}\n")
    assert str(config.model) == "gated (width 24)"
    assert config.shown()["model"] == {"architecture": "gated", "width": 24}
    assert "architecture" not in parse(RUN).shown()["model"]
    with pytest.raises(ConfigurationError, match=r":5: model\.widht: unknown; did you mean width\?"):
        parse(f"{RUN}model: {{architecture: gated, widht: 24}}\n")
    with pytest.raises(ConfigurationError, match=r":6: model\.width: should be greater than or equal to 8"):
        parse(f"{RUN}model:\n  width: 4\n  architecture: gated\n")
    with pytest.raises(
        ConfigurationError,
        match=r":5: model\.architecture: there is no architecture `gatd`: did you mean `gated`\?",
    ):
        parse(f"{RUN}model: {{architecture: gatd}}\n")


@pytest.mark.usefixtures("brought")
def test_it_is_trained_stored_searched_exported_and_served(
    pairs: Pairs,
    vocabulary: Vocabulary,
    settings: Callable[..., TrainingConfig],
    tmp_path: Path,
) -> None:
    sources, targets = (list(side) for side in zip(*pairs, strict=True))
    data = tf.data.Dataset.from_tensor_slices((sources, targets))
    model = ArchitectureConfig.model_validate({"architecture": "gated"})
    long: dict[str, Any] = {"max_steps": 60, "evaluate_every": 60, "average_last": 1, "learning_rate": 0.02}
    trained, result = train(model, settings(**long), vocabulary, data, data.take(8), tmp_path / "run")
    losses = [row["loss"] for row in result.history if "loss" in row]
    assert losses[-1] < losses[0] - 1

    save_translator(trained, vocabulary, tmp_path / "stored")
    loaded, _ = load_translator(tmp_path / "stored")
    search = SearchConfig(beams=3, max_target_length=20, coverage_penalty=0.1)
    asked = ["", *sources[:5], "one " * 30]
    expected = [translation.text for translation in translate(loaded, vocabulary, asked, search)]
    assert expected == [translation.text for translation in translate(trained, vocabulary, asked, search)]
    assert len(set(expected)) > 2

    export_translator(loaded, vocabulary, search, tmp_path / "models" / "1")
    check_export(tmp_path / "models" / "1", asked, lambda: expected)
    flags = ["--model_name=gated", f"--model_base_path={tmp_path / 'models'}"]
    with running(flags, tmp_path / "server.log") as server:
        server.wait_until_open()
        client = server.client()
        client.wait_for_state("gated", 1, State.AVAILABLE)
        outputs = client.predict(spec("gated"), {"source": asked})
        client.close()
    assert [text.decode() for text in outputs["translation"]] == expected

    with pytest.raises(ExportError, match="gated has no form for CTranslate2"):
        export_ctranslate2(loaded, vocabulary, tmp_path / "ctranslate2")


@pytest.mark.usefixtures("brought")
@pytest.mark.parametrize("head", ["ensemble", "shortlist"])
def test_heads_search_with_it_and_with_one_of_another_architecture_beside_it(
    head: str, vocabulary: Vocabulary, tiny: ArchitectureConfig, tmp_path: Path
) -> None:
    keras.utils.set_random_seed(1)
    gated = ArchitectureConfig.model_validate({"architecture": "gated"})
    model, other = (build_translator(config, 320, 320, shared=True) for config in (gated, tiny))
    save_translator(other, vocabulary, tmp_path / "other")
    (tmp_path / "words").write_text("eins zwei drei")
    keys = {"ensemble": {"models": [tmp_path / "other"]}, "shortlist": {"text": tmp_path / "words"}}
    search = SearchConfig.model_validate(
        {"beams": 3, "max_target_length": 12, "head": {"name": head, **keys[head]}}
    )
    export_translator(model, vocabulary, search, tmp_path / "1")
    asked = ["", "one two", "three four five six one"]
    expected = [translation.text for translation in translate(model, vocabulary, asked, search)]
    check_export(tmp_path / "1", asked, lambda: expected)


@pytest.mark.usefixtures("brought")
def test_what_was_stored_by_an_architecture_that_is_not_here_says_so(
    vocabulary: Vocabulary, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    model = ArchitectureConfig.model_validate({"architecture": "gated"})
    save_translator(build_translator(model, 320, 320, shared=True), vocabulary, tmp_path)
    monkeypatch.setenv("DRAGOMAN_EXTENSIONS", "")
    with pytest.raises(
        TrainerError, match=r"no model that is known here \(architecture: there is no architecture `gated`"
    ):
        load_translator(tmp_path)
