"""What counts as kept, repaired, said and silent, and how it is shown."""

from __future__ import annotations

from benchmarks.gateway_texts import table, verdict_of
from tests.texts.made_texts import Sample

SAMPLE = Sample("Hello {name}", "text", ("{name}",))


def _answer(text: str, gave: str, *, kept: bool = True) -> dict[str, object]:
    return {"text": text, "notes": [{"stage": "protect", "took": "{name}", "gave": gave, "kept": kept}]}


def test_an_answer_is_judged_by_what_it_has_and_by_what_it_says() -> None:
    answers = [
        _answer("Hallo {name}", "copied"),
        _answer("Hallo {name}", "apart"),
        _answer("Hallo", "lost", kept=False),
        _answer("Hallo", "copied"),
    ]
    outcomes = [verdict_of(SAMPLE, answer) for answer in answers]
    assert [outcome.verdict for outcome in outcomes] == ["kept", "repaired", "said", "silent"]
    assert outcomes[-1].harm == ["{name} is lost"]
    assert table({"made": outcomes}).splitlines()[-1] == "| made, text | 4 | 1 | 1 | 1 | 1 | 0 |"
