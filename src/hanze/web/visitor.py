"""Where a visitor comes from: counted for limits, and never kept (`identity.allowance`)."""

from starlette.requests import Request
from starlette.types import Scope

from hanze.node.node import Node

__all__ = ["address_of", "visitor_address"]


def address_of(node: Node, scope: Scope) -> str:
    """Return the address of a visitor, of a request that is not looked at otherwise."""
    return visitor_address(node, Request(scope))


def visitor_address(node: Node, request: Request) -> str:
    """Return the address of a visitor as text; "" when it is unknown.

    Behind a proxy it is the last one that the named header lists: that one the proxy wrote, those
    before it anyone may have made up.
    """
    name = node.settings.collective.address_header
    if name:
        listed = [one for value in request.headers.getlist(name) for one in value.split(",")]
        return listed[-1].strip() if listed else ""
    return request.client.host if request.client is not None else ""
