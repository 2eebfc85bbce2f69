"""Languages are told where they surely can, and nothing is said of what is short, odd or unknown."""

from __future__ import annotations

import gzip
from itertools import islice
from pathlib import Path

import pytest

from texts.cleaning.measures.identification import other_language

MULTI30K = Path(__file__).parents[5] / "shared" / "corpora" / "multi30k-en-de"


@pytest.mark.parametrize(
    ("language", "text", "identified"),
    [
        ("en", "Der kleine Hund schläft.", "de"),
        ("de", "She buys two red apples.", "en"),
        ("zh", "The small dog sleeps on the old sofa.", "en"),
        ("en", "小狗在旧沙发上睡着了。", "zh"),
        ("pt-BR", "Der kleine Hund schläft auf dem Sofa.", "de"),
        ("nb", "Der kleine Hund schläft auf dem Sofa.", "de"),
    ],
)
def test_another_language_is_told(language: str, text: str, identified: str) -> None:
    assert other_language(language)(text) == identified


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "The small dog sleeps on the old sofa."),
        ("en-GB", "The small dog sleeps on the old sofa."),
        ("en", "OK"),
        ("en", "Guten Tag."),
        ("en", ""),
        ("de", "\x00\x00"),
        ("de", "https://example.org/index.html?q=1"),
        ("de", "Apple iPhone 14 Pro Max"),
        ("en", "1234567890 1234567890 %%% +++"),
        ("cy", "Mae cath fach yn cysgu ar y soffa."),
        ("cy", "The small dog sleeps on the old sofa."),
        ("gd", "Tha an cù beag na chadal air an t-sòfa."),
        ("sr-Latn", "Veliki pas spava na starom kauču."),
        ("bs", "Veliki pas spava na starom kauču."),
        ("id", "Anjing kecil itu tidur di sofa tua."),
        ("ckb", "سەگە بچووکەکە لەسەر قەنەفە کۆنەکە خەوتووە"),
        ("mk", "Малото куче спие на стариот кауч."),
        ("de-x-easy", "Der kleine Hund schläft auf dem Sofa."),
    ],
)
def test_what_is_right_short_odd_or_unknown_is_left_alone(language: str, text: str) -> None:
    assert other_language(language)(text) is None


@pytest.mark.skipif(not MULTI30K.is_dir(), reason="shared corpora are not here")
@pytest.mark.parametrize("language", ["en", "de"])
def test_no_real_sentence_is_taken_for_another_language(language: str) -> None:
    other = other_language(language)
    with gzip.open(MULTI30K / f"train.{language}.gz", "rt", encoding="utf-8") as lines:
        assert [line for line in islice(lines, 5000) if other(line)] == []
