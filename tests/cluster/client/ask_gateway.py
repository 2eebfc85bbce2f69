"""A client of the gateway, some threads and Python's own library: `python ask_gateway.py URL SOURCE TARGET`.

It does what docs/gateway.md tells clients: LibreTranslate's call; what found no gateway, was cut, or was
answered with 429 or 503 is sent again until the deadline; a tenth of the requests asks for the canary first.
What it has seen is a line of JSON each second.
"""

from __future__ import annotations

import http.client
import json
import random
import sys
import threading
import time
import urllib.error
import urllib.request

from seen import Tally, wrong

THREADS = 4
DEADLINE = 40.0  # seconds for a request, its retries included; the gateway's own is 30
PAUSE = 0.5  # seconds between a thread's requests: servers and clients share the machine
CANARY_SHARE = 0.1
FIRST_WAIT, LONGEST_WAIT = 0.1, 2.0  # seconds between two tries
RETRIED = (429, 503)


class RefusedError(Exception):
    """No translation."""


def main() -> None:
    """Ask until the end of the pod."""
    url, source, target = sys.argv[1:]
    tally = Tally()
    for number in range(THREADS):
        threading.Thread(target=_ask_on, args=[url, source, target, number, tally], daemon=True).start()
    tally.tell()


def _ask_on(url: str, source: str, target: str, number: int, tally: Tally) -> None:
    count = 0
    while True:
        count += 1
        text = f"sentence {count} through gateway {number}"
        body = json.dumps({"q": text, "source": source, "target": target}).encode()
        sent, error, version = time.time(), "", None
        try:
            translation, versions, label = _answer(url, body)
            # While a label moves two may have answered, and nobody can say which of them.
            error = min((wrong(text, translation, served) for served in versions), default="of no version")
            version = versions[0] if label == "stable" and len(versions) == 1 else None
        except RefusedError as failure:
            error = str(failure)
        tally.count(sent, error, version)
        time.sleep(PAUSE)


def _answer(url: str, body: bytes) -> tuple[str, list[int], str]:
    """The translation, the versions that gave it, and the label. Raises RefusedError: none in time."""
    end = time.monotonic() + DEADLINE
    if random.random() < CANARY_SHARE:
        try:
            return (*_asked(url, body, "canary", DEADLINE / 2), "canary")
        except (RefusedError, OSError, http.client.HTTPException):
            pass  # nobody on trial, or one that fails: stable answers
    wait = FIRST_WAIT
    while True:
        pause = wait + random.random() * FIRST_WAIT
        try:
            return (*_asked(url, body, "stable", end - time.monotonic()), "stable")
        except (OSError, http.client.HTTPException) as error:  # a status that passes is an OSError, too
            if time.monotonic() + pause >= end:
                raise RefusedError(f"{type(error).__name__}: {error}") from error
        time.sleep(pause)
        wait = min(2 * wait, LONGEST_WAIT)


def _asked(url: str, body: bytes, label: str, patience: float) -> tuple[str, list[int]]:
    headers = {"Content-Type": "application/json", "X-Dragoman-Label": label}
    try:
        with urllib.request.urlopen(
            urllib.request.Request(url, body, headers), timeout=max(patience, 0.1)
        ) as answer:
            versions = answer.headers.get("X-Dragoman-Version", "")
            return json.load(answer)["translatedText"], [
                int(version) for version in versions.split(",") if version
            ]
    except urllib.error.HTTPError as error:
        if error.code in RETRIED:
            raise
        said = error.read(500).decode(errors="replace")
        raise RefusedError(f"{error.code}: {said}") from error


if __name__ == "__main__":
    main()
