"""The webhook: what is posted, and that nothing it does fails a run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pydantic import ValidationError

from pipeline.config.schedule import NotifyConfig
from pipeline.schedule.notify import notify
from tests.webhook import Hook


@pytest.fixture
def hook(request: pytest.FixtureRequest) -> Iterator[Hook]:
    with Hook(*getattr(request, "param", ())) as made:
        yield made


def test_what_is_posted(hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK", hook.url)
    monkeypatch.setenv("TOKEN", "s3cret")
    config = NotifyConfig(url_env="HOOK", token_env="TOKEN")
    assert notify(config, "pushed", "nightly", "nightly: fine", {"version": 3, "name": "x"}) == ""
    [(path, headers, body)] = hook.got
    assert path == "/secret-path"
    assert headers["Authorization"] == "Bearer s3cret"
    assert headers["Content-Type"] == "application/json"
    assert {key: body[key] for key in ("event", "name", "text", "version")} == {
        "event": "pushed",
        "name": "nightly",
        "text": "nightly: fine",
        "version": 3,
    }


def test_only_the_events_asked_for(hook: Hook) -> None:
    config = NotifyConfig(url=hook.url, on=("failed",))
    assert notify(config, "pushed", "n", "t", {}) == ""
    assert notify(None, "failed", "n", "t", {}) == ""
    assert hook.got == []
    assert notify(config, "failed", "n", "t", {}) == ""
    assert len(hook.got) == 1


@pytest.mark.parametrize("hook", [(503,)], indirect=True)
def test_a_server_that_is_busy_is_asked_again(hook: Hook) -> None:
    assert notify(NotifyConfig(url=hook.url), "pushed", "n", "t", {}) == ""
    assert len(hook.got) == 2


@pytest.mark.parametrize("hook", [(404,), (503, 503), (302,)], indirect=True)
def test_a_refusal_is_said_without_the_path(hook: Hook) -> None:
    problem = notify(NotifyConfig(url=hook.url, attempts=2), "pushed", "n", "t", {})
    assert problem.startswith("not notified: 127.0.0.1 answered")
    assert "secret" not in problem


def test_nobody_there_and_no_variable(hook: Hook) -> None:
    closed = NotifyConfig(url=hook.url.replace("127.0.0.1", "127.0.0.2"), attempts=1, timeout_seconds=1)
    problem = notify(closed, "failed", "n", "t", {})
    assert problem.startswith("not notified: 127.0.0.2 was not reached")
    assert "secret" not in problem
    absent = NotifyConfig(url_env="DRAGOMAN_NO_SUCH_VARIABLE")
    assert "DRAGOMAN_NO_SUCH_VARIABLE" in notify(absent, "failed", "n", "t", {})


def test_a_secret_from_a_file_may_end_in_a_line_break(hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK", f"{hook.url}\n")
    monkeypatch.setenv("TOKEN", "s3cret\n")
    config = NotifyConfig(url_env="HOOK", token_env="TOKEN")
    assert notify(config, "pushed", "n", "t", {}) == ""
    [(path, headers, _)] = hook.got
    assert (path, headers["Authorization"]) == ("/secret-path", "Bearer s3cret")


@pytest.mark.parametrize(
    ("url", "token"),
    [
        ("http://127.0.0.1:1/secret-path", "secret\r\nX-Other: 1"),
        ("http://127.0.0.1:1/secret-path", "secret ключ"),
        ("http://127.0.0.1:70000/secret-path", "secret"),
        ("http://[::1/secret-path", "secret"),
        ("http:///secret-path", "secret"),
        (f"http://{'a' * 70}.example/secret-path", "secret"),
    ],
)
def test_what_is_no_url_or_no_token_is_said_and_nothing_is_raised(
    url: str, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOOK", url)
    monkeypatch.setenv("TOKEN", token)
    config = NotifyConfig(url_env="HOOK", token_env="TOKEN", attempts=1)
    problem = notify(config, "pushed", "n", "t", {})
    assert problem.startswith("not notified: ")
    assert "secret" not in problem


@pytest.mark.parametrize("values", [{}, {"url": "http://a", "url_env": "B"}, {"url": "ftp://a"}])
def test_one_url(values: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        NotifyConfig.model_validate(values)


def test_a_proxy_is_used_elsewhere_and_named_where_it_fails(
    hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "no_proxy", "NO_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    proxy = hook.url.removeprefix("http://").removesuffix("/secret-path")
    monkeypatch.setenv("http_proxy", f"http://me:s3cret@{proxy}")
    config = NotifyConfig(url="http://hooks.example.invalid/secret-path", attempts=1)
    assert notify(config, "pushed", "n", "t", {}) == ""
    [(path, headers, _)] = hook.got
    assert path == "http://hooks.example.invalid/secret-path"
    assert {name.lower() for name in headers} >= {"proxy-authorization"}
    monkeypatch.setenv("http_proxy", "http://me:s3cret@proxy.invalid:1")
    said = notify(config, "pushed", "n", "t", {})
    assert "hooks.example.invalid through the proxy proxy.invalid:1 (http_proxy)" in said
    assert "secret" not in said
    assert "s3cret" not in said
    # An address of this machine needs none.
    assert notify(NotifyConfig(url=hook.url), "pushed", "n", "t", {}) == ""
