"""No request without rows is ever made: it would end a server that pads its batches."""

from __future__ import annotations

import pytest

from serving.client import Client
from serving.client.requests import TRANSLATE, request
from serving.client.settings import ClientSettings


def test_a_request_without_rows_is_not_made() -> None:
    with pytest.raises(ValueError, match="needs a row"):
        request(ClientSettings("m"), TRANSLATE, [])


def test_no_sources_need_no_server() -> None:
    with Client("127.0.0.1:1", model="m") as client:
        assert client.translate([]) == []
        assert list(client.n_best_stream(iter(()))) == []
