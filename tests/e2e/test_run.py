"""`dragoman run` from a configuration to a pushed version, again, with changes, refused, and after a
rollback."""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
import sys
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from pathlib import Path

import pytest
import yaml

from serving.rollout import Rollout
from tests.e2e.conftest import ROOT, Dragoman, FinishedRun
from tests.e2e.forked import Unchecked, plan_forked, run_to_end
from tests.e2e.test_killed import COMPONENTS
from tests.webhook import Hook

MODEL = "e2e"


@pytest.fixture
def diary(tmp_path: Path) -> Path:
    """Where every optimizer step leaves a line."""
    return tmp_path / "diary"


def test_a_run_pushes_version_1_and_says_only_what_it_should(finished_run: FinishedRun) -> None:
    result = finished_run.result
    assert result["blessed"]
    assert result["version"] == 1
    assert result["baseline_version"] is None
    assert result["bleu"] > 0.5
    assert "tok:13a" in result["bleu_signature"]
    assert (finished_run.version / "saved_model.pb").is_file()
    assert Path(result["report"]).read_text(encoding="utf-8").startswith("<!")
    assert "Component Trainer is running" in Path(result["log"]).read_text(encoding="utf-8")
    assert result["pairs"]["rejected"]["ingestion"] == {}
    assert result["pairs"]["used"] + sum(result["pairs"]["rejected"]["cleaning"].values()) == 3000
    # On standard error: two lines for each component, progress of the training, and nothing of any library.
    known = re.compile(
        rf"({'|'.join(COMPONENTS)}): (started|done in [\d.]+ s)|"
        r"loading TensorFlow and TFX|initial weights: fresh|"
        r"  exporting|  loading the export as a server does, to compare its answers with .*search|"
        r"  (ended at )?step \d+.*|  training on [\d,]+ sentence pairs.*"
    )
    assert [line for line in finished_run.said.splitlines() if not known.fullmatch(line)] == []


def test_the_webhook_is_told_what_was_pushed(finished_run: FinishedRun) -> None:
    [posted] = finished_run.posted
    result = finished_run.result
    text = f"e2e: {result['reason']}; pushed {result['pushed']}"
    assert posted == {**result, "event": "pushed", "host": socket.gethostname(), "text": text}


def test_a_second_run_finds_everything_done(finished_run: FinishedRun, diary: Path) -> None:
    again = run_to_end(finished_run.config, diary)
    assert again["cached"] == list(COMPONENTS)
    assert (again["pushed"], again["already_there"]) == (None, str(finished_run.version))
    assert not diary.exists()
    assert [path.name for path in (finished_run.model_root / MODEL).iterdir() if path.name.isdigit()] == ["1"]


def test_another_threshold_evaluates_again_and_trains_nothing(
    finished_run: FinishedRun, tmp_path: Path, diary: Path
) -> None:
    config = finished_run.changed(tmp_path, evaluation={"bleu_floor": 0.25})
    result = run_to_end(config, diary)
    assert set(COMPONENTS) - set(result["cached"]) == {"Evaluator", "Push", "Report"}
    assert not diary.exists()
    # The candidate is one that was pushed before: it keeps its version.
    assert result["version"] == 1


def test_another_search_exports_again_and_trains_nothing(
    finished_run: FinishedRun, tmp_path: Path, diary: Path
) -> None:
    config = finished_run.changed(tmp_path, search={"beams": 2}, evaluation={"bleu_floor": 0.0})
    result = run_to_end(config, diary)
    assert "Trainer" not in result["cached"]
    assert not diary.exists()
    assert result["version"] == 2


def test_a_refused_candidate_is_not_pushed_and_the_exit_code_says_so(
    finished_run: FinishedRun, tmp_path: Path, dragoman: Dragoman
) -> None:
    config = finished_run.changed(tmp_path, evaluation={"bleu_floor": 99.0})
    with Hook() as hook:
        done = dragoman("run", config, "--set", f"notify.url={hook.url}", code=5)
    last = done.stderr.strip().splitlines()[-1]
    assert re.fullmatch(r"error: the gate refused the candidate: BLEU [\d.]+ is below the floor 99\.0", last)
    assert Path(re.search(r"report: (\S+)", done.stdout)[1]).is_file()  # type: ignore[index]
    assert "pushed" not in done.stdout
    [posted] = hook.bodies
    reason = last.removeprefix("error: ")
    assert (posted["event"], posted["reason"], posted["text"]) == ("refused", reason, f"e2e: {reason}")
    assert (posted["blessed"], posted["version"]) == (False, None)
    assert [path.name for path in (tmp_path / "models" / MODEL).iterdir() if path.name.isdigit()] == ["1"]


def test_a_worse_candidate_is_refused_against_what_serves(
    finished_run: FinishedRun, tmp_path: Path, diary: Path
) -> None:
    worse = {"training": {"max_steps": 2, "evaluate_every": 2}, "evaluation": {"bleu_floor": 0.0}}
    config = finished_run.changed(tmp_path, **worse)
    Rollout(tmp_path / "models").promote(MODEL, 1)
    result = run_to_end(config, diary, Unchecked())
    assert not result["blessed"]
    assert result["baseline_version"] == 1
    assert result["baseline_bleu"] == pytest.approx(finished_run.result["bleu"])
    assert "against version 1" in result["reason"]
    assert result["pushed"] is None
    assert Path(result["report"]).is_file()
    assert diary.read_text().split() == ["step"] * 2


