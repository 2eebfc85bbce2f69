"""How the load on a gateway is made, and what is said of it."""

from __future__ import annotations

from itertools import islice

import pytest

from benchmarks.gateway_calls import sentences
from benchmarks.gateway_load import BY_HTTP, PREDICT, answers_a_second, in_turn, overhead
from benchmarks.gateway_overload import Overload


class _Caller:
    """Remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def translate(self, sentence: str) -> str:
        self.asked.append(sentence)
        return sentence

    def close(self) -> None:
        pass


def test_sentences_are_the_same_for_everybody_and_hardly_any_comes_twice() -> None:
    first, again = (list(islice(sentences(1), 300)) for _ in range(2))
    assert first == again
    assert len(set(first)) > 290


def test_each_sentence_is_asked_by_every_way_in_turn() -> None:
    ways = {PREDICT: _Caller(), BY_HTTP: _Caller()}
    taken = in_turn(ways, rounds=3)  # type: ignore[arg-type]
    assert [len(values) for values in taken.values()] == [3, 3]
    assert ways[PREDICT].asked == ways[BY_HTTP].asked


def test_who_is_asked_first_changes_about() -> None:
    class Named(_Caller):
        def __init__(self, name: str, log: list[str]) -> None:
            self.name, self.log = name, log

        def translate(self, sentence: str) -> str:
            self.log.append(self.name)
            return sentence

    log: list[str] = []
    in_turn({name: Named(name, log) for name in ("a", "b", "c")}, rounds=0)  # type: ignore[arg-type]
    assert log[:6] == ["c", "b", "a", "a", "b", "c"]


def test_what_the_gateway_costs_is_told_sentence_by_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    taken = {PREDICT: [0.010, 0.100, 0.050], BY_HTTP: [0.012, 0.103, 0.051]}
    assert overhead(taken)[BY_HTTP]["above"] == pytest.approx(2.0)
    assert overhead(taken)[BY_HTTP]["p50"] == pytest.approx(51.0)
    assert capsys.readouterr().out.count(" | 2.00 |\n") == 2


def test_a_client_that_fails_is_no_answer_a_second() -> None:
    class Failing(_Caller):
        def translate(self, sentence: str) -> str:
            raise RuntimeError(f"503 of {sentence}")

    with pytest.raises(RuntimeError, match="503 of"):
        answers_a_second(Failing, clients=2, seconds=0.01, settling=0.0)  # type: ignore[arg-type]


def test_memory_is_compared_after_the_warm_up() -> None:
    memory = [(float(at), 100 if at < 20 else 200 if at < 90 else 203) for at in range(101)]
    report = Overload(50.0, 3, 0, {200: 2, 503: 1}, [], 0, 1.5, memory)
    assert report.growth == pytest.approx(0.015)
    assert "2 × 200, 1 × 503; unanswered: 0" in report.summary()
