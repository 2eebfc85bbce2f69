"""What belongs to every answer: its headers, its line in the log, and that it is counted."""

from __future__ import annotations

import pytest
import requests

from tests.serving.gateway.conftest import Gateway
from tests.serving.gateway.raw import HEAD, answers_to, status_of


@pytest.mark.parametrize(
    ("method", "path", "status", "interface"),
    [
        ("GET", "/nothing/hello", 404, "none"),
        ("GET", "/v1/hello", 404, "dragoman"),
        ("PUT", "/translate", 405, "none"),
        ("HELLO", "/v2/translate", 405, "deepl"),
    ],
)
def test_what_is_in_no_table_is_answered_counted_and_logged_as_all_else(
    gateway: Gateway, method: str, path: str, status: int, interface: str
) -> None:
    number = f"no-call-{method}-{interface}"
    answer = requests.request(method, gateway.url + path, headers={"X-Request-Id": number}, timeout=30)
    assert (answer.status_code, answer.headers["x-request-id"]) == (status, number)
    assert (answer.headers["x-content-type-options"], answer.headers["x-frame-options"]) == (
        "nosniff",
        "DENY",
    )
    (line,) = [line for line in gateway.lines() if line.get("request") == number]
    assert (line["interface"], line["call"], line["status"]) == (interface, "none", status)
    page = gateway.get("/metrics").text
    assert f'dragoman_gateway_requests_total{{call="none",interface="{interface}",status="{status}"}}' in page
    assert "hello" not in page.lower() + str({**line, "request": ""}).lower()


def test_a_request_that_is_not_clearly_framed_is_answered_counted_and_logged_as_all_else(
    gateway: Gateway,
) -> None:
    twice = b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"
    (answer,) = answers_to(gateway, HEAD + b"X-Request-Id: framed\r\n" + twice + b"\r\n0\r\n\r\n")
    assert status_of(answer) == 400
    assert b"x-request-id: framed\r\n" in answer.lower()
    assert b"x-content-type-options: nosniff\r\n" in answer.lower()
    (line,) = [line for line in gateway.lines() if line.get("request") == "framed"]
    assert (line["call"], line["status"], line["fault"]) == ("none", 400, "invalid")
