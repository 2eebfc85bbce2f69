"""A document format is a file: one in a folder of the user's is read, translated and written."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from contracts.kinds import FOLDERS, KindError, add_folders
from texts.cascade import Options, Rendering
from texts.documents.base import DocumentError, extensions, translate_document

CARDS = '''
"""A question and an answer, with `---` between them."""

from texts.documents.base import Document, DocumentError

EXTENSIONS = (".cards",)


def read(data, reading):
    texts = data.decode().split("---")
    if len(texts) != 2:
        raise DocumentError("no card: write --- between question and answer")
    return Document(tuple(texts), lambda translated: "---".join(translated).encode())
'''


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(FOLDERS, "")
    (tmp_path / "document_formats").mkdir()
    return tmp_path


def _shouted(sources: Sequence[str], *, source: str, target: str) -> list[Rendering]:
    del source, target
    return [Rendering(text.upper(), -1.0) for text in sources]


def test_a_new_format_is_one_file(folder: Path) -> None:
    (folder / "document_formats" / "cards.py").write_text(CARDS)
    card = b"who is there?\n---\nnobody.\n"
    with pytest.raises(DocumentError, match=r"a\.cards is of no format that is known"):
        translate_document("a.cards", card, Options("de", "en"), _shouted)
    add_folders([folder])
    assert extensions()[".cards"] == "cards"
    translated, answers = translate_document("a.cards", card, Options("de", "en"), _shouted)
    assert translated == b"WHO IS THERE?\n---\nNOBODY.\n"
    assert len(answers) == 2
    with pytest.raises(DocumentError, match="no card"):
        translate_document("a.cards", b"who?", Options("de", "en"), _shouted)


def test_two_formats_of_one_ending_are_refused(folder: Path) -> None:
    (folder / "document_formats" / "other_text.py").write_text(CARDS.replace(".cards", ".txt"))
    add_folders([folder])
    with pytest.raises(KindError, match=r"two document formats are \.txt: "):
        extensions()


def test_where_was_looked_is_said(folder: Path) -> None:
    add_folders([folder])
    with pytest.raises(DocumentError, match=f"looked into {folder / 'document_formats'}, too"):
        translate_document("a.cards", b"", Options("de"), _shouted)
