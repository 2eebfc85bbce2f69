"""Options that are one parameter of the function and several of the command."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from dragoman.option_groups import grouped


@dataclass(frozen=True, kw_only=True)
class Inner:
    """A group in a group."""

    key: Annotated[Path | None, typer.Option("--key", envvar="THE_KEY", help="A file.")] = None


@dataclass(frozen=True, kw_only=True)
class Outer:
    """Every way of having a default, and none."""

    needed: Annotated[int, typer.Option(min=0)]
    words: Annotated[list[str], typer.Option("--word")] = field(default_factory=lambda: ["a"])
    inner: Inner = field(default_factory=Inner)
    share: Annotated[float, typer.Option(max=1)] = 0.5


@grouped
def command(
    *,
    text: str = typer.Argument(..., help="What it is about."),
    outer: Outer,
    as_json: bool = typer.Option(False, "--json"),
) -> None:
    """What it does."""
    print(text, outer, as_json)


def _run(*arguments: str) -> tuple[int, str]:
    app = typer.Typer(add_completion=False)
    app.command()(command)
    result = CliRunner().invoke(app, arguments, env={"COLUMNS": "120"})
    return result.exit_code, result.output


def test_fields_stand_where_the_group_does() -> None:
    app = typer.Typer(add_completion=False)
    app.command()(command)
    taken = typer.main.get_command(app)
    names = ["text", "needed", "words", "key", "share", "as_json"]
    assert [parameter.name for parameter in taken.params] == names
    assert taken.help == "What it does."


def test_the_function_gets_them_as_the_dataclass() -> None:
    wanted = Outer(needed=2, words=["b", "c"], inner=Inner(key=Path("k")), share=0.25)
    given = ("hi", "--needed", "2", "--word", "b", "--word", "c", "--key", "k", "--share", "0.25", "--json")
    assert _run(*given) == (0, f"hi {wanted} True\n")


def test_defaults_and_variables_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THE_KEY", "of-the-environment")
    wanted = Outer(needed=0, inner=Inner(key=Path("of-the-environment")))
    assert _run("hi", "--needed", "0") == (0, f"hi {wanted} False\n")


@pytest.mark.parametrize("given", [(), ("--needed", "-1"), ("--needed", "1", "--share", "2")])
def test_what_an_option_does_not_allow_is_refused(given: tuple[str, ...]) -> None:
    assert _run("hi", *given)[0] == 2
