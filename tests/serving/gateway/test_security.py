"""The gateway attacked from outside, as docs/results/security.md tells it: what is cheap of it."""

from __future__ import annotations

import http.client
import io
import json
import socket
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from tests.serving.fake_server import FakeServer
from tests.serving.gateway.conftest import Gateway, locked_gateway
from tests.serving.gateway.raw import FORM, answers_to, status_of

HELLO = {"q": "hello", "source": "en", "target": "de"}


# Keys


@pytest.fixture(scope="module")
def locked(fake: FakeServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Gateway, str]]:
    """A gateway that wants keys, and one."""
    with locked_gateway(tmp_path_factory.mktemp("attacked"), fake) as running:
        yield running


DEEPL = {"text": ["hello"], "source_lang": "EN", "target_lang": "DE"}
OURS = {"texts": ["hello"], "source": "en", "target": "de"}
KEYS: list[tuple[str, dict[str, Any], Callable[[str], dict[str, Any]]]] = [
    ("/translate", HELLO, lambda secret: {"params": {"api_key": secret}}),
    ("/translate", HELLO, lambda secret: {"json": {"api_key": secret}}),
    ("/v2/translate", DEEPL, lambda secret: {"headers": {"Authorization": f"DeepL-Auth-Key {secret}"}}),
    ("/language/translate/v2", HELLO, lambda secret: {"headers": {"X-Goog-Api-Key": secret}}),
    ("/language/translate/v2", HELLO, lambda secret: {"params": {"key": secret}}),
    ("/v1/translate", OURS, lambda secret: {"headers": {"Authorization": f"Bearer {secret}"}}),
]


@pytest.mark.parametrize(("path", "body", "with_key"), KEYS)
def test_a_key_holds_where_its_interface_has_it_and_nothing_else_does(
    locked: tuple[Gateway, str], path: str, body: dict[str, Any], with_key: Callable[[str], dict[str, Any]]
) -> None:
    gateway, secret = locked

    def status(key: str | None, **more: Any) -> int:
        given = with_key(key) if key is not None else {}
        given = {**given, **more, "json": {**body, **given.pop("json", {})}}
        return requests.post(gateway.url + path, timeout=30, **given).status_code

    assert status(secret) == 200
    wrong = ["wrong", secret[:-1], secret + "x", secret.upper(), "' OR 1=1 --", "%00", "*", "x" * 20_000]
    assert {status(guess) for guess in wrong} <= {400, 403}
    assert status(None) in (400, 401, 403)
    # Where no interface looks for it.
    elsewhere = {
        "Cookie": f"api_key={secret}",
        "X-Api-Key": secret,
        "Proxy-Authorization": f"Bearer {secret}",
    }
    assert status(None, headers=elsewhere) in (400, 401, 403)


def test_a_key_of_another_type_is_no_key(locked: tuple[Gateway, str]) -> None:
    gateway, secret = locked
    for value in ([secret], {"$ne": ""}, True, 0, 1.5, [secret, secret]):
        assert gateway.post("/translate", **HELLO, api_key=value).status_code in (400, 403), value
    twice = f"{gateway.url}/translate?api_key={secret}&api_key=wrong"
    assert requests.post(twice, json=HELLO, timeout=30).status_code == 400


def test_another_method_or_spelling_of_a_path_is_no_way_around_a_key(locked: tuple[Gateway, str]) -> None:
    gateway, _ = locked
    overridden = {"X-HTTP-Method-Override": "GET", "X-Original-URL": "/languages", "X-Rewrite-URL": "/health"}
    assert (
        requests.post(gateway.url + "/translate", json=HELLO, headers=overridden, timeout=30).status_code
        == 400
    )
    for path in (
        "//translate",
        "/./translate",
        "/translate/",
        "/TRANSLATE",
        "/translate%2f",
        "/%74ranslate;x",
    ):
        sent = (
            b"POST %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n" % path.encode()
        )
        assert status_of(answers_to(gateway, sent)[0]) in (400, 404), path


