"""Repair of what happened to a corpus on its way."""

import ftfy
import pytest
from ftfy.badness import MOJIBAKE_CATEGORIES
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tests.hostile import hostile_strings
from texts.normalisation import normalise
from texts.repair import _FTFY, repair


@pytest.mark.parametrize(
    ("broken", "whole"),
    [
        ("schÃ¶n", "schön"),
        ("Itâ€™s", "It’s"),
        ("\x93So\x94, sagte er", "“So”, sagte er"),
        ("\x1b[31mred\x1b[0m", "red"),
    ],
)
def test_broken_text_is_restored(broken: str, whole: str) -> None:
    assert repair(broken) == whole


@pytest.mark.parametrize(
    "text",
    [
        *("„So“, sagte er …", "你好，世界！（对）", "１２３", "A < B & C", "Ünïcödé", "שלום", "🙂 ok"),
        # Of which requests are made, too: what is done with it, normalising does.
        *(
            "cafe\u0301",
            "Tom &amp; Jérôme &eacute;",
            "ﬁne",
            "one\u2028two\r\nthree\tfour",
            "\ufeffmark",
            " a  b ",
        ),
    ],
)
def test_nothing_is_changed_that_a_request_may_hold(text: str) -> None:
    assert repair(text) == text


@settings(deadline=None)  # The first of all compiles the rules.
@given(st.text(max_size=60))
def test_repaired_and_normalised_it_is_one_line_of_utf8(text: str) -> None:
    repaired = normalise(repair(text))
    repaired.encode()
    assert len(repaired.splitlines()) <= 1
    assert repaired == repaired.strip()


# What its patterns name: of ranges as `Ò-Ö` the ends, and what the patterns have beside the categories.
NAMED = (
    "".join(MOJIBAKE_CATEGORIES.values()).replace("-", "")
    + "abZ .,\x1b\x80\x9fÂÃŒœØÙ°×³à√≈‚Äóâê€вЂВГРСўŸŠž\ud800你ю"
)


@examples(300)
@given(st.text(st.sampled_from(NAMED), max_size=8))
def test_only_what_ftfy_would_leave_is_kept_from_it(text: str) -> None:
    assert repair(text) == ftfy.fix_text(text, _FTFY)


def test_broken_and_hostile_text_is_repaired_as_ftfy_does() -> None:
    plain = (
        "schön „Äpfel“ – 5 €",
        "cœur à l’été",
        "Příliš žluťoučký kůň",
        "Добрый «день»",
        "你好，“世界”",
        "Ωμέγα ©",
    )
    broken = []
    for text in plain:
        for encoding in ("latin-1", "windows-1252", "windows-1251", "macroman", "iso-8859-2", "windows-1253"):
            broken.append(text.encode().decode(encoding, "ignore"))
            broken.append(text.encode("latin-1", "ignore").decode(encoding, "ignore"))
    for text in (*plain, *broken, *hostile_strings(1500, seed=11)):
        assert repair(text) == ftfy.fix_text(text, _FTFY)
