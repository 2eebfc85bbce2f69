"""Toys for the tests of the embedded server alone."""

from __future__ import annotations

import pytest

from tests.contract.toys import Versions


@pytest.fixture(scope="session")
def versions(tmp_path_factory: pytest.TempPathFactory) -> Versions:
    return Versions(tmp_path_factory.mktemp("toys"))
