"""How much of a text is in its language's script, counted by hand."""

import pytest

from texts.cleaning.measures.scripts import script_share


@pytest.mark.parametrize(
    ("language", "text", "share"),
    [
        ("en", "plain", 1.0),
        ("de", "Grüße, 123!", 1.0),
        ("en", "привет", 0.0),
        ("en", "ab вг", 0.5),
        ("zh", "Tom游泳。", 6 / 9),
        ("zh", "123 🙂", 1.0),
        ("zh", "hello", 0.0),
        ("ja", "東京へ", 1.0),
    ],
)
def test_script_share(language: str, text: str, share: float) -> None:
    assert script_share(language)(text) == pytest.approx(share)
