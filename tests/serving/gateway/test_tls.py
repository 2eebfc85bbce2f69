"""TLS: of the gateway, for HTTP and gRPC, and to the model servers; renewed without a restart."""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
import requests

from contracts.errors import DragomanError
from dragoman import Client
from serving.client import Tls
from serving.errors import TlsError, UnreachableError
from serving.gateway.app import make_service
from serving.gateway.core.settings import GatewaySettings
from serving.gateway.core.traces import Traces
from serving.wire import translation_pb2 as wire
from serving.wire.translation_pb2_grpc import TranslationServiceStub
from tests.certificates import Authority
from tests.serving.conftest import dragoman
from tests.serving.fake_server import FakeServer
from tests.serving.gateway.conftest import Gateway, started
from tests.serving.gateway.grpc.calls import wait_until

HELLO = {"q": "hello", "source": "en", "target": "de"}


def _credentials(ca: Path, pair: tuple[Path, Path] | None = None) -> grpc.ChannelCredentials:
    certificate, key = pair or (None, None)
    return grpc.ssl_channel_credentials(
        ca.read_bytes(), key and key.read_bytes(), certificate and certificate.read_bytes()
    )


def _by_grpc(gateway: Gateway, credentials: grpc.ChannelCredentials) -> str:
    with grpc.secure_channel(gateway.grpc, credentials) as channel:
        request = wire.TranslateRequest(texts=["hello"], options=wire.Options(source="en", target="de"))
        return TranslationServiceStub(channel).Translate(request, timeout=20).answers[0].text


def _shown(place: str, ca: Path) -> bytes:
    """The certificate that a port shows."""
    host, _, port = place.rpartition("/")[2].rpartition(":")
    context = ssl.create_default_context(cafile=ca)
    context.set_alpn_protocols(["h2", "http/1.1"])
    with (
        socket.create_connection((host, int(port)), timeout=20) as raw,
        context.wrap_socket(raw, server_hostname=host) as connection,
    ):
        return connection.getpeercert(binary_form=True) or b""


def test_a_certificate_is_shown_and_renewed_without_a_restart(fake: FakeServer, tmp_path: Path) -> None:
    authority = Authority(tmp_path / "pki")
    certificate, key = authority.issue("gateway")
    with started(
        tmp_path / "gateway",
        address=fake.address,
        model_root=str(fake.root),
        grpc_port=0,
        poll_seconds=0.1,
        tls={"certificate": str(certificate), "key": str(key)},
    ) as gateway:
        assert gateway.url.startswith("https://")
        answer = requests.post(gateway.url + "/translate", json=HELLO, verify=authority.ca, timeout=30)
        assert answer.json() == {"translatedText": "HELLO"}
        assert _by_grpc(gateway, _credentials(authority.ca)) == "HELLO"
        with pytest.raises(requests.ConnectionError):
            requests.get(gateway.url.replace("https", "http") + "/health", timeout=30)
        with pytest.raises(requests.exceptions.SSLError):
            requests.get(gateway.url + "/health", timeout=30)

        first = ssl.PEM_cert_to_DER_cert(certificate.read_text())
        for place in (gateway.url, gateway.grpc):
            assert _shown(place, authority.ca) == first
        certificate.write_text("being written")
        wait_until(lambda: "the certificate stays as it was" in gateway.log.read_text())
        for place in (gateway.url, gateway.grpc):
            assert _shown(place, authority.ca) == first
        authority.issue("gateway")
        second = ssl.PEM_cert_to_DER_cert(certificate.read_text())
        for place in (gateway.url, gateway.grpc):
            wait_until(lambda place=place: _shown(place, authority.ca) == second)  # type: ignore[misc]
        assert _by_grpc(gateway, _credentials(authority.ca)) == "HELLO"


def test_who_stays_connected_does_not_hold_up_its_leaving(fake: FakeServer, tmp_path: Path) -> None:
    authority = Authority(tmp_path / "pki")
    certificate, key = authority.issue("gateway")
    tls = {"certificate": str(certificate), "key": str(key)}
    with (
        requests.Session() as session,
        started(
            tmp_path / "gateway",
            address=fake.address,
            model_root=str(fake.root),
            drain_seconds=600,  # More than `started` waits for its end.
            tls=tls,
        ) as gateway,
    ):
        assert session.get(gateway.url + "/health/live", verify=authority.ca, timeout=30).ok


