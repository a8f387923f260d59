"""What listening at an MQTT broker and telling one have in common: the way to it.

The library connects to an address that was judged here, so certificates are checked for the name
that was asked for.
"""

import asyncio
import ssl
from collections.abc import Callable, Mapping
from typing import Any, Final

from hanze.transport.addresses import AddressRefused, resolve_public

__all__ = ["LONGEST_TOPIC", "PORTS", "NamedContext", "named_context", "reachable"]

PORTS: Final[Mapping[str, int]] = {"mqtt": 1883, "mqtts": 8883}
#: Bytes of a topic in the protocol.
LONGEST_TOPIC: Final = 65_535


class NamedContext(ssl.SSLContext):
    """Checks certificates for the name that was asked for: the connection is made to an address.

    Attributes:
        wrapped: The socket of the last handshake: the library forgets it where that fails.
    """

    name: str
    wrapped: ssl.SSLSocket | None = None

    def wrap_socket(self, *args: Any, **options: Any) -> ssl.SSLSocket:
        self.wrapped = super().wrap_socket(*args, **{**options, "server_hostname": self.name})
        return self.wrapped


async def named_context(host: str, trust: Callable[[ssl.SSLContext], object]) -> NamedContext:
    """Make what checks the certificate of a host, TLS 1.2 or newer.

    Args:
        trust: Makes the trust in certificates. It runs in a thread: those of all authorities take
            a tenth of a second to read.
    """

    def make() -> NamedContext:
        context = NamedContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.name = host
        trust(context)
        return context

    return await asyncio.to_thread(make)


async def reachable(
    host: str, port: int, *, allow_private: bool, timeout_s: float | None = None
) -> str:
    """Find an address of a broker that was judged and answers.

    The library connects in a thread of a small pool: those who do not answer would fill it.

    Args:
        allow_private: Whether private and loopback addresses will do.
        timeout_s: For each address; without it the caller's time counts.

    Raises:
        AddressRefused: One of its addresses may not be reached.
        OSError: The name does not resolve, or no address answers.
    """
    found = await resolve_public(host, port, allow_private=allow_private)
    for number, address in enumerate(found, 1):
        try:
            async with asyncio.timeout(timeout_s):
                _, writer = await asyncio.open_connection(address, port)
        except OSError:
            if number == len(found):
                raise
            continue
        writer.close()
        return address
    raise AddressRefused(f"{host} has no address")
