"""The web pages: what a browser is sent, all of it from here."""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

_FOLDER = Path(__file__).parent
_SHARED = {"/page.css": "page.css", "/shared.js": "shared.js"}
_USERS = {"/": "page.html", "/page.js": "page.js", "/words.js": "words.js", "/documents.js": "documents.js"}
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


def routes() -> list[Route]:
    """The page and its parts."""
    return [_route(path, name) for path, name in {**_SHARED, **_USERS}.items()]


def _route(path: str, name: str) -> Route:
    async def send(_request: Request) -> Response:
        return FileResponse(_FOLDER / name, headers=HEADERS)

    return Route(path, send)
