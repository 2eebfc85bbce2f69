"""`dragoman compile`: a run for another orchestrator."""

from __future__ import annotations

import enum
import json
import os
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from dragoman.console import out

_EPILOG = (
    "Example: dragoman compile examples/embedded.yaml --runner kubeflow-v2 "
    "--image registry.example.org/dragoman-pipeline:0.1.0 --output pipeline.json"
)


class Runner(str, enum.Enum):
    """Whom the specification is for."""

    KUBEFLOW_V2 = "kubeflow-v2"


def register(app: typer.Typer) -> None:
    """Add `compile`."""
    app.command("compile", epilog=_EPILOG)(compile_run)


def compile_run(
    config: Annotated[Path, typer.Argument(metavar="CONFIG", help="the run's YAML file", show_default=False)],
    image: Annotated[str, typer.Option(help="the image of every step", show_default=False)],
    runner: Annotated[Runner, typer.Option(help="whom it is for")] = Runner.KUBEFLOW_V2,
    output: Annotated[Path, typer.Option(help="the file to write")] = Path("pipeline.json"),
    overrides: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="another value for one key; repeat it for more"),
    ] = None,
) -> None:
    """Write the run that CONFIG describes as a pipeline specification. Nothing is run."""
    from pipeline.config.load import load
    from pipeline.errors import ConfigurationError
    from pipeline.runs.quiet import redirected
    from pipeline.workspace.workspace import Workspace

    assert runner is Runner.KUBEFLOW_V2  # The only one.
    loaded = load(config, overrides or ())
    with redirected(Path(os.devnull)):
        from pipeline.runs.build import build
        from pipeline.runs.kubeflow import compile_for_kubeflow

        workspace = Workspace((loaded.workspace / loaded.name).absolute())
        specification = compile_for_kubeflow(build(loaded, workspace).pipeline, image)
    try:
        output.write_text(json.dumps(specification, indent=2) + "\n")
    except OSError as error:
        raise ConfigurationError(f"cannot write {output}: {error.strerror}") from None
    out.print(f"wrote {escape(str(output))}")
