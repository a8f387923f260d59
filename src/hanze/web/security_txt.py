"""`/.well-known/security.txt`: where weaknesses of the node are reported (RFC 9116)."""

from datetime import datetime, timedelta
from typing import Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from hanze.node.node import Node

__all__ = ["SECURITY_TXT_PATH", "security_txt", "security_txt_route"]

SECURITY_TXT_PATH: Final = "/.well-known/security.txt"

#: What it says is looked at again within a year (2.5.5): it is written anew at each request, and
#: whoever keeps it does so for half of that.
_GOOD_FOR: Final = timedelta(days=180)


def security_txt(*, contact: str, policy: str, base_url: str, now: str) -> str:
    """Write the file; "" where no contact is named, without which there is none.

    Args:
        contact: URI; "" for none.
        policy: URL of how reports are handled; "" for none.
        base_url: Under which others reach the node: it says of itself where it stands only where
            that is encrypted (2.5.2).
        now: DateTime text.
    """
    if not contact:
        return ""
    ends = (datetime.fromisoformat(now) + _GOOD_FOR).replace(hour=0, minute=0, second=0)
    lines = [f"Contact: {contact}", f"Expires: {ends:%Y-%m-%dT%H:%M:%SZ}"]
    if policy:
        lines.append(f"Policy: {policy}")
    lines.append("Preferred-Languages: en, nl, ko")
    if base_url.startswith("https:"):
        lines.append(f"Canonical: {base_url}{SECURITY_TXT_PATH}")
    return "\n".join(lines) + "\n"


def security_txt_route(node: Node) -> Route:
    """Give the route; without a contact it leads nowhere."""

    async def answer(_: Request) -> Response:
        named = node.settings.security
        text = security_txt(
            contact=named.contact, policy=named.policy, base_url=node.base_url, now=node.clock()
        )
        if not text:
            return PlainTextResponse("No contact is named.\n", 404)
        return PlainTextResponse(text, headers={"cache-control": "max-age=86400"})

    return Route(SECURITY_TXT_PATH, answer)
