"""What a failed call means: whether to try again, whether fewer rows would pass, and what to say."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import grpc
import tenacity

from contracts.signatures import TARGET_LANGUAGE
from serving import proxies
from serving.client.settings import ClientSettings
from serving.errors import NoSignatureError, RequestError, ServingError, UnreachableError

_Code = grpc.StatusCode
# A server that ends cancels what it has taken and not begun; nobody else cancels a request of ours.
_AWAY = (_Code.UNAVAILABLE, _Code.CANCELLED)
# Of the version that a label means: a server that has just started answers as soon as it has loaded any.
_NOT_LOADED = "Servable not found for request: Specific("
_SIZES = ("larger than max", "larger than maximum", "batch size", "message length")
# What gRPC itself says, never a server; the last is of newer ones.
_NO_TLS = ("handshake failed", "not in peer certificate", "hostname verification check failed")
# Of one that ends, too.
_CLOSED = "socket closed"
_NO_CONNECTION = (
    "failed to connect",
    "dns resolution failed",
    "no address",
    "empty address",
    "resolver",
    *_NO_TLS,
)
# gRPC's own words, too, for a peer that answers in HTTP/1; after some attempts it only tells of time-outs.
_REST = "http1.x"
_OPENSSL = re.compile(r"OPENSSL_internal:([A-Z_]+)")  # Newer gRPC says more after it.
_NO_LANGUAGE = re.compile(
    rf"Missing but required: {{[^}}]*\b{TARGET_LANGUAGE}\b|Signature input alias: {TARGET_LANGUAGE}\b"
)
_A_LANGUAGE = re.compile(rf"Sent extra: {{[^}}]*\b{TARGET_LANGUAGE}\b")
# Only a model can say so, of what was asked of it by name.
_NO_SIGNATURE = re.compile(r'Serving signature key "(\w+)" not found')
_FIRST_WAIT, _LONGEST_WAIT = 0.1, 2.0  # seconds


def _too_large(error: grpc.RpcError) -> bool:
    details = (error.details() or "").lower()
    return error.code() in (_Code.RESOURCE_EXHAUSTED, _Code.INVALID_ARGUMENT) and any(
        s in details for s in _SIZES
    )


def _speaks_rest(error: grpc.RpcError) -> bool:
    return error.code() is _Code.UNAVAILABLE and _REST in (error.details() or "")


def is_transient(error: BaseException, settings: ClientSettings) -> bool:
    """Whether the same request may pass later: no server there, one that leaves, is overloaded, or has not
    loaded yet what its label means."""
    if not isinstance(error, grpc.RpcError):
        return False
    if _speaks_rest(error):
        return False
    code = error.code()
    if code is _Code.NOT_FOUND and settings.by_label:
        return (error.details() or "").startswith(_NOT_LOADED)
    return code in _AWAY or (code is _Code.RESOURCE_EXHAUSTED and not _too_large(error))


def may_be_split(error: grpc.RpcError, count: int) -> bool:
    """Whether half of the rows may pass where all did not; more requests do not help an overloaded server."""
    return count > 1 and _too_large(error)


def takes_language(error: grpc.RpcError) -> bool | None:
    """Whether a model refused a request because it has several directions and takes the wanted language
    (True), or has one and does not (False); None: for another reason.
    """
    if error.code() is not _Code.INVALID_ARGUMENT:
        return None
    details = error.details() or ""
    if _NO_LANGUAGE.search(details):
        return True
    return False if _A_LANGUAGE.search(details) else None


def is_absent(error: BaseException | None) -> bool:
    """Whether nobody took the connection."""
    if not isinstance(error, grpc.RpcError) or error.code() is not _Code.UNAVAILABLE:
        return False
    details = (error.details() or "").lower()
    return any(words in details for words in _NO_CONNECTION)


def is_not_found(error: BaseException | None) -> bool:
    """Whether a server answered that it does not know the model or the version."""
    return isinstance(error, grpc.RpcError) and error.code() is _Code.NOT_FOUND


def backoff(settings: ClientSettings, started: float, answered: Callable[[], bool]) -> dict[str, object]:
    """Arguments of tenacity's retrying: exponential waits with jitter, within the deadline from `started`.

    A server that nobody has heard of (not `answered`) and that is not there is given up earlier.
    """

    def stop(state: tenacity.RetryCallState) -> bool:
        error = state.outcome.exception() if state.outcome else None
        patience = settings.wait if is_absent(error) and not answered() else settings.deadline
        return time.monotonic() - started + state.upcoming_sleep > patience

    return {
        "retry": tenacity.retry_if_exception(lambda error: is_transient(error, settings)),
        "wait": tenacity.wait_exponential_jitter(initial=_FIRST_WAIT, max=_LONGEST_WAIT, jitter=_FIRST_WAIT),
        "stop": stop,
        "reraise": True,
    }


def explained(error: grpc.RpcError, address: str, settings: ClientSettings) -> ServingError:
    """The error that tells cause and cure."""
    code, details = error.code(), " ".join((error.details() or "").split())
    proxy = proxies.of_grpc(address)
    where = address if proxy is None else f"{address} through the proxy {proxy}"
    direct = "" if proxy is None else "; if it needs no proxy, name its host in no_proxy"
    if _speaks_rest(error):
        return UnreachableError(f"{address} speaks HTTP/1, as a REST port does: give the gRPC port, as 8500")
    if code is _Code.UNAVAILABLE and any(words in details.lower() for words in _NO_TLS):
        of_openssl = _OPENSSL.search(details)
        reason = of_openssl[1] if of_openssl else details.rsplit(":", 1)[-1].strip()
        return UnreachableError(
            f"no TLS with {where} ({reason}): see whether it speaks TLS, whose "
            f"certificate it has, for which name, and whom you believe (--tls-ca, --tls-name){direct}"
        )
    if is_absent(error):
        return UnreachableError(
            f"no model server answers at {where} ({details.rsplit(': ', 1)[-1]}): "
            f"start one with `dragoman serve`, or give its address{direct}"
        )
    if code in _AWAY:
        asks = "; one that wants TLS, or a certificate of ours, hangs up so (--tls-ca, --tls-certificate)"
        return UnreachableError(
            f"the model server at {where} was not available for {settings.deadline:g} s ({details}): "
            "see whether it runs, and whether it is overloaded"
            f"{asks if _CLOSED in details.lower() else ''}{direct}"
        )
    if code is _Code.DEADLINE_EXCEEDED:
        return UnreachableError(
            f"the model server at {where} did not answer within {settings.deadline:g} s: "
            f"raise the deadline, or send less at once{direct}"
        )
    if takes_language(error) is False:
        return RequestError(
            f"{settings.model} at {address} translates in one direction, and takes no target language: leave "
            "`to` (--to) out, or ask another model"
        )
    if missing := _NO_SIGNATURE.search(details):
        return NoSignatureError(
            f"the version of {settings.model} that answers at {address} has no signature `{missing[1]}`: ask "
            "one whose configuration names it in export.signatures; the model card of each says what it has"
        )
    cure = ""
    if "version label" in details:
        cure = f": {_label_cure(settings)}, or ask for a version"
    elif code is _Code.NOT_FOUND:
        cure = ": `dragoman versions` lists what is loaded"
    elif code is _Code.RESOURCE_EXHAUSTED:
        cure = ": send less at once, or raise the server's limits"
    return RequestError(f"the model server at {address} refused the request, {code.name}: {details}{cure}")


def _label_cure(settings: ClientSettings) -> str:
    """Servers refuse a label in the same words whether they know the model or not."""
    command = {"stable": "promote", "canary": "canary"}.get(settings.label or "")
    if command is None:
        return "labels are stable and canary"
    return (
        f"is {settings.model} the model's name (`dragoman versions`)? "
        f"If so, give it that label with `dragoman {command}`"
    )
