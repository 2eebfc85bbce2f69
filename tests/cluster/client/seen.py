"""What the threads of a client see, and its line of JSON each second."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import asdict, dataclass, field

REAL = 1  # the version that the pipeline has trained; those after it are toys, which say who they are
KEPT = 5


@dataclass
class Seen:
    """All threads together."""

    requests: int = 0
    failed: int = 0
    errors: list[str] = field(default_factory=list)
    last: dict[int, float] = field(default_factory=dict)
    """By version: when the last request was sent that it answered as `stable`; seconds since 1970."""


class Tally:
    """Counts for all threads."""

    def __init__(self) -> None:
        self._seen, self._lock = Seen(), threading.Lock()

    def count(self, sent: float, error: str, version: int | None) -> None:
        """A request. `version`: that answered as `stable`."""
        with self._lock:
            self._seen.requests += 1
            if error:
                self._seen.failed += 1
                self._seen.errors = [*self._seen.errors, error][:KEPT]
            if version is not None:
                self._seen.last[version] = max(sent, self._seen.last.get(version, 0.0))

    def tell(self) -> None:
        """Until the end of the pod."""
        while True:
            time.sleep(1)
            with self._lock:
                line = json.dumps(asdict(self._seen))
            print(line, flush=True)


def wrong(source: str, text: str, version: int) -> str:
    """What is wrong with a version's answer; nothing: it is right."""
    if version == REAL or text == f"v{version}:{source}":
        return ""
    return f"{source!r} was answered by {text!r} of version {version}"
