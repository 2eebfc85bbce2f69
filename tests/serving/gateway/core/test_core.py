"""What every interface gets: versions and labels, limits, errors, the queue, what is logged and counted."""

from __future__ import annotations

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests
from hypothesis import given
from hypothesis import strategies as st

from dragoman import Client
from tests.examples import examples
from tests.hostile import hostile_strings
from tests.serving.fake_server import FakeServer
from tests.serving.gateway.conftest import Gateway, label_apart, model_server, started

HELLO = {"q": "hello", "source": "en", "target": "de"}


def _wait(condition) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        threading.Event().wait(0.02)


def test_an_answer_says_which_model_version_and_label_gave_it(gateway: Gateway) -> None:
    # Nobody has asked for it before: what is kept goes through no stage.
    answer = gateway.post("/translate", **{**HELLO, "q": "whose answer"})
    assert answer.json() == {"translatedText": "WHOSE ANSWER"}
    said = answer.headers
    assert (said["x-dragoman-model"], said["x-dragoman-version"], said["x-dragoman-label"]) == (
        "m",
        "1",
        "stable",
    )
    phases = {part.partition(";")[0] for part in said["server-timing"].split(", ")}
    assert {"wait", "detect", "split", "protect", "model", "restore"} <= phases


def test_another_label_is_asked_for_in_a_header(gateway: Gateway) -> None:
    canary = requests.post(
        gateway.url + "/translate", json=HELLO, headers={"X-Dragoman-Label": "canary"}, timeout=30
    )
    assert canary.json() == {"translatedText": "v2:HELLO"}
    assert canary.headers["x-dragoman-version"] == "2"
    none = requests.post(
        gateway.url + "/translate", json=HELLO, headers={"X-Dragoman-Label": "newest"}, timeout=30
    )
    assert none.status_code == 400


def test_a_label_that_no_version_has_is_the_callers_mistake(tmp_path: Path) -> None:
    server = model_server(tmp_path / "models")
    config = tmp_path / "models" / "models.config"
    config.write_text(config.read_text().replace('version_labels { key: "canary" value: 2 }', ""))
    server.follow()
    with started(tmp_path / "gateway", address=server.address, model_root=str(server.root)) as gateway:
        answer = requests.post(
            gateway.url + "/translate", json=HELLO, headers={"X-Dragoman-Label": "canary"}, timeout=30
        )
        assert (answer.status_code, answer.json()["error"]) == (
            400,
            "no version has the label 'canary' now: ask without a label",
        )
        assert gateway.post("/translate", **HELLO).status_code == 200
    server.stop()


def test_a_canary_that_is_apart_is_asked_by_its_label_and_by_its_name(tmp_path: Path) -> None:
    server = model_server(tmp_path / "models")
    label_apart(server.root)
    settings = {"address": server.address, "model_root": str(server.root), "grpc_port": 0}
    with started(tmp_path / "gateway", **settings) as gateway:
        for path, body in (("/translate", HELLO), ("/v1/explain", {**HELLO, "text": "hello"})):
            headers = {"X-Dragoman-Label": "canary"}
            answer = requests.post(gateway.url + path, json=body, headers=headers, timeout=30)
            assert (answer.status_code, "v2:HELLO" in answer.text) == (200, True), answer.text
        assert gateway.post("/translate", **HELLO).json() == {"translatedText": "HELLO"}
        # As the operators' page counts it beside stable.
        seen = 'label="canary",model="m-canary",source="en",target="de",version="2"'
        assert seen in gateway.get("/metrics").text
        with Client(gateway.grpc, model="m-canary", label="canary") as client:
            assert [translation.text for translation in client.translate(["hello"])] == ["v2:HELLO"]
    server.stop()


def test_white_space_and_line_ends_come_back_byte_for_byte(gateway: Gateway) -> None:
    text = "  One here. Two there!\r\n\r\n\tThree.\n"
    assert gateway.post("/translate", **{**HELLO, "q": text}).json()["translatedText"] == text.upper()


def test_what_has_nothing_to_translate_asks_no_model(gateway: Gateway, clean_fake: FakeServer) -> None:
    asked = clean_fake.asked[1]
    answer = gateway.post("/translate", **{**HELLO, "q": ["", " \n"]}).json()
    assert answer == {"translatedText": ["", " \n"]}
    same = gateway.post("/translate", q="hello", source="de", target="de")
    assert same.json() == {"translatedText": "hello"}
    assert clean_fake.asked[1] == asked


