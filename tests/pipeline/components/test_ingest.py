"""CorpusExampleGen under the LocalDagRunner."""

import gzip
import json
import os
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf

from contracts.kinds import FOLDERS
from pipeline.components.examples_io import Pair
from pipeline.components.ingest_report import IngestReport, read_ingest_report
from pipeline.errors import ConfigurationError, DataError
from pipeline.load import parse
from tests.pipeline.components.runs import artifacts, config, examples, pair_corpus, run
from tests.texts.formats.own import folder_with_blocks

THREE = {
    "train": [("one", "eins"), ("two", "zwei")],
    "dev": [("three", "drei")],
    "test": [("four", "vier")],
}


def _report(root: Path) -> IngestReport:
    return read_ingest_report(str(artifacts(root, "CorpusExampleGen", "examples")[-1]))


def _all_formats(folder: Path) -> list[dict[str, Any]]:
    (folder / "h.tsv.gz").write_bytes(
        gzip.compress(b"".join(b"word %d\tWort %d\n" % (i % 150, i) for i in range(300)) + b"broken\n\tx\n")
    )
    rows = [*[json.dumps({"en": "json", "de": "JSON!"})] * 3, "[]", "{", json.dumps({"en": "x"})]
    (folder / "j.jsonl").write_text("\n".join(rows))
    (folder / "m.tmx").write_text(
        '<tmx><body><tu><tuv xml:lang="en-GB"><seg>memory</seg></tuv>'
        '<tuv xml:lang="de"><seg>Speicher</seg></tuv></tu>'
        '<tu><tuv xml:lang="fr"><seg>x</seg></tuv></tu></body></tmx>'
    )
    return [
        pair_corpus(folder, "p", **THREE),
        {"name": "h", "format": "tsv", "file": str(folder / "h.tsv.gz"), "split": {"dev": 0.2, "test": 0.2}},
        {
            "name": "j",
            "format": "jsonl",
            "train": str(folder / "j.jsonl"),
            "source_field": "en",
            "target_field": "de",
        },
        {"name": "m", "format": "tmx", "train": str(folder / "m.tmx")},
        {"name": "e", "format": "embedded", "pairs": 200},
    ]


def test_all_formats_in_one_run(tmp_path: Path) -> None:
    run(config(*_all_formats(tmp_path)), tmp_path / "root")
    train, dev, test = (examples(tmp_path / "root", split) for split in ("train", "dev", "test"))
    assert train[:2] == [Pair(b"one", b"eins", b"p", 1), Pair(b"two", b"zwei", b"p", 2)]
    assert Pair(b"json", b"JSON!", b"j", 1) in train
    assert Pair(b"memory", b"Speicher", b"m", 1) in train
    assert Pair(b"four", b"vier", b"p", 1) in test
    by_hash = [{pair.source for pair in pairs if pair.corpus == b"h"} for pairs in (train, dev, test)]
    assert all(by_hash)
    assert sum(map(len, by_hash)) == len(set.union(*by_hash)) == 150
    assert sum(pair.corpus == b"h" for pair in train + dev + test) == 300
    assert {pair.corpus for pair in test} == {b"p", b"h", b"e-seen", b"e-unseen"}

    report = _report(tmp_path / "root")
    assert [file.corpus for file in report.files] == ["p", "p", "p", "h", "j", "m", "e"]
    assert report.rejection_counts() == {
        "wrong number of columns": 1,
        "empty source": 1,
        "not a JSON object": 2,
        "field missing or not a string": 1,
        "language missing": 1,
    }
    assert report.files[3].rejected["wrong number of columns"].lines == [301]
    assert report.accepted("train") == len(train)


def test_a_format_of_the_users_own_is_one_file_in_a_folder_that_the_configuration_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FOLDERS, "")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "b.blocks").write_text("one\neins\n--\n \nleer\n--\ntwo\nzwei\n--\n")
    corpora = [pair_corpus(tmp_path, **THREE), {"name": "b", "format": "blocks", "train": "b.blocks"}]
    text = json.dumps(
        {
            "name": "t",
            "languages": {"source": "en", "target": "de"},
            "corpora": corpora,
            "extensions": [folder_with_blocks(tmp_path).name],
        }
    )
    run(parse(text), tmp_path / "root")
    assert [pair for pair in examples(tmp_path / "root", "train") if pair.corpus == b"b"] == [
        Pair(b"one", b"eins", b"b", 1),
        Pair(b"two", b"zwei", b"b", 7),
    ]
    assert _report(tmp_path / "root").files[-1].rejected["empty source"].lines == [4]


