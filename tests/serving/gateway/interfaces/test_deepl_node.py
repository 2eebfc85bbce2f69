"""DeepL's interface, asked by DeepL's own client for Node.js, unchanged, over all that the table says."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from serving.gateway.database import keys
from serving.gateway.database.database import Database
from tests.serving.fake_server import FakeServer
from tests.serving.gateway.conftest import Gateway, started
from tests.serving.gateway.fetched import from_npm

VERSION = "1.28.0"
GERMAN = "Das ist ein kleines Haus, und darin wohnt eine alte Frau."
TERMS = {"terms": {"house": "Haus"}}
DICTIONARY = {"sourceLangCode": "en", "targetLangCode": "de", "entries": TERMS}
INSTRUCTION = {"label": "l", "prompt": "be brief"}
SECONDS = 60.0
"""That a call, or a document, may take."""
LIMITS = {"document_running": 1, "document_waiting": 0}


class NodeError(Exception):
    """What the client threw."""

    def __init__(self, name: str, said: str) -> None:
        super().__init__(said)
        self.name = name


class NodeClient:
    """A client in a process of its own."""

    def __init__(self, modules: Path, url: str, key: str) -> None:
        script = Path(__file__).with_name("deepl_node.mjs")
        command = [str(shutil.which("node")), str(script), str(modules), url, key]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __call__(self, call: str, *given: Any) -> Any:
        """What a function of the client gives.

        Raises:
            NodeError: it throws.
        """
        process = self._process
        assert process.stdin
        assert process.stdout
        process.stdin.write(json.dumps({"call": call, "given": given}).encode() + b"\n")
        process.stdin.flush()
        limit = threading.Timer(SECONDS, process.kill)
        limit.start()
        said = process.stdout.readline()
        limit.cancel()
        assert said, f"{call}: the client has ended, or not answered in {SECONDS:g} s"
        answer = json.loads(said)
        if "error" in answer:
            raise NodeError(answer["error"], answer["said"])
        return answer["value"]

    def close(self) -> None:
        self._process.communicate(timeout=60)


def test_a_client_that_says_nothing_ends_with_its_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = tmp_path / "node"
    node.write_text("#!/bin/sh\nexec sleep 600\n")
    node.chmod(0o755)
    monkeypatch.setattr(shutil, "which", lambda _: str(node))
    monkeypatch.setattr("tests.serving.gateway.interfaces.test_deepl_node.SECONDS", 0.2)
    client = NodeClient(tmp_path, "http://127.0.0.1:1", "key")
    with pytest.raises(AssertionError, match=r"getUsage: the client has ended, or not answered in 0\.2 s"):
        client("getUsage")
    client.close()


@pytest.fixture(scope="module")
def locked(
    fake: FakeServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Gateway, dict[str, str]]]:
    """A gateway that wants keys, and these."""
    folder = tmp_path_factory.mktemp("node")
    url = f"sqlite:///{folder}/gateway.sqlite"
    database = Database(url)
    limits = {"node": (None, None), "month": (None, 8), "minute": (8, None)}
    secrets = {name: keys.add(database, name, ["translate"], *most) for name, most in limits.items()}
    database.close()
    settings = {"address": fake.address, "model_root": str(fake.root), "keys": True, "limits": LIMITS}
    with started(folder, database=url, **settings) as running:
        yield running, secrets


@pytest.fixture(scope="module")
def with_key(
    locked: tuple[Gateway, dict[str, str]], pytestconfig: pytest.Config
) -> Iterator[Callable[[str], NodeClient]]:
    """A client with the key of a name; another is nobody's."""
    gateway, secrets = locked
    modules = from_npm(pytestconfig.cache, "deepl-node", VERSION)
    clients: list[NodeClient] = []

    def client(name: str) -> NodeClient:
        clients.append(NodeClient(modules, gateway.url, secrets.get(name, name)))
        return clients[-1]

    yield client
    for opened in clients:
        opened.close()


@pytest.fixture(scope="module")
def client(with_key: Callable[[str], NodeClient]) -> NodeClient:
    return with_key("node")


def test_a_text_is_translated_and_its_language_found(client: NodeClient) -> None:
    assert client("translateText", GERMAN, None, "en-US") == {
        "text": GERMAN.upper(),
        "detectedSourceLang": "de",
        "billedCharacters": len(GERMAN),
    }


def test_lists_come_back_in_order(client: NodeClient) -> None:
    results = client("translateText", ["one", " ", "two"], "en", "de")
    assert [result["text"] for result in results] == ["ONE", " ", "TWO"]


XML = {"tagHandling": "xml", "ignoreTags": ["x"]}
HTML = {"tagHandling": "html", "outlineDetection": False, "splittingTags": "p,q", "nonSplittingTags": ["b"]}


