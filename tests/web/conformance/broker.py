"""What the conformance tests of provision share: an entity, and short ways to write and read it."""

from typing import Any

import httpx

ERRORS = "https://uri.etsi.org/ngsi-ld/errors/"
DEFAULT = "https://uri.etsi.org/ngsi-ld/default-context/"
NULL = "urn:ngsi-ld:null"
ID = "urn:ngsi-ld:Room:1"
LD_JSON = {"Content-Type": "application/ld+json"}
Json = dict[str, Any]


def a_room(**members: Any) -> Json:
    return {"id": ID, "type": "Room", **members}


async def create(api: httpx.AsyncClient, **members: Any) -> None:
    """Create the room, which must succeed."""
    response = await api.post("/entities", json=a_room(**members))
    assert response.status_code == 201, response.text


async def read(api: httpx.AsyncClient, entity_id: str = ID, **params: str) -> Json:
    """Read an entity, which must be there."""
    response = await api.get(f"/entities/{entity_id}", params=params)
    assert response.status_code == 200, response.text
    body: Json = response.json()
    return body


async def members(api: httpx.AsyncClient, **params: str) -> Json:
    """Read the room without its id and type."""
    room = await read(api, **params)
    return {name: value for name, value in room.items() if name not in {"id", "type"}}


async def attribute(api: httpx.AsyncClient, name: str = "a", **params: str) -> Any:
    """Read one attribute of the room; `None` when it is not there."""
    return (await read(api, **params)).get(name)


def check_problem(response: httpx.Response, status: int, error: str) -> None:
    """Check that an error is reported as 5.5.3 and 6.3.3 have it."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    assert "link" not in response.headers
    body = response.json()
    assert body["type"] == ERRORS + error, body
    assert isinstance(body["title"], str)
    assert isinstance(body["detail"], str)
    assert body["status"] == status
