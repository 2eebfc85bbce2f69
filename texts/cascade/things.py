"""What stands in a text and is in no language: placeholders, addresses, code, names of accounts, emoji."""

from __future__ import annotations

import re
from collections.abc import Iterator

from texts.cascade.answers import Span

_BASE = (
    "[\u231a-\u23ff\u25aa-\u25fe\u2600-\u27bf\u2934\u2935\u2b05-\u2b55\u3030\u303d\u3297\u3299"
    "\U0001f000-\U0001f0ff\U0001f100-\U0001f1e5\U0001f200-\U0001faff]"
)
_LOOK = "[\ufe0e\ufe0f\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]*"
_EMOJI = (
    rf"[0-9#*]\ufe0f?\u20e3|[\U0001f1e6-\U0001f1ff]{{1,2}}|{_BASE}{_LOOK}(?:\u200d(?:{_BASE}|[♀♂]){_LOOK})*"
)
_DOMAIN = r"(?:[\w-]+\.)+[^\W\d_]{2,}"
# An address ends before the marks of the sentence that it stands in.
_ADDRESS_END = r"(?<![.,;:!?'\")\]}…。，])"
# A zero is a flag and a digit: without bounds, a row of them would be tried parted at each place.
_FLAGS = r"[-+#0]{0,5}"
_WIDTH = rf"{_FLAGS}\d{{0,4}}"
_PATTERNS = (
    r"\{\{.{0,300}?\}\}|\{%.{0,300}?%\}|<%.{0,300}?%>",
    # https://docs.python.org/3/library/string.html#format-string-syntax, and what others write before it.
    r"[$#%@]?\{[^{}\s]{0,80}\}",
    r"\$\{[^{}\n]{0,200}\}",
    # https://docs.python.org/3/library/stdtypes.html#printf-style-string-formatting, C's and Java's.
    rf"%\([\w. -]{{1,80}}\){_WIDTH}(?:\.\d+)?[a-zA-Z]",
    rf"%\d+\${_WIDTH}(?:\.\d+)?(?:hh|h|ll|l|[zjtqL])?[a-zA-Z@]",
    rf"(?:(?<![\d%])%|%(?=0\d|{_WIDTH}\.\d)){_FLAGS}(?:\d{{1,4}}|\*)?(?:\.(?:\d+|\*))?(?:hh|h|ll|l|[zjtqL])?"
    r"[diouxXeEfFgGaAcCsSpPnm@]|%%|%[A-Z][A-Z0-9_]+%",
    r"\$[A-Za-z_]\w*|__[A-Z][A-Z0-9_]*__",
    r"`[^`\n]{1,500}`",
    rf"(?i:(?:https?|ftps?|sftp|file|ssh|git)://|mailto:|www\.)[^\s<>\"`{{}}|^]+{_ADDRESS_END}",
    rf"(?<![\w.+%-])[\w.+%-]{{1,64}}@{_DOMAIN}",
    rf"(?i:(?<![\w.-])(?:[a-z0-9-]+\.)+(?:com|org|net|io|dev|example|edu|gov|html?|json|ya?ml|toml|txt|py|js|css|xml|csv|pdf)\b(?:/[^\s<>\"]*)?){_ADDRESS_END}",
    # Paths and options of commands.
    r"(?<![\w/])(?:~|\.{1,2})?(?:/[\w.+-]+){2,}/?(?<!\.)|(?<!\w)[A-Za-z]:\\[^\s\"<>|]+|(?<![\w-])--[a-z][\w-]*",
    r"\\[nrt\"\\]",
    r"(?<![\w@])@\w+(?:[.-]\w+)*|(?<![\w&#])#\w*[^\W\d]\w*",
    _EMOJI,
)
_THING = re.compile("|".join(f"(?:{pattern})" for pattern in _PATTERNS))
_ICU = re.compile(r"\{\s*\w+\s*,\s*(?:plural|select|selectordinal|number|date|time|choice)\b")
_IN_TURN = re.compile(r"%(?!\(|\d+\$|%|\{)[^\s%]|\{\}")
_BRACE = re.compile(r"'[{}][^']*'|[{}]")
_LONGEST_MESSAGE = 4000
_TOGETHER = re.compile(r"[ ,/()\u00a0&+×-]{0,3}")
"""Between things that stand for one: `%s (%d)`, `{width} × {height}`."""
_ONE_EMOJI = re.compile(rf"(?:{_EMOJI})\s*")


def find_things(text: str) -> list[Span]:
    """Where they are, in order, none in another; those next to each other are one."""
    spans: list[Span] = []
    for begin, end in _single(text):
        if spans and _TOGETHER.fullmatch(text, spans[-1][1], begin):
            spans[-1] = spans[-1][0], end
        else:
            spans.append((begin, end))
    return spans


def is_in_turn(thing: str) -> bool:
    """Whether it stands for the next of some values, as `%s`: then it must not change places with another."""
    return _IN_TURN.search(thing) is not None


def is_aside(thing: str) -> bool:
    """Whether it is no part of a sentence: nothing but emoji, or a code of subtitles, as `{\\an8}`."""
    return thing.startswith("{\\") or _is_all_emoji(thing)


def _is_all_emoji(thing: str) -> bool:
    """Taken one by one: a pattern repeated over itself tries every way in which they could be parted."""
    at = 0
    while match := _ONE_EMOJI.match(thing, at):
        at = match.end()
    return 0 < at == len(thing)


def _single(text: str) -> Iterator[Span]:
    messages = _messages(text)
    message = next(messages, None)
    begin = 0
    while thing := _THING.search(text, begin):
        while message and message[1] <= thing.start():
            yield message
            message = next(messages, None)
        if message and message[0] <= thing.start():
            begin = message[1]
            yield message
            message = next(messages, None)
            continue
        begin = thing.end() + (text[thing.end() : thing.end() + 1] == ")" and thing[0].count("(") == 1)
        yield thing.start(), begin
        while message and message[0] < begin:
            message = next(messages, None)
    while message:
        yield message
        message = next(messages, None)


def _messages(text: str) -> Iterator[Span]:
    """ICU's (https://unicode-org.github.io/icu/userguide/format_parse/messages/), braces and all."""
    begin = 0
    while match := _ICU.search(text, begin):
        end = _closing(text, match.start())
        begin = end or match.end()
        if end:
            yield match.start(), end


def _closing(text: str, begin: int) -> int | None:
    """Behind the brace that closes the one at `begin`; within apostrophes ICU reads none."""
    depth = 0
    for match in _BRACE.finditer(text, begin, begin + _LONGEST_MESSAGE):
        depth += {"{": 1, "}": -1}.get(match[0], 0)
        if depth == 0:
            return match.end()
    return None
