"""The options that commands which ask a server share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

ADDRESS = typer.Option("127.0.0.1:8500", envvar="DRAGOMAN_ADDRESS", help="HOST:PORT of the model server.")
MODEL = typer.Option(None, envvar="DRAGOMAN_MODEL", help="The only one of the model root, if not given.")
ROOT = typer.Option(Path("models"), envvar="DRAGOMAN_MODEL_ROOT", help="Where to look for the model's name.")
LABEL = typer.Option("stable", help="The version with this label.")
VERSION = typer.Option(None, min=0, max=2**63 - 1, help="This version, whatever its label.")
TO = typer.Option(
    None, "--to", metavar="LANGUAGE", help="Into which one, as de, of a model of several directions."
)
WAIT = typer.Option(
    1.0, min=0.01, help="Seconds that a server may take to appear; later, the deadline counts."
)
DEADLINE = typer.Option(30.0, min=0.01, help="Seconds for one request with its retries.")


@contextmanager
def bad_parameter() -> Iterator[None]:
    """A value that means nothing to the client is a mistake of the command line.

    Raises:
        typer.BadParameter: for a ValueError.
    """
    try:
        yield
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def only_model(model_root: Path) -> str:
    """The name of the only model that is configured, or, without a configuration, on disk.

    Raises:
        typer.BadParameter: there is another number of them.
    """
    from serving.model_config import read, trial_name
    from serving.versions import models

    config = read(model_root)
    names = [model.name for model in config.model_config_list.config] if config else list(models(model_root))
    trials = {trial_name(name) for name in names}
    names = [name for name in names if name not in trials]
    if len(names) != 1:
        there = f"holds {', '.join(names)}" if names else "holds no model"
        raise typer.BadParameter(f"give --model, or another --model-root: {model_root.absolute()} {there}")
    return names[0]
