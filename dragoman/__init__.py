"""Dragoman's command line, and its clients for programs: `from dragoman import AsyncClient, Client`.

These two names are the public Python API: they stay where they are, and what is imported from anywhere else
may move with any version. It knows every room; no room knows it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from serving.client import AsyncClient, Client

__all__ = ["AsyncClient", "Client"]


def __getattr__(name: str) -> Any:
    # Late: the command line starts without gRPC.
    if name in __all__:
        from serving import client

        return getattr(client, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
