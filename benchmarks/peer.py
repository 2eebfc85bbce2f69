"""CTranslate2 at its best on the processor at hand, and whether that best is believable.

A ratio against a peer that a setting holds back is no merit of ours. So, before a row is measured, every
setting that its documentation names for a processor is tried in turn on a part of the sentences, the best of
each is kept, and the result names it. And a peer that is still far below what the size of the model and the
cores' measured GFLOP/s make plausible ends the benchmark with a word.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from benchmarks.rates import Rates
from benchmarks.roofline import Share

PLAUSIBLE = 0.25
"""Share of the GFLOP/s of numpy's BLAS below which a batch of 32 is not believed. Seen, against it: 0.75 to
0.92 on an AMD Zen 5, 0.13 to 0.19 on the virtual machine whose ratios had to be taken back."""


class PeerSetting(NamedTuple):
    """How CTranslate2 runs (https://opennmt.net/CTranslate2/environment_variables.html)."""

    backend: str = "default"
    """`default`, `MKL`, `MKL packed` or `oneDNN`."""
    instructions: str = "default"
    """CT2_FORCE_CPU_ISA: AVX2, AVX512, or what it finds itself."""
    wait_policy: str = "default"
    """OMP_WAIT_POLICY of its OpenMP threads."""
    threads: int = 1
    """OpenMP threads a batch (`intra_threads`)."""
    own_batching: bool = False
    """Whether each caller hands all its sentences over at once, with `max_batch_size`."""

    @property
    def environment(self) -> dict[str, str]:
        """The variables that mean it."""
        variables = {"OMP_NUM_THREADS": str(self.threads)}
        if self.backend != "default":
            variables["CT2_USE_MKL"] = str(int(self.backend.startswith("MKL")))
        if self.backend == "MKL packed":
            variables["CT2_USE_EXPERIMENTAL_PACKED_GEMM"] = "1"
        if self.instructions != "default":
            variables["CT2_FORCE_CPU_ISA"] = self.instructions
        if self.wait_policy != "default":
            variables["OMP_WAIT_POLICY"] = self.wait_policy
        return variables

    @property
    def text(self) -> str:
        """What is not as it comes, for the table."""
        parts = [
            self.backend if self.backend != "default" else "",
            self.instructions if self.instructions != "default" else "",
            f"wait {self.wait_policy}" if self.wait_policy != "default" else "",
            f"{self.threads} thread{'s' * (self.threads > 1)}",
            "own batching" if self.own_batching else "",
        ]
        return ", ".join(part for part in parts if part)


def alternatives(cores: int, instruction_sets: Sequence[str], batch: int, callers: int) -> dict[str, list]:
    """What to try, field by field; a caller who has a core for himself gets one thread."""
    return {
        "threads": [cores, 1] if callers == 1 else [1],
        "backend": ["MKL", "MKL packed", "oneDNN"],
        "instructions": list(instruction_sets),
        "wait_policy": ["active", "passive"] if callers == 1 else ["passive"],
        "own_batching": [True] if batch > 1 else [],
    }


def best_setting(
    tried: dict[str, list], rate: Callable[[PeerSetting], float | None]
) -> tuple[PeerSetting, list[tuple[PeerSetting, float]]]:
    """The fastest setting, one field after the other, and all that was tried with its rate.

    Args:
        tried: the values of each field, in the order in which the fields are decided.
        rate: target pieces a second under a setting; None where CTranslate2 refuses it on this processor.
    """
    first = PeerSetting(threads=tried["threads"][0])
    start = rate(first)
    if start is None:
        raise RuntimeError("CTranslate2 does not run on this processor as it comes")
    best, best_rate, seen = first, start, [(first, start)]
    for field, values in tried.items():
        before = best
        for value in values:
            setting = before._replace(**{field: value})
            if setting in (known for known, _ in seen):
                continue
            measured = rate(setting)
            if measured is None:
                continue
            seen.append((setting, measured))
            if measured > best_rate:
                best, best_rate = setting, measured
    return best, seen


def check_plausible(rate: float, share: Share, rates: Rates, setting: PeerSetting) -> None:
    """Set the peer's arithmetic against the cores'.

    Args:
        rate: target pieces a second of the peer, batches of 32.
        share: what part of the machine that is.
        rates: the machine's, measured.

    Raises:
        ImplausiblePeerError: it is so far below that a ratio against it would say nothing.
    """
    gflops = share.arithmetic * rates.float32
    plausible = gflops / rates.blas
    if plausible < PLAUSIBLE:
        raise ImplausiblePeerError(
            f"CTranslate2 does {rate:,.0f} pieces/s at its best ({setting.text}), "
            f"{gflops:.0f} GFLOP/s of the {rates.blas:.0f} that these cores do in numpy's BLAS: "
            f"{plausible:.0%}, where {PLAUSIBLE:.0%} at least are "
            "plausible. Something holds it back here, and a ratio against it would be its accident, not our "
            "merit: measure on another machine"
        )


class ImplausiblePeerError(Exception):
    """The peer is far slower than the machine."""