@pytest.mark.parametrize(
    ("text", "options", "wanted"),
    [
        ("<p>one <x>two</x></p>", XML, "<p>ONE <x>two</x></p>"),
        ('<p class="a">one</p>', HTML, '<p class="a">ONE</p>'),
        ("one", {"modelType": "canary"}, "v2:ONE"),
        ("one", {"modelType": "prefer_quality_optimized"}, "ONE"),
        ("one", {"context": "c", "preserveFormatting": True, "tagHandlingVersion": "v2"}, "ONE"),
        (
            "one",
            {"formality": "prefer_more", "extraRequestParameters": {"enable_beta_languages": "1"}},
            "ONE",
        ),
    ],
)
def test_options_are_met_or_do_no_harm(client: NodeClient, text: str, options: dict, wanted: str) -> None:
    result = client("translateText", text, "en", "de", options)
    assert result["text"] == wanted
    assert result.get("modelTypeUsed") == options.get("modelType")


def test_sentences_are_split_as_it_is_said(client: NodeClient, fake: FakeServer) -> None:
    rows: list[str] = []
    fake.translate[1] = lambda source: rows.append(source) or source.upper()  # type: ignore[func-returns-value]
    try:
        for split in ("off", "on", "nonewlines"):
            rows.append(f"{split}:")
            client("translateText", "One here. Two\nthere.", "en", "de", {"splitSentences": split})
    finally:
        del fake.translate[1]
    assert rows == [
        *("off:", "One here. Two there."),
        *("on:", "One here.", "Two", "there."),
        *("nonewlines:", "One here.", "Two there."),
    ]


@pytest.mark.parametrize(
    "options",
    [
        {"formality": "more"},
        {"glossary": "g"},
        {"glossaryIds": ["g", "h"]},
        {"styleRule": "s"},
        {"translationMemory": "t", "translationMemoryThreshold": 50},
        {"customInstructions": ["be brief"]},
        {"tagHandling": "pdf"},
        {"splitSentences": "2"},
        {"modelType": "newest"},
    ],
)
def test_what_cannot_be_done_is_refused(client: NodeClient, options: dict) -> None:
    with pytest.raises(NodeError, match="Bad request") as raised:
        client("translateText", "one", "en", "de", options)
    assert raised.value.name == "DeepLError"


@pytest.mark.parametrize(
    "call",
    [
        ("createGlossary", "n", "en", "de", TERMS),
        ("getGlossary", "g"),
        ("getGlossaryEntries", "g"),
        ("deleteGlossary", "g"),
        ("createMultilingualGlossary", "n", [DICTIONARY]),
        ("getMultilingualGlossary", "g"),
        ("getMultilingualGlossaryDictionaryEntries", "g", "en", "de"),
        ("replaceMultilingualGlossaryDictionary", "g", DICTIONARY),
        ("updateMultilingualGlossaryName", "g", "n"),
        ("deleteMultilingualGlossaryDictionary", "g", "en", "de"),
        ("deleteMultilingualGlossary", "g"),
        ("rephraseText", "text", "de"),
        ("getAllStyleRules",),
        ("createStyleRule", {"name": "n", "language": "de"}),
        ("getStyleRule", "s"),
        ("updateStyleRuleName", "s", "n"),
        ("updateStyleRuleConfiguredRules", "s", {}),
        ("createStyleRuleCustomInstruction", "s", INSTRUCTION),
        ("getStyleRuleCustomInstruction", "s", "i"),
        ("updateStyleRuleCustomInstruction", "s", "i", INSTRUCTION),
        ("deleteStyleRuleCustomInstruction", "s", "i"),
        ("deleteStyleRule", "s"),
        ("listTranslationMemories",),
        ("getTranslationMemory", "t"),
        ("listTranslationMemorySegments", "t"),
        ("createTranslationMemoryImport", "a.tmx", 10),
        ("createTranslationMemoryExport", "t"),
        ("getTranslationMemoryJob", "j"),
        ("deleteTranslationMemory", "t"),
    ],
    ids=lambda call: call[0],
)
def test_calls_of_what_there_is_not_are_refused_and_not_unknown(client: NodeClient, call: tuple) -> None:
    with pytest.raises(NodeError, match=r"Bad request.*(there (is|are) no|not improved)") as raised:
        client(*call)
    assert raised.value.name == "DeepLError"


def test_there_are_no_glossaries(client: NodeClient) -> None:
    for call in ("getGlossaryLanguagePairs", "listGlossaries", "listMultilingualGlossaries"):
        assert client(call) == []


