"""The page: complete, self-contained, and safe whatever the texts say."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.attention import AligningHead, AttentionStudy, HeadFacts
from contracts.confidence import Bin, Confidence
from contracts.scores import DisturbedScores, Scores
from pipeline.steps.report.page import render, write
from pipeline.steps.report.sources import Folders, gather
from tests.examples import examples
from tests.pipeline.steps.evaluate import toy
from tests.pipeline.steps.report.conftest import FINISHED, HOSTILE, STARTED, config, scores

# Elements that have no end tag.
VOID = {"meta", "br", "hr", "img", "link", "input"}


class Document(HTMLParser):
    """Checks that every element is closed in its turn; keeps elements, attributes and text."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def page(folders: Folders, pushed: int | None = 4, refusal: str | None = None, name: str = "demo") -> str:
    return render(gather(config(name), folders, STARTED, FINISHED, pushed, refusal))


def test_it_is_well_formed_and_loads_nothing(folders: Folders) -> None:
    html = page(folders)
    document = Document(html)
    assert not re.search(r"(?i)https?:|//[a-z]|url\((?!#)|@import|src=", html)
    assert not {"script", "link", "iframe", "object", "base", "form", "img"} & set(document.tags)
    assert not [name for name, _ in document.attributes if name.startswith("on")]
    assert all(value.startswith("#") for name, value in document.attributes if name == "href" and value)


def test_it_says_what_happened_in_numbers(folders: Folders) -> None:
    text = Document(page(folders)).text
    for expected in (
        "demo",
        "en → de",
        "2026-01-02 03:04 UTC",
        "1 h 10 min",
        "Passed, and pushed as version 4",
        "why so",
        "33.8",
        "31.2",
        "+2.5",
        "95 %: +1.5 to +3.5; p = 0.031",
        "nrefs:1|tok:13a",
        "nrefs:1|nc:6",
        "4\u202f300",
        "of 4\u202f321 ingested",
        "empty side",
        "length ratio",
        "line 4, 17",
        "best dev BLEU",
        "27.5 at step 100",
        "9\u202f876 source+target tokens/s",
        "Satz zwei",
        "tensorflow",
        "batch_tokens",
        "length ≤ 10",
    ):
        assert expected in text, expected


def test_it_tells_what_each_head_looks_at_and_where_links_come_from(folders: Folders) -> None:
    assert "by head" not in Document(page(folders)).text
    heads = [
        HeadFacts(layer=0, head=number, entropy=2.345, distance=0.1234, importance=known, error_rate=0.456)
        for number, known in enumerate((0.0125, None))
    ]
    chosen = AligningHead(layer=0, head=1, ahead=True, by="aligner")
    study = AttentionStudy(sentences=64, heads=tuple(heads), aligning=chosen, error_rate=0.25)
    study.save(folders.trainings[""])
    html = page(folders)
    cells = [row.split("</td>") for row in re.findall(r'<tr[^>]*><td class="n">0</td>.*?</tr>', html)]
    values = [[cell.rpartition(">")[2] for cell in row[:-1]] for row in cells]
    assert values == [["0", "0", "2.35", "0.123", "0.013", "0.46"], ["0", "1", "2.35", "0.123", "–", "0.46"]]
    text = Document(html).text
    assert "align goes by head 1 of layer 0, one step later (closest to an aligner on dev pairs)" in text
    assert "error rate 0.25" in text
    # Without an aligner there is no rate; what cannot be read is told, and the training shown.
    plain = study.model_copy(update={"aligning": None, "error_rate": None})
    bare = tuple(head.model_copy(update={"error_rate": None}) for head in heads)
    plain.model_copy(update={"heads": bare}).save(folders.trainings[""])
    assert "rror rate" not in Document(page(folders)).text
    (folders.trainings[""] / "attention.json").write_text("{}")
    text = Document(page(folders)).text
    assert "Attention could not be shown" in text
    assert "27.5 at step 100" in text


def test_a_difference_whose_interval_holds_zero_is_not_significant_whatever_its_p_value(
    folders: Folders,
) -> None:
    assert folders.scores is not None
    scores(against=33.5).save(folders.scores)
    assert "95 %: −0.8 to +1.2, not significant; p = 0.031" in Document(page(folders)).text


def test_hostile_text_is_shown_and_does_nothing(folders: Folders) -> None:
    html = page(folders)
    text = Document(html).text
    assert '<script>alert("x")</script>' in text
    assert "<script" not in html
    assert "{{ 7 * 7 }}" in text
    assert "\x00" not in html
    assert "\x1b" not in html
    assert html.count("</style>") == 1


def test_texts_of_either_direction_find_their_own(folders: Folders) -> None:
    html = page(folders)
    assert re.search(r'<div class="text" dir="auto">[^<]*مرحبا', html)


def test_figures_take_the_pages_colours_and_share_no_name(folders: Folders) -> None:
    html = page(folders)
    assert html.count("<svg") == 3
    assert "var(--accent)" in html
    assert not re.search(r"#0[1-9a][0-9a-f]{4}", html)
    identifiers = re.findall(r' id="([^"]*)"', html)
    assert len(identifiers) == len(set(identifiers))


