"""What is known of attention: read back as written, none where there is none, refused where it is another."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.attention import HEAD_FILE, STUDY_FILE, AligningHead, AttentionStudy, HeadFacts
from contracts.errors import RecordError

HEAD = AligningHead(layer=1, head=3, ahead=True, by="aligner")


def test_what_is_written_is_read(tmp_path: Path) -> None:
    facts = HeadFacts(layer=0, head=1, entropy=1.5, distance=0.25)
    study = AttentionStudy(sentences=2, heads=(facts,), aligning=HEAD, error_rate=0.3)
    study.save(tmp_path)
    HEAD.save(tmp_path / "assets.extra")
    assert AttentionStudy.of(tmp_path) == study
    assert AligningHead.of(tmp_path / "assets.extra") == HEAD


def test_versions_from_before_have_none(tmp_path: Path) -> None:
    assert AligningHead.of(tmp_path) is None
    assert AttentionStudy.of(tmp_path) is None


def test_what_another_version_wrote_is_refused(tmp_path: Path) -> None:
    for name in (HEAD_FILE, STUDY_FILE):
        (tmp_path / name).write_text('{"layer": 1, "surprise": 2}')
    for kind in (AligningHead, AttentionStudy):
        with pytest.raises(RecordError, match="another version"):
            kind.of(tmp_path)


def test_people_are_told_where_links_come_from_and_why() -> None:
    assert str(HEAD) == "head 3 of layer 1, one step later (closest to an aligner on dev pairs)"
    guided = AligningHead(layer=2, by="guided")
    assert str(guided) == "the mean of the heads of layer 2 (guided by an aligner in training)"
