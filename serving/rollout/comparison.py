"""Whether a canary is worse than stable: windows of answers, their translations, and what is tolerated."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from serving.rollout.quality import Quality, QualityLimits

ENOUGH = 50
"""Requests of each side before anything is said."""
HOPELESS = 5
"""Requests after which a canary that has answered none, where stable answered all, is given up."""
_WINDOW = 200
# A difference that no reader of a translation notices is no reason to withdraw one.
_NOTICEABLE = 0.02  # seconds
# One failure may be anybody's: it says nothing of a rate.
_FAILURES = 2


@dataclass(frozen=True)
class CanaryLimits:
    """By how much a canary may be worse."""

    error_increase: float = 0.01
    """Share of requests by which it may fail more often than stable."""
    latency_ratio: float = 2.0
    """Its 90th percentile of seconds by stable's."""
    translations: QualityLimits = field(default_factory=QualityLimits)


@dataclass
class Side:
    """What one label has answered: all counts, and the latest requests to judge by."""

    requests: int = 0
    failed: int = 0
    last_error: str = ""
    window: deque[float | None] = field(default_factory=lambda: deque(maxlen=_WINDOW))
    """Seconds of the latest requests, None for a failed one."""

    def add(self, seconds: float, error: str = "") -> None:
        """Count a request."""
        self.requests += 1
        self.failed += bool(error)
        self.last_error = error or self.last_error
        self.window.append(None if error else seconds)

    @property
    def failures(self) -> int:
        """How many of the latest requests failed."""
        return sum(seconds is None for seconds in self.window)

    @property
    def error_ratio(self) -> float:
        """Share of the latest requests that failed."""
        return self.failures / max(len(self.window), 1)

    @property
    def p90(self) -> float | None:
        """The 90th percentile of the latest answers' seconds, None without any."""
        answered = sorted(seconds for seconds in self.window if seconds is not None)
        return answered[int(0.9 * (len(answered) - 1))] if answered else None

    def __str__(self) -> str:
        latency = "" if self.p90 is None else f", 90 % within {1000 * self.p90:.0f} ms"
        return f"{self.requests} requests, {self.failed} failed{latency}"


@dataclass
class CanaryComparison:
    """Both sides, and why the canary was withdrawn, if it was."""

    stable: Side = field(default_factory=Side)
    canary: Side = field(default_factory=Side)
    quality: Quality = field(default_factory=Quality)
    verdict: str = ""

    def enough(self) -> bool:
        """Whether anything can be said yet."""
        return min(self.stable.requests, self.canary.requests) >= ENOUGH

    def hopeless(self) -> bool:
        """Whether the canary answers nothing: one that hangs would take many minutes to fail ENOUGH times."""
        return self.canary.failed == self.canary.requests >= HOPELESS and not self.stable.failed

    def worse(self, limits: CanaryLimits) -> str:
        """In which way the canary is worse than it may be; empty while it is not, or cannot be judged."""
        if not self.enough() and not self.hopeless():
            return ""
        more = self.canary.error_ratio - self.stable.error_ratio
        if more > limits.error_increase and self.canary.failures >= _FAILURES:
            return (
                f"{self.canary.error_ratio:.1%} of its requests failed, {self.stable.error_ratio:.1%} of "
                f"stable's; the last error: {self.canary.last_error}"
            )
        ours, theirs = self.canary.p90, self.stable.p90
        if ours is None or theirs is None:
            return ""
        if ours > theirs * limits.latency_ratio and ours - theirs > _NOTICEABLE:
            return f"90 % of its answers took up to {1000 * ours:.0f} ms, stable's {1000 * theirs:.0f} ms"
        return self.quality.worse(limits.translations)

    def as_json(self) -> dict[str, object]:
        """For scripts."""
        sides = {
            name: {"requests": side.requests, "failed": side.failed, "p90_seconds": side.p90}
            for name, side in (("stable", self.stable), ("canary", self.canary))
        }
        return {**sides, "translations": self.quality.as_json(), "verdict": self.verdict}
