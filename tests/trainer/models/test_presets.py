"""Presets: each is a configuration that holds, survives being written down, and gives way to what is said."""

from __future__ import annotations

import typing

import pytest

from contracts.settings import effective
from trainer.models.base import ArchitectureConfig
from trainer.models.convolutional import ConvolutionalConfig
from trainer.models.recurrent import RecurrentConfig
from trainer.models.transformer import TransformerConfig

EACH = [(thing, preset) for thing in ArchitectureConfig.things().values() for preset in thing.presets]


@pytest.mark.parametrize(
    ("thing", "preset"), EACH, ids=[f"{thing.__name__}-{preset}" for thing, preset in EACH]
)
def test_a_preset_is_what_it_fills_in_and_stays_it_when_written_down(
    thing: type[ArchitectureConfig], preset: str
) -> None:
    config = ArchitectureConfig.model_validate(
        {"architecture": thing.model_fields["architecture"].default, "preset": preset}
    )
    keys = thing.presets[preset].keys
    assert {key: getattr(config, key) for key in keys} == keys
    for written in (config.model_dump(), effective(config)):
        assert thing.model_validate(written) == config
    # Not by its name, but by what it fills in, is a training known.
    named_otherwise = thing.model_validate({**keys, "preset": "small"})
    assert named_otherwise.shape() == config.shape()


def test_every_preset_is_a_word_of_its_key_and_the_other_way_round() -> None:
    for thing in ArchitectureConfig.things().values():
        assert set(typing.get_args(thing.model_fields["preset"].annotation)) == thing.presets.keys()


def test_what_is_said_wins_and_is_no_other_network_s_training() -> None:
    config = TransformerConfig(preset="ssru", decoder="self-attention")
    assert config.decoder == "self-attention"
    assert TransformerConfig.model_validate(effective(config)) == config
    assert TransformerConfig(preset="windowed", encoder_window=4).encoder_window == 4
    assert RecurrentConfig(preset="cho", cell="lstm").cell == "lstm"
    assert RecurrentConfig(preset="luong", attention="bahdanau", input_feeding=False).score == "additive"


def test_a_convolutional_training_of_before_there_were_presets_is_known_by_the_same_keys() -> None:
    assert effective(ConvolutionalConfig()) == {"architecture": "convolutional"}
    assert effective(ConvolutionalConfig(encoder_layers=7)).keys() == {"architecture", "encoder_layers"}
    tiny = ConvolutionalConfig(preset="tiny", encoder_layers=4)
    assert effective(tiny)["encoder_layers"] == 4  # what `small` says by saying nothing
    assert ConvolutionalConfig.model_validate(effective(tiny)) == tiny
