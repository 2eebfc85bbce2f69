"""Documents, by DeepL's calls and LibreTranslate's."""

from __future__ import annotations

import codecs
import io
import time
from pathlib import Path
from typing import Any

import deepl
import pytest
import requests

from serving.gateway.database import keys
from serving.gateway.database.database import Database
from tests.serving.fake_server import FakeServer
from tests.serving.gateway.conftest import Gateway, started

MARKDOWN = "# One here\n\nTwo *there* and `code`.\n"


@pytest.fixture(scope="module")
def client(gateway: Gateway) -> deepl.DeepLClient:
    return deepl.DeepLClient("any", server_url=gateway.url)


@pytest.mark.parametrize(
    ("name", "content", "wanted"),
    [
        ("a.txt", b"One here.\r\n\r\n  Two there.\r\n", b"ONE HERE.\r\n\r\n  TWO THERE.\r\n"),
        ("a.md", MARKDOWN.encode(), b"# ONE HERE\n\nTWO *THERE* AND `code`.\n"),
        ("A.HTML", b"<p class='a'>one <b>two</b></p>", b"<p class='a'>ONE <b>TWO</b></p>"),
        (
            "a.po",
            b'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "one %s"\nmsgstr ""\n',
            b'msgid "one %s"\nmsgstr "ONE %s"\n',
        ),
        ("a.srt", b"1\n00:00:01,000 --> 00:00:02,000\none\n", b"1\n00:00:01,000 --> 00:00:02,000\nONE\n"),
        ("a.json", b'{"a": "one", "b": 2}', b'{"a": "ONE", "b": 2}'),
        (
            "a.txt",
            codecs.BOM_UTF16_LE + "grün".encode("utf-16-le"),
            codecs.BOM_UTF16_LE + "GRüN".encode("utf-16-le"),
        ),
    ],
)
def test_deepls_client_translates_documents(
    client: deepl.DeepLClient, name: str, content: bytes, wanted: bytes
) -> None:
    handle = client.translate_document_upload(content, source_lang="EN", target_lang="DE", filename=name)
    # Its own waiting asks every five seconds.
    while not (status := client.translate_document_get_status(handle)).done:
        assert status.ok, status.error_message
    output = io.BytesIO()
    client.translate_document_download(handle, output, chunk_size=1 << 16)
    assert wanted in output.getvalue()
    assert status.billed_characters


def _post(gateway: Gateway, path: str, name: str, content: bytes, **values: str) -> requests.Response:
    return requests.post(gateway.url + path, data=values, files={"file": (name, content)}, timeout=60)


def test_libretranslates_page_gets_an_address_for_the_translation(gateway: Gateway) -> None:
    answer = _post(gateway, "/translate_file", "ö/../my file.md", MARKDOWN.encode(), source="en", target="de")
    url = answer.json()["translatedFileUrl"]
    assert url.startswith(gateway.url + "/download_file/")
    file = requests.get(url, timeout=30)
    assert file.content == b"# ONE HERE\n\nTWO *THERE* AND `code`.\n"
    assert file.headers["content-disposition"] == "attachment; filename*=UTF-8''my%20file.md"
    assert "my%20file.md" in url
    assert requests.get(url.replace("-", "-0"), timeout=30).status_code == 404
    assert gateway.get("/download_file/..%2F..%2Fetc").status_code == 404


def test_what_is_no_document_is_refused(gateway: Gateway) -> None:
    def refused(name: str, content: bytes, **values: str) -> tuple[int, str]:
        answer = _post(gateway, "/translate_file", name, content, **values)
        return answer.status_code, answer.json()["error"]

    languages = {"source": "en", "target": "de"}
    assert refused("a.exe", b"a", **languages)[0] == 400
    assert "of no format that is known" in refused("a", b"a", **languages)[1]
    assert refused("a.txt", b"caf\xe9", **languages)[0] == 400
    assert "convert it to UTF-8" in refused("a.txt", b"caf\xe9", **languages)[1]
    assert refused("a.po", b"/etc/passwd", **languages)[0] in (200, 400)
    assert refused("a.txt", b"a", source="en")[1] == "Invalid request: missing target parameter"
    assert refused("a.txt", b"a", source="en", target="tlh")[0] == 400
    assert gateway.post("/translate_file", **languages).status_code == 400
    broken = requests.post(
        gateway.url + "/translate_file",
        data=b"nonsense",
        headers={"Content-Type": "multipart/form-data; boundary=x"},
        timeout=30,
    )
    assert broken.status_code == 400
    assert (
        _post(gateway, "/v2/document", "a.txt", b"a", target_lang="DE", formality="more").status_code == 400
    )
    assert (
        _post(gateway, "/v2/document", "a.txt", b"a", target_lang="DE", output_format="pdf").status_code
        == 400
    )


