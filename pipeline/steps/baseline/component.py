"""The baseline, a folder that is there already, as an artifact.

The Importer gives the same folder the same artifact in every run, so that the Evaluator is cached as long as
the same version serves, and runs again when a promotion or a rollback has changed that.
"""

from __future__ import annotations

from pathlib import Path

from tfx.dsl.components.common.importer import Importer
from tfx.types import standard_artifacts


def importer(folder: Path) -> Importer:
    """The folder as a Model artifact, under the key `result`."""
    return Importer(source_uri=str(folder), artifact_type=standard_artifacts.Model).with_id("Baseline")
