"""A slowdown of 10 % ends the quick benchmark with a word and exit code 1; noise is not taken for one."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks import quick, sides
from benchmarks.quick import WORKS, compare, verdict
from benchmarks.sides import Both
from benchmarks.turns import Ratio, order, ratio
from trainer.config import SearchConfig

ALL = list(WORKS)


@pytest.fixture(autouse=True)
def _small_corpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sides, "_PAIRS", 100)


class _Side:
    """Answers with the seconds that it is told, over and over."""

    def __init__(self, *seconds: float, answers: list[str] | None = None, amount: int = 10) -> None:
        self.seconds, self.answers, self.asked = seconds, answers or ["a", "b"], 0
        self.amount = amount

    def ask(self, question: Any) -> Any:
        assert question in WORKS
        self.asked += 1
        seconds = self.seconds[self.asked % len(self.seconds)]
        return {"seconds": seconds, "amount": self.amount, "answers": self.answers}


def test_the_ratio_of_rounds_is_their_median_with_an_interval() -> None:
    assert ratio([(1.0, 2.0)] * 7) == Ratio(0.5, 0.5, 0.5)
    one_hiccup = ratio([(1.0, 1.0)] * 8 + [(1.0, 9.0)])
    assert one_hiccup == (1, 1, 1)
    wide = ratio([(1.0, 1.0), (1.2, 1.0), (0.9, 1.0), (1.1, 1.0), (1.0, 1.0)])
    assert wide.low < 1 == wide.median < wide.high
    with pytest.raises(ValueError, match="nothing was measured"):
        ratio([])


def test_who_goes_first_changes_about() -> None:
    assert [order(number)[0] for number in range(4)] == [1, 0, 1, 0]
    assert [order(number, 3) for number in range(2)] == [(2, 1, 0), (0, 1, 2)]


@pytest.mark.parametrize(
    ("known", "fine", "text"),
    [
        (Ratio(0.90, 0.88, 0.92), False, "slower: 0.90 of the old speed"),
        (Ratio(0.91, 0.89, 0.93), True, "as fast"),
        (Ratio(1.00, 0.99, 1.01), True, "as fast"),
        (Ratio(1.20, 1.10, 1.30), True, "faster"),
        (Ratio(1.00, 0.80, 1.30), False, "too noisy to say (0.80 to 1.30)"),
        (Ratio(0.95, 0.85, 0.99), False, "too noisy to say (0.85 to 0.99)"),
        (Ratio(0.70, 0.50, 1.20), False, "slower: 0.70 of the old speed"),
    ],
)
def test_what_is_said_of_a_work(known: Ratio, fine: bool, text: str) -> None:
    assert verdict(known).fine is fine
    assert verdict(known).text.startswith(text)


def test_a_work_is_measured_until_it_is_known() -> None:
    steady, noisy = _Side(1.0), _Side(0.8, 1.2, 1.0)
    assert len(compare(_Side(1.0), steady, ALL[:1], until=float("inf"))[ALL[0]].rounds) == 7
    assert len(compare(_Side(1.0), noisy, ALL[:1], until=float("inf"))[ALL[0]].rounds) > 7
    assert len(compare(_Side(1.0), _Side(0.7, 1.3), ALL[:1], until=0)[ALL[0]].rounds) == 7  # Time is up.


def test_who_did_more_in_the_same_time_is_faster() -> None:
    measured = compare(_Side(1.0), _Side(1.0, amount=20), ["training"], until=0)
    assert measured["training"].ratio == (2, 2, 2)
    row = quick.as_report(measured, {}, {}, "notes").rows[0]
    assert row[1:3] == ["10", "20"]


def test_answers_are_compared() -> None:
    both = compare(_Side(1.0), _Side(1.0, answers=["a", "x"]), ALL[:1], until=0)
    assert both[ALL[0]].same == 0.5


def _run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, new: _Side, missing: dict[str, str] | None = None
) -> None:
    @contextlib.contextmanager
    def given(*_: object) -> Iterator[Both]:
        yield Both(
            _Side(1.0), new, "v0.1.0", [work for work in ALL if work not in (missing or {})], missing or {}
        )

    monkeypatch.setattr(quick, "sides", given)
    monkeypatch.setattr(quick, "refuse_when_busy", lambda _: 0.0)
    command = ["quick", "--translator", str(tmp_path / "7" / "translator"), "--results", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", command)
    quick.main()


def test_a_slowdown_ends_it_with_the_works_that_are_slower(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.raises(SystemExit, match=r"training: slower: 0\.89 of the old speed"):
        _run(monkeypatch, tmp_path, _Side(1.12))
    assert "slower" in (tmp_path / "quick.md").read_text()  # The table is told nevertheless.


def test_a_release_that_is_as_fast_is_a_table_json_and_a_plot(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _run(monkeypatch, tmp_path, _Side(1.05), missing={"training": "ImportError: no step"})
    page = capsys.readouterr().out
    assert page == (tmp_path / "quick.md").read_text()
    assert "| beam, batch 32 | 10 | 10 | sentences/s | 0.952 | 0.952 to 0.952 | 7 | 100% | as fast |" in page
    assert "old: v0.1.0; weights: 7/translator" in page
    assert "Not compared: training, which the old one cannot do (ImportError: no step)." in page
    figures = json.loads((tmp_path / "quick.json").read_text())
    assert [row["work"] for row in figures["rows"]] == ALL[:-1]
    assert f"{figures['date']}, commit {figures['commit']}" in page
    assert "greedy, batch 32" in (tmp_path / "quick.svg").read_text()


def test_sides_that_translate_differently_are_not_compared(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.raises(SystemExit, match="translate differently"):
        _run(monkeypatch, tmp_path, _Side(1.0, answers=["x", "y"]))


def test_without_weights_it_says_where_to_get_some(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quick, "refuse_when_busy", lambda _: 0.0)
    monkeypatch.setattr(quick, "newest_translator", lambda *_: None)
    monkeypatch.setattr(sys, "argv", ["quick"])
    with pytest.raises(SystemExit, match="`make demo` trains one"):
        quick.main()


def test_the_old_side_is_a_commit_a_checkout_or_an_export(tmp_path: Path) -> None:
    name, checkout, export = sides._resolve("HEAD", tmp_path)
    assert (name, export) == ("HEAD", None)
    assert (checkout / "trainer" / "store.py").is_file()
    assert sides._resolve(str(checkout), tmp_path) == ("checkout checkout", checkout, None)
    (tmp_path / "1").mkdir()
    (tmp_path / "1" / "saved_model.pb").touch()
    assert sides._resolve(str(tmp_path / "1"), tmp_path)[2] == tmp_path / "1"
    with pytest.raises(SystemExit, match="nonsense is no commit, no checkout and no export"):
        sides._resolve("nonsense", tmp_path)


def test_both_search_with_what_an_export_has_that_nobody_set() -> None:
    settings = SearchConfig()
    default = {name: getattr(settings, name) for name in sides.DEFAULT_SEARCH}
    assert default == sides.DEFAULT_SEARCH
    for work in WORKS.values():
        if work["kind"] == "search":
            assert work["search"].keys() == default.keys()


def test_a_side_that_does_not_get_ready_is_told_with_its_last_words(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    subject = tmp_path / "subject.py"
    subject.write_text("raise SystemExit('no such thing')")
    monkeypatch.setattr(sides, "_SUBJECT", subject)
    with (
        pytest.raises(SystemExit, match="did not get ready: the process ended: no such thing"),
        sides.sides("HEAD", tmp_path, WORKS, tmp_path),
    ):
        pass


def test_what_this_checkout_cannot_do_is_an_error_and_what_the_old_one_cannot_is_left_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    subject = tmp_path / "subject.py"
    code = (
        "import sys, json; print(json.dumps({{'training': {new} if sys.argv[2].endswith('new') else 'old'}}))"
    )
    monkeypatch.setattr(sides, "_SUBJECT", subject)
    for number, new in enumerate(("None", "'broken'")):
        folder = tmp_path / str(number)
        folder.mkdir()
        subject.write_text(code.format(new=new))
        with contextlib.ExitStack() as stack:
            if new != "None":
                stack.enter_context(
                    pytest.raises(SystemExit, match="this checkout cannot do training: broken")
                )
            both = stack.enter_context(sides.sides("HEAD", tmp_path, WORKS, folder))
            assert both.missing == {"training": "old"}
            assert both.works == [work for work in ALL if work != "training"]
