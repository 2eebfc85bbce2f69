"""Texts are taken apart into sentences, and nothing of them is lost."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from texts.sentences import split


@pytest.mark.parametrize(
    ("language", "text", "sentences", "gaps"),
    [
        ("en", "A dog runs. A man eats.", ("A dog runs.", "A man eats."), ("", " ", "")),
        ("en", " A dog runs.\tIt barks!  \r\n", ("A dog runs.", "It barks!"), (" ", "\t", "  \r\n")),
        ("", "Really?\u00a0\u3000Yes.", ("Really?", "Yes."), ("", "\u00a0\u3000", "")),
        ("en", "Mr. Smith paid 3.50 dollars.", ("Mr. Smith paid 3.50 dollars.",), ("", "")),
        ("en", "A title\n\nA text.", ("A title", "A text."), ("", "\n\n", "")),
        ("en", "1. First. 2. Second. :-)", ("1. First.", "2. Second. :-)"), ("", " ", "")),
        (
            "de-AT",
            "Am 3. Juni kam z. B. Dr. Maier. Gut.",
            ("Am 3. Juni kam z. B. Dr. Maier.", "Gut."),
            ("", " ", ""),
        ),
        ("zh-Hans", "狗在跑。一个人在吃。", ("狗在跑。", "一个人在吃。"), ("", "", "")),
        ("hi", "कुत्ता दौड़ता है। आदमी खाता है।", ("कुत्ता दौड़ता है।", "आदमी खाता है।"), ("", " ", "")),
        ("", "Am 3. Oktober kam er. Gut.", ("Am 3. Oktober kam er.", "Gut."), ("", " ", "")),
        ("", "Он живёт на ул. Ленина. Да.", ("Он живёт на ул. Ленина.", "Да."), ("", " ", "")),
        ("", "", ("",), ("", "")),
        ("", " \n\n ", ("",), (" \n\n ", "")),
    ],
)
def test_sentences_and_white_space(
    language: str, text: str, sentences: tuple[str, ...], gaps: tuple[str, ...]
) -> None:
    passage = split(text, language)
    assert (passage.sentences, passage.gaps) == (sentences, gaps)


@given(
    st.text() | st.text('aB.?!。 1\n\r\t\u00a0\u2028\ud800")', max_size=60), st.sampled_from(["", "de", "xx"])
)
@example("\n" * 3000 + "a.", "")
def test_nothing_is_lost(text: str, language: str) -> None:
    passage = split(text, language)
    assert passage.joined(passage.sentences) == text
    assert all(sentence == sentence.strip() for sentence in passage.sentences)
    assert passage.sentences == ("",) or all(passage.sentences)
    assert all(not gap.strip() for gap in passage.gaps)
