"""What the gateway costs beside TensorFlow Serving's Predict, and how it bears more than it can do.

    python -m benchmarks.gateway_load --models models        # milliseconds of a sentence, answers a second
    python -m benchmarks.gateway_load --models models --minutes 10      # and at twice what it can do
    python -m benchmarks.gateway_load --accidents            # kill -9 under 32 clients, on the toy

Without `--models` the model is a toy of string operations. The model server has the first half of the cores,
gateway and clients the other, as on machines of their own; `--shared`: all have all of them.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks import gateway_accidents, gateway_overload
from benchmarks.gateway_calls import (
    Caller,
    GrpcCaller,
    HttpCaller,
    PredictCaller,
    Shared,
    sentences,
)
from benchmarks.gateway_processes import (
    TOY,
    GatewayProcess,
    ModelServerProcess,
    english_model,
    root_of,
    running,
)
from benchmarks.latency import latency
from benchmarks.machine import processor, refuse_when_busy
from benchmarks.turns import order

CLIENTS = 64
PREDICT, BY_HTTP, BY_GRPC = "Predict", "gateway, HTTP", "gateway, gRPC"
_WARM_UP = 50
_TURNS = 3


def in_turn(callers: Mapping[str, Caller], rounds: int) -> dict[str, list[float]]:
    """Seconds of so many sentences, each by every way, one after the other, forwards and backwards."""
    asked, ways = sentences(seed=1), list(callers)
    taken: dict[str, list[float]] = {way: [] for way in callers}
    for number in range(_WARM_UP + rounds):
        sentence = next(asked)
        for place in order(number, len(ways)):
            way = ways[place]
            began = time.perf_counter()
            callers[way].translate(sentence)
            if number >= _WARM_UP:
                taken[way].append(time.perf_counter() - began)
    return taken


def answers_a_second(
    make: Callable[[], Caller], clients: int, seconds: float, *, seed: int = 1, settling: float = 1.0
) -> float:
    """Of so many clients, each of which asks again when it is answered; what comes in the first seconds
    (`settling`) does not count.
    """
    asked, done, ended = Shared(sentences(seed)), [0] * clients, threading.Event()

    def ask(client: int) -> None:
        caller = make()
        try:
            while not ended.is_set():
                caller.translate(next(asked))
                done[client] += 1
        finally:
            caller.close()

    with ThreadPoolExecutor(clients) as pool:
        asking = [pool.submit(ask, client) for client in range(clients)]
        ended.wait(settling)
        before, began = sum(done), time.perf_counter()
        ended.wait(seconds)
        rate = (sum(done) - before) / (time.perf_counter() - began)
        ended.set()
    for future in asking:
        future.result()  # Nobody may have failed.
    return rate


def overhead(taken: Mapping[str, list[float]]) -> dict[str, dict[str, float]]:
    """Milliseconds of each way, of seconds as `in_turn` gives them: printed, and as they are kept."""
    print("| one sentence | p50 ms | p95 ms | p99 ms | above Predict, p50 |\n| --- | --- | --- | --- | --- |")
    said = {}
    for way, values in taken.items():
        known = latency(values)
        p50, p95, p99 = (1000 * seconds for seconds in (known.p50, known.p95, known.p99))
        # Sentence by sentence: long ones take several times what short ones do, and each way has them all.
        above = 1000 * statistics.median(its - base for its, base in zip(values, taken[PREDICT], strict=True))
        said[way] = {"p50": p50, "p95": p95, "p99": p99, "above": above}
        print(f"| {way} | {p50:.2f} | {p95:.2f} | {p99:.2f} | {'' if way == PREDICT else f'{above:.2f}'} |")
    return said


def _throughput(makes: Mapping[str, Callable[[], Caller]], seconds: float) -> dict[str, Any]:
    rates: dict[str, list[float]] = {way: [] for way in makes}
    ways = list(makes)
    for turn in range(_TURNS):
        for place in order(turn, len(ways)):
            way = ways[place]
            rates[way].append(answers_a_second(makes[way], CLIENTS, seconds, seed=turn))
    print(f"\n| {CLIENTS} clients | answers a second, in turn | share of Predict |\n| --- | --- | --- |")
    for way, values in rates.items():
        share = statistics.median(values) / statistics.median(rates[PREDICT])
        print(f"| {way} | {', '.join(f'{value:.0f}' for value in values)} | {share:.0%} |")
    return dict(rates)


def _phases(url: str, rounds: int) -> dict[str, float]:
    """The median milliseconds of each phase, as answers tell them."""
    asked, caller = sentences(seed=2), HttpCaller(url)
    by_name: dict[str, list[float]] = {}
    for _ in range(rounds):
        reply = caller.post("/v1/translate", texts=[next(asked)], target="de")
        for phase, spent in reply.body["milliseconds"].items():
            by_name.setdefault(phase, []).append(spent)
    caller.close()
    medians = {phase: statistics.median(values) for phase, values in by_name.items()}
    print("\nby phase, ms: " + ", ".join(f"{phase} {spent:.2f}" for phase, spent in medians.items()))
    return medians


def _halves(shared: bool) -> tuple[set[int], set[int]]:
    """Cores of the model server, and of all others."""
    cores = sorted(os.sched_getaffinity(0))
    if shared or len(cores) < 2:
        return set(cores), set(cores)
    return set(cores[: len(cores) // 2]), set(cores[len(cores) // 2 :])


def _measured(arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    name = arguments.model or (english_model(arguments.models) if arguments.models else TOY)
    root = root_of(folder / "models", arguments.models, name)
    server = ModelServerProcess(root, arguments.backend)
    settings = {"address": server.address, "model_root": str(root)}
    plain = GatewayProcess(folder / "plain", **settings, cache_characters=0)
    its, ours = _halves(arguments.shared)
    os.sched_setaffinity(0, its)
    said: dict[str, Any] = {"model": name}
    with running(server):
        os.sched_setaffinity(0, ours)
        print(f"{name}, model server on cores {sorted(its)}, gateway and clients on {sorted(ours)}\n")
        with running(plain):
            makes: dict[str, Callable[[], Caller]] = {
                PREDICT: lambda: PredictCaller(server.address, name),
                BY_HTTP: lambda: HttpCaller(plain.url),
                BY_GRPC: lambda: GrpcCaller(plain.grpc),
            }
            with contextlib.ExitStack() as stack:
                callers = {
                    way: stack.enter_context(contextlib.closing(make())) for way, make in makes.items()
                }
                said["milliseconds"] = overhead(in_turn(callers, arguments.rounds))
            said["phases"] = _phases(plain.url, arguments.rounds)
            said["answers_a_second"] = _throughput(makes, arguments.seconds)
        if arguments.minutes:
            usual = GatewayProcess(folder / "usual", **settings)
            capacity = statistics.median(said["answers_a_second"][BY_HTTP])
            with running(usual):
                report = gateway_overload.measure(usual.url, usual.pid, 2 * capacity, arguments.minutes * 60)
            said["overload"] = asdict(report)
            print(f"\n{report.summary()}")
    return said


def main() -> None:
    """Print what was asked for; ends with 1 where an answer was wrong, or something accepted was lost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--models", type=Path, help="a model root; not given: a toy")
    parser.add_argument("--model", help="from English; the first there is, if not given")
    parser.add_argument("--backend", choices=["embedded", "binary"], default="embedded")
    parser.add_argument("--rounds", type=int, default=500, help="sentences by each way")
    parser.add_argument("--seconds", type=float, default=20, help="of each turn with all clients")
    parser.add_argument("--minutes", type=float, default=0, help="at twice what it can do")
    parser.add_argument("--accidents", action="store_true", help="kill -9 instead of all this")
    parser.add_argument("--shared", action="store_true", help="all processes on all cores")
    parser.add_argument("--busy", action="store_true", help="measure though others use this machine")
    parser.add_argument("--json", type=Path, help="write the figures there")
    arguments = parser.parse_args()
    share = refuse_when_busy(arguments.busy)
    machine = processor()  # Measuring pins this process to some of the cores.
    print(f"{machine}, {share:.0%} used by others")
    with tempfile.TemporaryDirectory() as folder:
        if arguments.accidents:
            seen = gateway_accidents.rehearse(Path(folder), arguments.backend)
            print(seen.summary())
            said: dict[str, Any] = seen.figures()
        else:
            said = _measured(arguments, Path(folder))
    if arguments.json:
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        figures = {"machine": machine, "used by others": share, **said}
        arguments.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    if arguments.accidents and (seen.wrong or seen.lost):
        sys.exit(1)


if __name__ == "__main__":
    main()
