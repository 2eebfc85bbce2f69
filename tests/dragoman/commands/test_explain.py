"""`dragoman explain`, with a client that is asked nothing over the network."""

from __future__ import annotations

import json
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

import serving.client
from dragoman.commands import explain
from serving.client.requests import Explanation


class _Client:
    """Translates into the wanted language, which is all that it knows."""

    def __init__(self, address: str, *, to: str | None = None, **others: Any) -> None:
        del address, others
        if to == "no language":
            raise ValueError("to is no language")
        self._to = to

    def __enter__(self) -> _Client:
        return self

    def __exit__(self, *error: object) -> None:
        del error

    def explain(self, sources: list[str]) -> list[Explanation]:
        """Of each source."""
        text = str(self._to)
        return [Explanation((source,), (text,), ((1.0,),), text, 0.0) for source in sources]


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> typer.Typer:
    monkeypatch.setattr(serving.client, "Client", _Client)
    app = typer.Typer()
    explain.register(app)
    return app


@pytest.mark.parametrize(("asked", "text"), [(["--to", "en"], "en"), ([], "None")])
def test_a_model_of_several_directions_is_asked_for_one(
    app: typer.Typer, asked: list[str], text: str
) -> None:
    done = CliRunner().invoke(app, ["Ja.", "--model", "m", "--json", *asked])
    assert done.exit_code == 0, done.output
    assert json.loads(done.output)["text"] == text


def test_what_the_client_refuses_is_a_usage_error(app: typer.Typer) -> None:
    done = CliRunner().invoke(app, ["Ja.", "--model", "m", "--to", "no language"])
    assert done.exit_code == 2
    assert "to is no language" in done.output
