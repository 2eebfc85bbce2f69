"""A default goes without saying: where a key has it, no fingerprint knows of it (contracts/settings.py)."""

from __future__ import annotations

from tests.pipeline.defaults import defaults, recorded
from trainer.models.transformer import PRESETS, TransformerConfig


def test_no_default_has_changed() -> None:
    """Put the key into its class's `ALWAYS_SAID`: without, a result of the old default would be taken for one
    of the new."""
    now = defaults()
    assert {key: now[key] for key, value in recorded().items() if now.get(key, value) != value} == {}


def test_every_default_is_written_down() -> None:
    """`python -m tests.pipeline.defaults` does it."""
    assert defaults().keys() - recorded().keys() == set()


def test_what_presets_fill_is_always_said() -> None:
    assert {key for preset in PRESETS.values() for key in preset} == TransformerConfig.ALWAYS_SAID
