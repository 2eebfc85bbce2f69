"""A stored translator: whole, or refused with its folder's name."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from trainer.errors import TrainerError
from trainer.models.build import build_translator
from trainer.models.transformer import TransformerConfig
from trainer.store import load_translator, save_translator
from trainer.training.checkpoint import read_arrays, write_arrays
from trainer.vocabulary import Vocabulary


@pytest.mark.parametrize("damage", ["missing", "json", "format", "weights"])
def test_a_folder_without_a_whole_translator_is_refused(
    damage: str, tiny: TransformerConfig, vocabulary: Vocabulary, tmp_path: Path
) -> None:
    folder = tmp_path / "model"
    if damage != "missing":
        save_translator(build_translator(tiny, 320, 320, shared=True), vocabulary, folder)
    if damage == "json":
        (folder / "translator.json").write_text("{")
    if damage == "format":
        (folder / "translator.json").write_text('{"format": 99}')
    if damage == "weights":
        (folder / "weights.npz").write_bytes(b"half")
    with pytest.raises(TrainerError, match=re.escape(str(folder))):
        load_translator(folder)


def test_a_translator_stored_with_a_key_that_nothing_reads_loads(
    tiny: TransformerConfig, vocabulary: Vocabulary, tmp_path: Path
) -> None:
    # Before new configurations with one were refused.
    save_translator(build_translator(tiny, 320, 320, shared=True), vocabulary, tmp_path)
    path = tmp_path / "translator.json"
    stored = json.loads(path.read_text())
    path.write_text(json.dumps({**stored, "model": {**stored["model"], "learned_positions": 64}}))
    assert load_translator(tmp_path)[0].config == tiny


def test_weights_of_another_model_are_refused(
    tiny: TransformerConfig, vocabulary: Vocabulary, tmp_path: Path
) -> None:
    save_translator(build_translator(tiny, 320, 320, shared=True), vocabulary, tmp_path)
    arrays, facts = read_arrays(tmp_path / "weights.npz")
    names = facts["names"]

    def refusal(names: list[str], arrays: list[np.ndarray]) -> str:
        write_arrays(tmp_path / "weights.npz", arrays, {"names": names})
        with pytest.raises(
            TrainerError, match=r"not of one save, or another version .* train again"
        ) as error:
            load_translator(tmp_path)
        return str(error.value)

    table = "transformer/target_embedding/table [320, 32]"
    assert f"holds old/table [320, 32] where the model has {table}" in refusal(
        ["old/table", *names[1:]], arrays
    )
    assert f"[300, 32] where the model has {table}" in refusal(names, [arrays[0][:300], *arrays[1:]])
    assert "holds nothing where" in refusal(names[:-1], arrays[:-1])
    assert "where the model has nothing" in refusal([*names, "new"], [*arrays, np.ones(3)])
