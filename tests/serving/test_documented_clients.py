"""The programs that docs/serving.md shows, run."""

from __future__ import annotations

import contextlib
import inspect
import re
from pathlib import Path
from typing import Any

import pytest

from serving import launch
from serving.launch import RunningServer
from serving.rollout import Rollout
from tests.certificates import Authority
from tests.serving.conftest import REPOSITORY, Live
from tests.serving.fake_server import FakeServer, push

PROGRAMS = re.findall(
    r"^```python\n(.*?)^```", (REPOSITORY / "docs" / "serving.md").read_text(), re.MULTILINE | re.DOTALL
)


def program(*lines: str) -> str:
    """The one that has all these lines."""
    [chosen] = [text for text in PROGRAMS if all(line in text for line in lines)]
    return chosen


def run(text: str) -> None:
    exec(compile(text, "docs/serving.md", "exec"), {"__name__": "shown"})


def test_both_clients(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    push(tmp_path, 1)
    server = FakeServer(tmp_path)
    try:
        Rollout(tmp_path, [server.address], timeout=30).promote("m", 1)
        text = program("AsyncClient", "asyncio.run")
        run(text.replace("127.0.0.1:8500", server.address).replace("embedded", "m"))
    finally:
        server.stop()
    assert capsys.readouterr().out.count("GOOD MORNING.") == 2


def test_a_client_over_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Authority(tmp_path).issue("client")
    monkeypatch.chdir(tmp_path)
    run(program("Tls(ca=") + "client.close()\n")


def test_a_server_that_is_launched(
    live: Live, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One that runs already stands for it: only that it is asked rightly is of interest here."""
    asked = inspect.signature(launch.launch)

    def launched(*arguments: Any, **options: Any) -> contextlib.AbstractContextManager[RunningServer]:
        asked.bind(*arguments, **options)
        return contextlib.nullcontext(live.server)

    monkeypatch.setattr(launch, "launch", launched)
    run(program("launch(Path").replace("en-de", "first"))
    assert live.address in (said := capsys.readouterr().out)
    assert "{1: 'AVAILABLE'}" in said
