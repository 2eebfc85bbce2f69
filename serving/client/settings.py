"""How a client asks: which version, how many rows at once, how long it waits."""

from __future__ import annotations

import re
from dataclasses import dataclass

from serving.versions import is_text
from serving.wire.prediction_pb2 import ModelSpec

DEFAULT_ADDRESS = "127.0.0.1:8500"

_HOST_PORT = re.compile(r"(\[[^]\s]+\]|[^][:/\s]+):[0-9]{1,5}")
_SCHEMES = ("unix:", "unix-abstract:", "dns:", "ipv4:", "ipv6:", "xds:")

# Sizes are the server's to limit. Keepalive finds out about a peer that has gone without a word.
CHANNEL_OPTIONS: tuple[tuple[str, str | int], ...] = (
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    ("grpc.keepalive_time_ms", 300_000),
    ("grpc.keepalive_timeout_ms", 20_000),
    ("grpc.lb_policy_name", "round_robin"),
    ("grpc.initial_reconnect_backoff_ms", 100),
    # The time that one attempt to connect may take, whatever its name says.
    ("grpc.min_reconnect_backoff_ms", 2_000),
    ("grpc.max_reconnect_backoff_ms", 1_000),
    # A lost connection may mean that others are behind the name now; gRPC asks once in half a minute at most.
    ("grpc.dns_min_time_between_resolutions_ms", 2_000),
    # A new channel connects anew, which may lead to another server behind the same address.
    ("grpc.use_local_subchannel_pool", 1),
)


@dataclass(frozen=True)
class ClientSettings:
    """One client's way of asking."""

    model: str
    label: str | None = "stable"
    """None and no version: the newest loaded version."""
    version: int | None = None
    """Asked for instead of the label."""
    deadline: float = 30.0
    """Seconds for one request, its retries included."""
    batch_size: int = 32
    """Rows of one request."""
    in_flight: int = 4
    """Requests under way at once."""
    wait: float = 1.0
    """Seconds that a server which is not there may take to appear. Once it was there, a request that finds it
    gone is tried again until the deadline, so that a restart costs time and no answer."""
    canary_share: float = 0.0
    """Share of requests that ask for the label canary first, and for `label` when that gives no answer: the
    label is missing, or the canary fails or takes longer than half of the deadline."""
    canary_model: str | None = None
    """The servable name of a canary that is apart (`dragoman canary --apart`); None: `model`."""
    split: bool = True
    """Whether a source is taken apart into its sentences and the translations are put together again."""
    source_language: str = ""
    target_language: str = ""
    """BCP 47 tags, for the rules of splitting; those of English where they are not known."""
    to: str | None = None
    """The language that is wanted of a model of several directions; None: the model's first, and all that
    there is of a model of one direction."""

    def __post_init__(self) -> None:
        if not self.model:
            raise ValueError("a model needs a name")
        for name in (self.model, self.label or "", self.canary_model or ""):
            if not is_text(name):
                raise ValueError(f"{name!r} is no name: it is no UTF-8")
        for name in ("deadline", "batch_size", "in_flight", "wait"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} must be positive, not {getattr(self, name)}")
        if not 0 <= self.canary_share <= 1:
            raise ValueError(f"canary_share must be from 0 to 1, not {self.canary_share}")
        if self.canary_share and not self.by_label:
            raise ValueError("canary_share needs a label to fall back to, and no version")

    @property
    def by_label(self) -> bool:
        """Whether the server is left to say which version a label means."""
        return self.version is None and self.label is not None

    def spec(self, signature: str = "") -> ModelSpec:
        """The model, the version or the label, and the signature of a request."""
        spec = ModelSpec(name=self.model, signature_name=signature)
        if self.version is not None:
            spec.version.value = self.version
        elif self.label is not None:
            spec.version_label = self.label
        return spec


def target(address: str) -> str:
    """What gRPC connects to: HOST:PORT resolves to every address of the name.

    Raises:
        ValueError: it can be none.
    """
    name = address.removeprefix("dns:///")
    other = name.startswith(_SCHEMES)
    if not is_text(address) or not (other or _HOST_PORT.fullmatch(name)):
        raise ValueError(
            f"{address!r} is no address: give HOST:PORT, as {DEFAULT_ADDRESS} (no http://; the port of gRPC)"
        )
    return name if other else f"dns:///{name}"
