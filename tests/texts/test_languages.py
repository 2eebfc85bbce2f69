"""Codes of languages, their scripts, and the tokenizer that follows from them."""

from __future__ import annotations

import pytest

from texts.languages import alike, check_language, distance, scripts_of, tokenizer_of


@pytest.mark.parametrize(
    ("language", "scripts", "tokenizer"),
    [
        ("de", ("Latn",), "13a"),
        ("de-x-easy", ("Latn",), "13a"),
        ("ru-RU", ("Cyrl",), "13a"),
        ("sr_Latn", ("Latn",), "13a"),
        ("sr-x-latn", ("Cyrl",), "13a"),
        ("tlh", ("Latn",), "13a"),
        ("grc", ("Grek",), "13a"),
        ("iw", ("Hebr",), "13a"),
        ("dv", ("Thaa",), "13a"),
        ("ko", ("Hang", "Hani"), "13a"),
        ("zh-Hant-TW", ("Hani",), "zh"),
        ("zh-Latn", ("Latn",), "13a"),
        ("yue", ("Hani",), "zh"),
        ("wuu", ("Hani",), "zh"),
        ("lzh", ("Hani",), "zh"),
        ("ja", ("Hani", "Hira", "Kana"), "char"),
        ("th-TH", ("Thai",), "char"),
        ("lo", ("Laoo",), "char"),
        ("km", ("Khmr",), "char"),
        ("my", ("Mymr",), "char"),
    ],
)
def test_a_language_has_scripts_and_from_them_a_tokenizer(
    language: str, scripts: tuple[str, ...], tokenizer: str
) -> None:
    assert check_language(language) == language
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
        check_language(language)


@pytest.mark.parametrize(
    ("wanted", "nearest_first", "others"),
    [
        ("en", ["eng", "en-US", "en-GB"], ["de", "enm", "und", "English", "x-en", ""]),
        ("he", ["iw", "he-IL"], ["yi"]),
        ("zh", ["cmn", "zh-Hans", "zh_TW"], ["yue", "zh-yue", "ja"]),
        ("zh-Hans", ["zh_hans", "zh-CN", "zh-SG"], ["zh-Hant", "zh-TW"]),
        ("zh-TW", ["zh-TW", "zh-Hant"], ["zh", "zh-HK"]),
        ("sr-Latn", ["sh", "sr-Latn-RS"], ["sr", "sr-Cyrl", "hr"]),
        ("sr", ["sr", "sr-Cyrl", "sr-Latn"], ["hr", "bs"]),
        ("no", ["nor", "nb"], ["nn", "da"]),
        ("id", ["in"], ["ms"]),
        ("pt-PT", ["pt-PT"], ["pt", "pt-BR"]),
        ("de", ["deu", "de-AT", "de-x-easy"], ["gsw", "nds"]),
        ("de-x-easy", ["de-x-easy", "de-AT-x-easy"], ["de", "de-x-hard"]),
    ],
)
def test_languages_match_by_meaning_and_the_nearest_is_known(
    wanted: str, nearest_first: list[str], others: list[str]
) -> None:
    distances = [distance(language, wanted) for language in nearest_first]
    assert distances[0] == 0
    assert None not in distances
    assert distances == sorted(distances, key=lambda gap: gap or 0)
    assert [language for language in others if distance(language, wanted) is not None] == []


@pytest.mark.parametrize("code", ["xx", "zz", "mul", "zxx", "mis", "MUL"])
def test_a_code_of_no_language_is_refused(code: str) -> None:
    with pytest.raises(ValueError, match="no language has this code"):
        check_language(code)


@pytest.mark.parametrize(
    ("tag", "other", "same"),
    [
        ("en", "en", True),
        ("en", "en-GB", True),
        ("zh-Hant", "zh", True),
        ("no", "nb", True),
        ("pt-PT", "pt-BR", False),
        ("en-US", "en-GB", False),
        ("en", "de", False),
        ("sr-Latn", "sr-Cyrl", False),
    ],
)
def test_alike_are_a_language_and_its_varieties(tag: str, other: str, same: bool) -> None:
    assert alike(tag, other) is alike(other, tag) is same
