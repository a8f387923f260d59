"""What the conformance tests of temporal evolutions share: a vehicle, and short ways to ask."""

from typing import Any
from urllib.parse import quote

import httpx

ID = "urn:ngsi-ld:Vehicle:B9211"
EVER = {"timerel": "after", "timeAt": "2000-01-01T00:00:00Z"}
#: The hour of most instances.
NOON = {
    "timerel": "between",
    "timeAt": "2018-08-01T12:00:00Z",
    "endTimeAt": "2018-08-01T13:00:00Z",
}
Json = dict[str, Any]


def at(minute: int, *, hour: int = 12) -> str:
    return f"2018-08-01T{hour:02}:{minute:02}:00Z"


def observed(value: Any, minute: int, **members: Any) -> Json:
    return {"type": "Property", "value": value, "observedAt": at(minute), **members}


def vehicle(entity_id: str = ID, **members: Any) -> Json:
    return {"id": entity_id, "type": "Vehicle", **members}


SPEEDS = [observed(120, 3), observed(80, 5), observed(100, 7)]


def path(entity_id: str = ID, *below: str) -> str:
    segments = [entity_id, *(["attrs"] if below else []), *below]
    return "/temporal/entities/" + "/".join(quote(one, safe=":") for one in segments)


async def create(api: httpx.AsyncClient, entity_id: str = ID, **members: Any) -> None:
    """Create an evolution, which must be new."""
    response = await api.post("/temporal/entities", json=vehicle(entity_id, **members))
    assert response.status_code == 201, response.text


async def read(api: httpx.AsyncClient, entity_id: str = ID, **params: Any) -> Json:
    """Retrieve an evolution, which must be there, whole."""
    response = await api.get(path(entity_id), params=params)
    assert response.status_code == 200, response.text
    body: Json = response.json()
    return body


async def ask(api: httpx.AsyncClient, **params: Any) -> list[Json]:
    """Query evolutions."""
    response = await api.get("/temporal/entities", params=params)
    assert response.status_code == 200, response.text
    body: list[Json] = response.json()
    return body


async def values(api: httpx.AsyncClient, name: str = "speed", **params: Any) -> list[Any]:
    """Read the values of an attribute of the vehicle; none when it has no such attribute."""
    return [one["value"] for one in (await read(api, **params)).get(name, [])]


def without_ids(json: Any) -> Any:
    """Leave out the instance ids, which nobody can foretell."""
    if isinstance(json, dict):
        return {key: without_ids(value) for key, value in json.items() if key != "instanceId"}
    return [without_ids(one) for one in json] if isinstance(json, list) else json
