"""The exported model as the report asks it."""

from __future__ import annotations

from pathlib import Path

import tensorflow as tf

from benchmarks.alignments import align_words
from pipeline.steps.translate.exported import ExportedModel


class _Padded(tf.Module):
    """Explains everything in the same way, with padding at the end of both sides."""

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="source")])
    def explain(self, source: tf.Tensor) -> dict[str, tf.Tensor]:
        """Two source pieces, one target piece."""
        rows = tf.size(source)
        return {
            "source_pieces": tf.tile([["▁a", "▁b", ""]], [rows, 1]),
            "target_pieces": tf.tile([["▁c", "", ""]], [rows, 1]),
            "attention": tf.tile([[[0.25, 0.75, 0.0], [0.0] * 3, [0.0] * 3]], [rows, 1, 1]),
        }

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="source")])
    def align(self, source: tf.Tensor) -> dict[str, tf.Tensor]:
        """The same pieces, linked otherwise than they looked."""
        rows = tf.size(source)
        explained = self.explain(source)
        return {
            "source_pieces": explained["source_pieces"],
            "target_pieces": explained["target_pieces"],
            "alignment": tf.tile([[0, -1, -1]], [rows, 1]),
        }


def test_words_are_linked_as_the_version_answers_where_it_does(tmp_path: Path) -> None:
    model = _Padded()
    tf.saved_model.save(model, str(tmp_path / "1"), signatures={"explain": model.explain})
    signatures = {"explain": model.explain, "align": model.align}
    tf.saved_model.save(model, str(tmp_path / "2"), signatures=signatures)
    explaining, aligning = ExportedModel(tmp_path / "1"), ExportedModel(tmp_path / "2")
    assert (explaining.aligns, aligning.aligns) == (False, True)
    (alignment,) = aligning.align(["ab"])
    assert alignment.links == [0]
    assert (alignment.source_pieces, alignment.target_pieces) == (["▁a", "▁b"], ["▁c"])
    assert align_words(explaining, ["a b"]) == [("c", {(1, 0)})]
    assert align_words(aligning, ["a b"]) == [("c", {(0, 0)})]


def test_padding_is_cut_from_an_explanation(tmp_path: Path) -> None:
    model = _Padded()
    tf.saved_model.save(model, str(tmp_path), signatures={"explain": model.explain})
    (explanation,) = ExportedModel(tmp_path).explain(["ab"])
    assert (explanation.source_pieces, explanation.target_pieces) == (["▁a", "▁b"], ["▁c"])
    assert explanation.attention.tolist() == [[0.25, 0.75]]