def test_every_stock_reader_finds_the_features(tmp_path: Path) -> None:
    run(config(pair_corpus(tmp_path, **THREE)), tmp_path / "root")
    folder = artifacts(tmp_path / "root", "CorpusExampleGen", "examples")[-1] / "Split-train"
    (path,) = folder.iterdir()
    record = next(iter(tf.data.TFRecordDataset(str(path), compression_type="GZIP")))
    feature = tf.train.Example.FromString(record.numpy()).features.feature
    assert sorted(feature) == ["corpus", "line", "source", "target"]
    assert feature["target"].bytes_list.value[0] == b"eins"
    assert feature["line"].int64_list.value[0] == 1


def test_cache_follows_the_content_of_both_sides_and_the_limits(tmp_path: Path) -> None:
    corpus, root = pair_corpus(tmp_path, **THREE), tmp_path / "root"

    def executions() -> int:
        return len(artifacts(root, "CorpusExampleGen", "examples"))

    run(config(corpus), root)
    os.utime(corpus["train"]["target"], (1, 1))
    run(config(corpus), root)
    assert executions() == 1
    target = Path(corpus["train"]["target"])
    before = target.stat()
    target.write_text("eins\nzwo!\n")  # as long as before, and in the same second
    os.utime(target, ns=(before.st_atime_ns, before.st_mtime_ns))
    run(config(corpus), root)
    assert executions() == 2
    assert examples(root, "train")[1].target == b"zwo!"
    run(config(corpus, ingest={"max_line_bytes": 4_000}), root)
    assert executions() == 3


def test_newest_span_and_version_of_both_sides(tmp_path: Path) -> None:
    corpus, root = pair_corpus(tmp_path, **THREE), tmp_path / "root"
    for span, version in ((2, 1), (10, 1), (10, 2)):
        for side, word in (("en", "source"), ("de", "target")):
            (tmp_path / f"span-{span}-v{version}.{side}").write_text(f"{word} {span} {version}\n")
    corpus["train"] = {
        "source": str(tmp_path / "span-{SPAN}-v{VERSION}.en"),
        "target": str(tmp_path / "span-{SPAN}-v{VERSION}.de"),
    }
    run(config(corpus), root)
    assert examples(root, "train") == [Pair(b"source 10 2", b"target 10 2", b"c", 1)]
    (tmp_path / "span-11-v1.en").write_text("source\n")
    with pytest.raises(
        DataError, match=r"different newest spans.*\.en: span 11 version 1.*\.de: span 10 version 2"
    ):
        run(config(corpus), root)
    (tmp_path / "span-11-v1.de").write_text("target\n")
    run(config(corpus), root)
    assert examples(root, "train") == [Pair(b"source", b"target", b"c", 1)]


def test_pattern_without_files_and_two_spans(tmp_path: Path) -> None:
    corpus = pair_corpus(tmp_path, **THREE)
    corpus["train"] = {"source": str(tmp_path / "x{SPAN}.en"), "target": str(tmp_path / "x{SPAN}.de")}
    with pytest.raises(DataError, match=r"no file matches .*x\{SPAN\}\.en"):
        run(config(corpus), tmp_path / "root")
    corpus["train"]["source"] = str(tmp_path / "{SPAN}/{SPAN}.en")
    with pytest.raises(ConfigurationError, match="Only one"):
        run(config(corpus), tmp_path / "root2")


def test_missing_files_are_all_named(tmp_path: Path) -> None:
    corpus = pair_corpus(tmp_path, **THREE)
    for side in ("source", "target"):
        Path(corpus["dev"][side]).unlink()
    with pytest.raises(DataError, match=r"do not exist: .*c\.dev\.source, .*c\.dev\.target"):
        run(config(corpus), tmp_path / "root")


