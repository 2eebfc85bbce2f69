"""Hostile text through the whole way: one row in, one row out, no crash, nothing lost silently."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

from pipeline.steps.clean.report import read_cleaning_report
from pipeline.steps.ingest.report import read_ingest_report
from serving.client import AsyncClient, Client
from serving.launch import RunningServer, launch
from tests.e2e.conftest import Dragoman, FinishedRun, settings, write
from tests.hostile import hostile_lines, hostile_strings, long_lines

ROWS = 10_000
RAW_ROWS, BATCH = 3_200, 64
KNOWN = "The old man sees a small dog."


@pytest.fixture(scope="module")
def served(finished_run: FinishedRun, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """The real model on the embedded server."""
    models = tmp_path_factory.mktemp("hostile") / "models"
    shutil.copytree(finished_run.model_root, models)
    with launch(models / "e2e", backend="embedded") as server:
        yield server


def test_ten_thousand_hostile_rows_are_answered_in_order(served: RunningServer) -> None:
    sources = hostile_strings(ROWS)
    places = (0, ROWS // 2, ROWS - 1)
    for place in places:
        sources[place] = KNOWN
    with Client(served.address, model="e2e", label=None, deadline=300, batch_size=64) as client:
        (alone,) = client.translate([KNOWN])
        answers = client.translate(sources)
    assert len(answers) == ROWS
    assert [answers[place].text for place in places] == [alone.text] * len(places)
    assert not any(answer.text for source, answer in zip(sources, answers, strict=True) if not source)
    # Tens of thousands of the same letter are one long word: cut, and said so.
    assert all(
        answer.truncated for source, answer in zip(sources, answers, strict=True) if len(source) > 50_000
    )


def test_lone_surrogates_are_answered(served: RunningServer) -> None:
    async def ask() -> int:
        async with AsyncClient(served.address, model="e2e", label=None) as client:
            return len(await client.translate(["\ud800", "a\udfffb", KNOWN]))

    assert asyncio.run(ask()) == 3


def test_raw_bytes_of_any_kind_are_answered_row_by_row(served: RunningServer) -> None:
    lines = hostile_lines(RAW_ROWS, seed=3)
    assert sum(not _is_utf8(line) for line in lines) > RAW_ROWS // 25
    for place, line in enumerate(long_lines(4, seed=3)):
        assert len(line) == 100_000
        lines[place * 500 + 50] = line
    last_of_batch = range(BATCH - 1, RAW_ROWS, BATCH)
    for place in last_of_batch:
        lines[place] = KNOWN.encode()
    answers: list[bytes] = []
    with grpc.insecure_channel(served.address) as channel:
        stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
        for start in range(0, RAW_ROWS, BATCH):
            batch = lines[start : start + BATCH]
            request = predict_pb2.PredictRequest()
            request.model_spec.name = "e2e"
            # No client of ours, which would put a `?` for what is no text.
            request.inputs["source"].CopyFrom(tf.make_tensor_proto(batch, tf.string, [len(batch)]))
            answer = stub.Predict(request, timeout=60)
            translations = answer.outputs["translation"].string_val
            assert len(translations) == len(batch)
            answers += translations
    assert len({answers[place] for place in last_of_batch}) == 1
    assert answers[BATCH - 1]
    assert not any(answer for line, answer in zip(lines, answers, strict=True) if not line)


def test_hostile_files_are_ingested_cleaned_and_trained_on(dragoman: Dragoman, tmp_path: Path) -> None:
    sources, targets = hostile_lines(ROWS, seed=1), hostile_lines(ROWS, seed=2)
    for name, lines in (("hostile.en", sources), ("hostile.de", targets)):
        (tmp_path / name).write_bytes(b"".join(line + b"\n" for line in lines))
    files = {"source": str(tmp_path / "hostile.en"), "target": str(tmp_path / "hostile.de")}
    values = settings(
        tmp_path,
        corpora=[
            {"name": "hostile", "format": "pairs", "train": files},
            {"format": "embedded", "pairs": 1000},
        ],
        # The floor of zero lets the candidate pass: this test is about text, not about quality.
        evaluation={"bleu_floor": 0, "bootstrap_samples": 100},
        # Every script of the world does not fit into a small vocabulary: what is rare is spelled in bytes.
        vocabulary={"size": 4000, "character_coverage": 0.98},
    )
    values["training"]["max_steps"] = 20
    values["training"]["evaluate_every"] = 20
    result = json.loads(dragoman("run", write(tmp_path, values), "--json").stdout)
    assert result["version"] == 1

    artifacts = tmp_path / "runs" / "e2e" / "artifacts"
    (examples,) = (artifacts / "CorpusExampleGen" / "examples").iterdir()
    report = read_ingest_report(str(examples))
    (hostile,) = (file for file in report.files if file.corpus == "hostile")
    rejected = sum(reason.count for reason in hostile.rejected.values())
    assert hostile.accepted["train"] + rejected == ROWS
    invalid = sum(not (_is_utf8(s) and _is_utf8(t)) for s, t in zip(sources, targets, strict=True))
    of_utf_8 = [rejection for reason, rejection in hostile.rejected.items() if "utf" in reason.lower()]
    assert sum(rejection.count for rejection in of_utf_8) == invalid

    (cleaning,) = (artifacts / "Cleaner" / "cleaning_report").iterdir()
    cleaned = read_cleaning_report(str(cleaning))
    dropped = sum(reason.count for reason in cleaned.rejected.values())
    assert cleaned.total("train") + dropped == cleaned.total("train", after=False)
    assert cleaned.after["train"]["hostile"] > 0


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True
