"""What `/openapi.json` says, held by schemathesis: it asks each call what is allowed and what is not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import requests

from tests.serving.gateway.conftest import Gateway

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "unsupported_method",
)
"""Not that what the schema allows is accepted: it does not say which languages there are. Nor that all else
is refused: clients send null for nothing and texts for numbers, and mean well.
"""


@pytest.mark.parametrize(
    "paths",
    [
        "^/(translate|v2/translate|v2/document|language/translate/v2)$",
        pytest.param("", marks=pytest.mark.slow),
    ],
    ids=["texts and documents", "all"],
)
def test_schemathesis_finds_nothing(gateway: Gateway, tmp_path: Path, paths: str) -> None:
    options = [
        *("--checks", ",".join(CHECKS), "--include-path-regex", paths),
        # Of all some 2,000 requests in one to two minutes; at random `test_core` asks.
        *("--phases", "examples,coverage", "--generation-deterministic", "--no-shrink"),
        *("--continue-on-failure", "--no-color", "--warnings", "off", "--request-timeout", "60"),
    ]
    command = [sys.executable, "-m", "schemathesis.cli", "run", f"{gateway.url}/openapi.json", *options]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/translate", "POST"),
        ("DELETE", "/v2/glossaries", "GET, HEAD, POST"),
        ("POST", "/v1/languages", "GET, HEAD"),
        ("PUT", "/language/translate/v2", "GET, HEAD, POST"),
    ],
)
def test_another_method_is_told_which_ones_there_are(
    gateway: Gateway, method: str, path: str, allowed: str
) -> None:
    answer = requests.request(method, gateway.url + path, timeout=30)
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
    assert "is not served here" in answer.text
    if path.startswith("/language/"):
        error = answer.json()["error"]
        assert (error["code"], error["errors"][0]["reason"]) == (405, "httpMethodNotAllowed")


def test_errors_and_parts_of_paths_are_described(gateway: Gateway) -> None:
    paths = gateway.get("/openapi.json").json()["paths"]
    result = paths["/v2/document/{number}/result"]["post"]
    assert result["parameters"][0] == {
        "name": "number",
        "in": "path",
        "required": True,
        "schema": {"type": "string"},
    }
    assert list(result["responses"]["200"]["content"]) == ["application/octet-stream"]
    assert result["responses"]["456"]["description"] == "quota"
    assert paths["/translate"]["post"]["responses"]["429"]["description"] == "too fast, quota, overloaded"
    refused = paths["/v2/glossaries"]["post"]
    assert ("200" in refused["responses"], refused["summary"]) == (
        False,
        "refused: there are no glossaries here",
    )
    assert not any("rest" in path for path in paths)
