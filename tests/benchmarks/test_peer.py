"""The peer of the decoding benchmark gets its best settings, and is not believed where it is far too slow."""

from __future__ import annotations

import pytest

from benchmarks.peer import (
    ImplausiblePeerError,
    PeerSetting,
    alternatives,
    best_setting,
    check_plausible,
)
from benchmarks.rates import Rates
from benchmarks.roofline import Share, Work, share


def _rate(setting: PeerSetting) -> float | None:
    """A processor on which oneDNN and AVX2 are fastest and packed weights are refused."""
    if setting.backend == "MKL packed":
        return None
    rate = {"default": 1300.0, "MKL": 1300.0, "oneDNN": 5600.0}[setting.backend]
    return rate * (1.2 if setting.instructions == "AVX2" else 1.0) * (0.9 if setting.threads == 1 else 1.0)


def test_the_fastest_setting_is_found_and_all_that_was_tried_is_told() -> None:
    best, tried = best_setting(alternatives(2, ("AVX512", "AVX2"), batch=32, callers=1), _rate)
    assert best == PeerSetting(backend="oneDNN", instructions="AVX2", threads=2)
    assert best.text == "oneDNN, AVX2, 2 threads"
    assert max(rate for _, rate in tried) == pytest.approx(5600 * 1.2)
    assert not any(setting.backend == "MKL packed" for setting, _ in tried)


def test_callers_that_fill_the_cores_get_one_thread_each() -> None:
    best, tried = best_setting(alternatives(2, ("AVX2",), batch=1, callers=2), _rate)
    assert best.threads == 1
    assert not any(setting.own_batching for setting, _ in tried)


def test_a_setting_is_what_ctranslate2_reads() -> None:
    packed = PeerSetting(backend="MKL packed", instructions="AVX512", wait_policy="active", threads=2)
    assert packed.environment == {
        "CT2_USE_MKL": "1",
        "CT2_USE_EXPERIMENTAL_PACKED_GEMM": "1",
        "CT2_FORCE_CPU_ISA": "AVX512",
        "OMP_WAIT_POLICY": "active",
        "OMP_NUM_THREADS": "2",
    }
    assert PeerSetting(backend="oneDNN").environment == {"CT2_USE_MKL": "0", "OMP_NUM_THREADS": "1"}


def _rates(gflops: float) -> Rates:
    return Rates(gflops, gflops, memory=1, blas=gflops)


def _share(rate: float, megaflops: float, rates: Rates) -> Share:
    return share(rate, Work(megaflops, megabytes=0), rates)


def test_the_peer_whose_ratios_had_to_be_taken_back_is_not_believed() -> None:
    """1,336 pieces/s on cores of 215 GFLOP/s at least, against 5,656 on cores of 190."""
    check_plausible(5656, _share(5656, 28, _rates(190)), _rates(190), PeerSetting())
    setting = PeerSetting(backend="oneDNN", threads=2)
    with pytest.raises(
        ImplausiblePeerError, match=r"1,336 pieces/s at its best \(oneDNN, 2 threads\), 37 GFLOP/s"
    ):
        check_plausible(1336, _share(1336, 28, _rates(215)), _rates(215), setting)


def test_a_processor_whose_one_dnn_is_far_faster_than_blas_does_not_make_the_peer_implausible() -> None:
    rates = Rates(1000, 1000, memory=1, blas=190)
    check_plausible(5656, _share(5656, 28, rates), rates, PeerSetting())