def test_a_refused_candidate_has_its_page(folders: Folders) -> None:
    reason = "BLEU 18.2 is below the floor 20.0"
    assert folders.scores is not None
    scores(blessed=False, reasons=(reason,)).save(folders.scores)
    text = Document(page(folders, pushed=None)).text
    assert "Refused by the gate, not pushed" in text
    assert reason in text


def test_a_candidate_that_the_serving_check_refused_has_its_page(folders: Folders) -> None:
    text = Document(page(folders, pushed=None, refusal="no server <b>loaded</b> it")).text
    assert "Not pushed" in text
    assert "no server <b>loaded</b> it" in text


def test_a_first_run_has_no_baseline(folders: Folders) -> None:
    assert folders.scores is not None
    scores(against=None).save(folders.scores)
    text = Document(page(folders)).text
    assert "no version served before" in text
    assert "version 3" not in text


# What only this part brings to the page.
PARTS = {
    "ingested": ("empty side", "a.en.gz"),
    "cleaning": ("length ratio", "references changed", "encoding repaired"),
    "training": ("best dev BLEU", "27.5 at step 100"),
    "scores": ("nrefs:1|tok:13a", "Koehn 2004", "why so"),
    "translations": ("Satz zwei", "Drawn by chance"),
}


LACKING: dict[str, dict[str, Any]] = {"training": {"trainings": {}}}


@pytest.mark.parametrize("part", PARTS)
def test_any_part_may_be_missing_and_the_others_are_shown(folders: Folders, part: str) -> None:
    text = Document(page(replace(folders, **LACKING.get(part, {part: None})))).text
    missing = {name for name, said in PARTS.items() if not any(words in text for words in said)}
    whole = {name for name, said in PARTS.items() if all(words in text for words in said)}
    assert missing == {part}
    assert whole == PARTS.keys() - {part}
    assert "could not be shown" not in text


def test_nothing_at_all_is_still_a_page() -> None:
    assert "No verdict" in Document(page(Folders(), pushed=None)).text


def test_a_part_that_cannot_be_read_is_a_note(folders: Folders) -> None:
    (folders.trainings[""] / "run" / "history.json").write_text("{")
    assert folders.scores is not None
    (folders.scores / "scores.json").write_text('{"verdict": 1}')
    text = Document(page(folders)).text
    assert "The training's history could not be shown" in text
    assert "The scores could not be shown" in text
    assert "4\u202f300" in text


def test_attention_is_drawn_from_the_model(folders: Folders, tmp_path: Path) -> None:
    model = toy.export({"Sentence one": "Satz eins"}, tmp_path / "model")
    html = page(replace(folders, model=model))
    document = Document(html)
    assert document.tags.count("details") >= 3
    assert 'class="heat' in html
    assert '<th scope="row" dir="auto">eins</th>' in html


def test_a_model_without_attention_is_a_note(folders: Folders, tmp_path: Path) -> None:
    html = page(replace(folders, model=tmp_path / "nothing"))
    assert "Attention could not be shown: no SavedModel" in Document(html).text


def test_what_disturbs_and_how_sure_scores_are_is_shown_as_picture_and_as_data(
    folders: Folders, tmp_path: Path
) -> None:
    assert folders.scores is not None
    lost = DisturbedScores(
        disturbance="upper-case", sentences=497, bleu=21.5, chrf=40, undisturbed_bleu=30.75,
        undisturbed_chrf=55, max_drop=3,
    )  # fmt: skip
    Scores.load(folders.scores).model_copy(update={"disturbed": (lost,)}).save(folders.scores)
    bins = (Bin(confidence=0.25, good=0.375, sentences=40), Bin(confidence=0.75, good=0.625, sentences=60))
    confidence = Confidence(
        good_chrf=60, sentences=100, good=0.5, slope=1, offset=1, error=0.1, reliability=bins
    )
    model = tmp_path / "model" / "Format-Serving"
    confidence.save(model / "assets.extra")
    (model / "saved_model.pb").write_bytes(b"")
    html = page(replace(folders, model=tmp_path / "model"))
    text = Document(html).text
    assert "upper-case" in text
    assert all(number in text for number in ("497", "21.5", "30.8", "−9.2"))
    assert "chance of a chrF of 60 or more" in text
    assert "Reliability of the confidence" in html
    assert all(number in text for number in ("0.25", "0.38", "0.75", "0.62"))


def test_it_is_written_where_it_is_asked_for(folders: Folders, tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "report.html"
    write(gather(config(), folders, STARTED, FINISHED, 4, None), path)
    assert path.read_text(encoding="utf-8").startswith("<!doctype html>")


@examples(40)
@given(text=st.text(min_size=1, max_size=60))
def test_any_text_makes_a_well_formed_page(text: str) -> None:
    content = gather(config(), Folders(), STARTED, FINISHED, None, text)
    document = Document(render(replace(content, notes=(text, HOSTILE), configuration=text)))
    assert "script" not in document.tags
