"""Where browsers make passkeys at all (W3C Web Authentication 2, 5.1.3 and 13.4.9)."""

import ipaddress
from urllib.parse import urlsplit

__all__ = ["site_of_passkeys"]


def site_of_passkeys(url: str) -> str | None:
    """Return the host that passkeys of a node are bound to.

    Args:
        url: Under which the browser reaches the node.

    Returns:
        `None` where browsers make none: without HTTPS (but on localhost), and for bare addresses.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return host
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host if host and parts.scheme == "https" else None
    return None
