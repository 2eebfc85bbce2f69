"""For operators: versions, labels and traffic seen, and labels moved, with a key for that alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from serving.gateway.core.admission import Admission
from serving.gateway.core.metrics import Metrics
from serving.gateway.database import keys
from serving.gateway.database.database import Database
from serving.rollout import history
from tests.serving.conftest import dragoman
from tests.serving.fake_server import FakeServer
from tests.serving.gateway.browser import Browser, axe_source
from tests.serving.gateway.conftest import Gateway, label, model_server, started

HELLO = {"texts": "hello", "source": "en", "target": "de"}


@dataclass
class Site:
    """A gateway that asks nobody else for a key, its model root, and the secret of an operator."""

    gateway: Gateway
    server: FakeServer
    root: Path
    secrets: dict[str, str]

    def ask(self, path: str, *, key: str = "op", origin: str = "", **values: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.secrets.get(key, key)}"} if key else {}
        if origin:
            headers["Origin"] = origin
        url = f"{self.gateway.url}/v1/operators/{path}"
        if path == "state":
            return requests.get(url, headers=headers, timeout=60)
        return requests.post(url, json=values, headers=headers, timeout=60)

    def do(self, **wanted: Any) -> dict[str, Any]:
        plan = self.ask("plan", **wanted).json()["plan"]
        answer = self.ask("act", **wanted, plan=plan)
        assert answer.status_code == 200, answer.text
        done: dict[str, Any] = answer.json()
        return done


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("operators")
    root, url = folder / "models", f"sqlite:///{folder}/gateway.sqlite"
    server = model_server(root)
    for version, bleu in ((1, 30.0), (2, 31.5)):
        path = root / "m" / str(version) / "assets.extra" / "model_card.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), "overall": {"bleu": bleu, "chrf": 55.0}}))
    database = Database(url)
    secrets = {
        name: keys.add(database, name, [scope], None, None)
        for name, scope in (("op", "operate"), ("user", "translate"))
    }
    database.close()
    settings = {"address": server.address, "model_root": str(root), "database": url, "cors_origins": ["*"]}
    with started(folder / "gateway", **settings) as gateway:
        yield Site(gateway, server, root, secrets)
    server.stop()


@pytest.fixture(autouse=True)
def as_before(site: Site) -> None:
    """In two steps: a server refuses a label at a version that it has not loaded."""
    for canary in (1, 2):
        label(site.root, 1, canary)
        site.server.follow()


def test_a_key_of_that_scope_is_needed_also_where_nobody_else_needs_one(site: Site) -> None:
    assert site.gateway.post("/v1/translate", **HELLO).status_code == 200
    wanted = {"action": "promote", "model": "m", "version": 2}
    for path in ("state", "plan", "act"):
        assert site.ask(path, key="", **wanted).status_code == 401
        assert site.ask(path, key="wrong", **wanted).status_code == 403
        refused = site.ask(path, key="user", **wanted)
        assert (refused.status_code, "`operate`" in refused.json()["error"]["message"]) == (403, True)
    assert site.ask("state").status_code == 200


def test_no_page_elsewhere_operates_it_with_a_key_and_any_origin_allowed(site: Site) -> None:
    wanted = {"action": "promote", "model": "m", "version": 2, "plan": "any"}
    for path in ("state", "plan", "act"):
        assert site.ask(path, origin="https://elsewhere.example", **wanted).status_code == 403
    assert site.ask("state", origin=site.gateway.url).status_code == 200


def test_what_is_seen(site: Site) -> None:
    site.gateway.post("/v1/translate", **{**HELLO, "texts": "nobody has asked this"})
    state = site.ask("state").json()
    assert (state["root"], state["blind"]) == (str(site.root), "")
    (model,) = state["models"]
    assert (model["model"], model["stable"], model["canary"], model["apart"]) == ("m", 1, 2, None)
    assert [(row["version"], row["bleu"], row["labels"]) for row in model["versions"]] == [
        (1, 30.0, ["stable"]),
        (2, 31.5, ["canary"]),
    ]
    assert model["versions"][0]["loaded"] == {site.server.address: "AVAILABLE"}
    row = next(row for row in state["traffic"] if row["label"] == "stable" and row["version"] == "1")
    assert row["requests"] >= 1
    assert row["seconds"] > 0


def test_what_is_confirmed_is_what_the_commands_dry_run_says_and_nothing_is_done_yet(site: Site) -> None:
    before = (site.root / "models.config").read_bytes()
    for words, wanted in (
        (["promote", "m", "2"], {"action": "promote", "model": "m", "version": 2}),
        (["canary", "m", "none"], {"action": "withdraw", "model": "m"}),
    ):
        plan = site.ask("plan", **wanted).json()
        dry = dragoman(*words, "--dry-run", "--model-root", site.root)
        assert (plan["diff"].strip(), dry.returncode) == (dry.stdout.decode().strip(), 0)
        assert plan["says"]
    assert site.ask("plan", action="promote", model="m", version=2).json()["says"][0] == (
        "Users of m (label stable) get version 2 instead of 1."
    )
    assert (site.root / "models.config").read_bytes() == before


def test_labels_are_moved_and_the_history_has_the_keys_name(site: Site) -> None:
    done = site.do(action="promote", model="m", version=2, reason="better on names")
    assert (done["before"], done["to"], list(done["followed"])) == (1, 2, [site.server.address])
    assert site.gateway.post("/v1/translate", **HELLO).json()["answers"][0]["text"] == "v2:HELLO"
    back = site.do(action="rollback", model="m")
    assert (back["before"], back["to"]) == (2, 1)
    assert (
        site.ask("plan", action="withdraw", model="m").status_code == 409
    )  # it was newer: its trial is over
    label(site.root, 1, 2)
    assert site.do(action="withdraw", model="m")["before"] == 2
    lines = history.changes(site.root, "m")
    assert [line.action for line in lines] == ["promote", "withdraw", "rollback", "withdraw"]
    assert {line.who.partition(" by ")[0] for line in lines} == {"op"}
    assert lines[0].why == "better on names"
    shown = site.ask("state").json()["history"]
    assert [row["action"] for row in shown] == ["withdraw", "rollback", "withdraw", "promote"]
    logged = [line for line in site.gateway.lines() if line.get("call") == "/v1/operators/act"]
    assert {"key": "op", "action": "rollback", "model": "m"}.items() <= logged[-2].items()


def test_what_has_changed_since_it_was_shown_is_not_done(site: Site) -> None:
    wanted = {"action": "promote", "model": "m", "version": 2}
    plan = site.ask("plan", **wanted).json()["plan"]
    label(site.root, 2, 2)
    late = site.ask("act", **wanted, plan=plan)
    assert (late.status_code, "has changed since" in late.json()["error"]["message"]) == (409, True)
    other = site.ask("act", action="withdraw", model="m", plan=plan)
    assert other.status_code == 409
    assert site.ask("act", **wanted).status_code == 400


@pytest.mark.parametrize(
    ("wanted", "status"),
    [
        ({"action": "delete", "model": "m"}, 400),
        ({"action": "promote", "model": "m"}, 400),
        ({"action": "rollback", "model": "m", "version": 1}, 400),
        ({"action": "rollback"}, 400),
        ({"action": "promote", "model": "m", "version": 9}, 409),
        ({"action": "promote", "model": "../m", "version": 1}, 409),
    ],
)
def test_what_cannot_be_done_is_said_before_it_is_tried(
    site: Site, wanted: dict[str, Any], status: int
) -> None:
    answer = site.ask("plan", **wanted)
    assert (answer.status_code, bool(answer.json()["error"]["message"])) == (status, True)


def test_a_version_that_does_not_load_is_put_back_and_said(site: Site) -> None:
    (site.root / "m" / "2" / "saved_model.pb").write_text("bad")
    label(site.root, 1, 1)
    config = site.root / "models.config"
    config.write_text(config.read_text().replace("versions: 2", ""))
    try:
        wanted = {"action": "promote", "model": "m", "version": 2}
        answer = site.ask("act", **wanted, plan=site.ask("plan", **wanted).json()["plan"])
    finally:
        (site.root / "m" / "2" / "saved_model.pb").write_text("good")
    assert (answer.status_code, "cannot load version 2" in answer.json()["error"]["message"]) == (409, True)
    assert site.ask("state").json()["models"][0]["stable"] == 1


def test_errors_are_counted_by_version_and_label(site: Site) -> None:
    site.ask("state")  # It knows now which version is canary.
    site.server.failing.add(2)
    try:
        failed = requests.post(
            f"{site.gateway.url}/v1/translate",
            json={**HELLO, "texts": "fails"},
            headers={"X-Dragoman-Label": "canary"},
            timeout=30,
        )
    finally:
        site.server.failing.clear()
    assert failed.status_code == 500
    row = next(row for row in site.ask("state").json()["traffic"] if row["label"] == "canary")
    assert (row["version"], row["errors"]["failed"]) == ("2", 1)


def test_traffic_adds_up() -> None:
    metrics = Metrics(Admission(1, 1))
    assert metrics.traffic() == []
    for seconds, outcome in ((0.1, "ok"), (0.3, "ok"), (9.0, "timeout")):
        metrics.model_asked(("m", "1", "stable"), 5, seconds, outcome)
    (row,) = metrics.traffic()
    assert row == {
        "model": "m",
        "version": "1",
        "label": "stable",
        "requests": 3,
        "characters": 15,
        "errors": {"timeout": 1},
        "seconds": pytest.approx(0.2),
    }


def test_where_no_model_root_is_seen_it_is_said_and_the_servers_are_asked(site: Site, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/blind.sqlite"
    database = Database(url)
    secret = keys.add(database, "op", ["operate"], None, None)
    database.close()
    served = [{"name": "m", "source": "en", "targets": ["de"], "address": site.server.address}]
    with started(tmp_path / "blind", models=served, model_root=None, database=url) as gateway:
        blind = Site(gateway, site.server, site.root, {"op": secret})
        state = blind.ask("state").json()
        assert (state["root"], state["history"]) == (None, None)
        assert "its settings name `models`" in state["blind"]
        (model,) = state["models"]
        assert (model["stable"], model["canary"]) == (1, 2)
        assert model["versions"][1] == {
            "version": 2,
            "labels": ["canary"],
            "loaded": {site.server.address: "AVAILABLE"},
        }
        refused = blind.ask("plan", action="rollback", model="m")
        assert (refused.status_code, "no model root" in refused.json()["error"]["message"]) == (400, True)


def test_the_page_loads_nothing_from_elsewhere_and_goes_with_its_interface(
    site: Site, tmp_path: Path
) -> None:
    page = site.gateway.get("/operators")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert 'src="operators.js"' in page.text
    with started(tmp_path / "users", address=site.server.address, interfaces=["dragoman"]) as users:
        assert [users.get(path).status_code for path in ("/operators", "/v1/operators/state", "/")] == [
            *(404, 404),
            200,
        ]


def _look(browser: Browser, site: Site) -> None:
    browser.open(f"{site.gateway.url}/operators")
    browser.write(site.secrets["op"])
    browser.press("Enter")
    browser.wait("document.querySelector('#models table')")


def test_a_browser_promotes_after_it_has_said_what_will_happen(browser: Browser, site: Site) -> None:
    _look(browser, site)
    assert "30.0" in browser.text("#models table")
    assert "1970" not in browser.text("#models table")  # No card says when a version was made.
    browser.click("[aria-label='Promote version 2 of m']")
    browser.wait("document.querySelector('#confirm').open")
    assert browser.text("#says li") == "Users of m (label stable) get version 2 instead of 1."
    assert "models.config (new)" in browser.text("#diff")
    assert browser.run("document.activeElement.id") == "leave"
    browser.press("Escape")
    assert browser.run("document.querySelector('#confirm').open") is False
    assert browser.run("document.activeElement.getAttribute('aria-label')") == "Promote version 2 of m"
    browser.press("Enter")
    browser.wait("document.querySelector('#confirm').open")
    browser.click("#do")
    browser.wait("document.querySelector('#status').textContent.startsWith('promote m: 1 → 2 in')")
    assert browser.text("#history td:nth-child(2)").startswith("op by ")


def test_a_wrong_key_shows_nothing(browser: Browser, site: Site) -> None:
    browser.open(f"{site.gateway.url}/operators")
    browser.write("wrong")
    browser.press("Enter")
    browser.wait("document.querySelector('#status').textContent === 'Invalid API key'")
    assert browser.run("document.querySelector('#seen').hidden") is True


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_wrong_with_the_operators_page(
    browser: Browser, site: Site, scheme: str, pytestconfig: pytest.Config
) -> None:
    axe = axe_source(pytestconfig.cache)
    browser.prefer(scheme)
    _look(browser, site)
    assert browser.violations(axe) == []
    browser.click("[aria-label='Promote version 2 of m']")
    browser.wait("document.querySelector('#confirm').open")
    browser.run("document.querySelector('#confirm details').open = true")
    assert browser.violations(axe) == []
    browser.press("Escape")
    browser.resize(360, 740)
    assert browser.run("document.documentElement.scrollWidth") == 360
    browser.resize(1280)
