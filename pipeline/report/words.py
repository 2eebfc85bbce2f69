"""Numbers, times and scores as people read them."""

from __future__ import annotations

from datetime import datetime, timedelta

from contracts.scores import MetricScores


def number(value: int) -> str:
    """Thousands apart by a narrow space."""
    return f"{value:,}".replace(",", "\u202f")


def signed(value: float) -> str:
    """One decimal, with a sign."""
    return f"{value:+.1f}".replace("-", "−")


def p_value(scores: MetricScores) -> str:
    """Empty if there is none."""
    if scores.p_value is None:
        return ""
    return "p < 0.001" if scores.p_value < 0.001 else f"p = {scores.p_value:.3f}"


def moment(value: datetime) -> str:
    """To the minute, with the time zone if it is known."""
    return value.strftime("%Y-%m-%d %H:%M %Z").strip()


def duration(value: timedelta) -> str:
    """In the two largest units that fit."""
    seconds = int(value.total_seconds())
    hours, minutes = seconds // 3600, seconds % 3600 // 60
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {seconds % 60} s" if minutes else f"{seconds} s"
