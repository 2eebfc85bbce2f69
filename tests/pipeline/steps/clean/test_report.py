"""Reports of shards add up."""

from pipeline.steps.clean.report import EXAMPLES_KEPT, CleaningReport, Rejection, count, merged
from texts.cleaning.scores.base import TextBatch, TextPair


def _report(corpus: str, pairs: int) -> CleaningReport:
    report = CleaningReport()
    for line in range(1, pairs + 1):
        count(report.before, "train", [corpus])
        report.lengths_before.add(TextBatch.of(TextPair("a b", "c " * 300, "en", "de")))
        report.rejected.setdefault("numbers differ", Rejection()).add(corpus, line, "s" * 999, "t")
    return report


def test_merged() -> None:
    whole = merged([_report("one", 2), _report("two", 7)])
    assert whole.before == {"train": {"one": 2, "two": 7}}
    assert whole.total("train", after=False) == 9
    assert whole.total("train") == 0
    rejection = whole.rejected["numbers differ"]
    assert (rejection.count, rejection.by_corpus) == (9, {"one": 2, "two": 7})
    assert [(e.corpus, e.line) for e in rejection.examples] == [
        ("one", 1),
        ("one", 2),
        ("two", 1),
        ("two", 2),
        ("two", 3),
    ]
    assert len(rejection.examples) == EXAMPLES_KEPT
    assert len(rejection.examples[0].source) == 300
    assert whole.lengths_before.source_words.counts[0] == 9
    assert whole.lengths_before.target_words.counts[-1] == 9
    assert CleaningReport() == CleaningReport.model_validate_json(CleaningReport().model_dump_json())
    assert sum(CleaningReport().lengths_before.source_words.counts) == 0
