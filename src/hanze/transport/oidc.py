"""Signing in at an OpenID provider: authorization code with PKCE (OpenID Connect Core 1.0, RFC 7636)."""

import base64
import hashlib
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import httpx
import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from hanze.errors import Unavailable
from hanze.identity.account import SignInRefused
from hanze.identity.once import Once

__all__ = ["OnTheWay", "OpenIdProvider", "ProviderFailed"]

_TIMEOUT_S: Final = 10.0
_MOST_BYTES: Final = 512 * 1024
#: Addresses and keys are asked for again after so long.
_FRESH_S: Final = 600.0
#: A key that nobody knows has them asked for again, this often at most.
_RETRY_S: Final = 10.0
_WAY_S: Final = 600
_SKEW_S: Final = 60
#: Signatures with a public key: none, and no shared secrets.
_ALGORITHMS: Final = ["RS256", "PS256", "ES256", "ES384", "RS384", "RS512", "EdDSA", "Ed25519"]


class ProviderFailed(Unavailable):
    """The OpenID provider does not answer, or not as one."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"The OpenID provider cannot be used: {reason}")


@dataclass(frozen=True, slots=True)
class OnTheWay:
    """Somebody whom the provider is asked about.

    Attributes:
        nonce: The ID token repeats it.
        verifier: Proves that whoever brings the code is who asked for it (PKCE).
        redirect_uri: To which the provider sends them back.
        back: Path of the page that they came from.
    """

    nonce: str
    verifier: str
    redirect_uri: str
    back: str


class _Described(msgspec.Struct, frozen=True):
    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str


class _Tokens(msgspec.Struct, frozen=True):
    id_token: str


class OpenIdProvider:
    """One provider.

    Args:
        issuer: Its URL.
        client_id: Under which name it knows this node.
        secret: Gives the node's secret there; "" for none.
        scopes: Asked for, separated by spaces.
    """

    def __init__(
        self, issuer: str, *, client_id: str, secret: Callable[[], str], scopes: str
    ) -> None:
        self.issuer = issuer
        self._client_id = client_id
        self._secret = secret
        self._scopes = " ".join(dict.fromkeys(["openid", *scopes.split()]))
        self._on_the_way: Once[OnTheWay] = Once(_WAY_S)
        self._described: _Described | None = None
        self._keys: KeySet | None = None
        self._asked_at = float("-inf")

    async def begin(self, redirect_uri: str, back: str, *, now_s: int) -> tuple[str, str]:
        """Send somebody on the way.

        Returns:
            The address at the provider, and the state that comes back; the browser keeps it too.

        Raises:
            ProviderFailed: It does not answer.
        """
        described = await self._description()
        way = OnTheWay(secrets.token_urlsafe(24), secrets.token_urlsafe(48), redirect_uri, back)
        state = self._on_the_way.keep(way, now_s=now_s)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(way.verifier.encode()).digest())
        query = urlencode(
            {
                "response_type": "code",
                "client_id": self._client_id,
                "redirect_uri": redirect_uri,
                "scope": self._scopes,
                "state": state,
                "nonce": way.nonce,
                "code_challenge": challenge.rstrip(b"=").decode(),
                "code_challenge_method": "S256",
            }
        )
        join = "&" if "?" in described.authorization_endpoint else "?"
        return f"{described.authorization_endpoint}{join}{query}", state

    async def finish(
        self, code: str, state: str, *, now_s: int
    ) -> tuple[Mapping[str, object], str]:
        """Find out who came back.

        Returns:
            The claims of the ID token, verified, and the path of the page that they came from.

        Raises:
            SignInRefused: Nobody was sent with this state, or the ID token is not for them.
            ProviderFailed: The provider does not answer.
        """
        way = self._on_the_way.take(state, now_s=now_s)
        if way is None or not code:
            raise SignInRefused
        described = await self._description()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": way.redirect_uri,
            "code_verifier": way.verifier,
            "client_id": self._client_id,
        }
        secret = self._secret()
        auth = (self._client_id, secret) if secret else None
        raw = await self._ask("POST", described.token_endpoint, data=form, auth=auth)
        try:
            token = msgspec.json.decode(raw, type=_Tokens).id_token
        except msgspec.DecodeError as error:
            raise SignInRefused from error
        return await self._verified(token, described, way.nonce, now_s), way.back

    async def _verified(
        self, token: str, described: _Described, nonce: str, now_s: int
    ) -> Mapping[str, object]:
        """Verify an ID token (OpenID Connect Core 1.0, 3.1.3.7).

        Raises:
            SignInRefused: It is not the provider's, not for this node, not for now or this person.
        """
        try:
            found = jwt.decode(token, await self._key_set(described), algorithms=_ALGORITHMS)
        except (JoseError, ValueError, TypeError):
            # The provider may have a new key.
            fresh = await self._key_set(described, anew=True)
            try:
                found = jwt.decode(token, fresh, algorithms=_ALGORITHMS)
            except (JoseError, ValueError, TypeError) as error:
                raise SignInRefused from error
        claims: dict[str, Any] = dict(found.claims)
        audience = claims.get("aud")
        several = audience if isinstance(audience, list) else [audience]
        ends, made = claims.get("exp"), claims.get("iat")
        holds = (
            claims.get("iss") == described.issuer
            and self._client_id in several
            and (len(several) == 1 or claims.get("azp") == self._client_id)
            and claims.get("nonce") == nonce
            and isinstance(ends, int)
            and ends > now_s - _SKEW_S
            and isinstance(made, int)
            and made < now_s + _SKEW_S
            and isinstance(claims.get("sub"), str)
            and bool(claims["sub"])
        )
        if not holds:
            raise SignInRefused
        return claims

    async def _description(self) -> _Described:
        """Ask where the provider does what (OpenID Connect Discovery 1.0)."""
        if self._described is not None and time.monotonic() - self._asked_at < _FRESH_S:
            return self._described
        raw = await self._ask("GET", f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
        try:
            described = msgspec.json.decode(raw, type=_Described)
        except msgspec.DecodeError as error:
            raise ProviderFailed("its description is none") from error
        if described.issuer.rstrip("/") != self.issuer.rstrip("/"):
            raise ProviderFailed("its description is of another issuer")
        for url in (described.authorization_endpoint, described.token_endpoint, described.jwks_uri):
            if not _is_safe(url):
                raise ProviderFailed("it has an address without HTTPS")
        self._described, self._keys, self._asked_at = described, None, time.monotonic()
        return described

    async def _key_set(self, described: _Described, *, anew: bool = False) -> KeySet:
        known = self._keys
        if known is not None and not (anew and time.monotonic() - self._asked_at > _RETRY_S):
            return known
        raw = await self._ask("GET", described.jwks_uri)
        try:
            self._keys = KeySet.import_key_set(msgspec.json.decode(raw))
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise ProviderFailed("its keys are none") from error
        return self._keys

    async def _ask(
        self,
        method: str,
        url: str,
        *,
        data: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
    ) -> bytes:
        """Ask, within limits, and follow nobody elsewhere.

        Raises:
            ProviderFailed: There is no answer, or too long a one, or it is a refusal.
        """
        try:
            async with (
                httpx.AsyncClient(timeout=_TIMEOUT_S, follow_redirects=False) as client,
                client.stream(method, url, data=data, auth=auth) as answer,
            ):
                body = b""
                async for chunk in answer.aiter_bytes():
                    body += chunk
                    if len(body) > _MOST_BYTES:
                        raise ProviderFailed("its answer is too long")
                if answer.status_code == 400 and method == "POST":
                    # The code is not this person's, was used, or is too old.
                    raise SignInRefused
                if answer.status_code != 200:
                    raise ProviderFailed(f"it answers {answer.status_code}")
                return body
        except httpx.HTTPError as error:
            raise ProviderFailed(type(error).__name__) from error


def _is_safe(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "https" or (
        parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1", "::1")
    )
