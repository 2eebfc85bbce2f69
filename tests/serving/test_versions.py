"""Which folders are versions: the rule is TensorFlow Serving's `strings::safe_strto64`."""

from __future__ import annotations

from pathlib import Path

import pytest

from serving.versions import LARGEST, models, numbered, parse, versions


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("1", 1),
        ("001", 1),
        ("0", 0),
        ("-5", -5),
        (" 5\t", 5),
        ("0" * 30 + "12", 12),
        (str(LARGEST), LARGEST),
        (str(-LARGEST - 1), -LARGEST - 1),
        (str(LARGEST + 1), None),
        ("9" * 5000, None),
        ("+5", None),
        ("- 5", None),
        ("5.0", None),
        ("9e3", None),
        ("v4", None),
        ("\N{ARABIC-INDIC DIGIT FIVE}", None),
        ("", None),
    ],
)
def test_a_name_is_read_as_tensorflow_serving_reads_it(name: str, number: int | None) -> None:
    assert parse(name) == number


def test_the_last_of_two_folders_with_one_number_counts_as_on_the_server(tmp_path: Path) -> None:
    for name in ("002", "2", "03", "v4"):
        (tmp_path / "m" / name).mkdir(parents=True)
        (tmp_path / "m" / name / "saved_model.pb").touch()
    (tmp_path / "m" / "5").mkdir()
    (tmp_path / "m" / "6").touch()
    assert dict(numbered(tmp_path / "m")) == {
        n: tmp_path / "m" / name for n, name in ((2, "2"), (3, "03"), (5, "5"))
    }
    assert list(versions(tmp_path / "m")) == [2, 3]
    (tmp_path / "m" / "2" / "saved_model.pb").unlink()
    # The server would try `2` and fail: that `002` is whole does not help.
    assert list(models(tmp_path)["m"]) == [3]


def test_a_folder_of_the_file_systems_own_is_no_model(tmp_path: Path) -> None:
    (tmp_path / "m" / "1").mkdir(parents=True)
    (tmp_path / "m" / "1" / "saved_model.pb").touch()
    (tmp_path / "lost+found" / "1").mkdir(parents=True)
    (tmp_path / "lost+found" / "1" / "saved_model.pb").touch()
    (tmp_path / "loop").symlink_to("loop")
    assert list(models(tmp_path)) == ["m"]
