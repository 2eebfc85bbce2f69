"""sacreBLEU's corpus metrics, taken apart: statistics of one sentence, and the score of their sum.

BLEU (Papineni et al. 2002, as reported by Post 2018, arXiv 1804.08771) and chrF (Popović 2015) are
functions of counts that add up over sentences. sacreBLEU computes the counts and the score; it has no
public name for the two steps, so this file is the only one that uses its inner ones. The locks pin
the version.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from sacrebleu.metrics import BLEU, CHRF
from sacrebleu.metrics.base import Metric

from pipeline.config import EvaluationConfig
from pipeline.errors import ConfigurationError

MetricName = Literal["bleu", "chrf"]
METRIC_NAMES: tuple[MetricName, ...] = ("bleu", "chrf")


@dataclass(frozen=True)
class CorpusMetric:
    """A corpus metric with its settings; hashable, so that its sacreBLEU object is made once per process."""

    name: MetricName
    tokenize: str = "13a"  # BLEU only; chrF counts characters

    @property
    def signature(self) -> str:
        """sacreBLEU's signature: what someone else needs to reproduce the number."""
        metric = _sacrebleu(self)
        metric.corpus_score(["a"], [["a"]])  # the signature knows the number of references only after a score
        return str(metric.get_signature())

    @property
    def width(self) -> int:
        """Length F of a sentence's statistics."""
        return len(self.statistics("", ""))

    def statistics(self, hypothesis: str, reference: str) -> tuple[int, ...]:
        """Counts of one sentence [F]: lengths and matches for BLEU, n-gram totals and matches for chrF."""
        return _statistics(self, hypothesis, reference)

    def score(self, statistics: Sequence[int]) -> float:
        """The score, 0 to 100, of summed statistics [F]."""
        return float(_sacrebleu(self)._compute_score_from_stats(list(statistics)).score)

    def matrix(self, hypotheses: Sequence[str], references: Sequence[str]) -> np.ndarray:
        """Statistics of a corpus of N sentences, [N, F] int64."""
        rows = [self.statistics(h, r) for h, r in zip(hypotheses, references, strict=True)]
        return np.asarray(rows, dtype=np.int64).reshape(len(rows), self.width)


@lru_cache(maxsize=8)
def _sacrebleu(metric: CorpusMetric) -> Metric:
    if metric.name == "chrf":
        return CHRF()
    try:
        # force: no advice on standard error about text that looks tokenized.
        return BLEU(tokenize=metric.tokenize, force=True)
    except (RuntimeError, ImportError) as error:
        raise ConfigurationError(
            f"sacreBLEU cannot make its tokenizer `{metric.tokenize}` ({error}): install the package it "
            "names, or choose another `evaluation.tokenize`"
        ) from error


@lru_cache(maxsize=1 << 14)
def _statistics(metric: CorpusMetric, hypothesis: str, reference: str) -> tuple[int, ...]:
    """Kept: the gate, for every slice, the bootstrap and the report ask of the same sentences, and counting
    takes longer than all that they do with the counts.
    """
    return tuple(_sacrebleu(metric)._extract_corpus_statistics([hypothesis], [[reference]])[0])


def sentence_chrf(hypothesis: str, reference: str) -> float:
    """chrF of one sentence: the usual choice for ranking single sentences, where BLEU has too few n-grams."""
    metric = CorpusMetric("chrf")
    return metric.score(metric.statistics(hypothesis, reference))


def corpus_metrics(config: EvaluationConfig) -> dict[MetricName, CorpusMetric]:
    """The metrics of a run."""
    return {name: CorpusMetric(name, config.tokenize if name == "bleu" else "13a") for name in METRIC_NAMES}
