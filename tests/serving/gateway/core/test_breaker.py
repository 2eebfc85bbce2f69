"""The circuit breaker: when it opens, whom it lets through, when it closes."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from serving.gateway.core.breaker import Breaker
from serving.gateway.core.errors import Fault, GatewayError, RefusedError
from tests.serving.fake_server import FakeServer
from tests.serving.gateway.conftest import started


class _Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> _Clock:
    return _Clock()


@pytest.fixture
def breaker(clock: _Clock) -> Breaker:
    """Opens for 5 s after 2 requests in a row; who waited for 10 s was not answered."""
    return Breaker(2, 5.0, 10.0, clock)


def _ask(
    breaker: Breaker, error: BaseException | None = None, during: Callable[[], None] = lambda: None
) -> None:
    """A request that ends so; what it ends with is raised only where it is the breaker's."""
    try:
        with breaker.asking():
            during()
            if error is not None:
                raise error
    except (GatewayError, RefusedError, asyncio.CancelledError) as raised:
        if raised is not error:
            raise


def _absent(fault: Fault = Fault.UNAVAILABLE) -> GatewayError:
    return GatewayError(fault, "absent")


def _is_refused(breaker: Breaker) -> float:
    """Seconds until it may be asked again."""
    with pytest.raises(GatewayError) as refused:
        _ask(breaker)
    assert refused.value.fault is Fault.UNAVAILABLE
    assert refused.value.retry_after is not None
    return refused.value.retry_after


def test_it_opens_after_so_many_unanswered_requests_in_a_row(breaker: Breaker) -> None:
    _ask(breaker, _absent())
    _ask(breaker)
    _ask(breaker, _absent(Fault.TIMEOUT))
    assert not breaker.is_open
    _ask(breaker, _absent())
    assert breaker.is_open
    assert _is_refused(breaker) == 5.0


def test_what_a_server_refuses_it_has_answered(breaker: Breaker) -> None:
    for error in (GatewayError(Fault.FAILED, "refused"), RefusedError("INTERNAL", "refused")):
        _ask(breaker, _absent())
        _ask(breaker, error)
        _ask(breaker, _absent())
        assert not breaker.is_open
        _ask(breaker)


def test_one_at_a_time_tries_and_closes_it(breaker: Breaker, clock: _Clock) -> None:
    for _ in range(2):
        _ask(breaker, _absent())
    clock.now += 4.5
    assert _is_refused(breaker) == 1.0  # half a second, said in whole ones
    clock.now += 0.5
    refused: list[float] = []
    _ask(breaker, _absent(), during=lambda: refused.append(_is_refused(breaker)))
    assert len(refused) == 1
    assert _is_refused(breaker) == 5.0
    clock.now += 5.0
    _ask(breaker)
    assert not breaker.is_open
    _ask(breaker)


def test_who_gives_up_early_says_nothing_of_the_server(breaker: Breaker, clock: _Clock) -> None:
    def wait(seconds: float) -> None:
        clock.now += seconds

    for seconds in (9.0, 9.0, 10.0, 9.0):
        _ask(breaker, asyncio.CancelledError(), during=lambda seconds=seconds: wait(seconds))  # type: ignore[misc]
    assert not breaker.is_open
    _ask(breaker, asyncio.CancelledError(), during=lambda: wait(11.0))
    assert breaker.is_open
    clock.now += 5.0
    _ask(breaker, asyncio.CancelledError())  # A trial without an end lets the next one try.
    _ask(breaker)
    assert not breaker.is_open


def test_one_that_never_opens(clock: _Clock) -> None:
    breaker = Breaker(0, 5.0, 10.0, clock)
    for _ in range(20):
        _ask(breaker, _absent())
    assert not breaker.is_open


def test_a_gateway_is_quick_to_say_that_nobody_answers_and_goes_on_when_somebody_does(
    fake: FakeServer, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    address = f"127.0.0.1:{port}"
    state = f'dragoman_gateway_breaker_open{{address="{address}"}}'
    with started(
        tmp_path / "gateway",
        address=address,
        model_root=str(fake.root),
        breaker_failures=2,
        breaker_seconds=1.0,
    ) as gateway:
        hello = {"q": "hello", "source": "en", "target": "de"}
        for _ in range(2):
            assert gateway.post("/translate", **hello).status_code == 503
        assert f"{state} 1.0" in gateway.get("/metrics").text
        server = FakeServer(fake.root, port)
        try:
            end = time.monotonic() + 30
            while gateway.post("/translate", **hello).status_code != 200:
                assert time.monotonic() < end
                threading.Event().wait(0.1)
            assert f"{state} 0.0" in gateway.get("/metrics").text
        finally:
            server.stop()
