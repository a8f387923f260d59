"""The public keys of the node, for everyone who checks what it signed (RFC 7517, RFC 8615)."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hanze.collaboration.pilots import published_keys
from hanze.node.node import Node

__all__ = ["JWKS_PATH", "jwks_route"]

JWKS_PATH = "/.well-known/jwks.json"
_HEADERS = {"access-control-allow-origin": "*", "cache-control": "max-age=300"}


def jwks_route(node: Node) -> Route:
    """Give the route of the key set; retired keys stay in it."""

    async def jwks(_: Request) -> Response:
        keys = published_keys(node.store.registers, node.signer)
        body = msgspec.json.encode({"keys": keys})
        return Response(body, media_type="application/jwk-set+json", headers=_HEADERS)

    return Route(JWKS_PATH, jwks)
