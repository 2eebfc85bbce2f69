"""A card and a small SavedModel folder for the tests of the push."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

from tensorflow.core.protobuf import saved_model_pb2

from contracts.card import CardScores, Code, Data, Gate, ModelCard
from contracts.scores import Signatures


def card(fingerprint: str = "f1") -> ModelCard:
    return ModelCard(
        model="translator",
        candidate_fingerprint=fingerprint,
        source_language="en",
        target_language="de",
        created=datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc),
        signatures=Signatures(bleu="nrefs:1|case:mixed", chrf="nrefs:1|nc:6"),
        overall=CardScores(sentences=1000, bleu=87.654, chrf=91.2),
        slices=(CardScores(feature="corpus", value="embedded-unseen", sentences=500, bleu=80.0, chrf=85.0),),
        gate=Gate(blessed=True, reasons=("BLEU 87.65 is at least 20",), baseline_version=3),
        data=Data(fingerprint="d1", pairs={"train": 18500, "dev": 500, "test": 1000}),
        configuration={"name": "translator", "search": {"beams": 4}},
        code=Code(version="0.1.0", commit="abc", packages={"tensorflow": "2.16.2"}),
    )


def saved_model(
    folder: Path, signatures: tuple[str, ...] = ("serving_default", "n_best"), size: int = 1000
) -> Path:
    """The files of a SavedModel, enough for the push to read its signatures; `size` bytes of variables."""
    (folder / "variables").mkdir(parents=True)
    (folder / "assets").mkdir()
    model = saved_model_pb2.SavedModel()
    graph = model.meta_graphs.add()
    for name in signatures:
        graph.signature_def[name].inputs["source"].name = "source:0"
    (folder / "saved_model.pb").write_bytes(model.SerializeToString())
    (folder / "variables" / "variables.index").write_bytes(b"index")
    (folder / "variables" / "variables.data-00000-of-00001").write_bytes(bytes(size))
    return folder


WHOLE = (
    "saved_model.pb",
    "variables/variables.index",
    "variables/variables.data-00000-of-00001",
    "assets.extra/tf_serving_warmup_requests",
    "assets.extra/model_card.json",
    "assets.extra/model_card.md",
)


def missing(version: Path, size: int = 1000) -> list[str]:
    """What a version folder lacks of a whole one."""
    lacking = [name for name in WHOLE if not (version / name).is_file()]
    data = version / "variables" / "variables.data-00000-of-00001"
    return lacking if lacking or data.stat().st_size == size else [f"{data.name} is short"]
