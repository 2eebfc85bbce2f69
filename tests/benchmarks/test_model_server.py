"""The model server beside the same export in process: how both are asked, and what is said of it."""

from __future__ import annotations

import threading

from benchmarks.model_server import SERVER, Outcome, Way, as_report, ask, ways


class _Caller:
    """Remembers what it was asked, and by how many at once."""

    asked: list[str]
    together: threading.Barrier

    def translate(self, sentence: str) -> str:
        self.together.wait(timeout=30)  # Answers only while all clients are asking.
        self.asked.append(sentence)
        return sentence


def test_no_way_has_more_sentences_under_way_than_there_are_clients() -> None:
    assert ways(16, 2) == (Way(1, 16), Way(8, 2), Way(16, 1))
    assert ways(1, 2) == (Way(1, 1),)


def test_each_sentence_is_asked_once_and_all_clients_ask_at_once() -> None:
    caller = _Caller()
    caller.asked, caller.together = [], threading.Barrier(4)
    sentences = [str(number) for number in range(40)]
    seconds, calls = ask([caller] * 4, sentences)  # type: ignore[list-item]
    assert sorted(caller.asked) == sorted(sentences)
    assert len(calls) == 40
    assert seconds >= max(calls)


def test_the_server_is_set_against_the_fastest_way() -> None:
    outcomes = {
        SERVER: Outcome([2.0, 4.0], [0.1]),
        "slow": Outcome([4.0, 8.0], [0.2]),
        "fast": Outcome([1.0, 3.0], [0.3]),
    }
    report = as_report(outcomes, 12, {}, "a processor")
    assert report.figures["ratio"] == 0.625  # (1/2 + 3/4) / 2
    assert "| slow | 2.2 | 2.00 | 200.0 / 200.0 / 200.0 |" in report.markdown
    assert "| fast | 8.0 | 0.62 (the fastest) |" in report.markdown