def test_after_a_rollback_the_baseline_is_what_serves(
    finished_run: FinishedRun, tmp_path: Path, diary: Path
) -> None:
    config = finished_run.changed(tmp_path)
    root = tmp_path / "models"
    shutil.copytree(root / MODEL / "1", root / MODEL / "2")
    rollout = Rollout(root)
    rollout.promote(MODEL, 1)
    assert run_to_end(config, diary)["baseline_version"] == 1
    rollout.promote(MODEL, 2)
    assert run_to_end(config, diary)["baseline_version"] == 2
    rollout.rollback(MODEL)
    back = run_to_end(config, diary)
    assert back["baseline_version"] == 1
    # The same two models were compared before.
    assert "Evaluator" in back["cached"]
    assert not diary.exists()


def test_a_plan_says_what_is_cached_and_does_nothing(finished_run: FinishedRun, tmp_path: Path) -> None:
    same = plan_forked(finished_run.config)
    assert set(same["components"].values()) == {"cached"}
    changed = plan_forked(finished_run.changed(tmp_path, cleaning={"max_words": 20}))
    states = [changed["components"][component] for component in COMPONENTS]
    assert states == ["cached"] * 5 + ["run"] * 7
    assert changed["target"] == str(tmp_path / "models" / MODEL)
    assert changed["baseline"] is None
    assert [line for line in changed["lines"] if line.startswith("trains")]
    assert changed["gate"].keys() == {"tokenize", "bleu_floor", "max_drop", "parts"}
    assert changed["training"]["max_steps"] > 0


@pytest.mark.timeout(1200)
def test_of_two_runs_started_at_the_same_moment_one_works_and_one_leaves_with_its_reason(
    finished_run: FinishedRun, tmp_path: Path
) -> None:
    config = finished_run.changed(tmp_path)
    with ThreadPoolExecutor() as pool, Hook() as hook:
        # The one that works does not end before it is answered, nor before the other one has left.
        hook.answering.clear()
        notify = ["--set", f"notify={{url: '{hook.url}', timeout_seconds: 500}}"]
        command = [sys.executable, "-m", "dragoman", "run", str(config), "--json", *notify]
        processes = [subprocess.Popen(command, cwd=ROOT, stdout=-1, stderr=-1, text=True) for _ in range(2)]
        ends = {pool.submit(process.communicate): process for process in processes}
        [first], [second] = wait(ends, timeout=500, return_when=FIRST_COMPLETED)
        hook.answering.set()
        left, works = ends[first], ends[second]
        assert (left.returncode, first.result()[0]) == (10, "")
        # The other one may not have written its name yet.
        who = rf"process {works.pid} on|a process that has just begun\)"
        assert re.search(rf"error: another run \(({who})", first.result()[1])
        result, said = second.result(timeout=500)
        assert works.returncode == 0, said
        assert json.loads(result)["version"] == 1
        assert [posted["event"] for posted in hook.bodies] == ["unchanged"]


def test_a_component_that_fails_is_told_in_one_line(tmp_path: Path, dragoman: Dragoman) -> None:
    # Nothing that can be seen beforehand: every pair has two identical sides.
    for side in "ab":
        (tmp_path / side).write_text("".join(f"number {i}\n" for i in range(100)))
    config = tmp_path / "run.yaml"
    pair = {"source": str(tmp_path / "a"), "target": str(tmp_path / "b")}
    corpus = {"name": "torn", "format": "pairs", "files": pair, "split": {"dev": 0.1, "test": 0.1}}
    languages = {"source": "de", "target": "en"}
    values = {
        "name": "torn",
        "languages": languages,
        "corpora": [corpus],
        "workspace": str(tmp_path / "runs"),
        "vocabulary": {"size": 30, "byte_fallback": False},
    }
    config.write_text(yaml.safe_dump(values))
    with Hook() as hook:
        done = dragoman("run", config, "--set", f"notify.url={hook.url}", code=4)
    *_, log, error = done.stderr.strip().splitlines()
    assert log.startswith("the full log is in ")
    assert Path(log.removeprefix("the full log is in ")).stat().st_size
    assert error.startswith("error: ")
    assert "identical sides: " in error
    assert "Traceback" not in done.stderr
    [posted] = hook.bodies
    assert posted["event"] == "failed"
    assert posted["text"] == f"torn failed: {error.removeprefix('error: ')}"


def test_help_and_a_wrong_file_need_no_tensorflow(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("nmae: x\n")
    code = f"""
import sys
sys.argv = ["dragoman", "run", {str(wrong)!r}]
from dragoman.main import main
try:
    main()
except SystemExit as leaving:
    assert leaving.code == 3, leaving.code
assert not {{"tensorflow", "tfx", "apache_beam"}} & set(sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "nmae: unknown; did you mean name?" in done.stderr