def test_a_document_is_its_senders_alone_and_says_what_went_wrong(gateway: Gateway, fake: FakeServer) -> None:
    assert _post(gateway, "/v2/document", "a.txt", b"one", target_lang="TLH").status_code == 400
    fake.failing.add(1)
    taken = _post(gateway, "/v2/document", "a.txt", b"one fails", target_lang="DE", source_lang="EN").json()
    url = f"/v2/document/{taken['document_id']}"
    assert gateway.post(url, document_key="other").status_code == 404
    assert gateway.post(url).status_code == 404
    status = _finished(gateway, taken)
    fake.failing.clear()
    assert (status["status"], "refused" in status["error_message"]) == ("error", True)
    assert gateway.post(f"{url}/result", **taken).status_code == 503
    fake.translate[1] = lambda source: source
    try:
        for name, content in (("a.txt", b"untranslatable"), ("a.html", b'<img alt="untranslatable">')):
            same = _post(gateway, "/v2/document", name, content, source_lang="EN", target_lang="DE")
            assert "came back as it was" in _finished(gateway, same.json())["error_message"]
    finally:
        del fake.translate[1]


def _finished(gateway: Gateway, taken: dict[str, str]) -> dict[str, Any]:
    url = f"/v2/document/{taken['document_id']}"
    while (status := gateway.post(url, document_key=taken["document_key"]).json())["status"] in (
        "queued",
        "translating",
    ):
        pass
    return status


def test_limits_of_documents_and_what_the_gateways_end_means(fake: FakeServer, tmp_path: Path) -> None:
    limits = {
        "document_bytes": 2000,
        "document_characters": 100,
        "document_waiting": 0,
        "document_running": 1,
    }
    settings = {"address": fake.address, "model_root": str(fake.root), "limits": limits}
    languages = {"source_lang": "EN", "target_lang": "DE"}
    with started(tmp_path / "small", **settings) as small:
        assert _post(small, "/v2/document", "a.txt", b"a" * 3000, **languages).status_code == 413
        assert _post(small, "/v2/document", "a.txt", b"a" * 101, **languages).status_code == 413
        fake.delay[1] = 3.0
        try:
            taken = _post(small, "/v2/document", "a.txt", b"slowly", **languages).json()
            assert _post(small, "/v2/document", "a.txt", b"another", **languages).status_code == 529
            small.process.terminate()
            assert small.process.wait(120) == 0
        finally:
            fake.delay.clear()
    with started(tmp_path / "small", **settings) as again:
        status = again.post(f"/v2/document/{taken['document_id']}", **taken).json()
        assert (status["status"], "send it again" in status["error_message"]) == ("error", True)


def test_a_document_in_the_targets_language_is_no_translation(gateway: Gateway) -> None:
    german = b"Das ist ein kleines Haus, und darin wohnt eine alte Frau.\n"
    for source in ("en", "auto", "de"):
        answer = _post(gateway, "/translate_file", "a.txt", german, source=source, target="de")
        assert (answer.status_code, "language already" in answer.json()["error"]) == (400, True)
    assert (
        _post(gateway, "/translate_file", "a.txt", b"1\n***\n", source="en", target="de").status_code == 200
    )


def test_who_hangs_up_takes_its_document_along(
    fake: FakeServer, clean_fake: FakeServer, tmp_path: Path
) -> None:
    """LibreTranslate's call answers with the name of what it has translated: nobody else has it."""
    limits = {"document_waiting": 0, "document_running": 1}
    with started(tmp_path / "one", address=fake.address, model_root=str(fake.root), limits=limits) as gateway:
        clean_fake.delay[1] = 30.0
        languages, file = {"source": "en", "target": "de"}, {"file": ("a.txt", b"slowly")}
        with pytest.raises(requests.ReadTimeout):
            requests.post(gateway.url + "/translate_file", data=languages, files=file, timeout=3)
        clean_fake.delay.clear()
        end = time.monotonic() + 20
        while _post(gateway, "/translate_file", "a.txt", b"next", **languages).status_code != 200:
            assert time.monotonic() < end


