"""Who asks over HTTP: a bearer token becomes a `Caller`, nobody is anonymous."""

from hanze.errors import Denied
from hanze.identity.caller import ANONYMOUS, Caller
from hanze.node.node import Node

__all__ = [
    "AuthenticationRequired",
    "RoleMissing",
    "caller_of",
    "require_operator",
    "require_writer",
]

_DEVELOPER = Caller(actor="dev", roles=frozenset({"reader", "writer", "operator"}))


class AuthenticationRequired(Denied):
    """The request changes something and names nobody who may (RFC 6750)."""

    def __init__(self) -> None:
        super().__init__(
            "Writing needs a bearer token: `hanze token new` on the node makes one, "
            "the header is `Authorization: Bearer <token>`"
        )


class RoleMissing(Denied):
    """The token is known and may not do this (RFC 6750, 3.1 insufficient_scope)."""

    def __init__(self, role: str) -> None:
        super().__init__(f"The token has no role {role}: it may read, and do what its owner chose")
        self.role = role


def caller_of(node: Node, authorization: bytes | None, tenant: str) -> Caller:
    """Establish the caller of a request.

    Raises:
        AuthenticationRequired: The header is there and is no bearer token.
        TokenRefused: The token is unknown, revoked or expired.
    """
    if node.dev:
        return _DEVELOPER.in_tenant(tenant)
    if authorization is None:
        return ANONYMOUS.in_tenant(tenant)
    scheme, _, secret = authorization.decode("latin-1").partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise AuthenticationRequired
    return node.tokens.verify(secret.strip(), now=node.clock(), tenant=tenant)


def require_writer(caller: Caller) -> None:
    """Refuse a caller that may not write.

    Raises:
        AuthenticationRequired: Nobody is named.
        RoleMissing: The caller lacks the role.
    """
    _require(caller, "writer")


def require_operator(caller: Caller) -> None:
    """Refuse a caller that may not run the node: what it decides is about others' records.

    Raises:
        AuthenticationRequired: Nobody is named.
        RoleMissing: The caller lacks the role.
    """
    _require(caller, "operator")


def _require(caller: Caller, role: str) -> None:
    if role not in caller.roles:
        if caller.actor == ANONYMOUS.actor:
            raise AuthenticationRequired
        raise RoleMissing(role)
