"""Documents are true: every `dragoman` and `make` command that they show exists, with the options shown;
files of settings are read, and Python runs."""

from __future__ import annotations

import importlib
import itertools
import pkgutil
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from dragoman import commands
from dragoman.main import app
from pipeline.config import RunConfig
from pipeline.config.load import load, parse
from scripts import interfaces
from scripts.configuration import TARGET, reference
from serving.gateway.core.settings import GatewaySettings

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted([ROOT / "README.md", ROOT / "k8s" / "README.md", *(ROOT / "docs").glob("*.md")])
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
SHELLS = ("", "bash", "sh", "console")
RUN = {
    "name": "name: shown\n",
    "languages": "languages: {source: en, target: de}\n",
    "corpora": "corpora: [{format: embedded, pairs: 2000}]\n",
}
"""What every run says; documents leave out what they are not about."""


def _commands(document: Path, program: str) -> Iterator[list[str]]:
    """Each shell line of the document's fenced blocks that runs `program`, split into words."""
    for language, block in FENCE.findall(document.read_text()):
        if language not in SHELLS:
            continue
        for line in block.replace("\\\n", " ").splitlines():
            if program not in line:
                continue
            words: list[str] = []
            for word in [*_words(line.removeprefix("$ ")), ";"]:
                if not set(word) <= set(";|&"):
                    words.append(word)
                    continue
                while words and "=" in words[0]:
                    words.pop(0)
                if words and Path(words[0]).name == program:
                    yield words[1:]
                words = []


def _words(line: str) -> shlex.shlex:
    """As a shell has them; what stands between commands is a word of its own."""
    words = shlex.shlex(line, posix=True, punctuation_chars=";|&")
    words.whitespace_split = True
    return words


@pytest.fixture(scope="module")
def command_line() -> Any:
    for module in pkgutil.iter_modules(commands.__path__):
        importlib.import_module(f"dragoman.commands.{module.name}").register(app)
    return typer.main.get_command(app)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_dragoman_command_exists_with_its_options(document: Path, command_line: Any) -> None:
    for words in _commands(document, "dragoman"):
        command, rest = command_line, list(words)
        while rest and hasattr(command, "commands") and not rest[0].startswith("-"):
            assert rest[0] in command.commands, f"no subcommand: dragoman {' '.join(words)}"
            command = command.commands[rest.pop(0)]
        known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
        unknown = [word for word in rest if re.match(r"--?[a-z]", word) and word.split("=")[0] not in known]
        assert not unknown, f"no option {unknown}: dragoman {' '.join(words)}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_run_of_an_example_is_a_configuration_that_holds(document: Path) -> None:
    for words in _commands(document, "dragoman"):
        files = [ROOT / word for word in words if word.endswith(".yaml")]
        if words[0] == "run" and files and files[0].is_file():
            given = [value for option, value in itertools.pairwise(words) if option == "--set"]
            assert load(files[0], given).name


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_make_target_exists(document: Path) -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for words in _commands(document, "make"):
        assert {word for word in words if re.fullmatch(r"[a-z0-9-]+", word)} <= targets, (
            f"make {' '.join(words)}"
        )


def _blocks(document: Path, language: str) -> list[str]:
    return [block for its, block in FENCE.findall(document.read_text()) if its == language]


@pytest.mark.parametrize(
    "document", [path for path in DOCUMENTS if path.parent.name != "k8s"], ids=lambda path: path.name
)
def test_every_file_of_settings_is_read(document: Path, tmp_path: Path) -> None:
    for block in _blocks(document, "yaml"):
        keys = set(yaml.safe_load(block))
        if keys <= set(RunConfig.model_fields):
            parse("".join(line for key, line in RUN.items() if key not in keys) + block, document.name)
        else:
            file = tmp_path / "gateway.yaml"
            file.write_text(block)
            GatewaySettings.load(file)


@pytest.mark.parametrize(
    ("name", "printed"),
    [("texts.md", "<p>HELLO <b>{name}</b>!</p> -1.0 True"), ("corpora.md", "")],
)
def test_the_python_that_needs_no_server_runs(
    name: str, printed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for block in _blocks(ROOT / "docs" / name, "python"):
        exec(compile(block, name, "exec"), {"__name__": "shown"})
    assert printed in capsys.readouterr().out


def test_the_configuration_reference_is_up_to_date() -> None:
    assert TARGET.read_text() == reference(), "run `make docs`"


def test_the_tables_of_the_gateways_interfaces_are_up_to_date() -> None:
    assert interfaces.TARGET.read_text() == interfaces.reference(), "run `make docs`"
