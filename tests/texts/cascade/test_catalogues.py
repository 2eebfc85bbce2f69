"""Messages of programs that are installed here: nothing of what their programs fill in is lost or doubled."""

from __future__ import annotations

import gettext
import random
import re
from collections import Counter
from pathlib import Path

import pytest

from tests.texts.cascade.models import Model, careless
from texts.cascade import Options, translate

_FILLED = re.compile(
    r"%(?:\d+\$)?[-+#0]*\d*(?:\.\d+)?(?:hh|ll|[hlzj])?[diouxXfgcs]|%\(\w+\)s|\{\w*\}|https?://[^\s<>\"']+\w"
)
_COUNT = 400


def _messages() -> list[str]:
    filled: set[str] = set()
    for path in sorted(Path("/usr/share/locale/de/LC_MESSAGES").glob("*.mo"))[:40]:
        with path.open("rb") as file:
            catalogue = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]
        filled.update(
            message for message in catalogue if isinstance(message, str) and _FILLED.search(message)
        )
    messages = sorted(message for message in filled if "%%" not in message)
    return random.Random(1).sample(messages, min(_COUNT, len(messages)))


def test_nothing_is_lost_doubled_or_moved_to_another_line() -> None:
    messages = _messages()
    if len(messages) < 200:
        pytest.skip("there are no message catalogues on this machine")
    answers = translate(messages, Options("de", source="en"), Model(careless(9)))
    for message, answer in zip(messages, answers, strict=True):
        before, after = _FILLED.findall(message), _FILLED.findall(answer.text)
        assert Counter(after) == Counter(before), (message, answer.text)
        assert answer.text.count("\n") == message.count("\n")
        turns = [[mark for mark in filled if re.fullmatch("%[a-z]", mark)] for filled in (before, after)]
        assert turns[0] == turns[1], (message, answer.text)
