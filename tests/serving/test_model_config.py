"""models.config as it may be found: what no server could make sense of is refused with the reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from serving import model_config
from serving.errors import RolloutRefusedError
from serving.rollout import Rollout, history
from tests.serving.fake_server import push

MODEL = 'config {{ name: "{}" base_path: "/models/m" }}'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("model_config_list { config { nam", "is no model server configuration"),
        ("custom_model_config { }", "holds a custom_model_config"),
        (f"model_config_list {{ {MODEL.format('m')} {MODEL.format('m')} }}", "names m more than once"),
        (f"model_config_list {{ {MODEL.format('')} }}", "has a model without a name"),
    ],
)
def test_what_no_server_understands_is_refused(text: str, said: str) -> None:
    with pytest.raises(RolloutRefusedError, match=said):
        model_config.parse(text, "models.config")


def test_what_is_written_is_read_back_the_same() -> None:
    config = model_config.parse(f"model_config_list {{ {MODEL.format('Übung')} }}", "here")
    assert model_config.parse(model_config.as_text(config), "there") == config
    assert model_config.find_model(config, "Übung") is not None
    assert model_config.find_model(config, "other") is None


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ('base_path: "/o"', 'other has no model_platform: write model_platform: "tensorflow"'),
        ('base_path: "/o" model_platform: "tf"', "other has the model_platform 'tf'"),
        ('base_path: "/o" model_platform: "tensorflow" model_type: TENSORFLOW', "remove the model_type"),
        ('base_path: "models/o" model_platform: "tensorflow"', "give the absolute path"),
        ('model_platform: "tensorflow"', "has the base_path ''"),
        (
            'base_path: "/o" model_platform: "tensorflow" version_labels { key: "stable" value: 2 } '
            "model_version_policy { specific { versions: 1 } }",
            "has the label stable at 2, which it does not list: add `versions: 2`",
        ),
    ],
)
def test_what_a_server_refuses_is_refused_before_it_is_written(tmp_path: Path, part: str, said: str) -> None:
    file = tmp_path / model_config.FILE_NAME
    file.write_text(f'model_config_list {{ config {{ name: "other" {part} }} }}')
    before = file.read_bytes()
    push(tmp_path, 1)
    for dry_run in (True, False):
        with pytest.raises(RolloutRefusedError) as refused:
            Rollout(tmp_path, dry_run=dry_run).promote("m", 1)
        assert said in str(refused.value)
        assert "`dragoman repair`" in str(refused.value)
    assert file.read_bytes() == before
    assert not history.changes(tmp_path, "m")


def test_what_servers_take_is_taken() -> None:
    text = (
        'model_config_list { config { name: "a" base_path: "gs://bucket/a" model_platform: "tensorflow" } '
        'config { name: "b" base_path: "/b" model_type: TENSORFLOW model_version_policy { all {} } '
        'version_labels { key: "x" value: 7 } } }'
    )
    model_config.check(model_config.parse(text, "here"))
