"""Gateway, model server and database killed with -9 in turn while clients ask: no answer may be wrong, and
no suggestion that was accepted may be lost. Each client sees whether an answer is right: the toy says its
version and the source.
"""

from __future__ import annotations

import http.client
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.gateway_calls import TARGET, HttpCaller
from benchmarks.gateway_processes import (
    TOY,
    GatewayProcess,
    Killable,
    ModelServerProcess,
    PostgresProcess,
    root_of,
    running,
)
from serving.backends import BackendName
from serving.gateway.database import suggestions
from serving.gateway.database.database import Database

CLIENTS = 32
SECONDS = 5.0
"""Before an accident, in which what was killed is away, and after it."""
QUIET = "nothing"
_EVERY = 4
"""A request of so many is a suggestion."""
_PATIENCE = 120.0
"""Seconds, after which nobody is waited for any more."""
_PAUSE = 0.05
"""Seconds, after which who was not answered asks again."""


@dataclass
class Seen:
    """What the clients have seen, by what was killed when they asked."""

    statuses: dict[str, Counter[str]] = field(default_factory=dict)
    """`translate 200`, `suggest 500`, or `no answer`."""
    silences: dict[str, float] = field(default_factory=dict)
    """The longest time in which no translation came."""
    wrong: list[str] = field(default_factory=list)
    accepted: list[str] = field(default_factory=list)
    """Suggestions."""
    lost: list[str] = field(default_factory=list)
    """Of these, those that are not in the database."""
    doubled: list[str] = field(default_factory=list)
    """Suggestions that are there twice."""

    def compare(self, stored: Sequence[str]) -> None:
        """With all suggestions that the database has."""
        kept = Counter(stored)
        self.lost = [text for text in self.accepted if not kept[text]]
        self.doubled = [text for text, count in kept.items() if count > 1]

    def figures(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "statuses": {accident: dict(counts) for accident, counts in self.statuses.items()},
            "silences": self.silences,
            "wrong": self.wrong,
            "accepted": len(self.accepted),
            "lost": self.lost,
            "doubled": self.doubled,
        }

    def summary(self) -> str:
        """For people."""
        rows = ["| killed | what came back | longest silence, s |", "| --- | --- | --- |"]
        for accident, counts in self.statuses.items():
            said = ", ".join(f"{count} × {status}" for status, count in sorted(counts.items()))
            rows.append(f"| {accident} | {said} | {self.silences.get(accident, 0.0):.2f} |")
        rows.append(
            f"\nwrong answers: {len(self.wrong)}; suggestions accepted: {len(self.accepted)}, of these lost: "
            f"{len(self.lost)}, there twice: {len(self.doubled)}"
        )
        return "\n".join([*rows, *self.wrong[:5]])


class Clients:
    """So many threads that ask a gateway, until they are told to stop."""

    def __init__(self, url: str, count: int, right: Callable[[str], str]) -> None:
        """`right`: the right translation of a sentence."""
        self.seen = Seen()
        self._url, self._right = url, right
        self._killed = QUIET
        self._latest = time.monotonic()
        self._lock, self._ended = threading.Lock(), threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=[number]) for number in range(count)]

    def __enter__(self) -> Clients:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def killing(self, name: str) -> None:
        """From now on this is what was killed."""
        with self._lock:
            self._killed, self._latest = name, time.monotonic()

    def wait(self, seconds: float) -> None:
        """Let them ask."""
        self._ended.wait(seconds)

    def wait_for_answers(self) -> None:
        """Until a further translation has come and a further suggestion was accepted.

        Raises:
            RuntimeError: none does any more.
        """
        for status in ("translate 200", "suggest 200"):
            before, end = self._count_of(status), time.monotonic() + _PATIENCE
            while self._count_of(status) == before:
                if time.monotonic() > end or not all(thread.is_alive() for thread in self._threads):
                    raise RuntimeError(f"{self._killed} was killed and is back: no `{status}` any more")
                self._ended.wait(_PAUSE)

    def _count_of(self, status: str) -> int:
        with self._lock:
            return sum(counts[status] for counts in self.seen.statuses.values())

    def _ask(self, number: int) -> None:
        caller, asked = HttpCaller(self._url), 0
        while not self._ended.is_set():
            asked += 1
            text = f"Client {number} asks for {asked} dogs"
            try:
                if asked % _EVERY:
                    self._translate(caller, text)
                else:
                    self._suggest(caller, text)
            except (OSError, http.client.HTTPException, ValueError):
                self._count("no answer")
                self._ended.wait(_PAUSE)
        caller.close()

    def _translate(self, caller: HttpCaller, text: str) -> None:
        reply = caller.post("/v1/translate", texts=[text], source="en", target=TARGET)
        if reply.status != 200:
            self._count(f"translate {reply.status}")
            self._ended.wait(_PAUSE)
            return
        said = reply.body["answers"][0]["text"]
        self._count("translate 200")
        if said != self._right(text):
            with self._lock:
                self.seen.wrong.append(f"{text!r} became {said!r}")

    def _suggest(self, caller: HttpCaller, text: str) -> None:
        reply = caller.post("/v1/suggestions", text=text, suggestion=text, source="en", target=TARGET)
        self._count(f"suggest {reply.status}")
        if reply.status == 200:
            with self._lock:
                self.seen.accepted.append(text)

    def _count(self, status: str) -> None:
        with self._lock:
            self.seen.statuses.setdefault(self._killed, Counter())[status] += 1
            if status == "translate 200":
                silence, now = self.seen.silences.get(self._killed, 0.0), time.monotonic()
                self.seen.silences[self._killed] = max(silence, now - self._latest)
                self._latest = now


def kill_in_turn(clients: Clients, processes: Sequence[Killable], seconds: float) -> None:
    """Kill each, leave it away, start it again, and wait until clients are answered again."""
    clients.wait_for_answers()
    clients.wait(seconds)
    for process in processes:
        clients.killing(process.name)
        process.kill()
        clients.wait(seconds)
        process.start()
        clients.wait_for_answers()
        clients.wait(seconds)


def stored(url: str) -> list[str]:
    """All suggestions of a database."""
    database, texts, number = Database(url), list[str](), 0
    try:
        while newer := suggestions.after(database, number):
            texts += [entry.suggestion for entry in newer]
            number = newer[-1].id
        return texts
    finally:
        database.close()


def rehearse(folder: Path, backend: BackendName) -> Seen:
    """All accidents under all clients, on the toy; on SQLite, where there is no PostgreSQL to be killed."""
    root = root_of(folder / "models", None, TOY)
    server = ModelServerProcess(root, backend)
    try:
        databases = [PostgresProcess()]
    except FileNotFoundError as error:
        print(f"{error}: SQLite")
        databases = []
    settings = {"database": databases[0].url} if databases else {}
    gateway = GatewayProcess(folder / "gateway", address=server.address, model_root=str(root), **settings)
    with running(*databases, server, gateway):
        with Clients(gateway.url, CLIENTS, lambda text: f"v1:{text}") as clients:
            kill_in_turn(clients, [gateway, server, *databases], SECONDS)
        clients.seen.compare(stored(str(gateway.settings["database"])))
    return clients.seen
