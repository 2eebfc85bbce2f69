"""A format is a file: what is in the folders is known, documented and checked, and nothing else names it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from contracts.errors import DataError
from contracts.kinds import FOLDERS, add_folders
from tests.texts.formats.own import folder_with_blocks
from texts.formats.base import FORMATS, Corpus, FileCorpus, Reading
from texts.formats.rows import Row

ROOT = Path(__file__).parents[3]


@pytest.fixture
def blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(FOLDERS, "")
    return folder_with_blocks(tmp_path)


def test_every_file_of_the_folder_is_a_format_or_a_part_of_some() -> None:
    files = {path.stem for path in (ROOT / "texts" / "formats").glob("*.py")}
    assert files == {"__init__", "base", *FORMATS.besides, *FORMATS.names()}
    assert set(Corpus.things()) == set(FORMATS.names())


def test_a_new_format_is_one_file(blocks: Path, tmp_path: Path) -> None:
    given = {"name": "b", "format": "blocks", "train": str(tmp_path / "b.txt"), "rule": "=="}
    with pytest.raises(ValidationError, match="there is no format `blocks`"):
        Corpus.model_validate(given)
    add_folders([blocks])
    corpus = Corpus.model_validate(given)
    assert corpus.inputs() == [("train", (("both", given["train"]),))]
    assert Corpus.model_validate(corpus.model_dump(mode="json")) == corpus
    (tmp_path / "b.txt").write_text("one\neins\n==\ntwo\nzwei\n==\n")
    corpus.check(given["train"])
    rows = list(corpus.rows({"both": given["train"]}, Reading("en", "de", 100)))
    assert rows == [Row(b"one", b"eins", 1), Row(b"two", b"zwei", 4)]


def test_its_files_are_recognised_where_another_format_is_asked_for(blocks: Path, tmp_path: Path) -> None:
    add_folders([blocks])
    (tmp_path / "a.tsv").write_text("<blocks>\none\neins\n--\n")
    tsv = Corpus.model_validate({"name": "t", "format": "tsv", "train": str(tmp_path / "a.tsv")})
    with pytest.raises(DataError, match=r"a\.tsv is BLOCKS, not TSV: write `format: blocks`"):
        tsv.check(str(tmp_path / "a.tsv"))


def test_keys_that_meant_nothing_to_a_format_still_mean_nothing() -> None:
    given = {"name": "m", "format": "tmx", "train": "m.tmx"}
    old = {**given, "source_field": 3, "delimiter": ";"}
    assert Corpus.model_validate(old) == Corpus.model_validate(given)
    with pytest.raises(ValidationError, match="Extra inputs"):
        Corpus.model_validate({**given, "source_fild": 3})


def test_a_corpus_has_files_for_its_splits_or_for_all() -> None:
    with pytest.raises(ValidationError, match="`file` and `split` go together"):
        FileCorpus(name="a", format="tsv", file="f")
    with pytest.raises(ValidationError, match="give either `train`/`dev`/`test` or `file`"):
        FileCorpus(name="a", format="tsv")


def test_texts_is_imported_without_what_only_some_of_it_needs() -> None:
    """A client has neither."""
    absent = ("defusedxml", "ftfy", "grammar", "langcodes", "polib", "numpy", "tensorflow", "tfx")
    code = (
        f"import sys; sys.modules.update(dict.fromkeys({absent}))\n"
        "import texts, texts.compression, texts.encoding, texts.lines, texts.sentences, texts.tags\n"
        "import texts.formats.base, texts.formats.pairs, serving.client"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_without_the_generator_all_other_formats_are_there() -> None:
    code = (
        "import sys; sys.modules['grammar'] = None\n"
        "from contracts.errors import ConfigurationError\n"
        "from texts.formats.base import Corpus\n"
        "assert {'embedded', 'tsv'} <= set(Corpus.things())\n"
        "corpus = Corpus.model_validate({'format': 'embedded'})\n"
        "try: corpus.tested_as\n"
        "except ConfigurationError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "is in the distribution dragoman-pipeline: pip install ./distributions/pipeline" in done.stdout
