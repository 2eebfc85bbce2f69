"""Watch a canary beside stable, and take its label away when it is worse.

It judges by requests of its own, a sentence to both labels of one replica at a time. TensorFlow Serving's
metrics count by model, not by version or label, so they cannot tell a canary from stable; and a pair meets
the same sentence on the same machine in the same moment, so that a busy hour is held against neither. What
both have made of the sentence is compared, too.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial

from serving import model_config
from serving.client import Client
from serving.client.failures import is_absent
from serving.errors import CanaryWithdrawnError, RolloutConflictError, ServingError, UnreachableError
from serving.model_config import CANARY, STABLE
from serving.rollout.comparison import CanaryComparison, CanaryLimits
from serving.rollout.operations import Rollout
from serving.rollout.quality import JudgedSentence, Quality
from serving.rollout.replicas import Replica, asked
from serving.rollout.served import served_version

_ANSWER = 10.0  # seconds for one request
_FIRST_PAUSE, _PAUSE = 0.05, 1.0  # seconds between rounds: until anything can be said, and from then on
_QUICKLY = 200  # sentences that are asked about without long pauses at first, to judge the translations by
_AGAIN = 0.5  # seconds until a rollout that is in the way is looked at again


@dataclass
class Watch:
    """A canary's trial."""

    rollout: Rollout
    model: str
    version: int
    sentences: Sequence[JudgedSentence]
    limits: CanaryLimits = field(default_factory=CanaryLimits)
    comparison: CanaryComparison = field(init=False)

    def __post_init__(self) -> None:
        self.comparison = CanaryComparison(quality=Quality(len(set(self.sentences))))

    def run(
        self, seconds: float, tell: Callable[[CanaryComparison], None] = lambda _: None
    ) -> CanaryComparison:
        """Watch for so long; `tell` is called after each round.

        Ends early, with a verdict that says so, where the version is not canary any more.

        Raises:
            CanaryWithdrawnError: it was worse, and is no canary now.
            UnreachableError: too few requests could be compared; the canary stays.
        """
        end = time.monotonic() + seconds
        comparison = self.comparison
        with ExitStack() as stack, ThreadPoolExecutor(thread_name_prefix="watch") as pool:
            clients = _Clients({STABLE: self.model, CANARY: self._servable()}, stack)
            for sentence, canary_first in self._turns():
                if not self._is_canary():
                    comparison.verdict = (
                        f"{self.version} is not canary any more: somebody has moved the label"
                    )
                    return comparison
                labels = (CANARY, STABLE) if canary_first else (STABLE, CANARY)
                replicas = self.rollout.replicas.resolve()
                asking = partial(_ask_both, labels, sentence.source, clients)
                for pair in pool.map(asking, replicas):
                    self._count(sentence, pair)
                tell(comparison)
                comparison.verdict = comparison.worse(self.limits)
                if comparison.verdict:
                    self._withdraw()
                if time.monotonic() > end:
                    break
                time.sleep(_PAUSE if self._knows_most() else _FIRST_PAUSE)
        # Where both fail on everything there is nothing to judge, and the canary is no worse.
        judged = comparison.quality.enough() or not comparison.quality.pairs
        if not comparison.enough() or not judged:
            raise UnreachableError(
                f"in {seconds:g} s only {comparison.canary.requests} requests to the canary, on "
                f"{len(comparison.quality.pairs)} sentences, could be compared: {self.version} stays canary; "
                "watch longer, or see whether the replicas answer"
            )
        return comparison

    def _turns(self) -> Iterator[tuple[JudgedSentence, bool]]:
        """Sentences without end, and whether the canary is asked first: caches favour the second."""
        for turn in itertools.count():
            for place, sentence in enumerate(self.sentences):
                yield sentence, (turn + place) % 2 == 1

    def _knows_most(self) -> bool:
        quality = self.comparison.quality
        return self.comparison.enough() and len(quality.pairs) >= min(quality.sentences, _QUICKLY)

    def _servable(self) -> str:
        """The name that the canary is asked for by: it may be apart."""
        part = model_config.find_canary(model_config.read(self.rollout.model_root), self.model)
        return self.model if part is None else part.name

    def _is_canary(self) -> bool:
        return served_version(self.rollout.model_root, self.model, CANARY) == self.version

    def _count(self, sentence: JudgedSentence, pair: dict[str, _Answer] | None) -> None:
        if pair is None:
            return
        canary, stable = pair[CANARY], pair[STABLE]
        self.comparison.canary.add(canary.seconds, canary.error)
        self.comparison.stable.add(stable.seconds, stable.error)
        if not canary.error and not stable.error:
            self.comparison.quality.add(sentence, stable.text, canary.text)

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

    def __init__(self, names: Mapping[str, str], stack: ExitStack) -> None:
        self._names, self._stack = names, stack
        self._made: dict[Replica, dict[str, Client]] = {}

    def of(self, replica: Replica) -> dict[str, Client]:
        """
        Raises:
            TlsError: the certificates for it cannot be used.
        """
        if replica not in self._made:
            self._made[replica] = {
                label: self._stack.enter_context(replica.client(name, label, _ANSWER))
                for label, name in self._names.items()
            }
        return self._made[replica]


@dataclass(frozen=True)
class _Answer:
    """How a label has answered."""

    seconds: float
    text: str = ""
    error: str = ""


def _ask_both(
    labels: Sequence[str], source: str, clients: _Clients, replica: Replica
) -> dict[str, _Answer] | None:
    """What each label says; None where nobody was there, or could be asked, which is no fault of either."""
    made = asked(replica, clients.of)
    if isinstance(made, ServingError):
        return None
    pair = {}
    for label in labels:
        client, started = made[label], time.monotonic()
        answer = asked(replica, lambda _, client=client: client.translate([source])[0].text)  # type: ignore[misc]
        seconds = time.monotonic() - started
        if isinstance(answer, str):
            pair[label] = _Answer(seconds, text=answer)
        elif is_absent(answer.__cause__):
            return None
        else:
            pair[label] = _Answer(seconds, error=str(answer))
    return pair
