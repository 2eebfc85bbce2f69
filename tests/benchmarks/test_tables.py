"""The tables of the benchmarks of speed: rates, ratios, percentiles and shares as by hand, figures that JSON
can hold, engines strictly in turn.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from benchmarks import counter, decoding, exports, ingestion, rollback, threads, training, windows
from benchmarks.engines import Answer, Engine
from benchmarks.latency import latency
from benchmarks.peer import ImplausiblePeerError, PeerSetting
from benchmarks.pieces import count
from benchmarks.rates import Rates
from benchmarks.report import tell
from benchmarks.roofline import Batches, searched_piece, share, trained_piece
from grammar import generate
from trainer.data import TokenBatches
from trainer.models.transformer import TransformerConfig

RATES = Rates(100.0, 200.0, 10.0, 100.0)
MODEL = TransformerConfig(encoder_layers=1, decoder_layers=1, width=8, feed_forward=16, heads=2)
MACHINE: dict[str, object] = {"date": "1970-01-01", "commit": "0", "processor": "a processor", "busy": 0.0}


class _Words:
    """A tokenizer whose pieces are words."""

    def encode(self, texts: Sequence[str]) -> list[list[str]]:
        return [text.split() for text in texts]

    def get_piece_size(self) -> int:
        return 10


class _Letters:
    """One of the other side."""

    def encode(self, texts: Sequence[str]) -> list[list[str]]:
        return [list(text) for text in texts]


def _outcome(setting: decoding.Setting) -> decoding.Outcome:
    """Two sentences, six source and five target pieces, the ends counted, in 2 and in 1 seconds and 4."""
    pairs = [("a", "A B"), ("b c", "C")]
    answers = [Answer(seconds, ["C", "A B"], [seconds / 2] * 2) for seconds in (2.0, 1.0, 4.0)]
    models = decoding.Models(Path(), _Letters(), _Words(), MODEL, RATES)
    return decoding._outcome(answers, [["b c"], ["a"]], pairs, setting, models)


def test_decoding_counts_the_pieces_of_all_sentences_and_the_times_of_all_calls() -> None:
    setting = decoding.SETTINGS[0]
    outcome = _outcome(setting)
    assert outcome.rates == [2.5, 5.0, 1.25]
    assert outcome.rate == 2.5
    assert outcome.latency == latency([1.0, 1.0, 0.5, 0.5, 2.0, 2.0])
    work = searched_piece(MODEL, 10, Batches(setting.beams, setting.batch, 2.5, 6 / 5))
    assert outcome.share == share(2.5, work, RATES)


def test_decodings_table_has_both_engines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    setting = decoding.SETTINGS[0]
    ours = _outcome(setting)
    theirs = ours._replace(latency=None)  # Its own batching: a call is all sentences.
    peer = PeerSetting(own_batching=True)
    row = decoding.Row(setting, 2, ours, theirs, 0.5, peer, [(peer, 3.0)])
    tell(decoding.as_report([row], MACHINE, "notes"), tmp_path)
    line = capsys.readouterr().out.splitlines()[2]
    assert line.startswith("| beam 4, batch 32; 2 callers | 2 | 2 | 0.50 | 1000.0 / 2000.0 / 2000.0 |  | ")
    assert line.endswith(f"| {ours.share.text} | {ours.share.text} | 1 thread, own batching |")
    (figures,) = json.loads((tmp_path / "decoding.json").read_text())["rows"]
    assert figures["peer"]["latency"] is None
    assert figures["dragoman"]["latency"]["calls"] == 6
    assert figures["tried"] == [["1 thread, own batching", 3.0]]


def test_decoding_tells_the_rows_before_the_peer_that_is_not_believed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    outcome = _outcome(decoding.SETTINGS[0])
    rows = [decoding.Row(decoding.SETTINGS[0], 1, outcome, outcome, 1.0, PeerSetting(), [])]

    def measure(*_: Any) -> decoding.Row:
        if not rows:
            raise ImplausiblePeerError("CTranslate2 is held back")
        return rows.pop()

    monkeypatch.setattr(decoding, "refuse_when_busy", lambda _: 0.0)
    monkeypatch.setattr(decoding, "_lines", lambda _: [])
    models = decoding.Models(Path(), _Letters(), _Words(), MODEL, RATES)
    monkeypatch.setattr(decoding, "_prepare", lambda *_: models)
    monkeypatch.setattr(decoding, "_measure", measure)
    monkeypatch.setattr(sys, "argv", ["decoding", "--translator", "x", "--results", str(tmp_path)])
    with pytest.raises(SystemExit, match="CTranslate2 is held back"):
        decoding.main()
    assert "| beam 4, batch 32; 1 caller |" in (tmp_path / "decoding.md").read_text()


class _Exports:
    """Stand for engines of exports, by the folder's name."""

    def __init__(self, seconds: dict[str, float], translations: dict[str, list[str]]) -> None:
        self.seconds, self.translations, self.asked = seconds, translations, list[str]()

    def of_export(self, directory: Path, *_: int) -> Any:
        def answer(batches: list[list[str]]) -> Answer:
            self.asked.append(directory.name)
            seconds = self.seconds[directory.name]
            return Answer(seconds, self.translations[directory.name], [seconds] * len(batches))

        return SimpleNamespace(
            answer=answer, translate=lambda batches: answer(batches)[:2], close=lambda: None
        )


