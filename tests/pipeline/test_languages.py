"""Codes of languages, their scripts, and the tokenizer that follows from them."""

from __future__ import annotations

import pytest

from pipeline.languages import checked, scripts_of, tokenizer_of


@pytest.mark.parametrize(
    ("language", "scripts", "tokenizer"),
    [
        ("de", ("Latin",), "13a"),
        ("de-x-easy", ("Latin",), "13a"),
        ("ru-RU", ("Cyrillic",), "13a"),
        ("sr_Latn", ("Latin",), "13a"),
        ("sr-x-latn", ("Cyrillic",), "13a"),
        ("tlh", ("Latin",), "13a"),
        ("ko", ("Hangul", "Han"), "13a"),
        ("zh-Hant-TW", ("Han",), "zh"),
        ("zh-Latn", ("Latin",), "13a"),
        ("yue", ("Han",), "zh"),
        ("wuu", ("Han",), "zh"),
        ("lzh", ("Han",), "zh"),
        ("ja", ("Han", "Hiragana", "Katakana"), "char"),
        ("th-TH", ("Thai",), "char"),
        ("lo", ("Lao",), "char"),
        ("km", ("Khmer",), "char"),
        ("my", ("Myanmar",), "char"),
    ],
)
def test_a_language_has_scripts_and_from_them_a_tokenizer(
    language: str, scripts: tuple[str, ...], tokenizer: str
) -> None:
    assert checked(language) == language
    assert scripts_of(language) == scripts
    assert tokenizer_of(language) == tokenizer


@pytest.mark.parametrize(
    ("language", "cure"),
    [
        ("chinese", "BCP 47"),
        ("d", "BCP 47"),
        ("de-x", "BCP 47"),
        ("de-easyreading", "BCP 47"),
        ("zho", "write zh,"),
        ("cmn-Hant", "write zh-Hant,"),
        ("JPN", "write ja,"),
        ("deu_AT", "write de_AT,"),
    ],
)
def test_what_is_no_code_or_has_a_shorter_one_is_refused(language: str, cure: str) -> None:
    with pytest.raises(ValueError, match=cure):
        checked(language)
