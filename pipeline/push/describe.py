"""Fills a model card in from what the run left behind."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from datetime import datetime, timezone
from importlib import metadata
from pathlib import Path
from typing import Any

from pipeline.evaluation.scores import Scores, SliceScores
from pipeline.push.card import CardScores, Code, Data, Gate, ModelCard, Signatures

_PACKAGES = (
    "tensorflow",
    "tensorflow-text",
    "keras",
    "keras-nlp",
    "tfx",
    "tensorflow-model-analysis",
    "apache-beam",
    "sentencepiece",
    "sacrebleu",
    "numpy",
)


def _versions() -> dict[str, str]:
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def commit() -> str | None:
    """The git commit of the running code, `+changes` where files differ from it; None outside a checkout."""
    here = Path(__file__).resolve().parent
    try:
        told = subprocess.run(
            ["git", "describe", "--always", "--abbrev=40", "--exclude=*", "--dirty=+changes"],
            cwd=here,
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
        # An installed package may lie inside somebody else's checkout, as a virtual environment does.
        subprocess.run(
            ["git", "ls-files", "--error-unmatch", Path(__file__).name],
            cwd=here,
            capture_output=True,
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return told.stdout.strip()


def _code() -> Code:
    try:
        version = metadata.version("dragoman")
    except metadata.PackageNotFoundError:  # run from a checkout that was never installed
        version = "not installed"
    return Code(version=version, commit=commit(), packages=_versions())


def _scores(scores: SliceScores) -> CardScores:
    return CardScores(
        feature=scores.feature,
        value=scores.value,
        sentences=scores.sentences,
        bleu=scores.bleu.candidate,
        chrf=scores.chrf.candidate,
    )


def describe(
    model_name: str,
    scores: Scores,
    candidate_fingerprint: str,
    data_fingerprint: str,
    pairs: Mapping[str, int],
    configuration: Mapping[str, Any],
) -> ModelCard:
    """The card of a candidate; the push fills the version in."""
    return ModelCard(
        model=model_name,
        candidate_fingerprint=candidate_fingerprint,
        source_language=scores.source_language,
        target_language=scores.target_language,
        created=datetime.now(timezone.utc),
        signatures=Signatures(bleu=scores.signatures.bleu, chrf=scores.signatures.chrf),
        overall=_scores(scores.overall),
        slices=tuple(_scores(one) for one in scores.slices),
        gate=Gate(
            blessed=scores.verdict.blessed,
            reasons=scores.verdict.reasons,
            baseline_version=scores.baseline.version if scores.baseline else None,
        ),
        data=Data(fingerprint=data_fingerprint, pairs=dict(pairs)),
        configuration=dict(configuration),
        code=_code(),
    )
