"""What is asked beside the source, and what the answers to it are read as."""

from __future__ import annotations

import grpc
import pytest

from contracts import signatures
from serving.client.failures import explained
from serving.client.inputs import constraints, sampling
from serving.client.passages import Passages, join_samples
from serving.client.requests import ALIGN, CONSTRAINED, SAMPLE, Alignment, Alternatives, answers, request
from serving.client.settings import ClientSettings
from serving.client.tensors import fill
from serving.errors import NoSignatureError, RequestError
from serving.wire import prediction_pb2 as wire
from texts.sentences import split

SETTINGS = ClientSettings("m")


def test_every_input_of_a_signature_is_sent_with_its_type_and_a_value_a_row() -> None:
    sent = request(SETTINGS, sampling(0.5, 3, 0.9, 2**40), ["a", "b"])
    assert sent.model_spec.signature_name == "sample"
    assert set(sent.inputs) == set(signatures.SAMPLE.inputs)
    assert list(sent.inputs["source"].string_val) == [b"a", b"b"]
    assert list(sent.inputs["temperature"].float_val) == [0.5, 0.5]
    assert list(sent.inputs["top_k"].int_val) == [3, 3]
    assert list(sent.inputs["seed"].int64_val) == [2**40] * 2
    assert {tensor.tensor_shape.dim[0].size for tensor in sent.inputs.values()} == {2}
    assert sent.inputs["seed"].dtype == wire.DT_INT64
    sent = request(SETTINGS, constraints(["zwei Hunde", "Katze"], "Die "), ["a"])
    assert list(sent.inputs["constraints"].string_val) == [b"zwei Hunde\nKatze"]
    assert list(sent.inputs["prefix"].string_val) == [b"Die "]


