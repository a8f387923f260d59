"""Where a node listens: the socket, its URL, and who may reach it without a token."""

import errno
import ipaddress
import socket
import ssl
from collections.abc import Sequence
from pathlib import Path

from hanze.errors import ConfigurationError, Unavailable
from hanze.settings import Security, Server, Settings
from hanze.web.server import TlsFiles

__all__ = [
    "CannotListen",
    "CertificateUnusable",
    "DevelopmentExposed",
    "SecurityUnnamed",
    "TokenMissing",
    "check_exposure",
    "listen",
    "tls_of",
    "url_of",
]

_BACKLOG = 2048
_REASONS = {
    errno.EADDRINUSE: "is taken by another program; another --port may be free, 0 picks one",
    errno.EACCES: "may not be used by this user; ports from 1024 on may",
    errno.EADDRNOTAVAIL: "is no address of this machine; --host 127.0.0.1 always is",
}


class CannotListen(Unavailable):
    """The address or the port cannot be listened on."""

    def __init__(self, host: str, port: int, reason: str) -> None:
        super().__init__(f"Port {port} of {host} {reason}")
        self.host = host
        self.port = port


class CertificateUnusable(ConfigurationError):
    """The node cannot speak HTTPS with the files that the settings name."""


class DevelopmentExposed(ConfigurationError):
    """A development node, on which everyone may write, would be reachable from elsewhere."""

    def __init__(self, host: str) -> None:
        super().__init__(
            f"--dev lets everyone write and listens on loopback only, not on {host}; "
            "leave out --dev, or use --host 127.0.0.1"
        )


class TokenMissing(ConfigurationError):
    """A node would be reachable from elsewhere while nobody could write to it."""

    def __init__(self, host: str) -> None:
        super().__init__(
            f"Listening on {host}, beyond loopback, needs a token for writing; "
            "`hanze token new NAME` with the same --data makes one"
        )


class SecurityUnnamed(ConfigurationError):
    """A node would be reachable from elsewhere while nobody is named who answers for its security.

    Attributes:
        missing: The settings, by full name.
    """

    def __init__(self, host: str, missing: Sequence[str]) -> None:
        super().__init__(
            f"Listening on {host}, beyond loopback, needs {_LISTED[len(missing)]} "
            f"{', '.join(missing)}: who answers for the node's security, where weaknesses are "
            "reported, and what happens then; `hanze config` shows how settings are given"
        )
        self.missing = tuple(missing)
        self.field = missing[0]


_LISTED = {1: "the setting", 2: "the settings", 3: "the settings"}


def check_exposure(server: Server, security: Security, *, has_token: bool) -> None:
    """Refuse what would open a node to others without rules.

    Raises:
        DevelopmentExposed: A development node beyond loopback.
        TokenMissing: No token is configured, and the node listens beyond loopback.
        SecurityUnnamed: Nor is anybody named who answers for its security.
        CannotListen: The host has no address.
    """
    if _is_loopback(server):
        return
    if server.dev:
        raise DevelopmentExposed(server.host)
    if not has_token:
        raise TokenMissing(server.host)
    named = {"ciso": security.ciso, "contact": security.contact, "policy": security.policy}
    missing = [f"security.{name}" for name, value in named.items() if not value.strip()]
    if missing:
        raise SecurityUnnamed(server.host, missing)


def listen(server: Server) -> socket.socket:
    """Take the port, before anything slow is done.

    Clients that come before the node is ready wait until it is.

    Raises:
        CannotListen: The port is taken, not allowed, or the host is not this machine.
    """
    family, kind, protocol, _, address = _resolve(server)[0]
    sock = socket.socket(family, kind, protocol)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(address)
        sock.listen(_BACKLOG)
    except OSError as error:
        sock.close()
        reason = _REASONS.get(error.errno or 0, f"cannot be listened on: {error.strerror}")
        raise CannotListen(server.host, server.port, reason) from error
    sock.setblocking(False)
    return sock


def url_of(server: Server, sock: socket.socket) -> str:
    """Write the address that a socket listens on, with the host as it was named."""
    scheme = "https" if server.tls_certificate else "http"
    host = f"[{server.host}]" if ":" in server.host else server.host
    return f"{scheme}://{host}:{sock.getsockname()[1]}"


def tls_of(settings: Settings) -> TlsFiles | None:
    """Find the files of the node's certificate; `None` where it speaks plain HTTP.

    Raises:
        CertificateUnusable: Only one of the two is set, or they are no certificate and its key.
    """
    server = settings.server
    if not server.tls_certificate and not server.tls_key:
        return None
    if not server.tls_certificate or not server.tls_key:
        raise CertificateUnusable("server.tls_certificate and server.tls_key go together")
    base = settings.data or Path()
    files = TlsFiles(base / server.tls_certificate, base / server.tls_key)
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(files.certificate, files.key)
    except OSError as error:
        raise CertificateUnusable(
            f"{files.certificate} and {files.key} are no certificate and its key: {error}"
        ) from error
    return files


def _is_loopback(server: Server) -> bool:
    return all(
        ipaddress.ip_address(str(address[0]).partition("%")[0]).is_loopback
        for *_, address in _resolve(server)
    )


_Address = tuple[
    socket.AddressFamily,
    socket.SocketKind,
    int,
    str,
    tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes],
]


def _resolve(server: Server) -> Sequence[_Address]:
    try:
        return socket.getaddrinfo(
            server.host, server.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except OSError as error:
        reason = f"cannot be listened on: {server.host} has no address"
        raise CannotListen(server.host, server.port, reason) from error
