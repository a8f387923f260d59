"""What every connection that the node opens over HTTP goes by: judged addresses, and trust in TLS."""

import ipaddress
import ssl
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address
from socket import AF_INET, AF_INET6, AddressFamily
from typing import NamedTuple

from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from hanze.transport.addresses import resolve_public

__all__ = ["JudgedResolver", "Target", "target_of", "trusting_authorities"]


class Target(NamedTuple):
    """A URL that was read; `literal` is its host where that is an address."""

    url: URL
    literal: IPv4Address | IPv6Address | None


class JudgedResolver(AbstractResolver):
    """Gives addresses that the node may reach; connections go to these and to no others."""

    def __init__(self, *, allow_private: bool) -> None:
        self._allow_private = allow_private

    async def resolve(
        self, host: str, port: int = 0, family: AddressFamily = AddressFamily.AF_UNSPEC
    ) -> list[ResolveResult]:
        found = await resolve_public(host, port, allow_private=self._allow_private)
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=AF_INET6 if ":" in address else AF_INET,
                proto=0,
                flags=0,
            )
            for address in found
            if family in (AddressFamily.AF_UNSPEC, AF_INET6 if ":" in address else AF_INET)
        ]

    async def close(self) -> None:
        """Nothing is held."""


def trusting_authorities() -> ssl.SSLContext:
    """Make the TLS of a client, of version 1.2 at least; takes a tenth of a second."""
    tls = ssl.create_default_context()
    tls.minimum_version = ssl.TLSVersion.TLSv1_2
    return tls


@lru_cache(maxsize=16_384)
def target_of(uri: str, *, encoded: bool = False) -> Target:
    """Read a URL.

    Args:
        uri: As it was given.
        encoded: It is percent-encoded as it is to be sent.

    Raises:
        ValueError: It is no http or https URL.
    """
    try:
        url = URL(uri, encoded=encoded)
    except ValueError:
        raise ValueError("the endpoint is no URL") from None
    if url.scheme not in ("http", "https") or not url.host:
        raise ValueError("the endpoint is no http or https URL")
    try:
        literal = ipaddress.ip_address(url.host.partition("%")[0])
    except ValueError:
        literal = None
    return Target(url, literal)
