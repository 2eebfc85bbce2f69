"""What serves now: what the candidate is compared with, and what a training starts from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.steps.base import Components, Run, Step

if TYPE_CHECKING:
    from tfx.types import BaseChannel


class Baseline(Step):
    """The version that the candidate is compared with; none where nothing serves."""

    gives = ("baseline_model",)

    def components(self, run: Run, channels: Mapping[str, BaseChannel]) -> Components:
        from pipeline.steps.baseline.baseline import baseline
        from pipeline.steps.baseline.component import importer

        del channels
        folder = baseline(run.config, run.before)
        if folder is None:
            return Components(())
        node = importer(folder).with_id(run.component("Baseline"))
        return Components((node,), {"baseline_model": node.outputs["result"]})

    def preflight(self, run: Run) -> list[Path]:
        from pipeline.steps.baseline.baseline import baseline
        from pipeline.workspace.places import check_folder

        config = run.config
        check_folder("push.model_root", config.push.model_root.absolute() / config.pushed_name)
        baseline(config, run.before)
        return []


STEP = Baseline()