def test_exports_are_asked_in_turn_and_compared(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    engines = _Exports({"old": 2.0, "new": 1.0}, {"old": ["A", "B"], "new": ["A", "B"]})
    monkeypatch.setattr(exports, "Engine", engines)
    paths = Path("old"), Path("new")
    row = exports._row(paths, ["a", "b"], 1, 3, None)
    assert engines.asked[2:] == ["new", "old", "old", "new", "new", "old"]
    assert row.ratio == (2, 2, 2)
    assert (row.old.rate, row.new.rate, row.new.latency.calls) == (1, 2, 6)
    tell(exports.as_report([row], MACHINE, "notes"), tmp_path)
    line = capsys.readouterr().out.splitlines()[2]
    percentiles = "2000.0 / 2000.0 / 2000.0 | 1000.0 / 1000.0 / 1000.0 |"
    assert line == f"| 1 | 1.0 | 2.0 | 2.000 | 2.000 to 2.000 | 100% | {percentiles}"
    used = share(3, searched_piece(MODEL, 10, Batches(4, 1, 2, 1)), RATES)
    counted = row._replace(old=row.old._replace(share=used), new=row.new._replace(share=used))
    assert exports.as_report([counted], MACHINE, "notes").rows[0][-1] == used.text
    engines.translations["new"] = ["A", "C"]
    assert exports._row(paths, ["a", "b"], 1, 3, None).same == 0.5
    engines.translations["new"] = ["D", "C"]
    with pytest.raises(SystemExit, match="translate differently"):
        exports._row(paths, ["a", "b"], 1, 3, None)


def test_threads_tell_the_share_of_the_better_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    def of_export(_: Path, __: int, intra: int, ___: int) -> Any:
        seconds = 1.0 if intra == 1 else 2.0
        answer = Answer(seconds, ["ab", "c", ""], [seconds])
        return SimpleNamespace(answer=lambda _: answer, translate=lambda _: answer, close=lambda: None)

    monkeypatch.setattr(Engine, "of_export", of_export)
    monkeypatch.setattr(threads, "cores", lambda: 2)
    monkeypatch.setattr(counter, "count", lambda _, texts, ends: sum(len(text) + ends for text in texts))
    vocabulary: Any = SimpleNamespace(source_model=b"", target_model=b"", target_size=10)
    case = threads.Case(batch=1, callers=1, sentences=3)
    pieces = counter.Counter(MODEL, vocabulary, 4, RATES)
    outcome = threads._outcome(threads.THREADS, Path(), ["abc", "bcd", "cde", "d"], case, 2, pieces)
    assert (outcome.ratio, outcome.rate) == (2, 6)
    work = searched_piece(MODEL, 10, Batches(4, 1, 6 / 3, 12 / 6))
    assert outcome.latency == latency([1.0, 1.0])
    assert outcome.share == share(6, work, RATES)
    sizes = [threads.Size("tiny", 5, [outcome] * len(threads.CASES))]
    report = threads.as_report(threads.THREADS, sizes, MACHINE, "notes")
    cell = f"2.00 ({outcome.share.text}; 1000.0 / 1000.0 / 1000.0)"
    assert report.rows == [["tiny", "5", *[cell] * len(threads.CASES)]]
    assert len(json.loads(json.dumps(report.figures))["rows"]) == len(threads.CASES)


def test_training_is_the_median_after_the_first_report(monkeypatch: pytest.MonkeyPatch) -> None:
    history = [{"tokens_per_second": speed} for speed in (1.0, 300.0, 100.0, 200.0)] + [{"dev_bleu": 1.0}]
    seen: list[Any] = []

    def trained(model: Any, settings: Any, vocabulary: Any, *_: Any) -> tuple[None, SimpleNamespace]:
        seen.extend([model.preset, settings.precision, settings.max_steps, vocabulary])
        tf.random.set_seed(settings.seed)  # As the real one does; the batches depend on it.
        return None, SimpleNamespace(history=history)

    monkeypatch.setattr(importlib.import_module("trainer.training.train"), "train", trained)
    import tensorflow as tf

    options = argparse.Namespace(vocabulary=400, batch_tokens=512, steps=5, preset="tiny")
    pairs = generate(100, seed=1).train
    texts = [pair.source for pair in pairs], [pair.target for pair in pairs]
    outcome = training.measure(*texts, "bfloat16", options, RATES)
    *said, vocabulary = seen
    assert said == ["tiny", "bfloat16", 5]
    assert outcome.rate == 200
    read, written = (
        count(model, its, ends=1)
        for model, its in zip((vocabulary.source_model, vocabulary.target_model), texts, strict=True)
    )
    rows = tf.data.Dataset.from_tensor_slices(texts)
    batches = TokenBatches(rows, vocabulary, 512, max_length=128, seed=1)
    pieces = [batches.count_tokens(batch) for batch in batches.epoch(0).take(5)]
    assert sum(pieces) / 5 < 512  # Padding does not count.
    work = trained_piece(TransformerConfig(preset="tiny"), 400, read / (read + written), sum(pieces) / 5)
    assert outcome.share == share(200, work, RATES, "bfloat16")
    report = training.as_report([outcome], MACHINE, "notes")
    assert report.rows == [["bfloat16", "200", outcome.share.text, f"{outcome.share.roof:,.0f}"]]
    json.dumps(report.figures)


def test_ingestion_is_set_against_the_peers_best() -> None:
    rows = {
        "Dragoman": {"seconds": 4.0, "kept": 900},
        "OpusFilter 3, jobs 1": {"seconds": 3.0, "kept": 901},
        "OpusFilter 3, jobs 2": {"seconds": 2.0, "kept": 901},
    }
    result = {"pairs": 1000, "rows": rows, "passes": {"clean": 1.5}, "profile": {"x/y f": 0.25}}
    report = ingestion.as_report(result, machine=MACHINE)
    assert report.rows[0] == ["Dragoman", "4.00", "250", "900", "0.50"]
    assert "| TFX and Beam | 2.50 |" in report.notes
    assert "| `x/y f` | 25.0% |" in report.notes
    json.dumps(report.figures)


def test_rollbacks_are_told_by_percentile() -> None:
    report = rollback.Report([0.1, 0.3], [0.2, 0.2], [0.0, 0.1], {"v1": 3, "v2": 4}, ["a failure"])
    options = argparse.Namespace(backend="embedded", replicas=1, threads=8)
    table = rollback.as_report(report, options, seconds=2.0, machine=MACHINE)
    assert table.rows[0] == ["promotion", "2", "0.20", "0.29", "0.30", "0.30"]
    assert "7 answers in 2 s" in table.notes
    assert "1970-01-01, commit 0, a processor; others used 0% of the cores" in table.notes
    assert "failed: a failure" in table.notes
    json.dumps(table.figures)


def test_windows_are_curves_over_the_length() -> None:
    costs = [(250, windows.Cost(0.1, 3.0), windows.Cost(0.05, 1.0))]
    report = windows.as_report(costs, machine=MACHINE)
    assert report.rows == [["250", "0.100", "0.050", "3", "1"]]
    assert report.numbers == [250]
    json.dumps(report.figures)
