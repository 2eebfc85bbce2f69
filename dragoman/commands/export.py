"""`dragoman export`: a pushed version in the format of another engine."""

from __future__ import annotations

import importlib.util
import os
import tempfile
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from contracts.errors import ExitCode
from dragoman.console import fail, out


class Format(str, Enum):
    """What can be written."""

    CTRANSLATE2 = "ctranslate2"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "export",
        rich_help_panel="Versions",
        epilog="Example: dragoman export embedded 2 --format ctranslate2 --output embedded-ct2",
    )(export)


def export(
    model: Annotated[str, typer.Argument(metavar="MODEL", show_default=False)],
    version: Annotated[int, typer.Argument(metavar="VERSION", show_default=False)],
    output: Annotated[Path, typer.Option("--output", help="the folder to write; it must not be there")],
    form: Annotated[Format, typer.Option("--format", help="of which engine")] = Format.CTRANSLATE2,
    model_root: Annotated[
        Path, typer.Option("--model-root", envvar="DRAGOMAN_MODEL_ROOT", help="where models were pushed to")
    ] = Path("models"),
) -> None:
    """Write VERSION of MODEL for CTranslate2, in float32 (its `compute_type` makes less of it when it is
    loaded), with the SentencePiece models that cut text into its pieces."""
    from contracts.card import EXTRA, TRANSLATOR
    from serving.versions import versions

    assert form is Format.CTRANSLATE2
    if importlib.util.find_spec("ctranslate2") is None:
        fail("ctranslate2 is not installed: pip install '.[ctranslate2]' in Dragoman's checkout")
    if output.exists():
        fail(f"{output} is there already: name a folder that is not", ExitCode.USAGE)
    folder = versions(model_root / model).get(version)
    if folder is None:
        fail(f"{(model_root / model).absolute()} (--model-root) holds no version {version}", ExitCode.USAGE)
    stored = folder / EXTRA / TRANSLATOR
    if not stored.is_dir():
        fail(
            f"{folder} was pushed by a Dragoman that did not keep the translator with it: run its "
            "configuration again, and export the version that this pushes"
        )
    _write(stored, output)
    out.print(f"wrote {output}", markup=False)


def _write(stored: Path, output: Path) -> None:
    """Whole, or not at all."""
    from trainer.export.ctranslate2 import export_ctranslate2
    from trainer.store import load_translator

    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".writing-", dir=output.parent) as temporary:
        written = Path(temporary) / output.name
        export_ctranslate2(*load_translator(stored), written)
        os.rename(written, output)
