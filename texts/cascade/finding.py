"""Whether a translation has what its source has: stand-ins and numbers, and where they are."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from texts.cascade.answers import Rendering, Span
from texts.cascade.tokens import Tokens

NUMBER = re.compile(r"\d+(?:[.,'’\u00a0\u202f]\d+)*")
_UNITS = (
    "km/h|mph|km|cm|mm|nm|µm|m²|m³|m|kg|mg|µg|g|t|lbs?|oz|ft|in|yd|mi|ha|ml|cl|l|L|kWh|kW|MW|W|V|mA|A|Hz|kHz|MHz|GHz|"
    "[KMGTP]i?B|kB|[kMG]?bit/s|Mbps|bps|B|px|pt|em|rem|dpi|fps|ms|µs|ns|min|h|s|bar|hPa|Pa|N|J|kJ|kcal|cal|"
    "°[CF]?|K|%|‰|€|\\$|£|¥|USD|EUR|GBP|CHF"
)
_WITH_UNIT = rf"{NUMBER.pattern}(?:[ \u00a0\u202f-]?(?P<unit>{_UNITS})(?![\w]))?"
MEASURE = re.compile(rf"(?:[€$£¥]\s?)?{_WITH_UNIT}")
"""A number with its unit, if it has one."""
_MONEY = {"€", "$", "£", "¥", "usd", "eur", "gbp", "chf"}
"""Which languages write before a number or behind it, as a sign or in letters."""
_MARKS_AROUND = ".,;:!?()[]\"'“”„«»‚‘’。、，！？；："


def stood_in(text: str, stand_ins: Sequence[str]) -> list[Span] | None:
    """Where each stand-in is, if each is there once."""
    spans = []
    for stand_in in stand_ins:
        alone = rf"(?<![A-Za-z0-9]){re.escape(stand_in)}(?![A-Za-z0-9])"
        places = [match.span() for match in re.finditer(alone, text)]
        if len(places) != 1:
            return None
        spans.append(places[0])
    return spans


def aligned(row: str, stand_ins: Sequence[str], rendering: Rendering) -> list[Span] | None:
    """What the model made of each stand-in: words in a run, which belong to nothing else of the source."""
    links = rendering.alignment or ()
    targets = [match.span() for match in re.finditer(r"\S+", rendering.text)]
    spans = []
    for stand_in in stand_ins:
        at = [number for number, word in enumerate(row.split()) if word.strip(_MARKS_AROUND) == stand_in]
        words = sorted({target for source, target in links if [source] == at and target < len(targets)})
        others = {target for source, target in links if [source] != at}
        if not words or others.intersection(words) or words != list(range(words[0], words[-1] + 1)):
            return None
        begin, end = targets[words[0]][0], targets[words[-1]][1]
        made = rendering.text[begin:end]
        begin += len(made) - len(made.lstrip(_MARKS_AROUND))
        end -= len(made) - len(made.rstrip(_MARKS_AROUND))
        if begin >= end:
            return None
        spans.append((begin, end))
    return None if any(first[1] > second[0] for first, second in pairwise(sorted(spans))) else spans


def lost_numbers(tokens: Tokens, text: str, spans: Sequence[Span]) -> bool:
    """Whether a number is not as often in a translation as in its source, the things' places apart, or has
    another unit there. How a number is written is the model's to know (`1,000`, `1.000`), and those of one
    digit and no unit are words in many languages.
    """
    for begin, end in spans:
        text = text[:begin] + " " * (end - begin) + text[end:]
    source = "".join(token.view if token.kind == "text" else " " for token in tokens)
    needed = {_digits(match[0]) for match in MEASURE.finditer(source) if len(match[0]) > 1}
    if not needed:
        return False
    have, had = (Counter(_digits(match[0]) for match in NUMBER.finditer(words)) for words in (text, source))
    return any(have[number] != had[number] for number in needed) or _has_other_units(source, text)


def _has_other_units(source: str, text: str) -> bool:
    """Whether a unit's symbol behind a number (`5 kg`) has become another one (`5 mg`); it may be a word."""
    had, have = _units(source), _units(text)
    return any(had.get(number) and not units <= had[number] for number, units in have.items())


def _units(words: str) -> dict[str, set[str]]:
    """The symbols behind each number, by its digits."""
    units: dict[str, set[str]] = {}
    for match in MEASURE.finditer(words):
        unit = (match["unit"] or "").casefold().replace("lbs", "lb")
        if unit and unit not in _MONEY:
            units.setdefault(_digits(match[0]), set()).add(unit)
    return units


def _digits(measure: str) -> str:
    match = NUMBER.search(measure)
    return "".join(filter(str.isdigit, match[0])) if match else ""
