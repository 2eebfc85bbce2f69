"""Watch a canary beside stable, and take its label away when it is worse.

It judges by requests of its own, a sentence to both labels of one replica at a time. TensorFlow Serving's
metrics count by model, not by version or label, so they cannot tell a canary from stable; and a pair meets
the same sentence on the same machine in the same moment, so that a busy hour is held against neither.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial

from serving.client import Client
from serving.client.failures import is_absent
from serving.errors import CanaryWithdrawnError, RolloutConflictError, ServingError, UnreachableError
from serving.model_config import CANARY, STABLE
from serving.rollout.comparison import Comparison, Limits
from serving.rollout.operations import Rollout
from serving.rollout.replicas import asked, resolve
from serving.rollout.served import served_version

_ANSWER = 10.0  # seconds for one request
_FIRST_PAUSE, _PAUSE = 0.05, 1.0  # seconds between rounds: until anything can be said, and from then on
_AGAIN = 0.5  # seconds until a rollout that is in the way is looked at again


@dataclass
class Watch:
    """A canary's trial."""

    rollout: Rollout
    model: str
    version: int
    sentences: Sequence[str]
    limits: Limits = field(default_factory=Limits)
    comparison: Comparison = field(default_factory=Comparison)

    def run(self, seconds: float, told: Callable[[Comparison], None] = lambda _: None) -> Comparison:
        """Watch for so long; `told` is called after each round.

        Ends early, with a verdict that says so, where the version is not canary any more.

        Raises:
            CanaryWithdrawnError: it was worse, and is no canary now.
            UnreachableError: too few requests could be compared; the canary stays.
        """
        end = time.monotonic() + seconds
        comparison = self.comparison
        with ExitStack() as stack, ThreadPoolExecutor(thread_name_prefix="watch") as pool:
            clients = _Clients(self.model, stack)
            for sentence, canary_first in self._turns():
                if not self._is_canary():
                    comparison.verdict = (
                        f"{self.version} is not canary any more: somebody has moved the label"
                    )
                    return comparison
                labels = (CANARY, STABLE) if canary_first else (STABLE, CANARY)
                replicas = [clients.of(address) for address in resolve(self.rollout.replicas)]
                for pair in pool.map(partial(_ask_both, labels, sentence), replicas):
                    self._count(pair)
                told(comparison)
                comparison.verdict = comparison.worse(self.limits)
                if comparison.verdict:
                    self._withdraw()
                if time.monotonic() > end:
                    break
                time.sleep(_PAUSE if comparison.enough() else _FIRST_PAUSE)
        if not comparison.enough():
            raise UnreachableError(
                f"in {seconds:g} s only {comparison.canary.requests} requests to the canary could be "
                f"compared: {self.version} stays canary; watch longer, or see whether the replicas answer"
            )
        return comparison

    def _turns(self) -> Iterator[tuple[str, bool]]:
        """Sentences without end, and who is asked first: caches favour the second."""
        for sentence in itertools.cycle(self.sentences):
            yield sentence, False
            yield sentence, True

    def _is_canary(self) -> bool:
        return served_version(self.rollout.model_root, self.model, CANARY) == self.version

    def _count(self, pair: dict[str, tuple[float, str]] | None) -> None:
        if pair is not None:
            self.comparison.canary.add(*pair[CANARY])
            self.comparison.stable.add(*pair[STABLE])

    def _withdraw(self) -> None:
        """Take the label away, after the rollout that may be in the way.

        Raises:
            CanaryWithdrawnError: done.
            ServingError: it could not be done.
        """
        why = f"watch: {self.comparison.verdict}"
        end = time.monotonic() + self.rollout.timeout
        while True:
            try:
                outcome = replace(self.rollout, reason=why).withdraw(self.model, self.version)
                break
            except RolloutConflictError:
                if time.monotonic() > end:
                    raise
                time.sleep(_AGAIN)
        late = f"; not yet withdrawn on {', '.join(outcome.behind)}" if outcome.behind else ""
        raise CanaryWithdrawnError(
            f"{self.model} {self.version} is no canary any more: {self.comparison.verdict}{late}"
        )


class _Clients:
    """A client for each label on each replica, made when first needed."""

    def __init__(self, model: str, stack: ExitStack) -> None:
        self._model, self._stack = model, stack
        self._made: dict[str, dict[str, Client]] = {}

    def of(self, address: str) -> dict[str, Client]:
        if address not in self._made:
            self._made[address] = {
                label: self._stack.enter_context(
                    Client(address, model=self._model, label=label, deadline=_ANSWER)
                )
                for label in (STABLE, CANARY)
            }
        return self._made[address]


def _ask_both(
    labels: Sequence[str], sentence: str, clients: dict[str, Client]
) -> dict[str, tuple[float, str]] | None:
    """Seconds and error of each label; None where nobody was there, which is no fault of either."""
    pair = {}
    for label in labels:
        seconds, failure = _ask(clients[label], sentence)
        if failure is not None and is_absent(failure.__cause__):
            return None
        pair[label] = (seconds, "" if failure is None else str(failure))
    return pair


def _ask(client: Client, sentence: str) -> tuple[float, ServingError | None]:
    """Seconds until it answered or failed, and how it failed."""
    started = time.monotonic()
    answer = asked(client.address, lambda _: client.translate([sentence]))
    return time.monotonic() - started, answer if isinstance(answer, ServingError) else None
