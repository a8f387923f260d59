"""Access tokens of API clients: JWTs of this node, for this node, for an hour at most (RFC 9068).

A token says what its client may do, and the client's record says so again when the token is shown:
what was taken from the client is gone from the tokens that it has already.
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from hanze.identity.caller import Caller
from hanze.identity.clients import Client, Clients
from hanze.identity.grant import Grant
from hanze.identity.tokens import TokenRefused
from hanze.ngsild.moment import parse_datetime

__all__ = ["MOST_S", "TOKEN_TYPE", "AccessTokens", "Signer"]

#: The longest that a token lives.
MOST_S: Final = 3600
TOKEN_TYPE: Final = "at+jwt"  # noqa: S105  # a media type, no secret
_ALGORITHM: Final = "Ed25519"
_LONGEST: Final = 8_192
_MOST_KEPT: Final = 4_096


class Signer(Protocol):
    """Signs for the node; the first of its keys is the one that signs now."""

    def sign(self, payload: bytes, token_type: str) -> str: ...
    def public_keys(self) -> Sequence[Mapping[str, str]]: ...


class _Claims(msgspec.Struct, frozen=True, kw_only=True):
    iss: str
    aud: str
    sub: str
    client_id: str
    exp: int
    iat: int
    jti: str
    roles: tuple[str, ...] = ()
    organisation: str | None = None
    activity: str | None = None
    purposes: tuple[str, ...] = ()


class AccessTokens:
    """Makes and verifies the tokens of one node.

    Args:
        clients: Whose they are.
        signer: Signs them.
        issuer: Gives the URL of the node: issuer and audience of its tokens.
    """

    def __init__(self, clients: Clients, signer: Signer, issuer: Callable[[], str]) -> None:
        self._clients = clients
        self._signer = signer
        self._issuer = issuer
        #: Tokens whose signature held, with the key that made it: checking one takes 0.2 ms.
        self._held: dict[str, tuple[str, _Claims]] = {}

    @property
    def issuer(self) -> str:
        """The URL of the node."""
        return self._issuer()

    def issue(self, client: Client, grant: Grant, *, lifetime_s: int, now: str) -> str:
        """Make a token.

        Args:
            grant: What of the client's rights it gives.
            lifetime_s: For how long, up to `MOST_S`.
        """
        now_s = _seconds(now)
        claims = _Claims(
            iss=self._issuer(),
            aud=self._issuer(),
            sub=client.name,
            client_id=client.name,
            iat=now_s,
            exp=now_s + min(lifetime_s, MOST_S),
            jti=secrets.token_hex(16),
            roles=grant.roles,
            organisation=grant.organisation,
            activity=grant.activity,
            purposes=grant.purposes,
        )
        return self._signer.sign(msgspec.json.encode(claims), TOKEN_TYPE)

    def verify(self, token: str, *, now: str, tenant: str = "") -> Caller:
        """Answer who shows a token.

        Raises:
            TokenRefused: It is none of this node, not for it, not for now, or its client is gone.
        """
        claims = self._signed(token)
        now_s = _seconds(now)
        if claims.exp <= now_s or claims.exp - claims.iat > MOST_S:
            raise TokenRefused("expired")
        if claims.iat > now_s + 60:
            raise TokenRefused("of later")
        if claims.iss != self._issuer():
            raise TokenRefused("of another issuer")
        if claims.aud != self._issuer():
            raise TokenRefused("for another audience")
        client = self._clients.get(claims.client_id, now=now)
        if client is None or claims.sub != client.name or _seconds(client.made_at) > claims.iat:
            raise TokenRefused("revoked")
        if (client.organisation, client.activity) != (claims.organisation, claims.activity):
            raise TokenRefused("revoked")
        grant = Grant(
            roles=tuple(role for role in claims.roles if role in client.roles),
            organisation=client.organisation,
            activity=client.activity,
            purposes=tuple(one for one in claims.purposes if one in client.purposes),
        )
        return grant.caller(client.name, credential=f"client:{client.name}", tenant=tenant)

    def _signed(self, token: str) -> _Claims:
        """Read a token that the node's present key signed.

        Raises:
            TokenRefused: It did not.
        """
        keys = self._signer.public_keys()
        if not keys or len(token) > _LONGEST or token.count(".") != 2:
            raise TokenRefused("unknown")
        held = self._held.get(token)
        if held is not None and held[0] == keys[0]["kid"]:
            return held[1]
        claims = _read(token, keys[0])
        if len(self._held) >= _MOST_KEPT:
            self._held.clear()
        self._held[token] = (keys[0]["kid"], claims)
        return claims


def _read(token: str, key: Mapping[str, str]) -> _Claims:
    public = OKPKey.import_key({"kty": "OKP", "crv": key["crv"], "x": key["x"]})
    try:
        # Only this algorithm, whatever the header says, and only with the key that signs now.
        found = jwt.decode(token, public, algorithms=[_ALGORITHM])
    except (JoseError, ValueError, TypeError) as error:
        raise TokenRefused("not signed by this node") from error
    if found.header.get("typ") != TOKEN_TYPE or found.header.get("kid") != key["kid"]:
        raise TokenRefused("no access token")
    try:
        return msgspec.convert(found.claims, _Claims)
    except msgspec.ValidationError as error:
        raise TokenRefused("no access token") from error


def _seconds(now: str) -> int:
    return parse_datetime(now) // 1_000_000
