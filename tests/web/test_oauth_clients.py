"""API clients: access tokens that they fetch, and every way in which one must not serve."""

import base64
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, OKPKey, RSAKey

from hanze.governance.duties import account_of
from hanze.governance.records.activity import Activity
from hanze.governance.service import Change
from hanze.identity.caller import NODE
from hanze.identity.grant import checked_grant
from hanze.node.node import Node
from hanze.settings import Identity, Server, Settings
from tests.in_process import client_of, node_in_memory

CARE = "https://w3id.org/dpv/sector/health#HealthcareManagement"
SERVICE = "https://w3id.org/dpv#ServiceProvision"
FRAUD = "https://w3id.org/dpv#FraudPreventionAndDetection"
ORGANISATION = "urn:ngsi-ld:Organization:zwolle:homecare"
ACTIVITY = "urn:ngsi-ld:ProcessingActivity:zwolle:falls"
GRANT = checked_grant(
    roles=("reader", "writer"),
    organisation=ORGANISATION,
    activity=ACTIVITY,
    purposes=(CARE, SERVICE),
)
WRITES = {"id": "urn:ngsi-ld:Bin:1", "type": "Bin"}


@pytest.fixture
async def node() -> AsyncIterator[Node]:
    settings = Settings(identity=Identity(failures_per_hour=10))
    async with node_in_memory(settings) as node:
        activity = Activity(
            id=ACTIVITY, title={"en": "Falls"}, organisation=ORGANISATION, purposes=(CARE, SERVICE)
        )
        await node.governance.change(
            Change(node.governance.activities, activity),
            account=account_of(NODE, "activity.registered", (ACTIVITY,), now=node.clock()),
        )
        yield node


@pytest.fixture
def secret(node: Node) -> str:
    return node.entrance.clients.create("care", GRANT, now=node.clock())[1]


async def fetch(http: httpx.AsyncClient, secret: str, **members: str) -> httpx.Response:
    given = {"grant_type": "client_credentials", **members}
    return await http.post("/oauth2/token", data=given, auth=("care", secret))


async def token_of(http: httpx.AsyncClient, secret: str, **members: str) -> str:
    answer = await fetch(http, secret, **members)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["access_token"])


async def write(http: httpx.AsyncClient, token: str) -> httpx.Response:
    return await http.post(
        "/ngsi-ld/v1/entities",
        json=WRITES,
        headers={"authorization": f"Bearer {token}"},
    )


def claims_of(token: str) -> dict[str, Any]:
    part = token.split(".")[1]
    return dict(json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))))


async def test_client_should_fetch_a_token_that_opens_what_it_may(node: Node, secret: str) -> None:
    async with client_of(node) as http:
        answer = await fetch(http, secret)
        body = answer.json()
        assert answer.headers["cache-control"] == "no-store"
        assert body["token_type"] == "Bearer"  # noqa: S105  # a word, no secret
        assert body["expires_in"] == 3600
        claims = claims_of(body["access_token"])
        assert claims["iss"] == claims["aud"] == "http://localhost"
        assert claims["sub"] == claims["client_id"] == "care"
        assert claims["exp"] - claims["iat"] == 3600
        assert claims["jti"]
        assert (await write(http, body["access_token"])).status_code == 201
        keys = (await http.get("/.well-known/jwks.json")).json()["keys"]
        public = OKPKey.import_key(keys[0])
        assert jwt.decode(body["access_token"], public, algorithms=["Ed25519"]).claims == claims
        described = (await http.get("/.well-known/oauth-authorization-server")).json()
        assert described["token_endpoint"] == "http://localhost/oauth2/token"  # noqa: S105  # an address


@pytest.mark.parametrize(
    ("members", "error"),
    [
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"scope": FRAUD}, "invalid_scope"),
        ({"scope": "operator"}, "invalid_scope"),
        ({"resource": "https://elsewhere.example"}, "invalid_target"),
        ({"client_secret": "twice"}, "invalid_request"),
    ],
)
async def test_token_request_should_be_refused_when_it_asks_for_too_much(
    node: Node, secret: str, members: Mapping[str, str], error: str
) -> None:
    async with client_of(node) as http:
        answer = await fetch(http, secret, **members)
        assert answer.status_code == 400
        assert answer.json()["error"] == error
        assert (await http.post("/oauth2/token", content=b"{}")).status_code == 400
        in_address = await http.post(f"/oauth2/token?client_secret={secret}", data={})
        assert in_address.status_code == 400


async def test_wrong_secrets_should_be_refused_and_slowed_down(node: Node, secret: str) -> None:
    async with client_of(node) as http:
        for name in ("care", "nobody"):
            answer = await http.post(
                "/oauth2/token", data={"grant_type": "client_credentials"}, auth=(name, "wrong")
            )
            assert answer.status_code == 401
            assert answer.json()["error"] == "invalid_client"
            assert answer.headers["www-authenticate"].startswith("Basic")
        for _ in range(8):
            await fetch(http, "wrong")
        slowed = await fetch(http, secret)
        assert slowed.status_code == 429
        assert int(slowed.headers["retry-after"]) > 0


async def test_only_registered_purposes_should_be_stated(node: Node, secret: str) -> None:
    async with client_of(node) as http:
        token = await token_of(http, secret)
        headers = {"authorization": f"Bearer {token}"}
        for purpose, status in ((CARE, 200), ("dpv:ServiceProvision", 200), (FRAUD, 403)):
            answer = await http.get(
                "/ngsi-ld/v1/types", headers={**headers, "hanze-purpose": purpose}
            )
            assert answer.status_code == status, purpose
        assert answer.json()["reason"] == "purpose_not_registered"
        auditor = node.tokens.create("auditor", roles=("auditor",), now=node.clock())
        asking = {"authorization": f"Bearer {auditor}"}
        log = await http.get("/api/v1/governance/log", headers=asking)
        assert "purpose_not_registered" in log.text
        wrong = await http.get("/ngsi-ld/v1/types", headers={**headers, "hanze-purpose": "care"})
        assert wrong.status_code == 400
        narrow = await token_of(http, secret, scope=CARE)
        other = {"authorization": f"Bearer {narrow}", "hanze-purpose": SERVICE}
        assert (await http.get("/ngsi-ld/v1/types", headers=other)).status_code == 403


