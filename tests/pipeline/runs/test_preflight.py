"""What stops a run is said before TensorFlow is loaded."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from contracts.errors import ExitCode
from contracts.kinds import FOLDERS, add_folders
from pipeline.config import RunConfig
from pipeline.errors import ConfigurationError, DataError
from pipeline.runs.preflight import preflight
from pipeline.steps.ingest.files import corpus_files

ROOT = Path(__file__).parents[3]
# The import of TensorFlow fails, as where it is not installed.
_WITHOUT = "import sys; sys.modules.update(tensorflow=None, tfx=None, keras=None, apache_beam=None); "


def run_config(folder: Path, **changes: Any) -> dict[str, Any]:
    """A run on one TSV that is there."""
    (folder / "c.tsv").write_text("".join(f"one {i}\teins {i}\n" for i in range(50)))
    return {
        "name": "r",
        "languages": {"source": "en", "target": "de"},
        "corpora": [
            {"name": "c", "format": "tsv", "file": str(folder / "c.tsv"), "split": {"dev": 0.1, "test": 0.1}}
        ],
        "vocabulary": {"size": 30},
        "workspace": str(folder / "runs"),
        "push": {"model_root": str(folder / "models")},
        **changes,
    }


def corpus(file: Path) -> list[dict[str, Any]]:
    return [{"name": "c", "format": "tsv", "file": str(file), "split": {"dev": 0.1, "test": 0.1}}]


def command(folder: Path, values: dict[str, Any], *options: str) -> subprocess.CompletedProcess[str]:
    """`dragoman run`, where TensorFlow cannot be imported."""
    path = folder / "run.yaml"
    path.write_text(yaml.safe_dump(values))
    code = f"{_WITHOUT}from dragoman.main import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, "run", str(path), *options],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_dry_run_needs_no_tensorflow_and_names_the_weights(tmp_path: Path) -> None:
    done = command(tmp_path, run_config(tmp_path), "--dry-run")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"reads {tmp_path / 'c.tsv'}" in done.stdout
    assert "initial weights: fresh" in done.stdout
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("kind", ["missing", "folder", "empty", "pipe"])
def test_a_corpus_file_that_is_none_stops_the_run_at_once(kind: str, tmp_path: Path) -> None:
    file = tmp_path / "odd.tsv"
    if kind == "folder":
        file.mkdir()
    elif kind == "empty":
        file.touch()
    elif kind == "pipe":
        os.mkfifo(file)
    done = command(tmp_path, run_config(tmp_path, corpora=corpus(file)))
    said = {"missing": "do not exist", "folder": "is a folder", "empty": "is empty", "pipe": "is no file"}
    assert done.returncode == ExitCode.DATA
    assert done.stderr.splitlines()[-1].startswith("error: ")
    assert str(file) in done.stderr
    assert said[kind] in done.stderr


@pytest.mark.parametrize(("content", "said"), [(None, "No such file"), ("feature {", "is no Schema")])
def test_a_curated_schema_is_read_at_once(tmp_path: Path, content: str | None, said: str) -> None:
    schema = tmp_path / "schema.pbtxt"
    if content is not None:
        schema.write_text(content)
    done = command(tmp_path, run_config(tmp_path, validation={"schema_file": str(schema)}), "--dry-run")
    assert done.returncode == ExitCode.CONFIGURATION
    assert "validation.schema_file: " in done.stderr
    assert said in done.stderr.replace("\n", " ")


def test_a_password_that_is_not_there_is_missed_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("STORE_PASSWORD", raising=False)
    store = {"store": "postgresql", "host": "h", "user": "u", "database": "d"}
    values = run_config(tmp_path, metadata={**store, "password_env": "STORE_PASSWORD"})
    with pytest.raises(ConfigurationError, match="the environment has no STORE_PASSWORD"):
        preflight(RunConfig.model_validate(values))


@pytest.mark.parametrize(
    ("backend", "named", "said"),
    [
        ("binary", "", "serving_check.backend: no TensorFlow Serving binary"),
        (
            "auto",
            "/nowhere/server",
            "serving_check.backend: TENSORFLOW_MODEL_SERVER=/nowhere/server is no program",
        ),
    ],
)
def test_a_server_for_the_check_that_is_not_here_is_missed_before_the_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, backend: str, named: str, said: str
) -> None:
    monkeypatch.setenv("TENSORFLOW_MODEL_SERVER", named)
    monkeypatch.setenv("PATH", str(tmp_path))
    values = run_config(tmp_path, serving_check={"backend": backend})
    with pytest.raises(ConfigurationError, match=said):
        preflight(RunConfig.model_validate(values))


def test_a_file_elsewhere_is_left_to_those_who_can_find_it(tmp_path: Path) -> None:
    values = run_config(tmp_path)
    values["corpora"][0]["file"] = "gs://bucket/c.tsv"
    assert preflight(RunConfig.model_validate(values)) == []


def test_a_split_that_no_corpus_fills_is_named_at_once(tmp_path: Path) -> None:
    values = run_config(tmp_path)
    values["corpora"][0]["split"] = {"dev": 0.1, "test": 0}
    done = command(tmp_path, values)
    assert done.returncode == ExitCode.CONFIGURATION
    assert "no corpus fills the `test` split" in done.stderr


@pytest.mark.parametrize("place", ["models", "models/r", "."])
def test_a_model_root_that_cannot_be_one_is_told_before_the_training(place: str, tmp_path: Path) -> None:
    values = run_config(tmp_path)
    root = tmp_path / "here"
    values["push"]["model_root"] = str(root / "models")
    odd = root / place
    odd.parent.mkdir(parents=True, exist_ok=True)
    odd.write_text("a file")
    with pytest.raises(ConfigurationError, match=r"push\.model_root: .*is no folder"):
        preflight(RunConfig.model_validate(values))


def test_a_workspace_that_cannot_be_one_is_told_too(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    values = run_config(tmp_path, workspace=str(tmp_path / "file"))
    with pytest.raises(ConfigurationError, match=r"workspace: .*file is no folder"):
        preflight(RunConfig.model_validate(values))


def test_a_model_root_is_made_where_it_can_be(tmp_path: Path) -> None:
    values = run_config(tmp_path)
    values["push"]["model_root"] = str(tmp_path / "a" / "b" / "c")
    preflight(RunConfig.model_validate(values))
    assert not (tmp_path / "a").exists()


def test_the_newest_span_of_a_pattern_counts(tmp_path: Path) -> None:
    for span in (2, 10):
        (tmp_path / f"c-{span}.tsv").write_text("one\teins\n")
    values = run_config(tmp_path, corpora=corpus(tmp_path / "c-{SPAN}.tsv"))
    assert corpus_files(RunConfig.model_validate(values)) == [tmp_path / "c-10.tsv"]
    values = run_config(tmp_path, corpora=corpus(tmp_path / "d-{SPAN}.tsv"))
    with pytest.raises(DataError, match=r"no file matches .*d-\{SPAN\}\.tsv"):
        preflight(RunConfig.model_validate(values))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (
            {"source_field": "english", "target_field": "german"},
            "has no column `english`; its first row: one 0",
        ),
        ({"source_field": 0, "target_field": 7}, "the first 50 rows lack what is asked for (wrong number of"),
    ],
)
def test_columns_that_a_file_lacks_stop_the_run_at_once(
    fields: dict[str, Any], said: str, tmp_path: Path
) -> None:
    values = run_config(tmp_path)
    values["corpora"][0].update(fields)
    done = command(tmp_path, values)
    assert done.returncode == ExitCode.DATA
    assert str(tmp_path / "c.tsv") in done.stderr
    assert said in done.stderr


def test_fields_that_no_object_has_and_files_of_another_kind_are_told(tmp_path: Path) -> None:
    file = tmp_path / "c.jsonl"
    file.write_text('{"en": "one", "de": "eins"}\n' * 20)
    values = run_config(tmp_path)
    fields = {"source_field": "english", "target_field": "german"}
    values["corpora"] = [{**corpus(file)[0], "format": "jsonl", **fields}]
    with pytest.raises(DataError, match=r"the first 20 rows lack .*field missing.*`source_field`"):
        preflight(RunConfig.model_validate(values))
    file.write_text("<!DOCTYPE html><html><head><title>404</title></head></html>")
    with pytest.raises(DataError, match="is an HTML page, not JSONL"):
        preflight(RunConfig.model_validate(values))


def test_one_row_that_can_be_read_is_enough_for_a_start(tmp_path: Path) -> None:
    values = run_config(tmp_path)
    file = tmp_path / "c.tsv"
    file.write_text("a comment\n" * 900 + file.read_text())
    assert preflight(RunConfig.model_validate(values)) == [file]


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("architecture/gru.py", r"nothing looks into .*mine/architecture: did you mean architectures\?"),
        ("search-heads/sharp.py", r"nothing looks into .*mine/search-heads: did you mean search_heads\?"),
        ("gru.py", r"mine has no folder of a kind \(.*architectures.*formats.*recipes.*steps"),
    ],
)
def test_extensions_where_nothing_looks_are_told(file: str, said: str, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    (mine / file).parent.mkdir(parents=True)
    (mine / file).touch()
    values = run_config(tmp_path, extensions=[str(mine)])
    with pytest.raises(ConfigurationError, match=said):
        preflight(RunConfig.model_validate(values))


def test_extensions_one_level_too_deep_are_told(tmp_path: Path) -> None:
    for name in ("formats", "scripts"):
        (tmp_path / "mine" / name).mkdir(parents=True)
        (tmp_path / "mine" / name / "blocks.py").touch()
    values = run_config(tmp_path, extensions=[str(tmp_path / "mine" / "formats")])
    with pytest.raises(
        ConfigurationError, match=r"formats is a folder of formats: name the one that it lies"
    ):
        preflight(RunConfig.model_validate(values))
    preflight(RunConfig.model_validate(run_config(tmp_path, extensions=[str(tmp_path / "mine")])))


def test_files_that_a_search_head_names_are_looked_at(tmp_path: Path) -> None:
    text, stored = tmp_path / "short.txt", tmp_path / "translator"

    def looked_at(**head: Any) -> list[Path]:
        values = run_config(tmp_path, search={"head": head})
        return preflight(RunConfig.model_validate(values))

    for content, said in (
        (None, "cannot be read"),
        ("ü".encode("latin-1"), "cannot be read"),
        (b" ", "empty"),
    ):
        if content is not None:
            text.write_bytes(content)
        with pytest.raises(DataError, match=rf"search\.head: .*short\.txt .*{said}.*: give .*text"):
            looked_at(name="shortlist", text=str(text))
    text.write_text("ein Haus")
    assert text in looked_at(name="shortlist", text=str(text))
    with pytest.raises(
        ConfigurationError, match=r"holds no stored translator \(translator\.json is missing\): give"
    ):
        looked_at(name="ensemble", models=[str(stored)])
    (stored / "vocabulary").mkdir(parents=True)
    for name in ("translator.json", "weights.npz"):
        (stored / name).touch()
    assert stored in looked_at(name="ensemble", models=[str(stored)])


def test_a_score_that_cannot_be_loaded_is_told_before_anything_is_cleaned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FOLDERS, "")
    file = tmp_path / "cleaning_scores" / "max_commas.py"
    file.parent.mkdir()
    add_folders([tmp_path])
    values = run_config(tmp_path, cleaning={"max_commas": True})
    score = "from texts.cleaning.scores.base import Score\nclass Commas(Score):\n    reasons = ('commas',)\n"
    measured = f"{score}    threshold = 2\n    def measure(self, pair):\n        return (1,)\n"
    for content, said in (
        ("1 / 0", "cannot be loaded"),
        ("", "should hold one as `SCORE`"),
        (f"{score}SCORE = Commas()\n", "measures nothing: give it `measure`, for a pair, or `measure_all`"),
        (
            f"{score}    def measure(self, pair):\n        return (1,)\nSCORE = Commas()\n",
            "has no `threshold` of its own.*give a number",
        ),
        (f"{score}SCORE = Commas\n", r"has a class as `SCORE`: write `SCORE = Commas\(\)`"),
        (f"{measured}SCORE = Commas()\nCommas.reasons = 'commas'\n", "should say `reasons`, a tuple"),
        (f"{measured}SCORE = Commas()\nCommas.rejects = 'over'\n", '`rejects`, "above" or "below"'),
        (
            f"{measured.replace('(1,)', '1')}SCORE = Commas()\n",
            r"failed \(TypeError: `measure` should give a tuple of 1, not 1\): mend it",
        ),
        (
            f"{measured.replace('(1,)', '(1 / 0,)')}SCORE = Commas()\n",
            "failed .ZeroDivisionError in line 6: division by zero",
        ),
    ):
        file.write_text(content)
        sys.modules.pop("dragoman_extensions.cleaning_scores.max_commas", None)
        with pytest.raises(ConfigurationError, match=said):
            preflight(RunConfig.model_validate(values))


@pytest.mark.parametrize("shared", [True, False])
def test_a_vocabulary_larger_than_the_data_allow_is_told_at_once(shared: bool, tmp_path: Path) -> None:
    done = command(tmp_path, run_config(tmp_path, vocabulary={"size": 8000, "shared": shared}))
    assert done.returncode == ExitCode.DATA
    assert "and vocabulary.size asks for 8000: set it to " in done.stderr
    assert "(of 50 training pairs, before they are cleaned)" in done.stderr


def test_where_enough_words_come_again_no_vocabulary_is_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = run_config(tmp_path, vocabulary={"size": 100})
    rows = [f"w{i} w{i + 1} w{i + 2}\tx{i} x{i + 1} x{i + 2}\n" for i in range(200)]
    (tmp_path / "c.tsv").write_text("".join(rows))
    monkeypatch.setattr("trainer.vocabulary.learn_vocabulary", None)
    preflight(RunConfig.model_validate(values))


def test_weights_that_bring_their_vocabulary_ask_for_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.steps.baseline.initial.initial_translator", lambda *_: tmp_path)
    preflight(RunConfig.model_validate(run_config(tmp_path, vocabulary={"size": 8000})))
