"""Where API clients fetch access tokens (RFC 6749, 4.4), and where that is described (RFC 8414)."""

import base64
import binascii
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl, unquote_plus

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from hanze.errors import InvalidInput
from hanze.governance.duties import account_of
from hanze.identity.allowance import TooOften
from hanze.identity.clients import Client, ClientRefused
from hanze.identity.grant import Grant
from hanze.identity.purpose import purpose_iri
from hanze.node.node import Node
from hanze.web.visitor import visitor_address

__all__ = ["METADATA_PATH", "TOKEN_PATH", "TokenRequestRefused", "oauth_routes"]

TOKEN_PATH: Final = "/oauth2/token"  # noqa: S105  # a path
METADATA_PATH: Final = "/.well-known/oauth-authorization-server"
_MOST_BYTES: Final = 16 * 1024
_FORM: Final = "application/x-www-form-urlencoded"
_NO_STORE: Final = {"cache-control": "no-store", "pragma": "no-cache"}
#: Members that a request may have; one given twice is refused (RFC 6749, 3.2).
_MEMBERS: Final = frozenset({"grant_type", "client_id", "client_secret", "scope", "resource"})


class TokenRequestRefused(InvalidInput):
    """A request for a token is refused (RFC 6749, 5.2)."""

    def __init__(self, code: str, detail: str, status: int = 400) -> None:
        super().__init__(detail)
        self.code = code
        self.status = status


def oauth_routes(node: Node) -> list[BaseRoute]:
    """Give the routes."""

    async def token(request: Request) -> Response:
        try:
            return await _token(node, request)
        except TokenRequestRefused as error:
            return _refusal(error.code, str(error), error.status)
        except ClientRefused as error:
            response = _refusal("invalid_client", str(error), 401)
            response.headers["www-authenticate"] = 'Basic realm="hanze", charset="UTF-8"'
            return response
        except TooOften as error:
            response = _refusal("slow_down", str(error), 429)
            response.headers["retry-after"] = str(error.retry_after_s)
            return response

    async def metadata(_: Request) -> Response:
        base = node.base_url
        return JSONResponse(
            {
                "issuer": base,
                "token_endpoint": base + TOKEN_PATH,
                "jwks_uri": f"{base}/.well-known/jwks.json",
                "grant_types_supported": ["client_credentials"],
                "response_types_supported": [],
                "token_endpoint_auth_methods_supported": [
                    "client_secret_basic",
                    "client_secret_post",
                ],
            },
            headers={"access-control-allow-origin": "*"},
        )

    return [
        Route(TOKEN_PATH, token, methods=["POST"]),
        Route(METADATA_PATH, metadata, methods=["GET"]),
    ]


async def _token(node: Node, request: Request) -> Response:
    """Give a client that shows its secret a token.

    Raises:
        TokenRequestRefused: The request is wrong.
        ClientRefused: Client and secret do not belong together.
        TooOften: They did not too often.
    """
    if request.url.query:
        # Secrets in addresses end up in logs.
        raise TokenRequestRefused("invalid_request", "The request has its members in its body")
    given = await _members(request)
    if given.get("grant_type") != "client_credentials":
        raise TokenRequestRefused(
            "unsupported_grant_type", "There is grant_type=client_credentials only"
        )
    name, secret = _credentials(request, given)
    now = node.clock()
    guard, address = node.entrance.guard, visitor_address(node, request)
    guard.enter(address, account=name, now=now)
    try:
        client = node.entrance.clients.verify(name, secret, now=now)
    except ClientRefused:
        guard.failed(address, account=name, now=now)
        raise
    tokens = node.entrance.access_tokens
    if given.get("resource", tokens.issuer).rstrip("/") != tokens.issuer:
        raise TokenRequestRefused(
            "invalid_target", f"Tokens are for {tokens.issuer} only (RFC 8707)"
        )
    granted = _narrowed(client, given.get("scope", ""))
    lifetime_s = node.settings.identity.token_minutes * 60
    caller = client.caller(client.name, credential=f"client:{client.name}")
    node.store.log.stage([account_of(caller, "client.token", (client.name,), now=now)])
    token = tokens.issue(client, granted, lifetime_s=lifetime_s, now=now)
    await node.store.log.settled()
    return JSONResponse(
        {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": lifetime_s,
            "scope": " ".join([*granted.roles, *granted.purposes]),
        },
        headers=_NO_STORE,
    )


async def _members(request: Request) -> Mapping[str, str]:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        raise TokenRequestRefused("invalid_request", f"The body must be {_FORM}")
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MOST_BYTES:
            raise TokenRequestRefused("invalid_request", "The body is too large", 413)
    try:
        pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=20)
    except ValueError:
        raise TokenRequestRefused("invalid_request", "The body is no form") from None
    names = [name for name, _ in pairs if name in _MEMBERS]
    if len(set(names)) != len(names):
        raise TokenRequestRefused("invalid_request", "A member is given more than once")
    return dict(pairs)


def _credentials(request: Request, given: Mapping[str, str]) -> tuple[str, str]:
    """Read who the client says to be: by HTTP Basic, else in the body; never both ways."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if not scheme:
        return given.get("client_id", ""), given.get("client_secret", "")
    if "client_secret" in given:
        raise TokenRequestRefused("invalid_request", "The client shows its secret twice")
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        text = ""
    name, _, secret = text.partition(":")
    if scheme.lower() != "basic" or not name:
        raise ClientRefused
    return unquote_plus(name), unquote_plus(secret)


def _narrowed(client: Client, scope: str) -> Grant:
    """Give what a client asks for of what it has: roles and purposes; everything if it names none.

    Raises:
        TokenRequestRefused: It asks for more.
    """
    roles, purposes = set(client.roles), set(client.purposes)
    asked_roles, asked_purposes = set(), set()
    for one in scope.split():
        if one in roles:
            asked_roles.add(one)
            continue
        try:
            iri = purpose_iri(one)
        except InvalidInput:
            iri = ""
        if iri not in purposes:
            raise TokenRequestRefused("invalid_scope", "The client has not all that it asks for")
        asked_purposes.add(iri)
    return Grant(
        roles=tuple(sorted(asked_roles or roles)),
        organisation=client.organisation,
        activity=client.activity,
        purposes=tuple(sorted(asked_purposes or purposes)),
        subject=client.subject,
    )


def _refusal(code: str, detail: str, status: int) -> JSONResponse:
    return JSONResponse(
        {"error": code, "error_description": detail}, status_code=status, headers=_NO_STORE
    )