def test_a_document_that_is_too_much_for_a_key_is_refused_at_once(fake: FakeServer, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/gateway.sqlite"
    database = Database(url)
    month = keys.add(database, "month", ["translate"], None, 10)
    minute = keys.add(database, "minute", ["translate"], 10, None)
    database.close()
    settings = {"address": fake.address, "model_root": str(fake.root), "database": url, "keys": True}
    with started(tmp_path / "keys", **settings) as gateway:
        languages = {"source_lang": "EN", "target_lang": "DE"}

        def sent(key: str, content: bytes) -> requests.Response:
            return _post(gateway, "/v2/document", "a.txt", content, auth_key=key, **languages)

        client = deepl.DeepLClient(month, server_url=gateway.url)
        with pytest.raises(deepl.QuotaExceededException):
            client.translate_document_upload(b"a" * 11, source_lang="EN", target_lang="DE", filename="a.txt")
        message = "this has 11 characters, and 10 of this month's are left"
        assert sent(month, b"a" * 11).json()["message"] == message
        assert sent(month, b"a" * 10).status_code == 200
        assert sent(minute, b"one two").status_code == 200
        refused = sent(minute, b"three four")
        assert (refused.status_code, int(refused.headers["retry-after"]) > 0) == (429, True)


def test_the_columns_of_a_table_are_named(gateway: Gateway) -> None:
    table = b"id,text,note\na,one,b\nc,two,d\n"
    languages = {"source": "en", "target": "de"}
    refused = _post(gateway, "/translate_file", "a.csv", table, **languages)
    assert (refused.status_code, "id, text, note" in refused.json()["error"]) == (400, True)
    answer = _post(gateway, "/translate_file", "a.csv", table, **languages, columns="text")
    assert requests.get(answer.json()["translatedFileUrl"], timeout=30).content == (
        b"id,text,note\na,ONE,b\nc,TWO,d\n"
    )
    both = {**languages, "columns": ["text", "note"]}
    file = {"file": ("a.csv", table)}
    taken = requests.post(gateway.url + "/v1/documents", data=both, files=file, timeout=30).json()
    assert _result(gateway, taken).content == b"id,text,note\na,ONE,B\nc,TWO,D\n"
    deepls = {"source_lang": "EN", "target_lang": "DE", "columns": "3"}
    taken = _post(gateway, "/v2/document", "a.csv", table, **deepls).json()
    assert _finished(gateway, taken)["status"] == "done"


def test_the_sentences_of_a_document_beside_their_translations(gateway: Gateway) -> None:
    wish = {"target": "en", "bilingual": "true"}
    german = b"<p>Das ist ein kleines Haus. Und hier?</p>"
    taken = _post(gateway, "/v1/documents", "a.html", german, **wish).json()
    result = _result(gateway, taken)
    assert "a.html.xlf" in result.headers["content-disposition"]
    assert b'original="a.html" source-language="de" target-language="en"' in result.content
    unit = "<source>Das ist ein kleines Haus.</source><target>DAS IST EIN KLEINES HAUS.</target>"
    assert unit.encode() in result.content


def _result(gateway: Gateway, taken: dict[str, str]) -> requests.Response:
    url, key = f"/v1/documents/{taken['document']}", {"key": taken["key"]}
    while gateway.post(url, **key).json()["state"] in ("queued", "translating"):
        pass
    return gateway.post(f"{url}/result", **key)


def test_our_own_calls_take_a_document_and_give_it_up(gateway: Gateway, clean_fake: FakeServer) -> None:
    languages = {"source": "en", "target": "de"}
    taken = _post(gateway, "/v1/documents", "ö.md", MARKDOWN.encode(), **languages).json()
    url, key = f"/v1/documents/{taken['document']}", {"key": taken["key"]}
    while (now := gateway.post(url, **key).json())["state"] in ("queued", "translating"):
        assert now["seconds_left"] > 0
    assert (now["state"], now["progress"], now["error"]) == ("done", 1.0, None)
    result = gateway.post(f"{url}/result", **key)
    assert result.content == b"# ONE HERE\n\nTWO *THERE* AND `code`.\n"
    assert result.headers["content-disposition"] == "attachment; filename*=UTF-8''%C3%B6.md"
    for path in (url, f"{url}/result", f"{url}/cancel"):
        assert gateway.post(path, key="other").status_code == 404
        assert gateway.post(path).status_code == 404
    assert gateway.post(f"{url}/cancel", **key).json() == {"deleted": True}
    assert gateway.post(f"{url}/result", **key).status_code == 404
    assert gateway.post("/v1/documents", **languages).status_code == 400
    clean_fake.delay[1] = 3.0
    slow = _post(gateway, "/v1/documents", "a.txt", b"slow indeed", **languages).json()
    url, key = f"/v1/documents/{slow['document']}", {"key": slow["key"]}
    while gateway.post(url, **key).json()["state"] != "translating":
        pass
    assert gateway.post(f"{url}/result", **key).status_code == 409
    assert gateway.post(f"{url}/cancel", **key).json() == {"deleted": True}
    assert gateway.post(url, **key).status_code == 404


def test_a_long_documents_progress_is_told(gateway: Gateway, clean_fake: FakeServer) -> None:
    clean_fake.delay[1] = 0.1
    lines = "".join(f"line number {number}\n" for number in range(400)).encode()
    taken = _post(gateway, "/v1/documents", "long.txt", lines, source="en", target="de").json()
    progress = []
    while (now := gateway.post(f"/v1/documents/{taken['document']}", key=taken["key"]).json())[
        "state"
    ] != "done":
        progress.append(now["progress"])
    shares = [share for share in progress if share is not None]
    assert shares == sorted(shares)
    assert {0.32, 0.64, 0.96} & set(shares)
