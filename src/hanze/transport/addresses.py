"""Which addresses the node may reach out to.

A URL comes from a client, who must not use the node to look into the network behind it. So a name
is resolved here, every address is judged, and the connection is made to the judged address itself:
a name that answers differently the second time leads nowhere.
"""

import asyncio
import ipaddress
import socket
from ipaddress import IPv4Address, IPv6Address
from typing import Final

from hanze.errors import Unavailable

__all__ = ["AddressRefused", "is_public", "resolve_public"]

#: IPv6 addresses that stand for an IPv4 address in their last 32 bits (RFC 6052, 2.1).
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")


class AddressRefused(Unavailable):
    """A host has no address that the node may reach."""


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Tell whether an address is one of the open internet, whatever it is wrapped in."""
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and address.teredo is not None:
            inner = address.teredo[1]
        if inner is None and address in _NAT64:
            inner = IPv4Address(int(address) & 0xFFFF_FFFF)
        if inner is not None:
            return is_public(inner)
        if address.is_site_local:
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


async def resolve_public(host: str, port: int, *, allow_private: bool) -> list[str]:
    """Resolve a host to the addresses to connect to, those of IPv4 first.

    Args:
        host: Name or address.
        allow_private: Whether private and loopback addresses will do.

    Raises:
        AddressRefused: One of its addresses may not be reached: a name with a public and a private
            address is an attempt at the private one.
        OSError: The name does not resolve.
    """
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in found))
    if not allow_private and not all(is_public(ipaddress.ip_address(text)) for text in addresses):
        raise AddressRefused(f"{host} is at a private address")
    return sorted(addresses, key=lambda text: ":" in text)