def test_a_request_keeps_its_id_and_no_text_is_logged(gateway: Gateway) -> None:
    answer = requests.post(
        gateway.url + "/translate",
        json={**HELLO, "q": "zanzibar", "target": "xx-zanzibar"},
        headers={"X-Request-Id": "my-request.1"},
        timeout=30,
    )
    assert answer.headers["x-request-id"] == "my-request.1"
    _wait(lambda: "my-request.1" in gateway.log.read_text())
    line = next(line for line in gateway.lines() if line.get("request") == "my-request.1")
    assert (line["interface"], line["call"], line["status"]) == ("libretranslate", "/translate", 400)
    gateway.post("/translate", **{**HELLO, "q": "zanzibar"})
    bad = requests.post(
        gateway.url + "/translate", json=HELLO, headers={"X-Request-Id": "<script>"}, timeout=30
    )
    assert bad.headers["x-request-id"] != "<script>"
    assert "zanzibar" not in gateway.log.read_text()


def test_metrics_count_requests_texts_and_phases(gateway: Gateway) -> None:
    gateway.post("/translate", **HELLO)
    page = gateway.get("/metrics").text
    assert (
        'dragoman_gateway_requests_total{call="/translate",interface="libretranslate",status="200"}' in page
    )
    assert (
        'dragoman_gateway_texts_total{label="stable",model="m",source="en",target="de",version="1"}' in page
    )
    assert 'dragoman_gateway_stage_seconds_count{stage="model"}' in page
    assert "dragoman_gateway_waiting 0.0" in page


def test_what_is_not_there_and_what_cannot_be_read_is_said(gateway: Gateway) -> None:
    assert gateway.get("/nothing").status_code == 404
    assert gateway.get("/translate").status_code == 405
    url = gateway.url + "/translate"
    for body, kind in ((b"{", "json"), (b"[1]", "json"), (b"[" * 100_000, "json"), (b"x", "octet-stream")):
        answer = requests.post(url, data=body, headers={"Content-Type": f"application/{kind}"}, timeout=30)
        assert answer.status_code == 400, body[:10]
        assert answer.json()["error"]
    large = requests.post(url, data=b"q=" + b"a" * (1 << 20), timeout=30)
    assert (large.status_code, "larger than" in large.json()["error"]) == (400, True)


def test_a_name_of_any_script_is_said_to_be_ignored(gateway: Gateway) -> None:
    values = {"q": "hello", "中": 1, "ä": 2}
    answer = gateway.post("/detect", **values)
    assert (answer.status_code, answer.headers["x-dragoman-ignored"]) == (200, "?,?")


def test_answers_are_for_no_page_to_frame_or_sniff(gateway: Gateway) -> None:
    headers = gateway.post("/translate", **HELLO).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"


def test_a_model_server_that_fails_is_no_secret_and_gives_none_away(
    gateway: Gateway, clean_fake: FakeServer
) -> None:
    clean_fake.failing.add(1)
    answer = requests.post(
        gateway.url + "/translate",
        json={**HELLO, "q": "not yet asked"},
        headers={"X-Request-Id": "failing"},
        timeout=30,
    )
    assert answer.status_code == 500
    assert "graph" not in answer.text
    _wait(lambda: '"failing"' in gateway.log.read_text())
    line = next(line for line in gateway.lines() if line.get("request") == "failing")
    assert "the graph is broken" in line["reason"]


def test_full_queues_send_requests_away_and_a_deadline_ends_them(
    fake: FakeServer, clean_fake: FakeServer, tmp_path: Path
) -> None:
    limits = {"running": 1, "waiting": 1, "deadline": 2.0}
    with started(
        tmp_path / "small", address=fake.address, model_root=str(fake.root), limits=limits
    ) as gateway:
        clean_fake.delay[1] = 4.0
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda _: gateway.post("/translate", **HELLO), range(4)))
        codes = sorted(answer.status_code for answer in answers)
        assert codes == [429, 429, 504, 504]
        shed = next(answer for answer in answers if answer.status_code == 429)
        assert shed.json()["error"].startswith("Slowdown:")
        assert int(shed.headers["retry-after"]) >= 1
        deepl = {"text": ["one"], "source_lang": "EN", "target_lang": "DE"}
        with ThreadPoolExecutor(3) as pool:
            answers = list(pool.map(lambda _: gateway.post("/v2/translate", **deepl), range(3)))
        assert sorted(answer.status_code for answer in answers) == [504, 504, 529]
        clean_fake.delay.clear()
        assert gateway.post("/translate", **HELLO).status_code == 200


