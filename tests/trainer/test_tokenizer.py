"""Text in the graph: normalised as data is, and in old exports as it was."""

from __future__ import annotations

import json
from pathlib import Path

import tensorflow as tf

from tests.hostile import hostile_strings
from tests.trainer.before import unpack_before
from texts.normalisation import normalise
from texts.rules import rules
from trainer.tokenizer import Tokenizer
from trainer.vocabulary import EOS, Vocabulary


def ids(vocabulary: Vocabulary, texts: list[str]) -> list[list[int]]:
    rows = Tokenizer(vocabulary.source_model).tokenize(tf.constant([text.encode() for text in texts]))
    return [[*row, EOS] for row in rows.to_list()]


def test_the_graph_normalises_as_data_is_normalised(vocabulary: Vocabulary) -> None:
    """White space, control characters, every spelling of a composed character, references; and any text."""
    characters = [chr(code) for code in range(0x3100) if chr(code) not in rules()]
    texts = [f"one {text}two" for text in (*characters, *rules())] + hostile_strings(1500, seed=5)
    rows = ids(vocabulary, texts)
    assert rows == vocabulary.encode_source(texts)
    # Training data is normalised by the Cleaner, and then once more; what is escaped twice is plain by then.
    once = [text for text in texts if "&amp;" not in text]
    assert ids(vocabulary, [normalise(text) for text in once]) == ids(vocabulary, once)


def test_an_export_made_before_answers_as_before(tmp_path: Path) -> None:
    answers = json.loads((unpack_before(tmp_path) / "answers.json").read_text())
    signature = tf.saved_model.load(str(tmp_path / "export")).signatures["serving_default"]
    translations = signature(source=tf.constant(answers["source"]))["translation"].numpy()
    assert [text.decode("utf-8", "replace") for text in translations] == answers["translation"]