def test_languages(client: NodeClient) -> None:
    assert [(language["code"], language["name"]) for language in client("getSourceLanguages")] == [
        ("de", "German"),
        ("en", "English"),
    ]
    targets = client("getTargetLanguages")
    assert [(language["code"], language["supportsFormality"]) for language in targets] == [
        ("de", False),
        ("en", False),
        ("fr", False),
    ]


def _finished(client: NodeClient, handle: dict[str, str]) -> dict[str, Any]:
    # The client's own waiting asks every five seconds.
    end = time.monotonic() + SECONDS
    while (status := client("getDocumentStatus", handle))["status"] in ("queued", "translating"):
        assert time.monotonic() < end, status
        threading.Event().wait(0.05)
    return dict(status)


def test_a_document_is_sent_waited_for_and_fetched(client: NodeClient, tmp_path: Path) -> None:
    source, target = tmp_path / "ö.md", tmp_path / "out.md"
    markdown = "# One here\n\nTwo *there* and `code`.\n"
    source.write_text(markdown)
    handle = client("uploadDocument", str(source), "en", "de")
    status = _finished(client, handle)
    assert (status["status"], status["billedCharacters"]) == ("done", len(markdown))
    client("downloadDocument", handle, str(target))
    assert target.read_text() == "# ONE HERE\n\nTWO *THERE* AND `code`.\n"
    for options in ({"formality": "more"}, {"extraRequestParameters": {"output_format": "pdf"}}):
        with pytest.raises(NodeError, match="Bad request"):
            client("uploadDocument", str(source), "en", "de", options)
    (tmp_path / "a.exe").write_text("one")
    with pytest.raises(NodeError, match=r"Bad request.*of no format that is known"):
        client("uploadDocument", str(tmp_path / "a.exe"), "en", "de")


def test_a_document_in_one_call(client: NodeClient, tmp_path: Path) -> None:
    source, target = tmp_path / "a.html", tmp_path / "out.html"
    source.write_text("<p>one <b>two</b></p>")
    assert client("translateDocument", str(source), str(target), "en", "de")["status"] == "done"
    assert target.read_text() == "<p>ONE <b>TWO</b></p>"


def test_a_document_that_is_not_ready_another_and_one_of_somebody_else(
    client: NodeClient, fake: FakeServer, tmp_path: Path
) -> None:
    goes_on = threading.Event()
    source = tmp_path / "a.txt"
    source.write_text("this one waits")
    fake.translate[1] = lambda text: text.upper() if goes_on.wait(60) else text
    try:
        handle = client("uploadDocument", str(source), "en", "de")
        with pytest.raises(NodeError) as raised:
            client("downloadDocument", handle, str(tmp_path / "early"))
        assert raised.value.name == "DocumentNotReadyError"
        with pytest.raises(NodeError, match="529"):
            client("uploadDocument", str(source), "en", "de")
        for other in ({**handle, "documentKey": "k"}, {**handle, "documentId": "0" * 32}):
            with pytest.raises(NodeError, match="Not found"):
                client("getDocumentStatus", other)
    finally:
        goes_on.set()
        del fake.translate[1]
    assert _finished(client, handle)["status"] == "done"


def test_a_document_that_fails_says_why(client: NodeClient, clean_fake: FakeServer, tmp_path: Path) -> None:
    source = tmp_path / "a.txt"
    source.write_text("this one fails")
    clean_fake.failing.add(1)
    status = _finished(client, client("uploadDocument", str(source), "en", "de"))
    assert (status["status"], "refused" in status["errorMessage"]) == ("error", True)


def test_errors_are_the_clients_own(
    client: NodeClient, with_key: Callable[[str], NodeClient], clean_fake: FakeServer
) -> None:
    def error(ask: NodeClient, text: str, source: str = "en", target: str = "de") -> tuple[str, str]:
        with pytest.raises(NodeError) as raised:
            ask("translateText", text, source, target)
        return raised.value.name, str(raised.value)

    name, said = error(client, "one", "tlh")
    assert (name, "tlh is not supported" in said) == ("DeepLError", True)
    assert "Unexpected status code: 413" in error(client, "a" * 50_001)[1]
    assert error(with_key("nobody"), "one")[0] == "AuthorizationError"
    clean_fake.failing.add(1)
    assert "Unexpected status code: 500" in error(client, "this fails")[1]
    clean_fake.failing.clear()

    month, minute = with_key("month"), with_key("minute")
    month("translateText", "12345", "en", "de")
    assert error(month, "1234")[0] == "QuotaExceededError"
    usage = month("getUsage")["character"]
    assert (usage["count"], usage["limit"]) == (5, 8)
    minute("translateText", "12345678", "en", "de")
    assert error(minute, "12345678")[0] == "TooManyRequestsError"
