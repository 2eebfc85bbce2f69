"""Cleaner under the LocalDagRunner."""

from pathlib import Path

import pytest
import sacrebleu

from contracts.kinds import FOLDERS, add_folders
from pipeline.errors import DataError
from pipeline.examples.spans import find_spans
from pipeline.steps.clean.report import Changes, CleaningReport, read_cleaning_report
from tests.pipeline.steps.runs import artifacts, cleaned, config, examples, pair_corpus, run
from texts.normalisation import normalise

DEV = [
    ("held out  sentence", "x" * 200),
    ("It&apos;s late\u00a0&amp; cold.", "Es ist spa\u0308t &amp; kalt."),
]
TEST = [("test sentence", "test sentence"), ("3 dogs", "4 Hunde"), ("a coffee", "schÃ¶n Cafe\u0301")]
FIRST = [
    ("A house.", "Ein Haus."),
    ("Same text", "Same text"),
    ("A house.", "Ein Haus."),
    ("held out sentence", "etwas"),
    ("three 3 dogs", "drei 4 Hunde"),
    ("привет мир", "Hallo Welt"),
    ("It is schÃ¶n &amp; so", "Es ist schön & so"),
    ("short", "viel zu lang " * 10),
    ("word " * 151, "Wort " * 151),
    ("\u200c\x07", "nichts"),
]
SECOND = [("A  house.", "Ein Haus."), ("A house.", "Das Haus."), ("A tree.", "Ein Baum.")]


def _report(root: Path) -> CleaningReport:
    return read_cleaning_report(str(artifacts(root, "Cleaner", "cleaning_report")[-1]))


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clean")
    corpora = [
        pair_corpus(folder, "first", train=FIRST, dev=DEV, test=TEST),
        pair_corpus(folder, "second", train=SECOND),
    ]
    run(config(*corpora), folder / "root", clean=True, validate=True)
    return folder / "root"


def test_what_is_kept_is_repaired_and_in_order(root: Path) -> None:
    assert [(pair.source.decode(), pair.target.decode(), pair.line) for pair in cleaned(root, "train")] == [
        ("A house.", "Ein Haus.", 1),
        ("It is schön & so", "Es ist schön & so", 7),
        ("A house.", "Das Haus.", 2),
        ("A tree.", "Ein Baum.", 3),
    ]


def test_dev_and_test_are_normalised_and_repaired_as_train_is_and_never_filtered(root: Path) -> None:
    assert [(pair.source.decode(), pair.target.decode()) for pair in cleaned(root, "dev")] == [
        ("held out sentence", "x" * 200),
        ("It's late & cold.", "Es ist spät & kalt."),
    ]
    assert [(pair.source.decode(), pair.target.decode()) for pair in cleaned(root, "test")] == [
        ("test sentence", "test sentence"),
        ("3 dogs", "4 Hunde"),
        ("a coffee", "schön Café"),
    ]
    report = _report(root)
    assert report.changed["dev"] == Changes(sources=2, targets=1, repaired=0)
    assert report.changed["test"] == Changes(sources=0, targets=1, repaired=1)


def test_a_perfect_translation_scores_100(root: Path) -> None:
    """Whatever the corpus writes accents and entities with: the model learns, and is asked, one spelling."""
    references = [pair.target.decode() for split in ("dev", "test") for pair in cleaned(root, split)]
    perfect = ["x" * 200, "Es ist spät & kalt.", "test sentence", "4 Hunde", "schön Café"]
    assert sacrebleu.corpus_bleu(perfect, [references]).score == pytest.approx(100)


def test_report_counts_every_reason(root: Path) -> None:
    report = _report(root)
    assert {reason: rejection.count for reason, rejection in report.rejected.items()} == {
        "identical sides": 1,
        "duplicate": 2,
        "source also in dev or test": 1,
        "numbers differ": 1,
        "source in another script": 1,
        "length ratio": 1,
        "too many words": 1,
        "nothing visible": 1,
    }
    assert report.before["train"] == {"first": 10, "second": 3}
    assert report.after["train"] == {"first": 2, "second": 2}
    assert report.rejected["duplicate"].by_corpus == {"first": 1, "second": 1}
    assert report.rejected["numbers differ"].examples[0].source == "three 3 dogs"
    assert report.changed["train"] == Changes(sources=1, targets=0, repaired=1)
    assert sum(report.lengths_before.source_words.counts) == 13
    assert sum(report.lengths_after.target_characters.counts) == 4