async def test_purpose_should_not_serve_when_the_activity_lost_it(node: Node, secret: str) -> None:
    async with client_of(node) as http:
        token = await token_of(http, secret)
        activity = Activity(
            id=ACTIVITY, title={"en": "Falls"}, organisation=ORGANISATION, purposes=(SERVICE,)
        )
        await node.governance.change(
            Change(node.governance.activities, activity),
            account=account_of(NODE, "activity.changed", (ACTIVITY,), now=node.clock()),
        )
        headers = {"authorization": f"Bearer {token}", "hanze-purpose": CARE}
        assert (await http.get("/ngsi-ld/v1/types", headers=headers)).status_code == 403


async def test_token_that_was_issued_should_end_with_its_client(node: Node, secret: str) -> None:
    async with client_of(node) as http:
        token = await token_of(http, secret)
        assert (await write(http, token)).status_code == 201
        node.entrance.clients.revoke("care", now=node.clock())
        assert (await write(http, token)).status_code == 401
        assert (await fetch(http, secret)).status_code == 401


async def test_token_should_end_when_the_key_of_the_node_is_replaced(
    node: Node, secret: str
) -> None:
    async with client_of(node) as http:
        token = await token_of(http, secret)
        node.signer.rotate()
        assert (await write(http, token)).status_code == 401


def _forged(node: Node, claims: Mapping[str, Any], typ: str = "at+jwt") -> str:
    """Sign claims with the node's own key."""
    return node.signer.sign(json.dumps(claims).encode(), typ)


@pytest.mark.parametrize(
    "change",
    [
        {"iss": "https://elsewhere.example"},
        {"aud": "https://elsewhere.example"},
        {"aud": ["http://localhost", "https://elsewhere.example"]},
        {"exp": 1_000},
        {"exp": 4_000_000_000},
        {"iat": 4_000_000_000, "exp": 4_000_000_100},
        {"client_id": "another"},
        {"sub": "another"},
        {"organisation": "urn:ngsi-ld:Organization:zwolle:police"},
        {"activity": None},
        {"exp": "soon"},
        {"exp": None},
    ],
)
async def test_token_should_be_refused_when_a_claim_is_wrong(
    node: Node, secret: str, change: Mapping[str, Any]
) -> None:
    async with client_of(node) as http:
        claims = claims_of(await token_of(http, secret))
        assert (await write(http, _forged(node, claims))).status_code == 201
        answer = await write(http, _forged(node, {**claims, **change}))
        assert answer.status_code == 401, answer.text
        assert answer.headers["www-authenticate"] == "Bearer"


async def test_roles_and_purposes_should_not_grow_with_a_token(node: Node, secret: str) -> None:
    async with client_of(node) as http:
        claims = claims_of(await token_of(http, secret))
        token = _forged(node, {**claims, "roles": ["operator"], "purposes": [FRAUD]})
        caller = node.entrance.access_tokens.verify(token, now=node.clock())
        assert caller.roles == frozenset()
        assert caller.purposes == frozenset()
        assert (await write(http, token)).status_code == 403


async def test_token_should_be_refused_when_algorithm_key_or_type_is_another(
    node: Node, secret: str
) -> None:
    async with client_of(node) as http:
        token = await token_of(http, secret)
        claims = claims_of(token)
        public = node.signer.public_keys()[0]
        head, body, _ = token.split(".")
        unsigned = base64.urlsafe_b64encode(b'{"alg":"none","typ":"at+jwt"}').rstrip(b"=").decode()
        other = OKPKey.generate_key("Ed25519", private=True)
        kid = {"kid": public["kid"], "typ": "at+jwt"}
        forged = [
            f"{unsigned}.{body}.",
            f"{head}.{body}.",
            f"{head}.{body}.AAAA",
            _forged(node, claims, typ="JWT"),
            _forged(node, claims, typ="hanze-pilot+jwt"),
            jwt.encode({"alg": "Ed25519", **kid}, claims, other, algorithms=["Ed25519"]),
            jwt.encode({"alg": "HS256", **kid}, claims, OctKey.import_key(public["x"] * 2)),
            jwt.encode({"alg": "RS256", **kid}, claims, RSAKey.generate_key(2048, private=True)),
        ]
        for one in forged:
            assert (await write(http, one)).status_code in (401, 429), one
        assert (await write(http, token)).status_code == 201


@pytest.mark.parametrize(
    "path",
    ["/ngsi-ld/v1/types", "/ngsi-ld/v1/entities?type=Bin", "/api/v1/records", "/en/"],
)
async def test_token_in_the_address_should_be_refused(node: Node, secret: str, path: str) -> None:
    async with client_of(node) as http:
        token = await token_of(http, secret)
        parameter = f"{'&' if '?' in path else '?'}access_token={token}"
        answer = await http.get(path + parameter)
        assert answer.status_code == 401, answer.text
        assert token not in answer.text


async def test_lifetime_should_be_what_the_node_says() -> None:
    settings = Settings(identity=Identity(token_minutes=5), server=Server(dev=False))
    async with node_in_memory(settings) as node, client_of(node) as http:
        secret = node.entrance.clients.create("care", GRANT, now=node.clock())[1]
        assert (await fetch(http, secret)).json()["expires_in"] == 300
