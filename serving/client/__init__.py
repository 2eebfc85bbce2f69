"""Translation requests over gRPC, without TensorFlow."""

from serving.client.aio import AsyncClient
from serving.client.calls import CallOptions
from serving.client.client import Client
from serving.client.codec import Explanation, Target, Translation

__all__ = ["AsyncClient", "CallOptions", "Client", "Explanation", "Target", "Translation"]
