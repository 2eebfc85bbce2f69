"""What finds words in text: what stands between spaces and punctuation, or a library that knows a language
without spaces. Needed where a vocabulary of words is learned, and nowhere afterwards.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
from collections.abc import Callable, Iterable
from typing import Literal

from texts.languages import scripts_of, tokenizer_of
from trainer.errors import DataError

Segmenter = Literal["spaces", "jieba", "mecab"]
Cut = Callable[[str], Iterable[str]]
"""Text without white space → its words, which joined are the text."""

_WORD = re.compile(r"\w+(?:['\u2019-]\w+)*|[^\w\s]")
_PACKAGES = {"jieba": (("jieba",), "zh"), "mecab": (("MeCab", "ipadic"), "ja")}
"""Modules, and the extra that brings them."""


def words_between(text: str) -> list[str]:
    """Letters and digits together, also around an apostrophe or a hyphen; everything else alone."""
    return _WORD.findall(text)


def knows(segmenter: Segmenter, language: str) -> bool:
    """Whether it finds the words of a language."""
    if segmenter == "jieba":
        return tokenizer_of(language) == "zh"
    return ("Hira" in scripts_of(language)) == (segmenter == "mecab")


def require_segmenter(name: str) -> None:
    """Raises DataError where its packages are not here."""
    modules, extra = _PACKAGES.get(name, ((), ""))
    if not all(importlib.util.find_spec(module) for module in modules):
        raise DataError(
            f"vocabulary.segmenter {name} needs packages that are not installed: pip install '.[{extra}]' in "
            "Dragoman's checkout, or choose another algorithm"
        )


def cut_of(name: Segmenter) -> Cut:
    """Raises DataError where its packages are not here."""
    require_segmenter(name)
    if name == "jieba":  # https://github.com/fxsjy/jieba: the likeliest way through a dictionary
        jieba = importlib.import_module("jieba")
        jieba.setLogLevel("ERROR")  # It says that it loads its dictionary.
        return _whole(jieba.lcut)
    if name == "mecab":  # Kudo et al. 2004, https://aclanthology.org/W04-3230
        tagger = importlib.import_module("MeCab").Tagger(
            f"{importlib.import_module('ipadic').MECAB_ARGS} -Owakati"
        )
        return _whole(lambda text: tagger.parse(text).split())
    return words_between


def _whole(cut: Cut) -> Cut:
    """Text that the library did not give back as it was is one word."""

    def whole(text: str) -> list[str]:
        words = list(cut(text))
        return words if "".join(words) == text else [text]

    return whole
