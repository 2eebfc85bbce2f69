"""Ask every replica to drop all its models, as any gRPC client may try: `python reload.py NAME PORT`.

A line of JSON: the code that each address answers with.
"""

from __future__ import annotations

import json
import socket
import sys

import grpc
from tensorflow_serving.apis import model_management_pb2, model_service_pb2_grpc


def main() -> None:
    """Ask, and tell."""
    name, port = sys.argv[1:]
    records = socket.getaddrinfo(name, int(port), socket.AF_INET, socket.SOCK_STREAM)
    addresses = sorted({f"{host}:{number}" for *_, (host, number) in records})
    print(json.dumps({address: _answer(address) for address in addresses}))


def _answer(address: str) -> str:
    nothing = model_management_pb2.ReloadConfigRequest()
    nothing.config.model_config_list.SetInParent()
    with grpc.insecure_channel(address) as channel:
        try:
            model_service_pb2_grpc.ModelServiceStub(channel).HandleReloadConfigRequest(nothing, timeout=30)
        except grpc.RpcError as error:
            return str(error.code().name)
    return "OK"


if __name__ == "__main__":
    main()