def test_a_client_that_hangs_up_frees_its_place(
    fake: FakeServer, clean_fake: FakeServer, tmp_path: Path
) -> None:
    limits = {"running": 1, "waiting": 0, "deadline": 60.0}
    with started(
        tmp_path / "gone", address=fake.address, model_root=str(fake.root), limits=limits
    ) as gateway:
        clean_fake.delay[1] = 30.0
        asked = clean_fake.asked[1]
        host, _, port = gateway.url.removeprefix("http://").partition(":")
        body = b"q=hello&source=en&target=de"
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(
                b"POST /translate HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
            )
            _wait(lambda: clean_fake.asked[1] > asked)
        clean_fake.delay.clear()
        _wait(lambda: gateway.post("/translate", **HELLO).status_code == 200)
        assert any(line.get("status") == 499 for line in gateway.lines())


def test_sigterm_lets_a_running_request_end(fake: FakeServer, clean_fake: FakeServer, tmp_path: Path) -> None:
    with started(tmp_path / "drain", address=fake.address, model_root=str(fake.root)) as gateway:
        clean_fake.delay[1] = 1.5
        asked = clean_fake.asked[1]
        with ThreadPoolExecutor(1) as pool:
            running = pool.submit(gateway.post, "/translate", **HELLO)
            _wait(lambda: clean_fake.asked[1] > asked)
            gateway.process.terminate()
            assert running.result().json() == {"translatedText": "HELLO"}
        assert gateway.process.wait(120) == 0


def test_without_a_model_server_there_is_a_503(fake: FakeServer, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
    with started(tmp_path / "alone", address=address, model_root=str(fake.root)) as gateway:
        answer = gateway.post("/translate", **HELLO)
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "2"
        assert gateway.get("/health/live").status_code == 200
        # Nobody has to ask first.
        _wait(lambda: "a model server does not answer" in gateway.log.read_text())


def test_what_the_specification_gives_as_an_example_is_answered(gateway: Gateway) -> None:
    spec = gateway.get("/openapi.json").json()
    asked = 0
    for path, operations in spec["paths"].items():
        for method, operation in operations.items():
            if "{" in path or "multipart/form-data" in operation.get("requestBody", {}).get("content", {}):
                continue  # Documents have tests of their own.
            if path.startswith("/v1/operators/"):
                continue  # So has what wants a key where nothing else does.
            if "200" not in operation["responses"]:
                continue  # It is refused.
            content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            properties = content.get("schema", {}).get("properties", {})
            values = {
                name: schema["examples"][0] for name, schema in properties.items() if "examples" in schema
            }
            query = {
                parameter["name"]: parameter["schema"]["examples"][0]
                for parameter in operation.get("parameters", ())
                if "examples" in parameter["schema"]
            }
            url = gateway.url + path
            answer = requests.request(method, url, params=query, json=values if content else None, timeout=30)
            assert answer.status_code == 200, (method, path, answer.text)
            asked += 1
    assert asked > 15


def test_strings_in_are_strings_out_whatever_they_hold(gateway: Gateway) -> None:
    texts = hostile_strings(100, seed=7)
    body = gateway.post("/v1/translate", texts=texts, source="en", target="de").json()
    assert len(body["answers"]) == len(texts)
    for text, answer in zip(texts, body["answers"], strict=True):
        assert isinstance(answer["text"], str)
        assert bool(answer["text"].strip()) == bool(text.strip()), repr(text)
    lone = requests.post(
        gateway.url + "/v1/translate",
        data=b'{"texts": ["\\ud800 \\ud83d."], "source": "en", "target": "de"}',
        headers={"Content-Type": "application/json"},
        timeout=30,
    )
    assert lone.status_code == 200, lone.text


NAMES = (
    "q",
    "text",
    "texts",
    "source",
    "target",
    "source_lang",
    "target_lang",
    "format",
    "alternatives",
    "split",
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.sampled_from(["en", "de", "html"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)


@examples(60)
@given(
    path=st.sampled_from(
        ["/translate", "/detect", "/suggest", "/v1/translate", "/v2/translate", "/language/translate/v2"]
    ),
    body=st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=6),
)
def test_no_request_is_an_error_of_the_gateways_own(
    gateway: Gateway, path: str, body: dict[str, object]
) -> None:
    answer = requests.post(gateway.url + path, json=body, timeout=60)
    assert answer.status_code in (200, 400), answer.text
    assert isinstance(answer.json(), dict | list)