def test_who_has_no_certificate_is_not_answered_where_one_is_wanted(fake: FakeServer, tmp_path: Path) -> None:
    authority, other = Authority(tmp_path / "pki"), Authority(tmp_path / "other")
    certificate, key = authority.issue("gateway")
    tls = {"certificate": str(certificate), "key": str(key), "client_ca": str(authority.ca)}
    ours, theirs = authority.issue("client"), other.issue("client")
    with started(
        tmp_path / "gateway", address=fake.address, model_root=str(fake.root), grpc_port=0, tls=tls
    ) as gateway:
        answer = requests.post(
            gateway.url + "/translate",
            json=HELLO,
            verify=authority.ca,
            cert=tuple(map(str, ours)),
            timeout=30,
        )
        assert answer.json() == {"translatedText": "HELLO"}
        assert _by_grpc(gateway, _credentials(authority.ca, ours)) == "HELLO"
        for pair in (None, theirs):
            with pytest.raises(requests.ConnectionError):
                requests.get(
                    gateway.url + "/health",
                    verify=authority.ca,
                    cert=pair and tuple(map(str, pair)),
                    timeout=30,
                )
            with pytest.raises(grpc.RpcError) as refused:
                _by_grpc(gateway, _credentials(authority.ca, pair))
            assert refused.value.code() is grpc.StatusCode.UNAVAILABLE


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("pki"))


@pytest.fixture(scope="module")
def guarded(fake: FakeServer, authority: Authority) -> Iterator[FakeServer]:
    """A model server that wants a certificate."""
    server = FakeServer(fake.root, credentials=authority.server_credentials())
    yield server
    server.stop()


def test_model_servers_are_asked_over_mutual_tls(
    guarded: FakeServer, authority: Authority, tmp_path: Path
) -> None:
    certificate, key = authority.issue("gateway")
    model_tls = {"ca": str(authority.ca), "certificate": str(certificate), "key": str(key)}
    with started(
        tmp_path / "gateway",
        address=guarded.address,
        model_root=str(guarded.root),
        model_tls=model_tls,
    ) as gateway:
        assert gateway.post("/translate", **HELLO).json() == {"translatedText": "HELLO"}


def test_the_command_line_asks_over_tls(guarded: FakeServer, authority: Authority) -> None:
    certificate, key = authority.issue("somebody")
    options = ["--address", guarded.address, "--model", "m", "--tls-ca", authority.ca, "--tls-key", key]
    done = dragoman("translate", "hello", *options, "--tls-certificate", certificate, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)[0]["text"] == "HELLO"
    assert dragoman("translate", "hello", *options).returncode == 2


def test_who_is_believed_and_who_is_answered(guarded: FakeServer, authority: Authority) -> None:
    certificate, key = authority.issue("program")
    name = f"localhost:{guarded.port}"
    with Client(name, model="m", tls=Tls(authority.ca, certificate, key, name="127.0.0.1")) as client:
        assert client.translate(["hello"])[0].text == "HELLO"
    for address, tls in (
        (name, Tls(authority.ca, certificate, key)),  # The certificate is for another name,
        (guarded.address, Tls(authority.ca)),  # and the server wants one.
    ):
        with (
            Client(address, model="m", tls=tls, wait=0.1, deadline=2.0) as client,
            pytest.raises(UnreachableError),
        ):
            client.translate(["hello"])


def test_a_stranger_is_said_to_be_one(guarded: FakeServer, tmp_path: Path) -> None:
    with (
        Client(
            guarded.address, model="m", tls=Tls(Authority(tmp_path / "other").ca), wait=0.1, deadline=5.0
        ) as client,
        pytest.raises(UnreachableError, match=r"no TLS with .*CERTIFICATE_VERIFY_FAILED"),
    ):
        client.translate(["hello"])


def test_a_client_goes_on_with_renewed_files(fake: FakeServer, tmp_path: Path) -> None:
    authority = Authority(tmp_path / "pki")
    server = FakeServer(fake.root, credentials=authority.server_credentials())
    certificate, key = authority.issue("client")
    with Client(server.address, model="m", tls=Tls(authority.ca, certificate, key)) as client:
        assert client.translate(["hello"])[0].text == "HELLO"
        server.stop()
        # All new, the authority, too: what the client has read before is worth nothing now.
        renewed = Authority(tmp_path / "pki")
        renewed.issue("client")
        server = FakeServer(fake.root, server.port, credentials=renewed.server_credentials())
        assert client.translate(["again"])[0].text == "AGAIN"
    server.stop()


def test_what_is_no_certificate_is_said_at_the_start(authority: Authority, tmp_path: Path) -> None:
    certificate, key = map(str, authority.issue("gateway"))
    other, none = str(authority.issue("other")[1]), str(tmp_path / "none.pem")
    for said, words in (
        ({"tls": {"certificate": none, "key": key}}, "none.pem"),
        ({"tls": {"certificate": certificate, "key": other}}, "give a certificate"),
        ({"tls": {"certificate": certificate}}, "tls.key"),
        ({"model_tls": {"certificate": certificate}}, "go together"),
        ({"model_tls": {"ca": none}}, "none.pem"),
        ({"model_tls": {"ca": str(authority.ca), "certificate": certificate, "key": other}}, "no TLS with"),
    ):
        with pytest.raises(DragomanError, match=words) as refused:
            make_service(GatewaySettings.load(None, database="sqlite://", **said), Traces())
        assert refused.value.exit_code == 3
    with pytest.raises(TlsError):
        Client("127.0.0.1:1", model="m", tls=Tls(Path(none)))
