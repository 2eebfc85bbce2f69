"""What a step of a run declares, so that build, plan, summary and report name none.

A step is a module of this folder (a package or one file), or of a user's folder `steps`, that has one as
`STEP`. It takes channels and puts channels out, by names of its own; a recipe says which is which
(`pipeline.recipes`). Importing it loads no TFX: `components` and `summary` do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from contracts.kinds import Kind

if TYPE_CHECKING:
    from tfx.dsl.components.base.base_node import BaseNode
    from tfx.types import BaseChannel

    from contracts.sections import Section
    from pipeline.config import RunConfig
    from pipeline.errors import PipelineError
    from pipeline.examples.tasks import Ingestion
    from pipeline.workspace.workspace import Workspace

KIND = Kind("step", "pipeline.steps", holds=("STEP",))


@dataclass(frozen=True)
class Reported:
    """A step's name, what it goes by in the recipe, and the channel that its `report` reads."""

    step: str
    title: str
    channel: BaseChannel


@dataclass(frozen=True)
class Run:
    """What a step is put into. With `parts` only these files are read; the candidate is compared with
    version `before`, or with the one that serves."""

    config: RunConfig
    """With the sections that are other for this step."""
    workspace: Workspace
    parts: Sequence[Ingestion] = ()
    before: int | None = None
    name: str = ""
    """Of this one, where the recipe has several of a step; empty where it goes by the step's own name."""
    settings: Section | None = None
    """Of `Step.settings`."""
    reported: Sequence[Reported] = ()
    """What steps before it have for the report."""

    def component(self, name: str) -> str:
        """The id of a component in this run: its name, unless the recipe has several of the step."""
        return f"{name}-{self.name}" if self.name else name


@dataclass(frozen=True)
class Components:
    """What a step adds to the pipeline, and its channels by name."""

    nodes: tuple[BaseNode, ...]
    outputs: Mapping[str, BaseChannel] = field(default_factory=dict)
    gate: BaseNode | None = None
    """Must have ended before a later step reads what this one reads."""
    reports: bool = True
    """Whether the step's `report` has something to say of this run."""


@dataclass(frozen=True)
class Planned:
    """What a step would do, for scripts and for people: one fact in a line."""

    facts: Mapping[str, Any] = field(default_factory=dict)
    lines: Sequence[str] = ()


def merged_facts(steps: Iterable[tuple[str, Planned | Summary]]) -> dict[str, Any]:
    """The facts of steps with their names: those of a step with a name of its own stand under `steps`."""
    facts: dict[str, Any] = {}
    named: dict[str, Any] = {}
    for name, step in steps:
        if name:
            named[name] = dict(step.facts)
        else:
            facts |= step.facts
    return {**facts, "steps": named} if named else facts


@dataclass(frozen=True)
class Done:
    """What a step left behind: of each channel that it took or put out the artifact's folder and properties;
    `cached`: all was there already."""

    folders: Mapping[str, Path]
    properties: Mapping[str, Mapping[str, str | int | float]]
    cached: bool


@dataclass(frozen=True)
class SummaryLine:
    """Of what a step came to: a word, what there is to say, and whether it is good news (told of a run that
    was not refused) or a warning."""

    label: str
    text: str
    tone: Literal["", "good", "warning"] = ""


@dataclass(frozen=True)
class Version:
    """The version that the candidate is; `new`: this run made it."""

    folder: Path
    new: bool

    @property
    def number(self) -> int:
        """Its number."""
        return int(self.folder.name)


@dataclass(frozen=True)
class Summary:
    """What a step came to."""

    facts: Mapping[str, Any] = field(default_factory=dict)
    """For scripts."""
    lines: Sequence[SummaryLine] = ()
    places: Mapping[str, str] = field(default_factory=dict)
    """Where to look: a word, and what to open."""
    reason: str = ""
    """Why the candidate was let through."""
    refusal: PipelineError | None = None
    """Why it was not."""
    version: Version | None = None
    report: Path | None = None
    """A page on the whole run."""
    seconds: Mapping[str, float] = field(default_factory=dict)
    """Of parts of the step, in their order; none where its results were there already."""


class Step:
    """One step. Every hook but `components` may be left as it is."""

    takes: ClassVar[tuple[str, ...]] = ()
    """Channels that a step before it must put out."""
    may_take: ClassVar[tuple[str, ...]] = ()
    """Channels that it uses where there are any; several of one name come as their union."""
    gives: ClassVar[tuple[str, ...]] = ()
    """Channels that it puts out; in some runs not those that others only `may_take`."""
    sections: ClassVar[tuple[str, ...]] = ()
    """Sections of the run's configuration that may be other for one of several (`steps.NAME.SECTION`)."""
    follows: ClassVar[Mapping[str, str]] = {}
    """Sections that are as they were for the step that puts out a channel, and the channel."""
    settings: ClassVar[type[Section] | None] = None
    """The class of what stands under `steps.NAME`, of a step that has no section of the run's."""
    reported: ClassVar[str] = ""
    """The channel that `report` reads; empty: the report says nothing of the step."""
    on_engine: ClassVar[bool] = False
    """Whether its Beam pipelines run where the section `beam` says, or in this process."""

    def components(self, run: Run, channels: Mapping[str, BaseChannel]) -> Components:
        """What it adds to the pipeline, given the channels that it takes.

        Raises:
            ConfigurationError: the configuration names what is not there.
        """
        raise NotImplementedError

    def preflight(self, run: Run) -> list[Path]:
        """Look at all that it needs, and that can be looked at without TensorFlow and without reading a
        corpus; returns the files that it reads.

        Raises:
            DragomanError: what would stop it.
        """
        del run
        return []

    def preview(self, run: Run) -> None:
        """Look into those files; called when every step's `preflight` has found nothing.

        Raises:
            DragomanError: what would stop it.
        """

    def plan(self, run: Run) -> Planned:
        """What it would do; called when `preflight` has found nothing."""
        del run
        return Planned()

    def note(self, run: Run) -> str:
        """What a user is told of it when a run starts, in a line; empty: nothing."""
        del run
        return ""

    def summary(self, run: Run, done: Done) -> Summary:
        """What it came to, read from its artifacts."""
        del run, done
        return Summary()

    def report(self, folder: Path) -> Sequence[tuple[str, str]]:
        """What the report says of it, as names and values, read from the artifact of `reported`."""
        del folder
        return ()
