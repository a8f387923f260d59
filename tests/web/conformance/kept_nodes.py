"""Nodes that the tests of a module share: each test finds them empty."""

from typing import Any

import httpx

from tests.several import Served, register

__all__ = [
    "BIN",
    "EVERYTHING",
    "PATH",
    "bin_with",
    "emptied",
    "error_names",
    "exclusive",
    "held",
    "inclusive",
    "of_bin",
    "of_type",
    "redirect",
]

Json = Any
EVERYTHING = ["redirectionOps", "updateOps"]
BIN = "urn:ngsi-ld:Bin:1"
PATH = f"/entities/{BIN}"


async def emptied(served: Served) -> Served:
    """Take everything out of a node: registrations first, so that nothing goes to sources."""
    for registration in served.node.registry.of_tenant(""):
        response = await served.api.delete(f"/csourceRegistrations/{registration.id}")
        assert response.status_code == 204, response.text
    # Nobody has written yet where there is no tenant.
    assert (await served.api.delete("/entities?local=true")).status_code in {204, 404}
    return served


def bin_with(**members: Json) -> Json:
    return {"id": BIN, "type": "Bin", **members}


def of_type(kind: str = "Bin", *names: str) -> Json:
    info: Json = {"entities": [{"type": kind}]}
    return [{**info, "propertyNames": list(names)}] if names else [info]


def of_bin(*names: str) -> Json:
    return [{"entities": [{"id": BIN, "type": "Bin"}], "propertyNames": list(names)}]


async def exclusive(hub: Served, url: str, *names: str, **members: Json) -> str:
    members.setdefault("operations", EVERYTHING)
    return await register(hub, url, of_bin(*names), mode="exclusive", **members)


async def redirect(hub: Served, url: str, information: Json = None, **members: Json) -> str:
    members.setdefault("operations", EVERYTHING)
    return await register(hub, url, information or of_type(), mode="redirect", **members)


async def inclusive(hub: Served, url: str, information: Json = None, **members: Json) -> str:
    members.setdefault("operations", EVERYTHING)
    return await register(hub, url, information or of_type(), **members)


async def held(node: Served, path: str = PATH) -> Json:
    """What a node holds itself; `None` where that is nothing."""
    params = {"local": "true", "options": "simplified"}
    response = await node.api.get(path, params=params)
    return response.json() if response.status_code == httpx.codes.OK else None


def error_names(body: Json) -> list[str]:
    return [one["error"]["type"].rpartition("/")[2].rpartition(":")[2] for one in body["errors"]]
