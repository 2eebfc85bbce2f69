"""A request that is being answered, whichever way it came: who asks, and what the log is told of it."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, field
from typing import Any

from serving.gateway.core.errors import Fault, GatewayError
from serving.gateway.core.wish import RequestOutcome
from serving.gateway.web.callers import Caller

_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_LABELS = ("stable", "canary")


def request_id(given: str | None) -> str:
    """The caller's, if it can be one, else a new one."""
    return given if given and _ID.fullmatch(given) else uuid.uuid4().hex


def known_label(label: str | None) -> str | None:
    """The label that a request asks for; None: the settings'.

    Raises:
        GatewayError: INVALID, there is no such label.
    """
    if label is not None and label not in _LABELS:
        raise GatewayError(Fault.INVALID, f"there is no label {label!r}: {', '.join(_LABELS)}")
    return label


@dataclass(kw_only=True)
class Inquiry:
    """A request that is being answered."""

    id: str
    caller: Caller | None = None
    """None: a call that is answered without a key, too."""
    log_fields: dict[str, Any] = field(default_factory=dict)
    """For the log; no text."""

    @property
    def key(self) -> str:
        """The name of the key that it came with; empty: with none."""
        return self.caller.name if self.caller else ""

    def tell(self, outcome: RequestOutcome, characters: int) -> None:
        """Say what was done, for the log; of a request that is answered in parts the sums, and the last
        part's models and phases.
        """
        self.log_fields |= {
            "texts": self.log_fields.get("texts", 0) + len(outcome.answers),
            "characters": self.log_fields.get("characters", 0) + characters,
            "sources": sorted({answer.source for answer in outcome.answers}),
            "target": outcome.target,
            "models": list(outcome.models),
            "versions": list(outcome.versions),
            **({"pivots": list(outcome.pivots)} if outcome.pivots else {}),
            "label": outcome.label,
            "stages": {phase: round(spent, 2) for phase, spent in outcome.milliseconds.items()},
        }
