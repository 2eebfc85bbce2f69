"""Files as they come, by what is right for each (tests/cases), and files that are of another kind."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from contracts.kinds import FOLDERS, KindError, add_folders
from pipeline.config import Languages
from pipeline.errors import DataError
from pipeline.examples.tasks import read_tasks
from pipeline.steps.ingest.corpus_rows import file_rows
from tests.pipeline.steps.runs import config
from tests.texts.formats.own import folder_with_blocks
from texts.formats.rows import Rejected, Remark, Row

CASES = Path(__file__).parents[3] / "cases"
SPLITS_FILLED = {"name": "e", "format": "embedded"}
SENTENCES = [
    ("The small dog sleeps.", "Der kleine Hund schläft."),
    ("She buys two red apples.", "Sie kauft zwei rote Äpfel."),
    ("We saw the old bridge yesterday.", "Wir sahen gestern die alte Brücke."),
    ("My brother reads a long letter.", "Mein Bruder liest einen langen Brief."),
]


def _read(corpus_format: str, path: Path, **fields: Any) -> tuple[list[tuple[str, str]], list[str]]:
    """The pairs of a file, none of them rejected, and what is remarked."""
    task, *_ = read_tasks(
        config({"name": "c", "format": corpus_format, "train": str(path), **fields}, SPLITS_FILLED).corpora
    )
    rows = list(file_rows(task, Languages(source="en", target="de"), 20_000))
    assert not [row for row in rows if isinstance(row, Rejected)]
    pairs = [(row.source.decode(), row.target.decode()) for row in rows if isinstance(row, Row)]
    return pairs, [row.text for row in rows if isinstance(row, Remark)]


@pytest.mark.parametrize(
    ("corpus_format", "name", "fields", "times", "remark"),
    [
        ("tmx", "doctype.tmx", {}, 1, None),
        ("tmx", "three-letter-codes.tmx", {}, 1, None),
        ("tmx", "declares-utf16-is-utf8.tmx", {}, 1, "its bytes are UTF-8: read as UTF-8"),
        ("tsv", "pairs.tsv.bz2", {}, 10, None),
        ("tsv", "ragged.tsv", {}, 10, None),
        ("tsv", "header.tsv", {}, 10, "the first row is a header, left out: en → de"),
        ("csv", "quoted.csv", {}, 10, None),
        ("moses", "moses-package.zip", {}, 10, "read X.de-en.en and X.de-en.de"),
        (
            "jsonl",
            "nested-fields.jsonl",
            {"source_field": "translation.en", "target_field": "translation.de"},
            10,
            None,
        ),
    ],
)
def test_cases(corpus_format: str, name: str, fields: dict[str, Any], times: int, remark: str | None) -> None:
    pairs, remarks = _read(corpus_format, CASES / name, **fields)
    assert pairs == SENTENCES * times
    assert len(remarks) == (remark is not None)
    if remark:
        assert remark in remarks[0]


def test_xliff() -> None:
    assert _read("xliff", CASES / "pairs.xlf") == (SENTENCES[:1], [])


def test_inline_codes() -> None:
    pairs, _ = _read("tmx", CASES / "inline.tmx")
    assert pairs == [
        ("Click here now.", "Klicken Sie jetzt hier."),
        ("See the map, please.", "Siehe die Karte, bitte."),
        ("Open help.", "Öffne Hilfe."),
        ("Hello {name}, you have %d messages.", "Hallo {name}, Sie haben %d Nachrichten."),
        ("<b>Bold</b> &amp; more &nbsp; text", "<b>Fett</b> &amp; mehr &nbsp; Text"),
        ("Press Enter twice.", "Drücken Sie zweimal Enter."),
    ]


@pytest.mark.parametrize(
    ("corpus_format", "name", "message"),
    [
        ("tmx", "entity-declaration.tmx", "declares entities"),
        ("tmx", "nested-entities.tmx", "declares entities"),
        ("tmx", "error-page.tmx", "is an HTML page, not TMX"),
        ("tsv", "error-page.tmx", "is an HTML page, not TSV"),
        ("tmx", "pairs.xlf", "is XLIFF, not TMX: write `format: xliff`"),
        ("tsv", "doctype.tmx", "is TMX, not TSV: write `format: tmx`"),
        ("tmx", "header.tsv", "is no XML, not TMX"),
        ("tsv", "moses-package.zip", "`format: moses`"),
        ("moses", "doctype.tmx", "is no zip archive"),
        ("tsv", "utf16le-without-bom.en", "is UTF-16 without a byte order mark"),
    ],
)
def test_files_that_are_refused(corpus_format: str, name: str, message: str) -> None:
    with pytest.raises(DataError, match=message) as refused:
        _read(corpus_format, CASES / name)
    assert name in str(refused.value)


def test_utf16_without_its_mark_is_refused_as_a_pair_too() -> None:
    both = {side: str(CASES / f"utf16le-without-bom.{side[:2]}") for side in ("en", "de")}
    task, *_ = read_tasks(
        config(
            {"name": "c", "format": "pairs", "train": {"source": both["en"], "target": both["de"]}},
            SPLITS_FILLED,
        ).corpora
    )
    with pytest.raises(DataError, match="UTF-16 without a byte order mark"):
        list(file_rows(task, Languages(source="en", target="de"), 100))


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"%PDF-1.7\n", "a PDF document"),
        (b"version https://git-lfs.github.com/spec/v1\noid x\n", "a Git LFS pointer"),
        (b'<?xml version="1.0"?>\n<!-- x --><Error><Code>NoSuchKey</Code></Error>', "XML of `Error`"),
        ("\ufeff<!DOCTYPE html><html><head>".encode("utf-16-le"), "an HTML page"),
    ],
)
def test_other_kinds(tmp_path: Path, content: bytes, kind: str) -> None:
    (tmp_path / "a.tsv").write_bytes(content)
    with pytest.raises(DataError, match=f"is {kind}"):
        _read("tsv", tmp_path / "a.tsv")


def test_text_that_begins_as_xml_does_is_text(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text("<b>one</b>\t<b>eins</b>\n")
    assert _read("tsv", tmp_path / "a.tsv") == ([("<b>one</b>", "<b>eins</b>")], [])


@pytest.mark.parametrize(
    ("made", "said"),
    [
        ("yield 1 / 0", r"the format `blocks` \(.*blocks\.py\) failed \(ZeroDivisionError in line 24: div"),
        ("yield block[-2], block[-1]", "TypeError: `rows` should yield what `make_row` makes, not tuple"),
        ("return 1 / 0", "ZeroDivisionError in line 24"),
    ],
)
def test_a_format_of_a_users_that_fails_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made: str, said: str
) -> None:
    monkeypatch.setenv(FOLDERS, "")
    add_folders([folder_with_blocks(tmp_path)])
    file = tmp_path / "mine" / "formats" / "blocks.py"
    row = "yield make_row(block[-2], block[-1], number - 2, reading.max_line_bytes)"
    assert row in file.read_text()
    file.write_text(file.read_text().replace(row, made))
    (tmp_path / "a.blocks").write_text("one\neins\n--\n")
    with pytest.raises(KindError, match=said):
        _read("blocks", tmp_path / "a.blocks")


def test_a_format_of_a_users_without_rows_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDERS, "")
    add_folders([folder_with_blocks(tmp_path)])
    file = tmp_path / "mine" / "formats" / "blocks.py"
    file.write_text(file.read_text().replace("def rows", "def lines"))
    with pytest.raises(
        ValidationError, match=r"BlocksCorpus of the format `blocks` .* lacks the method rows"
    ):
        _read("blocks", tmp_path / "a.blocks")
