"""One request and what is said beside its answer."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from serving.gateway.core.errors import Fault, GatewayError
from serving.gateway.core.wish import RequestOutcome
from serving.gateway.database.tables import StoredDocument
from serving.gateway.web.fields import Fields
from serving.gateway.web.inquiry import Inquiry, known_label

_UNSAFE = re.compile(r"[^\w.-]", re.ASCII)
"""In a header, which is Latin-1."""


@dataclass
class Exchange(Inquiry):
    """A request over HTTP."""

    request: Request
    fields: Fields
    headers: dict[str, str] = field(default_factory=dict)
    """Of the answer."""

    @property
    def label(self) -> str | None:
        """The label that the request asks for in a header; None: the settings'.

        Raises:
            GatewayError: INVALID, there is no such label.
        """
        return known_label(self.request.headers.get("x-dragoman-label"))

    def tell(self, outcome: RequestOutcome, characters: int) -> None:
        """Say what was done in headers, too."""
        super().tell(outcome, characters)
        versions = ",".join(map(str, outcome.versions))
        self.headers["X-Dragoman-Label"] = outcome.label
        if outcome.models:
            self.headers["X-Dragoman-Model"] = ",".join(outcome.models)
            self.headers["X-Dragoman-Version"] = versions
        self.tell_pivots(",".join(outcome.pivots))
        truncated = sum(segment.truncated for answer in outcome.answers for segment in answer.segments)
        if truncated:  # Sentences, of which the model has read the beginning alone.
            self.headers["X-Dragoman-Truncated"] = str(truncated)
        self.headers["Server-Timing"] = ", ".join(
            f"{phase};dur={spent:.2f}" for phase, spent in outcome.milliseconds.items()
        )

    def tell_pivots(self, pivots: str) -> None:
        """Say over which third languages texts went, joined by commas; of none nothing."""
        if pivots:
            self.headers["X-Dragoman-Pivot"] = pivots

    def file(self, document: StoredDocument) -> Response:
        """A document's translation, to be saved whatever its name and its content: no browser shows it as a
        page of ours.

        Raises:
            GatewayError: NOT_READY, it has none.
        """
        if document.result is None:
            raise GatewayError(Fault.NOT_READY, document.error or "the document is not translated yet")
        self.tell_pivots(document.pivots)
        disposition = f"attachment; filename*=UTF-8''{quote(document.name, safe='')}"
        return Response(
            document.result,
            headers={"Content-Disposition": disposition},
            media_type="application/octet-stream",
        )

    def ignore(self, names: list[str]) -> None:
        """Say which options have no effect, beside those that were said before."""
        said = self.headers.get("X-Dragoman-Ignored")
        # Names are the caller's: in a header they have to be harmless.
        if whole := ",".join([*([said] if said else []), *(_UNSAFE.sub("?", name) for name in names)]):
            self.headers["X-Dragoman-Ignored"] = whole[:500]


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
