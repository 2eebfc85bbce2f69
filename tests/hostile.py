"""Hostile text: what the world sends sooner or later. Deterministic by seed."""

from __future__ import annotations

import random
import unicodedata

_SCRIPTS = [
    (0x0041, 0x007A),  # Latin
    (0x00C0, 0x024F),  # Latin with marks
    (0x0370, 0x03FF),  # Greek
    (0x0400, 0x04FF),  # Cyrillic
    (0x0590, 0x05FF),  # Hebrew
    (0x0600, 0x06FF),  # Arabic
    (0x0900, 0x097F),  # Devanagari
    (0x0E00, 0x0E7F),  # Thai
    (0x1100, 0x11FF),  # Hangul Jamo
    (0x3040, 0x30FF),  # Kana
    (0x4E00, 0x9FFF),  # Han
    (0xAC00, 0xD7A3),  # Hangul
    (0x10330, 0x1034A),  # Gothic
    (0x1F300, 0x1FAFF),  # emoji
    (0x20000, 0x2A6DF),  # Han beyond the basic plane
    (0xE000, 0xE0FF),  # private use
]
_CONTROLS = [chr(code) for code in (*range(0x20), 0x7F, *range(0x80, 0xA0)) if chr(code) != "\n"]
_INVISIBLE = [chr(code) for code in (0xAD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0x2028, 0x2029, 0xFE0F)]
_BIDIRECTIONAL = [chr(code) for code in (0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))]
_EMOJI = ["👩‍👩‍👧‍👦", "🏳️‍🌈", "👍🏽", "🇩🇪", "1️⃣", "❤️"]
_INJECTIONS = [
    "▁",
    "<s>",
    "</s>",
    "<pad>",
    "<unk>",
    "<0x0A>",
    "<0xFF>",
    "${x}",
    "%s",
    "{{7*7}}",
    "'; --",
    "<script>",
    "\\x00",
]
_INVALID_BYTES = [
    b"\xff",
    b"\xc3",
    b"\xed\xa0\x80",
    b"\xf5\x80\x80\x80",
    b"\xc0\xaf",
    b"\xfe\xff",
    b"\xe2\x82",
]


def _letters(chance: random.Random, length: int) -> str:
    low, high = chance.choice(_SCRIPTS)
    return "".join(chr(chance.randint(low, high)) for _ in range(length))


def _marks(chance: random.Random, length: int) -> str:
    """A letter under a heap of combining marks ("zalgo")."""
    return "a" + "".join(chr(chance.randint(0x0300, 0x036F)) for _ in range(length))


def hostile_strings(count: int, seed: int = 1) -> list[str]:
    """`count` strings with no line feed and no lone surrogate; some empty, some of 100,000 characters."""
    chance = random.Random(seed)
    strings: list[str] = []
    for index in range(count):
        if index % 1000 == 500:
            strings.append(_letters(chance, 1)[0] * 100_000)
            continue
        if index % 100 == 0:
            strings.append(chance.choice(["", " ", "\t", "\u3000", "\u200b", "\x00", "\ufeff"]))
            continue
        parts: list[str] = []
        for _ in range(chance.randint(1, 6)):
            kind = chance.randrange(8)
            if kind <= 2:
                parts.append(_letters(chance, chance.randint(1, 12)))
            elif kind == 3:
                parts.append(_marks(chance, chance.randint(1, 30)))
            else:
                pool = (_CONTROLS, _INVISIBLE, _BIDIRECTIONAL, _EMOJI + _INJECTIONS)[kind - 4]
                parts.append("".join(chance.choice(pool) for _ in range(chance.randint(1, 4))))
        text = chance.choice(["", " ", "\u00a0"]).join(parts)
        strings.append(unicodedata.normalize("NFD", text) if chance.random() < 0.1 else text)
    return strings


def hostile_lines(count: int, seed: int = 1) -> list[bytes]:
    """The same as lines of a file, one in twenty not UTF-8 (lone surrogates among them)."""
    chance = random.Random(seed + 1)
    lines = [text.encode() for text in hostile_strings(count, seed)]
    for index in range(7, count, 20):
        at = chance.randint(0, len(lines[index]))
        lines[index] = lines[index][:at] + chance.choice(_INVALID_BYTES) + lines[index][at:]
    return lines


def long_lines(count: int, size: int = 100_000, seed: int = 1) -> list[bytes]:
    """Lines of `size` bytes, each of many of the others with blanks between; cut anywhere, so that nearly all
    are not UTF-8."""
    lines = []
    for number in range(count):
        parts = hostile_lines(size // 30, seed + number)
        lines.append(b" ".join(part for part in parts if len(part) < 1000)[:size])
    return lines
