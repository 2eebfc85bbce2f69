"""A web server that a run posts to."""

from __future__ import annotations

import http.server
import json
import threading
from types import TracebackType
from typing import Any


class Hook:
    """Answers with the given states, then with 200, and keeps what it got; use it in a `with` statement."""

    def __init__(self, *states: int) -> None:
        self.states, self.got = list(states), list[tuple[str, dict[str, str], Any]]()
        self.answering = threading.Event()
        """Cleared: whoever posts waits for its answer."""
        self.answering.set()
        hook = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                hook.got.append((self.path, dict(self.headers), body))
                hook.answering.wait()
                self.send_response(hook.states.pop(0) if hook.states else 200)
                self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )
        self.url = f"http://127.0.0.1:{self._server.server_port}/secret-path"

    @property
    def bodies(self) -> list[dict[str, Any]]:
        """What was posted, in order."""
        return [body for _, _, body in self.got]

    def __enter__(self) -> Hook:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.answering.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
