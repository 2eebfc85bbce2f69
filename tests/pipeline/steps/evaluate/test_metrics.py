"""The TFMA metrics are sacreBLEU's corpus scores to the last bit, however Beam merges."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import sacrebleu
from hypothesis import given
from hypothesis import strategies as st
from tensorflow_model_analysis.metrics import metric_types
from tensorflow_model_analysis.proto import config_pb2

from pipeline.errors import ConfigurationError
from pipeline.examples.text import as_text
from pipeline.steps.evaluate.metrics import Chrf, SacreBleu, SumOfStatistics
from pipeline.steps.evaluate.scoring import CorpusMetric
from tests.examples import examples

TOKENIZERS = ["13a", "zh", "char", "intl", "none"]

# Few words, so that hypothesis and reference share n-grams; and anything that UTF-8 can hold.
words = st.sampled_from(
    ["the", "cat", "sat", "Häuser", "猫", "在", "house.", "3,5", "!", "\u202e", "🏠", "$", "\x00", "&amp;"]
)
sentences = st.one_of(
    st.lists(words, max_size=12).map(" ".join),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
)
corpora = st.lists(st.tuples(sentences, sentences), min_size=1, max_size=12)


def combiner(metric: metric_types.Metric) -> SumOfStatistics:
    """The CombineFn that TFMA would use."""
    spec = config_pb2.ModelSpec(label_key="target", prediction_key="candidate")
    (computation,) = metric.computations(eval_config=config_pb2.EvalConfig(model_specs=[spec]))
    return computation.combiner


def inputs(hypothesis: str, reference: str) -> metric_types.StandardMetricInputs:
    """One example, as TFMA hands it over."""
    return metric_types.StandardMetricInputs(
        label=np.array([reference.encode()], dtype=object),
        prediction=np.array([hypothesis.encode()], dtype=object),
    )


def score(combine: SumOfStatistics, parts: Sequence[Sequence[tuple[str, str]]]) -> float:
    """The metric of a corpus that came in parts."""
    accumulators = []
    for part in parts:
        accumulator = combine.create_accumulator()
        for pair in part:
            accumulator = combine.add_input(accumulator, inputs(*pair))
        accumulators.append(accumulator)
    (value,) = combine.extract_output(combine.merge_accumulators(accumulators)).values()
    assert isinstance(value, float)
    return value


@pytest.mark.parametrize("tokenize", TOKENIZERS)
@examples(40)
@given(corpus=corpora)
def test_bleu_is_sacrebleus(tokenize: str, corpus: list[tuple[str, str]]) -> None:
    hypotheses, references = zip(*corpus, strict=True)
    expected = sacrebleu.corpus_bleu(list(hypotheses), [list(references)], tokenize=tokenize, force=True)
    assert score(combiner(SacreBleu(tokenize=tokenize)), [corpus]) == expected.score


@examples(60)
@given(corpus=corpora)
def test_chrf_is_sacrebleus(corpus: list[tuple[str, str]]) -> None:
    hypotheses, references = zip(*corpus, strict=True)
    expected = sacrebleu.corpus_chrf(list(hypotheses), [list(references)])
    assert score(combiner(Chrf()), [corpus]) == expected.score


@pytest.mark.parametrize("metric", [SacreBleu(), Chrf()])
@examples(40)
@given(corpus=corpora, cuts=st.tuples(st.integers(0, 12), st.integers(0, 12)))
def test_merging_in_any_order_gives_the_same(
    metric: metric_types.Metric, corpus: list[tuple[str, str]], cuts: tuple[int, int]
) -> None:
    low, high = sorted(cuts)
    parts = [corpus[:low], corpus[low:high], corpus[high:]]
    combine = combiner(metric)
    whole = score(combine, [corpus])
    assert score(combine, parts) == whole
    assert score(combine, parts[::-1]) == whole
    assert score(combine, [part[::-1] for part in parts]) == whole


def test_an_accumulator_is_not_changed_by_another() -> None:
    combine = combiner(SacreBleu())
    empty = combine.create_accumulator()
    combine.add_input(empty, inputs("the cat", "the cat"))
    assert not empty.any()


@pytest.mark.parametrize(
    ("hypotheses", "references"),
    [([""], [""]), (["", ""], ["a b c d", "e"]), (["a b c d", "e"], ["", ""]), ([" "], ["\n"])],
)
def test_empty_sides(hypotheses: list[str], references: list[str]) -> None:
    corpus = list(zip(hypotheses, references, strict=True))
    bleu = sacrebleu.corpus_bleu(hypotheses, [references])
    assert score(combiner(SacreBleu()), [corpus]) == bleu.score
    assert score(combiner(Chrf()), [corpus]) == sacrebleu.corpus_chrf(hypotheses, [references]).score


def test_no_sentence_scores_zero() -> None:
    assert score(combiner(SacreBleu()), [[]]) == 0.0
    assert score(combiner(Chrf()), [[]]) == 0.0


def test_the_signature_names_the_tokenizer() -> None:
    assert CorpusMetric("bleu", "zh").signature == (
        f"nrefs:1|case:mixed|eff:no|tok:zh|smooth:exp|version:{sacrebleu.__version__}"
    )


def test_an_unknown_tokenizer_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(**_: object) -> None:
        raise RuntimeError("Please install mecab-python3")

    monkeypatch.setattr("pipeline.steps.evaluate.scoring.BLEU", missing)
    with pytest.raises(ConfigurationError, match=r"mecab-python3.*evaluation\.tokenize"):
        CorpusMetric("bleu", "ja-mecab").statistics("a", "a")


def test_bytes_that_are_no_utf8_are_replaced() -> None:
    assert as_text(b"a\xffb") == "a\ufffdb"
