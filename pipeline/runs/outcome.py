"""How a run ended: what each of its steps came to, whether it was refused, and how long it took."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.config.schedule import Event
from pipeline.errors import PipelineError
from pipeline.runs.build import Build, BuiltStep
from pipeline.runs.runner import Executed
from pipeline.steps.base import Done, Summary, SummaryLine, Version, merged_facts


@dataclass(frozen=True)
class Seconds:
    """How long this run took, without imports: by component, and within the Trainer fit, export and check,
    which are missing when its results were there already.
    """

    components: Mapping[str, float]
    trainer: Mapping[str, float]

    @property
    def total(self) -> float:
        """All components."""
        return sum(self.components.values())

    @property
    def around_the_fit(self) -> float:
        """All components but the fit."""
        return self.total - self.trainer.get("fit", 0.0)

    @property
    def text(self) -> str:
        """One line."""
        parts = "".join(f"{phase} {seconds:.1f}, " for phase, seconds in self.trainer.items())
        return f"{self.total:.1f} s: {parts}all components but the fit {self.around_the_fit:.1f}"

    def as_json(self) -> dict[str, Any]:
        """For scripts."""
        return {
            "components": {name: round(seconds, 3) for name, seconds in self.components.items()},
            "trainer": dict(self.trainer),
            "total": round(self.total, 3),
            "around_the_fit": round(self.around_the_fit, 3),
        }


@dataclass(frozen=True)
class RunOutcome:
    """A run that went through all its components; the candidate may still have been refused."""

    name: str
    steps: tuple[tuple[str, Summary], ...]
    """With the name of each, empty where it is the step's own."""
    log: Path
    cached: tuple[str, ...]
    seconds: Seconds

    @property
    def version(self) -> Version | None:
        """The version that the candidate is; None where it was refused, or nothing is pushed."""
        return next((summary.version for _, summary in self.steps if summary.version), None)

    @property
    def event(self) -> Event:
        """What those are told who asked for it."""
        if self.refusal:
            return "refused"
        return "pushed" if self.version and self.version.new else "unchanged"

    @property
    def refusal(self) -> PipelineError | None:
        """Why nothing was pushed, with numbers; None when the candidate was let through."""
        return next((summary.refusal for _, summary in self.steps if summary.refusal), None)

    @property
    def report(self) -> Path | None:
        """The page on the run."""
        return next((summary.report for _, summary in self.steps if summary.report), None)

    def lines(self) -> list[SummaryLine]:
        """What people are told, but for times and places."""
        return [
            SummaryLine(f"{name}: {line.label}" if name else line.label, line.text, line.tone)
            for name, summary in self.steps
            for line in summary.lines
            if not (line.tone == "good" and self.refusal)
        ]

    def places(self) -> list[SummaryLine]:
        """Where to look, the last step's first."""
        places = [
            SummaryLine(f"{label} of {name}" if name else label, text)
            for name, summary in self.steps
            for label, text in summary.places.items()
        ]
        return [*places[::-1], SummaryLine("log", str(self.log))]

    def as_json(self) -> dict[str, Any]:
        """For scripts; what a step with a name of its own came to stands under `steps`."""
        reasons = [summary.reason for _, summary in self.steps if summary.reason]
        facts: dict[str, Any] = {"name": self.name, "blessed": self.refusal is None}
        facts["reason"] = str(self.refusal) if self.refusal else "; ".join(reasons)
        return {
            **facts,
            **merged_facts(self.steps),
            "log": str(self.log),
            "cached": list(self.cached),
            "seconds": self.seconds.as_json(),
        }


def outcome(name: str, build: Build, done: Mapping[str, Executed], log: Path) -> RunOutcome:
    """Read the artifacts of a finished run."""
    steps = tuple(
        (built.run_step.use.name, built.run_step.step.summary(built.run_step.run, _done(built, done)))
        for built in build.steps
    )
    parts: dict[str, float] = {}
    for _, summary in steps:
        for part, seconds in summary.seconds.items():
            parts[part] = round(parts.get(part, 0.0) + seconds, 3)
    return RunOutcome(
        name=name,
        steps=steps,
        log=log,
        cached=tuple(component for component, executed in done.items() if executed.cached),
        seconds=Seconds({component: executed.seconds for component, executed in done.items()}, parts),
    )


def _done(built: BuiltStep, done: Mapping[str, Executed]) -> Done:
    """Several channels in one have no folder that is theirs alone: they are left out."""
    folders: dict[str, Path] = {}
    properties: dict[str, Mapping[str, str | int | float]] = {}
    for name, channel in built.channels.items():
        producer = done.get(getattr(channel, "producer_component_id", ""))
        key = getattr(channel, "output_key", "")
        if producer is not None and key in producer.outputs:
            folders[name] = producer.outputs[key]
            properties[name] = producer.properties[key]
    return Done(folders, properties, all(done[component].cached for component in built.components))
