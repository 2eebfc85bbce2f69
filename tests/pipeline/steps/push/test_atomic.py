"""The push: numbers, contents, idempotence, refusals, concurrency, a full disk."""

from __future__ import annotations

import errno
import os
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from pathlib import Path

import pytest

from contracts.card import Gate, ModelCard
from pipeline.errors import PushError
from pipeline.steps.push.atomic import push
from pipeline.steps.push.lock import exclusive
from tests.pipeline.steps.push.cards import card, missing, saved_model

NAME = "translator"
SENTENCES = ["The dog sleeps.", "Anna reads a book."]


@pytest.fixture
def export(tmp_path: Path) -> Path:
    return saved_model(tmp_path / "export")


def _push(export: Path, root: Path, fingerprint: str) -> int:
    return push(export, root, NAME, card(fingerprint), SENTENCES).version


def test_versions_are_whole_and_count_up(export: Path, tmp_path: Path) -> None:
    root = tmp_path / "models"
    assert [_push(export, root, fingerprint) for fingerprint in ("a", "b", "c")] == [1, 2, 3]
    for version in (1, 2, 3):
        folder = root / NAME / str(version)
        assert missing(folder) == []
        assert ModelCard.load(folder) == card("abc"[version - 1]).model_copy(update={"version": version})
    visible = sorted(entry.name for entry in (root / NAME).iterdir() if not entry.name.startswith("."))
    assert visible == ["1", "2", "3"]
    assert not (root / "models.config").exists()


def test_a_server_of_another_user_can_read_a_version(export: Path, tmp_path: Path) -> None:
    export.chmod(0o700)
    (export / "saved_model.pb").chmod(0o600)
    before = os.umask(0o022)
    try:
        version = _push(export, tmp_path / "models", "a")
    finally:
        os.umask(before)
    folder = tmp_path / "models" / NAME / str(version)
    assert folder.stat().st_mode & 0o777 == 0o755
    assert (folder / "saved_model.pb").stat().st_mode & 0o777 == 0o644


def test_same_candidate_is_pushed_once(export: Path, tmp_path: Path) -> None:
    root = tmp_path / "models"
    assert [_push(export, root, fingerprint) for fingerprint in ("a", "b", "a", "b")] == [1, 2, 1, 2]


def test_a_corrected_card_is_a_new_version(export: Path, tmp_path: Path) -> None:
    root, wrong, corrected = tmp_path / "models", card(), card().model_copy(update={"target_language": "fr"})
    pushed = [
        push(export, root, NAME, version_card, SENTENCES)
        for version_card in (wrong, corrected, corrected, wrong)
    ]
    assert pushed == [(1, True), (2, True), (2, False), (1, False)]
    assert [ModelCard.load(root / NAME / v).target_language for v in ("1", "2")] == ["de", "fr"]


def test_how_a_version_came_to_be_makes_no_new_one(export: Path, tmp_path: Path) -> None:
    later = {
        "created": datetime.now(timezone.utc),
        "gate": Gate(blessed=True, reasons=("another baseline",), baseline_version=7),
        "configuration": {"name": "translator", "evaluation": {"bleu_floor": 1}},
    }
    push(export, tmp_path, NAME, card(), SENTENCES)
    assert push(export, tmp_path, NAME, card().model_copy(update=later), SENTENCES) == (1, False)


def test_a_retired_number_is_not_given_again(export: Path, tmp_path: Path) -> None:
    root = tmp_path / "models"
    _push(export, root, "a")
    _push(export, root, "b")
    for version in ("1", "2"):
        shutil.rmtree(root / NAME / version)
    assert _push(export, root, "b") == 3


@pytest.mark.parametrize(
    ("children", "history", "expected"),
    [
        (["001", "7"], "", 8),
        (["0041"], "", 42),
        (["-5"], "", 1),
        (["v9", "9x", ".10", "99999999999999999999999"], "", 1),
        (
            [],
            '{"model": "translator", "action": "promote", "from": 4, "to": 6, "why": "two\u2028lines"}\n'
            'not json\n{"model": "other", "action": "promote", "to": 90}\n',
            7,
        ),
    ],
)
def test_numbers_are_read_as_the_server_reads_them(
    export: Path, tmp_path: Path, children: list[str], history: str, expected: int
) -> None:
    root = tmp_path / "models"
    for child in children:
        (root / NAME / child).mkdir(parents=True)
    root.mkdir(exist_ok=True)
    (root / "history.jsonl").write_text(history, encoding="utf-8")
    assert _push(export, root, "a") == expected


def test_no_number_above_the_largest(export: Path, tmp_path: Path) -> None:
    (tmp_path / NAME / str(2**63 - 1)).mkdir(parents=True)
    with pytest.raises(PushError, match="remove or rename"):
        _push(export, tmp_path, "a")


def test_a_spoilt_record_of_versions_is_named(export: Path, tmp_path: Path) -> None:
    (tmp_path / NAME).mkdir()
    (tmp_path / NAME / ".versions").write_text("many\n")
    with pytest.raises(PushError, match=r"\.versions holds no number"):
        _push(export, tmp_path, "a")


