"""A version of several directions: its card, its warm-up, and whom it may succeed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2
from tensorflow_serving.apis import prediction_log_pb2

from contracts.card import EXTRA, JSON_NAME, CardSummary, ModelCard
from contracts.directions import Direction
from pipeline.config.load import parse
from pipeline.errors import ConfigurationError
from pipeline.steps.push.card_markdown import markdown
from pipeline.steps.push.succession import refuse_other_languages
from pipeline.steps.push.warmup import write_warmup
from serving.rollout import Rollout
from tests.pipeline.steps.push.cards import card, saved_model

BOTH = tuple(
    Direction(source_language=source, target_language=target, zero_shot=zero_shot)
    for source, target, zero_shot in (("en", "de", False), ("de", "en", False), ("fr", "de", True))
)


def several(*directions: Direction) -> ModelCard:
    return card().model_copy(update={"directions": directions})


def test_the_card_names_them_and_one_of_one_direction_says_nothing() -> None:
    text = markdown(several(*BOTH))
    assert (
        "Translates en to de, de to en (into de where no language is asked for); never trained: fr to de."
        in text
    )
    assert "directions" not in json.loads(card().as_json())
    assert "Translates en to de. Pushed" in markdown(card())
    assert ModelCard.model_validate_json(several(*BOTH).as_json()).directions == BOTH
    assert not several(*BOTH).same_version(card())


def test_a_damaged_list_is_none() -> None:
    values = {**json.loads(several(*BOTH).as_json()), "directions": [{"source_language": 7}]}
    assert CardSummary.model_validate(values).directions is None


def test_the_warm_up_feeds_the_language(tmp_path: Path) -> None:
    folder = saved_model(tmp_path / "export")
    model = saved_model_pb2.SavedModel.FromString((folder / "saved_model.pb").read_bytes())
    model.meta_graphs[0].signature_def["serving_default"].inputs["target_language"].name = "language:0"
    (folder / "saved_model.pb").write_bytes(model.SerializeToString())
    write_warmup(folder, "m", ["one", "two", "three"], tmp_path, ["", "de", "fr"])
    records = tf.data.TFRecordDataset(str(tmp_path / "tf_serving_warmup_requests")).as_numpy_iterator()
    requests = [prediction_log_pb2.PredictionLog.FromString(record).predict_log.request for record in records]
    assert {(request.model_spec.signature_name, tuple(sorted(request.inputs))) for request in requests} == {
        ("serving_default", ("source", "target_language")),
        ("n_best", ("source",)),
    }
    fed = requests[1].inputs
    assert list(tf.make_ndarray(fed["target_language"])) == [b"", b"de", b"fr", b""]
    assert len(fed["source"].string_val) == fed["target_language"].tensor_shape.dim[0].size == 4


def run(root: Path, *trained: str, allowed: bool = False) -> None:
    """Ask whether a run of these directions may push to `m`."""
    directions = f"directions: {{trained: [{', '.join(trained)}]}}, " if trained else ""
    files = "train: {source: a, target: b}, dev: {source: a, target: b}, test: {source: a, target: b}"
    french = f", {{name: f, format: pairs, {files}, languages: {{source: en, target: fr}}}}"
    refuse_other_languages(
        parse(
            f"{{name: m, languages: {{source: en, target: de}}, {directions}"
            f"corpora: [{{name: c, format: pairs, {files}}}{french if 'en-fr' in trained else ''}], "
            f"push: {{model_root: '{root}', allow_other_languages: {allowed}}}}}"
        )
    )


@pytest.mark.parametrize(
    ("served", "runs", "message"),
    [
        (BOTH[:2], ("en-de", "de-en"), None),
        (BOTH[:2], ("en-de", "de-en", "en-fr"), None),
        (BOTH[:2], ("en-de", "en-fr"), "has de-en, en-de, and this run en-de, en-fr"),
        (BOTH[:2], (), "has de-en, en-de, and this run one direction"),
        ((), ("en-de", "de-en"), "has one direction, and this run de-en, en-de"),
        ((), (), None),
    ],
)
def test_whom_it_may_succeed(
    served: tuple[Direction, ...], runs: tuple[str, ...], message: str | None, tmp_path: Path
) -> None:
    folder = saved_model(tmp_path / "m" / "1")
    (folder / EXTRA).mkdir()
    (folder / EXTRA / JSON_NAME).write_text(several(*served).as_json())
    Rollout(tmp_path).promote("m", 1)
    if message is None:
        run(tmp_path, *runs)
        return
    with pytest.raises(ConfigurationError, match=message):
        run(tmp_path, *runs)
    run(tmp_path, *runs, allowed=True)
