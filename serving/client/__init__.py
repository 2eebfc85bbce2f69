"""The client of a translation service: sentences in, translations out. Imports no TensorFlow."""

from serving.client.aio import AsyncClient
from serving.client.requests import Alignment, Alternatives, Explanation, Translation
from serving.client.settings import DEFAULT_ADDRESS, ClientSettings
from serving.client.status import VersionState
from serving.client.sync import Client
from serving.client.tls import Tls

__all__ = [
    "DEFAULT_ADDRESS",
    "Alignment",
    "Alternatives",
    "AsyncClient",
    "Client",
    "ClientSettings",
    "Explanation",
    "Tls",
    "Translation",
    "VersionState",
]
