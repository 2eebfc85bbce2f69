"""A name server in this process, for gRPC's `dns://AUTHORITY/NAME:PORT`."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Sequence

_A = 1
_NO_SUCH_NAME = 3


class Names:
    """Every name stands for `addresses` (IPv4); without any there is no such name (RFC 1035)."""

    def __init__(self, addresses: Sequence[str]) -> None:
        self.addresses = list(addresses)
        self.asked = 0
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.authority = f"127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._answer, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._socket.sendto(b"", self._socket.getsockname())
        self._thread.join()
        self._socket.close()

    def _answer(self) -> None:
        while True:
            query, asker = self._socket.recvfrom(2048)
            if not query:
                return
            end = 12
            while query[end]:
                end += 1 + query[end]
            question = query[12 : end + 5]
            (kind,) = struct.unpack(">H", question[-4:-2])
            addresses = self.addresses if kind == _A else []
            self.asked += kind == _A
            flags = 0x8180 | (0 if self.addresses else _NO_SUCH_NAME)
            answer = query[:2] + struct.pack(">HHHHH", flags, 1, len(addresses), 0, 0) + question
            for address in addresses:
                answer += struct.pack(">HHHIH", 0xC00C, _A, 1, 5, 4) + socket.inet_aton(address)
            self._socket.sendto(answer, asker)
