"""An interface as a table: its calls, the options of each, and what is done about them here.

The table is what requests are served by, what `/openapi.json` says and what docs/gateway.md shows.
"""

from __future__ import annotations

import enum
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.responses import Response

from serving.gateway.core.errors import Fault, GatewayError
from serving.gateway.web.exchange import Exchange
from serving.gateway.web.fields import Fields
from serving.gateway.web.service import Service


class Support(enum.Enum):
    """What becomes of a call or an option."""

    SUPPORTED = "supported"
    WITHOUT_EFFECT = "without effect"
    """Accepted; the header X-Dragoman-Ignored names it."""
    REFUSED = "refused"
    """With an error, unless it says what goes without saying (`Option.harmless`)."""


TEXT: dict[str, Any] = {"type": "string"}
TEXTS: dict[str, Any] = {"oneOf": [TEXT, {"type": "array", "items": TEXT}]}
FLAG: dict[str, Any] = {"type": "boolean"}
NUMBER: dict[str, Any] = {"type": "integer"}


@dataclass(frozen=True)
class Option:
    """An option of a call."""

    name: str
    note: str
    schema: dict[str, Any] = field(default_factory=lambda: TEXT)
    support: Support = Support.SUPPORTED
    required: bool = False
    example: Any = None
    harmless: tuple[Any, ...] = ()
    """Values of one that is refused which ask for nothing."""


COLUMNS = Option(
    "columns",
    "of a table (`.csv`, `.tsv`): those that are translated, by their names in its first row or by numbers "
    "from 1; not given: an error that names them",
    TEXTS,
)


Handler = Callable[[Service, Exchange], Awaitable[Response]]


@dataclass(frozen=True)
class Call:
    """A call of an interface; `run` is None for one that is refused."""

    methods: tuple[str, ...]
    path: str
    note: str
    run: Handler | None
    options: tuple[Option, ...] = ()
    takes_file: bool = False
    """As a part of a form, beside its options."""
    gives_file: bool = False
    """Whether it is answered with one, instead of JSON."""
    is_open: bool = False
    """Whether it is answered without a key, too."""
    scope: str = "translate"
    """What a key has to be for."""

    @property
    def name(self) -> str:
        """For logs and metrics."""
        return self.path

    @property
    def leaves_something(self) -> bool:
        """Whether the gateway keeps something of it."""
        return self.takes_file or self.scope == "suggest"

    def check(self, fields: Fields) -> list[str]:
        """The names of what was sent and has no effect.

        Raises:
            GatewayError: UNSUPPORTED, something that is refused was sent.
        """
        known = {option.name: option for option in self.options}
        ignored = []
        for name, value in fields.values.items():
            option = known.get(name)
            if option is None or option.support is Support.WITHOUT_EFFECT:
                ignored.append(name)
            elif option.support is Support.REFUSED:
                if value not in (None, "", [], *option.harmless):
                    raise GatewayError(Fault.UNSUPPORTED, f"{name} is not supported: {option.note}")
                ignored.append(name)
        return ignored


@dataclass(frozen=True)
class Interface:
    """A family of calls with one way of saying errors."""

    name: str
    title: str
    calls: tuple[Call, ...]
    refusal: Callable[[GatewayError], Response]
    key_of: Callable[[Exchange], str | None]
    """The key that a request brings."""
    prefixes: tuple[str, ...] = ()
    """Of paths that are its own: one that is in no row is answered in its words."""
