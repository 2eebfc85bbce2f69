"""The web pages: what a browser is sent, all of it from here."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

_FOLDER = Path(__file__).parent
_PAGES = {
    "dragoman": {
        "/": "page.html",
        "/page.js": "page.js",
        "/words.js": "words.js",
        "/documents.js": "documents.js",
    },
    "operators": {"/operators": "operators.html", "/operators.js": "operators.js"},
}
"""Of each interface that a page asks by: the files, by path."""
_SHARED = {"/page.css": "page.css", "/shared.js": "shared.js"}
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


def routes(interfaces: Collection[str]) -> list[Route]:
    """The pages that ask by one of these interfaces, and their parts."""
    files = {
        path: name for interface in _PAGES.keys() & interfaces for path, name in _PAGES[interface].items()
    }
    return [_route(path, name) for path, name in {**files, **(_SHARED if files else {})}.items()]


def _route(path: str, name: str) -> Route:
    async def send(_request: Request) -> Response:
        return FileResponse(_FOLDER / name, headers=HEADERS)

    return Route(path, send)
