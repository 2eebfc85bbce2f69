"""Proxies that the environment names: which one is in the way of an address, and where none may be.

An address of this machine is asked without one, whatever the environment says: no proxy can reach it. What
`no_proxy` or `NO_PROXY` lists (names with all that end in them, addresses, networks) is, too.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import urllib.request
from collections.abc import MutableMapping
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

# gRPC's own, in its order (doc/environment_variables.md); it knows no upper case.
_OF_GRPC = ("grpc_proxy", "https_proxy", "http_proxy")
_HERE = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Proxy:
    """A proxy and the variable that names it; its text holds no password."""

    variable: str
    url: str

    @property
    def credentials(self) -> str:
        """USER:PASSWORD, or nothing."""
        return unquote(urlsplit(self.url).netloc.rpartition("@")[0])

    def __str__(self) -> str:
        return f"{urlsplit(self.url).netloc.rpartition('@')[2] or '?'} ({self.variable})"


def of_grpc(address: str) -> Proxy | None:
    """The proxy that gRPC goes through to an address: HOST:PORT or one of gRPC's URIs."""
    if address.startswith(("unix:", "unix-abstract:")):
        return None
    first = address.rpartition("/")[2].partition(",")[0]
    host = first.removeprefix("dns:").removeprefix("ipv4:").removeprefix("ipv6:").rpartition(":")[0]
    variable = next((name for name in _OF_GRPC if name in os.environ), _OF_GRPC[0])
    url = os.environ.get(variable, "")
    # An empty one turns the others off, and of another kind than this gRPC knows none.
    if not url.startswith("http://") or _is_direct(host.strip("[]")):
        return None
    return Proxy(variable, url)


def of_url(url: str) -> Proxy | None:
    """The proxy for an http:// or https:// URL; raises ValueError where it is none."""
    parts = urlsplit(url)
    for proxy in named():
        if proxy.variable.lower() in (f"{parts.scheme}_proxy", "all_proxy"):
            return None if _is_direct(parts.hostname or "") else proxy
    return None


def named() -> list[Proxy]:
    """All that the environment names; of two spellings the one in lower case."""
    # The library's reading: HTTP_PROXY may be a request's header where this is a CGI program.
    by_kind = urllib.request.getproxies_environment()
    lower = [f"{kind}_proxy" for kind in sorted(by_kind, key=lambda kind: (kind == "all", kind))]
    return [
        Proxy(
            name if name in os.environ else name.upper(), _with_scheme(by_kind[name.removesuffix("_proxy")])
        )
        for name in lower
        if name not in ("no_proxy", "no_grpc_proxy")
    ]


def _with_scheme(url: str) -> str:
    """Without one it is http://, as curl reads it."""
    return url if "://" in url else f"http://{url}"


def without_proxy() -> str:
    """What `no_proxy` lists, in either spelling; for gRPC `no_grpc_proxy` comes first."""
    by_kind = urllib.request.getproxies_environment()
    return by_kind.get("no_grpc") or by_kind.get("no", "")


def exempt_this_machine(environment: MutableMapping[str, str]) -> None:
    """Add this machine to `no_proxy` where a proxy is named: libraries and processes of ours read that."""
    if not any(name.lower().endswith("_proxy") for name in environment):
        return
    listed = environment.get("no_proxy") or environment.get("NO_PROXY", "")
    extended = ",".join([*filter(None, [listed]), *_HERE])
    environment["no_proxy"] = environment["NO_PROXY"] = extended
    if environment.get("no_grpc_proxy"):
        environment["no_grpc_proxy"] += f",{','.join(_HERE)}"


def _is_direct(host: str) -> bool:
    listed = without_proxy()
    # In every Python, and in no typeshed.
    bypass = urllib.request.proxy_bypass_environment  # type: ignore[attr-defined]
    if bypass(host, {"no": listed}) or _is_here(host):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return any(address in network for network in map(_network, listed.split(",")) if network)


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(text.strip(), strict=False)
    except ValueError:
        return None


def _is_here(host: str) -> bool:
    """Whether a name or an address is this machine's own."""
    if host.lower() in ("localhost", socket.gethostname().lower()) or host.lower().endswith(".localhost"):
        return True
    try:
        endpoints = socket.getaddrinfo(host, None, type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError):
        return False
    return all(_can_be_bound(family, str(endpoint[0])) for family, _, _, _, endpoint in endpoints)


def _can_be_bound(family: socket.AddressFamily, address: str) -> bool:
    """Only an address of this machine can."""
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
    return True
