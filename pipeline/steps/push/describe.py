"""Fills a model card in from what the run left behind."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from contracts.attention import AligningHead
from contracts.card import CardScores, Code, Data, Gate, ModelCard
from contracts.confidence import Confidence
from contracts.directions import Direction
from contracts.protection import ProtectedPieces
from contracts.scores import Scores, SliceScores
from pipeline.steps.push.packages import own_version, package_versions


def commit() -> str | None:
    """The git commit of the running code, `+changes` where files differ from it; None outside a checkout."""
    here = Path(__file__).resolve().parent
    try:
        git = subprocess.run(
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
    return git.stdout.strip()


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
    optional_signatures: Sequence[str] = (),
    directions: Sequence[Direction] = (),
    aligning_head: AligningHead | None = None,
    protected_pieces: ProtectedPieces | None = None,
    confidence: Confidence | None = None,
    context: int = 0,
) -> ModelCard:
    """The card of a candidate; the push fills the version in."""
    return ModelCard(
        model=model_name,
        candidate_fingerprint=candidate_fingerprint,
        source_language=scores.source_language,
        target_language=scores.target_language,
        created=datetime.now(timezone.utc),
        signatures=scores.signatures,
        overall=_scores(scores.overall),
        slices=tuple(_scores(part) for part in scores.slices),
        gate=Gate(
            blessed=scores.verdict.blessed,
            reasons=(
                *scores.verdict.reasons,
                *(f"warning: {warning}" for warning in scores.verdict.warnings),
            ),
            baseline_version=scores.baseline.version if scores.baseline else None,
        ),
        data=Data(fingerprint=data_fingerprint, pairs=dict(pairs)),
        configuration=dict(configuration),
        optional_signatures=tuple(optional_signatures),
        directions=tuple(directions),
        aligning_head=aligning_head,
        protected_pieces=protected_pieces,
        confidence=confidence,
        context=context,
        code=Code(version=own_version(), commit=commit(), packages=package_versions()),
    )
