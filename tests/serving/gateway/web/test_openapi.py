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


FEW = ("POST /translate", "POST /v1/suggestions", "POST /v1/documents", "POST /detect")
"""Calls that stand for the others where all forms of all would take minutes: `make test-slow` asks those."""


def _ask(gateway: Gateway, folder: Path, *chosen: str) -> None:
    options = [
        *("--checks", ",".join(CHECKS)),
        *("--generation-deterministic", "--no-shrink", *chosen),
        *("--continue-on-failure", "--no-color", "--warnings", "off", "--request-timeout", "60"),
    ]
    command = [sys.executable, "-m", "schemathesis.cli", "run", f"{gateway.url}/openapi.json", *options]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stdout + done.stderr


def test_schemathesis_finds_nothing_with_the_examples_of_all_calls(gateway: Gateway, tmp_path: Path) -> None:
    _ask(gateway, tmp_path, "--phases", "examples")


def test_schemathesis_finds_nothing_with_all_forms_of_some_calls(gateway: Gateway, tmp_path: Path) -> None:
    names = [word for name in FEW for word in ("--include-name", name)]
    _ask(gateway, tmp_path, "--phases", "coverage", *names)


@pytest.mark.slow
def test_schemathesis_finds_nothing_with_all_forms_of_all_calls(gateway: Gateway, tmp_path: Path) -> None:
    # Some 2,000 requests; at random `test_core` asks.
    _ask(gateway, tmp_path, "--phases", "examples,coverage")


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
