"""How a run ended, posted to a webhook as JSON.

`event` (pushed, unchanged, refused, failed), `name`, `host` and `text` (one line, which chat services show)
are always there; after a run that went through also all that `dragoman run --json` says.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
from collections.abc import Mapping
from typing import Any

import urllib3

from pipeline.config.schedule import Event, NotifyConfig
from serving import proxies

_AGAIN = (429, 500, 502, 503, 504)


def notify(config: NotifyConfig | None, event: Event, name: str, text: str, facts: Mapping[str, Any]) -> str:
    """Post, and again after a while where that may help.

    Returns:
        Why it was not delivered, without the URL's path, which may be a secret; empty: it was, or nobody
        asked for it.
    """
    if config is None or event not in config.on:
        return ""
    try:
        url, headers = _address(config)
    except KeyError as error:
        return f"not notified: the environment has no {error.args[0]}: set it"
    body = {**facts, "event": event, "name": name, "host": socket.gethostname(), "text": text}
    retries = urllib3.Retry(
        total=config.attempts - 1,
        status_forcelist=_AGAIN,
        allowed_methods=None,
        backoff_factor=1.0,
        raise_on_status=False,
        respect_retry_after_header=False,  # The run does not wait for as long as somebody else likes.
    )
    where = "the address"
    try:
        where = urllib3.util.parse_url(url).host or where
        proxy = proxies.of_url(url)
        where += f" through the proxy {proxy}" if proxy else ""
        with _pool(proxy, retries=retries, timeout=config.timeout_seconds) as pool:
            # Not redirected: the token and the body are for the configured address.
            answer = pool.request(
                "POST", url, body=json.dumps(body).encode(), headers=headers, redirect=False
            )
    except ValueError as error:  # Its text has the URL or the token in it.
        return f"not notified: no request can be made of the URL and the token ({type(error).__name__})"
    except (urllib3.exceptions.HTTPError, http.client.HTTPException, OSError) as error:
        cause = error.reason if isinstance(error, urllib3.exceptions.MaxRetryError) else error
        return f"not notified: {where} was not reached ({type(cause).__name__})"
    return "" if answer.status < 300 else f"not notified: {where} answered {answer.status}"


def _pool(proxy: proxies.Proxy | None, **limits: Any) -> urllib3.PoolManager:
    if proxy is None:
        return urllib3.PoolManager(**limits)
    headers = urllib3.make_headers(proxy_basic_auth=proxy.credentials or None)
    return urllib3.ProxyManager(proxy.url, proxy_headers=headers, **limits)


def _address(config: NotifyConfig) -> tuple[str, dict[str, str]]:
    """URL and headers. Raises KeyError with the name of a variable that is not set."""
    # What comes from a file, as most secrets do, ends in a line break.
    url = (config.url or os.environ[config.url_env or ""]).strip()
    if not url.startswith(("http://", "https://")):
        raise KeyError(f"URL (http:// or https://) in {config.url_env}")
    headers = {"Content-Type": "application/json", "User-Agent": "dragoman"}
    if config.token_env is not None:
        headers["Authorization"] = f"Bearer {os.environ[config.token_env].strip()}"
    return url, headers