def test_without_a_seed_each_row_has_one_of_its_own() -> None:
    sent = request(SETTINGS, sampling(1.0, 0, 1.0, None), ["a"] * 20)
    assert len(set(sent.inputs["seed"].int64_val)) == 20


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ((0.0, 0, 1.0, None), "temperature must be above 0"),
        ((float("nan"), 0, 1.0, None), "temperature must be above 0"),
        ((float("inf"), 0, 1.0, None), "temperature must be above 0"),
        ((1.0, -1, 1.0, None), "top_k must be from 0"),
        ((1.0, 2**31, 1.0, None), "top_k must be from 0"),
        ((1.0, 0, 0.0, None), "top_p must be above 0"),
        ((1.0, 0, 1.0, 2**63), "seed must be from 0"),
    ],
)
def test_a_way_to_draw_that_means_nothing_is_refused(
    wrong: tuple[float, int, float, int | None], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        sampling(*wrong)


def test_phrases_and_prefixes_are_of_one_line() -> None:
    for phrase in ("", " ", "a\nb"):
        with pytest.raises(ValueError, match="is no phrase"):
            constraints([phrase], "")
    with pytest.raises(ValueError, match="is no prefix"):
        constraints([], "a\nb")
    with pytest.raises(TypeError, match="give a list of phrases"):
        constraints("Hund", "")


def _strings(response: wire.PredictResponse, name: str, rows: list[list[str]]) -> None:
    tensor = response.outputs[name]
    fill(tensor, "string", [piece for row in rows for piece in row])
    tensor.tensor_shape.dim[0].size = len(rows)
    tensor.tensor_shape.dim.add(size=len(rows[0]))


def _floats(response: wire.PredictResponse, name: str, values: list[float]) -> None:
    fill(response.outputs[name], "float32", values)


def _alignments(links: list[int]) -> list[Alignment]:
    """Of one row of two pieces a side and one of one, padded."""
    response = wire.PredictResponse()
    _strings(response, "source_pieces", [["▁a", "▁b", "</s>"], ["▁a", "</s>", ""]])
    _strings(response, "target_pieces", [["▁x", "y", "</s>"], ["▁x", "</s>", ""]])
    fill(response.outputs["alignment"], "int32", links)
    response.outputs["alignment"].tensor_shape.dim[0].size = 2
    response.outputs["alignment"].tensor_shape.dim.add(size=3)
    fill(response.outputs["translation"], "string", ["xy", "x"])
    _floats(response, "score", [-1.0, -2.0])
    return answers(ALIGN, response, 2)


def test_an_alignment_is_read_without_padding() -> None:
    first, second = _alignments([1, 0, -1, 0, -1, -1])
    assert first.links == (1, 0, None)
    assert first.words == ((0, 0), (1, 0))
    assert (second.source_pieces, second.target_pieces) == (("▁a", "</s>"), ("▁x", "</s>"))
    assert second.links == (0, None)
    with pytest.raises(RequestError, match="pieces that are not there"):
        _alignments([1, 0, -1, 2, -1, -1])


def test_words_are_counted_by_the_spaces_before_them() -> None:
    pieces = ("▁the", "▁do", "g", "▁sleeps", ".", "</s>")
    aligned = Alignment(
        pieces, ("▁der", "▁Hund", "▁schl", "äft", ".", "</s>"), (0, 2, 3, 3, 4, None), "", 0.0
    )
    assert aligned.words == ((0, 0), (1, 1), (2, 2))


def test_an_alignment_knows_where_its_words_stand_in_both_texts() -> None:
    """Offsets in the source as it was sent, whatever the model made of it."""
    source, text = "  The cafe\u0301s 😀\n", "Die Cafés 😀."
    bytes_ = [f"<0x{byte:02X}>" for byte in "😀".encode()]
    answer = Alignment(
        ("▁The", "▁café", "s", "▁", *bytes_, "</s>"),
        ("▁Die", "▁Cafés", "▁", *bytes_, ".", "</s>"),
        (0, 1, 3, 4, 5, 6, 7, 7, None),
        text,
        -1.0,
    )
    passages = Passages(SETTINGS, [source], None)
    assert list(passages.rows()) == [source]
    (aligned,) = passages.finished(answer)
    assert isinstance(aligned, Alignment)
    assert aligned.source == source
    assert not aligned.truncated
    assert aligned.of_source(source + "He").truncated
    assert [source[slice(*span)] for span in aligned.source_spans if span] == [
        *("The", "cafe\u0301", "s", ""),
        *["😀"] * 4,
    ]
    assert aligned.source_spans[-1] is None
    assert aligned.target_spans == ((0, 3), (4, 9), (10, 10), *[(10, 11)] * 4, (11, 12), None)
    assert aligned.words == ((0, 0), (1, 1), (2, 2))
    assert aligned.word_spans == (((2, 5), (0, 3)), ((6, 12), (4, 9)), ((13, 14), (10, 12)))


def test_what_is_unmet_is_a_line_each() -> None:
    response = wire.PredictResponse()
    fill(response.outputs["translation"], "string", ["a", "b"])
    _floats(response, "score", [-1.0, -2.0])
    response.outputs["truncated"].dtype = wire.DT_BOOL
    response.outputs["truncated"].tensor_shape.dim.add(size=2)
    response.outputs["truncated"].bool_val.extend([False, True])
    fill(response.outputs["unmet"], "string", ["", "Hund\neine Katze"])
    first, second = answers(CONSTRAINED, response, 2)
    assert first.unmet == ()
    assert second.unmet == ("Hund", "eine Katze")
    assert second.truncated


def test_draws_of_sentences_are_joined_draw_by_draw() -> None:
    passage = split("One dog. Two dogs.", "en")
    parts = [
        Alternatives(("a1", "a2"), (-2.0, -1.0), truncated=False),
        Alternatives(("b1", "b2"), (-4.0, -1.0), truncated=True),
    ]
    joined = join_samples(passage, parts)
    assert joined.texts == ("a1 b1", "a2 b2")
    assert joined.scores[1] == pytest.approx(-1.0)
    assert joined.truncated


class _Refused(grpc.RpcError):
    """As a server refuses an unknown signature."""

    def code(self) -> grpc.StatusCode:
        return grpc.StatusCode.FAILED_PRECONDITION

    def details(self) -> str:
        return f'Serving signature key "{SAMPLE.name}" not found.'


def test_a_missing_signature_is_told_with_the_cure() -> None:
    error = explained(_Refused(), "host:8500", SETTINGS)
    assert isinstance(error, NoSignatureError)
    assert str(error).startswith(
        "the version of m that answers at host:8500 has no signature `sample`: ask one"
    )
    assert "export.signatures" in str(error)
    assert error.exit_code == 7