def test_keys_are_in_no_log(locked: tuple[Gateway, str]) -> None:
    gateway, secret = locked
    requests.post(f"{gateway.url}/translate?api_key={secret}", json=HELLO, timeout=30)
    requests.post(f"{gateway.url}/translate?api_key=guessed-secret", json=HELLO, timeout=30)
    text = gateway.log.read_text()
    assert secret not in text
    assert "guessed-secret" not in text


# Bombs


def test_a_packed_body_is_not_unpacked(gateway: Gateway) -> None:
    import gzip

    bomb = gzip.compress(b'{"q": "' + b"a" * (8 << 20) + b'"}')
    assert len(bomb) < 1 << 20
    headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
    assert (
        requests.post(gateway.url + "/translate", data=bomb, headers=headers, timeout=30).status_code == 400
    )


@pytest.mark.parametrize("path", ["/translate", "/v1/translate", "/v2/translate", "/v2/document"])
def test_a_body_without_end_is_cut_off(gateway: Gateway, path: str) -> None:
    """100 MB that are announced are refused at once; those that are not, where they are too many."""
    announced = b"POST %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 104857600\r\n\r\n"
    assert status_of(answers_to(gateway, announced % path.encode())[0]) in (400, 413)
    connection = http.client.HTTPConnection(gateway.url.removeprefix("http://"), timeout=30)
    sent = 0

    def parts() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(100):
            sent += 1 << 20
            yield b"a" * (1 << 20)

    kind = {"Content-Type": "application/x-www-form-urlencoded", "Connection": "close"}
    try:
        connection.request("POST", path, body=parts(), headers=kind, encode_chunked=True)
    except OSError:
        pass  # The gateway has closed the connection.
    else:
        raise AssertionError("all of it was read")
    finally:
        connection.close()
    assert sent < 100 << 20


@pytest.mark.parametrize(
    "body",
    [
        b'{"q": ' + b"[" * 400_000,
        b'{"q": ' + b'{"a":' * 150_000,
        b'{"q": ' + b"9" * 900_000 + b', "source": "en", "target": "de"}',
        b'{"alternatives": 1e999, "q": "a", "source": "en", "target": "de"}',
        b'{"q": NaN, "source": "en", "target": "de"}',
        b'{"q": "\\u0000\\ud800", "source": "\\u0000", "target": "de"}',
        b"\xff\xfe{\x00}\x00",
    ],
    ids=["deep list", "deep object", "long number", "infinite", "no number", "no text", "utf-16"],
)
def test_json_that_is_meant_to_break_a_reader(gateway: Gateway, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    assert (
        requests.post(gateway.url + "/translate", data=body, headers=headers, timeout=30).status_code == 400
    )


def _zipped(size: int) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b" " * size)
    return packed.getvalue()


EXPANDING = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    '<xliff version="1.2"><file><body><trans-unit id="1"><source>&b;</source></trans-unit></body></file>'
    "</xliff>"
)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.docx", _zipped(4 << 20)),
        ("a.docx", _zipped(10)[:-30]),
        ("a.odt", b"PK\x03\x04" + b"\0" * 100),
        ("a.xliff", EXPANDING.encode()),
        ("a.xliff", EXPANDING.encode("utf-16")),
        ("a.json", b"[" * 1_000_000),
        ("../../etc/passwd", b"a"),
        ("a.txt\0.exe", b"a" * 10),
    ],
    ids=["zip bomb", "half a zip", "no zip", "entities", "hidden entities", "deep", "no format", "NUL"],
)
def test_documents_that_are_meant_to_break_a_reader(gateway: Gateway, name: str, content: bytes) -> None:
    files = {"file": (name, content)}
    answer = requests.post(
        gateway.url + "/translate_file", data={"source": "en", "target": "de"}, files=files, timeout=60
    )
    assert answer.status_code == 400, answer.text
    assert gateway.get("/health/live").status_code == 200


# What is fetched: nothing


