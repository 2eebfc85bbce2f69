"""What a scheduled run has to do: which windows of spans have not been worked off."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ValidationError

from contracts.files import replace_text
from contracts.settings import effective_json
from pipeline.config import RunConfig
from pipeline.config.schedule import SpanConfig
from pipeline.errors import ConfigurationError
from pipeline.examples.spans import SpanFiles, digest
from pipeline.schedule.catch_up import CatchUp

_Chosen = tuple[tuple[int, ...], tuple[int, ...], str]
# What does not change the version that comes out.
_ELSEWHERE = frozenset({"workspace", "lease", "metadata", "retention", "notify"})


class DoneSpans(BaseModel):
    """The spans that runs went through with, pushed or refused, with the digests of their files; `key`: of
    the configuration and the files without a span; `catch_up`: one that is not at its end."""

    key: str = ""
    spans: dict[int, str] = {}
    catch_up: CatchUp | None = None


@dataclass(frozen=True)
class DueRun:
    """One run to be made: the spans it trains on, those of them that are new, why it is made, and what is
    written down when it has been made."""

    spans: tuple[int, ...]
    new: tuple[int, ...]
    why: str
    done: DoneSpans


@dataclass(frozen=True)
class Due:
    """The runs to be made, oldest first, what else is to be said, and a catch-up that they go on with."""

    runs: tuple[DueRun, ...]
    notes: tuple[str, ...]
    catch_up: CatchUp | None = None

    def lines(self) -> Iterator[str]:
        """For people."""
        yield from (f"note: {note}" for note in self.notes)
        if not self.runs:
            yield "nothing new: nothing is done"
        for number, run in enumerate(self.runs, 1):
            which = f"run {number} of {len(self.runs)}: " if len(self.runs) > 1 else ""
            yield f"{which}{run.why}; trained on: {', '.join(map(str, run.spans))}"


def read_done(path: Path) -> DoneSpans:
    """What was worked off; nothing where there is no file.

    Raises:
        ConfigurationError: the file is damaged.
    """
    try:
        return DoneSpans.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return DoneSpans()
    except (OSError, ValidationError) as error:
        raise ConfigurationError(
            f"cannot read {path}, which says what spans were worked off ({error}): remove it, and the newest "
            "window is worked off again (what is the same comes from the cache)"
        ) from None


def due(config: RunConfig, files: SpanFiles, done: DoneSpans, again: bool = False) -> Due:
    """What to do; with `again` the newest window, whatever was done.

    Raises:
        DataError: a file cannot be read.
    """
    assert config.spans is not None
    spans = list(files.spans)
    notes = [files.incomplete[span] for span in sorted(files.incomplete)]
    if not spans:
        return Due((), (*notes, "no span is there"))
    current = tuple(spans[-config.spans.window :])
    common = make_key(config, files)
    new = tuple(span for span in spans if not done.spans or span > max(done.spans))
    if not done.spans:
        chosen = [(current, current, _listed("the first run, on", current))]
    elif new:
        chosen = _catch_up(config.spans, spans, new)
    else:
        why = _changed(files, done, current, common, again)
        chosen = [(current, (), why)] if why else []
    late = [span for span in spans if done.spans and min(done.spans) < span < current[0]]
    late = [span for span in late if span not in done.spans and span not in new]
    if late:
        notes.append(f"{_listed('came late and is older than the window:', late)}: left out")
    runs = [
        DueRun(
            inside,
            fresh,
            why,
            DoneSpans(key=common, spans={span: digest(files.spans[span]) for span in inside}),
        )
        for inside, fresh, why in chosen
    ]
    return Due(tuple(runs), tuple(notes), done.catch_up)


def _changed(files: SpanFiles, done: DoneSpans, current: Sequence[int], common: str, again: bool) -> str:
    """Why the window that was worked off is to be worked off again; empty: it is not."""
    changed = [span for span in current if done.spans.get(span) != digest(files.spans[span])]
    if changed:
        return _listed("other files in", changed)
    if done.key != common:
        return "the configuration, or a file without a span, has changed"
    return "from scratch" if again else ""


def _catch_up(config: SpanConfig, spans: list[int], new: tuple[int, ...]) -> list[_Chosen]:
    """See `SpanConfig.missed`."""
    if config.missed == "together":
        first = min(max(len(spans) - config.window, 0), spans.index(new[0]))
        return [(tuple(spans[first:]), new, _listed("new:", new))]
    ends = [spans.index(span) + 1 for span in new]
    return [
        (tuple(spans[max(end - config.window, 0) : end]), (spans[end - 1],), f"new: span {spans[end - 1]}")
        for end in ends
    ]


def record(path: Path, run: DueRun, catch_up: CatchUp | None = None) -> None:
    """Write down that the run was made, and what the next one follows where more are due."""
    spans = {**read_done(path).spans, **run.done.spans}
    done = run.done.model_copy(update={"spans": spans, "catch_up": catch_up})
    replace_text(path, done.model_dump_json(indent=2) + "\n")


def make_key(config: RunConfig, files: SpanFiles) -> str:
    """Of all that a version is made of beside the spans."""
    text = effective_json(config, _ELSEWHERE) + digest(files.fixed)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _listed(what: str, spans: Sequence[int]) -> str:
    return f"{what} span{'s' if len(spans) > 1 else ''} {', '.join(map(str, spans))}"
