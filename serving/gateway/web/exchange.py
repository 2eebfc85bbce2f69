"""One request and what is said beside its answer."""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from serving.gateway.core.errors import Fault, GatewayError
from serving.gateway.core.wish import Outcome
from serving.gateway.web.callers import Caller
from serving.gateway.web.fields import Fields

_UNSAFE = re.compile(r"[^\w.-]", re.ASCII)
"""In a header, which is Latin-1."""
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_LABELS = ("stable", "canary")


def request_id(given: str | None) -> str:
    """The caller's, if it can be one, else a new one."""
    return given if given and _ID.fullmatch(given) else uuid.uuid4().hex


@dataclass
class Exchange:
    """A request that is being answered."""

    request: Request
    fields: Fields
    id: str
    caller: Caller | None = None
    """None: a call that is answered without a key, too."""
    headers: dict[str, str] = field(default_factory=dict)
    """Of the answer."""
    told: dict[str, Any] = field(default_factory=dict)
    """For the log; no text."""

    @property
    def key(self) -> str:
        """The name of the key that it came with; empty: with none."""
        return self.caller.name if self.caller else ""

    @property
    def label(self) -> str | None:
        """The label that the request asks for in a header; None: the settings'.

        Raises:
            GatewayError: INVALID, there is no such label.
        """
        label = self.request.headers.get("x-dragoman-label")
        if label is not None and label not in _LABELS:
            raise GatewayError(Fault.INVALID, f"there is no label {label!r}: {', '.join(_LABELS)}")
        return label

    def tell(self, outcome: Outcome, characters: int) -> None:
        """Say what was done in headers and in the log."""
        versions = ",".join(map(str, outcome.versions))
        self.headers["X-Dragoman-Label"] = outcome.label
        if outcome.models:
            self.headers["X-Dragoman-Model"] = ",".join(outcome.models)
            self.headers["X-Dragoman-Version"] = versions
        truncated = sum(one.truncated for answer in outcome.answers for one in answer.segments)
        if truncated:  # Sentences, of which the model has read the beginning alone.
            self.headers["X-Dragoman-Truncated"] = str(truncated)
        self.headers["Server-Timing"] = ", ".join(
            f"{stage};dur={spent:.2f}" for stage, spent in outcome.milliseconds.items()
        )
        self.told |= {
            "texts": len(outcome.answers),
            "characters": characters,
            "sources": sorted({answer.source for answer in outcome.answers}),
            "target": outcome.target,
            "models": list(outcome.models),
            "versions": list(outcome.versions),
            "label": outcome.label,
            "stages": {stage: round(spent, 2) for stage, spent in outcome.milliseconds.items()},
        }

    def ignore(self, names: list[str]) -> None:
        """Say which options have no effect."""
        if names:
            # Names are the caller's: in a header they have to be harmless.
            self.headers["X-Dragoman-Ignored"] = ",".join(_UNSAFE.sub("?", name) for name in names)[:500]


def as_json(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A JSON answer, in UTF-8; what is no Unicode, as a lone surrogate, as JSON escapes it."""
    try:
        body = json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        body = json.dumps(value).encode()
    return Response(body, status, headers, media_type="application/json")


def retry_header(error: GatewayError) -> dict[str, str]:
    """`Retry-After`, where the error says when."""
    return {} if error.retry_after is None else {"Retry-After": f"{error.retry_after:.0f}"}


def as_file(name: str, content: bytes) -> Response:
    """A file to be saved, whatever its name and its content: no browser shows it as a page of ours."""
    disposition = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    return Response(
        content, headers={"Content-Disposition": disposition}, media_type="application/octet-stream"
    )