def test_nothing_is_fetched_that_a_request_names(gateway: Gateway) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/x"
        asked = {"X-Forwarded-Host": url, "X-Callback-Url": url, "Referer": url}
        body = {**HELLO, "q": f'{url} <img src="{url}">', "format": "html", "url": url, "callback": url}
        requests.post(gateway.url + "/translate", json=body, headers=asked, timeout=30)
        xliff = EXPANDING.replace('[<!ENTITY a "aaaaaaaaaa">', f'SYSTEM "{url}" [<!ENTITY a SYSTEM "{url}">')
        documents = {
            "a.xliff": xliff,
            "b.xliff": f'<!DOCTYPE x SYSTEM "{url}">' + xliff.partition("]>")[2],
            "a.html": f'<link rel="stylesheet" href="{url}"><iframe src="{url}"></iframe><p>Hello</p>',
            "a.md": f"![picture]({url}) and <{url}> here",
            "a.tmx": f'<!DOCTYPE tmx SYSTEM "{url}"><tmx version="1.4"><body></body></tmx>',
        }
        for name, content in documents.items():
            files = {"file": (name, content.encode())}
            data = {"source": "en", "target": "de", "url": url}
            requests.post(gateway.url + "/translate_file", data=data, files=files, timeout=60)
        listening.settimeout(0.2)
        with pytest.raises(TimeoutError):
            listening.accept()


# Pages elsewhere, and our own


def test_a_page_elsewhere_reads_nothing_and_leaves_nothing(gateway: Gateway) -> None:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    for origin in ("https://evil.example", "null", gateway.url + ".evil.example", "http://[", "file://"):
        headers = {"Origin": origin, "Content-Type": "text/plain"}
        preflight = requests.options(gateway.url + "/suggest", headers={**headers, **asked}, timeout=30)
        assert preflight.status_code == 405
        sent = requests.post(gateway.url + "/translate", data=FORM, headers={"Origin": origin}, timeout=30)
        left = requests.post(
            f"{gateway.url}/suggest?q=a&s=b&source=en&target=de", headers=headers, timeout=30
        )
        assert left.status_code == 403, origin
        for answer in (preflight, sent, left):
            assert not [name for name in answer.headers if name.lower().startswith("access-control")]


def test_a_script_in_a_text_or_a_name_is_nothing_that_a_browser_runs(gateway: Gateway) -> None:
    script = "<script>alert(1)</script>"
    for answer in (
        gateway.post("/translate", **{**HELLO, "q": script, "target": script}),
        gateway.post("/translate", **{**HELLO, "q": script}),
        gateway.get(f"/{script}"),
        gateway.get(f"/v2/{script}"),
    ):
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["x-content-type-options"] == "nosniff"
    name = '"><img src=x onerror=alert(1)>.html'
    content = f"<p>One here. {script}</p>".encode()
    answer = requests.post(
        gateway.url + "/translate_file",
        data={"source": "en", "target": "de"},
        files={"file": (name, content)},
        timeout=60,
    )
    url = answer.json()["translatedFileUrl"]
    assert "<" not in url
    file = requests.get(url, timeout=30)
    assert file.headers["content-type"] == "application/octet-stream"
    assert file.headers["content-disposition"].startswith("attachment; filename*=UTF-8''")
    assert file.headers["x-content-type-options"] == "nosniff"
    assert "<" not in file.headers["content-disposition"]
    script_of_the_page = gateway.get("/page.js").text
    assert not [
        way for way in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(")
        if way in script_of_the_page
    ]  # fmt: skip


def test_a_line_of_the_log_is_the_gateways_alone(gateway: Gateway) -> None:
    forged = '{"level": "info", "message": "forged"}'
    headers = {"X-Request-Id": f"a {forged}", "X-Dragoman-Label": forged, "User-Agent": forged}
    requests.post(
        gateway.url + "/translate", json={**HELLO, forged: "\n" + forged}, headers=headers, timeout=30
    )
    requests.post(f"{gateway.url}/translate?q=%0a{forged}%0a&source=en&target=%0a{forged}", timeout=30)
    gateway.get(f"/%0a{forged}%0a")
    files = {"file": (f"a\n{forged}.txt", b"One here.")}
    requests.post(
        gateway.url + "/translate_file", data={"source": "en", "target": "x"}, files=files, timeout=30
    )
    assert "forged" not in json.dumps([line.get("message") for line in gateway.lines()])  # each is JSON
