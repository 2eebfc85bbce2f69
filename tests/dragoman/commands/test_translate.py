"""`dragoman translate` against a running server: order, hostile bytes, files, pipes, and nobody there."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import zstandard

from tests.serving.conftest import REPOSITORY, Live, dragoman

Translate = Callable[..., "subprocess.CompletedProcess[bytes]"]


@pytest.fixture
def translate(live: Live, monkeypatch: pytest.MonkeyPatch) -> Translate:
    monkeypatch.setenv("DRAGOMAN_ADDRESS", live.address)
    monkeypatch.setenv("DRAGOMAN_MODEL", "first")
    return lambda *arguments, stdin=b"": dragoman("translate", *arguments, stdin=stdin)


def test_arguments_come_back_in_order(translate: Translate) -> None:
    done = translate("Guten Tag.", "", "🐈 שלום")
    assert done.stdout.decode() == "v1:Guten Tag.\n\nv1:🐈 שלום\n"
    assert done.stderr == b""


def test_a_line_in_is_a_line_out_whatever_the_bytes(translate: Translate, tmp_path: Path) -> None:
    lines = [
        b"plain",
        b"",
        b"\xff\xfe no text",
        b"\x00\x1b[31m\x85\xe2\x80\xa8",
        b"x" * 100_000,
        b"windows\r",
        b"last",
    ]
    (tmp_path / "in").write_bytes(b"\n".join(lines))
    (tmp_path / "out").write_text("old")
    done = translate("--input", tmp_path / "in", "--output", tmp_path / "out", "--batch-size", 2)
    assert done.returncode == 0, done.stderr
    expected = [line.removesuffix(b"\r").decode(errors="replace") for line in lines]
    answers = (tmp_path / "out").read_bytes().decode().removesuffix("\n").split("\n")
    assert answers == [f"v1:{line}" if line else "" for line in expected]
    assert b"2 of 7 lines were no UTF-8" in done.stderr
    assert b"7 sentences" in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "out"]


def test_cut_lines_are_told(translate: Translate, tmp_path: Path) -> None:
    (tmp_path / "in").write_text(f"short\n{'long ' * 1000}\nshort\n")
    said = b"warning: 1 of 3 lines were cut at the model's limit\n"
    for options in ((), ("--n-best", 2), ("--json",)):
        assert said in translate("--input", tmp_path / "in", *options).stderr
    assert translate("short").stderr == b""


def test_n_best_says_when_the_model_has_fewer(translate: Translate) -> None:
    done = translate("a", "b", "--n-best", 9, "--scores")
    blocks = done.stdout.decode().split("\n\n")
    assert blocks[0].splitlines() == [f"{0.0 - n:.4f}\tv1:a#{n}" for n in range(4)]
    assert b"4 hypotheses a sentence, not 9" in done.stderr
    answers = json.loads(translate("a", "", "--n-best", 2, "--json").stdout)
    assert [hypothesis["text"] for hypothesis in answers[0]["hypotheses"]] == ["v1:a#0", "v1:a#1"]
    assert len(answers) == 2
    assert json.loads(translate("--json").stdout) == []


def test_a_failure_leaves_the_old_output(translate: Translate, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("old")
    done = translate("a", "--output", tmp_path / "out", "--label", "none-such")
    assert done.returncode == 7
    assert b"none-such: labels are stable and canary" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert (tmp_path / "out").read_text() == "old"
    assert translate("a", "--output", tmp_path / "none" / "out").returncode == 2
    assert translate("--input", tmp_path).returncode == 2


def test_an_interrupted_one_says_that_nothing_was_written(live: Live, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "dragoman", "translate", "--model", "first", "--address", live.address]
    with subprocess.Popen(
        [*command, "--output", tmp_path / "out"],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=REPOSITORY,
        # A shell has what it starts in the background ignore interrupts, and so all that starts from there.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    ) as process:
        assert process.stderr is not None
        while not list(tmp_path.iterdir()):
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        message = process.stderr.read().decode()
        assert process.wait(60) == 130
    assert message == f"interrupted: nothing was written to {tmp_path / 'out'}\n"
    assert list(tmp_path.iterdir()) == []


def test_the_rest_port_is_told_at_once(live: Live) -> None:
    done = dragoman("translate", "a", "--model", "first", "--address", live.server.rest_address)
    assert done.returncode == 6
    assert b"speaks HTTP/1, as a REST port does: give the gRPC port" in done.stderr


def test_a_reader_that_goes_away_is_no_error(live: Live) -> None:
    command = [sys.executable, "-m", "dragoman", "translate", "--model", "first", "--address", live.address]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=REPOSITORY
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        process.stdin.write(b"x\n" * 20_000)
        process.stdin.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == 0


def test_nobody_there_is_one_clear_line() -> None:
    done = dragoman("translate", "a", "--model", "m", "--address", "127.0.0.1:1", "--wait", "0.2")
    assert done.returncode == 6
    assert done.stdout == b""
    assert len(done.stderr.splitlines()) == 1
    assert b"dragoman serve" in done.stderr


def test_the_only_model_needs_no_name(live: Live, tmp_path: Path) -> None:
    there = {"DRAGOMAN_MODEL_ROOT": str(tmp_path), "DRAGOMAN_ADDRESS": live.address}
    missing = dragoman("translate", "a", environment=there)
    assert missing.returncode == 2
    said = " ".join(missing.stderr.decode().replace("│", "").split())
    assert "give --model, or another --model-root:" in said
    (tmp_path / "first" / "1").mkdir(parents=True)
    (tmp_path / "first" / "1" / "saved_model.pb").touch()
    assert dragoman("translate", "a", environment=there).stdout == b"v1:a\n"


def test_a_device_is_written_and_not_replaced(translate: Translate) -> None:
    assert translate("a", "--output", os.devnull).returncode == 0
    assert not Path(os.devnull).is_file()


def test_a_full_disk_is_no_wrong_usage(translate: Translate) -> None:
    done = translate("a", "--output", "/dev/full")
    assert done.returncode == 1
    assert done.stderr.decode().endswith("error: cannot write /dev/full: No space left on device\n")


def test_a_line_of_several_sentences_is_split_unless_told_otherwise(translate: Translate) -> None:
    text = " One dog.  Two dogs!\tThree? "
    assert translate(text).stdout.decode() == " v1:One dog.  v1:Two dogs!\tv1:Three? \n"
    assert translate(text, "--no-split").stdout.decode() == f"v1:{text}\n"
    (answer,) = json.loads(translate(text, "--n-best", 2, "--json").stdout)
    assert answer["hypotheses"][0]["text"] == " v1:One dog.#0  v1:Two dogs!#0\tv1:Three?#0 "
    assert answer["too_short"] is False


def test_the_model_card_tells_the_language(live: Live, tmp_path: Path) -> None:
    extra = tmp_path / "first" / "1" / "assets.extra"
    extra.mkdir(parents=True)
    (extra.parent / "saved_model.pb").touch()
    (extra / "model_card.json").write_text('{"source_language": "de", "target_language": "en"}')
    there = {"DRAGOMAN_MODEL_ROOT": str(tmp_path), "DRAGOMAN_ADDRESS": live.address}
    text = "Am 3. Oktober kam er."
    assert dragoman("translate", text, environment=there).stdout.decode() == f"v1:{text}\n"
    given = dragoman("translate", text, "--source-language", "en", environment=there)
    assert given.stdout == b"v1:Am 3. v1:Oktober kam er.\n"


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress,
    ".xz": lzma.compress,
    ".bz2": bz2.compress,
    ".zst": lambda content: zstandard.ZstdCompressor().compress(content),
}


@pytest.mark.parametrize("suffix", ["", *PACKERS])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_what_ingestion_reads_is_read(
    translate: Translate, tmp_path: Path, suffix: str, encoding: str
) -> None:
    content = PACKERS.get(suffix, bytes)("Grüße\r\n你好\n".encode(encoding))
    (tmp_path / f"in{suffix}").write_bytes(content)
    expected = "v1:Grüße\nv1:你好\n"
    assert translate("--input", tmp_path / f"in{suffix}").stdout.decode() == expected
    assert translate(stdin=content).stdout.decode() == expected


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("in.en", gzip.compress(b"a\n", mtime=0), "is compressed but not named so; rename it to end in .gz"),
        (
            "in.en",
            "A dog.\nA cat.\n".encode("utf-16-le"),
            "without a byte order mark; convert it with `iconv",
        ),
        ("in.en.gz", gzip.compress(b"a\n" * 99, mtime=0)[:-9], "damaged or cut short"),
        ("in.en", b"PK\x03\x04 and so on", "is a zip archive"),
    ],
)
def test_what_is_no_text_is_refused(
    translate: Translate, tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    (tmp_path / name).write_bytes(content)
    done = translate("--input", tmp_path / name, "--output", tmp_path / "out")
    assert (done.returncode, done.stdout) == (4, b"")
    assert said in done.stderr.decode()
    assert not (tmp_path / "out").exists()


def test_a_document_comes_back_in_its_form(translate: Translate, tmp_path: Path) -> None:
    document, output = tmp_path / "page.html", tmp_path / "seite.html"
    document.write_text("<h1>Title</h1>\n<p><b>One</b> two {name}. Three.</p>\n")
    done = translate("--document", document, "--output", output, "--bilingual", tmp_path / "page.xlf")
    assert done.returncode == 0, done.stderr
    assert output.read_text() == "<h1>v1:Title</h1>\n<p><b>v1:One</b> two {name}. v1:Three.</p>\n"
    assert b"3 sentences of page.html translated" in done.stderr
    assert "<source>Three.</source><target>v1:Three.</target>" in (tmp_path / "page.xlf").read_text()


def test_a_document_that_cannot_be_translated_is_said_why(translate: Translate, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{")
    for arguments, code, words in (
        (["--document", tmp_path / "a.json", "--output", tmp_path / "b.json"], 4, b"no JSON"),
        (["--document", tmp_path / "a.json"], 2, b"takes --output FILE"),
        (["--column", "text", "A dog."], 2, b"of a --document"),
        (["--document", tmp_path / "none.md", "--output", tmp_path / "b.md"], 2, b"cannot read"),
    ):
        done = translate(*arguments)
        assert done.returncode == code, done.stderr
        assert words in b" ".join(done.stderr.split())
    assert not list(tmp_path.glob("b.*"))