@pytest.mark.parametrize("name", ["", "7", "007", "../x", "a/b", ".hidden", "ü", "a b"])
def test_names_that_cannot_be(export: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(PushError, match="no model name"):
        push(export, tmp_path / "models", name, card(), SENTENCES)
    assert not (tmp_path / "models").exists()


def test_what_is_no_export(export: Path, tmp_path: Path) -> None:
    with pytest.raises(PushError, match=r"no saved_model\.pb"):
        push(tmp_path, tmp_path / "models", NAME, card(), SENTENCES)
    (export / "saved_model.pb").write_bytes(b"\xff\xff garbage")
    with pytest.raises(PushError, match="is no SavedModel"):
        _push(export, tmp_path / "models", "a")
    assert _only_records(tmp_path / "models" / NAME)


def test_without_sentences_nothing_is_pushed(export: Path, tmp_path: Path) -> None:
    with pytest.raises(PushError, match="canary sentence"):
        push(export, tmp_path / "models", NAME, card(), [])
    assert _only_records(tmp_path / "models" / NAME)


def _only_records(folder: Path) -> bool:
    return {entry.name for entry in folder.iterdir()} <= {".push.lock", ".versions"}


def test_a_foreign_folder_is_never_replaced(
    export: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = os.rename

    def taken(source: object, target: Path) -> None:
        if target.name == "1":
            target.mkdir()
            (target / "theirs").touch()
        rename(source, target)

    monkeypatch.setattr(os, "rename", taken)
    assert _push(export, tmp_path, "a") == 2
    assert (tmp_path / NAME / "1" / "theirs").exists()
    assert ModelCard.load(tmp_path / NAME / "2").version == 2


def test_pushes_at_once_get_numbers_of_their_own(export: Path, tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        versions = list(pool.map(lambda number: _push(export, tmp_path, f"f{number}"), range(16)))
    assert sorted(versions) == list(range(1, 17))
    assert all(missing(tmp_path / NAME / str(version)) == [] for version in versions)
    assert all(
        ModelCard.load(tmp_path / NAME / str(v)).candidate_fingerprint == f"f{n}"
        for n, v in enumerate(versions)
    )


def test_same_candidate_at_once_is_one_version(export: Path, tmp_path: Path) -> None:
    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(lambda _: _push(export, tmp_path, "same"), range(6))) == {1}


def test_a_lock_that_is_held_is_waited_for_and_then_named(tmp_path: Path) -> None:
    with (
        exclusive(tmp_path),
        pytest.raises(PushError, match="another push has held"),
        exclusive(tmp_path, 0.2),
    ):
        raise AssertionError("two hold the lock")


def test_an_interrupt_leaves_nothing(export: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", interrupted)
        with pytest.raises(KeyboardInterrupt):
            _push(export, tmp_path, "a")
    assert _only_records(tmp_path / NAME)


@pytest.mark.parametrize("call", ["copyfile", "fsync", "replace", "rename"])
def test_every_write_may_find_the_disk_full(
    export: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    _push(export, tmp_path, "before")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    module = shutil if call == "copyfile" else os
    with monkeypatch.context() as patched:
        patched.setattr(module, call, full)
        with pytest.raises(PushError, match="No space left on device: free some space"):
            _push(export, tmp_path, "a")
    names = {entry.name for entry in (tmp_path / NAME).iterdir()} - {".push.lock", ".versions"}
    assert names == {"1"}
    assert _push(export, tmp_path, "a") in (2, 3)


def test_a_version_that_is_visible_was_pushed_even_if_its_name_could_not_be_synced(
    export: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced = os.fsync

    def failing(descriptor: int) -> None:
        if (tmp_path / NAME / "1").exists():
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        synced(descriptor)

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", failing)
        assert _push(export, tmp_path, "a") == 1
    assert missing(tmp_path / NAME / "1") == []


@pytest.mark.parametrize("spare", [0, 2, 4, 6, 8, 12, 20, 40])
def test_a_disk_that_is_full(small_disk: Path, tmp_path: Path, spare: int) -> None:
    """`spare` pages of 4 KiB are free: it fills up in the copy, the warm-up, the card or not at all."""
    export = saved_model(tmp_path / "big", size=100_000)
    _push(export, small_disk, "before")
    free = os.statvfs(small_disk).f_bavail
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(4096 * (free - spare)))
    refusal: PushError | None = None
    try:
        _push(export, small_disk, "a")
    except PushError as error:
        refusal = error
    versions = [entry for entry in (small_disk / NAME).iterdir() if entry.name.isdigit()]
    assert [missing(version, 100_000) for version in versions] == [[]] * (1 if refusal else 2)
    assert refusal is None or "space" in str(refusal)
    assert not [entry for entry in (small_disk / NAME).iterdir() if entry.name.startswith(".pushing")]
    ballast.unlink()
    version = _push(export, small_disk, "a")
    assert missing(small_disk / NAME / str(version), 100_000) == []


def test_a_watcher_never_sees_half_a_version(export: Path, tmp_path: Path) -> None:
    seen: list[str] = []
    done = threading.Event()

    def watch() -> None:
        while not done.is_set():
            for entry in os.scandir(tmp_path):
                if entry.is_dir() and entry.name == NAME:
                    for child in Path(entry.path).iterdir():
                        if child.name.isdigit():
                            seen.extend(missing(child))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        for number in range(20):
            _push(export, tmp_path, f"f{number}")
    finally:
        done.set()
        watcher.join()
    assert seen == []
