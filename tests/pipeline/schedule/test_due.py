"""Which spans are there, and what an incremental run does about them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipeline.config import RunConfig
from pipeline.errors import ConfigurationError, DataError
from pipeline.examples.spans import SpanFiles, find_spans
from pipeline.schedule.due import Due, due, read_done, record

FIXED = {"dev": 0.1, "test": 0.1}


def configured(folder: Path, pattern: str = "news-{SPAN:2}.tsv", **spans: Any) -> RunConfig:
    corpus = {"name": "news", "format": "tsv", "file": str(folder / pattern), "split": FIXED}
    return RunConfig.model_validate(
        {
            "name": "t",
            "languages": {"source": "en", "target": "de"},
            "corpora": [corpus],
            "workspace": str(folder / "runs"),
            "spans": spans,
        }
    )


def arrive(folder: Path, *spans: int, text: str = "a\tb\n") -> None:
    for span in spans:
        (folder / f"news-{span:02d}.tsv").write_text(f"{span}{text}")


def look(config: RunConfig, again: bool = False) -> tuple[Due, SpanFiles]:
    files = find_spans(config)
    return due(config, files, read_done(config.workspace / "spans.json"), again), files


def work(config: RunConfig) -> list[tuple[int, ...]]:
    """Work off what is due, as if every run went through; the windows."""
    config.workspace.mkdir(exist_ok=True)
    todo, _ = look(config)
    for run in todo.runs:
        record(config.workspace / "spans.json", run)
    return [run.spans for run in todo.runs]


def test_spans_that_arrive_one_after_the_other_are_worked_off_once_each(tmp_path: Path) -> None:
    config = configured(tmp_path)
    assert look(config)[0] == Due((), ("no span is there",))
    for span in (1, 2, 3):
        arrive(tmp_path, span)
        assert work(config) == [(span,)]
        assert work(config) == []


def test_a_rolling_window_counts_spans_that_are_there(tmp_path: Path) -> None:
    config = configured(tmp_path, window=2)
    arrive(tmp_path, 1, 4)
    assert work(config) == [(1, 4)]
    arrive(tmp_path, 9)
    assert work(config) == [(4, 9)]


@pytest.mark.parametrize(
    ("missed", "window", "expected"),
    [
        ("together", 1, [(3, 4, 5)]),
        ("together", 2, [(3, 4, 5)]),
        ("together", 4, [(2, 3, 4, 5)]),
        ("together", 9, [(1, 2, 3, 4, 5)]),
        ("each", 1, [(3,), (4,), (5,)]),
        ("each", 2, [(2, 3), (3, 4), (4, 5)]),
    ],
)
def test_missed_spans_are_caught_up_with(
    tmp_path: Path, missed: str, window: int, expected: list[tuple[int, ...]]
) -> None:
    config = configured(tmp_path, window=window, missed=missed)
    arrive(tmp_path, 1, 2)
    work(config)
    arrive(tmp_path, 3, 4, 5)
    assert work(config) == expected
    assert work(config) == []


def test_a_run_that_was_killed_leaves_its_window_due(tmp_path: Path) -> None:
    config = configured(tmp_path, missed="each")
    config.workspace.mkdir()
    arrive(tmp_path, 1)
    work(config)
    arrive(tmp_path, 2, 3)
    record(config.workspace / "spans.json", look(config)[0].runs[0])
    assert work(config) == [(3,)]


def test_the_first_run_takes_the_window_and_leaves_what_is_older(tmp_path: Path) -> None:
    config = configured(tmp_path, window=2)
    arrive(tmp_path, 1, 2, 3, 4)
    assert work(config) == [(3, 4)]
    assert look(config)[0] == Due((), ())


def test_other_contents_in_the_window_are_worked_off_again(tmp_path: Path) -> None:
    config = configured(tmp_path, window=2)
    arrive(tmp_path, 1, 2, 3)
    work(config)
    arrive(tmp_path, 1, text="old\told\n")
    assert work(config) == []
    arrive(tmp_path, 2, text="other\tother\n")
    assert look(config)[0].runs[0].why == "other files in span 2"
    assert work(config) == [(2, 3)]


def test_a_span_that_comes_late_is_taken_where_it_is_in_the_window(tmp_path: Path) -> None:
    config = configured(tmp_path, window=2)
    arrive(tmp_path, 1, 5)
    work(config)
    arrive(tmp_path, 4)
    assert work(config) == [(4, 5)]
    arrive(tmp_path, 2)
    todo = look(config)[0]
    assert todo.runs == ()
    assert todo.notes == ("came late and is older than the window: span 2: left out",)


def test_another_configuration_is_worked_off_and_another_lease_is_not(tmp_path: Path) -> None:
    config = configured(tmp_path)
    arrive(tmp_path, 1)
    work(config)
    lease = config.lease.model_copy(update={"expiry_seconds": 5.0})
    assert look(config.model_copy(update={"lease": lease}))[0].runs == ()
    search = config.search.model_copy(update={"beams": 2})
    assert "configuration" in look(config.model_copy(update={"search": search}))[0].runs[0].why
    assert look(config, again=True)[0].runs[0].spans == (1,)


def test_a_span_that_lacks_a_file_is_not_there_yet(tmp_path: Path) -> None:
    sides = {"source": str(tmp_path / "x-{SPAN}.en"), "target": str(tmp_path / "x-{SPAN}.de")}
    (tmp_path / "dev.tsv").write_text("dev\n")
    values = configured(tmp_path).model_dump(mode="json")
    values["corpora"] = [
        {"name": "x", "format": "pairs", "train": sides},
        {"name": "d", "format": "tsv", "dev": str(tmp_path / "dev.tsv"), "test": str(tmp_path / "dev.tsv")},
    ]
    config = RunConfig.model_validate(values)
    for name in ("x-1.en", "x-1.de", "x-2.en"):
        (tmp_path / name).write_text("a\n")
    todo, files = look(config)
    assert [run.spans for run in todo.runs] == [(1,)]
    assert todo.notes == (f"span 2 of corpus `x` is not whole yet: no file {sides['target']} for it",)
    fixed, spanned = files.parts(config, [1])
    assert (fixed.span, [corpus.name for corpus in fixed.corpora]) == (None, ["d"])
    assert dict(spanned.paths) == {
        "x/train/source": str(tmp_path / "x-1.en"),
        "x/train/target": str(tmp_path / "x-1.de"),
    }
    (tmp_path / "dev.tsv").unlink()
    with pytest.raises(DataError, match=r"dev\.tsv"):
        find_spans(config)


def test_versions_and_dates(tmp_path: Path) -> None:
    config = configured(tmp_path, "{YYYY}-{MM}-{DD}/v{VERSION}.tsv")
    for name in ("1970-01-03/v2", "1970-01-03/v10", "1970-13-01/v1", "1970-01-03/vx"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / f"{name}.tsv").write_text("a\tb\n")
    assert {span: list(files.values()) for span, files in find_spans(config).spans.items()} == {
        2: [str(tmp_path / "1970-01-03" / "v10.tsv")]
    }


@pytest.mark.parametrize(
    ("pattern", "said"),
    [("plain.tsv", "no corpus has"), ("{SPAN}-{SPAN}.tsv", "twice"), ("{YYYY}-{MM}.tsv", "all of")],
)
def test_patterns_that_are_none(tmp_path: Path, pattern: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        find_spans(configured(tmp_path, pattern))


def test_one_side_with_a_span_and_one_without(tmp_path: Path) -> None:
    values = configured(tmp_path).model_dump(mode="json")
    files = {"source": "x-{SPAN}.en", "target": "x.de"}
    values["corpora"] = [{"name": "x", "format": "pairs", "files": files, "split": FIXED}]
    with pytest.raises(ConfigurationError, match="one side"):
        find_spans(RunConfig.model_validate(values))


def test_a_damaged_record_is_told_with_its_cure(tmp_path: Path) -> None:
    (tmp_path / "spans.json").write_text("{")
    with pytest.raises(ConfigurationError, match="remove it"):
        read_done(tmp_path / "spans.json")


def test_a_corpus_may_be_called_as_one_likes(tmp_path: Path) -> None:
    config = configured(tmp_path)
    (corpus,) = config.corpora
    config = config.model_copy(update={"corpora": (corpus.model_copy(update={"name": "news/2024"}),)})
    arrive(tmp_path, 1)
    (part,) = find_spans(config).parts(config, [1])
    assert [spanned.name for spanned in part.corpora] == ["news/2024"]


def test_looking_for_spans_loads_no_tensorflow() -> None:
    code = (
        "import sys, pipeline.schedule.due, pipeline.examples.spans\n"
        "print(*sorted({'tensorflow', 'tfx', 'keras'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, "\n"), done.stderr