def test_the_same_lines_in_several_spans_are_other_pairs(tmp_path: Path) -> None:
    pairs = [(f"The {word} house.", f"Das {word} Haus.") for word in "abcdefgh"]
    spans = {1: pairs[:5], 2: [*pairs[5:], *pairs[:5]]}
    for span, there in spans.items():
        text = "".join(f"{source}\t{target}\n" for source, target in there)
        (tmp_path / f"news-{span}.tsv").write_text(text, encoding="utf-8")
    news = {"name": "news", "format": "tsv", "train": str(tmp_path / "news-{SPAN}.tsv")}
    fixed = pair_corpus(tmp_path, "fixed", dev=DEV, test=TEST)
    spanned = config(news, fixed, spans={"window": 2})
    run(spanned, tmp_path / "root", clean=True, parts=find_spans(spanned).parts(spanned, (1, 2)))
    kept = [(pair.source.decode(), pair.line) for pair in cleaned(tmp_path / "root", "train")]
    # Of a pair that is in both spans, the one in the earlier span.
    assert kept == [
        (source, line) for there in (pairs[:5], pairs[5:]) for line, (source, _) in enumerate(there, 1)
    ]
    duplicates = _report(tmp_path / "root").rejected["duplicate"]
    assert (duplicates.count, duplicates.by_corpus) == (5, {"news": 5})
    assert [example.line for example in duplicates.examples] == [4, 5, 6, 7, 8][: len(duplicates.examples)]


def test_switched_off(tmp_path: Path) -> None:
    off = {
        "repair_unicode": False,
        "max_words": None,
        "max_word_characters": None,
        "max_length_ratio": None,
        "drop_identical": False,
        "drop_duplicates": False,
        "min_script_share": None,
        "match_numbers": False,
        "drop_other_language": False,
    }
    corpus = pair_corpus(tmp_path, train=FIRST[:-1], dev=[("d", "d")], test=TEST)
    run(config(corpus, cleaning=off), tmp_path / "root", clean=True)
    # But for what requests go through, too.
    expected = [
        (normalise(pair.source.decode()), normalise(pair.target.decode()))
        for pair in examples(tmp_path / "root", "train")
    ]
    kept = [(pair.source.decode(), pair.target.decode()) for pair in cleaned(tmp_path / "root", "train")]
    assert kept == expected
    assert "It is schÃ¶n & so" in dict(kept)


def test_everything_rejected(tmp_path: Path) -> None:
    corpus = pair_corpus(tmp_path, train=[("a", "a"), ("привет мир", "Hallo")], dev=DEV, test=TEST)
    with pytest.raises(
        DataError, match=r"rejected all 2 pairs.*identical sides: 1, source in another script: 1"
    ):
        run(config(corpus), tmp_path / "root", clean=True)


def test_a_swapped_corpus_stops_the_run(tmp_path: Path) -> None:
    pairs = [(f"Der kleine Hund Nummer {n} schläft.", f"The small dog number {n} sleeps.") for n in range(20)]
    corpus = pair_corpus(tmp_path, train=pairs, dev=DEV, test=TEST)
    with pytest.raises(DataError, match=r"corpus `c`, split `train`: the sides are swapped"):
        run(config(corpus), tmp_path / "root", clean=True)


SCORE = """
from texts.cleaning.scores.base import Score


class Dots(Score):
    reasons = ("dots on the source",)
    threshold = 2

    def measure(self, pair):
        return (pair.source.count("."),)


SCORE = Dots()
"""


def test_a_score_that_a_user_adds_rejects_pairs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDERS, "")
    (tmp_path / "cleaning_scores").mkdir()
    (tmp_path / "cleaning_scores" / "max_dots.py").write_text(SCORE)
    add_folders([tmp_path])
    train = [("A house.", "Ein Haus."), ("A tree ...", "Ein Baum ..."), ("A dog ..", "Ein Hund ..")]
    corpus = pair_corpus(tmp_path, train=train, dev=DEV, test=TEST)
    run(config(corpus, cleaning={"max_dots": True}), tmp_path / "root", clean=True)
    assert _report(tmp_path / "root").rejected["dots on the source"].count == 1
    run(config(corpus, cleaning={"max_dots": 1}), tmp_path / "root", clean=True)
    assert [pair.line for pair in cleaned(tmp_path / "root", "train")] == [1]
