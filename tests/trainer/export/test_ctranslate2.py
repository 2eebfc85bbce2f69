"""The CTranslate2 export translates as the trainer's own search does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import sentencepiece
import tensorflow as tf

from tests.serving.conftest import dragoman
from tests.serving.fake_server import push
from tests.trainer.conftest import Pairs
from trainer.config import SearchConfig, TrainingConfig
from trainer.export import translate
from trainer.models.transformer import TransformerConfig
from trainer.store import save_translator
from trainer.training.train import train
from trainer.vocabulary import Vocabulary

ctranslate2 = pytest.importorskip("ctranslate2")


def test_a_version_exported_for_ctranslate2_translates_the_same(
    tmp_path: Path,
    pairs: Pairs,
    vocabulary: Vocabulary,
    tiny: TransformerConfig,
    settings: Callable[..., TrainingConfig],
) -> None:
    sources, targets = (list(side) for side in zip(*pairs, strict=True))
    data = tf.data.Dataset.from_tensor_slices((sources, targets))
    trained, _ = train(
        tiny, settings(max_steps=60, evaluate_every=60), vocabulary, data, data.take(4), tmp_path / "t"
    )
    root = tmp_path / "models"
    push(root, 3)
    [model] = [path.name for path in root.iterdir() if path.is_dir()]
    save_translator(trained, vocabulary, root / model / "3" / "assets.extra" / "translator")
    output = tmp_path / "ct2"
    options = ("--format", "ctranslate2", "--output", output, "--model-root", root)
    done = dragoman("export", model, "3", *options)
    assert done.returncode == 0, done.stderr.decode()

    spm = [sentencepiece.SentencePieceProcessor(str(output / f"{side}.spm")) for side in ("source", "target")]
    engine = ctranslate2.Translator(str(output), compute_type="float32")
    rows = spm[0].encode(sources[:20], out_type=str)
    answers = engine.translate_batch(rows, beam_size=1, max_decoding_length=30)
    theirs = [spm[1].decode(answer.hypotheses[0]) for answer in answers]
    # Ours counts the end.
    search = SearchConfig(beams=1, length_penalty=0.0, max_target_length=31, max_target_ratio=31)
    ours = [translation.text for translation in translate(trained, vocabulary, sources[:20], search)]
    # Two engines round differently: where two pieces are all but equally likely, either may take the other.
    assert sum(answer != translation for answer, translation in zip(theirs, ours, strict=True)) <= 1
    assert len(set(theirs)) > 1

    again = dragoman("export", model, "3", *options)
    assert again.returncode == 2
    assert b"is there already" in again.stderr
    options = ("--output", tmp_path / "other", "--model-root", root)
    assert b"holds no version 4" in dragoman("export", model, "4", *options).stderr
    push(root, 5)
    assert b"did not keep the translator" in dragoman("export", model, "5", *options).stderr
