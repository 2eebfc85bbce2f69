"""Which web page asks: a browser says so, and sends what any page tells it to from within the operator's
network."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.requests import Request

from serving.gateway.core.errors import Fault, GatewayError


def refuse_foreign(request: Request, allowed: Sequence[str]) -> None:
    """Of pages elsewhere, only those of these origins (`*`: any) may leave something here.

    Raises:
        GatewayError: KEY_REFUSED, it is another page.
    """
    origin = request.headers.get("origin")
    if origin is None or origin in allowed or "*" in allowed or _is_own(request, origin):
        return
    raise GatewayError(Fault.KEY_REFUSED, "pages of other origins may not do this here")


def _is_own(request: Request, origin: str) -> bool:
    """A proxy in front may have put its own name for this gateway in the place of the one that was asked for;
    no page can say these headers itself.
    """
    headers = request.headers
    if headers.get("sec-fetch-site") == "same-origin":
        return True
    try:
        asking = urlsplit(origin).netloc
    except ValueError:
        return False
    return asking != "" and asking in (headers.get("host"), headers.get("x-forwarded-host"))
