"""The Tokenizer reads directions with few pairs more often, as their temperature says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tfx.dsl.components.base.base_executor import BaseExecutor
from tfx.types import artifact_utils, standard_artifacts

from pipeline.examples.shards import Pair, ShardWriter
from pipeline.runs.build import build
from pipeline.steps.vocabulary.component import Executor, VocabularyArtifact
from pipeline.workspace.workspace import Workspace
from tests.pipeline.steps.runs import config, pair_corpus
from trainer.config import VocabularyConfig
from trainer.vocabulary import Vocabulary

GERMAN = ("abc", "acb", "bac", "bca", "cab", "cba", "add")
PAIRS = [
    *(Pair(b"a", word.encode(), b"c", line, b"en", b"de") for line in range(12) for word in GERMAN),
    *(Pair(b"a", b"dad", b"c", 100 + line, b"en", b"fr") for line in range(10)),
]


def learned(folder: Path, *, shared: bool = False, **properties: Any) -> Vocabulary:
    """Whole words of German and French targets; there is room for seven beside the letters."""
    examples, vocabulary = standard_artifacts.Examples(), VocabularyArtifact()
    examples.uri, vocabulary.uri = str(folder / "examples"), str(folder / "vocabulary")
    examples.split_names = artifact_utils.encode_split_names(["train"])
    with ShardWriter(str(folder / "examples" / "Split-train"), "data", shard_rows=50) as writer:
        for pair in PAIRS:
            writer.write(pair)
    words = VocabularyConfig(size=16, shared=shared, algorithm="word", byte_fallback=False)
    Executor(BaseExecutor.Context(tmp_dir=str(folder), unique_id="1")).Do(
        {"examples": [examples]},
        {"vocabulary": [vocabulary]},
        {"config": words.model_dump_json(), **properties},
    )
    return Vocabulary.load(folder / "vocabulary")


def pieces(vocabulary: Vocabulary, word: str) -> int:
    """Of a target word, without its end."""
    (ids,) = vocabulary.encode_target([word])
    return len(ids) - 1


@pytest.mark.parametrize(("properties", "known"), [({}, False), ({"temperature": 2.0}, True)])
def test_the_words_of_a_language_with_few_pairs_have_pieces_by_the_temperature(
    properties: dict[str, Any], known: bool, tmp_path: Path
) -> None:
    """French has 10 of 94 pairs; at 2 each comes (84 / 10)^(1/2) = 2.9 times, so its word 28 or 29 times,
    and each German one 12 times.
    """
    vocabulary = learned(tmp_path, **properties)
    assert (pieces(vocabulary, "dad") == 1) == known
    assert sum(pieces(vocabulary, word) == 1 for word in GERMAN) == 7 - known


def test_both_sides_of_a_shared_vocabulary_are_read_as_often(tmp_path: Path) -> None:
    """Else they would not be of one length, which is refused."""
    assert pieces(learned(tmp_path, shared=True, temperature=5.0), "dad") == 1


def test_the_temperature_is_that_of_the_directions_and_unsaid_where_it_is_1(tmp_path: Path) -> None:
    texts = [("a house", "ein Haus"), ("a tree", "ein Baum")]
    corpus = pair_corpus(tmp_path, train=texts, dev=texts[:1], test=texts[1:])
    places = {"workspace": str(tmp_path / "runs"), "push": {"model_root": str(tmp_path / "models")}}

    def said(**sections: Any) -> Any:
        made = config(corpus, vocabulary={"size": 300}, **places, **sections)
        nodes = {node.id: node for node in build(made, Workspace.of(made)).pipeline.components}
        return nodes["Tokenizer"].exec_properties.get("temperature")

    both = ["en-de", "de-en"]
    assert said(directions={"trained": both, "temperature": 5}) == 5.0
    assert said(directions={"trained": both}) is said() is None
