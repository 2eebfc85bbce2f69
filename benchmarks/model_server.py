"""What a model server takes of a model's speed: clients over gRPC, with request batching, against the same
export in process.

So many clients ask a sentence each, and the next one when they are answered, as users of a server do; the
server, as `dragoman serve --batching` starts it, puts what has come into batches. In process no more
sentences are under way, either: the export, loaded as a server loads it and with its settings, gets them one
by one from as many callers, in a batch for each core, or all in one batch; what is fastest counts. Both have
all cores, the clients among them, and go strictly in turn.

    python -m benchmarks.model_server --models models
    python -m benchmarks.model_server --models models --clients 64
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple

from benchmarks.corpora import read_lines
from benchmarks.engines import Engine, in_batches
from benchmarks.gateway_calls import PredictCaller
from benchmarks.gateway_processes import ModelServerProcess, english_model, root_of, running
from benchmarks.latency import latency
from benchmarks.machine import circumstances, cores, facts, refuse_when_busy
from benchmarks.report import Panel, Report, add_options, tell
from benchmarks.turns import order
from serving.versions import versions

_SOURCES = Path(__file__).resolve().parents[2] / "shared" / "corpora" / "multi30k-en-de"
SERVER = "model server"


class Way(NamedTuple):
    """How an export is asked in process."""

    batch: int
    callers: int

    @property
    def name(self) -> str:
        """For the first cell."""
        callers = f"{self.callers} caller{'s' * (self.callers > 1)}"
        return f"in process, {callers}, {self.batch} a batch"


class Outcome(NamedTuple):
    """Of one way, all its turns: seconds for all sentences, seconds of each call."""

    turns: list[float]
    calls: list[float]

    def rate(self, sentences: int) -> float:
        """Sentences a second, the median of the turns."""
        return statistics.median(sentences / seconds for seconds in self.turns)


def ways(clients: int, machine_cores: int) -> tuple[Way, ...]:
    """All with `clients` sentences under way at most."""
    batches = (1, max(1, clients // machine_cores), clients)
    return tuple(Way(batch, clients // batch) for batch in dict.fromkeys(batches))


def main() -> None:
    """Measure, and print a table in Markdown."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--models", type=Path, required=True, help="a model root")
    parser.add_argument("--model", help="the first from English alone that there is, if not given")
    parser.add_argument("--source", type=Path, default=_SOURCES / "test_2016_flickr.en.gz")
    parser.add_argument("--backend", choices=["embedded", "binary"], default="embedded")
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--repetitions", type=int, default=5)
    add_options(parser)
    options = parser.parse_args()
    if not options.source.exists():
        sys.exit(f"{options.source} is missing: give --source")
    machine = facts(refuse_when_busy(options.busy))
    name = options.model or english_model(options.models)
    sentences = list(read_lines(options.source))
    with tempfile.TemporaryDirectory() as temporary:
        root = root_of(Path(temporary) / "models", options.models, name)
        outcomes = _measure(root, name, sentences, options)
    notes = (
        f"{name}, {len(sentences)} sentences, {options.clients} clients, {options.backend} server; "
        f"{circumstances(machine)}; {options.repetitions} repetitions in turn"
    )
    tell(as_report(outcomes, len(sentences), machine, notes), options.results)


def _measure(
    root: Path, name: str, sentences: Sequence[str], options: argparse.Namespace
) -> dict[str, Outcome]:
    """All ways in turn."""
    server = ModelServerProcess(root, options.backend)
    export = root / name / str(max(versions(root / name)))
    engines = {way: Engine.as_served(export, way.callers) for way in ways(options.clients, cores())}
    try:
        with running(server):
            clients = [PredictCaller(server.address, name) for _ in range(options.clients)]
            asking = {SERVER: partial(ask, clients, sentences)}
            asking |= {way.name: partial(_ask_engine, engines[way], way, sentences) for way in engines}
            outcomes = {way: Outcome([], []) for way in asking}
            names = list(asking)
            for number in range(-1, options.repetitions):
                for way in (names[place] for place in order(number, len(names))):
                    taken, calls = asking[way]()
                    if number >= 0:  # The first turn warms up.
                        outcomes[way].turns.append(taken)
                        outcomes[way].calls.extend(calls)
            for client in clients:
                client.close()
    finally:
        for engine in engines.values():
            engine.close()
    return outcomes


def _ask_engine(engine: Engine, way: Way, sentences: Sequence[str]) -> tuple[float, list[float]]:
    """As `ask`, in process."""
    answer = engine.answer(in_batches(sentences, way.batch, way.callers))
    return answer.seconds, answer.latencies


def ask(clients: Sequence[PredictCaller], sentences: Sequence[str]) -> tuple[float, list[float]]:
    """Seconds for all sentences and for each call; a client takes the next sentence when it is answered."""
    waiting, calls = iter(sentences), []

    def work(client: PredictCaller) -> None:
        for sentence in waiting:  # An iterator of a list: each is taken by one thread.
            began = time.perf_counter()
            client.translate(sentence)
            calls.append(time.perf_counter() - began)

    began = time.perf_counter()
    with ThreadPoolExecutor(len(clients)) as pool:
        for done in [pool.submit(work, client) for client in clients]:
            done.result()  # None may have failed.
    return time.perf_counter() - began, calls


def as_report(outcomes: dict[str, Outcome], sentences: int, machine: dict[str, object], notes: str) -> Report:
    """The table, its figures and plots; ratios are the server's rate over a way's."""
    rates = {way: outcome.rate(sentences) for way, outcome in outcomes.items()}
    ratios = {
        way: statistics.median(
            its / served for its, served in zip(outcome.turns, outcomes[SERVER].turns, strict=True)
        )
        for way, outcome in outcomes.items()
    }
    known = {way: latency(outcome.calls) for way, outcome in outcomes.items()}
    fastest = max((way for way in outcomes if way != SERVER), key=lambda way: rates[way])
    return Report(
        name="model_server",
        head=("way", "sentences/s", "model server / it", "ms a call, 50 / 95 / 99 %"),
        rows=[
            [
                way,
                f"{rate:,.1f}",
                "" if way == SERVER else f"{ratios[way]:.2f}" + " (the fastest)" * (way == fastest),
                known[way].milliseconds,
            ]
            for way, rate in rates.items()
        ],
        notes=notes,
        figures={
            **machine,
            "circumstances": notes,
            "ratio": ratios[fastest],
            "turns": {way: outcome.turns for way, outcome in outcomes.items()},
        },
        panels=[
            Panel("sentences/s", {"rate": list(rates.values())}),
            Panel(
                "ms that 95 % of the calls stay below", {"p95": [1000 * its.p95 for its in known.values()]}
            ),
        ],
    )


if __name__ == "__main__":
    main()
