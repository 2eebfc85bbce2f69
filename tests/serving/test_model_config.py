"""models.config as it may be found: what no server could make sense of is refused with the reason."""

from __future__ import annotations

import pytest

from serving import model_config
from serving.errors import RolloutRefusedError

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
    assert model_config.find(config, "Übung") is not None
    assert model_config.find(config, "other") is None
