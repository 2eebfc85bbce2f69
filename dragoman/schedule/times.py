"""When: `every` so long, or as a crontab says; each in the words of cron and of systemd."""

from __future__ import annotations

import re
from dataclasses import dataclass

_EVERY = re.compile(r"([1-9][0-9]*)(m|h|d)")
_SYSTEMD_UNITS = {"m": "min", "h": "h", "d": "d"}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS = (
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day of the month", 1, 31, ()),
    ("month", 1, 12, _MONTHS),
    ("day of the week", 0, 7, _DAYS),
)
_ITEM = re.compile(r"(?:\*|(?P<first>\w+)(?:-(?P<last>\w+))?)(?:/(?P<step>[0-9]+))?", re.ASCII)


@dataclass(frozen=True)
class Times:
    """`cron`: the five fields; `systemd`: lines of a timer's section."""

    cron: str
    systemd: tuple[str, ...]


def every(text: str) -> Times:
    """From `15m`, `6h` or `1d`.

    Raises:
        ValueError: it is none of these, or cron has no words for it.
    """
    match = _EVERY.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no interval: write a number and m, h or d, as 15m, 6h or 1d")
    number, unit = int(match[1]), match[2]
    systemd = ("OnBootSec=1min", f"OnUnitActiveSec={number}{_SYSTEMD_UNITS[unit]}")
    whole = {"m": 60, "h": 24, "d": 1}[unit]
    if whole % number:
        return Times("", systemd)
    step = "*" if number == 1 else f"*/{number}" if number < whole else "0"
    fields = {"m": f"{step} * * * *", "h": f"0 {step} * * *", "d": "0 0 * * *"}
    return Times(fields[unit], systemd)


def cron(text: str) -> Times:
    """From the five fields of a crontab.

    Raises:
        ValueError: it is none.
    """
    fields = text.split()
    if len(fields) != len(_FIELDS):
        raise ValueError(f"{text!r} has {len(fields)} fields, not five: minute hour day month weekday")
    minutes, hours, days, months, weekdays = (
        _values(field, *of) for field, of in zip(fields, _FIELDS, strict=True)
    )
    of_week = ",".join(_DAYS[day].capitalize() for day in sorted({day % 7 for day in weekdays}))
    every_day, every_weekday = (
        len(values) >= most for values, most in ((days, 31), ({d % 7 for d in weekdays}, 7))
    )
    clock = f"{_listed(hours, 24)}:{_listed(minutes, 60)}:00"
    month = _listed(months, 12)
    by_week = f"{of_week} *-{month}-* {clock}"
    by_month = f"*-{month}-{_listed(days, 31)} {clock}"
    if every_weekday:
        calendar = [by_month]
    elif every_day:
        calendar = [by_week]
    elif fields[2].startswith("*") or fields[4].startswith("*"):
        calendar = [f"{of_week} {by_month}"]
    else:
        calendar = [by_month, by_week]  # cron's rule: two that are given are alternatives
    return Times(text, (*(f"OnCalendar={event}" for event in calendar), "Persistent=true"))


def _values(field: str, name: str, low: int, high: int, names: tuple[str, ...]) -> set[int]:
    values: set[int] = set()
    for item in field.split(","):
        match = _ITEM.fullmatch(item)
        if match is None:
            raise _no(item, name, low, high)
        step = int(match["step"] or 1)
        first = _value(match["first"] or str(low), low, names)
        # As cron reads them: `5` is 5, and `5/10` is 5, 15, 25 and so on.
        open_end = match["first"] is None or match["step"] is not None
        last = _value(match["last"] or (str(high) if open_end else match["first"]), low, names)
        if first is None or last is None or step < 1 or not low <= first <= last <= high:
            raise _no(item, name, low, high)
        values |= set(range(first, last + 1, step))
    return values


def _no(item: str, name: str, low: int, high: int) -> ValueError:
    return ValueError(f"{item!r} is no {name} of a crontab ({low} to {high}, as 5, 1-5, */10 or 1,3)")


def _value(text: str, low: int, names: tuple[str, ...]) -> int | None:
    if text.isdecimal():
        return int(text)
    return names.index(text.lower()) + low if text.lower() in names else None


def _listed(values: set[int], whole: int) -> str:
    return "*" if len(values) == whole else ",".join(f"{value:02d}" for value in sorted(values))
