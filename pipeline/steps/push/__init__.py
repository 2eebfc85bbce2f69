"""A candidate that was let through becomes the next version, with its card."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.steps.base import Components, Done, Planned, Run, Step, Summary, SummaryLine, Version

if TYPE_CHECKING:
    from tfx.types import BaseChannel


class PushVersion(Step):
    """Into MODEL_ROOT/NAME."""

    takes = ("model", "model_blessing", "infra_blessing", "scores", "cleaned_examples")
    gives = ("pushed_model",)
    sections = ("serving_check",)

    def components(self, run: Run, channels: Mapping[str, BaseChannel]) -> Components:
        from pipeline.steps.push.component import Push
        from pipeline.steps.push.succession import refuse_other_languages

        refuse_other_languages(run.config)
        push = Push(
            model=channels["model"],
            model_blessing=channels["model_blessing"],
            infra_blessing=channels["infra_blessing"],
            scores=channels["scores"],
            examples=channels["cleaned_examples"],
            config=run.config,
        ).with_id(run.component("Push"))
        return Components((push,), {"pushed_model": push.outputs["pushed_model"]})

    def preflight(self, run: Run) -> list[Path]:
        from pipeline.steps.push.succession import refuse_other_languages
        from pipeline.workspace.places import check_folder

        check_folder("push.model_root", _target(run))
        refuse_other_languages(run.config)
        return []

    def plan(self, run: Run) -> Planned:
        target = _target(run)
        return Planned({"target": target}, [f"pushes a new version to {target}, if the gate lets it through"])

    def summary(self, run: Run, done: Done) -> Summary:
        del run
        pushed = done.properties["pushed_model"]
        there = bool(pushed.get("pushed"))
        new = there and bool(pushed.get("new")) and not done.cached
        version = Version(Path(str(pushed["pushed_destination"])), new) if there else None
        return Summary(
            {
                "pushed": str(version.folder) if version and new else None,
                "already_there": str(version.folder) if version and not new else None,
                "version": version.number if version else None,
            },
            [version_line(version)] if version else [],
            version=version,
        )


def _target(run: Run) -> Path:
    return run.config.push.model_root.absolute() / run.config.pushed_name


def version_line(version: Version) -> SummaryLine:
    """What a user is told of the version that the candidate is."""
    if version.new:
        return SummaryLine("pushed", str(version.folder))
    if version.folder.exists():
        return SummaryLine("nothing pushed", f"the candidate is already there, as {version.folder}")
    return SummaryLine(
        "nothing pushed", f"the candidate was {version.folder}, removed since; --from-scratch makes a new one"
    )


STEP = PushVersion()