def test_line_counts_that_differ_stop_the_run_and_leave_nothing(tmp_path: Path) -> None:
    corpus, root = pair_corpus(tmp_path, **THREE), tmp_path / "root"
    Path(corpus["train"]["target"]).write_text("eins\n")
    with pytest.raises(DataError, match=r"train\.source has 2 lines, .*train\.target has 1"):
        run(config(corpus), root)
    assert not list(root.glob("CorpusExampleGen/examples/*/Split-*"))


def test_a_corpus_of_which_nothing_is_usable_does_not_vanish_beside_another(tmp_path: Path) -> None:
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"english": "one", "german": "eins"}\n' * 3)
    fields = {"source_field": "english", "target_field": "deutsch"}
    other = {"name": "bad", "format": "jsonl", "train": str(bad), **fields}
    with pytest.raises(
        DataError, match=r"corpus `bad`: .*bad\.jsonl: no usable sentence pair \(rejected: .*: 3\); check"
    ):
        run(config(pair_corpus(tmp_path, **THREE), other), tmp_path / "root")


def test_nothing_usable_says_why(tmp_path: Path) -> None:
    corpus = pair_corpus(tmp_path, **THREE)
    Path(corpus["train"]["source"]).write_bytes(b"\xff\n\n")
    with pytest.raises(
        DataError, match=r"`c`: .*train\.source and .*: no usable .*empty source: 1, invalid UTF-8: 1"
    ):
        run(config(corpus), tmp_path / "root")


def test_most_rows_unreadable_stops_the_run_unless_it_may(tmp_path: Path) -> None:
    table = tmp_path / "a.tsv"
    table.write_text("a\tb\n" * 2 + "c\n" * 3)
    corpora = [pair_corpus(tmp_path, **THREE), {"name": "a", "format": "tsv", "train": str(table)}]
    with pytest.raises(
        DataError,
        match=r"corpus `a`: .*a\.tsv: 3 of 5 rows cannot be read \(wrong number of columns: 3\), more than "
        r"ingest\.max_unreadable 0\.5",
    ):
        run(config(*corpora), tmp_path / "root")
    run(config(*corpora, ingest={"max_unreadable": 0.6}), tmp_path / "root")
    assert sum(pair.corpus == b"a" for pair in examples(tmp_path / "root", "train")) == 2


def test_what_is_not_asked_for_is_not_unreadable(tmp_path: Path) -> None:
    memory, page = tmp_path / "m.tmx", tmp_path / "p.tmx"
    french = '<tu><tuv xml:lang="fr"><seg>x</seg></tuv></tu>'
    both = '<tu><tuv xml:lang="en"><seg>a</seg></tuv><tuv xml:lang="de"><seg>b</seg></tuv></tu>'
    memory.write_text(f"<tmx><body>{french * 9}{both}</body></tmx>")
    corpora = [pair_corpus(tmp_path, **THREE), {"name": "m", "format": "tmx", "train": str(memory)}]
    run(config(*corpora), tmp_path / "root")
    page.write_text("<tmx><body></body></tmx>")
    corpora.append({"name": "p", "format": "tmx", "train": str(page)})
    with pytest.raises(
        DataError, match=r"corpus `p`: .*p\.tmx: no row at all; fetch it again, or leave it out"
    ):
        run(config(*corpora), tmp_path / "root2")


def test_a_folder_is_refused_by_name(tmp_path: Path) -> None:
    corpora = [pair_corpus(tmp_path, **THREE), {"name": "d", "format": "tsv", "train": str(tmp_path)}]
    with pytest.raises(DataError, match=r"folders, not corpus files: /.*; correct the paths"):
        run(config(*corpora), tmp_path / "root")


def test_packages_are_read_and_what_readers_notice_is_kept(tmp_path: Path) -> None:
    cases = Path(__file__).parents[2] / "cases"
    run(
        config(
            pair_corpus(tmp_path, **THREE),
            {"name": "z", "format": "moses", "train": str(cases / "moses-package.zip")},
            {"name": "t", "format": "tsv", "train": str(cases / "header.tsv")},
        ),
        tmp_path / "root",
    )
    assert sum(pair.corpus == b"z" for pair in examples(tmp_path / "root", "train")) == 40
    remarks = [remark for file in _report(tmp_path / "root").files for remark in file.remarks]
    assert ["read X.de-en.en" in remarks[0], "is a header" in remarks[1], len(remarks)] == [True, True, 2]
